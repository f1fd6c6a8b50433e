// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed captures and streams, made by the usual tools: the same evidence as from the plain file, and
// what is missing said with its place.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "capture/capture_for_test.hh"
#include "capture/pump.hh"

namespace writ::capture {
namespace {

using namespace test;
using vault::Stream;

class SourceTest : public CaptureTest {
 protected:
  void SetUp() override {
    CaptureTest::SetUp();
    grant_.emplace(carrier_->grant(Kind::content, target).value());
    grants_ = {*grant_};
    ASSERT_TRUE(run({*grant_}, dir_ / "plain"));
  }
  fs::path made(const std::string& command, const std::string& name) {
    const fs::path out = dir_ / name;
    EXPECT_EQ(std::system(fmt::format("cd {} && {} >{}", dir_.string(), command, out.string()).c_str()), 0);
    return out;
  }
  std::vector<Bytes> evidence(const fs::path& spool) {
    std::vector<Bytes> all = opened(*grant_, spool, Stream::call_data);
    for (Bytes& b : opened(*grant_, spool, Stream::content)) all.push_back(std::move(b));
    return all;
  }
  std::optional<authority::VerifiedGrant> grant_;
  std::vector<authority::VerifiedGrant> grants_;
};

TEST_F(SourceTest, CompressedIsThePlainFile) {
  for (const char* command :
       {"gzip -c c.pcap", "gzip -1 -c c.pcap", "zstd -q -c c.pcap", "zstd -q -19 --no-check -c c.pcap",
        // members one after the other, as rotated files are joined; and filled up with zeros
        "sh -c 'head -c 9999 c.pcap | gzip -c; tail -c +10000 c.pcap | gzip -c; head -c 512 /dev/zero'",
        "sh -c 'head -c 9999 c.pcap | zstd -q -c; tail -c +10000 c.pcap | zstd -q -c'"}) {
    const fs::path spool = dir_ / fmt::format("s{}", std::hash<std::string>{}(command));
    const auto r = run_of(made(command, "packed"), {*grant_}, spool);
    ASSERT_TRUE(r) << command << to_text(r.error());
    EXPECT_EQ(r->source.problem, "") << command;
    EXPECT_FALSE(r->source.truncated);
    EXPECT_TRUE(evidence(spool) == evidence(dir_ / "plain")) << command;
  }
}

// Statistics stand at the end of what dumpcap writes.
TEST_F(SourceTest, WhatAPcapngFileSaysWasLostIsAGapOverItsCapture) {
  const fs::path ng = made("editcap -F pcapng c.pcap - 2>/dev/null", "c.pcapng");
  Bytes bytes = read_file(ng).value();
  Bytes statistics;
  const auto le32 = [&](std::uint32_t v) {
    for (int i = 0; i < 4; ++i) statistics.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  };
  for (const std::uint32_t v : {5u, 40u, 0u, 0u, 0u, 0x00080005u, 1234u, 0u, 0u, 40u}) le32(v);
  put_bytes(bytes, statistics);
  ASSERT_TRUE(write_file(ng, bytes));
  const auto r = run_of(ng, {*grant_}, dir_ / "lost");
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->source.lost, 1234u);
  std::vector<Json> gaps;
  for (const Bytes& e : opened(*grant_, dir_ / "lost", Stream::call_data))
    if (const auto event = intercept::decode_event(e); event->type == intercept::EventType::gap)
      gaps.push_back(event->detail);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0]["why"], "whoever captured lost packets, as the file says");
  EXPECT_EQ(gaps[0]["packets"], 1234);
  EXPECT_NE(gaps[0]["from"], gaps[0]["until"]);
  EXPECT_EQ(opened(*grant_, dir_ / "lost", Stream::content),
            opened(*grant_, dir_ / "plain", Stream::content));
}

TEST_F(SourceTest, ABrokenStreamIsSaidWithItsPlaceAndWhatCameBeforeIsKept) {
  struct Row {
    const char* command;
    const char* says;
    bool some;
  };
  for (const Row& row :
       {Row{"sh -c 'gzip -c c.pcap | head -c 1500'", "it ends before its end", true},
        Row{"sh -c 'zstd -q -B4096 -c c.pcap | head -c 1700'", "it ends before its end", false},
        Row{"sh -c 'gzip -c c.pcap; echo more'", "incorrect header check", true},
        Row{"sh -c 'gzip -c c.pcap | head -c -8; printf 12345678'", "incorrect data check", true}}) {
    const fs::path spool = dir_ / fmt::format("s{}", std::hash<std::string>{}(row.command));
    const auto r = run_of(made(row.command, "broken"), {*grant_}, spool);
    if (!r) {  // nothing of it could be read
      EXPECT_FALSE(row.some) << row.command << to_text(r.error());
      EXPECT_NE(r.error().what.find(row.says), std::string::npos) << to_text(r.error());
      continue;
    }
    EXPECT_NE(r->source.problem.find("of the compressed stream"), std::string::npos) << row.command;
    EXPECT_NE(r->source.problem.find(row.says), std::string::npos) << r->source.problem;
    const auto events = opened(*grant_, spool, Stream::call_data);
    EXPECT_TRUE(
        std::any_of(events.begin(), events.end(), [&](const Bytes& e) { return holds(e, row.says); }));
    EXPECT_GE(opened(*grant_, spool, Stream::content).size(), row.some ? 10u : 0u) << row.command;
  }
}

TEST_F(SourceTest, AnInterruptedRunOverACompressedFileIsFinishedOnce) {
  const fs::path packed = made("zstd -q -c c.pcap", "c.pcap.zst"), spool_dir = dir_ / "k";
  {  // ends in the middle, as if killed: some of it is sealed
    const auto id = source_identity(packed);
    auto spool = Spool::open(spool_dir, {*grant_}, carrier_->probe(), clock_, *id);
    ASSERT_TRUE(spool);
    intercept::Engine engine(grants_, *spool);
    auto map = MappedFile::open(capture_);
    auto reader = wire::CaptureReader::open(map->bytes());
    wire::RawPacket p;
    for (std::uint64_t n = 1; n < 200 && reader->next(p); ++n) {
      spool->at(n);
      ASSERT_TRUE(engine.on_packet(p));
    }
    ASSERT_TRUE(spool->commit());
  }
  const auto r = run_of(packed, {*grant_}, spool_dir);
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_GT(r->records_resumed, 50u);
  EXPECT_TRUE(evidence(spool_dir) == evidence(dir_ / "plain"));
}

TEST_F(SourceTest, TheIdentityOfACompressedFileIsAllOfIt) {
  const fs::path packed = made("gzip -c c.pcap", "a");
  Bytes b = read_file(packed).value();
  const std::string was = source_identity(packed).value();
  for (const std::size_t at : {b.size() / 3, b.size() / 2, b.size() - 10}) {
    Bytes changed = b;
    changed[at] ^= 1;
    ASSERT_TRUE(write_file(packed, changed));
    EXPECT_NE(source_identity(packed).value(), was);
  }
  ASSERT_TRUE(write_file(packed, b));
  EXPECT_EQ(source_identity(packed).value(), was);
  RunSettings other_way;
  other_way.engine.hep_from.resize(1);
  EXPECT_NE(source_identity(packed, other_way).value(), was);
  EXPECT_NE(source_identity(capture_).value(), was);
}

TEST_F(SourceTest, AStreamIsJudgedAsItComesAndAnswersToTheWatchAndTheStop) {
  for (const char* command :
       {"cat c.pcap", "gzip -c c.pcap", "zstd -q -c c.pcap", "tshark -r c.pcap -w - -F pcapng 2>/dev/null"}) {
    const Bytes all = read_file(made(command, "streamed")).value();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    StopFlag stop{false};
    std::atomic<int> watched{0};
    std::thread writer([&] {
      std::mt19937 random{3};
      for (View rest = all; !rest.empty();) {
        const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random() % 20000);
        ASSERT_TRUE(write_all(ends[1], rest.first(n)));
        rest = rest.subspan(n);
      }
      const int before = watched;
      while (watched < before + 3) ::usleep(10'000);  // nothing comes, and it is asked all the same
      stop = true;                                    // the pipe stays open
    });
    const fs::path spool_dir = dir_ / fmt::format("p{}", std::hash<std::string>{}(command));
    auto spool = Spool::open(spool_dir, {*grant_}, carrier_->probe(), clock_);
    ASSERT_TRUE(spool);
    const Watch watch = [&] {
      ++watched;
      return Status{};
    };
    Pump pump{grants_, *spool, watch, {}};
    RunResult ended;
    const Status worked = run_stream(ByteSource::of(Fd{ends[0]}), pump, stop, ended.source);
    const auto r = pump.end(std::move(ended), worked);
    writer.join();
    ::close(ends[1]);
    ASSERT_TRUE(r) << command << to_text(r.error());
    EXPECT_EQ(r->stats.calls_isolated, 6u) << command;
    EXPECT_EQ(opened(*grant_, spool_dir, Stream::content), opened(*grant_, dir_ / "plain", Stream::content))
        << command;
  }
}

TEST_F(SourceTest, WhatIsNoCaptureIsRefused) {
  for (const char* command :
       {"gzip -c </dev/null", "echo nonsense | gzip -c", "head -c 300000 /dev/urandom | zstd -q -c"})
    EXPECT_EQ(run_of(made(command, "none"), {*grant_}, dir_ / "n").error().exit, Exit::usage) << command;
}

}  // namespace
}  // namespace writ::capture
