// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/page_intake.hh"

#include <gtest/gtest.h>

#include "cases/demand_case.hh"
#include "desk/test_staff.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;

Json proposed(const char* field, const char* value, int confidence) {
  return {{"field", field},           {"value", value}, {"page", 1},      {"region", {1, 2, 3, 4}},
          {"confidence", confidence}, {"text", value},  {"single", false}};
}

Json proposal(std::vector<Json> fields) {
  return {
      {"schema", "writ.page-proposal/1"}, {"document_sha256", std::string(64, 'a')}, {"proposals", fields}};
}

Json subpoena() {
  return proposal({proposed("kind", "grand-jury-subpoena", 95), proposed("issued", "2026-03-17", 90),
                   proposed("return_by", "2026-04-16", 90), proposed("records_until", "2026-02-28", 90),
                   proposed("instrument", "GJ-26-O417", 60),
                   proposed("subjects.1", "number +14045550142", 88),
                   proposed("items.subscriber-name", "yes", 90), proposed("signed", "yes", 85)});
}

PageDecisions decided() {
  PageDecisions d;
  d.accept_clear = true;
  d.set["instrument"] = "GJ-26-0417";
  return d;
}

TEST(PageIntake, ADecidedPageIsAProcessFileAndItsRecordIsKept) {
  const auto d = staffed();
  const auto c = PageIntake{d->carrier()}.confirm(subpoena(), decided(), acting(*d, "intake-1"));
  ASSERT_TRUE(c) << to_text(c.error());
  const auto demand = process::parse_demand(view_of(canonical(c->process_file)), "confirmed");
  ASSERT_TRUE(demand) << to_text(demand.error());
  EXPECT_EQ(demand->kind, "grand-jury-subpoena");
  EXPECT_EQ(demand->instrument, "GJ-26-0417");
  EXPECT_TRUE(demand->is_signed);
  // Days become instants of the carrier's own zone and hours: New York, 17:00; the last day of records is
  // whole.
  EXPECT_EQ(rfc3339_seconds(demand->issued), "2026-03-17T04:00:00Z");
  EXPECT_EQ(rfc3339_seconds(demand->return_by), "2026-04-16T21:00:00Z");
  EXPECT_EQ(rfc3339_seconds(demand->records_until), "2026-03-01T05:00:00Z");
  EXPECT_EQ(demand->read_from, c->sha256);
  EXPECT_EQ(c->record["fields"]["instrument"]["decision"], "corrected");
  EXPECT_EQ(c->record["fields"]["instrument"]["proposed"], "GJ-26-O417");
  EXPECT_EQ(c->record["fields"]["kind"]["decision"], "accepted");
  const auto kept = read_file(d->carrier().data() / "proposals" / (c->sha256 + ".json"));
  ASSERT_TRUE(kept);
  EXPECT_EQ(crypto::hex(crypto::sha256(*kept)), c->sha256);
  EXPECT_EQ(d->count("page.confirm"), 1u);
}

TEST(PageIntake, NothingIsAcceptedByItself) {
  const auto d = staffed();
  PageIntake intake{d->carrier()};
  const auto who = acting(*d, "intake-1");
  const auto refused = [&](const Json& p, const PageDecisions& decisions) {
    const auto r = intake.confirm(p, decisions, who);
    return r ? Exit::ok : r.error().exit;
  };
  EXPECT_EQ(refused(subpoena(), {}), Exit::refused);
  PageDecisions unsure = decided();
  unsure.set.clear();  // instrument was read with 60: --accept-clear does not reach it
  EXPECT_EQ(refused(subpoena(), unsure), Exit::refused);
  unsure.accept.insert("instrument");
  EXPECT_EQ(refused(subpoena(), unsure), Exit::ok);
  // A file that says of itself that nothing is single is judged again.
  Json missing = subpoena();
  missing["proposals"].push_back(proposed("pages", "2 of 3, missing 2", 99));
  EXPECT_EQ(refused(missing, decided()), Exit::refused);
  PageDecisions seen = decided();
  seen.accept.insert("pages");
  EXPECT_EQ(refused(missing, seen), Exit::ok);
}

TEST(PageIntake, DecisionsThatDoNotFitAreNamed) {
  const auto d = staffed();
  const auto what = [&](const Json& p, const PageDecisions& decisions) {
    const auto r = PageIntake{d->carrier()}.confirm(p, decisions, acting(*d, "intake-1"));
    return r ? std::string("accepted") : r.error().what;
  };
  PageDecisions twice = decided();
  twice.drop.insert("instrument");
  EXPECT_EQ(what(subpoena(), twice), "decided twice: instrument");
  PageDecisions unknown = decided();
  unknown.accept.insert("judge");
  EXPECT_EQ(what(subpoena(), unknown), "not proposed: judge");
  for (const auto& [field, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"issued", "17 March"},
                                                                  {"signed", "maybe"},
                                                                  {"schema", "x"},
                                                                  {"subjects.2", "number"},
                                                                  {"colour", "red"}}) {
    PageDecisions bad = decided();
    bad.set[field] = value;
    EXPECT_EQ(what(subpoena(), bad), std::string(field) + ": '" + value + "' does not fit");
  }
  EXPECT_EQ(what(Json{{"schema", "writ.demand/1"}}, decided()), "this is no proposal of a page");
}

TEST(PageIntake, AnInterceptionComesOutAsAnOrderFile) {
  const auto d = staffed();
  const auto c = PageIntake{d->carrier()}.confirm(
      proposal({proposed("kind", "wiretap", 95), proposed("records_from", "2026-11-02", 90),
                proposed("records_until", "2026-12-01", 90),
                proposed("subjects.1", "number +14045550142", 88)}),
      decided(), acting(*d, "counsel-1"));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->process_file["schema"], "writ.request/1");
  EXPECT_EQ(c->process_file["targets"][0]["value"], "+14045550142");
  EXPECT_EQ(c->process_file["end"], "2026-12-02T05:00:00.000000Z");
}

TEST(PageIntake, TheSameFilingWhoeverConfirmedIt) {
  process::Demand one, other;
  other.read_from = std::string(64, 'b');
  EXPECT_EQ(filing_key(one), filing_key(other));
  other.instrument = "x";
  EXPECT_NE(filing_key(one), filing_key(other));
}

TEST(PageIntake, AFaxIsProposedWithPlaceAndConfidenceAndFilesNothing) {
  const fs::path fax = fs::path(WRIT_SOURCE_DIR) / "tests/scan/samples/pen-trap-order.tiff";
  const auto p = propose_page(fax, true);
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_EQ((*p)["schema"], "writ.page-proposal/1");
  EXPECT_EQ((*p)["missing_pages"], Json::array({2}));
  EXPECT_EQ((*p)["pages"].size(), 2u);
  EXPECT_GT((*p)["pages"][0]["words"].size(), 100u);
  bool pages_single = false;
  for (const Json& f : (*p)["proposals"]) {
    EXPECT_EQ(f["region"].size(), 4u);
    EXPECT_LT(f["region"][0], f["region"][2]);
    if (f["field"] == "pages") pages_single = f["single"].get<bool>();
  }
  EXPECT_TRUE(pages_single);
}

}  // namespace
}  // namespace writ::cases
