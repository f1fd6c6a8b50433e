// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: a capture with calls of a target and of others, a carrier of its own, and what a spool
// holds.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "capture/run.hh"
#include "vault/segment_test_grants.hh"
#include "wire/pcap.hh"

namespace writ::capture::test {

using authority::Kind;
using vault::testing::EphemeralCarrier;

inline const std::string target = "+14045550102", other = "+14045550177";
inline const std::string canary = "CANARYCANARYCANARY";

// Ethernet, IPv4, UDP, as small as can be.
inline Bytes frame(const std::string& src, std::uint16_t sport, const std::string& dst, std::uint16_t dport,
                   View payload) {
  Bytes f(12, 2);
  put_be16(f, 0x0800);
  put_be16(f, 0x4500);
  put_be16(f, static_cast<std::uint16_t>(28 + payload.size()));
  put_be32(f, 0);
  put_be16(f, 64 << 8 | 17);
  put_be16(f, 0);
  for (const std::string& ip : {src, dst}) {
    wire::Address a;
    EXPECT_TRUE(wire::Address::parse(ip, a));
    put_bytes(f, View{a.b}.last(4));
  }
  put_be16(f, sport);
  put_be16(f, dport);
  put_be16(f, static_cast<std::uint16_t>(8 + payload.size()));
  put_be16(f, 0);
  put_bytes(f, payload);
  return f;
}

// One call from `from` with its own media, into a capture.
class Traffic {
 public:
  explicit Traffic(Instant start) : at_(start) {}
  void call(const std::string& from, const std::string& id, std::uint16_t port, int packets) {
    sip(fmt::format("INVITE sip:+14045550199@carrier.example SIP/2.0\r\n"), from, id, "INVITE", port, false);
    sip("SIP/2.0 200 OK\r\n", from, id, "INVITE", static_cast<std::uint16_t>(port + 2), true);
    for (int n = 0; n < packets; ++n) {
      Bytes rtp{0x80, 0};
      put_be16(rtp, static_cast<std::uint16_t>(n));
      put_be32(rtp, static_cast<std::uint32_t>(160 * n));
      put_be32(rtp, port);
      put_bytes(rtp, view_of(canary));
      add(frame("192.0.2.1", port, "198.51.100.1", static_cast<std::uint16_t>(port + 2), rtp));
    }
    sip("BYE sip:x@192.0.2.1 SIP/2.0\r\n", from, id, "BYE", 0, false);
    sip("SIP/2.0 200 OK\r\n", from, id, "BYE", 0, true);
  }
  const std::vector<wire::RawPacket>& packets() const { return packets_; }
  fs::path write(const fs::path& file) {
    EXPECT_TRUE(write_file(file, writer_.bytes()));
    return file;
  }

 private:
  void add(const Bytes& f) {
    at_ += std::chrono::milliseconds{20};
    frames_.push_back(f);
    packets_.push_back({at_, 1, frames_.back(), static_cast<std::uint32_t>(f.size())});
    writer_.add(packets_.back());
  }
  void sip(const std::string& line, const std::string& from, const std::string& id, const std::string& method,
           std::uint16_t port, bool reply) {
    std::string sdp;
    if (port)
      sdp = fmt::format(
          "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 0\r\n",
          reply ? "198.51.100.1" : "192.0.2.1", port);
    const std::string text = fmt::format(
        "{}Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{}{}\r\nFrom: <sip:{}@carrier.example>;tag=a\r\n"
        "To: <sip:+14045550199@carrier.example>{}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n{}Content-Length: "
        "{}\r\n\r\n{}",
        line, id, method, from, reply || method == "BYE" ? ";tag=b" : "", id, method == "BYE" ? 2 : 1, method,
        sdp.empty() ? "" : "Content-Type: application/sdp\r\n", sdp.size(), sdp);
    add(reply ? frame("198.51.100.1", 5060, "192.0.2.1", 5060, view_of(text))
              : frame("192.0.2.1", 5060, "198.51.100.1", 5060, view_of(text)));
  }
  Instant at_;
  std::deque<Bytes> frames_;
  std::vector<wire::RawPacket> packets_;
  wire::CaptureWriter writer_{1};
};

// The traffic as pcapng, packet n by interface `by(n)` of these names; "": one that has none.
template <class By>
Bytes pcapng_of(const Traffic& traffic, const std::vector<std::string>& names, By by) {
  Bytes out;
  const auto u16 = [](Bytes& b, std::size_t v) {
    b.insert(b.end(), {static_cast<std::uint8_t>(v), static_cast<std::uint8_t>(v >> 8)});
  };
  const auto u32 = [&](Bytes& b, std::uint64_t v) {
    u16(b, v & 0xffff);
    u16(b, v >> 16 & 0xffff);
  };
  const auto pad = [](Bytes& b) { b.resize((b.size() + 3) / 4 * 4); };
  const auto block = [&](std::uint32_t type, const Bytes& body) {
    u32(out, type);
    u32(out, body.size() + 12);
    put_bytes(out, body);
    u32(out, body.size() + 12);
  };
  Bytes section;
  u32(section, 0x1a2b3c4d);
  u32(section, 1);
  section.insert(section.end(), 8, 0xff);
  block(0x0a0d0d0a, section);
  for (const std::string& name : names) {
    Bytes b;
    u32(b, 1);
    u32(b, 0);
    if (!name.empty()) {
      u16(b, 2);
      u16(b, name.size());
      put_bytes(b, view_of(name));
      pad(b);
      u32(b, 0);
    }
    block(1, b);
  }
  std::size_t n = 0;
  for (const wire::RawPacket& p : traffic.packets()) {
    const auto us = static_cast<std::uint64_t>(to_ns(p.at)) / 1000;
    Bytes b;
    u32(b, by(n++));
    u32(b, us >> 32);
    u32(b, us & 0xffffffff);
    u32(b, p.bytes.size());
    u32(b, p.wire_length);
    put_bytes(b, p.bytes);
    pad(b);
    block(6, b);
  }
  return out;
}

class CaptureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir_ = fs::path(::testing::TempDir()) /
           fmt::format("writ_cap_{}_{}", ::getpid(),
                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(dir_);
    carrier_.emplace(epoch_);
    Traffic traffic{epoch_};
    for (int n = 0; n < 6; ++n) {
      traffic.call(target, fmt::format("mine{}", n), static_cast<std::uint16_t>(20000 + 10 * n), 40);
      traffic.call(other, fmt::format("theirs{}", n), static_cast<std::uint16_t>(30000 + 10 * n), 40);
    }
    capture_ = traffic.write(dir_ / "c.pcap");
  }
  void TearDown() override { fs::remove_all(dir_); }

  Result<RunResult> run(
      const std::vector<authority::VerifiedGrant>& grants, const fs::path& spool_dir,
      const Watch& watch = [] { return Status{}; }) {
    return run_of(capture_, grants, spool_dir, watch);
  }
  Result<RunResult> run_of(
      const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants, const fs::path& spool_dir,
      const Watch& watch = [] { return Status{}; }, const RunSettings& settings = {}) {
    WRIT_TRY(source, source_identity(capture, settings));
    WRIT_TRY(spool, Spool::open(spool_dir, grants, carrier_->probe(), clock_, source));
    return run_file(capture, grants, spool, watch, settings);
  }
  std::vector<Bytes> opened(const authority::VerifiedGrant& g, const fs::path& spool_dir, vault::Stream s) {
    std::vector<Bytes> out;
    const auto& key = s == vault::Stream::content ? carrier_->content_key() : carrier_->call_data_key();
    const Status ok = vault::read_stream(spool_dir / crypto::hex(g.id()), s, carrier_->probe().public_key(),
                                         key, [&](View r) -> Status {
                                           out.emplace_back(r.begin(), r.end());
                                           return {};
                                         });
    EXPECT_TRUE(ok) << to_text(ok.error());
    return out;
  }
  static bool holds(const Bytes& hay, const std::string& needle) {
    return text_of(hay).find(needle) != std::string_view::npos;
  }

  Instant epoch_ = parse_rfc3339("2026-01-05T12:00:00Z").value();
  SystemClock clock_;
  fs::path dir_, capture_;
  std::optional<EphemeralCarrier> carrier_;
};

}  // namespace writ::capture::test
