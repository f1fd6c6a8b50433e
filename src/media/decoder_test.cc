// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hh"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "media/test_call.hh"

namespace writ::media {
namespace {

const std::vector<DecodeRequest>& requests() {
  static const std::vector<DecodeRequest> all{
      {"PCMU", 8000, 1, ""},    {"PCMA", 8000, 1, ""},        {"G722", 8000, 1, ""},
      {"G729", 8000, 1, ""},    {"GSM", 8000, 1, ""},         {"OPUS", 48000, 2, ""},
      {"L16", 16000, 2, ""},    {"G726-16", 8000, 1, ""},     {"G726-24", 8000, 1, ""},
      {"G726-32", 8000, 1, ""}, {"G726-40", 8000, 1, ""},     {"AAL2-G726-32", 8000, 1, ""},
      {"G723", 8000, 1, ""},    {"ILBC", 8000, 1, "mode=20"}, {"SPEEX", 8000, 1, ""},
      {"SPEEX", 16000, 1, ""},  {"AMR", 8000, 1, ""},         {"AMR-WB", 16000, 1, "octet-align=1"},
      {"DVI4", 8000, 1, ""},    {"CN", 8000, 1, ""}};
  return all;
}

std::string status_line(int pid, const std::string& key) {
  const auto text = read_text(fs::path{"/proc"} / std::to_string(pid) / "status");
  const auto at = text ? text->find("\n" + key + ":\t") : std::string::npos;
  if (at == std::string::npos) return {};
  const auto from = at + key.size() + 3;
  return text->substr(from, text->find('\n', from) - from);
}

TEST(Decoder, IsLockedInBeforeTheFirstPayload) {
  for (const DecodeRequest& r : requests()) {
    auto d = Decoder::start(test::worker_program(), r);
    ASSERT_TRUE(d) << r.codec << ": " << d.error().what;
    EXPECT_EQ(status_line(d->pid(), "Seccomp"), "2") << r.codec;
    EXPECT_EQ(status_line(d->pid(), "NoNewPrivs"), "1") << r.codec;
    EXPECT_EQ(status_line(d->pid(), "Threads"), "1") << r.codec;
  }
}

TEST(Decoder, KnowsItsRates) {
  const auto rate = [](const DecodeRequest& r) { return Decoder::start(test::worker_program(), r)->rate(); };
  EXPECT_EQ(rate({"PCMU", 8000, 1, ""}), 8000u);
  EXPECT_EQ(rate({"G722", 8000, 1, ""}), 16000u);
  EXPECT_EQ(rate({"OPUS", 48000, 2, ""}), 48000u);
}

TEST(Decoder, RefusesWhatItDoesNotKnow) {
  const auto d = Decoder::start(test::worker_program(), {"LPC", 8000, 1, ""});
  ASSERT_FALSE(d);
  EXPECT_EQ(d.error().exit, Exit::partial);
  worker::Program nothing{"/nonexistent/writ-decode"};
  const auto missing = Decoder::start(nothing, {"PCMU", 8000, 1, ""});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().exit, Exit::unit);
  for (const char* impostor : {"/bin/true", "/bin/cat", "/usr/bin/yes"}) {
    worker::Program other{impostor};
    const auto wrong = Decoder::start(other, {"PCMU", 8000, 1, ""});
    ASSERT_FALSE(wrong) << impostor;
    EXPECT_EQ(wrong.error().exit, Exit::unit) << impostor;
  }
}

TEST(Decoder, G711IsExact) {
  auto d = Decoder::start(test::worker_program(), {"PCMU", 8000, 1, ""});
  ASSERT_TRUE(d);
  const Bytes in{0xff, 0x7f, 0x80, 0x00, 0xd5};
  const auto f = d->decode(in);
  ASSERT_TRUE(f);
  // ITU-T G.191 values of the mu-law code words.
  EXPECT_EQ(f->pcm, (std::vector<std::int16_t>{0, 0, 32124, -32124, 716}));
  EXPECT_EQ(f->broken, 0u);
}

TEST(Decoder, BrokenPayloadIsSilenceOfItsLength) {
  auto gsm = Decoder::start(test::worker_program(), {"GSM", 8000, 1, ""});
  ASSERT_TRUE(gsm);
  const auto wrong = gsm->decode(Bytes(33, 0x00));  // the magic nibble 0xd is missing
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->pcm, std::vector<std::int16_t>(160, 0));
  const auto short_one = gsm->decode(Bytes(20, 0xd0));
  ASSERT_TRUE(short_one);
  EXPECT_EQ(short_one->pcm.size(), 160u);
  EXPECT_EQ(short_one->broken, 1u);

  auto g729 = Decoder::start(test::worker_program(), {"G729", 8000, 1, ""});
  ASSERT_TRUE(g729);
  const auto sid = g729->decode(Bytes(2, 0x35));
  ASSERT_TRUE(sid);
  EXPECT_EQ(sid->pcm.size(), 80u);
  EXPECT_EQ(sid->broken, 0u) << "a SID frame is no fault";
  const auto voice_and_sid = g729->decode(Bytes(22, 0x35));
  ASSERT_TRUE(voice_and_sid);
  EXPECT_EQ(voice_and_sid->pcm.size(), 240u);
  EXPECT_EQ(voice_and_sid->broken, 0u);

  auto opus = Decoder::start(test::worker_program(), {"OPUS", 48000, 2, ""});
  ASSERT_TRUE(opus);
  const auto bad = opus->decode(Bytes{0x7b, 0xff, 0xff, 0xff});
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->broken, 1u);
  EXPECT_EQ(bad->pcm, std::vector<std::int16_t>(960, 0)) << "20 ms where the packet itself does not tell";
}

TEST(Decoder, HostilePayloadsNeitherCrashTheParentNorHang) {
  const char* set = std::getenv("WRIT_HOSTILE_FRAMES");
  const int frames = set ? std::atoi(set) : 1000;
  for (const DecodeRequest& r : requests()) {
    std::mt19937 random{7};
    auto d = Decoder::start(test::worker_program(), r);
    ASSERT_TRUE(d) << r.codec;
    const auto begin = std::chrono::steady_clock::now();
    int died = 0;
    for (int i = 0; i < frames; ++i) {
      Bytes p(i % 100 == 99 ? 1400 : random() % 120);
      for (auto& b : p) b = static_cast<std::uint8_t>(random());
      if (d->decode(p)) continue;
      ++died;
      d = Decoder::start(test::worker_program(), r);
      ASSERT_TRUE(d) << r.codec;
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_EQ(died, 0) << r.codec;
    if (set)
      std::printf("%-14s %d random payloads, %.1f s, worker lost %d times\n", r.codec.c_str(), frames, took,
                  died);
  }
}

TEST(Decoder, AKilledWorkerIsACleanError) {
  auto d = Decoder::start(test::worker_program(), {"PCMA", 8000, 1, ""});
  ASSERT_TRUE(d);
  ASSERT_TRUE(d->decode(Bytes(160, 0xd5)));
  ::kill(d->pid(), SIGKILL);
  bool failed = false;
  for (int i = 0; i < 2 && !failed; ++i) {
    const auto f = d->decode(Bytes(160, 0xd5));
    failed = !f;
    if (!f) {
      EXPECT_EQ(f.error().exit, Exit::partial);
      EXPECT_NE(f.error().what.find("signal 9"), std::string::npos) << f.error().what;
    }
  }
  EXPECT_TRUE(failed);
  EXPECT_FALSE(d->decode(Bytes(160, 0xd5))) << "stays dead";
  EXPECT_FALSE(d->timed_out());
}

TEST(Decoder, AskedAheadAnswersInOrderAndTheFirstLossEndsIt) {
  auto d = Decoder::start(test::worker_program(), {"L16", 8000, 1, ""});
  ASSERT_TRUE(d);
  std::vector<Bytes> payloads;
  for (std::uint8_t n = 0; n < 64; ++n) payloads.push_back(Bytes{0, n, 0, n});
  d->ask(std::vector<View>(payloads.begin(), payloads.end()));
  std::vector<std::int16_t> pcm;
  for (std::int16_t n = 0; n < 64; ++n) {
    pcm.clear();
    ASSERT_TRUE(d->next(pcm)) << n;
    EXPECT_EQ(pcm, (std::vector<std::int16_t>{n, n}));
  }
}

TEST(Decoder, AProgramThatSomebodyKilledIsLoadedAnew) {
  worker::Program program{default_worker()};
  auto first = Decoder::start(program, {"PCMU", 8000, 1, ""});
  ASSERT_TRUE(first);
  const std::string name = "writ-decode";
  const auto children = [&] {  // of this process, by what /proc says, without the copies that talk
    std::vector<int> out;
    for (const auto& e : fs::directory_iterator("/proc")) {
      const int pid = std::atoi(e.path().filename().c_str());
      if (pid > 0 && status_line(pid, "PPid") == std::to_string(::getpid()) &&
          status_line(pid, "Seccomp") == "0")
        out.push_back(pid);
    }
    return out;
  };
  const auto before = children();
  ASSERT_FALSE(before.empty());
  for (const int pid : before)
    if (status_line(pid, "Name") == name) ::kill(pid, SIGKILL);
  EXPECT_TRUE(first->decode(Bytes(160, 0xd5))) << "its copies do not need it";
  auto second = Decoder::start(program, {"PCMU", 8000, 1, ""});
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_TRUE(second->decode(Bytes(160, 0xd5)));
}

TEST(Decoder, LeavesNoChildBehind) {
  int pid = 0;
  {
    auto d = Decoder::start(test::worker_program(), {"PCMA", 8000, 1, ""});
    ASSERT_TRUE(d);
    pid = d->pid();
  }
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Codec, NominalLengths) {
  const auto n = [](const char* codec, std::uint8_t channels, const Bytes& p) {
    return nominal_samples(*codec_facts({codec, 48000, channels, ""}), p);
  };
  EXPECT_EQ(n("PCMU", 1, Bytes(160)), 160u);
  EXPECT_EQ(n("L16", 2, Bytes(160)), 40u);
  EXPECT_EQ(n("G722", 1, Bytes(160)), 320u);
  EXPECT_EQ(n("G726-24", 1, Bytes(60)), 160u);
  EXPECT_EQ(n("G729", 1, Bytes(22)), 240u);
  EXPECT_EQ(n("GSM", 1, Bytes(66)), 320u);
  EXPECT_EQ(n("ILBC", 1, Bytes(38)), 160u);
  EXPECT_EQ(n("OPUS", 2, Bytes{0x78}), 960u);         // CELT 20 ms, one frame
  EXPECT_EQ(n("OPUS", 2, Bytes{0x0b, 0x02}), 1920u);  // SILK 20 ms, two frames
  EXPECT_EQ(n("OPUS", 2, Bytes{0x1b, 0x03}), 0u);     // 180 ms: impossible
}

}  // namespace
}  // namespace writ::media
