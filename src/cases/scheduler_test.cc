// SPDX-License-Identifier: GPL-3.0-or-later
// A year of the clock in seconds, kills between any two steps, and clocks that move as they like.
#include "cases/scheduler.hh"

#include <random>

#include "cases/test_due.hh"
#include "desk/test_emergency_order.hh"

namespace writ::cases {
namespace {

using namespace testing;
using std::chrono::days;

SchedulerRun ran(Desk& d) {
  const auto r = Scheduler{d.carrier()}.run_once();
  EXPECT_TRUE(r) << to_text(r.error());
  return r ? *r : SchedulerRun{};
}

std::size_t outbox(Desk& d) {
  std::error_code ec;
  std::size_t n = 0;
  for (const auto& e : fs::directory_iterator(d.data() / "outbox", ec)) n += e.is_regular_file() ? 1 : 0;
  return n;
}

// Runs at every moment that the scheduler itself names, until `end`.
struct Year {
  std::map<std::string, int> done, told;  // key -> how often
  std::size_t late = 0, runs = 0;
  void pass(Desk& d, Instant end) {
    while (d.clock.now() <= end) {
      const auto r = Scheduler{d.carrier()}.run_once();
      ASSERT_TRUE(r) << to_text(r.error());
      ASSERT_TRUE(r->troubles.empty()) << to_text(r->troubles[0]);
      ++runs;
      for (const auto& x : r->done) {
        ++done[x.matter + " " + x.act];
        late += x.at != d.clock.now() ? 1 : 0;
      }
      for (const auto& a : r->told) {
        ++told[desk::id_of(a)];
        late += a.at > d.clock.now() ? 1 : 0;
      }
      if (!r->done.empty()) continue;  // what an end begins
      d.clock.set(r->next ? *r->next : end + 1s);
    }
  }
};

TEST(SchedulerYear, EveryTransitionAndNoticeHappensOnceAndInTime) {
  const auto d = staffed();
  const Instant start = d->clock.now();
  for (int i = 0; i < 12; ++i) {
    preserved(*d, "EX-P-" + std::to_string(i));
    recurring(*d, "EX-R-" + std::to_string(i), start + days{20 + 25 * i});
    d->clock.advance(31h);
  }
  opened(d->carrier(), Cycle::child_protection, demand("ncmec-report", "EX-N", d->clock.now()),
         acting(*d, "intake-1"));
  step(d->carrier(), "M-2026-0025", "report", Json{{"report", "x"}}, acting(*d, "officer-1"));
  step(d->carrier(), "M-2026-0025", "take-snapshot", Json{{"snapshot", snapshot_of(d->clock.now())}},
       acting(*d, "intake-1"));
  Year year;
  year.pass(*d, start + days{400});
  EXPECT_EQ(year.done.size(), 25u);
  for (const auto& [what, n] : year.done) EXPECT_EQ(n, 1) << what;
  for (const auto& [id, n] : year.told) EXPECT_EQ(n, 1) << id;
  EXPECT_EQ(year.late, 0u);
  EXPECT_EQ(outbox(*d), year.told.size());
  EXPECT_EQ(d->count("preservation.expire.done"), 12u);
  EXPECT_EQ(d->count("recurring.expire.done"), 12u);
  EXPECT_EQ(d->count("child-protection.expire.done"), 1u);
  const auto everything = CaseBook{d->carrier()}.all().value();
  for (const Case& c : everything) {
    if (c.cycle == Cycle::directory) continue;
    EXPECT_TRUE(c.state == "expired" || c.state == "ended") << c.matter << " " << c.state;
    const desk::CaseAct* end = c.newest("expire");
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->user, "desk");
  }
  // 14 and 3 days before the first preservation's end, its end, and the purge that is due then.
  std::map<std::string, int> of_first;
  for (const auto& e : fs::directory_iterator(d->data() / "outbox")) {
    const Json j = parse_json(read_file(e.path()).value(), "alert").value();
    if (j.value("matter", "") == "M-2026-0001") ++of_first[j.value("what", "")];
  }
  EXPECT_EQ(of_first["the preservation ends"], 3);
  EXPECT_EQ(of_first["the snapshot is purged by two people"], 1);
}

struct Killed {};
// Everything that is noted, signed or stored asks the clock first: dying there is dying between two steps.
class DeadlyClock final : public Clock {
 public:
  DeadlyClock(Instant t, int lives) : t_(t), lives_(lives) {}
  Instant now() override {
    if (lives_-- == 0) throw Killed{};
    return t_;
  }

 private:
  Instant t_;
  int lives_;
};

std::map<std::string, std::string> files_of(const fs::path& dir) {
  std::map<std::string, std::string> out;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(dir, ec))
    if (e.path().extension() == ".json") out[e.path().filename()] = read_text(e.path()).value();
  return out;
}

TEST(SchedulerKill, BetweenAnyTwoStepsLosesNothingAndRepeatsNothing) {
  std::map<std::string, std::string> whole;
  int kills = 0;
  for (int lives = 100'000; lives != 0;) {
    const auto d = staffed();
    const Case p = preserved(*d, "EX-1"), r = recurring(*d, "EX-2", d->clock.now() + days{90});
    d->close();
    const Instant then = first_packet + days{90};
    DeadlyClock clock{then, lives};
    bool died = false;
    try {
      auto c = desk::Carrier::open(d->data(), clock);
      ASSERT_TRUE(c);
      ASSERT_TRUE(Scheduler{*c}.run_once());
    } catch (const Killed&) {
      died = true;
      ++kills;
    }
    d->clock.set(then);
    ran(*d);
    ran(*d);
    EXPECT_EQ(CaseBook{d->carrier()}.read(p.matter)->state, "expired") << lives;
    EXPECT_EQ(CaseBook{d->carrier()}.read(r.matter)->state, "ended") << lives;
    EXPECT_EQ(d->value("SELECT count(*) FROM case_acts WHERE body LIKE '%\"act\":\"expire\"%'"), "2")
        << lives;
    const auto told = files_of(d->data() / "outbox");
    if (whole.empty()) whole = told;
    EXPECT_EQ(told, whole) << lives;
    EXPECT_EQ(d->value("SELECT count(*) FROM outbox"), std::to_string(told.size())) << lives;
    if (lives == 100'000)
      lives = 1;
    else
      lives = died ? lives + 1 + lives / 8 : 0;  // every step at first, then fewer
  }
  EXPECT_GT(kills, 5);
  EXPECT_EQ(whole.size(), 4u);  // two ends, one purge, one delivery that was due
}

TEST(SchedulerKill, WhoCannotTellDoesNotAct) {
  const auto d = staffed();
  const Case c = preserved(*d, "EX-1");
  d->clock.advance(days{90});
  ASSERT_TRUE(write_file(d->data() / "outbox", std::string_view("in the way")));
  EXPECT_FALSE(ran(*d).troubles.empty());
  EXPECT_EQ(CaseBook{d->carrier()}.read(c.matter)->state, "active");
  fs::remove(d->data() / "outbox");
  EXPECT_EQ(ran(*d).done.size(), 1u);
}

TEST(SchedulerInterception, EndsWithItsAuthority) {
  const auto d = at(Stage::armed);
  d->clock.set(first_packet - 3h + days{30} - 1s);
  EXPECT_TRUE(ran(*d).done.empty());
  EXPECT_EQ(d->value("SELECT state FROM orders"), "armed");
  d->clock.advance(1s);
  EXPECT_EQ(ran(*d).done.size(), 1u);
  EXPECT_EQ(d->value("SELECT state FROM orders"), "ended");
  EXPECT_TRUE(ran(*d).done.empty());
  EXPECT_EQ(d->count("intercept.expired"), 1u);
  const auto list = deadlines(d->carrier());
  ASSERT_EQ(list->due.size(), 2u);
  EXPECT_EQ(list->due[1].what, "the recordings go to the judge for sealing");
}

// 2518(7), 3125: the time passes by the clock, whoever sleeps.
TEST(SchedulerInterception, AnEmergencyWithoutAnApplicationLapsesAndItsInventoryIsDue) {
  const auto d = emergency_armed("wiretap");
  const Instant due = desk::emergency_interception(d->carrier(), desk::testing::matter).value()->due.at;
  const auto what = [&] {
    std::map<std::string, Deadline> out;
    const auto list = deadlines(d->carrier());
    for (const Deadline& x : list.value().due) out[x.what] = x;
    return out;
  };
  const Deadline made = what().at("the agency's application is made");
  EXPECT_EQ(made.at, due);
  EXPECT_EQ(made.severity, Severity::emergency);
  d->clock.set(due - 12h);
  std::size_t told = 0;
  for (const desk::Notice& n : ran(*d).told) told += n.what == made.what ? 1 : 0;
  EXPECT_EQ(told, 1u);
  d->clock.set(due - 1s);
  ran(*d);
  EXPECT_EQ(d->count("emergency-application.lapse.done"), 0u);
  d->clock.set(due);
  const SchedulerRun run = ran(*d);
  ASSERT_EQ(run.done.size(), 1u);
  EXPECT_EQ(run.done[0].act, "lapse");
  EXPECT_TRUE(ran(*d).done.empty());
  EXPECT_EQ(d->count("emergency-application.lapse.done"), 1u);
  EXPECT_FALSE(what().contains("the recordings go to the judge for sealing")) << "no judge issued an order";
  const std::string inventory = "the inventory is served (by the court), and recorded";
  ASSERT_TRUE(what().contains(inventory));
  EXPECT_EQ(what()[inventory].at, first_packet + 40h + days{90});  // from the end of the emergency's grant
  ASSERT_TRUE(desk::EmergencyApplication{d->carrier()}.inventory(desk::testing::matter, "by the judge",
                                                                 acting(*d, "officer-1")));
  EXPECT_FALSE(what().contains(inventory));
}

TEST(SchedulerExtension, AnExtensionAtTheLastMomentWins) {
  const auto d = staffed();
  const Case c = preserved(*d, "EX-1");
  d->clock.advance(days{90} - 1s);
  EXPECT_TRUE(ran(*d).done.empty());
  step(d->carrier(), c.matter, "extend", Json{{"request", "x"}}, acting(*d, "intake-1"));
  d->clock.advance(2s);
  EXPECT_TRUE(ran(*d).done.empty());
  EXPECT_EQ(CaseBook{d->carrier()}.read(c.matter)->state, "extended");
}

TEST(SchedulerClock, SetBackNothingIsDone) {
  const auto d = staffed();
  preserved(*d, "EX-1");
  d->clock.advance(days{30});
  ran(*d);  // no act, no note: only the mark knows how late it was
  d->clock.advance(-days{10});
  const auto refused = Scheduler{d->carrier()}.run_once();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_EQ(d->carrier().act_as(who("intake-1"), Role::intake).error().exit, Exit::refused);
}

// I3: whatever the clock does, an authority that was seen to be over is never in force again, and nobody acts
// at a time before the latest that was seen.
TEST(SchedulerClock, NoMovementExtendsAnAuthority) {
  std::mt19937 random{20261126};
  for (int round = 0; round < 6; ++round) {
    const auto d = staffed();
    const Instant start = d->clock.now(), end = start + days{20};
    const Case c = recurring(*d, "EX-1", end);
    Instant latest = d->clock.now();
    bool over = false;
    for (int i = 0; i < 40; ++i) {
      const auto kind = random() % 4;
      const auto span = std::chrono::minutes{random() % (4 * 24 * 60)};
      if (kind == 0) d->clock.advance(-span);
      if (kind == 1 || kind == 2) d->clock.advance(span / 2);  // 3: the clock stands still
      const Instant now = d->clock.now();
      const auto r = Scheduler{d->carrier()}.run_once();
      EXPECT_EQ(r.has_value(), now + 1s >= latest) << i;
      latest = std::max(latest, r ? now : latest);
      over = over || latest >= end;
      const auto acted = CaseBook{d->carrier()}.act(
          c.matter, {"order-extra", Json{{"reason", std::to_string(i)}}}, acting(*d, "intake-1"));
      if (acted) {
        EXPECT_FALSE(over) << "an authority that is over was used";
        EXPECT_GE(now + 1s, latest) << "somebody acted in the past";
      }
      EXPECT_EQ(CaseBook{d->carrier()}.read(c.matter)->state == "stopped", over);
    }
    EXPECT_LE(d->count("recurring.expire.done"), 1u);
  }
}

TEST(SchedulerStore, LockedIsToldAndDoneLater) {
  const auto d = staffed();
  const Case c = preserved(*d, "EX-1");
  d->clock.advance(days{90});
  ASSERT_TRUE(d->carrier().db().exec("PRAGMA busy_timeout=50"));
  {
    auto other = store::Database::open(d->data() / "store.db");
    auto held = store::Transaction::begin(*other);
    ASSERT_TRUE(held);
    const auto r = Scheduler{d->carrier()}.run_once();
    ASSERT_FALSE(r);
    EXPECT_NE(r.error().next.find("another process writes"), std::string::npos) << to_text(r.error());
  }
  EXPECT_EQ(ran(*d).done.size(), 1u);
  EXPECT_EQ(d->count("preservation.expire.done"), 1u);
}

TEST(SchedulerStore, GoneIsSaidAndNoEmptyOneTakesItsPlace) {
  const auto d = staffed();
  d->close();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ec;
    fs::remove(d->data() / (std::string("store.db") + suffix), ec);
  }
  const auto c = desk::Carrier::open(d->data(), d->clock);
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().exit, Exit::integrity);
  EXPECT_FALSE(c.error().next.empty());
  EXPECT_FALSE(fs::exists(d->data() / "store.db"));
}

}  // namespace
}  // namespace writ::cases
