// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of the checks: a demand of each kind that passes every check, and tables of changes to it.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/test_at.hh"
#include "process/demand.hh"

namespace writ::process::test {

using writ::test::at;
inline const records::StreetAddress pier{"12", "Pier Street", "Harborview", "GA", "30001"};
inline const Nanos tick{1000};
inline const Instant now = at("2026-11-23T15:00:00Z");

inline const policy::Policy& the_policy() {
  static const policy::Policy p = *policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / "sandbox");
  return p;
}

inline Receipt verified() {
  Receipt r;
  r.requester_verified = true;
  return r;
}

inline Demand demand(const std::string& kind) {
  const policy::ProcessKind& k = *policy::process_kind(the_policy(), kind);
  Demand d;
  d.kind = kind;
  d.instrument = "EX-SP-0042";
  d.issuer = "Clerk of the Court";
  d.court = "Superior Court of Example County";
  d.jurisdiction = "GA";
  d.statute = "O.C.G.A. 45-15-17";
  d.wording = "call detail records of the number, and the subscriber's name";
  d.issued = at("2026-11-20T15:00:00Z");
  d.received = at("2026-11-22T15:00:00Z");
  d.return_by = at("2026-12-07T15:00:00Z");
  d.is_signed = true;
  d.requester = {"Case Officer",
                 "4471",
                 "Example County Sheriff",
                 "+14045550170",
                 "officer@agencies.example",
                 "1 Court Square, Harborview, GA 30001",
                 "",
                 false,
                 false,
                 false};
  d.delivery = "mail";
  d.subjects = {{"number", "(404) 555-0102", "", "", {}}};
  if (policy::releases(k)) d.items = {"subscriber-name"};
  d.records_from = at("2026-10-01T00:00:00Z");
  d.records_until = at("2026-11-01T00:00:00Z");
  d.coordinated_before = d.cost_agreement = true;
  if (k.by_hand) {
    d.delivery = "hand";
    d.delivered_by = "a special agent";
    d.office = "fbi-field-office";
  }
  if (k.authority == "cited") d.authority = "fisa-title-1";
  if (k.column == "nsl") d.certifier = "the certifier", d.certifier_rank = "Special Agent in Charge";
  if (k.column == "emergency") {
    d.nature = "the name of the guest in room 214";
    d.circumstances = "a caller from that room announced to take his life";
    d.danger_to_person = true;
  }
  if (kind == "backup-preservation") d.underlying_process = "subpoena EX-SP-0041";
  if (kind == "extension" || kind == "modification" || kind == "withdrawal") d.of_matter = "M-2026-0007";
  return d;
}

enum Outcome { pass, fails, absent };

struct Case {
  const char* id;
  const char* what;
  Demand demand;
  Outcome expected;
  const char* fact = "";
  Receipt receipt = verified();
};

using Edit = std::function<void(Demand&)>;
inline Demand with(Demand d, const Edit& edit) {
  edit(d);
  return d;
}
inline Demand with(const std::string& kind, const Edit& edit) { return with(demand(kind), edit); }

// The result that concerns the whole document, or `item`.
inline const CheckResult* result(const std::vector<CheckResult>& all, const std::string& id,
                                 const std::string& item = "") {
  for (const CheckResult& c : all)
    if (c.id == id && c.item == item) return &c;
  return nullptr;
}

inline void expect(const Case& c) {
  const auto all = check_demand(c.demand, the_policy(), c.receipt, now);
  const CheckResult* r = result(all, c.id);
  const std::string about = std::string(c.id) + " " + c.demand.kind + ": " + c.what;
  ASSERT_EQ(r == nullptr, c.expected == absent) << about;
  if (r == nullptr) return;
  EXPECT_EQ(r->passed, c.expected == pass) << about << ": " << r->fact;
  EXPECT_FALSE(r->message.empty() || r->rule.empty() || r->cure.empty() || r->fact.empty()) << about;
  EXPECT_THAT(r->fact, ::testing::HasSubstr(c.fact)) << about;
}

}  // namespace writ::process::test
