// SPDX-License-Identifier: GPL-3.0-or-later
// Which sources are the call's own though nobody announced them, which are kept apart, and what is only said.
#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// A call of which the target speaks for four seconds; the caller's side is the script's.
CallRecord call_of(const std::function<void(Call&)>& script) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  b.talk(1.1, c.zm, c.am, 0xbbbb, 200);
  script(c);
  c.bye(8);
  EXPECT_TRUE(b.engine.finish());
  return b.sink.matter().calls.at(0);
}

std::vector<std::string> foreign(const CallRecord& c) {
  std::vector<std::string> out;
  for (const MediaStream& s : c.media)
    if (s.foreign) out.push_back(s.src.text());
  return out;
}

const wire::Endpoint elsewhere = ep("203.0.113.40", 55001);

TEST(Foreign, TheSameSenderOnAnotherWayIsTheCallsOwn) {
  const CallRecord c = call_of([](Call& k) {
    k.b.talk(1.1, k.am, k.zm, 0xaaaa, 50);
    k.b.talk(2.12, elsewhere, k.zm, 0xaaaa, 150, 52);  // ICE has found a shorter way
    k.b.talk(2.13, k.am, k.zm, 0xaaaa, 1, 51);         // the last packet of the old one
  });
  ASSERT_EQ(c.media.size(), 3u);
  EXPECT_THAT(foreign(c), IsEmpty());
}

TEST(Foreign, AnotherPortOfTheSameHostIsTheCallsOwnUnlessBothSendAtOnce) {
  for (const bool at_once : {false, true}) {
    const CallRecord c = call_of([&](Call& k) {
      k.b.talk(1.1, k.am, k.zm, 0xaaaa, at_once ? 150 : 50);
      k.b.talk(2, ep(k.am.ip.text(), 20'400), k.zm, 0xcccc, 100);
    });
    EXPECT_EQ(foreign(c).size(), at_once ? 1u : 0u);
  }
}

TEST(Foreign, WhoSpeaksWhileTheTrueSourceIsSilentIsKeptApart) {
  for (const std::uint32_t ssrc : {0xaaaau, 0xccccu})
    for (const int ahead : {30'000, -5'000}) {
      const CallRecord c = call_of([&](Call& k) {
        k.b.talk(1.1, k.am, k.zm, 0xaaaa, 50);
        k.b.talk(3, elsewhere, k.zm, ssrc, 100, static_cast<std::uint16_t>(50 + ahead));
      });
      EXPECT_THAT(foreign(c), testing::ElementsAre(elsewhere.text())) << ssrc << ' ' << ahead;
    }
}

// A short word under the true SSRC, with the numbers at which the true source will end.
TEST(Foreign, NumbersThatTheTrueSourceIsStillToReachProveNothing) {
  const CallRecord c = call_of([](Call& k) {
    k.b.talk(1.1, k.am, k.zm, 0xaaaa, 150);
    k.b.talk(2, elsewhere, k.zm, 0xaaaa, 20, 151);
  });
  EXPECT_THAT(foreign(c), testing::ElementsAre(elsewhere.text()));
}

// A mirror of both sides of a NAT shows each packet under two addresses.
TEST(Foreign, ACopyOfTheCallsOwnIsNoStranger) {
  const CallRecord c = call_of([](Call& k) {
    for (std::uint16_t n = 1; n <= 150; ++n) {
      k.b.talk(1.1 + 0.02 * n, k.am, k.zm, 0xaaaa, 1, n);
      k.b.talk(1.101 + 0.02 * n, elsewhere, k.zm, 0xaaaa, 1, n);
    }
  });
  ASSERT_EQ(c.media.size(), 3u);
  EXPECT_THAT(foreign(c), IsEmpty());
  for (const MediaStream& s : c.media) {
    EXPECT_EQ(s.copy_of.has_value(), s.src == elsewhere);
    EXPECT_EQ(s.why, "");
  }
}

TEST(Foreign, WhoIsAnsweredIsTheCallsOwn) {
  // Ringing from the announced gateway, then speech from a telephone behind NAT.
  const CallRecord c = call_of([&](Call& k) {
    k.b.talk(1.1, k.am, k.zm, 0xaaaa, 50);
    k.b.talk(3, elsewhere, k.zm, 0xcccc, 100);
    k.b.talk(3, k.zm, elsewhere, 0xbbbb, 100, 300);
  });
  EXPECT_THAT(foreign(c), IsEmpty());
}

TEST(Foreign, TwoSsrcsAtOnceFromTheAnnouncedSourceAreSaid) {
  const auto second = [](double t) {
    return call_of([&](Call& k) {
      k.b.talk(1.1, k.am, k.zm, 0xaaaa, 150);
      k.b.talk(t, k.am, k.zm, 0x9999, 100, 9000);
    });
  };
  EXPECT_THAT(second(1.5).anomalies, Contains(HasSubstr("under two SSRCs at once, in ")));
  EXPECT_THAT(second(4.2).anomalies, IsEmpty()) << "one after the other";
}

TEST(Foreign, ANumberThatComesAgainWithAnotherPayloadIsSaid) {
  const CallRecord injected = call_of([](Call& k) {
    k.b.talk(1.1, k.am, k.zm, 0xaaaa, 150);
    for (std::uint16_t i = 0; i < 50; ++i)  // ahead of the true ones
      k.b.udp(2 + 0.02 * i, k.am, k.zm, rtp(0xaaaa, static_cast<std::uint16_t>(80 + i), 0, "injected"));
  });
  EXPECT_THAT(injected.anomalies,
              Contains(HasSubstr("50 packets of SSRC 43690 from 192.0.2.1:20000 came again")));
  const CallRecord repeated = call_of([](Call& k) {
    k.b.talk(1.1, k.am, k.zm, 0xaaaa, 150);
    k.b.talk(1.2, k.am, k.zm, 0xaaaa, 150);
  });
  EXPECT_THAT(repeated.anomalies, IsEmpty());
}

}  // namespace
}  // namespace writ::intercept
