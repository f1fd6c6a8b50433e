// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of continuing deliveries: the Pier Lodge, an order over it, and the document that asks for
// its call detail records week by week.
#pragma once
#include <sstream>

#include "cases/disclosure.hh"
#include "cases/recurring.hh"
#include "cases/recurring_records.hh"
#include "cases/test_lodge.hh"

namespace writ::cases::testing {

using Starts = std::vector<std::string>;  // of calls, in their order

struct Continuing : Lodge {
  Recurring recurring{c()};
  std::string order, m;  // the order, and the case of the delivery
  Instant end = now + days(30);

  // As an order states it, and as the delivery under it does.
  Demand paper(const std::string& kind, std::vector<DemandSubject> subjects) const {
    Demand x = demand(kind, std::move(subjects), {"subscriber-calls", "tenant-calls"});
    x.jurisdiction = "GA";
    x.wording = "call detail records";
    x.received = now;
    x.is_signed = x.coordinated_before = x.cost_agreement = true;
    x.delivery = "mail";
    x.requester.return_address = "1 Court Square, Harborview, GA 30001";
    x.records_from = now;
    x.records_until = end;
    return x;
  }
  Demand weekly(std::vector<DemandSubject> subjects) const {
    Demand x = paper("cdr-delivery", std::move(subjects));
    x.of_matter = order;
    return x;
  }
  void court_order(std::vector<DemandSubject> subjects) {
    Demand x = paper("court-order", std::move(subjects));
    x.records_from = now - days(30);
    order = validated(x).matter;
    const auto approved = Disclosure{c()}.approve(order, {}, who("counsel-1"));
    ASSERT_TRUE(approved) << to_text(approved.error());
  }
  // Of desk::Orders, with both authorisations when `authorised`.
  void interception(const std::string& kind, bool authorised = true) {
    desk::testing::OrderText o;
    o.kind = kind;
    o.instrument = "EX-" + kind;
    o.target = "(404) 555-0160";
    o.days = std::chrono::days{30};
    const auto filed = d->file(o);
    ASSERT_TRUE(filed) << to_text(filed.error());
    order = filed->matter;
    ASSERT_TRUE(d->requests().approve(order, "", desk::testing::who("counsel-1")));
    if (authorised) {
      ASSERT_TRUE(d->intercepts().authorise(order, desk::testing::who("officer-1")));
    }
  }
  void ordered(const Demand& x) {
    const Json body{{"demand", to_json(x)}, {"until", rfc3339(x.records_until)}};
    const auto opened = CaseBook{c()}.open(Cycle::recurring, filing_key(x), {"file", body}, who("intake-1"));
    ASSERT_TRUE(opened) << to_text(opened.error());
    m = opened->matter;
  }
  static RecurringWord basis() { return {{}, "the order says: as they are made"}; }
  // Under a court order of the room, approved.
  void running() {
    court_order({room("7")});
    ordered(weekly({room("7")}));
    const auto approved = recurring.approve(m, basis(), who("counsel-1"));
    ASSERT_TRUE(approved) << to_text(approved.error());
  }

  Result<Case> recheck(const std::string& by = "intake-1") { return recurring.recheck(m, who(by)); }
  Result<Case> extract(const std::string& by = "intake-1") { return recurring.extract(m, who(by)); }
  Result<Case> check(const std::string& by = "officer-1") { return recurring.check(m, who(by)); }
  Result<Case> deliver(const std::string& by = "intake-1") { return recurring.deliver(m, d->out(), who(by)); }
  Result<Case> acknowledge() { return recurring.acknowledge(m, "the agency's receipt", who("intake-1")); }
  Result<Case> extra() { return recurring.order_extra(m, "the agency asks", who("intake-1")); }
  Result<Case> stop() { return recurring.stop(m, "withdrawn by the agency", who("officer-1")); }
  // One delivery from the authority to the receipt.
  Result<Case> round() {
    Result<Case> done = recheck();
    if (done) done = extract();
    if (done) done = check();
    if (done) done = deliver();
    if (done) done = acknowledge();
    return done;
  }
  void first_steps(int n) {  // of a round
    const std::function<Result<Case>()> steps[] = {[&] { return recheck(); }, [&] { return extract(); },
                                                   [&] { return check(); }, [&] { return deliver(); }};
    for (int i = 0; i < n; ++i) {
      const auto done = steps[i]();
      ASSERT_TRUE(done) << "step " << i << ": " << to_text(done.error());
    }
  }
  void rounds(int n) {
    for (int i = 0; i < n; ++i) {
      const auto done = round();
      ASSERT_TRUE(done) << "delivery " << i << ": " << to_text(done.error());
    }
  }
  Case of() { return desk::read_case(c(), m).value(); }
  Json kept() { return kept_delivery(c(), of()).value(); }
  Starts starts(const char* part) {
    Starts out;
    const Json delivery = kept();
    if (delivery[part].is_object())
      for (const Json& row : delivery[part]["calls"]) out.push_back(row.value("start", ""));
    return out;
  }
  std::string at(Instant t) const { return rfc3339(std::chrono::floor<std::chrono::milliseconds>(t)); }
  fs::path files(int number) const { return d->out() / m / fmt::format("delivery-{:04}", number); }
};

// Of a letter, whatever its lines are.
inline std::string words_of_pdf(const fs::path& pdf) {
  std::istringstream in(text_of_pdf(pdf));
  std::string out;
  for (std::string word; in >> word;) out += word + " ";
  return out;
}

template <class T>
void expect_exit(const Result<T>& r, Exit exit, const std::string& about, std::string_view says = "") {
  ASSERT_FALSE(r) << about;
  EXPECT_EQ(r.error().exit, exit) << about << "\n" << to_text(r.error());
  if (exit == Exit::refused) {
    EXPECT_FALSE(r.error().rule.empty() || r.error().next.empty()) << about << "\n" << to_text(r.error());
  }
  EXPECT_NE(to_text(r.error()).find(says), std::string::npos) << about << "\n" << to_text(r.error());
}

}  // namespace writ::cases::testing
