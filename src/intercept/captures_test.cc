// SPDX-License-Identifier: GPL-3.0-or-later
// Real captures: every RTP stream that SIP over UDP sets up, by SSRC and packet count, against what tshark
// found (INDEX.tsv).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "base/io.hh"
#include "intercept/test_captures.hh"
#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;

struct Streams {  // (ssrc, src, dst) -> packets
  std::map<std::string, std::uint64_t> packets;
};

// "0x2E3D 192.0.2.7:30000>192.0.2.6:40362 g711A 6 0 [..]; ..." of INDEX.tsv.
Streams expected(const std::string& file) {
  std::ifstream in(captures() / "INDEX.tsv");
  Streams out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(file + "\t")) continue;
    std::size_t at = 0;
    for (int column = 0; column < 12; ++column) at = line.find('\t', at) + 1;
    std::string text = line.substr(at, line.find('\t', at) - at);
    for (std::size_t hex = text.find("0x"); hex != text.npos;
         hex = text.find("; 0x", hex) + (text.find("; 0x", hex) == text.npos ? 0 : 2)) {
      const std::size_t end = text.find(" [", hex);
      if (end == text.npos) break;
      // ... the last two numbers before '[' may be "6 0" or "665 2 (0.3%)".
      std::string part = text.substr(hex, end - hex);
      if (const auto paren = part.find(" ("); paren != part.npos) part.resize(paren);
      const std::size_t lost = part.rfind(' '), count = part.rfind(' ', lost - 1);
      const std::size_t s1 = part.find(' '), s2 = part.find(' ', s1 + 1);
      out.packets[part.substr(0, s1) + " " + part.substr(s1 + 1, s2 - s1 - 1)] +=
          std::stoull(part.substr(count + 1));
      if (text.find("; 0x", hex) == text.npos) break;
    }
  }
  return out;
}

struct Outcome {
  Matter matter;
  EngineStats stats;
  std::size_t sink_packets = 0, reviews = 0;
};

Outcome run(const std::string& name, bool trust, bool& usable) {
  Outcome o;
  usable = false;
  auto file = read_file(captures() / name);
  if (!file) return o;
  GrantSpec s;
  Instant first{};
  s.targets = parties(*file, first);
  if (s.targets.empty()) return o;
  usable = true;
  s.from = std::max(first - std::chrono::hours{24}, Instant{} + std::chrono::hours{4});
  s.until = s.from + std::chrono::days{29};
  s.trust_from = trust;
  const std::vector grants{carrier().grant(s)};
  RecordingSink sink;
  Engine engine(grants, sink);
  auto reader = wire::CaptureReader::open(*file);
  wire::RawPacket p;
  Instant tick = first;
  while (reader->next(p)) {
    EXPECT_TRUE(engine.on_packet(p));
    if (p.at - tick > std::chrono::seconds{1}) {
      EXPECT_TRUE(engine.tick(p.at));
      tick = p.at;
    }
  }
  EXPECT_TRUE(engine.finish());
  o.matter = sink.matter();
  o.stats = engine.stats();
  o.sink_packets = sink.packets.size();
  o.reviews = sink.count(EventType::review);
  return o;
}

class Captures : public testing::TestWithParam<const char*> {};

TEST_P(Captures, StreamsAgreeWithTshark) {
  if (!fs::exists(captures() / "INDEX.tsv")) GTEST_SKIP() << "no shared captures here";
  bool usable = false;
  const Outcome o = run(GetParam(), true, usable);
  ASSERT_TRUE(usable);
  Streams found;
  for (const CallRecord& c : o.matter.calls)
    for (const MediaStream& s : c.media) {
      if (s.kind == "fax") continue;
      char ssrc[16];
      std::snprintf(ssrc, sizeof ssrc, "0x%08X", s.ssrc);
      // Media that run directly between two legs of a B2BUA belong to the calls of both.
      std::uint64_t& n = found.packets[std::string(ssrc) + " " + s.src.text() + ">" + s.dst.text()];
      n = std::max(n, s.packets);
      EXPECT_NE(s.direction, Direction::unknown) << ssrc;
      EXPECT_TRUE(s.codec != "unknown" || s.encrypted) << ssrc;
    }
  for (const auto& [key, n] : expected(GetParam()).packets) {
    // The tail of a call set up before the capture began: no SDP in the file names either of its ports.
    if (key == "0x00002E3D 200.57.7.202:30000>200.57.7.196:40362") continue;
    EXPECT_EQ(found.packets[key], n) << key;
  }
}

TEST_P(Captures, WithoutTrustTheSameParties) {
  if (!fs::exists(captures() / "INDEX.tsv")) GTEST_SKIP() << "no shared captures here";
  bool usable = false;
  const Outcome o = run(GetParam(), false, usable);
  ASSERT_TRUE(usable);
  // Whatever was kept was proven; whatever was not proven was said.
  for (const CallRecord& c : o.matter.calls)
    for (const Event& e : c.events)
      if (e.type == EventType::origination) {
        const std::string source = e.detail["identity_source"];
        EXPECT_TRUE(source == "digest" || source == "contact") << source;
      }
  EXPECT_TRUE(o.reviews > 0 || !o.matter.calls.empty());
}

INSTANTIATE_TEST_SUITE_P(Shared, Captures,
                         testing::Values("sip/aaa.pcap", "sip/SIP_CALL_RTP_G711.pcap", "dtmf/SIP_DTMF2.cap",
                                         "sip/b2bua-asterisk.pcapng", "sip/prack-cn.pcap",
                                         "sip/sip-proxy.pcap", "sip/register-invite-reinvite-bye.pcap",
                                         "sip/sip-sdp-example.pcap", "sip/h263-over-rtp.pcap",
                                         "codec/sip-rtp-g711.pcap", "codec/sip-rtp-g722.pcap",
                                         "codec/sip-rtp-g729a.pcap", "codec/sip-rtp-speex-8k.pcap",
                                         "codec/sip-rtp-g726-rfc3551.pcap", "codec/sip-rtp-dvi4-8k.pcap",
                                         "codec/sip-rtp-l16-stereo.pcap", "codec/sip-rtp-lpc.pcap",
                                         "codec/invite-opus-bye.pcap", "frag/udp-ip-fragmented.pcap",
                                         "sip/Asterisk_ZFONE_XLITE.pcap"),
                         [](const auto& p) {
                           std::string n = p.param;
                           for (char& c : n)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return n;
                         });

}  // namespace
}  // namespace writ::intercept
