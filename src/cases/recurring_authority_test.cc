// SPDX-License-Identifier: GPL-3.0-or-later
// What a continuing delivery stands on, and every way in which it no longer does (L13, I3).
#include "cases/recurring_authority.hh"

#include "cases/test_recurring.hh"

namespace writ::cases::testing {
namespace {

Result<Case> approve_delivery(Continuing& s, const RecurringWord& w = {}) {
  return s.recurring.approve(s.m, w, s.who("counsel-1"));
}

// What counsel says of a document, changed in one thing, under that order.
void expect_not_approved(Continuing& s, const std::function<void(Demand&)>& change, Exit exit,
                         const std::string& says) {
  Demand x = s.weekly({Lodge::number("+14045550160")});
  x.instrument = "EX " + says;
  change(x);
  s.ordered(x);
  expect_exit(approve_delivery(s), exit, says, says);
}

TEST(RecurringAuthority, TheDocumentAsksForNoMoreThanTheOrder) {
  Continuing s;
  s.interception("pen-trap");
  expect_not_approved(
      s, [](Demand& x) { x.of_matter = ""; }, Exit::refused, "names no order");
  expect_not_approved(
      s, [](Demand& x) { x.of_matter = "M-2026-0099"; }, Exit::not_found, "M-2026-0099");
  expect_not_approved(
      s, [](Demand& x) { x.subjects.push_back(Lodge::room("7")); }, Exit::refused, "does not name subject 2");
  expect_not_approved(
      s, [](Demand& x) { x.requester.return_address = "9 Harbor Way"; }, Exit::refused, "is not the one of");
  expect_not_approved(
      s, [](Demand& x) { x.requester.fax = "+14045550177"; }, Exit::refused, "is not the one of");
  expect_not_approved(
      s, [](Demand& x) { x.requester.agency = "Example City Police"; }, Exit::refused, "is not the one of");
  expect_not_approved(
      s, [](Demand& x) { x.items = {"subscriber-name"}; }, Exit::refused, "no call detail record");
  expect_not_approved(
      s, [](Demand& x) { x.is_signed = false; }, Exit::refused, "V2");
  expect_not_approved(
      s,
      [&](Demand& x) {
        x.records_from = x.issued = s.now - Hotel::days(9);
        x.records_until = s.now - 1h;
      },
      Exit::expired, "ends");
  EXPECT_EQ(s.d->count("records.scope"), 0u);
}

TEST(RecurringAuthority, CallsOnlyAndNotBeyondTheOrdersEnd) {
  Continuing s;
  s.interception("pen-trap");
  Demand x = s.weekly({Lodge::number("+14045550160")});
  x.items.emplace_back("subscriber-name");
  x.records_from = s.now - Hotel::days(5);
  x.records_until = s.now + Hotel::days(300);
  s.ordered(x);
  const auto done = approve_delivery(s);
  ASSERT_TRUE(done) << to_text(done.error());
  const Progress p = progress_of(*done).value();
  const desk::Order o = desk::Orders{s.c()}.newest(s.order).value();
  EXPECT_EQ(p.from, o.request.start);
  EXPECT_EQ(p.until, o.request.end);
  const auto items = decisions_of(*done);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_FALSE(items[2].permitted) << "a name is asked for by a request";
  s.append({s.call(1, s.now + 1h)}, "a");
  s.d->clock.set(p.from + Hotel::days(7));
  s.rounds(1);
  const std::string text = canonical(s.kept());
  for (const char* other : {"Pier", "Doe", "Roe", "\"account\"", "PL-2001"})
    EXPECT_EQ(text.find(other), std::string::npos) << other << ": call-identifying records only\n" << text;
}

TEST(RecurringAuthority, APenRegisterSeesOutgoingATrapIncomingCalls) {
  for (const auto& [kind, seen] : std::initializer_list<std::pair<const char*, Starts>>{
           {"pen-register", {"out"}}, {"trap-and-trace", {"in"}}, {"pen-trap", {"out", "in"}}}) {
    Continuing s;
    s.interception(kind);
    s.ordered(s.weekly({Lodge::number("+14045550160")}));
    ASSERT_TRUE(approve_delivery(s));
    records::Cdr out = s.call(1, s.now + 1h), in = s.call(2, s.now + 2h);
    out.caller = in.called = "+14045550160";
    in.caller = "+14045550199";
    out.caller_extension = in.caller_extension = "";
    s.append({out, in}, "a");
    s.d->clock.set(s.now + Hotel::days(8));
    s.rounds(1);
    Starts expected;
    for (const std::string& way : seen) expected.push_back(s.at(way == "out" ? out.start : in.start));
    EXPECT_EQ(s.starts("collection"), expected) << kind;
  }
}

TEST(RecurringAuthority, BothAuthorisationsOfTheOrderAreNeeded) {
  Continuing s;
  s.interception("pen-trap", false);
  s.ordered(s.weekly({Lodge::number("+14045550160")}));
  expect_exit(approve_delivery(s), Exit::refused, "the officer has not signed", "carrier-authorisation");
  ASSERT_TRUE(s.d->intercepts().authorise(s.order, desk::testing::who("officer-1")));
  EXPECT_TRUE(approve_delivery(s));
}

TEST(RecurringAuthority, AnOrderThatIsAlteredInTheStoreAuthorisesNothing) {
  Continuing s;
  s.interception("pen-trap");
  s.ordered(s.weekly({Lodge::number("+14045550160")}));
  s.d->sql("UPDATE orders SET request=replace(request, '555-0160', '555-0161')");
  expect_exit(approve_delivery(s), Exit::integrity, "another target", "altered");
}

TEST(RecurringAuthority, StoppedBetweenAnyTwoStepsNothingGoesOn) {
  for (int steps = 0; steps <= 3; ++steps) {
    Continuing s;
    s.interception("pen-trap");
    s.ordered(s.weekly({Lodge::number("+14045550160")}));
    ASSERT_TRUE(approve_delivery(s));
    s.d->clock.set(s.now + Hotel::days(8));
    s.first_steps(steps);
    ASSERT_TRUE(
        s.d->intercepts().stop(s.order, "revoked", s.d->out() / "lists", desk::testing::who("officer-1")));
    const auto next = steps == 0   ? s.recheck()
                      : steps == 1 ? s.extract()
                      : steps == 2 ? s.check()
                                   : s.deliver();
    expect_exit(next, Exit::refused, "the order was stopped", "counsel stops the delivery");
    EXPECT_FALSE(fs::exists(s.files(1)));
    EXPECT_FALSE(s.recurring.show(s.m).value()["authority"]["stands"].get<bool>());
  }
}

TEST(RecurringAuthority, ACourtOrderNeedsCounselsWordAndStands) {
  Continuing s;
  s.court_order({Lodge::room("7"), Lodge::number("+14045550160")});
  s.ordered(s.weekly({Lodge::room("7")}));
  expect_exit(approve_delivery(s), Exit::refused, "L13", "L13");
  ASSERT_TRUE(approve_delivery(s, Continuing::basis()));
  s.d->clock.set(s.now + Hotel::days(7));
  ASSERT_TRUE(s.recheck());
  s.act(s.order, "challenge", Json{{"reason", "a motion to quash"}}, "counsel-1");
  expect_exit(s.extract(), Exit::refused, "challenged", "challenged");
}

TEST(RecurringAuthority, OnlyAnOrderForRecordsToComeCounts) {
  Continuing s;
  s.order = s.validated(s.paper("grand-jury-subpoena", {Lodge::room("7")})).matter;
  s.ordered(s.weekly({Lodge::room("7")}));
  expect_exit(approve_delivery(s, Continuing::basis()), Exit::refused, "a subpoena",
              "no order for records to come");
  Continuing u;
  u.order = u.validated(u.paper("court-order", {Lodge::room("7")})).matter;
  u.ordered(u.weekly({Lodge::room("7")}));
  expect_exit(approve_delivery(u, Continuing::basis()), Exit::refused, "not approved itself", "validated");
}

TEST(RecurringAuthority, AModificationThatWaitsHoldsTheDeliveryUp) {
  Continuing s;
  s.running();
  s.d->clock.set(s.now + Hotel::days(7));
  Demand x = s.paper("withdrawal", {Lodge::room("7")});
  x.of_matter = s.order;
  const Case withdrawal = s.open(Cycle::request, x);
  expect_exit(s.recheck(), Exit::refused, "a withdrawal waits", withdrawal.matter);
  s.act(withdrawal.matter, "reject", Json{{"reason", "of another order"}}, "officer-1");
  EXPECT_TRUE(s.recheck());
}

TEST(RecurringAuthority, AScopeBesideTheApprovalOrOneThatIsOverOpensNothing) {
  Continuing s;
  s.end = s.now + Hotel::days(200);
  s.running();
  s.d->clock.set(s.now + Hotel::days(80));
  s.first_steps(2);
  s.d->clock.set(s.now + Hotel::days(91));
  expect_exit(s.check(), Exit::expired, "in the middle of a round", "counsel: writ recurring approve");
  expect_exit(s.recheck(), Exit::expired, "the ticket's 90 days", "counsel: writ recurring approve");
  const auto again = approve_delivery(s, Continuing::basis());
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(progress_of(*again)->from, s.now) << "nothing of the delivery moves";
  s.rounds(1);
  desk::ScopeRequest wider = s.request({lodge_room}, {RecordItem::subscriber_calls, RecordItem::tenant_name});
  wider.matter = s.m;
  ASSERT_TRUE(s.service().grant_scope(wider, s.who("counsel-2")));
  expect_exit(s.recheck(), Exit::refused, "another scope");
}

TEST(RecurringAuthority, TheActsOfOtherLifeCyclesAreNoneOfThese) {
  Continuing s;
  s.court_order({Lodge::room("7")});
  s.ordered(s.weekly({Lodge::room("7")}));
  expect_exit(Disclosure{s.c()}.approve(s.m, {}, s.who("counsel-1")), Exit::refused, "not by disclosure",
              "recurring");
  const std::string request = s.validated(s.paper("search-warrant", {Lodge::room("7")})).matter;
  expect_exit(s.recurring.approve(request, Continuing::basis(), s.who("counsel-1")), Exit::refused,
              "a request");
  EXPECT_EQ(desk::read_case(s.c(), request)->state, "validated");
  const auto opened =
      s.recurring.open(view_of(std::string("schema = \"writ.demand/1\"\nkind = \"court-order\"\n")), "x.toml",
                       desk::testing::source_dir / "sandbox" / "order.pdf", s.who("intake-1"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().exit, Exit::usage);
}

}  // namespace
}  // namespace writ::cases::testing
