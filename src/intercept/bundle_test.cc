// SPDX-License-Identifier: GPL-3.0-or-later
// BUNDLE (RFC 9143): sound and picture on one port, told apart by payload type.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

enum class Video { same_port, own_port, bundle_only, refused };

std::string bundle(const wire::Endpoint& at, Video video) {
  const std::string port = video == Video::same_port  ? std::to_string(at.port)
                           : video == Video::own_port ? std::to_string(at.port + 2)
                                                      : "0";
  return "v=0\r\no=- 1 1 IN IP4 " + at.ip.text() + "\r\ns=-\r\nc=IN IP4 " + at.ip.text() +
         "\r\nt=0 0\r\na=group:BUNDLE a v\r\nm=audio " + std::to_string(at.port) +
         " RTP/AVP 0 101\r\na=mid:a\r\na=rtcp-mux\r\na=rtpmap:101 telephone-event/8000\r\nm=video " + port +
         " RTP/AVP 96\r\na=mid:v\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n" +
         (video == Video::bundle_only ? "a=bundle-only\r\n" : "");
}

const MediaStream* stream_of(const Matter& m, std::uint32_t ssrc) {
  for (const MediaStream& s : m.calls.at(0).media)
    if (s.ssrc == ssrc) return &s;
  return nullptr;
}

Matter bundled(Video offer, Video answer, std::vector<std::string>& digits) {
  GrantSpec s = trusting(Kind::content);
  s.digits = true;
  Bench b(grants(s));
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  Sip invite = c.message(c.request("INVITE"), "INVITE", false);
  invite.body = bundle(c.am, offer);
  b.sip(0, c.a, c.z, invite);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = bundle(c.zm, answer);
  b.sip(1, c.z, c.a, ok);
  c.ack(1.05);
  c.talk(1.1, 50);
  for (std::uint16_t i = 0; i < 30; ++i) {
    b.udp(1.1 + 0.03 * i, c.am, c.zm, rtp(0xcccc, i, 96));
    b.udp(1.11 + 0.03 * i, c.zm, c.am, rtp(0xdddd, i, 96));
  }
  press_4733(b, c, 2.3, 4, 90'000, 51);
  c.bye(4);
  EXPECT_TRUE(b.engine.finish());
  for (const Event* e : all_of(b, EventType::dialed_digit_extraction)) digits.push_back(e->detail["digits"]);
  return b.sink.matter();
}

TEST(Bundle, SoundAndPictureOnOnePortAreToldApart) {
  for (const Video offer : {Video::same_port, Video::bundle_only})
    for (const Video answer : {Video::same_port, Video::bundle_only}) {
      std::vector<std::string> digits;
      const Matter m = bundled(offer, answer, digits);
      ASSERT_EQ(m.calls.size(), 1u);
      EXPECT_EQ(m.calls[0].media.size(), 4u);
      for (const std::uint32_t ssrc : {0xaaaau, 0xbbbbu}) {
        const MediaStream* s = stream_of(m, ssrc);
        ASSERT_NE(s, nullptr);
        EXPECT_EQ(s->kind, "audio");
        EXPECT_EQ(s->codec, "PCMU");
        EXPECT_EQ(s->packets, ssrc == 0xaaaau ? 54u : 50u);
      }
      for (const std::uint32_t ssrc : {0xccccu, 0xddddu}) {
        const MediaStream* s = stream_of(m, ssrc);
        ASSERT_NE(s, nullptr);
        EXPECT_EQ(s->kind, "video");
        EXPECT_EQ(s->codec, "VP8");
        EXPECT_EQ(s->packets, 30u);
      }
      EXPECT_EQ(digits, std::vector<std::string>{"4"}) << "the key is of the audio line";
    }
}

// The offer has a port for each line, the answer takes all to the first (RFC 9143 7.3): each comes from and
// goes to the sound's port.
TEST(Bundle, AnAnswerThatSendsAllLinesToOnePort) {
  std::vector<std::string> digits;
  const Matter m = bundled(Video::own_port, Video::same_port, digits);
  ASSERT_EQ(m.calls.size(), 1u);
  for (const std::uint32_t ssrc : {0xccccu, 0xddddu}) {
    const MediaStream* s = stream_of(m, ssrc);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(s->kind, "video");
    EXPECT_EQ(s->codec, "VP8");
  }
  for (const std::uint32_t ssrc : {0xaaaau, 0xbbbbu}) {
    const MediaStream* s = stream_of(m, ssrc);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(s->kind, "audio");
    EXPECT_EQ(s->codec, "PCMU");
  }
  EXPECT_EQ(digits, std::vector<std::string>{"4"});
}

// Control: port 0 without bundle-only is a refusal, and what its number would mean is not known.
TEST(Bundle, ARefusedLineOfTheGroupIsRefused) {
  std::vector<std::string> digits;
  const Matter m = bundled(Video::refused, Video::refused, digits);
  ASSERT_NE(stream_of(m, 0xaaaa), nullptr);
  EXPECT_EQ(stream_of(m, 0xaaaa)->kind, "audio");
  const MediaStream* s = stream_of(m, 0xcccc);
  ASSERT_NE(s, nullptr) << "its packets come to the call's port all the same";
  EXPECT_EQ(s->codec, "unknown");
}

}  // namespace
}  // namespace writ::intercept
