// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/segment.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "vault/segment_format.hh"
#include "vault/segment_test_grants.hh"

namespace writ::vault {
namespace {

using authority::Kind;

class SegmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir_ = fs::path(::testing::TempDir()) /
           fmt::format("writ_seg_{}_{}", ::getpid(),
                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(dir_);
    clock_.emplace(epoch_);
    carrier_.emplace(epoch_);
    grant_.emplace(carrier_->grant(Kind::content, "+14045550102").value());
  }
  void TearDown() override { fs::remove_all(dir_); }

  Result<SegmentWriter> writer(const std::string& source = {}) {
    // For each writer its own: a child that was forked has none of its parent's threads.
    if (beside_) hands_.push_back(std::make_unique<SealHands>(2));
    return SegmentWriter::open(dir_, *grant_, Stream::content, carrier_->probe(), *clock_, source,
                               beside_ ? hands_.back().get() : nullptr);
  }
  crypto::VerifyKey key() const { return carrier_->probe().public_key(); }
  fs::path segment(std::uint64_t n) const { return dir_ / format::file_name(Stream::content, n); }
  Result<std::vector<std::string>> read() {
    std::vector<std::string> out;
    const Status s =
        read_stream(dir_, Stream::content, key(), carrier_->content_key(), [&](View r) -> Status {
          out.emplace_back(text_of(r));
          return {};
        });
    if (!s) return tl::unexpected(s.error());
    return out;
  }
  void write_segment(const std::vector<std::string>& records, bool commit_each = false) {
    auto w = writer();
    ASSERT_TRUE(w) << to_text(w.error());
    for (const auto& r : records) {
      ASSERT_TRUE(w->append(view_of(r)));
      if (!commit_each) continue;
      ASSERT_TRUE(w->commit());
    }
    ASSERT_TRUE(w->close());
    EXPECT_EQ(w->records_acknowledged(), records.size());
  }

  const Instant epoch_ = parse_rfc3339("2026-01-05T12:00:00Z").value();
  fs::path dir_;
  std::optional<ManualClock> clock_;
  std::optional<testing::EphemeralCarrier> carrier_;
  std::optional<authority::VerifiedGrant> grant_;
  bool beside_ = false;
  std::vector<std::unique_ptr<SealHands>> hands_;
};

// Sealed by whoever appends, and on other threads.
class SegmentTestBoth : public SegmentTest, public ::testing::WithParamInterface<bool> {
 protected:
  SegmentTestBoth() { beside_ = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Beside, SegmentTestBoth, ::testing::Bool());

TEST_P(SegmentTestBoth, RoundTripOverFramesAndSegments) {
  std::vector<std::string> all;
  for (int s = 0; s < 3; ++s) {
    std::vector<std::string> part;
    for (int n = 0; n < 300; ++n)
      part.push_back(fmt::format("{}-{}-{}", s, n, std::string(static_cast<std::size_t>(n), 'x')));
    part.push_back(std::string(200'000, 'L'));  // larger than a frame
    part.push_back("");
    write_segment(part);
    all.insert(all.end(), part.begin(), part.end());
  }
  const auto infos = verify_stream(dir_, Stream::content, key());
  ASSERT_TRUE(infos) << to_text(infos.error());
  ASSERT_EQ(infos->size(), 3u);
  EXPECT_TRUE(infos->back().final);
  EXPECT_GT(infos->front().frames, 2u);
  EXPECT_EQ(*read(), all);
}

TEST_F(SegmentTest, OnlyTheRecipientOpensIt) {
  write_segment({"secret"});
  const crypto::BoxKey other;
  const Status s = read_stream(dir_, Stream::content, key(), other, [](View) { return Status{}; });
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().exit, Exit::refused);
  EXPECT_EQ(verify_segment(segment(1), crypto::SigningKey{}.public_key()).error().exit, Exit::integrity);
}

TEST_F(SegmentTest, NoCanaryInTheRawBytes) {
  const std::string canary = "CANARY-5550102-not-for-your-eyes";
  write_segment({canary, canary});
  const auto raw = read_text(segment(1)).value();
  EXPECT_EQ(raw.find("CANARY"), std::string::npos);
  EXPECT_EQ(raw.find("5550102"), std::string::npos);
  EXPECT_EQ(read()->at(0), canary);  // the same search hits in what is opened
}

TEST_F(SegmentTest, PenGrantHasNoContentWriter) {
  const auto pen = carrier_->grant(Kind::pen_trap, "+14045550103").value();
  const auto w = SegmentWriter::open(dir_, pen, Stream::content, carrier_->probe(), *clock_);
  ASSERT_FALSE(w);
  EXPECT_EQ(w.error().exit, Exit::refused);
  EXPECT_TRUE(SegmentWriter::open(dir_, pen, Stream::call_data, carrier_->probe(), *clock_));
}

TEST_F(SegmentTest, EveryFlippedBitIsFound) {
  write_segment({"one", "two", "three"}, true);
  const Bytes good = read_file(segment(1)).value();
  ASSERT_TRUE(verify_segment(segment(1), key()));
  const int fd = ::open(segment(1).c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      const auto bad = static_cast<std::uint8_t>(good[at] ^ (1u << bit));
      ASSERT_EQ(::pwrite(fd, &bad, 1, static_cast<off_t>(at)), 1);
      const auto info = verify_segment(segment(1), key());
      ASSERT_FALSE(info) << "byte " << at << " bit " << bit;
      ASSERT_EQ(info.error().exit, Exit::integrity);
      ASSERT_EQ(::pwrite(fd, &good[at], 1, static_cast<off_t>(at)), 1);
    }
  ::close(fd);
  EXPECT_TRUE(verify_segment(segment(1), key()));
}

TEST_F(SegmentTest, TruncationAtEveryByteKeepsWholeFrames) {
  if (fs::is_directory("/dev/shm")) {  // thousands of syncs, whose durability is not the question here
    fs::remove_all(dir_);
    dir_ = fs::path("/dev/shm") / dir_.filename();
    fs::create_directories(dir_);
  }
  const std::vector<std::string> records{"alpha", "beta", "gamma"};
  write_segment(records, true);
  const Bytes good = read_file(segment(1)).value();
  std::size_t header_end = 0;
  ASSERT_TRUE(format::parse_header(good, key(), "x", header_end));
  std::vector<std::size_t> ends;
  format::Cursor cursor{good, header_end};
  format::Frame f;
  while (cursor.next(f) == format::Cursor::Step::frame) ends.push_back(cursor.at());
  ASSERT_EQ(ends.size(), 3u);
  for (std::size_t size = header_end; size < good.size(); ++size) {
    for (const auto& e : fs::directory_iterator(dir_)) fs::remove(e.path());
    ASSERT_TRUE(write_file(segment(1), View{good}.first(size)));
    ASSERT_TRUE(recover_segment(segment(1), carrier_->probe(), *clock_)) << size;
    const Bytes once = read_file(segment(1)).value();
    ASSERT_TRUE(recover_segment(segment(1), carrier_->probe(), *clock_));
    ASSERT_EQ(read_file(segment(1)).value(), once);  // idempotent
    const auto info = verify_segment(segment(1), key());
    ASSERT_TRUE(info) << to_text(info.error());
    const auto whole =
        static_cast<std::size_t>(std::count_if(ends.begin(), ends.end(), [&](auto e) { return e <= size; }));
    ASSERT_EQ(info->frames, whole);
    ASSERT_FALSE(info->final);
    ASSERT_EQ(read()->size(), whole);
    ASSERT_EQ(info->cut, size - (whole ? ends[whole - 1] : header_end));
  }
}

TEST_F(SegmentTest, MissingAndMovedSegmentsAreFound) {
  for (int n = 0; n < 4; ++n) write_segment({fmt::format("segment {}", n)});
  ASSERT_TRUE(verify_stream(dir_, Stream::content, key()));
  const auto broken = [&] {
    const auto v = verify_stream(dir_, Stream::content, key());
    return !v && v.error().exit == Exit::integrity;
  };
  const fs::path aside = dir_ / "aside";
  for (std::uint64_t n = 1; n < 4; ++n) {
    fs::rename(segment(n), aside);
    EXPECT_TRUE(broken()) << n;
    fs::rename(aside, segment(n));
  }
  fs::rename(segment(2), aside);
  fs::rename(segment(3), segment(2));
  fs::rename(aside, segment(3));
  EXPECT_TRUE(broken());
}

TEST_F(SegmentTest, AClosedSegmentThatWasChangedIsNotSignedAgain) {
  write_segment({"one"}, true);
  Bytes b = read_file(segment(1)).value();
  b[b.size() / 2] ^= 1;  // in the header or a frame, before the trailer
  std::size_t end = 0;
  const bool in_header = !format::parse_header(b, key(), "x", end);
  ASSERT_TRUE(write_file(segment(1), b));
  const Status s = recover_segment(segment(1), carrier_->probe(), *clock_);
  if (in_header) {
    EXPECT_EQ(s.error().exit, Exit::integrity);
  } else {
    EXPECT_GT(verify_segment(segment(1), key())->cut, 0u);  // never silently whole
  }
}

TEST_P(SegmentTestBoth, DiskFullIsACleanErrorAndKeepsWhatWasAcknowledged) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto w = writer();
    if (!w || !w->append(view_of("kept")) || !w->commit()) ::_exit(10);
    const rlimit limit{20'000, 20'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string big(60'000, 'b');
    if (!w->append(view_of(big))) ::_exit(11);
    if (w->commit()) ::_exit(12);
    if (w->append(view_of("more")) || w->commit()) ::_exit(13);  // refuses for good
    ::_exit(w->records_acknowledged() == 1 ? 0 : 14);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  write_segment({"after"});  // recovers the torn segment first
  EXPECT_EQ(*read(), (std::vector<std::string>{"kept", "after"}));
}

// The child seals numbered records, says through a pipe how many are acknowledged, and dies at any moment.
// The next child goes on after the last mark. Nothing acknowledged is lost, nothing is there twice.
TEST_P(SegmentTestBoth, KilledAtAnyMomentLosesNothingAcknowledged) {
  std::mt19937 random{20260105};
  std::uint64_t acknowledged = 0;
  constexpr int rounds = 120;
  for (int round = 0; round < rounds; ++round) {
    int pipe_fd[2];
    ASSERT_EQ(::pipe(pipe_fd), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_fd[0]);
      auto w = writer("some capture");
      if (!w) ::_exit(1);
      std::uint64_t n = w->resume_mark();
      for (;;) {
        for (int k = 0; k < 7; ++k) {
          ++n;
          const std::string record = fmt::format("{} {}", n, std::string(n % 9000, 'r'));
          if (!w->append(view_of(record), n)) ::_exit(2);
        }
        if (!w->commit()) ::_exit(3);
        if (::write(pipe_fd[1], &n, sizeof n) != sizeof n) ::_exit(4);
      }
    }
    ::close(pipe_fd[1]);
    std::uint64_t n = 0;
    // Some go on until they have acknowledged, however slow the machine.
    if (round % 4 == 0 && ::read(pipe_fd[0], &n, sizeof n) == sizeof n) acknowledged = n;
    ::usleep(static_cast<useconds_t>(random() % 12'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer gave up: " << status;
    while (::read(pipe_fd[0], &n, sizeof n) == sizeof n) acknowledged = n;
    ::close(pipe_fd[0]);
  }
  write_segment({"end"});
  ASSERT_TRUE(verify_stream(dir_, Stream::content, key()));
  const auto records = read();
  ASSERT_TRUE(records) << to_text(records.error());
  ASSERT_GT(acknowledged, 0u);
  ASSERT_GE(records->size() - 1, acknowledged);
  for (std::size_t i = 0; i + 1 < records->size(); ++i)
    ASSERT_EQ(std::stoull(records->at(i)), i + 1) << "lost or repeated";
}

}  // namespace
}  // namespace writ::vault
