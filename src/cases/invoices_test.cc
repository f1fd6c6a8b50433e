// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/invoices.hh"

#include <gtest/gtest.h>

#include "cases/recurring_window.hh"
#include "desk/test_staff.hh"
#include "process/demand.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using desk::CaseBook;
using process::Cycle;

const std::string wiretap = "M-2026-0001";

Exit exit_of(const Result<desk::Case>& r) { return r ? Exit::ok : r.error().exit; }

TEST(Invoices, GoFromEstimateToPaymentAndBillNoMonthTwice) {
  const auto d = at(Stage::armed);
  Invoices invoices{d->carrier()};
  CaseBook book{d->carrier()};
  const auto act = [&](const std::string& n, const desk::CaseStep& s, const std::string& user) {
    return book.act(n, s, acting(*d, user));
  };
  EXPECT_EQ(exit_of(invoices.estimate(wiretap, {}, acting(*d, "intake-1"))), Exit::refused);
  const auto estimated = invoices.estimate(wiretap, {}, acting(*d, "finance-1"));
  ASSERT_TRUE(estimated) << to_text(estimated.error());
  const std::string n = estimated->matter;
  EXPECT_EQ(n, "V-2026-0001");
  EXPECT_EQ(invoices.estimate(wiretap, {}, acting(*d, "finance-1"))->matter, n);
  EXPECT_EQ(estimated->acts.front().body["lines"].size(), 1u);  // thirty days: one month

  EXPECT_EQ(exit_of(invoices.issue(n, d->dir.path() / "i.pdf", acting(*d, "finance-1"))), Exit::refused);
  ASSERT_TRUE(act(n, Invoices::step("discuss", "with", "Case Officer"), "finance-1"));
  ASSERT_TRUE(act(n, Invoices::step("agree", "by", "Case Officer"), "finance-1"));
  ASSERT_TRUE(invoices.accrue(n, acting(*d, "finance-1")));
  const auto issued = invoices.issue(n, d->dir.path() / "i.pdf", acting(*d, "finance-1"));
  ASSERT_TRUE(issued) << to_text(issued.error());
  EXPECT_EQ(issued->newest("issue")->body["lines"][0]["cents"], 100000);
  EXPECT_TRUE(fs::exists(d->dir.path() / "i.pdf"));
  ASSERT_TRUE(act(n, Invoices::step("dispute", "reason", "too much"), "finance-1"));
  EXPECT_EQ(exit_of(act(n, Invoices::step("resolve", "reason", "by the table"), "finance-1")), Exit::refused);
  ASSERT_TRUE(act(n, Invoices::step("resolve", "reason", "by the table"), "counsel-1"));
  const auto paid = act(n, Invoices::step("pay", "received", "1000.00 USD"), "finance-1");
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->state, "paid");
  EXPECT_NE(invoices.estimate(wiretap, {}, acting(*d, "finance-1"))->matter, n);
}

TEST(Invoices, OfficerOrCounselWaiveNeverFinance) {
  const auto d = at(Stage::armed);
  const std::string n = Invoices{d->carrier()}.estimate(wiretap, {}, acting(*d, "finance-1"))->matter;
  CaseBook book{d->carrier()};
  EXPECT_EQ(exit_of(book.act(n, Invoices::step("waive", "reason", "S56"), acting(*d, "finance-1"))),
            Exit::refused);
  EXPECT_EQ(book.act(n, Invoices::step("waive", "reason", "S56"), acting(*d, "officer-1"))->state, "waived");
}

TEST(Invoices, FinanceNeverSeesTheTarget) {
  const auto d = at(Stage::armed);
  Invoices invoices{d->carrier()};
  const std::string n = invoices.estimate(wiretap, {}, acting(*d, "finance-1"))->matter;
  const std::string seen = canonical(invoices.list(who("finance-1")).value()) +
                           canonical(invoices.show(n, who("finance-1")).value());
  EXPECT_EQ(seen.find("5550102"), std::string::npos);
  EXPECT_EQ(seen.find("Superior"), std::string::npos);
  EXPECT_NE(seen.find("wiretap"), std::string::npos);
  EXPECT_FALSE(invoices.list(who("admin-1")));
  EXPECT_FALSE(invoices.list(who("technician-1")));
}

TEST(Invoices, CountWeeksAndFurtherDeliveriesAndWarnOfTollRecords) {
  const auto d = staffed();
  CaseBook book{d->carrier()};
  process::Demand demand;
  demand.kind = "cdr-delivery";
  demand.requester.agency = "Example County Sheriff";
  const auto key = [](const char* s) { return crypto::sha256(view_of(s)); };
  const Json filing{{"demand", process::to_json(demand)}, {"until", "2027-01-01T00:00:00Z"}};
  const std::string weekly =
      book.open(Cycle::recurring, key("a"), {"file", filing}, acting(*d, "intake-1"))->matter;
  const auto act = [&](const char* name, Json body, const char* user) {
    d->clock.advance(1min);
    const auto done = book.act(weekly, {name, std::move(body)}, acting(*d, user));
    ASSERT_TRUE(done) << to_text(done.error());
  };
  const Instant begun = d->clock.now();
  act("approve",
      {{"policy", "x"},
       {"authority", {{"kind", "pen-trap"}}},
       {"period", {{"from", rfc3339(begun)}, {"until", "2027-01-01T00:00:00Z"}}}},
      "counsel-1");
  act("order-extra", {{"reason", "asked"}}, "intake-1");
  // The further one, two weeks, and what came in afterwards, for which nobody pays.
  const WindowKind kinds[] = {WindowKind::extra, WindowKind::week, WindowKind::week, WindowKind::late};
  for (int i = 0; i < 4; ++i) {
    Window w;
    w.number = static_cast<std::uint64_t>(i) + 1;
    w.kind = kinds[i];
    w.from = begun + i * 24h;
    w.until = w.from + 24h;
    act("recheck", {{"authority", "x"}}, "intake-1");
    act("extract", {{"collection", "x"}}, "intake-1");
    act("check", {{"collection", "x"}}, "intake-2");
    act("deliver", {{"delivery", "x"}, {"window", to_json(w)}}, "intake-1");
    act("acknowledge", {{"by", "x"}}, "intake-1");
  }
  const auto b = Invoices{d->carrier()}.bill(weekly, false, {});
  ASSERT_TRUE(b) << to_text(b.error());
  ASSERT_EQ(b->lines.size(), 2u);
  EXPECT_EQ(b->lines[0].cents, 30000);
  EXPECT_EQ(b->lines[1].cents, 5000);

  demand.kind = "grand-jury-subpoena";
  demand.items = {"subscriber-calls"};
  const std::string request =
      book.open(Cycle::request, key("b"), {"file", Json{{"demand", process::to_json(demand)}}},
                acting(*d, "intake-1"))
          ->matter;
  EXPECT_EQ(exit_of(Invoices{d->carrier()}.estimate(request, {}, acting(*d, "finance-1"))), Exit::usage);
  EXPECT_EQ(exit_of(Invoices{d->carrier()}.estimate(request, {{"work", "", 100}}, acting(*d, "finance-1"))),
            Exit::usage);
  const auto own = Invoices{d->carrier()}.bill(request, true, {{"search", "18 USC 2706(a)", 2500}});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->warnings.size(), 1u);
}

}  // namespace
}  // namespace writ::cases
