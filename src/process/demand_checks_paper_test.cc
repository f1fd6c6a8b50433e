// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using namespace test;

TEST(DemandChecks, ADemandThatIsInOrderPassesAllOfThem) {
  for (const auto& k : the_policy().kinds) {
    if (k.cycle == "interception" || k.id == "walk-in" || k.id == "civil-subpoena") continue;
    for (const CheckResult& r : check_demand(demand(k.id), the_policy(), verified(), now))
      EXPECT_TRUE(r.passed) << k.id << " " << r.id << ": " << r.fact;
  }
}

TEST(DemandChecks, AnUnknownKindFailsWhateverElseItSays) {
  Demand d = demand("court-order");
  d.kind = "royal-warrant";
  const auto all = check_demand(d, the_policy(), verified(), now);
  EXPECT_FALSE(acceptable(all));
  EXPECT_THAT(result(all, "V15")->fact, ::testing::HasSubstr("royal-warrant"));
}

TEST(DemandChecks, APolicyWithoutTheRuleFailsClosed) {
  policy::Policy p = the_policy();
  std::erase_if(p.checks, [](const policy::CheckRule& r) { return r.id == "V18"; });
  EXPECT_FALSE(acceptable(check_demand(demand("court-order"), p, verified(), now)));
}

TEST(DemandChecks, Verified) {
  expect({"V1", "called back", demand("court-order"), pass, "called back"});
  expect({"V1", "not yet", demand("court-order"), fails, "no call-back", Receipt{}});
  EXPECT_TRUE(awaits_call_back(*result(check_demand(demand("court-order"), the_policy(), {}, now), "V1")));
}

TEST(DemandChecks, SignedAndDated) {
  const Demand s = demand("grand-jury-subpoena"), l = demand("preservation");
  for (const Case& c : std::vector<Case>{
           {"V2", "whole", s, pass, "EX-SP-0042"},
           {"V2", "unsigned", with(s, [](Demand& d) { d.is_signed = false; }), fails, "not signed"},
           {"V2", "undated", with(s, [](Demand& d) { d.issued = {}; }), fails, "not dated"},
           {"V2", "no issuer", with(s, [](Demand& d) { d.issuer = " "; }), fails, "issuer"},
           {"V2", "no number", with(s, [](Demand& d) { d.instrument = ""; }), fails, "number"},
           {"V2", "no return date", with(s, [](Demand& d) { d.return_by = {}; }), fails, "return date"},
           {"V2", "a letter needs no return date", with(l, [](Demand& d) { d.return_by = {}; }), pass},
           {"V2", "a letter needs no number", with(l, [](Demand& d) { d.instrument = ""; }), pass, "letter"},
           {"V2", "dated when received", with(s, [](Demand& d) { d.issued = d.received; }), pass},
           {"V2", "dated later", with(s, [](Demand& d) { d.issued = d.received + tick; }), fails, "after it"},
           {"V2", "return date at its date", with(s, [](Demand& d) { d.return_by = d.issued; }), fails,
            "return date"},
           {"V2", "a moment after", with(s, [](Demand& d) { d.return_by = d.issued + tick; }), pass},
           {"V2", "withdrawal of nothing", with("withdrawal", [](Demand& d) { d.of_matter = ""; }), fails,
            "earlier matter"}})
    expect(c);
}

TEST(DemandChecks, Court) {
  const Demand o = demand("court-order");
  for (const Case& c : std::vector<Case>{
           {"V3", "State court", o, pass, "GA"},
           {"V3", "letters have none", demand("preservation"), absent},
           {"V3", "no court", with(o, [](Demand& d) { d.court = ""; }), fails, "court"},
           {"V3", "no jurisdiction", with(o, [](Demand& d) { d.jurisdiction = ""; }), fails, "jurisdiction"},
           {"V3", "no State", with(o, [](Demand& d) { d.jurisdiction = "XX"; }), fails, "'XX'"},
           {"V3", "federal",
            with(o, [](Demand& d) { d.court = "United States District Court", d.jurisdiction = "US"; }),
            pass},
           {"V3", "federal court of a State", with(o, [](Demand& d) { d.court = "U.S. District Court"; }),
            fails, "not of GA"},
           {"V3", "no criminal jurisdiction",
            with(o, [](Demand& d) { d.court = "Probate Court of Example County"; }), fails, "probate"},
           {"V3", "part of a word", with(o, [](Demand& d) { d.court = "Superior Court of Trafficville"; }),
            pass}})
    expect(c);
}

TEST(DemandChecks, Statute) {
  for (const char* kind : {"administrative-subpoena", "judicial-summons"}) {
    expect({"V17", "cited", demand(kind), pass, "45-15-17"});
    expect({"V17", "not cited", with(kind, [](Demand& d) { d.statute = "\t"; }), fails, "statute"});
  }
  expect({"V17", "needs none", with("court-order", [](Demand& d) { d.statute = ""; }), absent});
}

TEST(DemandChecks, Contact) {
  const Demand s = demand("grand-jury-subpoena");
  for (const Case& c : std::vector<Case>{
           {"V18", "whole", s, pass, "4471"},
           {"V18", "no name", with(s, [](Demand& d) { d.requester.name = ""; }), fails, "name"},
           {"V18", "no badge", with(s, [](Demand& d) { d.requester.badge = ""; }), fails, "badge"},
           {"V18", "no agency", with(s, [](Demand& d) { d.requester.agency = ""; }), fails, "agency"},
           {"V18", "no phone", with(s, [](Demand& d) { d.requester.phone = ""; }), fails, "phone"},
           {"V18", "no address", with(s, [](Demand& d) { d.requester.return_address = ""; }), fails,
            "return"},
           {"V19", "no fax", s, absent},
           {"V19", "not confirmed", with(s, [](Demand& d) { d.requester.fax = "+14045550171"; }), fails,
            "0171"},
           {"V19", "on the paper",
            with(s, [](Demand& d) { d.requester.fax = "+14045550171", d.requester.fax_confirmed = true; }),
            pass}})
    expect(c);
  Receipt confirmed = verified();
  confirmed.fax_verified = true;
  expect({"V19", "by the carrier", with(s, [](Demand& d) { d.requester.fax = "+14045550171"; }), pass, "",
          confirmed});
}

TEST(DemandChecks, CoordinationAndCost) {
  for (const Case& c : std::vector<Case>{
           {"V29", "coordinated", demand("nsl"), pass},
           {"V29", "not", with("nsl", [](Demand& d) { d.coordinated_before = false; }), fails},
           {"V29", "not needed", with("court-order", [](Demand& d) { d.coordinated_before = false; }),
            absent},
           {"V30", "agreed", demand("cdr-delivery"), pass},
           {"V30", "not agreed", with("cdr-delivery", [](Demand& d) { d.cost_agreement = false; }), fails},
           {"V30", "no price", with("court-order", [](Demand& d) { d.cost_agreement = false; }), absent}})
    expect(c);
  EXPECT_TRUE(acceptable(check_demand(with("cdr-delivery", [](Demand& d) { d.cost_agreement = false; }),
                                      the_policy(), verified(), now)))
      << "cost never delays lawful execution";
}

TEST(DemandChecks, HowItCameAndFromWhom) {
  const Demand s = demand("grand-jury-subpoena");
  Receipt twice = verified();
  twice.repeats = {"the same document as M-2026-0003"};
  Receipt opined = verified();
  opined.binds_by = "counsel-1";
  for (const Case& c : std::vector<Case>{
           {"V37", "by mail", s, absent},
           {"V37", "a subpoena in hand", with(s, [](Demand& d) { d.delivery = "walk-in"; }), pass},
           {"V37", "nothing in hand", demand("walk-in"), fails, "without process"},
           {"V38", "new", s, pass},
           {"V38", "seen before", s, fails, "M-2026-0003", twice},
           {"V39", "public", s, pass},
           {"V39", "private", with(s, [](Demand& d) { d.requester.is_private = true; }), fails, "counsel"},
           {"V39", "civil", demand("civil-subpoena"), fails, "counsel"},
           {"V39", "foreign", with(s, [](Demand& d) { d.requester.is_foreign = true; }), fails, "treaty"},
           {"V39", "civil, and counsel says it binds", demand("civil-subpoena"), pass,
            "by the opinion of counsel-1", opined},
           {"V39", "private, and counsel says it binds",
            with(s, [](Demand& d) { d.requester.is_private = true; }), pass, "counsel-1", opined},
           {"V39", "no opinion makes a foreign one binding",
            with("civil-subpoena", [](Demand& d) { d.requester.is_foreign = true; }), fails, "treaty",
            opined},
           {"V40", "anywhere", s, absent},
           {"V40", "not at home", with(s, [](Demand& d) { d.state_service_needed = true; }), fails},
           {"V40", "at home", with(s, [](Demand& d) { d.state_service_needed = d.served_in_state = true; }),
            pass}})
    expect(c);
  EXPECT_TRUE(acceptable(check_demand(s, the_policy(), twice, now))) << "V38 warns";
}

}  // namespace
}  // namespace writ::process
