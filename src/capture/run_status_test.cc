// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/run_status.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "capture/status_keeper.hh"
#include "vault/segment_test_grants.hh"

namespace writ::capture {
namespace {

using namespace std::chrono_literals;
const Instant noon = from_ns(1'795'579'597'000'000'000);

RunStatus quiet_run() {
  RunStatus s;
  s.started = noon - 2h;
  s.at = noon;
  s.live = true;
  s.counts = {1000, 100'000, 50, 2, 1, 0};
  s.disk_free = 1'000'000'000;
  s.clock_mark = noon;
  s.grants = {{"0011aabb", noon + std::chrono::days{20}, noon, false}};
  return s;
}

std::vector<std::string> kinds(const RunStatus& s, bool alive, Instant now) {
  std::vector<std::string> out;
  for (const Alarm& a : alarms_of(s, alive, now, {})) out.emplace_back(a.kind);
  return out;
}
using Kinds = std::vector<std::string>;

TEST(RunStatus, IsReadAsItWasWritten) {
  RunStatus s = quiet_run();
  s.counts.dropped = 7;
  s.last_drop = noon - 5min;
  s.clock_offset_ms = -12;
  s.alarm = "drops: 7";
  s.alarm_at = noon;
  const std::string text = canonical(to_json(s));
  const auto again = parse_run_status(view_of(text));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(canonical(to_json(*again)), text);
  Json older = to_json(*again);  // of a probe that knew no link
  for (const char* later : {"unheard_since", "deaf_since", "deaf", "deaf_times"}) older.erase(later);
  EXPECT_TRUE(parse_run_status(view_of(canonical(older))));
  for (std::size_t cut = 0; cut < text.size(); cut += 3)
    EXPECT_FALSE(parse_run_status(view_of(text.substr(0, cut)))) << cut;
}

// Counts, no names: of HEP these are addresses.
TEST(RunStatus, TellsAtHowManyInputsAGrantBelievesFrom) {
  RunStatus s = quiet_run();
  const auto text = [&] { return status_text(s, {}, true, noon); };
  EXPECT_EQ(text().find("believed"), std::string::npos);
  s.grants[0].trust_from_at = 2;
  EXPECT_NE(text().find("From believed at 2 of the inputs\n"), std::string::npos) << text();
  const auto again = parse_run_status(view_of(canonical(to_json(s))));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->grants[0].trust_from_at, 2u);
  Json older = to_json(s);
  for (const char* later : {"trust_from", "trust_from_at"}) older["grants"][0].erase(later);
  EXPECT_TRUE(parse_run_status(view_of(canonical(older))));
  s.grants[0].trust_from = true;
  EXPECT_NE(text().find("From believed at every input\n"), std::string::npos);
}

TEST(RunStatus, EachAlarmStandsForItsReasonAndForNothingElse) {
  EXPECT_EQ(kinds(quiet_run(), true, noon), Kinds{});
  EXPECT_EQ(kinds(quiet_run(), true, noon + 11s), Kinds{"stale"});
  EXPECT_EQ(kinds(quiet_run(), false, noon), Kinds{"stopped"});
  RunStatus s = quiet_run();
  s.ended = true;
  EXPECT_EQ(kinds(s, false, noon + 1h), Kinds{"stopped"}) << "an authority is in force";
  s.grants[0].ended = true;
  EXPECT_EQ(kinds(s, false, noon + 1h), Kinds{}) << "revoked: nothing is to be captured";
  s.grants[0].ended = false;
  s.live = false;
  EXPECT_EQ(kinds(s, false, noon + 1h), Kinds{}) << "a file was read to its end";
  s = quiet_run();
  s.unheard_since = noon - 5min;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"office"});
  s = quiet_run();
  s.deaf_since = noon - 5min;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"deaf"});
  s = quiet_run();
  s.last_drop = noon - 59min;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"drops"});
  EXPECT_EQ(kinds(s, true, noon + 1s), Kinds{"drops"});
  s.last_drop = noon - 61min;
  EXPECT_EQ(kinds(s, true, noon), Kinds{});
  s.spool_bytes_per_hour = s.disk_free / 24;
  EXPECT_EQ(kinds(s, true, noon), Kinds{});
  s.spool_bytes_per_hour = s.disk_free / 23;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"disk"});
  s.live = false;
  EXPECT_EQ(kinds(s, true, noon), Kinds{}) << "a file is read as fast as can be";
  s = quiet_run();
  s.clock_step_at = noon - 1min;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"clock"});
  s = quiet_run();
  s.grants[0].until = noon + 23h;
  EXPECT_EQ(kinds(s, true, noon), Kinds{"authority"});
  s.grants[0].until = noon;
  EXPECT_EQ(kinds(s, true, noon), Kinds{}) << "over is over";
}

TEST(RunStatus, MetricsAndScreenNameNobody) {
  RunStatus s = quiet_run();
  s.grants.push_back({"99887766", noon + 1h, noon, false});
  const std::string metrics = status_metrics(s, alarms_of(s, true, noon, {}), true, noon);
  for (const char* secret : {"0011aabb", "99887766", "M-"})
    EXPECT_EQ(metrics.find(secret), std::string::npos);
  EXPECT_NE(metrics.find("writ_probe_authority_left_seconds 3600\n"), std::string::npos);
  EXPECT_NE(metrics.find("writ_probe_grants_in_force 2\n"), std::string::npos);
  EXPECT_NE(metrics.find("writ_probe_alarm{kind=\"authority\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("writ_probe_alarm{kind=\"drops\"} 0\n"), std::string::npos);
  EXPECT_NE(status_text(s, {}, true, noon).find("nothing is written at present"), std::string::npos);
}

class Keeping : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir_ = fs::path(::testing::TempDir()) /
           fmt::format("writ_status_{}_{}", ::getpid(),
                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(dir_);
    grants_.push_back(carrier_.grant(authority::Kind::content, "+14045550102").value());
    spool_.emplace(Spool::open(dir_ / "spool", grants_, carrier_.probe(), wall_).value());
  }
  void TearDown() override { fs::remove_all(dir_); }
  RunStatus told() { return read_run_status(dir_).value().value(); }
  void pass(Nanos d) {
    wall_.advance(d);
    boot_.advance(d);
  }

  fs::path dir_;
  ManualClock wall_{noon}, boot_{Instant{} + 1000s};
  vault::testing::EphemeralCarrier carrier_{noon};
  std::vector<authority::VerifiedGrant> grants_;
  std::optional<Spool> spool_;
};

TEST_F(Keeping, TellsAtMostOnceASecondWithItsRates) {
  EXPECT_FALSE(read_run_status(dir_).value().has_value());
  StatusKeeper keeper{dir_, grants_, true, wall_, boot_};
  pass(2s);
  spool_->progress().packets = 100;
  keeper.look(*spool_);
  EXPECT_EQ(told().counts.packets, 100u);
  EXPECT_EQ(told().packets_per_s, 50u);
  pass(500ms);
  spool_->progress().packets = 101;
  keeper.look(*spool_);
  EXPECT_EQ(told().counts.packets, 100u);
  pass(500ms);
  keeper.look(*spool_);
  EXPECT_EQ(told().counts.packets, 101u);
  EXPECT_EQ(told().packets_per_s, 1u);
  intercept::Event e;
  e.type = intercept::EventType::origination;
  e.call = 1;
  e.at = noon;
  ASSERT_TRUE(spool_->event(0, e));
  ASSERT_TRUE(spool_->commit());
  pass(10s);
  keeper.look(*spool_);
  EXPECT_EQ(told().calls_up, 1u);
  EXPECT_GT(told().spool_bytes, 0u);
  EXPECT_GT(told().spool_bytes_per_hour, told().spool_bytes * 200) << "in 13 s so much, in an hour the more";
  e.type = intercept::EventType::release;
  ASSERT_TRUE(spool_->event(0, e));
  pass(1s);
  keeper.look(*spool_);
  EXPECT_EQ(told().calls_up, 0u);
  EXPECT_EQ(told().grants.at(0).grant.size(), 8u);
  const std::string text = read_text(dir_ / "status.json").value();
  for (const char* secret : {"4045550102", "M-0000-0001", "192.0.2"})
    EXPECT_EQ(text.find(secret), std::string::npos);
}

TEST_F(Keeping, ASourceThatHearsNothingIsAnAlarmUntilItHears) {
  StatusKeeper keeper{dir_, grants_, true, wall_, boot_};
  spool_->progress().tell_deaf(1);
  pass(1s);
  keeper.look(*spool_);
  const Instant since = wall_.now();
  pass(1s);
  keeper.look(*spool_);
  EXPECT_EQ(told().deaf_since, since);
  EXPECT_EQ(told().counts.deaf, 1u);
  EXPECT_EQ(told().alarm.substr(0, 4), "deaf");
  spool_->progress().tell_deaf(0);
  pass(1s);
  keeper.look(*spool_);
  EXPECT_EQ(told().deaf_since, Instant{});
  EXPECT_EQ(told().counts.deaf_times, 1u);
  EXPECT_TRUE(alarms_of(told(), true, wall_.now(), {}).empty());
}

TEST_F(Keeping, ADropAStepOfTheClockAndTheLastAlarmAreKept) {
  {
    StatusKeeper keeper{dir_, grants_, true, wall_, boot_};
    pass(1s);
    keeper.look(*spool_);
    EXPECT_EQ(told().alarm_at, Instant{});
    spool_->progress().dropped = 3;
    wall_.advance(1h);  // somebody sets the clock
    pass(1s);
    keeper.look(*spool_);
    EXPECT_EQ(told().last_drop, wall_.now());
    EXPECT_EQ(told().clock_step_ms, 3'600'000);
    EXPECT_EQ(told().alarm.substr(0, 5), "drops");
    pass(1s);
    keeper.look(*spool_);
    EXPECT_EQ(told().clock_step_at, wall_.now() - 1s) << "one step, told once";
    keeper.end(*spool_, 0);
    EXPECT_TRUE(told().ended);
    EXPECT_FALSE(told().grants.at(0).ended);
  }
  StatusKeeper next{dir_, grants_, true, wall_, boot_};
  pass(1s);
  next.look(*spool_);
  EXPECT_EQ(told().counts.dropped, 3u);
  EXPECT_EQ(told().alarm.substr(0, 5), "drops");
}

}  // namespace
}  // namespace writ::capture
