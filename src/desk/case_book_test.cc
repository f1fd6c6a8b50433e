// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "desk/test_staff.hh"

namespace writ::desk {
namespace {

using namespace testing;
using process::Cycle;

crypto::Digest key_of(std::string_view text) { return crypto::sha256(view_of(text)); }

CaseStep filing() {
  return {"file", Json{{"what", "a lost laptop"}, {"detected_at", "2026-11-23T08:00:00Z"}}};
}

// An incident that was detected by intake and contained by the technician.
Case contained(Desk& d) {
  CaseBook book{d.carrier()};
  const auto opened = book.open(Cycle::incident, key_of("laptop"), filing(), acting(d, "intake-1"));
  EXPECT_TRUE(opened) << to_text(opened.error());
  d.clock.advance(1min);
  auto c =
      book.act(opened->matter, {"contain", Json{{"how", "its key was revoked"}}}, acting(d, "technician-1"));
  EXPECT_TRUE(c) << to_text(c.error());
  return std::move(*c);
}

TEST(CaseBook, ChainsSignedActsAndReadsThemAgain) {
  const auto d = staffed();
  const Case c = contained(*d);
  EXPECT_EQ(c.matter, "N-2026-0001");
  EXPECT_EQ(c.state, "contained");
  const auto read = CaseBook{d->carrier()}.read(c.matter);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(to_json(*read), to_json(c));
  EXPECT_EQ(d->count("incident.file"), 1u);
  EXPECT_EQ(d->count("incident.contain.done"), 1u);
}

TEST(CaseBook, TheSameCommandAgainChangesNothing) {
  const auto d = staffed();
  const Case c = contained(*d);
  CaseBook book{d->carrier()};
  const auto opened = book.open(Cycle::incident, key_of("laptop"), filing(), acting(*d, "intake-1"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->matter, c.matter);
  const auto again =
      book.act(c.matter, {"contain", Json{{"how", "its key was revoked"}}}, acting(*d, "technician-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->acts.size(), 2u);
}

TEST(CaseBook, WhatTheTableForbidsIsRefusedAndNoted) {
  const auto d = staffed();
  const Case c = contained(*d);
  CaseBook book{d->carrier()};
  const Json finding{
      {"finding", "nothing was read"}, {"agencies", {"Example County Sheriff"}}, {"breach", "no"}};
  EXPECT_EQ(book.act(c.matter, {"assess", finding}, acting(*d, "technician-1")).error().exit, Exit::refused);
  EXPECT_EQ(book.act(c.matter, {"close", Json{{"reason", "done"}}}, acting(*d, "officer-1")).error().exit,
            Exit::refused);
  EXPECT_EQ(book.act(c.matter, {"assess", Json{{"finding", ""}}}, acting(*d, "officer-1")).error().exit,
            Exit::refused);
  EXPECT_EQ(d->count("refused"), 3u);
  ASSERT_TRUE(book.act(c.matter, {"assess", finding}, acting(*d, "officer-1")));
  const auto own = book.act(c.matter, {"close", Json{{"reason", "done"}}}, acting(*d, "officer-1"));
  ASSERT_FALSE(own);
  EXPECT_NE(own.error().rule.find("nobody approves their own work"), std::string::npos);
  EXPECT_TRUE(book.act(c.matter, {"close", Json{{"reason", "done"}}}, acting(*d, "counsel-1")));
}

// By the table itself, whatever a service asks beside it.
TEST(CaseBook, APolicyEditIsOfCounselAndOfficerOneEach) {
  const auto d = staffed();
  CaseBook book{d->carrier()};
  const Json edit{{"policy", "x"}, {"effective", "2026-12-01T00:00:00Z"}, {"reason", "y"}};
  for (const auto& [first, second, ok] :
       std::initializer_list<std::tuple<const char*, const char*, bool>>{{"officer-1", "officer-2", false},
                                                                         {"counsel-1", "counsel-2", false},
                                                                         {"officer-1", "counsel-1", true},
                                                                         {"counsel-1", "officer-1", true}}) {
    const std::string pair = std::string(first) + " and " + second;
    const auto filed = book.open(Cycle::policy_edit, key_of(pair), {"file", edit}, acting(*d, first));
    ASSERT_TRUE(filed) << to_text(filed.error());
    const auto approved = book.act(filed->matter, {"approve", edit}, acting(*d, second));
    EXPECT_EQ(approved.has_value(), ok) << pair;
    if (!ok) {
      EXPECT_EQ(approved.error().missing, "counsel and officer, one each");
    }
  }
}

TEST(CaseBook, TheClockIsNoPersonAndNoPersonIsTheClock) {
  const auto d = staffed();
  const Case c = contained(*d);
  CaseBook book{d->carrier()};
  EXPECT_EQ(book.tick(c.matter, {"assess", Json{{"finding", "x"}, {"agencies", {"x"}}, {"breach", "no"}}})
                .error()
                .exit,
            Exit::refused);
}

TEST(CaseBook, AGuardStopsAndAnEffectIsSigned) {
  const auto d = staffed();
  const Case c = contained(*d);
  CaseBook book{d->carrier()};
  CaseStep step{"assess", Json{{"finding", "x"}, {"breach", "no"}}};
  step.guard = [](const Case&) { return fail(Exit::refused, "not yet"); };
  EXPECT_EQ(book.act(c.matter, step, acting(*d, "officer-1")).error().what, "not yet");
  step.guard = {};
  step.effect = [](const Case& before) -> Result<Json> { return Json{{"agencies", {before.matter}}}; };
  const auto done = book.act(c.matter, step, acting(*d, "officer-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(done->acts.back().body["agencies"][0], c.matter);
}

TEST(CaseBook, EveryAlterationOfTheStoreIsFound) {
  const char* const alterations[] = {
      "UPDATE case_acts SET body=replace(body, 'revoked', 'renewed') WHERE seq=2",
      "UPDATE case_acts SET signature=replace(signature, 'a', 'b') WHERE seq=1",
      "UPDATE case_acts SET seq=3 WHERE seq=2",
      "DELETE FROM case_acts WHERE seq=1",
      "UPDATE cases SET cycle='request'",
      "INSERT INTO case_acts SELECT matter, 3, body, signature FROM case_acts WHERE seq=2",
  };
  for (const char* sql : alterations) {
    const auto d = staffed();
    const Case c = contained(*d);
    d->close();
    d->sql(sql);
    const auto read = CaseBook{d->carrier()}.read(c.matter);
    ASSERT_FALSE(read) << sql;
    EXPECT_EQ(read.error().exit, Exit::integrity) << sql;
  }
}

TEST(CaseBook, TwoAtOnceOneIsFirst) {
  const auto d = staffed();
  const Case c = contained(*d);
  CaseBook book{d->carrier()};
  const Json finding{
      {"finding", "nothing was read"}, {"agencies", {"Example County Sheriff"}}, {"breach", "no"}};
  CaseStep slow{"assess", finding};
  slow.effect = [&](const Case&) -> Result<Json> {  // meanwhile another person does it
    EXPECT_TRUE(CaseBook{d->carrier()}.act(c.matter, {"assess", finding}, acting(*d, "officer-2")));
    return Json::object();
  };
  const auto late = book.act(c.matter, slow, acting(*d, "officer-1"));
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().what.find("somebody was faster"), std::string::npos);
  EXPECT_EQ(book.read(c.matter)->newest("assess")->user, "officer-2");
}

TEST(CaseBook, TheAuditorSeesWhatWasTakenAway) {
  const auto problems = [](const char* sql) {
    const auto d = staffed();
    contained(*d);
    d->close();
    if (*sql != '\0') d->sql(sql);
    const auto r = AuditService{d->carrier()}.check_cases(who("auditor-1"));
    EXPECT_TRUE(r) << to_text(r.error());
    return (*r)["problems"];
  };
  EXPECT_EQ(problems(""), Json::array());
  const Json newest = problems("DELETE FROM case_acts WHERE seq=2 AND matter LIKE 'N%'");
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0]["act"], 2);
  EXPECT_EQ(problems("DELETE FROM case_acts WHERE matter LIKE 'N%'").size(),
            3u);  // the case without acts, and both acts of the log
}

TEST(CaseBook, OneSeriesWithTheOrders) {
  const auto d = at(Stage::filed);
  EXPECT_EQ(next_number(d->carrier(), "M").value(), "M-2026-0002");
  EXPECT_EQ(next_number(d->carrier(), "N").value(), "N-2026-0001");
}

}  // namespace
}  // namespace writ::desk
