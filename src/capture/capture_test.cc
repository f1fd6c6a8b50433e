// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "capture/run.hh"
#include "capture/wall_guard.hh"
#include "vault/segment_test_grants.hh"
#include "wire/pcap.hh"

namespace writ::capture {
namespace {

using authority::Kind;
using vault::testing::EphemeralCarrier;

const std::string target = "+14045550102", other = "+14045550177";
const std::string canary = "CANARYCANARYCANARY";

// Ethernet, IPv4, UDP, as small as can be.
Bytes frame(const std::string& src, std::uint16_t sport, const std::string& dst, std::uint16_t dport,
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
  fs::path write(const fs::path& file) {
    EXPECT_TRUE(write_file(file, writer_.bytes()));
    return file;
  }

 private:
  void add(const Bytes& f) {
    at_ += std::chrono::milliseconds{20};
    writer_.add({at_, 1, f, static_cast<std::uint32_t>(f.size())});
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
  wire::CaptureWriter writer_{1};
};

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
    WRIT_TRY(source, source_identity(capture_));
    WRIT_TRY(spool, Spool::open(spool_dir, grants, carrier_->probe(), clock_, source));
    return run_file(capture_, grants, spool, watch);
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

  const Instant epoch_ = parse_rfc3339("2026-01-05T12:00:00Z").value();
  SystemClock clock_;
  fs::path dir_, capture_;
  std::optional<EphemeralCarrier> carrier_;
};

TEST_F(CaptureTest, ContentGrantGetsItsCallsAndNothingElse) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto r = run({g}, dir_ / "s");
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->stats.calls_isolated, 6u);
  const auto packets = opened(g, dir_ / "s", vault::Stream::content);
  EXPECT_EQ(packets.size(), 6u * 44u);
  EXPECT_TRUE(std::none_of(packets.begin(), packets.end(), [&](const Bytes& b) { return holds(b, other); }));
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(), [&](const Bytes& b) { return holds(b, canary); }),
            6 * 40);
  for (const auto& e : fs::recursive_directory_iterator(dir_ / "s")) {
    if (!e.is_regular_file()) continue;
    EXPECT_FALSE(holds(read_file(e.path()).value(), canary)) << e.path();
  }
}

TEST_F(CaptureTest, PenGrantHasNoContentFileAndTakesNoPacket) {
  const auto g = carrier_->grant(Kind::pen_trap, target).value();
  ASSERT_TRUE(run({g}, dir_ / "s"));
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  EXPECT_FALSE(events.empty());
  EXPECT_TRUE(std::none_of(events.begin(), events.end(), [&](const Bytes& b) { return holds(b, canary); }));
  for (const auto& e : fs::recursive_directory_iterator(dir_ / "s"))
    EXPECT_FALSE(e.path().filename().string().starts_with("content"));
  auto spool = Spool::open(dir_ / "t", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(spool);
  const Bytes f = frame("192.0.2.1", 1, "192.0.2.2", 2, view_of("x"));
  const Status s = spool->packet(0, {}, {epoch_, 1, f, 60});
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().exit, Exit::integrity);
}

TEST_F(CaptureTest, OneSpoolOneProcess) {
  const auto g = carrier_->grant(Kind::content, target).value();
  auto first = Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(first);
  EXPECT_EQ(Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_).error().exit, Exit::unit);
}

TEST_F(CaptureTest, KilledRunsFinishTheWorkOnce) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto h = carrier_->grant(Kind::pen_trap, target).value();
  ASSERT_TRUE(run({g, h}, dir_ / "whole"));
  std::mt19937 random{7};
  int killed = 0;
  for (int round = 0; round < 100; ++round) {
    const fs::path spool_dir = dir_ / fmt::format("k{}", round / 10);  // ten kills each
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto source = source_identity(capture_);
      auto spool = Spool::open(spool_dir, {g, h}, carrier_->probe(), clock_, *source);
      if (!spool) ::_exit(1);
      auto map = MappedFile::open(capture_);
      auto reader = wire::CaptureReader::open(map->bytes());
      const std::vector grants{g, h};
      intercept::Engine engine{grants, *spool};
      wire::RawPacket p;
      for (std::uint64_t n = 1; reader->next(p); ++n) {
        spool->at(n);
        if (!engine.on_packet(p)) ::_exit(2);
        if (n % 5 == 0 && !spool->commit()) ::_exit(3);
      }
      for (;;) ::pause();
    }
    ::usleep(static_cast<useconds_t>(random() % 40'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself: " << status;
    ++killed;
  }
  EXPECT_EQ(killed, 100);
  for (int n = 0; n < 10; ++n) {
    const fs::path spool_dir = dir_ / fmt::format("k{}", n);
    ASSERT_TRUE(run({g, h}, spool_dir));
    const auto again = run({g, h}, spool_dir);  // finished: nothing is sealed twice
    ASSERT_TRUE(again);
    EXPECT_GT(again->records_resumed, 0u);
    for (const auto stream : {vault::Stream::call_data, vault::Stream::content})
      EXPECT_EQ(opened(g, spool_dir, stream), opened(g, dir_ / "whole", stream)) << n;
    EXPECT_EQ(opened(h, spool_dir, vault::Stream::call_data),
              opened(h, dir_ / "whole", vault::Stream::call_data));
  }
}

TEST_F(CaptureTest, ABrokenSourceIsSaidToEveryGrant) {
  Bytes b = read_file(capture_).value();
  b.resize(b.size() - 5);
  ASSERT_TRUE(write_file(capture_, b));
  const auto g = carrier_->grant(Kind::pen_trap, target).value();
  const auto r = run({g}, dir_ / "s");
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->source_truncated);
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(),
                          [](const Bytes& e) { return holds(e, "ends within a packet"); }));
}

TEST_F(CaptureTest, TheWatchStopsTheRunAndWhatWasTakenIsKept) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto r = run({g}, dir_ / "s", [] { return Status{fail(Exit::expired, "over")}; });
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::expired);
  EXPECT_TRUE(opened(g, dir_ / "s", vault::Stream::content).empty());  // it failed before the first packet
}

TEST_F(CaptureTest, AnEndedGrantTakesNothingMore) {
  const auto g = carrier_->grant(Kind::content, target).value();
  auto spool = Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(spool);
  ASSERT_TRUE(spool->event(0, {intercept::EventType::origination, epoch_, 1, "x", {}}));
  ASSERT_TRUE(spool->end_grant(0));
  ASSERT_TRUE(spool->event(0, {intercept::EventType::origination, epoch_, 2, "y", {}}));
  ASSERT_TRUE(spool->close());
  EXPECT_EQ(opened(g, dir_ / "s", vault::Stream::call_data).size(), 1u);
}

TEST_F(CaptureTest, ClockSetBackIsRefusedAcrossRestarts) {
  ManualClock wall{epoch_}, boot{from_ns(0)};
  {
    WallGuard guard{dir_ / "mark", wall, boot};
    ASSERT_TRUE(guard.now());
    wall.set(epoch_ + std::chrono::hours{1});
    ASSERT_TRUE(guard.now());
    wall.set(epoch_ + std::chrono::minutes{30});
    ASSERT_FALSE(guard.now());
  }
  WallGuard again{dir_ / "mark", wall, boot};
  const auto t = again.now();
  ASSERT_FALSE(t);
  EXPECT_EQ(t.error().exit, Exit::refused);
  EXPECT_NE(t.error().what.find("clock set back"), std::string::npos);
  wall.set(epoch_ + std::chrono::hours{1} - std::chrono::milliseconds{900});
  EXPECT_TRUE(again.now());
}

TEST_F(CaptureTest, AStoppedClockDoesNotStopTime) {
  ManualClock wall{epoch_}, boot{from_ns(0)};
  WallGuard guard{dir_ / "mark", wall, boot};
  boot.advance(std::chrono::hours{2});
  EXPECT_EQ(*guard.now(), epoch_ + std::chrono::hours{2});
}

}  // namespace
}  // namespace writ::capture
