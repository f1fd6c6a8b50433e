// SPDX-License-Identifier: GPL-3.0-or-later
// Codecs of which frames are cut here, against encoders and decoders of another make: AMR (opencore, in sox),
// DVI4 (spandsp), G.729 annex B (bcg729's encoder), Opus with FEC and DTX (libopus's encoder).
#include "media/codec.hh"

#include <gmock/gmock.h>
#include <opus/opus.h>

extern "C" {
#include <bcg729/encoder.h>
}

#include <random>
#include <sstream>

#include "media/spandsp_for_test.hh"
#include "media/test_call.hh"
#include "wire/amr.hh"

namespace writ::media {
namespace {

using test::Folder;
using test::Scene;
using test::Sound;
using testing::HasSubstr;

using Pcm = std::vector<std::int16_t>;

Sound played(Scene& s, const Folder& dir, const std::string& name) {
  const Status ok = render_call(s.call, s.packets, test::workers(), dir.path() / "recordings", name);
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().what);
  return test::read_sound(dir.path() / "recordings" / (name + ".wav"));
}

Pcm sweep(std::size_t n, int rate, double from, double to) {
  Pcm out(n);
  double phase = 0;
  for (std::size_t i = 0; i < n; ++i) {
    phase += 2 * M_PI * (from + (to - from) * static_cast<double>(i) / static_cast<double>(n)) / rate;
    out[i] = static_cast<std::int16_t>(9000 * std::sin(phase) + 3000 * std::sin(3.1 * phase));
  }
  return out;
}

double effective(const Pcm& v, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += static_cast<double>(v[i]) * v[i];
  return std::sqrt(sum / static_cast<double>(to - from));
}

Pcm raw_of(const std::string& bytes) {
  Pcm out(bytes.size() / 2);
  std::memcpy(out.data(), bytes.data(), out.size() * 2);
  return out;
}

// Frames of an AMR file (RFC 4867 section 5), header octet and all.
std::vector<Bytes> frames_of_file(View file, std::size_t magic, bool wide) {
  static constexpr std::size_t narrow[16] = {13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1};
  static constexpr std::size_t broad[16] = {18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1};
  std::vector<Bytes> out;
  for (std::size_t at = magic; at < file.size();) {
    const std::size_t n = (wide ? broad : narrow)[file[at] >> 3 & 15];
    if (at + n > file.size()) break;
    out.emplace_back(file.begin() + static_cast<std::ptrdiff_t>(at),
                     file.begin() + static_cast<std::ptrdiff_t>(at + n));
    at += n;
  }
  return out;
}

// One frame a payload, written as the RFC's figures have it.
Bytes amr_payload(const Bytes& frame, bool aligned) {
  Bytes out;
  if (aligned) {
    out.push_back(0xf0);
    out.push_back(frame[0] & 0x7c);
    for (std::size_t i = 1; i < frame.size(); ++i) out.push_back(frame[i]);
    return out;
  }
  std::string bits = "1111";
  const auto add = [&](std::uint8_t b, int from) {
    for (int i = from; i >= 0; --i) bits += (b >> i & 1) ? '1' : '0';
  };
  add(static_cast<std::uint8_t>(frame[0] >> 2 & 0x1f), 5);
  for (std::size_t i = 1; i < frame.size(); ++i) add(frame[i], 7);
  static constexpr std::size_t sizes[] = {95, 103, 118, 134, 148, 159, 204, 244};
  bits.resize(10 + sizes[frame[0] >> 3 & 7]);
  bits.resize((bits.size() + 7) / 8 * 8, '0');
  for (std::size_t i = 0; i < bits.size(); i += 8)
    out.push_back(static_cast<std::uint8_t>(std::stoi(bits.substr(i, 8), nullptr, 2)));
  return out;
}

TEST(Codecs, AmrInBothLayoutsAndAllModesAsOpencoreDecodesIt) {
  const Folder dir;
  const std::string file = (dir.path() / "t.amr-nb").string(), in = (dir.path() / "t.raw").string();
  const Pcm spoken = sweep(16000, 8000, 200, 1500);
  ASSERT_TRUE(write_file(in, View{reinterpret_cast<const std::uint8_t*>(spoken.data()), spoken.size() * 2}));
  for (int mode = 0; mode < 8; ++mode)
    for (const bool aligned : {false, true}) {
      test::output_of("sox -t raw -r 8000 -e signed -b 16 -c 1 " + in + " -C " + std::to_string(mode) + " " +
                      file + " 2>&1");
      const auto amr = read_file(file);
      if (!amr || amr->size() < 100) GTEST_SKIP() << "this sox has no AMR";
      const auto frames = frames_of_file(*amr, 6, false);
      ASSERT_EQ(frames.size(), 100u);
      std::vector<test::Spec> specs;
      for (std::size_t i = 0; i < frames.size(); ++i)
        specs.push_back({static_cast<std::int64_t>(i) * 20'000, static_cast<std::uint16_t>(i),
                         static_cast<std::uint32_t>(i) * 160, amr_payload(frames[i], aligned), 97, 1, true});
      Scene s = test::scene_of(specs, {{97, "AMR", 8000, 1, aligned ? "octet-align=1" : ""}});
      const Sound sound = played(s, dir, "amr");
      EXPECT_EQ(s.call.media[0].why, "");
      const Pcm theirs = raw_of(test::output_of("sox " + file + " -t raw -e signed -b 16 -"));
      ASSERT_EQ(theirs.size(), 16000u);
      EXPECT_EQ(sound.left.size(), 16000u);
      EXPECT_GT(test::correlation(sound.left, theirs), 0.98) << mode << aligned;
    }
}

TEST(Codecs, AmrWbAsOpencoreDecodesIt) {
  const Folder dir;
  // No free encoder is at hand: frames of chance, which two decoders must hear alike.
  std::mt19937 random{11};
  Bytes file = bytes_of("#!AMR-WB\n");
  std::vector<test::Spec> specs;
  for (int i = 0; i < 100; ++i) {
    Bytes frame{2 << 3 | 4};  // 12.65 kbit/s: 253 bits
    for (int k = 0; k < 32; ++k) frame.push_back(static_cast<std::uint8_t>(random()));
    frame.back() &= 0xf8;
    put_bytes(file, frame);
    specs.push_back({i * 20'000, static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i) * 320,
                     amr_payload(frame, true), 98, 1, true});
  }
  const fs::path name = dir.path() / "t.amr-wb";
  ASSERT_TRUE(write_file(name, file));
  const Pcm theirs =
      raw_of(test::output_of("sox " + name.string() + " -t raw -e signed -b 16 - 2>/dev/null"));
  if (theirs.empty()) GTEST_SKIP() << "this sox has no AMR-WB";
  Scene s = test::scene_of(specs, {{98, "AMR-WB", 16000, 1, "octet-align=1"}});
  const Sound sound = played(s, dir, "wb");
  EXPECT_EQ(sound.rate, 16000);
  EXPECT_EQ(sound.left.size(), theirs.size());
  EXPECT_GT(test::correlation(sound.left, theirs), 0.9);
}

TEST(Codecs, AmrOfARealNetwork) {
  const fs::path capture = shared_folder() / "captures/codec/amr-nb-vowifi-esp.pcap";
  if (!fs::exists(capture)) GTEST_SKIP() << "no shared captures";
  std::istringstream lines(
      test::output_of("tshark -n -r " + capture.string() +
                      " -o esp.enable_null_encryption_decode_heuristic:TRUE -d "
                      "udp.port==4500,udpencap -Y 'rtp.p_type==99' -T fields -e rtp.seq -e "
                      "rtp.timestamp -e rtp.payload 2>/dev/null"));
  std::vector<test::Spec> specs;
  std::uint32_t seq = 0, timestamp = 0;
  for (std::string hex; lines >> seq >> timestamp >> hex;) {
    Bytes payload;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      payload.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    specs.push_back({static_cast<std::int64_t>(specs.size()) * 20'000, static_cast<std::uint16_t>(seq),
                     timestamp, payload, 99, 1, true});
  }
  if (specs.empty()) GTEST_SKIP() << "no tshark";
  ASSERT_EQ(specs.size(), 778u);  // INDEX.tsv
  Bytes file = bytes_of("#!AMR\n");
  for (const auto& p : specs) {
    const auto frames = wire::split_amr(wire::amr_layout(false, "", 1), p.payload);
    ASSERT_EQ(frames.size(), 1u);
    put_bytes(file, frames[0].stored);
  }
  const Folder dir;
  const fs::path name = dir.path() / "real.amr-nb";
  ASSERT_TRUE(write_file(name, file));
  Scene s = test::scene_of(specs, {{99, "AMR", 8000, 1, ""}});
  const Sound sound = played(s, dir, "real");
  EXPECT_TRUE(s.call.media[0].decoded);
  EXPECT_EQ(s.call.media[0].why.find("broken"), std::string::npos) << s.call.media[0].why;
  EXPECT_GT(sound.left.size(), 778u * 160 - 1);
  const Pcm theirs = raw_of(test::output_of("sox " + name.string() + " -t raw -e signed -b 16 -"));
  EXPECT_EQ(theirs.size(), 778u * 160);
}

TEST(Codecs, Dvi4AsSpandspDecodesIt) {
  const fs::path capture = shared_folder() / "captures/codec/sip-rtp-dvi4-8k.pcap";
  if (!fs::exists(capture)) GTEST_SKIP() << "no shared captures";
  Scene s = test::scene_from(capture, {{5, "DVI4", 8000, 1, ""}}, 0x043DAB09);
  ASSERT_EQ(s.call.media.size(), 1u);
  const Folder dir;
  const Sound sound = played(s, dir, "dvi4");
  EXPECT_EQ(s.call.media[0].why, "");
  Pcm theirs;
  for (const std::size_t i : s.call.media[0].packet_index) {
    const auto rtp = Packets{s.packets}.rtp(i);
    if (rtp->payload_type != 5) continue;
    ima_adpcm_state_t* ima = ima_adpcm_init(nullptr, IMA_ADPCM_DVI4, 0);
    Pcm part(4096);
    const int n =
        ima_adpcm_decode(ima, part.data(), rtp->payload.data(), static_cast<int>(rtp->payload.size()));
    ima_adpcm_free(ima);
    theirs.insert(theirs.end(), part.begin(), part.begin() + n);
  }
  ASSERT_EQ(theirs.size(), 425u * 160);  // INDEX.tsv: 425 packets of 20 ms
  ASSERT_EQ(sound.left.size(), theirs.size());
  EXPECT_GT(test::correlation(sound.left, theirs), 0.9999);
  EXPECT_GT(effective(theirs, 0, theirs.size()), 100);
}

TEST(Codecs, ComfortNoiseHasItsLevelAndEndsWithThePause) {
  // Half a second of speech, CN at -40 dBov, a second later speech again; then the same with a packet
  // missing.
  for (const bool loss : {false, true}) {
    std::vector<test::Spec> specs;
    for (std::uint16_t i = 0; i < 25; ++i)
      specs.push_back({i * 20'000, i, i * 160u, Bytes(160, 0x8f), 0, 1, true});
    specs.push_back({500'000, 25, 25 * 160, {40}, 13, 1, true});
    for (std::uint16_t i = 0; i < 25; ++i)
      specs.push_back({1'500'000 + i * 20'000, static_cast<std::uint16_t>(26 + loss + i),
                       75u * 160 + i * 160u, Bytes(160, 0x8f), 0, 1, true});
    Scene s = test::scene_of(specs, {});
    const Folder dir;
    const Sound sound = played(s, dir, "cn");
    ASSERT_EQ(sound.left.size(), 16000u);
    EXPECT_EQ(sound.left[3999], 16764);
    EXPECT_EQ(sound.left[12000], 16764);
    EXPECT_NEAR(effective(sound.left, 4000, 12000), loss ? 0 : 327.68, 12);
    Scene again = test::scene_of(specs, {});
    EXPECT_EQ(played(again, dir, "cn2").left, sound.left) << "the same packets, the same bytes";
  }
}

TEST(Codecs, G729PausesSoundLikeTheRoom) {
  std::mt19937 random{5};
  std::vector<test::Spec> specs;
  bcg729EncoderChannelContextStruct* e = initBcg729EncoderChannel(1);
  std::uint16_t sequence = 0;
  for (std::uint32_t f = 0; f < 400; ++f) {
    std::int16_t in[80];
    for (auto& v : in) v = static_cast<std::int16_t>(static_cast<int>(random() % 200) - 100);
    std::uint8_t coded[10], length = 0;
    bcg729Encoder(e, in, coded, &length);
    if (length == 0 || (f == 399 && length == 2)) continue;
    specs.push_back({f * 10'000, sequence++, f * 80, Bytes(coded, coded + length), 18, 1, true});
  }
  // Something to end the pause: an erased frame of speech would do as well.
  specs.push_back({4'000'000, sequence, 400 * 80, Bytes(10, 0x55), 18, 1, true});
  closeBcg729EncoderChannel(e);
  std::size_t sids = 0;
  for (const auto& p : specs) sids += p.payload.size() == 2;
  ASSERT_GT(sids, 0u);
  ASSERT_LT(specs.size(), 300u) << "the encoder pauses";
  Scene s = test::scene_of(specs, {{18, "G729", 8000, 1, ""}});
  const Folder dir;
  const Sound sound = played(s, dir, "g729");
  EXPECT_EQ(s.call.media[0].why, "");
  ASSERT_EQ(sound.left.size(), 400u * 80 + 80);
  // The room was 57.7 strong.
  EXPECT_NEAR(effective(sound.left, 20000, 32000), 58, 20);
}

struct Coded {
  std::vector<Bytes> packets;
  Pcm whole;  // what the decoder makes of all of them
};
Coded opus_of(const Pcm& mono, bool dtx) {
  Coded out;
  int error = 0;
  OpusEncoder* e = opus_encoder_create(16000, 2, OPUS_APPLICATION_VOIP, &error);
  opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
  opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(25));
  opus_encoder_ctl(e, OPUS_SET_BITRATE(28000));
  opus_encoder_ctl(e, OPUS_SET_DTX(dtx));
  opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  for (std::size_t at = 0; at + 320 <= mono.size(); at += 320) {
    Pcm both;
    for (std::size_t i = 0; i < 320; ++i)
      both.insert(both.end(), {mono[at + i], static_cast<std::int16_t>(mono[at + i] / 2)});
    Bytes p(1500);
    const int n = opus_encode(e, both.data(), 320, p.data(), 1500);
    p.resize(static_cast<std::size_t>(std::max(n, 0)));
    out.packets.push_back(std::move(p));
  }
  opus_encoder_destroy(e);
  return out;
}

Scene opus_call(const Coded& c, const std::vector<std::size_t>& lost) {
  std::vector<test::Spec> specs;
  for (std::size_t i = 0; i < c.packets.size(); ++i)
    if (std::ranges::find(lost, i) == lost.end() && c.packets[i].size() > 2)
      specs.push_back({static_cast<std::int64_t>(i) * 20'000, static_cast<std::uint16_t>(i),
                       static_cast<std::uint32_t>(i) * 960, c.packets[i], 111, 1, true});
  return test::scene_of(specs, {{111, "OPUS", 48000, 2, "useinbandfec=1"}});
}

TEST(Codecs, OpusRecoversWhatTheNextPacketRepeatsAndInventsNothing) {
  const Coded c = opus_of(sweep(32000, 16000, 150, 900), false);
  const Folder dir;
  Scene whole = opus_call(c, {});
  const Sound all = played(whole, dir, "all");
  EXPECT_EQ(whole.call.media[0].why, "");
  Scene some = opus_call(c, {30, 50, 51});
  const Sound got = played(some, dir, "some");
  EXPECT_THAT(some.call.media[0].why, HasSubstr("2 lost packets were recovered"));
  ASSERT_EQ(got.left.size(), all.left.size());
  const auto part = [](const Pcm& v, std::size_t from, std::size_t n) {
    return Pcm(v.begin() + static_cast<std::ptrdiff_t>(from),
               v.begin() + static_cast<std::ptrdiff_t>(from + n));
  };
  EXPECT_GT(test::correlation(part(got.left, 30 * 960, 960), part(all.left, 30 * 960, 960)), 0.8);
  // Behind a hole the decoder knows less.
  EXPECT_GT(test::correlation(part(got.left, 51 * 960, 960), part(all.left, 51 * 960, 960)), 0.4);
  EXPECT_EQ(part(got.left, 50 * 960, 960), Pcm(960, 0)) << "of the first of two nothing is repeated";
}

TEST(Codecs, OpusPausesAreNotLosses) {
  Pcm speech = sweep(16000, 16000, 150, 900);
  speech.resize(64000, 0);  // a second, then three of silence
  const Pcm more = sweep(16000, 16000, 150, 900);
  speech.insert(speech.end(), more.begin(), more.end());
  Coded c = opus_of(speech, true);
  std::size_t sent = 0;
  for (const Bytes& p : c.packets) sent += p.size() > 2;
  ASSERT_LT(sent, c.packets.size() - 50) << "the encoder pauses";
  // Numbers go on without a gap where nothing was sent.
  std::vector<test::Spec> specs;
  for (std::size_t i = 0; i < c.packets.size(); ++i)
    if (c.packets[i].size() > 2)
      specs.push_back({static_cast<std::int64_t>(i) * 20'000, static_cast<std::uint16_t>(specs.size()),
                       static_cast<std::uint32_t>(i) * 960, c.packets[i], 111, 1, true});
  Scene s = test::scene_of(specs, {{111, "OPUS", 48000, 2, ""}});
  const Folder dir;
  const Sound sound = played(s, dir, "dtx");
  EXPECT_EQ(s.call.media[0].why, "");
  EXPECT_NEAR(static_cast<double>(sound.left.size()), 5 * 48000, 48000 / 10);
  EXPECT_GT(effective(sound.left, 4 * 48000 + 9600, 5 * 48000 - 9600), 1000);
}

}  // namespace
}  // namespace writ::media
