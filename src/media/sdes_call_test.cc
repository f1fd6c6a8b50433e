// SPDX-License-Identifier: GPL-3.0-or-later
// Calls from their packets through the engine and the assembly to the recording: SRTP with the keys of the
// signalling beside the same call in the clear.
#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"
#include "media/srtp_for_test.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using namespace intercept::test;
using testing::HasSubstr;
using testing::Not;

constexpr const char* caller_key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
constexpr const char* callee_key = "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm";
constexpr const char* other_key = "NzU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVmMTIz";

std::string crypto_line(const char* key) {
  return std::string("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") + key + "|2^31\r\n";
}

enum class Secrecy { none, announced, wrong };

// Five seconds each way; the sequence numbers wrap. `part`: media in IP fragments of so many bytes.
void play(Call& c, Secrecy secrecy, std::size_t part = 0) {
  const bool secret = secrecy != Secrecy::none;
  const auto body = [&](const wire::Endpoint& e, const char* key) {
    return sdp(e.ip.text(), e.port, "0", "a=rtpmap:0 PCMU/8000\r\n" + (secret ? crypto_line(key) : ""),
               "audio", secret ? "RTP/SAVP" : "RTP/AVP");
  };
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = body(c.am, secrecy == Secrecy::wrong ? other_key : caller_key);
  c.b.sip(0, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = body(c.zm, callee_key);
  c.b.sip(1, c.z, c.a, ok);
  c.ack(1.05);
  const auto keys = [](const char* k) { return wire::parse_crypto(crypto_line(k).substr(9)).keys.at(0); };
  for (int i = 0; i < 250; ++i)
    for (const bool from_caller : {true, false}) {
      const auto sequence = static_cast<std::uint16_t>(65'400 + i);
      Bytes packet = rtp(from_caller ? 0xaaaa : 0xbbbb, sequence);
      for (int k = 0; k < 4; ++k)  // its timestamp goes on where the number wraps
        packet[4 + static_cast<std::size_t>(k)] =
            static_cast<std::uint8_t>(static_cast<unsigned>(65'400 + i) * 160u >> (24 - 8 * k));
      if (secret)
        packet = test::protect(keys(from_caller ? caller_key : callee_key),
                               static_cast<std::uint32_t>(65'400 + i) >> 16, packet);
      c.b.udp(1.1 + 0.02 * i, from_caller ? c.am : c.zm, from_caller ? c.zm : c.am, packet, part);
    }
  c.bye(8);
}

struct Outcome {
  intercept::Matter matter;
  test::Sound sound;
};

Outcome outcome(const test::Folder& dir, Secrecy secrecy, const std::string& name, std::size_t part = 0) {
  Bench b(grants(spec()));
  Call c(b);
  play(c, secrecy, part);
  EXPECT_TRUE(b.engine.finish());
  Outcome o{b.sink.matter(), {}};
  EXPECT_EQ(o.matter.calls.size(), 1u);
  const Status ok =
      render_call(o.matter.calls.at(0), o.matter.packets, test::workers(), dir.path() / "recordings", name);
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().what);
  o.sound = test::read_sound(dir.path() / "recordings" / (name + ".wav"));
  return o;
}

TEST(SdesCall, FromTheSignallingToTheSamplesOfThePlainCall) {
  const test::Folder dir;
  const Outcome plain = outcome(dir, Secrecy::none, "plain"),
                secret = outcome(dir, Secrecy::announced, "secret");
  ASSERT_GT(plain.sound.left.size(), 39'000u);
  EXPECT_NE(plain.sound.left, plain.sound.right);
  EXPECT_EQ(secret.sound.left, plain.sound.left);
  EXPECT_EQ(secret.sound.right, plain.sound.right);
  for (const auto& s : secret.matter.calls[0].media) {
    EXPECT_TRUE(s.encrypted && s.opened && s.decoded);
    EXPECT_EQ(s.packets, 250u);
    EXPECT_EQ(s.lost, 0u);
  }
  const std::string shown = calls_json(secret.matter).dump();
  for (const char* key : {caller_key, callee_key})
    EXPECT_THAT(shown, Not(HasSubstr(std::string(key).substr(0, 12))));
}

TEST(SdesCall, MediaInFragmentsSoundAsInOnePiece) {
  const test::Folder dir;
  const Outcome plain = outcome(dir, Secrecy::none, "plain"),
                parts = outcome(dir, Secrecy::none, "parts", 24),
                secret = outcome(dir, Secrecy::announced, "secret", 24);
  ASSERT_GT(parts.matter.packets.size(), plain.matter.packets.size() + 400) << "the fragments are evidence";
  for (const Outcome* o : {&parts, &secret}) {
    EXPECT_EQ(o->sound.left, plain.sound.left);
    EXPECT_EQ(o->sound.right, plain.sound.right);
    for (const auto& s : o->matter.calls[0].media) EXPECT_THAT(s.why, Not(HasSubstr("not readable")));
  }
}

TEST(SdesCall, AWrongKeyOfOneSideSilencesThatSideAndIsSaid) {
  const test::Folder dir;
  const Outcome plain = outcome(dir, Secrecy::none, "plain"), wrong = outcome(dir, Secrecy::wrong, "wrong");
  EXPECT_TRUE(std::ranges::all_of(wrong.sound.right, [](auto v) { return v == 0; }) ||
              std::ranges::all_of(wrong.sound.left, [](auto v) { return v == 0; }));
  EXPECT_TRUE(wrong.sound.left == plain.sound.left || wrong.sound.right == plain.sound.right);
  int closed = 0;
  for (const auto& s : wrong.matter.calls[0].media)
    if (!s.opened) {
      ++closed;
      EXPECT_FALSE(s.decoded);
      EXPECT_EQ(s.why,
                "captured, not decodable: encrypted, and none of the 2 keys of the signalling opens it");
    }
  EXPECT_EQ(closed, 1);
}

// A pen register's events say that there is a call; its keys are not for it.
TEST(SdesCall, APenRegisterLearnsNoKey) {
  for (const auto kind : {authority::Kind::pen, authority::Kind::trap, authority::Kind::pen_trap}) {
    Bench b(grants(spec(kind)));
    Call c(b);
    play(c, Secrecy::announced);
    ASSERT_TRUE(b.engine.finish());
    const std::string all = b.sink.all();
    for (const char* key : {caller_key, callee_key})
      EXPECT_THAT(all, Not(HasSubstr(std::string(key).substr(0, 8))));
    EXPECT_EQ(b.sink.packets.size(), 0u);
    EXPECT_TRUE(b.sink.matter().calls.empty() || b.sink.matter().calls[0].srtp_keys.empty());
  }
  Bench b(grants(spec()));
  Call c(b);
  play(c, Secrecy::announced);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_THAT(b.sink.all(), HasSubstr(caller_key)) << "control: under a content grant the signalling is kept";
}

}  // namespace
}  // namespace writ::media
