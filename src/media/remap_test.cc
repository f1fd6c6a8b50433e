// SPDX-License-Identifier: GPL-3.0-or-later
// A payload type that a re-INVITE gives another meaning, in one stream: each part is heard by its own.
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using namespace intercept::test;

test::Sound remapped(int first_type, const std::string& first, int second_type, const std::string& second) {
  const test::Folder dir;
  Bench b(grants(spec()));
  Call c(b);
  const auto exchange = [&](double t, int type, const std::string& codec) {
    const auto body = [&](const wire::Endpoint& e) {
      const std::string n = std::to_string(type);
      return sdp(e.ip.text(), e.port, n, "a=rtpmap:" + n + " " + codec + "/8000\r\n");
    };
    Sip m = c.message(c.request("INVITE"), "INVITE", t > 0);
    m.body = body(c.am);
    b.sip(t, c.a, c.z, m);
    Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
    ok.body = body(c.zm);
    b.sip(t + 0.05, c.z, c.a, ok);
    ++c.cseq;
  };
  exchange(0, first_type, first);
  b.talk(1, c.zm, c.am, 0xbbbb, 100, 1, static_cast<std::uint8_t>(first_type));
  exchange(3, second_type, second);
  b.talk(3.2, c.zm, c.am, 0xbbbb, 100, 111, static_cast<std::uint8_t>(second_type));
  c.bye(8);
  EXPECT_TRUE(b.engine.finish());
  intercept::Matter m = b.sink.matter();
  EXPECT_TRUE(render_call(m.calls.at(0), m.packets, test::workers(), dir.path() / "recordings", "1"));
  return test::read_sound(dir.path() / "recordings" / "1.wav");
}

TEST(Remap, APayloadTypeOfTwoMeaningsIsHeardByBoth) {
  const test::Sound expected = remapped(0, "PCMU", 8, "PCMA");
  ASSERT_GT(expected.left.size(), 30'000u);
  EXPECT_EQ(remapped(96, "PCMU", 96, "PCMA").left, expected.left);
  EXPECT_NE(remapped(96, "PCMU", 96, "PCMU").left, expected.left);
}

}  // namespace
}  // namespace writ::media
