// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <numbers>
#include <set>

#include "media/test_call.hh"

namespace writ::media {
namespace {

using test::Folder;
using test::Scene;
using test::Sound;
using test::Spec;

constexpr std::uint8_t mulaw_32124 = 0x80;  // ITU-T G.711: the largest positive value

std::vector<Spec> steady(int n, std::uint16_t sequence, std::uint32_t timestamp, std::int64_t from_us,
                         bool from_target, std::uint8_t fill = mulaw_32124, std::uint32_t ssrc = 1) {
  std::vector<Spec> out;
  for (int i = 0; i < n; ++i)
    out.push_back({from_us + i * 20000, static_cast<std::uint16_t>(sequence + i),
                   timestamp + static_cast<std::uint32_t>(i) * 160, Bytes(160, fill), 0, ssrc, from_target});
  return out;
}

Sound render(Scene& s, const Folder& dir, const std::string& name = "001") {
  const fs::path out = dir.path() / "recordings";
  const Status ok = render_call(s.call, s.packets, test::workers(), out, name);
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().what);
  return test::read_sound(out / (name + ".wav"));
}

TEST(Render, EverySampleLiesWhereItsTimestampSays) {
  // The target from 0 s, packets 10, 11 and 30 lost; the other side from 0.5 s, one sample value.
  auto specs = steady(50, 65520, 0xfffff000u, 0, true);
  for (const int lost : {30, 11, 10}) specs.erase(specs.begin() + lost);
  const auto other = steady(25, 7, 7, 500'000, false, 0x8f, 2);  // 0x8f: 16764
  specs.insert(specs.end(), other.begin(), other.end());
  Scene s = test::scene_of(specs, {});
  const Folder dir;
  const Sound sound = render(s, dir);
  ASSERT_EQ(sound.rate, 8000);
  ASSERT_EQ(sound.channels, 2);
  ASSERT_EQ(sound.left.size(), 8000u);
  for (std::size_t i = 0; i < 8000; ++i) {
    const std::size_t packet = i / 160;
    const bool lost = packet == 10 || packet == 11 || packet == 30;
    ASSERT_EQ(sound.left[i], lost ? 0 : 32124) << i;
    ASSERT_EQ(sound.right[i], i < 4000 ? 0 : 16764) << i;
  }
  EXPECT_EQ(s.call.wav, "recordings/001.wav");
  EXPECT_EQ(s.call.mp3, "recordings/001.mp3");
  EXPECT_TRUE(s.call.media[0].decoded);
  EXPECT_EQ(s.call.media[0].why, "");
  EXPECT_TRUE(s.call.anomalies.empty());
}

TEST(Render, DuplicatesReorderingAndCopiesChangeNothing) {
  const auto clean = steady(100, 1, 0, 0, true);
  auto specs = clean;
  for (std::size_t i = 0; i < specs.size(); ++i) {  // each packet its own value, so that order is seen
    specs[i].payload.assign(160, static_cast<std::uint8_t>(0x80 + i));
  }
  Scene first = test::scene_of(specs, {});
  auto worse = specs;
  for (std::size_t i = 0; i + 2 < worse.size(); i += 5) {
    std::swap(worse[i].sequence, worse[i + 2].sequence);
    std::swap(worse[i].timestamp, worse[i + 2].timestamp);
    std::swap(worse[i].payload, worse[i + 2].payload);
  }
  for (std::size_t i = 0; i < 100; i += 3)
    worse.insert(worse.begin() + static_cast<std::ptrdiff_t>(i), worse[i]);
  Scene second = test::scene_of(worse, {});
  second.call.media.push_back(second.call.media[0]);
  second.call.media[1].copy_of = 0;
  const Folder dir;
  const Sound a = render(first, dir, "a"), b = render(second, dir, "b");
  EXPECT_EQ(a.left, b.left);
  EXPECT_EQ(a.left.size(), 16000u);
  EXPECT_FALSE(second.call.media[1].decoded);
  // And the files are the same bytes each time.
  Scene again = test::scene_of(specs, {});
  render(again, dir, "c");
  for (const char* kind : {".wav", ".mp3"})
    EXPECT_EQ(*read_file(dir.path() / "recordings" / (std::string("a") + kind)),
              *read_file(dir.path() / "recordings" / (std::string("c") + kind)));
}

// Injected from elsewhere: a file of its own, and not in the call's recording.
TEST(Render, AForeignStreamHasAFileOfItsOwn) {
  Scene scene = test::scene_of(steady(100, 1, 0, 0, true), {});
  scene.call.media.push_back(scene.call.media[0]);
  scene.call.media[1].foreign = true;
  scene.call.dtmf.push_back({scene.call.media[0].first, '7', "info", true});
  const Folder dir;
  const Sound alone = render(scene, dir, "a");
  EXPECT_EQ(scene.call.media[1].file, "recordings/a-stream1.wav");
  EXPECT_TRUE(fs::exists(dir.path() / scene.call.media[1].file));
  EXPECT_TRUE(scene.call.media[1].decoded);
  ASSERT_EQ(scene.call.dtmf.size(), 1u) << "a key from the signalling is not heard in the media";
  Scene without = test::scene_of(steady(100, 1, 0, 0, true), {});
  EXPECT_EQ(alone.left, render(without, dir, "b").left);
}

// A key by INFO and one by RFC 4733: the call shows both, or, where the order does not seek them, neither.
TEST(Render, ShowsKeysOnlyWhereTheOrderSeeksThem) {
  auto specs = steady(50, 1, 0, 0, true);
  specs.push_back({300'000, 60, 9600, {5, 0x8a, 0, 160}, 101, 1, true});
  const Folder dir;
  for (const intercept::Keys keys : {intercept::Keys::sought, intercept::Keys::withheld}) {
    Scene s = test::scene_of(specs, {});
    s.call.media[0].event_payload_type = 101;
    s.call.dtmf.push_back({s.call.media[0].first, '7', "info", true});
    s.call.keys = keys;
    EXPECT_FALSE(render(s, dir).left.empty()) << "what is recorded does not depend on it";
    std::string digits;
    for (const intercept::Digit& d : s.call.dtmf) digits += d.digit;
    EXPECT_EQ(digits, keys == intercept::Keys::sought ? "75" : "");
  }
}

TEST(Render, TwoStreamsOfOneSideFollowEachOtherAndAddUp) {
  auto specs = steady(50, 1, 0, 0, true, 0x8f, 1);
  const auto second =
      steady(50, 1, 0, 500'000, true, 0x80, 2);  // overlaps for half a second: 16764 + 32124 saturates
  specs.insert(specs.end(), second.begin(), second.end());
  Scene s = test::scene_of(specs, {});
  const Folder dir;
  const Sound sound = render(s, dir);
  ASSERT_EQ(sound.left.size(), 12000u);
  EXPECT_EQ(sound.left[100], 16764);
  EXPECT_EQ(sound.left[4000], 32767);
  EXPECT_EQ(sound.left[11999], 32124);
  EXPECT_EQ(sound.right, std::vector<std::int16_t>(12000, 0));
}

TEST(Render, UnknownDirectionTakesTheFreeSideAndSaysSo) {
  auto specs = steady(10, 1, 0, 0, true);
  const auto other = steady(10, 1, 0, 0, false, 0x8f, 2);
  specs.insert(specs.end(), other.begin(), other.end());
  Scene s = test::scene_of(specs, {});
  s.call.media[0].direction = intercept::Direction::unknown;
  const Folder dir;
  const Sound sound = render(s, dir);
  EXPECT_EQ(sound.left.at(5), 32124);
  EXPECT_EQ(sound.right.at(5), 16764);
  EXPECT_EQ(s.call.anomalies.size(), 1u);
}

TEST(Render, NothingDecodableLeavesNoFileAndSaysWhy) {
  auto specs = steady(10, 1, 0, 0, true);
  Scene s = test::scene_of(specs, {{0, "LPC", 8000, 1, ""}});
  const Folder dir;
  render(s, dir);
  EXPECT_EQ(s.call.wav, "");
  EXPECT_FALSE(s.call.media[0].decoded);
  EXPECT_NE(s.call.media[0].why.find("LPC cannot be decoded"), std::string::npos) << s.call.media[0].why;
  EXPECT_FALSE(fs::exists(dir.path() / "recordings" / "001.wav"));

  Scene encrypted = test::scene_of(specs, {});
  encrypted.call.media[0].encrypted = true;
  render(encrypted, dir);
  EXPECT_EQ(encrypted.call.wav, "");
  EXPECT_NE(encrypted.call.media[0].why.find("encrypted"), std::string::npos);

  auto gsm = steady(10, 1, 0, 0, true);  // PCMU bytes under GSM's payload type: every frame is broken
  for (auto& p : gsm) p.payload_type = 3;
  Scene broken = test::scene_of(gsm, {});
  render(broken, dir);
  EXPECT_EQ(broken.call.wav, "");
  EXPECT_NE(broken.call.media[0].why.find("10 of 10 payloads"), std::string::npos)
      << broken.call.media[0].why;
  EXPECT_TRUE(!fs::exists(dir.path() / "recordings") || fs::is_empty(dir.path() / "recordings"));
}

TEST(Render, AMissingWorkerStopsTheProduction) {
  Scene s = test::scene_of(steady(10, 1, 0, 0, true), {});
  const Folder dir;
  Workers missing{"/nonexistent/writ-decode"};
  const Status r = render_call(s.call, s.packets, missing, dir.path() / "recordings", "001");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::unit);
  EXPECT_TRUE(fs::is_empty(dir.path() / "recordings"));
}

// A worker of another make, in the same protocol: it knows L16, and a payload that begins with 0xee kills it,
// before or behind which other questions wait.
constexpr const char* fragile_worker = R"(#!/usr/bin/python3
import ctypes, os, signal, socket, struct
clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
parent_of_copies = 0x8000 | signal.SIGCHLD
control = socket.socket(fileno=0)
def exactly(s, n):
    out = b""
    while len(out) < n:
        part = s.recv(n - len(out))
        if not part: os._exit(0)
        out += part
    return out
def frame(s):
    kind, size = struct.unpack(">cI", exactly(s, 5))
    return kind, exactly(s, size)
def say(s, kind, body): s.sendall(kind + struct.pack(">I", len(body)) + body)
def live(s):
    frame(s)
    say(s, b"R", struct.pack(">I", 8000))
    while True:
        questions = frame(s)[1]
        answers = b""
        while questions:
            size, = struct.unpack(">H", questions[5:7])
            payload, questions = questions[7:7 + size], questions[7 + size:]
            if payload[0] == 0xEE: os.kill(os.getpid(), signal.SIGSEGV)
            pcm = struct.unpack(">%dh" % (size // 2), payload)
            answers += struct.pack(">II", 0, len(pcm)) + struct.pack("=%dh" % len(pcm), *pcm)
            if len(answers) > 20000 or not questions:
                say(s, b"P", answers)
                answers = b""
while True:
    said, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if not said: break
    pid = ctypes.CDLL(None).syscall(clone, parent_of_copies, 0, 0, 0, 0)
    if pid == 0: live(socket.socket(fileno=descriptors[0]))
    os.close(descriptors[0])
    control.sendall(b"P" + struct.pack(">I", pid))
)";

TEST(Render, AWorkerThatIsKilledCostsThePayloadThatKilledIt) {
  auto specs = steady(300, 1, 0, 0, true, 0x11);  // as L16: 0x1111
  const std::set<std::size_t> deadly{0, 5, 6, 70, 199, 299};
  for (const std::size_t n : deadly) specs[n].payload[0] = 0xee;
  const auto other = steady(300, 7, 7, 0, false, 0x22, 2);
  specs.insert(specs.end(), other.begin(), other.end());
  for (Spec& p : specs) {
    p.payload_type = 96;
    p.payload.resize(320, p.payload.back());
  }
  Scene s = test::scene_of(specs, {{96, "L16", 8000, 1, ""}});
  const Folder dir;
  const fs::path program = dir.path() / "fragile";
  ASSERT_TRUE(write_file(program, fragile_worker, 0755));
  Workers fragile{program};
  const Status ok = render_call(s.call, s.packets, fragile, dir.path() / "recordings", "001");
  ASSERT_TRUE(ok) << ok.error().what;
  const Sound sound = test::read_sound(dir.path() / "recordings/001.wav");
  ASSERT_EQ(sound.left.size(), 48000u);
  for (std::size_t i = 0; i < 48000; ++i) {
    ASSERT_EQ(sound.left[i], deadly.contains(i / 160) ? 0 : 0x1111) << i;
    ASSERT_EQ(sound.right[i], 0x2222) << i << ": the other stream has a worker of its own";
  }
  EXPECT_THAT(s.call.media[0].why, testing::HasSubstr("6 of 300 payloads of L16 are broken"));
  EXPECT_THAT(s.call.media[0].why,
              testing::HasSubstr("8 times the codec worker was lost: killed by signal 11"))
      << "once for each of them, and twice with others waiting";
  EXPECT_EQ(s.call.media[1].why, "");
}

TEST(Render, WavAloneWhereNoMp3IsWanted) {
  Scene both = test::scene_of(steady(50, 1, 0, 0, true), {}), alone = both;
  for (auto* s : {&both, &alone})
    for (auto& p : s->packets) p.raw.bytes = p.storage;
  alone.call.media.push_back(alone.call.media[0]);
  alone.call.media[1].foreign = true;
  const Folder dir;
  const fs::path out = dir.path() / "recordings";
  ASSERT_TRUE(render_call(both.call, both.packets, test::workers(), out, "both"));
  ASSERT_TRUE(render_call(alone.call, alone.packets, test::workers(), out, "alone", Audio::wav));
  EXPECT_EQ(alone.call.wav, "recordings/alone.wav");
  EXPECT_EQ(alone.call.mp3, "");
  EXPECT_EQ(*read_file(out / "alone.wav"), *read_file(out / "both.wav"));
  std::set<std::string> names;
  for (const auto& e : fs::directory_iterator(out)) names.insert(e.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"alone-stream1.wav", "alone.wav", "both.mp3", "both.wav"}));
}

TEST(Render, SeveralCallsAtOnceAreAsOneAfterTheOther) {
  intercept::Matter m;
  for (int n = 0; n < 9; ++n) {
    Scene one = test::scene_of(steady(50 + n, 1, 0, 0, true), {});
    for (std::size_t& i : one.call.media[0].packet_index) i += m.packets.size();
    for (auto& p : one.packets) m.packets.push_back(std::move(p));
    m.calls.push_back(std::move(one.call));
  }
  m.calls[4].media.clear();
  const Folder dir;
  const auto name = [](const intercept::CallRecord&, std::size_t n) { return fmt::format("{:03}", n); };
  const Status ok = render_calls(m, default_worker(), dir.path() / "recordings", name);
  ASSERT_TRUE(ok) << ok.error().what;
  for (std::size_t n = 0; n < 9; ++n) {
    if (n == 4) {
      EXPECT_EQ(m.calls[n].wav, "");
      continue;
    }
    EXPECT_EQ(m.calls[n].wav, fmt::format("recordings/{:03}.wav", n + 1));
    EXPECT_EQ(test::read_sound(dir.path() / m.calls[n].wav).left,
              std::vector<std::int16_t>(160 * (50 + n), 32124));
  }
  const Status missing = render_calls(m, "/nonexistent/writ-decode", dir.path() / "others", name);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().exit, Exit::unit);
}

TEST(Render, WildCaptureClockDoesNotFillTheDisk) {
  auto specs = steady(10, 1, 0, 0, true);
  const auto late = steady(10, 11, 1600, 30LL * 365 * 86400 * 1'000'000, true);
  specs.insert(specs.end(), late.begin(), late.end());
  Scene s = test::scene_of(specs, {});
  const Folder dir;
  const Sound sound = render(s, dir);
  EXPECT_EQ(sound.left.size(), 1600u);
  EXPECT_NE(s.call.media[0].why.find("left out"), std::string::npos) << s.call.media[0].why;
}

TEST(Render, PayloadTypesMayChangeWithinAStream) {
  auto specs = steady(20, 1, 0, 0, true);
  for (std::size_t i = 10; i < 20; ++i) {
    specs[i].payload_type = 8;
    specs[i].payload.assign(160, 0xaa);  // A-law 0xaa: 32256
  }
  Scene s = test::scene_of(specs, {});
  const Folder dir;
  const Sound sound = render(s, dir);
  ASSERT_EQ(sound.left.size(), 3200u);
  EXPECT_EQ(sound.left[1599], 32124);
  EXPECT_EQ(sound.left[1600], 32256);
}

TEST(Render, RatesMeetAtTheHighestWithoutMovingSound) {
  // 8 kHz PCMU at the left, 48 kHz L16 at the right: the same 500 Hz tone, both from the same instant.
  std::vector<Spec> specs;
  const auto tone = [](double rate, std::size_t n) {
    return 16000 * std::sin(2 * std::numbers::pi * 500 * static_cast<double>(n) / rate);
  };
  for (std::uint16_t i = 0; i < 50; ++i) {
    Bytes narrow, wide;
    for (std::size_t k = 0; k < 160; ++k)
      put_be16(narrow, static_cast<std::uint16_t>(std::lrint(tone(8000, i * 160u + k))));
    for (std::size_t k = 0; k < 960; ++k)
      put_be16(wide, static_cast<std::uint16_t>(std::lrint(tone(48000, i * 960u + k))));
    specs.push_back({i * 20000, i, i * 160u, narrow, 96, 1, true});
    specs.push_back({i * 20000, i, i * 960u, wide, 97, 2, false});
  }
  Scene s = test::scene_of(specs, {{96, "L16", 8000, 1, ""}, {97, "L16", 48000, 1, ""}});
  const Folder dir;
  const Sound sound = render(s, dir);
  ASSERT_EQ(sound.rate, 48000);
  ASSERT_NEAR(static_cast<double>(sound.left.size()), 48000, 2);
  EXPECT_NEAR(test::frequency(sound.left, 48000), 500, 1);
  EXPECT_GT(test::correlation(sound.left, sound.right), 0.999)
      << "a shift of one sample of 8 kHz would give 0.92";
}

struct Real {
  const char* file;
  std::uint32_t ssrc;
  test::Format format;
  const char* ffmpeg;  // how ffmpeg is told to read the joined payloads
  double least;        // correlation
};

class RealCapture : public ::testing::TestWithParam<Real> {};

// ffmpeg's own decode of the same payloads, joined in order of sequence.
std::vector<std::int16_t> reference(const Scene& s, const fs::path& dir, const char* how, int rate) {
  Bytes all;
  for (const auto& p : place(s.call.media[0], s.packets).audio)
    put_bytes(all, Packets{s.packets}.rtp(p.index)->payload);
  (void)write_file(dir / "payloads", View{all});
  const std::string out =
      test::output_of(fmt::format("ffmpeg -v error {} -i '{}' -f s16le -ac 1 -ar {} - 2>/dev/null", how,
                                  (dir / "payloads").string(), rate));
  std::vector<std::int16_t> pcm(out.size() / 2);
  std::memcpy(pcm.data(), out.data(), pcm.size() * 2);
  return pcm;
}

TEST_P(RealCapture, SoundsAsFfmpegSays) {
  const Real& r = GetParam();
  const fs::path file = shared_folder() / "captures" / r.file;
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  Scene s = test::scene_from(file, {r.format}, r.ssrc);
  ASSERT_FALSE(s.call.media.empty());
  s.call.media.resize(1);
  s.call.media[0].direction = intercept::Direction::from_target;
  const Folder dir;
  const Sound sound = render(s, dir);
  ASSERT_TRUE(s.call.media[0].decoded) << s.call.media[0].why;
  const auto expected = reference(s, dir.path(), r.ffmpeg, sound.rate);
  ASSERT_GT(expected.size(), 8000u);
  std::vector<std::int16_t> got = sound.left;
  if (r.least >= 1)
    EXPECT_EQ(got, expected) << "sample for sample";
  else
    EXPECT_GT(test::correlation(got, expected), r.least)
        << got.size() << " samples, ffmpeg " << expected.size();
  std::int64_t loud = 0;
  for (const auto v : got) loud += std::abs(v) > 30;
  EXPECT_GT(loud, 1000) << "silence correlates with nothing";
}

INSTANTIATE_TEST_SUITE_P(
    All, RealCapture,
    ::testing::Values(
        Real{"codec/sip-rtp-g711.pcap", 0x343FFA34, {8, "PCMA", 8000, 1, ""}, "-f alaw -ar 8000 -ac 1", 1},
        Real{"codec/sip-rtp-g711.pcap", 0x343DA99B, {0, "PCMU", 8000, 1, ""}, "-f mulaw -ar 8000 -ac 1", 1},
        Real{"rtp/40msalaw.pcap", 0, {8, "PCMA", 8000, 1, ""}, "-f alaw -ar 8000 -ac 1", 1},
        Real{"codec/sip-rtp-g722.pcap", 0x043DAABA, {9, "G722", 8000, 1, ""}, "-f g722 -ac 1", 1},
        Real{"codec/sip-rtp-g729a.pcap", 0x044559A1, {18, "G729", 8000, 1, ""}, "-f g729", 1},
        Real{"codec/call1_gsm.o.pcap", 0, {3, "GSM", 8000, 1, ""}, "-f gsm", 1},
        Real{"codec/sip-rtp-g726-rfc3551.pcap",
             0x043DA9D6,
             {99, "G726-32", 8000, 1, ""},
             "-f g726le -code_size 4 -ar 8000",
             1},
        Real{"codec/sip-rtp-g726-rfc3551.pcap",
             0x043FFA6E,
             {99, "G726-40", 8000, 1, ""},
             "-f g726le -code_size 5 -ar 8000",
             1}),
    [](const auto& i) {
      return fmt::format("{}_{}", i.index, std::string(i.param.format.codec).substr(0, 4));
    });

TEST(Render, TheMilliwattIsAMilliwatt) {
  const fs::path file = shared_folder() / "captures/rtp/milliwatt.pcmu.rtp.pcap";
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  Scene s = test::scene_from(file, {});
  const Folder dir;
  const Sound sound = render(s, dir);
  // 232 packets, and one timestamp step of 320 without a missing sequence number: silence of 160 there.
  ASSERT_EQ(sound.left.size(), 37120u + 160u);
  // The tone itself, without the silence and clicks at the ends of the file.
  const std::vector<std::int16_t> middle(sound.left.begin() + 8000, sound.left.begin() + 28000);
  EXPECT_NEAR(test::frequency(middle, 8000), 1004, 5);
}

TEST(Render, OpusBothWaysWithOneSsrc) {
  const fs::path file = shared_folder() / "captures/codec/invite-opus-bye.pcap";
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  Scene s = test::scene_from(file, {{107, "OPUS", 48000, 2, ""}, {96, "OPUS", 48000, 2, ""}});
  ASSERT_GE(s.call.media.size(), 2u);
  for (auto& m : s.call.media) {
    const auto rtp = Packets{s.packets}.rtp(m.packet_index[0]);
    m.formats = {{rtp->payload_type, "OPUS", 48000, 2, ""}};
  }
  s.call.media[1].direction = intercept::Direction::to_target;
  const Folder dir;
  const Sound sound = render(s, dir);
  EXPECT_EQ(sound.rate, 48000);
  EXPECT_NEAR(static_cast<double>(sound.left.size()), 48000 * 3.04, 4800);
  for (int k : {0, 1})
    EXPECT_TRUE(s.call.media[static_cast<std::size_t>(k)].decoded)
        << s.call.media[static_cast<std::size_t>(k)].why;
}

TEST(Render, OtherProgramsReadTheFiles) {
  auto specs = steady(250, 1, 0, 0, true, 0x8f);
  Scene s = test::scene_of(specs, {});
  const Folder dir;
  render(s, dir);
  const std::string base = (dir.path() / "recordings" / "001").string();
  EXPECT_EQ(test::output_of("soxi -D '" + base + ".wav'"), "5.000000\n");
  EXPECT_EQ(test::output_of("soxi -c '" + base + ".wav'"), "2\n");
  EXPECT_EQ(test::output_of("soxi -b '" + base + ".wav'"), "16\n");
  const std::string probe = test::output_of(
      "ffprobe -v error -show_entries stream=codec_name,sample_rate,channels -of csv=p=0 '" + base + ".mp3'");
  EXPECT_EQ(probe, "mp3,8000,2\n");
  const double seconds = std::atof(
      test::output_of("ffprobe -v error -show_entries format=duration -of csv=p=0 '" + base + ".mp3'")
          .c_str());
  EXPECT_NEAR(seconds, 5, 0.3);
}

}  // namespace
}  // namespace writ::media
