// SPDX-License-Identifier: GPL-3.0-or-later
// Two people at once on a request and on a preservation: one of them does it, the other is told, and the log
// has both.
#include "cases/preservation.hh"
#include "cases/test_intake.hh"
#include "cases/test_lodge.hh"
#include "desk/test_memory.hh"
#include "desk/test_race.hh"

namespace writ::cases {
namespace {

using namespace testing;

constexpr int race_rounds = 6;  // the two meet somewhere else each time

TEST(AtOnce, TwoFileTheSameDocument) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    Office o;
    const desk::Acting a = o.who("intake-1"), b = o.who("intake-2");
    const std::string toml = process::to_toml(o.subpoena());
    const fs::path scan = o.scan();
    const auto file = [&](const desk::Acting& who) {
      return [&](Desk& d) { return Intake{d.carrier()}.file(view_of(toml), "demand.toml", scan, who); };
    };
    const auto told = at_once(*o.d, file(a), file(b));
    EXPECT_TRUE(told[0].exit == Exit::ok || told[1].exit == Exit::ok);
    for (const Told& t : told)
      EXPECT_TRUE(t.exit == Exit::ok || t.what.find("somebody was faster") != std::string::npos) << t.what;
    EXPECT_EQ(cases_filed(o.d->carrier()), 1u);
    EXPECT_EQ(file(b)(*o.d)->matter, "M-2026-0001") << "repeated: the case that is there";
  }
}

TEST(AtOnce, OneValidatesAndTheOtherReturns) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    Office o;
    const std::string m = o.filed(o.subpoena());
    o.verify(m);
    const desk::Acting a = o.who("intake-1"), b = o.who("officer-1");
    const std::size_t before = o.d->log().size();
    const auto told = at_once(
        *o.d, [&](Desk& d) { return Intake{d.carrier()}.validate(m, a); },
        [&](Desk& d) { return Intake{d.carrier()}.returned(m, "as counsel says", b); });
    // A validated request can still be sent back: both in this order are lawful, the other way round is not.
    const auto c = o.book().read(m);
    ASSERT_TRUE(c) << to_text(c.error());
    EXPECT_EQ(c->state, told[1].exit == Exit::ok ? "returned" : "validated");
    EXPECT_EQ(c->acts.size(), (told[0].exit == Exit::ok ? 3u : 2u) + (told[1].exit == Exit::ok ? 1u : 0u));
    if (told[0].exit != Exit::ok || told[1].exit != Exit::ok)
      expect_one_wins(*o.d, told, {"intake-1", "officer-1"}, before);
  }
}

TEST(AtOnce, TwoCounselOnOneChallenge) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    Office o;
    const std::string m = o.filed(o.subpoena());
    ASSERT_TRUE(o.intake().act(m, "challenge", "motion to quash", {}, o.who("counsel-1")));
    const desk::Acting a = o.who("counsel-1"), b = o.who("counsel-2");
    const std::size_t before = o.d->log().size();
    const auto told = at_once(
        *o.d, [&](Desk& d) { return Intake{d.carrier()}.act(m, "resume", "denied", {}, a); },
        [&](Desk& d) { return Intake{d.carrier()}.act(m, "resume", "denied in part", {}, b); });
    expect_one_wins(*o.d, told, {"counsel-1", "counsel-2"}, before);
    EXPECT_EQ(o.book().read(m)->acts.back().body["ruling"],
              told[0].exit == Exit::ok ? "denied" : "denied in part");
  }
}

// A preservation as it is after `steps`: 0 filed, 1 its snapshot taken, 2 confirmed.
std::string preserved_so_far(Lodge& l, int steps) {
  const std::string m =
      l.open(Cycle::preservation, l.demand("preservation", {Lodge::number("+14045550160")}, {})).matter;
  EXPECT_TRUE(steps < 1 || Preservation{l.c()}.take_snapshot(m, l.who("intake-1")));
  EXPECT_TRUE(steps < 2 || Preservation{l.c()}.confirm(m, l.who("intake-1")));
  l.store.reset();
  return m;
}

TEST(AtOnce, TwoTakeOneSnapshot) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    Lodge l;
    const std::string m = preserved_so_far(l, 0);
    const desk::Acting a = l.who("intake-1"), b = l.who("officer-1");
    const std::size_t before = l.d->log().size();
    const auto told = at_once(
        *l.d, [&](Desk& d) { return Preservation{d.carrier()}.take_snapshot(m, a); },
        [&](Desk& d) { return Preservation{d.carrier()}.take_snapshot(m, b); });
    expect_one_wins(*l.d, told, {"intake-1", "officer-1"}, before);
    const Json named = desk::read_case(l.c(), m)->acts.back().body["snapshot"];
    const auto kept = crypto::sha256_file((l.d->data() / "case-files" / m / named["file"]).string());
    ASSERT_TRUE(kept) << "the snapshot that the act names is there";
    EXPECT_EQ(crypto::hex(*kept), named.value("sha256", ""));
  }
}

TEST(AtOnce, TwoExtendOnePreservation) {
  const InMemory memory;
  for (int round = 0; round < race_rounds; ++round) {
    Lodge l;
    const std::string m = preserved_so_far(l, 2);
    const desk::Acting a = l.who("intake-1"), b = l.who("intake-2");
    const std::size_t before = l.d->log().size();
    const auto told = at_once(
        *l.d, [&](Desk& d) { return Preservation{d.carrier()}.extend(m, "EX-P-2 of today", a); },
        [&](Desk& d) { return Preservation{d.carrier()}.extend(m, "EX-P-3 of today", b); });
    expect_one_wins(*l.d, told, {"intake-1", "intake-2"}, before);
    EXPECT_EQ(desk::read_case(l.c(), m)->newest("extend")->body["request"],
              told[0].exit == Exit::ok ? "EX-P-2 of today" : "EX-P-3 of today");
  }
}

}  // namespace
}  // namespace writ::cases
