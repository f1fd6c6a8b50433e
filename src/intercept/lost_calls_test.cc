// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/lost_calls.hh"

#include <gtest/gtest.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

// Two engines, one after the other; the second knows nothing of what the first one knew.
class LostCalls : public ::testing::Test {
 protected:
  explicit LostCalls(Kind kind = Kind::content)
      : before_(grants(trusting(kind))), after_(grants(trusting(kind)), counted()) {}
  static EngineOptions counted() {
    EngineOptions o;
    o.calls_before = 10;
    return o;
  }
  Call again(const Call& c) {
    Call n{after_};
    n.id = c.id;
    n.cseq = c.cseq;
    return n;
  }
  Matter matter(double from, double until) {
    RecordingSink all = before_.sink;
    all.events.push_back({0,
                          {EventType::gap,
                           at(until),
                           0,
                           "",
                           {{"why", "killed"},
                            {"from", rfc3339(at(from))},
                            {"until", rfc3339(at(until))},
                            {calls_lost, true}}}});
    all.events.insert(all.events.end(), after_.sink.events.begin(), after_.sink.events.end());
    all.packets.insert(all.packets.end(), after_.sink.packets.begin(), after_.sink.packets.end());
    return all.matter();
  }
  static std::vector<Gap> of_calls(const Matter& m) {
    std::vector<Gap> out;
    for (const Gap& g : m.gaps)
      if (g.why.starts_with("call ")) out.push_back(g);
    return out;
  }
  Bench before_, after_;
};

TEST_F(LostCalls, WhatTheKernelDroppedIsNoLossOfTheCalls) {
  std::vector<Event> events{{EventType::origination, at(0), 1, "c1", {}},
                            {EventType::gap, at(1), 0, "", {{"why", "dropped"}, {"from", rfc3339(at(1))}}}};
  EXPECT_TRUE(lost_calls(events, {}).empty());
  events[1].detail[calls_lost] = true;
  EXPECT_EQ(lost_calls(events, {}).size(), 1u);
  // Also where another gap has lost them already.
  events.push_back(events[1]);
  events.back().detail[calls_lost] = false;
  EXPECT_EQ(lost_calls(events, {}).size(), 1u);
}

// What is sealed of a call: up as number 1 and lost at 4, known again as number 11 at `known`; then `more`.
std::vector<Event> sealed(double known, std::vector<Event> more) {
  std::vector<Event> events{
      {EventType::origination, at(0), 1, "c1", {}},
      {EventType::gap, at(4), 0, "", {{"why", "killed"}, {"from", rfc3339(at(4))}, {calls_lost, true}}},
      {EventType::origination, at(known), 11, "c1", {}}};
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

EvidencePacket heard(std::uint32_t call, double t) {
  EvidencePacket p;
  p.tag = {call, PacketRole::rtp, Direction::to_target};
  p.raw.at = at(t);
  return p;
}

// Media that waited for a proof are older than what says that they are open, and two cards hand frames over
// in another order than they came.
TEST_F(LostCalls, TheGapEndsWithTheOldestOfItsMedia) {
  const auto lost = lost_calls(sealed(5, {{EventType::cc_open, at(7), 11, "c1", {}}}),
                               {heard(1, 1), heard(11, 6.5), heard(11, 6)});
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].number, 1u);
  EXPECT_EQ(lost[0].gap.from, at(4));
  EXPECT_EQ(lost[0].gap.until, at(6));
}

TEST_F(LostCalls, AnEndOfTheNumberThatItHadIsNotTheEndOfTheCall) {
  const auto lost = lost_calls(sealed(5, {{EventType::release, at(5.5), 1, "c1", {}}}), {heard(11, 6)});
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].gap.until, at(6));
}

TEST_F(LostCalls, AClockThatWasSetBackMakesNoGapThatEndsBeforeItBegins) {
  const auto lost = lost_calls(sealed(3, {{EventType::cc_open, at(3.5), 11, "c1", {}}}), {heard(11, 3.6)});
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].gap.from, at(4));
  EXPECT_EQ(lost[0].gap.until, at(4));
}

TEST_F(LostCalls, TheMediaOfACallAreMissingUntilItsEndIsSeen) {
  Call c{before_};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 20);
  Call n = again(c);
  n.talk(5.2, 50);
  n.bye(9);
  const Matter m = matter(4, 5);
  ASSERT_EQ(of_calls(m).size(), 1u);
  const Gap g = of_calls(m)[0];
  EXPECT_EQ(g.from, at(4));
  EXPECT_EQ(g.until, at(9));
  EXPECT_EQ(g.why, "call c1@a.example: it was up when the probe lost what it knew of it (killed)");
  ASSERT_EQ(m.calls.size(), 2u);
  EXPECT_EQ(m.calls[0].anomalies.size(), 1u);
  EXPECT_EQ(m.calls[0].release_cause, m.calls[0].anomalies[0]);
}

TEST_F(LostCalls, TheGapEndsWhereItsMediaAreSeenAgain) {
  Call c{before_};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 20);
  Call n = again(c);
  reinvite(n, 6, true, "sendrecv");
  n.talk(6.2, 50);
  n.bye(9);
  const std::vector<Gap> gaps = of_calls(matter(4, 5));
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].until, at(6.05));
}

TEST_F(LostCalls, WhatIsNeverSeenAgainIsMissingToTheEnd) {
  Call c{before_};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 20);
  Call other{after_};
  other.id = "other";
  other.whole(10);
  const Matter m = matter(4, 5);
  ASSERT_EQ(of_calls(m).size(), 1u);
  EXPECT_EQ(of_calls(m)[0].until, m.packets.back().raw.at);
  EXPECT_TRUE(of_calls(m)[0].why.ends_with(", and its end was not seen"));
}

TEST_F(LostCalls, OneThatHadEndedOrBeganLaterIsWhole) {
  Call c{before_};
  c.whole(0);
  Call n{after_};
  n.id = "later";
  n.whole(10);
  const Matter m = matter(4, 5);
  EXPECT_EQ(of_calls(m).size(), 0u);
  EXPECT_EQ(m.gaps.size(), 1u) << "the loss itself";
}

TEST_F(LostCalls, ASecondLossInTheGapIsTheSameGap) {
  Call c{before_};
  c.invite(0);
  c.answer(1);
  std::vector<Event> events;
  for (const auto& n : before_.sink.events) events.push_back(n.e);
  for (const double t : {4.0, 6.0})
    events.push_back(
        {EventType::gap, at(t), 0, "", {{"why", "killed"}, {"from", rfc3339(at(t))}, {calls_lost, true}}});
  const auto lost = lost_calls(events, {});
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].gap.from, at(4));
}

class LostCallsOfPen : public LostCalls {
 protected:
  LostCallsOfPen() : LostCalls(Kind::pen_trap) {}
};

TEST_F(LostCallsOfPen, AGrantWithoutPacketsHasThemUntilTheyAreAttachedAgain) {
  Call c{before_};
  c.invite(0);
  c.answer(1);
  Call n = again(c);
  reinvite(n, 6, true, "sendrecv");
  n.bye(9);
  const std::vector<Gap> gaps = of_calls(matter(4, 5));
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].until, at(6));
}

}  // namespace
}  // namespace writ::intercept
