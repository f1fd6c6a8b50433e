// SPDX-License-Identifier: GPL-3.0-or-later
// One call seen before and behind a relay: each voice is heard once, at its level, and nothing is lost that
// only one hop carries.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"
#include "media/srtp_for_test.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using namespace intercept::test;
using testing::HasSubstr;

constexpr const char* hop_key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

struct Relayed {  // caller, relay, target: one Call-ID, two hops
  explicit Relayed(Bench& b) : first(b), second(b) {
    first.z = second.a = ep("203.0.113.1", 5060);
    first.zm = ep("203.0.113.1", 40000);
    second.am = ep("203.0.113.1", 40002);
  }
  Call first, second;
  bool encrypted_first = false;  // SDES on the caller's hop

  void describe(Sip& m, const wire::Endpoint& e, bool encrypted) const {
    const std::string formats = "a=rtpmap:101 telephone-event/8000\r\n";
    const std::string crypto = std::string("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") + hop_key + "\r\n";
    m.body = sdp(e.ip.text(), e.port, "0 101", formats + (encrypted ? crypto : ""), "audio",
                 encrypted ? "RTP/SAVP" : "RTP/AVP");
  }
  void up() {
    for (Call* c : {&first, &second}) {
      Sip m = c->message(c->request("INVITE"), "INVITE", false);
      describe(m, c->am, encrypted_first && c == &first);
      c->b.sip(c == &first ? 0 : 0.01, c->a, c->z, m);
    }
    for (Call* c : {&second, &first}) {
      Sip m = c->message("SIP/2.0 200 OK", "INVITE", true);
      describe(m, c->zm, encrypted_first && c == &first);
      c->b.sip(c == &second ? 1 : 1.01, c->z, c->a, m);
    }
  }
  void bye(double t) {
    first.bye(t);
    second.bye(t + 0.01);
  }
};

Bytes voice(std::uint32_t of, int i, std::uint32_t ssrc, std::uint16_t first_number) {
  Bytes p = rtp(of, static_cast<std::uint16_t>(i));
  Bytes head{0x80, 0};
  put_be16(head, static_cast<std::uint16_t>(first_number + i));
  put_be32(head, 160u * static_cast<std::uint32_t>(first_number + i));
  put_be32(head, ssrc);
  std::ranges::copy(head, p.begin());
  return p;
}
constexpr unsigned from_source = 1, from_relay = 2, on_both = 3;

struct RelayedSound {
  intercept::CallRecord call;
  test::Sound sound;
  std::size_t packets = 0;
};
RelayedSound relayed(const std::function<void(Relayed&)>& script, bool encrypted_first = false) {
  const test::Folder dir;
  Bench b(grants(spec()));
  Relayed r(b);
  r.encrypted_first = encrypted_first;
  r.up();
  script(r);
  r.bye(8);
  EXPECT_TRUE(b.engine.finish());
  intercept::Matter m = b.sink.matter();
  EXPECT_EQ(m.calls.size(), 1u);
  EXPECT_TRUE(render_call(m.calls.at(0), m.packets, test::workers(), dir.path() / "recordings", "1"));
  return {m.calls[0], test::read_sound(dir.path() / "recordings" / "1.wav"), m.packets.size()};
}

// The caller's voice at its source, behind the relay or on_both, and the target's the same way.
void speak_relayed(Relayed& r, unsigned caller, unsigned target, bool own_ssrc, int begin = 0,
                   int end = 100) {
  const auto packet = [&](std::uint32_t of, int i, bool relayed) {
    return voice(of, i, relayed && own_ssrc ? of + 1 : of, relayed && own_ssrc ? 7000 : 1);
  };
  const auto protect = [&](Bytes p) {
    const auto k = wire::parse_crypto(std::string("1 AES_CM_128_HMAC_SHA1_80 inline:") + hop_key).keys.at(0);
    return r.encrypted_first ? test::protect(k, 0, p) : p;
  };
  Bench& b = r.first.b;
  for (int i = begin; i < end; ++i) {
    const double t = 2 + 0.02 * i;
    if (caller & from_source) b.udp(t, r.first.am, r.first.zm, protect(packet(0xaaaa, i, false)));
    if (target & from_source) b.udp(t, r.second.zm, r.second.am, packet(0xbbbb, i, false));
    if (caller & from_relay) b.udp(t + 0.003, r.second.am, r.second.zm, packet(0xaaaa, i, true));
    if (target & from_relay) b.udp(t + 0.003, r.first.zm, r.first.am, protect(packet(0xbbbb, i, true)));
  }
}

std::size_t copies(const RelayedSound& h) {
  return static_cast<std::size_t>(
      std::ranges::count_if(h.call.media, [](const auto& s) { return s.copy_of.has_value(); }));
}

TEST(Hops, ARelayWithItsOwnSsrcIsHeardOnceAtTheTarget) {
  const RelayedSound once = relayed([](Relayed& r) { speak_relayed(r, from_relay, from_source, true); });
  const RelayedSound twice = relayed([](Relayed& r) { speak_relayed(r, on_both, on_both, true); });
  ASSERT_GT(once.sound.left.size(), 15'000u);
  EXPECT_EQ(twice.sound.left, once.sound.left);
  EXPECT_EQ(twice.sound.right, once.sound.right);
  ASSERT_EQ(twice.call.media.size(), 4u);
  EXPECT_EQ(copies(twice), 2u);
  for (const auto& s : twice.call.media) {
    EXPECT_EQ(s.packets, 100u);
    if (s.copy_of) {
      EXPECT_THAT(s.why, HasSubstr("before or behind a relay, under another SSRC: mixed once"));
    }
  }
}

TEST(Hops, TheSameStreamInTheClearBehindAnEncryptedHopIsHeardOnce) {
  const RelayedSound once =
      relayed([](Relayed& r) { speak_relayed(r, from_source, from_source, false); }, true);
  const RelayedSound twice = relayed([](Relayed& r) { speak_relayed(r, on_both, on_both, false); }, true);
  ASSERT_GT(once.sound.left.size(), 15'000u);
  EXPECT_EQ(twice.sound.left, once.sound.left);
  EXPECT_EQ(twice.sound.right, once.sound.right);
  EXPECT_EQ(copies(twice), 2u);
}

TEST(Hops, WhatOnlyOneHopCarriesIsHeard) {
  // The relay answers by itself for three seconds, before it sends the caller's voice on.
  const auto late = [](unsigned behind) {
    return relayed([&](Relayed& r) {
      speak_relayed(r, from_source, from_source, true, 0, 150);
      speak_relayed(r, behind, behind == from_relay ? from_source : on_both, true, 200, 300);
    });
  };
  const RelayedSound once = late(from_relay), twice = late(on_both);
  EXPECT_EQ(twice.sound.left, once.sound.left);
  EXPECT_EQ(twice.sound.right, once.sound.right);
  EXPECT_TRUE(std::ranges::any_of(twice.sound.right.begin(), twice.sound.right.begin() + 20'000,
                                  [](auto v) { return v != 0; }));
}

TEST(Hops, AKeyIsOneKeyOnBothHops) {
  const RelayedSound h = relayed([](Relayed& r) {
    speak_relayed(r, on_both, on_both, true);
    press_4733(r.first.b, r.first, 5, 5, 90'000, 500);
    Call behind = r.second;  // the relay has an SSRC of its own
    for (int i = 0; i < 4; ++i) {
      Bytes p{0x80, 101};
      put_be16(p, static_cast<std::uint16_t>(9000 + i));
      put_be32(p, 1234);
      put_be32(p, 0xaaab);
      p.insert(p.end(), {5, 0x8a, 0, 160});
      r.first.b.udp(5.01 + 0.02 * i, behind.am, behind.zm, p);
    }
  });
  ASSERT_EQ(h.call.dtmf.size(), 1u);
  EXPECT_EQ(h.call.dtmf[0].digit, '5');
  EXPECT_FALSE(h.call.dtmf[0].from_target);
  const RelayedSound stripped = relayed([](Relayed& r) {
    speak_relayed(r, on_both, on_both, true);
    press_4733(r.first.b, r.first, 5, 5, 90'000, 500);
  });
  EXPECT_EQ(stripped.call.dtmf.size(), 1u) << "the relay kept it for itself";
}

TEST(Hops, TwoVoicesThatNoRelayJoinsAreBothHeard) {
  const RelayedSound h = relayed([](Relayed& r) {
    speak_relayed(r, from_relay, from_source, true);
    r.first.b.talk(2, r.second.am, r.second.zm, 0x5555, 100);  // a second SSRC on the same way
  });
  EXPECT_EQ(copies(h), 0u);
  for (const auto& s : h.call.media) EXPECT_TRUE(s.decoded);
}

// Somebody else's call through the same relay, which has endpoints beside the call's.
TEST(Hops, TheRelaysOtherCallsStayOut) {
  const RelayedSound alone = relayed([](Relayed& r) { speak_relayed(r, on_both, on_both, true); });
  const RelayedSound h = relayed([](Relayed& r) {
    Call other(r.first.b);
    other.id = "other";
    other.caller = "+12125550155";
    other.callee = "+14045550166";
    other.z = r.first.z;
    other.am.port = 21000;
    other.zm = ep("203.0.113.1", 40010);
    other.invite(1.5);
    other.answer(1.6);
    other.talk(1.7, 10);
    speak_relayed(r, on_both, on_both, true);
  });
  EXPECT_EQ(h.packets, alone.packets);
  EXPECT_EQ(h.sound.left, alone.sound.left);
  EXPECT_EQ(h.sound.right, alone.sound.right);
}

}  // namespace
}  // namespace writ::media
