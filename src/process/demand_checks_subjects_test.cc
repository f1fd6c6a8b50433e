// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/demand_checks.hh"
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using namespace test;

Demand naming(DemandSubject s) {
  return with("court-order", [&](Demand& d) { d.subjects = {std::move(s)}; });
}

records::StreetAddress without(std::string records::StreetAddress::*field) {
  records::StreetAddress a = pier;
  a.*field = "";
  return a;
}

TEST(DemandChecks, AccountNames) {
  const records::StreetAddress town{"", "", "Harborview", "GA", ""};
  for (const Case& c : std::vector<Case>{
           {"V5", "none", demand("court-order"), absent},
           {"V5", "with address", naming({"account-name", "Harbor House", "", "", pier}), pass},
           {"V5", "alone", naming({"account-name", "Harbor House", "", "", {}}), fails, "Harbor House"},
           {"V5", "with number, city, State", naming({"account-name", "Harbor House", "HH-1001", "", town}),
            pass},
           {"V5", "without number", naming({"account-name", "Harbor House", "", "", town}), fails},
           {"V5", "without city",
            naming({"account-name", "Harbor House", "HH-1001", "", {"", "", "", "GA", ""}}), fails}})
    expect(c);
}

TEST(DemandChecks, Addresses) {
  using A = records::StreetAddress;
  expect({"V7", "none", demand("court-order"), absent});
  expect({"V7", "whole", naming({"street-address", "", "", "", pier}), pass});
  for (const auto& [field, name] : {std::pair{&A::building, "building number"},
                                    {&A::street, "street"},
                                    {&A::city, "city"},
                                    {&A::state, "State"},
                                    {&A::zip, "ZIP"}})
    expect({"V7", name, naming({"street-address", "", "", "", without(field)}), fails, name});
}

TEST(DemandChecks, Tenants) {
  const Demand whole = naming({"tenant-name", "Doe, James", "", "Harbor House", pier});
  const Demand in_city =
      naming({"tenant-name", "Doe, James", "", "Harbor House", {"", "", "Harborview", "GA", ""}});
  for (const Case& c : std::vector<Case>{
           {"V10", "none", demand("court-order"), absent},
           {"V10", "address and dates", whole, pass},
           {"V10", "no subscriber", naming({"tenant-name", "Doe, James", "", "", pier}), fails, "subscriber"},
           {"V10", "no place", naming({"tenant-name", "Doe, James", "", "Harbor House", {}}), fails,
            "Doe, James"},
           {"V10", "city and State, no dates", with(in_city, [](Demand& d) { d.records_from = {}; }), pass},
           {"V10", "State alone", naming({"tenant-name", "Doe", "", "Harbor House", {"", "", "", "GA", ""}}),
            fails}})
    expect(c);
  // A whole address holds city and State, so it stands without dates, too: S15's second way.
  expect({"V10", "address, no end", with(whole, [](Demand& d) { d.records_until = {}; }), pass});
  expect({"V11", "none", demand("court-order"), absent});
  expect({"V11", "with property", naming({"extension", "214", "HH-1001", "", {}}), pass});
  expect({"V11", "without", naming({"extension", "214", " ", "", {}}), fails, "214"});
}

TEST(DemandChecks, Words) {
  const auto saying = [](const char* words) {
    return with("court-order", [&](Demand& d) { d.wording = words; });
  };
  for (const Case& c : std::vector<Case>{
           {"V13", "exact", demand("court-order"), pass},
           {"V13", "sweeping", saying("Any and all records of the guest"), fails, "any and all"},
           {"V13", "part of words", saying("many and allied records"), pass},
           {"V13", "no item", with("court-order", [](Demand& d) { d.items = {}; }), fails, "which records"},
           {"V13", "nobody", with("court-order", [](Demand& d) { d.subjects = {}; }), fails, "names nobody"},
           {"V13", "nobody to preserve", with("preservation", [](Demand& d) { d.subjects = {}; }), fails,
            "names nobody"},
           {"V13", "an extension names its matter", with("extension", [](Demand& d) { d.subjects = {}; }),
            pass},
           {"V13", "a preservation names none", with("preservation", [](Demand& d) { d.items = {}; }), pass},
           {"V14", "generic", saying("call detail records"), pass},
           {"V14", "acronym", saying("send the CDRs and LUDs."), fails, "CDRs, LUDs"},
           {"V14", "part of a word", saying("the cdrom"), pass},
           {"V14", "nothing quoted", saying(""), absent}})
    expect(c);
  EXPECT_TRUE(holds_words("Quay", "quay"));
  EXPECT_TRUE(holds_words("a quay-side", "QUAY"));
  EXPECT_FALSE(holds_words("quayside quays", "quay"));
  EXPECT_TRUE(holds_words("quays quay", "quay"));
  EXPECT_FALSE(holds_words("quay", ""));
}

std::vector<CheckResult> asking(const std::string& kind, std::vector<std::string> items,
                                std::vector<std::string> expressly = {}) {
  return check_demand(with(kind,
                           [&](Demand& d) {
                             d.items = std::move(items);
                             d.expressly = std::move(expressly);
                           }),
                      the_policy(), verified(), now);
}

TEST(DemandChecks, AnItemThatIsNotReachedIsNamedAndTheRestGoesOn) {
  const auto r = asking("judicial-summons", {"subscriber-name", "subscriber-calls"});
  const CheckResult* calls = result(r, "V15", "subscriber-calls");
  ASSERT_NE(calls, nullptr);
  EXPECT_FALSE(calls->passed);
  EXPECT_THAT(calls->rule, ::testing::HasSubstr("S22"));
  EXPECT_EQ(result(r, "V15", "subscriber-name"), nullptr);
  EXPECT_TRUE(result(r, "V15")->passed);
  EXPECT_TRUE(acceptable(r));
  Demand d = demand("judicial-summons");
  d.items = {"subscriber-name", "subscriber-calls"};
  EXPECT_EQ(items_left(d, r), std::vector<std::string>{"subscriber-name"});
}

TEST(DemandChecks, NothingLeftIsARejection) {
  const auto r = asking("judicial-summons", {"subscriber-calls"});
  EXPECT_FALSE(result(r, "V15")->passed);
  EXPECT_FALSE(acceptable(r));
  EXPECT_FALSE(acceptable(asking("court-order", {"no-such-item"})));
}

TEST(DemandChecks, ASocialSecurityNumberIsRequestedExpresslyInACourtOrder) {
  EXPECT_NE(result(asking("court-order", {"subscriber-name", "subscriber-ssn"}), "V16", "subscriber-ssn"),
            nullptr);
  const auto r = asking("court-order", {"subscriber-name", "subscriber-ssn"}, {"subscriber-ssn"});
  EXPECT_EQ(result(r, "V16", "subscriber-ssn"), nullptr);
  EXPECT_EQ(result(r, "V15", "subscriber-ssn"), nullptr);
  EXPECT_NE(result(asking("grand-jury-subpoena", {"subscriber-name", "subscriber-ssn"}, {"subscriber-ssn"}),
                   "V15", "subscriber-ssn"),
            nullptr);
}

TEST(DemandChecks, ASilentCellIsCounselsToDecideLater) {
  const auto r = asking("nsl", {"subscriber-name", "tenant-address", "subscriber-number"});
  EXPECT_EQ(result(r, "V34", "tenant-address"), nullptr);
  EXPECT_NE(result(r, "V34", "subscriber-number"), nullptr) << "not one of the four items of 18 USC 2709";
}

}  // namespace
}  // namespace writ::process
