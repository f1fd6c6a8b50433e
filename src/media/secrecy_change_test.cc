// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that begin or cease to be encrypted on the way, or whose offer leaves it open: what is heard is what
// the same call in the clear gives, and never noise.
#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"
#include "media/srtp_for_test.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using namespace intercept::test;
using testing::HasSubstr;
using testing::Not;

const std::array<std::string, 3> sdes_keys{"d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
                                           "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm",
                                           "NzU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVmMTIz"};

std::string crypto(std::size_t key) {
  return "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + sdes_keys[key] + "\r\n";
}
std::string line(const wire::Endpoint& e, const std::string& more, const std::string& transport) {
  return "m=audio " + std::to_string(e.port) + " " + transport + " 0\r\n" + more;
}
std::string described(const wire::Endpoint& e, const std::string& lines) {
  const std::string ip = e.ip.text();
  return "v=0\r\no=- 1 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip + "\r\nt=0 0\r\n" + lines;
}
std::string plain(const wire::Endpoint& e) { return described(e, line(e, "", "RTP/AVP")); }
std::string secret(const wire::Endpoint& e, std::size_t key) {
  return described(e, line(e, crypto(key), "RTP/SAVP"));
}

void exchange(Call& c, double t, const std::string& offer, const std::string& answer, int status = 200) {
  Sip m = c.message(c.request("INVITE"), "INVITE", c.cseq > 1);
  m.body = offer;
  c.b.sip(t, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 " + std::to_string(status) + " X", "INVITE", true);
  ok.body = answer;
  c.b.sip(t + 0.1, c.z, c.a, ok);
  ++c.cseq;
}

// A hundred packets each way; the second time the numbers go on.
void speak_part(Call& c, int part, bool encrypted) {
  for (int i = part * 100; i < part * 100 + 100; ++i)
    for (const std::size_t from : {0u, 1u}) {
      Bytes packet = rtp(from == 0 ? 0xaaaa : 0xbbbb, static_cast<std::uint16_t>(i + 1));
      if (encrypted) packet = test::protect(wire::parse_crypto(crypto(from).substr(9)).keys.at(0), 0, packet);
      c.b.udp(2 + 0.02 * i, from == 0 ? c.am : c.zm, from == 0 ? c.zm : c.am, packet);
    }
}

struct ChangedCall {
  intercept::CallRecord call;
  test::Sound sound;
};
ChangedCall changed(const std::function<void(Call&)>& script) {
  const test::Folder dir;
  Bench b(grants(spec()));
  Call c(b);
  script(c);
  c.bye(8);
  EXPECT_TRUE(b.engine.finish());
  intercept::Matter m = b.sink.matter();
  EXPECT_TRUE(render_call(m.calls.at(0), m.packets, test::workers(), dir.path() / "recordings", "1"));
  return {m.calls[0], test::read_sound(dir.path() / "recordings" / "1.wav")};
}

const ChangedCall& in_the_clear() {
  static const ChangedCall h = changed([](Call& c) {
    exchange(c, 0, plain(c.am), plain(c.zm));
    speak_part(c, 0, false);
    speak_part(c, 1, false);
  });
  return h;
}

void expect_all_heard(const ChangedCall& h) {
  ASSERT_GT(in_the_clear().sound.left.size(), 31'000u);
  EXPECT_EQ(h.sound.left, in_the_clear().sound.left);
  EXPECT_EQ(h.sound.right, in_the_clear().sound.right);
  for (const auto& s : h.call.media) EXPECT_THAT(s.why, Not(HasSubstr("left out")));
}

TEST(SecrecyChanges, EncryptionThatIsLeftOff) {
  expect_all_heard(changed([](Call& c) {
    exchange(c, 0, secret(c.am, 0), secret(c.zm, 1));
    speak_part(c, 0, true);
    exchange(c, 3.8, plain(c.am), plain(c.zm));  // some packets are encrypted still when the answer passes
    speak_part(c, 1, false);
  }));
}

TEST(SecrecyChanges, EncryptionThatIsTakenUp) {
  const ChangedCall h = changed([](Call& c) {
    exchange(c, 0, plain(c.am), plain(c.zm));
    speak_part(c, 0, false);
    exchange(c, 3.8, secret(c.am, 0), secret(c.zm, 1));
    speak_part(c, 1, true);
  });
  ASSERT_EQ(h.call.media.size(), 2u);
  for (const auto& s : h.call.media) {
    EXPECT_TRUE(s.encrypted && s.opened);
    EXPECT_THAT(s.why, HasSubstr("opened with the key of the signalling"));
    EXPECT_THAT(s.why, HasSubstr("packets of the time without encryption are heard"));
  }
  // What is still plain after the answer cannot be told from what is injected.
  ASSERT_EQ(h.sound.left.size(), in_the_clear().sound.left.size());
  EXPECT_TRUE(
      std::equal(h.sound.left.begin(), h.sound.left.begin() + 15'000, in_the_clear().sound.left.begin()));
  EXPECT_TRUE(std::equal(h.sound.left.begin() + 16'000, h.sound.left.end(),
                         in_the_clear().sound.left.begin() + 16'000));
}

TEST(SecrecyChanges, UnderKeysThatAreNotKnownTheRestIsSilenceAndSaid) {
  const ChangedCall h = changed([](Call& c) {
    exchange(c, 0, plain(c.am), plain(c.zm));
    speak_part(c, 0, false);
    exchange(c, 3.9, secret(c.am, 2), secret(c.zm, 2));
    speak_part(c, 1, true);
  });
  EXPECT_EQ(h.sound.left.size(), 99u * 160 + 40) << "no noise after it";
  for (const auto& s : h.call.media) {
    EXPECT_FALSE(s.opened);
    EXPECT_THAT(s.why, HasSubstr("captured, not decodable"));
    EXPECT_THAT(s.why, HasSubstr("100 packets of the time without encryption are heard"));
  }
}

TEST(SecrecyChanges, AnOfferOfEncryptionThatIsRefusedChangesNothing) {
  const ChangedCall h = changed([](Call& c) {
    exchange(c, 0, plain(c.am), plain(c.zm));
    speak_part(c, 0, false);
    exchange(c, 3, secret(c.am, 0), "", 488);
    speak_part(c, 1, false);
  });
  expect_all_heard(h);
  for (const auto& s : h.call.media) EXPECT_FALSE(s.encrypted);
}

TEST(SecrecyChanges, OfTwoLinesAtOnePortTheAnswerPicksOne) {
  for (const bool secret_first : {false, true})
    for (const bool encrypted : {false, true}) {
      const ChangedCall h = changed([&](Call& c) {
        wire::Endpoint none = c.zm;
        none.port = 0;
        const auto both = [&](const std::string& p, const std::string& s) {
          return secret_first ? s + p : p + s;
        };
        exchange(
            c, 0, described(c.am, both(line(c.am, "", "RTP/AVP"), line(c.am, crypto(0), "RTP/SAVP"))),
            described(c.zm, both(line(encrypted ? none : c.zm, "", "RTP/AVP"),
                                 line(encrypted ? c.zm : none, encrypted ? crypto(1) : "", "RTP/SAVP"))));
        speak_part(c, 0, encrypted);
        speak_part(c, 1, encrypted);
      });
      expect_all_heard(h);
      for (const auto& s : h.call.media) EXPECT_EQ(s.encrypted, encrypted);
    }
}

TEST(SecrecyChanges, EncryptionOfferedAndAnsweredInTheClear) {
  expect_all_heard(changed([](Call& c) {
    exchange(c, 0, secret(c.am, 0), plain(c.zm));
    speak_part(c, 0, false);
    speak_part(c, 1, false);
  }));
}

// RFC 5939, as Avaya has it: plain is offered, and keys in case the answer takes them up.
TEST(SecrecyChanges, KeysThatWereOfferedAsACapability) {
  for (const bool taken : {false, true}) {
    const ChangedCall h = changed([&](Call& c) {
      const std::string capability =
          "a=tcap:1 RTP/SAVP\r\na=acap:1 " + crypto(0).substr(2) + "a=pcfg:1 t=1 a=1\r\n";
      exchange(c, 0, described(c.am, line(c.am, capability, "RTP/AVP")),
               taken ? secret(c.zm, 1) : plain(c.zm));
      speak_part(c, 0, taken);
      speak_part(c, 1, taken);
    });
    expect_all_heard(h);
    for (const auto& s : h.call.media) EXPECT_EQ(s.encrypted, taken);
  }
}

}  // namespace
}  // namespace writ::media
