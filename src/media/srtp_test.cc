// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/srtp.hh"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include "media/srtp_for_test.hh"
#include "media/test_call.hh"
#include "media/worker.hh"

namespace writ::media {
namespace {

using test::Folder;
using test::Scene;
using test::Sound;
using testing::ElementsAre;
using testing::HasSubstr;
using wire::SdesKey;
using wire::SrtpSuite;

SdesKey key_of(SrtpSuite s, std::uint8_t seed, Bytes mki = {}) {
  SdesKey k;
  k.suite = s;
  k.mki = std::move(mki);
  for (std::size_t i = 0; i < wire::srtp_key_bytes(s); ++i)
    k.master.push_back(static_cast<std::uint8_t>(seed * 31 + i * 7));
  return k;
}

// PCMU packets of changing bytes, each through `seal`.
template <class Seal>
std::vector<test::Spec> sealed(int n, std::uint32_t index, Seal&& seal, std::uint32_t ssrc = 7) {
  std::vector<test::Spec> out;
  for (int i = 0; i < n; ++i, ++index) {
    test::Spec s{std::int64_t{i} * 20'000,
                 static_cast<std::uint16_t>(index),
                 1000 + static_cast<std::uint32_t>(i) * 160,
                 {},
                 0,
                 ssrc,
                 true};
    for (int b = 0; b < 160; ++b) s.payload.push_back(static_cast<std::uint8_t>(0x80 + (i * 7 + b) % 100));
    const intercept::EvidencePacket plain = test::packet_of(s);
    const Bytes cipher = seal(i, index >> 16, plain.raw.bytes.subspan(28));
    s.payload.assign(cipher.begin() + 12, cipher.end());
    out.push_back(std::move(s));
  }
  return out;
}

Scene scene_with(const std::vector<test::Spec>& specs, std::vector<SdesKey> keys, bool encrypted = true) {
  Scene s = test::scene_of(specs, {});
  for (auto& m : s.call.media) m.encrypted = encrypted;
  s.call.srtp_keys = std::move(keys);
  return s;
}

Sound heard(Scene& s, const Folder& dir, const std::string& name) {
  const Status ok = render_call(s.call, s.packets, test::workers(), dir.path() / "recordings", name);
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().what);
  return test::read_sound(dir.path() / "recordings" / (name + ".wav"));
}

const auto not_at_all = [](int, std::uint32_t, View v) { return Bytes(v.begin(), v.end()); };

TEST(Srtp, EverySuiteIsSampleExact) {
  const Folder dir;
  Scene plain = scene_with(sealed(100, 65480, not_at_all), {}, false);
  const Sound expected = heard(plain, dir, "plain");
  ASSERT_EQ(expected.left.size(), 16000u);
  for (int i = 0; i < static_cast<int>(wire::srtp_suites); ++i)
    for (const Bytes& mki : {Bytes{}, Bytes{0, 0, 0, 2}}) {
      const SdesKey right = key_of(static_cast<SrtpSuite>(i), 1, mki);
      // The sequence number wraps on the way: the rollover counter goes from 0 to 1.
      Scene s = scene_with(
          sealed(100, 65480, [&](int, std::uint32_t r, View v) { return test::protect(right, r, v); }),
          {key_of(SrtpSuite::aes_cm_128_80, 9), right, key_of(SrtpSuite::aead_aes_128_gcm, 4)});
      const Sound got = heard(s, dir, "srtp" + std::to_string(i * 2 + (mki.empty() ? 0 : 1)));
      EXPECT_EQ(got.left, expected.left) << wire::to_string(right.suite) << ' ' << mki.size();
      EXPECT_TRUE(s.call.media[0].opened && s.call.media[0].decoded && s.call.media[0].encrypted);
      EXPECT_EQ(s.call.media[0].why, std::string("SRTP, opened with the key of the signalling (") +
                                         wire::to_string(right.suite) + ")");
    }
}

// libsrtp2 derives session keys of AES-192 in a way of its own, and what it sends is what most devices send.
// Who follows RFC 6188 is not opened, and that is said.
TEST(Srtp, Aes192IsLibsrtpsAndTheRfcsIsSaid) {
  const Folder dir;
  const SdesKey k = key_of(SrtpSuite::aes_cm_192_80, 1);
  Scene s = scene_with(
      sealed(20, 5,
             [&](int, std::uint32_t r, View v) { return test::protect(k, r, v, test::Aes192::rfc6188); }),
      {k});
  EXPECT_TRUE(heard(s, dir, "rfc").left.empty());
  EXPECT_EQ(s.call.media[0].why,
            "captured, not decodable: encrypted, and none of the 1 keys of the signalling opens it "
            "(AES-192 is tried as libsrtp2 derives its session keys, not as RFC 6188 does)");
}

TEST(Srtp, AuthenticatedOnlyIsReadAndStillProven) {
  const Folder dir;
  SdesKey k = key_of(SrtpSuite::aes_cm_128_80, 1);
  k.encrypted = false;
  Scene plain = scene_with(sealed(20, 5, not_at_all), {}, false);
  Scene s =
      scene_with(sealed(20, 5, [&](int, std::uint32_t r, View v) { return test::protect(k, r, v); }), {k});
  EXPECT_EQ(heard(s, dir, "a").left, heard(plain, dir, "b").left);
}

TEST(Srtp, JoinedAfterManyRolloversAndLongCalls) {
  const Folder dir;
  const SdesKey k = key_of(SrtpSuite::aes_cm_128_80, 1);
  const auto seal = [&](int, std::uint32_t r, View v) { return test::protect(k, r, v); };
  Scene plain = scene_with(sealed(60, 10, not_at_all), {}, false);
  const Sound expected = heard(plain, dir, "plain");
  for (const std::uint32_t rollovers : {1u, 5u, 64u}) {
    Scene s = scene_with(sealed(60, rollovers << 16 | 10, seal), {key_of(SrtpSuite::aes_cm_128_32, 3), k});
    EXPECT_EQ(heard(s, dir, "late").left, expected.left) << rollovers;
  }
  // An hour of packets: two wraps; every packet opens.
  Scene hour = scene_with(sealed(180'000, 40'000, seal), {k});
  Packets packets{hour.packets};
  ASSERT_TRUE(unlock(hour.call, packets, test::worker_program()));
  EXPECT_EQ(hour.call.media[0].why, "SRTP, opened with the key of the signalling (AES_CM_128_HMAC_SHA1_80)");
  const auto last = packets.rtp(179'999);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->payload.size(), 160u);
  EXPECT_EQ(last->payload[1], 0x80 + (179'999 * 7 + 1) % 100);
}

TEST(Srtp, AKeyThatChangesOnTheWay) {
  const Folder dir;
  const SdesKey first = key_of(SrtpSuite::aes_cm_128_80, 1), second = key_of(SrtpSuite::aes_cm_256_80, 2),
                third = key_of(SrtpSuite::aes_cm_128_32, 3);
  Scene plain = scene_with(sealed(90, 65500, not_at_all), {}, false);
  // The second goes on counting, the third begins at zero again.
  Scene s = scene_with(sealed(90, 65500,
                              [&](int i, std::uint32_t r, View v) {
                                if (i < 30) return test::protect(first, r, v);
                                return i < 60 ? test::protect(second, r, v) : test::protect(third, 0, v);
                              }),
                       {first, second, third});
  EXPECT_EQ(heard(s, dir, "re").left, heard(plain, dir, "plain").left);
  EXPECT_EQ(s.call.media[0].why,
            "SRTP, opened with the key of the signalling (AES_256_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, "
            "AES_CM_128_HMAC_SHA1_80)");
}

TEST(Srtp, AWrongKeyIsSaidAndNeverHeard) {
  const Folder dir;
  const SdesKey k = key_of(SrtpSuite::aes_cm_128_80, 1);
  const auto specs = sealed(40, 5, [&](int, std::uint32_t r, View v) { return test::protect(k, r, v); });
  SdesKey near = k;
  near.master[29] ^= 1;
  Scene wrong = scene_with(specs, {near, key_of(SrtpSuite::aead_aes_256_gcm, 2)});
  EXPECT_TRUE(heard(wrong, dir, "wrong").left.empty());
  EXPECT_EQ(wrong.call.wav, "");
  EXPECT_FALSE(wrong.call.media[0].decoded || wrong.call.media[0].opened);
  EXPECT_EQ(wrong.call.media[0].why,
            "captured, not decodable: encrypted, and none of the 2 keys of the signalling opens it");
  Scene none = scene_with(specs, {});
  EXPECT_TRUE(heard(none, dir, "none").left.empty());
  EXPECT_THAT(none.call.media[0].why, HasSubstr("the signalling has no keys"));
  Scene dtls = scene_with(specs, {k});
  dtls.call.media[0].why = "captured, not decodable: encrypted, keys agreed by DTLS and unknown";
  EXPECT_TRUE(heard(dtls, dir, "dtls").left.empty());
  EXPECT_THAT(dtls.call.media[0].why, HasSubstr("DTLS"));
}

TEST(Srtp, WhatIsInjectedIsLeftOutAndRepeatsChangeNothing) {
  const Folder dir;
  const SdesKey k = key_of(SrtpSuite::aes_cm_128_32, 1);
  auto specs = sealed(50, 5, [&](int, std::uint32_t r, View v) { return test::protect(k, r, v); });
  Scene clean = scene_with(specs, {k});
  const Sound expected = heard(clean, dir, "clean");
  auto worse = specs;
  for (std::size_t i = 0; i < 50; i += 5) {
    test::Spec forged = specs[i];  // before the genuine one, under its number
    forged.payload.assign(164, 0x80);
    worse.insert(std::ranges::find(worse, specs[i].sequence, &test::Spec::sequence), forged);
    worse.push_back(specs[i]);
  }
  Scene s = scene_with(worse, {k});
  EXPECT_EQ(heard(s, dir, "worse").left, expected.left);
  EXPECT_THAT(s.call.media[0].why, HasSubstr("10 of 70 packets fail their authentication: left out"));
}

TEST(Srtp, DigitsAreReadBehindTheEncryption) {
  const SdesKey k = key_of(SrtpSuite::aes_cm_128_80, 1);
  test::Spec event{0, 1, 160, {5, 0x0a, 0, 160}, 101, 7, true};
  const auto plain = test::packet_of(event);
  const Bytes cipher = test::protect(k, 0, plain.raw.bytes.subspan(28));
  event.payload.assign(cipher.begin() + 12, cipher.end());
  Scene s = scene_with({event}, {k});
  s.call.media[0].event_payload_type = 101;
  const Folder dir;
  heard(s, dir, "d");
  ASSERT_EQ(s.call.dtmf.size(), 1u);
  EXPECT_EQ(s.call.dtmf[0].digit, '5');
}

// Streams of other people's making, with their published keys; how many packets are genuine is what libsrtp2
// and tshark counted when the set was made (INDEX.tsv).
struct RealStream {
  const char *file, *key;
  std::size_t packets;
  const char* codec;
};
class RealSrtp : public testing::TestWithParam<RealStream> {};
TEST_P(RealSrtp, OpensWhole) {
  const RealStream& r = GetParam();
  const fs::path file = shared_folder() / "captures" / r.file;
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  const auto line = wire::parse_crypto(std::string("1 AES_CM_128_HMAC_SHA1_80 inline:") + r.key);
  ASSERT_EQ(line.keys.size(), 1u);
  Scene s = test::scene_from(file, {});
  ASSERT_EQ(s.call.media.size(), 1u);
  s.call.media[0].encrypted = true;
  s.call.srtp_keys = {key_of(SrtpSuite::aes_cm_128_32, 5), line.keys[0]};
  const Folder dir;
  const Sound sound = heard(s, dir, "real");
  EXPECT_EQ(s.call.media[0].packet_index.size(), r.packets);
  EXPECT_EQ(s.call.media[0].why, "SRTP, opened with the key of the signalling (AES_CM_128_HMAC_SHA1_80)");
  EXPECT_TRUE(s.call.media[0].decoded);
  // Speech has a colour; noise of a wrong key would be flat: neighbouring samples are alike.
  ASSERT_GT(sound.left.size(), 8000u);
  const std::vector<std::int16_t> next(sound.left.begin() + 1, sound.left.end());
  EXPECT_GT(test::correlation(sound.left, next), 0.5);
}
INSTANTIATE_TEST_SUITE_P(Captures, RealSrtp,
                         testing::Values(RealStream{"srtp/alice_srtp.pcap",
                                                    "9sOd+W72ilwfNgNt0FzlGYj6YZPMqN1sJJx43UuS", 1556, "G722"},
                                         RealStream{"srtp/bob_srtp.pcap",
                                                    "NhqBK/JjtVJgmOgPyDKpvMTEjvFCQ4eiyVQelF6x", 1564, "G722"},
                                         RealStream{"srtp/marseillaise-srtp.pcap",
                                                    "aSBrbm93IGFsbCB5b3VyIGxpdHRsZSBzZWNyZXRz", 11888,
                                                    "PCMA"}));

// What ffmpeg sends over SRTP against what the same ffmpeg writes to a file.
TEST(Srtp, WhatFfmpegSends) {
  if (test::output_of("ffmpeg -version 2>/dev/null").empty()) GTEST_SKIP() << "no ffmpeg";
  const Folder dir;
  for (const char* suite : {"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"}) {
    const std::string key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int room = 4 << 20;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
    socklen_t size = sizeof here;
    ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    const std::string raw = (dir.path() / "sent.ul").string();
    test::output_of(
        "ffmpeg -v error -f lavfi -i 'sine=frequency=440:duration=2:sample_rate=8000' -map 0 -c:a "
        "pcm_mulaw -f mulaw -y " +
        raw + " -map 0 -c:a pcm_mulaw -f rtp -srtp_out_suite " + suite + " -srtp_out_params " + key +
        " srtp://127.0.0.1:" + std::to_string(ntohs(here.sin_port)) + "?pkt_size=200 >/dev/null 2>&1");
    std::vector<test::Spec> specs;
    for (pollfd p{socket.get(), POLLIN, 0}; ::poll(&p, 1, 100) > 0;) {
      Bytes b(2048);
      const auto n = ::recv(socket.get(), b.data(), b.size(), 0);
      ASSERT_GT(n, 0);
      b.resize(static_cast<std::size_t>(n));
      const auto rtp = wire::parse_rtp(b);
      if (!rtp || wire::is_rtcp(b)) continue;
      specs.push_back({static_cast<std::int64_t>(specs.size()) * 20'000, rtp->sequence, rtp->timestamp,
                       Bytes(b.begin() + 12, b.end()), rtp->payload_type, rtp->ssrc, true});
    }
    ASSERT_GT(specs.size(), 50u) << suite;
    Scene s = scene_with(specs, wire::parse_crypto("1 " + std::string(suite) + " inline:" + key).keys);
    const Sound sound = heard(s, dir, suite);
    const auto sent = read_file(raw);
    ASSERT_TRUE(sent);
    Scene plain = test::scene_of({{0, 1, 0, *sent, 0, 7, true}}, {});
    const Sound expected = heard(plain, dir, std::string("plain-") + suite);
    EXPECT_EQ(sound.left, expected.left) << suite;
    EXPECT_EQ(sound.left.size(), 16000u);
  }
}

TEST(Srtp, TheWorkerReadsNoKeysButWholeOnes) {
  const SdesKey k = key_of(SrtpSuite::aead_aes_256_gcm, 1, {1, 2});
  const Bytes whole = encode_open(std::vector<SdesKey>{k, key_of(SrtpSuite::aes_cm_128_32, 2)});
  ASSERT_EQ(decode_open_srtp(whole)->size(), 2u);
  EXPECT_EQ((*decode_open_srtp(whole))[0], k);
  for (std::size_t n = 2; n < whole.size(); ++n) {
    const auto cut = decode_open_srtp(View{whole}.first(n));
    EXPECT_TRUE(!cut || cut->size() == 1) << n;
  }
}

}  // namespace
}  // namespace writ::media
