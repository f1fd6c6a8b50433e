// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <sys/wait.h>

#include <map>
#include <random>
#include <set>

#include "capture/capture_for_test.hh"
#include "capture/wall_guard.hh"

namespace writ::capture {
namespace {

using namespace test;

TEST_F(CaptureTest, ContentGrantGetsItsCallsAndNothingElse) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto r = run({g}, dir_ / "s");
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->stats.calls_isolated, 6u);
  const auto packets = opened(g, dir_ / "s", vault::Stream::content);
  EXPECT_EQ(packets.size(), 6u * 44u);
  EXPECT_TRUE(std::none_of(packets.begin(), packets.end(), [&](const Bytes& b) { return holds(b, other); }));
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(), [&](const Bytes& b) { return holds(b, canary); }),
            6 * 40);
  for (const auto& e : fs::recursive_directory_iterator(dir_ / "s")) {
    if (!e.is_regular_file()) continue;
    EXPECT_FALSE(holds(read_file(e.path()).value(), canary)) << e.path();
  }
}

TEST_F(CaptureTest, PenGrantHasNoContentFileAndTakesNoPacket) {
  const auto g = carrier_->grant(Kind::pen_trap, target).value();
  ASSERT_TRUE(run({g}, dir_ / "s"));
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  EXPECT_FALSE(events.empty());
  EXPECT_TRUE(std::none_of(events.begin(), events.end(), [&](const Bytes& b) { return holds(b, canary); }));
  for (const auto& e : fs::recursive_directory_iterator(dir_ / "s"))
    EXPECT_FALSE(e.path().filename().string().starts_with("content"));
  auto spool = Spool::open(dir_ / "t", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(spool);
  const Bytes f = frame("192.0.2.1", 1, "192.0.2.2", 2, view_of("x"));
  const Status s = spool->packet(0, {}, {epoch_, 1, f, 60});
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().exit, Exit::integrity);
}

TEST_F(CaptureTest, OneSpoolOneProcess) {
  const auto g = carrier_->grant(Kind::content, target).value();
  auto first = Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(first);
  EXPECT_EQ(Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_).error().exit, Exit::unit);
}

TEST_F(CaptureTest, KilledRunsFinishTheWorkOnce) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto h = carrier_->grant(Kind::pen_trap, target).value();
  ASSERT_TRUE(run({g, h}, dir_ / "whole"));
  std::mt19937 random{7};
  int killed = 0;
  for (int round = 0; round < 100; ++round) {
    const fs::path spool_dir = dir_ / fmt::format("k{}", round / 10);  // ten kills each
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto source = source_identity(capture_);
      auto spool = Spool::open(spool_dir, {g, h}, carrier_->probe(), clock_, *source);
      if (!spool) ::_exit(1);
      auto map = MappedFile::open(capture_);
      auto reader = wire::CaptureReader::open(map->bytes());
      const std::vector grants{g, h};
      intercept::Engine engine{grants, *spool};
      wire::RawPacket p;
      for (std::uint64_t n = 1; reader->next(p); ++n) {
        spool->at(n);
        if (!engine.on_packet(p)) ::_exit(2);
        if (n % 5 == 0 && !spool->commit()) ::_exit(3);
      }
      for (;;) ::pause();
    }
    ::usleep(static_cast<useconds_t>(random() % 40'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself: " << status;
    ++killed;
  }
  EXPECT_EQ(killed, 100);
  for (int n = 0; n < 10; ++n) {
    const fs::path spool_dir = dir_ / fmt::format("k{}", n);
    ASSERT_TRUE(run({g, h}, spool_dir));
    const auto again = run({g, h}, spool_dir);  // finished: nothing is sealed twice
    ASSERT_TRUE(again);
    EXPECT_GT(again->records_resumed, 0u);
    for (const auto stream : {vault::Stream::call_data, vault::Stream::content})
      EXPECT_EQ(opened(g, spool_dir, stream), opened(g, dir_ / "whole", stream)) << n;
    EXPECT_EQ(opened(h, spool_dir, vault::Stream::call_data),
              opened(h, dir_ / "whole", vault::Stream::call_data));
  }
}

TEST_F(CaptureTest, ABrokenSourceIsSaidToEveryGrant) {
  Bytes b = read_file(capture_).value();
  b.resize(b.size() - 5);
  ASSERT_TRUE(write_file(capture_, b));
  const auto g = carrier_->grant(Kind::pen_trap, target).value();
  const auto r = run({g}, dir_ / "s");
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->source.truncated);
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(),
                          [](const Bytes& e) { return holds(e, "ends within a packet"); }));
}

TEST_F(CaptureTest, AFileThatIsCutWhileItIsReadIsNamedAndGoesOnWhenItIsWhole) {
  const auto g = carrier_->grant(Kind::content, target).value();
  ASSERT_TRUE(run({g}, dir_ / "whole"));
  const Bytes all = read_file(capture_).value();
  ASSERT_GT(all.size(), 3u * 4096);
  const std::size_t cut = all.size() / 2;
  const auto r = run({g}, dir_ / "s", [&]() -> Status {
    EXPECT_EQ(::truncate(capture_.c_str(), static_cast<off_t>(cut)), 0);
    return {};
  });
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::failure);
  EXPECT_NE(r.error().what.find(fmt::format("{} ends at byte {}", capture_.string(), cut)), std::string::npos)
      << r.error().what;
  const auto packets = opened(g, dir_ / "whole", vault::Stream::content);
  const auto before = opened(g, dir_ / "s", vault::Stream::content);
  ASSERT_FALSE(before.empty());
  ASSERT_LT(before.size(), packets.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), packets.begin()));
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(std::any_of(events.begin(), events.end(),
                          [](const Bytes& e) { return holds(e, "was cut while it was read"); }));

  ASSERT_TRUE(write_file(capture_, all));
  ASSERT_TRUE(run({g}, dir_ / "s"));
  EXPECT_EQ(opened(g, dir_ / "s", vault::Stream::content), packets);
  EXPECT_EQ(opened(g, dir_ / "s", vault::Stream::call_data).size(),
            opened(g, dir_ / "whole", vault::Stream::call_data).size() + 1)
      << "all of it, and the gap";
}

TEST_F(CaptureTest, TheWatchStopsTheRunAndWhatWasTakenIsKept) {
  const auto g = carrier_->grant(Kind::content, target).value();
  const auto r = run({g}, dir_ / "s", [] { return Status{fail(Exit::expired, "over")}; });
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::expired);
  EXPECT_TRUE(opened(g, dir_ / "s", vault::Stream::content).empty());  // it failed before the first packet
}

TEST_F(CaptureTest, AnEndedGrantTakesNothingMore) {
  const auto g = carrier_->grant(Kind::content, target).value();
  auto spool = Spool::open(dir_ / "s", {g}, carrier_->probe(), clock_);
  ASSERT_TRUE(spool);
  ASSERT_TRUE(spool->event(0, {intercept::EventType::origination, epoch_, 1, "x", {}}));
  ASSERT_TRUE(spool->end_grant(0, epoch_, "the authority was revoked"));
  ASSERT_TRUE(spool->event(0, {intercept::EventType::origination, epoch_, 2, "y", {}}));
  ASSERT_TRUE(spool->close());
  EXPECT_EQ(opened(g, dir_ / "s", vault::Stream::call_data).size(), 1u);
}

TEST_F(CaptureTest, AnEndedGrantIsNotUnderSurveillanceAnyMore) {
  const auto status = [&](const char* which, const char* is) {
    return intercept::Event{
        intercept::EventType::surveillance_status, epoch_, 0, "", {{"event", which}, {"status", is}}};
  };
  const auto g = carrier_->grant(Kind::pen_trap, target).value(),
             ended = carrier_->grant(Kind::pen_trap, other).value(),
             silent = carrier_->grant(Kind::pen_trap, "+14045550199").value();
  auto spool = Spool::open(dir_ / "s", {g, ended, silent}, carrier_->probe(), clock_);
  ASSERT_TRUE(spool);
  for (const std::size_t n : {0u, 1u}) ASSERT_TRUE(spool->event(n, status("activation", "active")));
  ASSERT_TRUE(spool->event(1, status("deactivation", "inactive")));
  for (const std::size_t n : {0u, 1u, 2u, 0u})
    ASSERT_TRUE(spool->end_grant(n, epoch_, "the authority was revoked"));
  ASSERT_TRUE(spool->close());
  const auto events = opened(g, dir_ / "s", vault::Stream::call_data);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(holds(events[1], "deactivation") && holds(events[1], "the authority was revoked"));
  EXPECT_EQ(opened(ended, dir_ / "s", vault::Stream::call_data).size(), 2u) << "said once";
  EXPECT_TRUE(opened(silent, dir_ / "s", vault::Stream::call_data).empty());
}

TEST_F(CaptureTest, ClockSetBackIsRefusedAcrossRestarts) {
  ManualClock wall{epoch_}, boot{from_ns(0)};
  {
    WallGuard guard{dir_ / "mark", wall, boot};
    ASSERT_TRUE(guard.now());
    wall.set(epoch_ + std::chrono::hours{1});
    ASSERT_TRUE(guard.now());
    wall.set(epoch_ + std::chrono::minutes{30});
    ASSERT_FALSE(guard.now());
  }
  WallGuard again{dir_ / "mark", wall, boot};
  const auto t = again.now();
  ASSERT_FALSE(t);
  EXPECT_EQ(t.error().exit, Exit::refused);
  EXPECT_NE(t.error().what.find("clock set back"), std::string::npos);
  wall.set(epoch_ + std::chrono::hours{1} - std::chrono::milliseconds{900});
  EXPECT_TRUE(again.now());
}

TEST_F(CaptureTest, AStoppedClockDoesNotStopTime) {
  ManualClock wall{epoch_}, boot{from_ns(0)};
  WallGuard guard{dir_ / "mark", wall, boot};
  boot.advance(std::chrono::hours{2});
  EXPECT_EQ(*guard.now(), epoch_ + std::chrono::hours{2});
}

// What the office tells calls apart by: several runs under one grant, also one that was killed and finished.
TEST_F(CaptureTest, NoTwoRunsNumberACallAlike) {
  const auto grant = carrier_->grant(Kind::content, target).value();
  Traffic later{epoch_ + std::chrono::hours{1}};
  for (int n = 0; n < 3; ++n)
    later.call(target, fmt::format("later{}", n), static_cast<std::uint16_t>(20000 + 10 * n), 5);
  const fs::path second = later.write(dir_ / "second.pcap"), spool = dir_ / "numbers";
  {  // ends in its second call, as if killed
    const std::vector<authority::VerifiedGrant> grants{grant};
    auto s = Spool::open(spool, grants, carrier_->probe(), clock_, source_identity(capture_).value());
    ASSERT_TRUE(s);
    intercept::Engine engine(grants, *s);
    auto map = MappedFile::open(capture_);
    auto reader = wire::CaptureReader::open(map->bytes());
    wire::RawPacket p;
    for (std::uint64_t n = 1; n < 100 && reader->next(p); ++n) {
      s->at(n);
      ASSERT_TRUE(engine.on_packet(p));
    }
    ASSERT_TRUE(s->commit());
  }
  ASSERT_TRUE(run_of(second, {grant}, spool));
  ASSERT_TRUE(run_of(capture_, {grant}, spool)) << "finished";
  ASSERT_TRUE(run_of(second, {grant}, spool)) << "the same again";
  std::map<std::uint32_t, std::string> by_number;
  std::set<std::string> ids;
  std::map<std::uint32_t, int> packets;
  for (const Bytes& record : opened(grant, spool, vault::Stream::content)) {
    const auto packet = intercept::decode_packet(record);
    ASSERT_TRUE(packet);
    ++packets[packet->tag.call];
  }
  for (const Bytes& record : opened(grant, spool, vault::Stream::call_data)) {
    const auto e = intercept::decode_event(record);
    ASSERT_TRUE(e);
    if (e->call == 0) continue;
    EXPECT_EQ(by_number.emplace(e->call, e->call_id).first->second, e->call_id) << e->call;
    ids.insert(e->call_id);
  }
  EXPECT_EQ(ids.size(), 9u);
  EXPECT_EQ(by_number.size(), 9u);
  for (const auto& [number, id] : by_number)
    EXPECT_EQ(packets[number], id.starts_with("mine") ? 44 : 9) << id;
  EXPECT_EQ(packets.size(), 9u);
}

}  // namespace
}  // namespace writ::capture
