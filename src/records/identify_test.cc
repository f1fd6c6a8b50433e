// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/identify.hh"

#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outcome = Answer::Outcome;
using AskBy = Ask::By;

const StreetAddress pier{"12", "Pier Street", "Harborview", "GA", "30001"};
const StreetAddress quay{"3", "Quay Lane", "Harborview", "GA", "30001"};

Instant june(int d) { return at(fmt::format("2026-06-{:02}T00:00:00Z", d).c_str()); }

class Identify : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    if (IsSkipped()) return;
    good(
        "account,name,class,zone,from,until\n"
        "HH-1001,Harbor House,hospitality,America/New_York,2024-03-01T00:00:00Z,\n"
        "QI-1002,Quay Inn,hospitality,,2024-06-15T00:00:00Z,\n"
        "OQ-0900,Old Quay,hospitality,,2020-01-01T00:00:00Z,2022-01-01T00:00:00Z\n");
    good(
        "account,building,street,city,state,zip,from,until\n"
        "HH-1001,12,Pier Street,Harborview,GA,30001,2024-03-01T00:00:00Z,\n"
        "QI-1002,3,Quay Lane,Harborview,GA,30001,2024-06-15T00:00:00Z,\n"
        "OQ-0900,3,Quay Lane,Harborview,GA,30001,2020-01-01T00:00:00Z,2022-01-01T00:00:00Z\n");
    good(
        "account,number,extension,from,until\n"
        "HH-1001,+14045550102,214,2024-03-01T00:00:00Z,\n"
        "HH-1001,+14045550103,,2024-03-01T00:00:00Z,\n"
        "HH-1001,+14045550104,,2024-03-01T00:00:00Z,2025-12-31T00:00:00Z\n"
        "QI-1002,+14045550104,,2026-01-05T00:00:00Z,\n");
    good("account,first,last,from\nQI-1002,+14045550150,+14045550159,2024-06-15T00:00:00Z\n");
    good(
        "account,number,direction,carrier,at\nHH-1001,+14045550103,out,Example "
        "Telecom,2026-05-01T00:00:00Z\n");
    good(
        "account,extension,room,tenant,from\n"
        "HH-1001,214,214,,2024-03-01T00:00:00Z\nHH-1001,100,,Front Desk,2024-03-01T00:00:00Z\n");
    good(
        "account,reservation,room,name,sharer,from,until\n"
        "HH-1001,R1,214,James Doe,no,2026-06-01T00:00:00Z,2026-06-05T00:00:00Z\n"
        "HH-1001,R2,214,Ann Roe,no,2026-06-05T00:00:00Z,2026-06-09T00:00:00Z\n"
        "HH-1001,R3,214,Bo Roe,yes,2026-06-05T00:00:00Z,2026-06-09T00:00:00Z\n"
        "HH-1001,R4,301,James Doe,no,2026-08-01T00:00:00Z,2026-08-03T00:00:00Z\n");
  }
  Answer ask(const Ask& a) {
    const auto r = identify(*book_, a, "the porting administrator");
    EXPECT_TRUE(r) << to_text(r.error());
    return r ? *r : Answer{};
  }
  std::string bytes(const Ask& a) { return canonical(to_json(ask(a))); }

  static Ask of_number(const char* n, AskBy by = AskBy::number) {
    Ask a;
    a.by = by, a.number = n;
    return a;
  }
  static Ask of_account(const char* n) {
    Ask a;
    a.by = AskBy::account_number, a.account_number = n;
    return a;
  }
  static Ask of_name(const char* name, const StreetAddress& s) {
    Ask a;
    a.by = AskBy::account_name, a.account_name = name, a.address = s;
    return a;
  }
  static Ask of_address(const StreetAddress& s) {
    Ask a;
    a.by = AskBy::street_address, a.address = s;
    return a;
  }
  static Ask of_extension(const char* extension, const char* property) {
    Ask a;
    a.by = AskBy::tenant_extension, a.extension = extension, a.property = property;
    return a;
  }
  static Ask of_tenant(const char* name, const char* subscriber = "Harbor House",
                       const StreetAddress& s = pier) {
    Ask a;
    a.by = AskBy::tenant_name, a.tenant_name = name, a.account_name = subscriber, a.address = s;
    a.from = june(1), a.until = june(30);
    return a;
  }
  static Ask in(Ask a, Instant from, Instant until) {
    a.from = from, a.until = until;
    return a;
  }
  void matches(const Ask& a, const char* account, const char* reservation = "") {
    const Answer r = ask(a);
    ASSERT_EQ(r.outcome, Outcome::match) << to_json(a).dump() << " " << to_json(r).dump();
    ASSERT_EQ(r.parties.size(), 1u);
    EXPECT_EQ(r.parties[0].account, account);
    EXPECT_EQ(r.parties[0].reservation, reservation);
  }
  void is(const Ask& a, Outcome o, const char* rule) {
    const Answer r = ask(a);
    EXPECT_EQ(r.outcome, o) << to_json(a).dump() << " " << to_json(r).dump();
    EXPECT_EQ(r.rule, rule) << to_json(a).dump();
    EXPECT_THAT(r.parties, IsEmpty());
    EXPECT_FALSE(r.text.empty());
    EXPECT_EQ(r.needs.empty(), o == Outcome::no_record || o == Outcome::refer);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Identify, store::both_engines, store::engine_name);

TEST_P(Identify, S8ANumberServedNowOrHistorically) {
  matches(of_number("(404) 555-0102"), "HH-1001");
  matches(of_number("404-555-0155"), "QI-1002");
  matches(in(of_number("404-555-0104"), at("2025-01-01T00:00:00Z"), at("2025-02-01T00:00:00Z")), "HH-1001");
  matches(in(of_number("404-555-0104"), june(1), june(2)), "QI-1002");
  is(of_number("404-555-0104"), Outcome::several, "S8");
  is(of_number("404-555-0199"), Outcome::refer, "S8");
  is(of_number("555-0102"), Outcome::need_more, "S8");
  EXPECT_THAT(ask(of_number("404-555-0199")).text, HasSubstr("the porting administrator"));
}

TEST_P(Identify, S8APortedNumberIsReferredExceptForTheTimeBeforeItsPort) {
  is(of_number("404-555-0103"), Outcome::refer, "S8");
  is(in(of_number("404-555-0103"), june(1), june(2)), Outcome::refer, "S8");
  const auto before = in(of_number("404-555-0103"), at("2026-01-01T00:00:00Z"), june(2));
  matches(before, "HH-1001");
  EXPECT_EQ(ask(before).parties.at(0).period.until, at("2026-05-01T00:00:00Z"));
  EXPECT_EQ(bytes(of_number("404-555-0103")), bytes(of_number("404-555-0199"))) << "nor that it once was";
}

TEST_P(Identify, S9AnAccountNameAloneIsNeverEnough) {
  is(of_name("Harbor House", {}), Outcome::need_more, "S9");
  EXPECT_EQ(bytes(of_name("Harbor House", {})), bytes(of_name("No Such House", {})));
  is(of_name("Harbor House", {"12", "Pier Street", "Harborview", "GA", ""}), Outcome::need_more, "S9");
  is(of_name("", pier), Outcome::need_more, "S9");
  matches(of_name("Harbor House", pier), "HH-1001");
  Ask short_way = of_name("Harbor House", {"", "", "Harborview", "GA", ""});
  is(short_way, Outcome::need_more, "S9");
  short_way.account_number = "HH-1001";
  matches(short_way, "HH-1001");
  short_way.address.city = "Saltmarsh";
  is(short_way, Outcome::no_record, "S10");
}

TEST_P(Identify, S11TheWholeStreetAddress) {
  matches(of_address(pier), "HH-1001");
  for (std::string StreetAddress::*part :
       {&StreetAddress::building, &StreetAddress::street, &StreetAddress::city, &StreetAddress::state,
        &StreetAddress::zip}) {
    StreetAddress s = pier;
    s.*part = "";
    is(of_address(s), Outcome::need_more, "S11");
    EXPECT_EQ(ask(of_address(s)).needs.size(), 1u);
  }
}

TEST_P(Identify, S12SeveralSubscribersOverTimeNeedAPeriod) {
  is(of_address(quay), Outcome::several, "S12");
  EXPECT_THAT(ask(of_address(quay)).needs, ElementsAre(HasSubstr("period")));
  matches(in(of_address(quay), at("2021-01-01T00:00:00Z"), at("2021-02-01T00:00:00Z")), "OQ-0900");
  matches(in(of_address(quay), june(1), june(2)), "QI-1002");
  is(in(of_address(quay), at("2023-01-01T00:00:00Z"), at("2023-02-01T00:00:00Z")), Outcome::no_record, "S11");
}

TEST_P(Identify, S13CompleteAccountNumbersOnly) {
  matches(of_account("HH-1001"), "HH-1001");
  for (const char* s : {"", "HH-10*", "HH-100?", "HH-..."}) is(of_account(s), Outcome::need_more, "S13");
  is(of_account("HH-100"), Outcome::no_record, "S13");
  is(in(of_account("OQ-0900"), june(1), june(2)), Outcome::no_record, "S13");
}

TEST_P(Identify, S14TenantsByNumberAndExtension) {
  matches(in(of_number("404-555-0102", AskBy::tenant_number), june(2), june(3)), "HH-1001", "R1");
  is(of_number("404-555-0102", AskBy::tenant_number), Outcome::several, "S14");
  is(of_number("404-555-0199", AskBy::tenant_number), Outcome::refer, "S14");
  is(of_number("404-555-0104", AskBy::tenant_number), Outcome::no_record, "S14");
  matches(in(of_extension("214", "HH-1001"), june(2), june(3)), "HH-1001", "R1");
  matches(of_extension("100", "HH-1001"), "HH-1001");
  is(of_extension("214", ""), Outcome::need_more, "S14");
  is(of_extension("", "HH-1001"), Outcome::need_more, "S14");
  const Ask shared = in(of_extension("214", "HH-1001"), june(6), june(7));
  is(shared, Outcome::several, "S14");
  Ask named = shared;
  named.tenant_name = "Bo Roe";
  matches(named, "HH-1001", "R3");
  const auto p = ask(in(of_extension("214", "HH-1001"), june(2), june(3))).parties.at(0);
  EXPECT_EQ(p.tenant, "James Doe");
  EXPECT_EQ(p.period.from, june(2));
  EXPECT_EQ(p.period.until, june(3));
}

TEST_P(Identify, S15TenantsByName) {
  matches(of_tenant("James Doe"), "HH-1001", "R1");
  Ask a = of_tenant("James Doe");
  a.until.reset();
  a.from.reset();
  a.address = {"", "", "Harborview", "GA", ""};
  is(a, Outcome::several, "S15");  // two stays: the account's name, city and state stand for the street
  matches(in(a, at("2026-08-01T00:00:00Z"), at("2026-09-01T00:00:00Z")), "HH-1001", "R4");
  a.address = {};
  is(a, Outcome::need_more, "S15");
  is(of_tenant("James Doe", ""), Outcome::need_more, "S15");
  is(of_tenant(""), Outcome::need_more, "S15");
  is(of_tenant("James Doe", "Quay Inn"), Outcome::no_record, "S16");
  matches(of_tenant("Front Desk"), "HH-1001");
}

// S16, and the same for all ways: who misses by a little hears what who misses by all hears.
TEST_P(Identify, ANearMatchAndNoMatchAreTheSameBytes) {
  const auto same = [&](const std::vector<Ask>& near, const Ask& none) {
    const std::string want = bytes(none);
    for (const Ask& a : near) EXPECT_EQ(bytes(a), want) << to_json(a).dump();
  };
  same({of_tenant("J. Doe"), of_tenant("Jim Doe"), of_tenant("James  doe"), of_tenant("JAMES DOE"),
        of_tenant("Doe, James"), of_tenant("James Do"), of_tenant("James Doe", "harbor house"),
        of_tenant("James Doe", "Harbor House", {"12", "Pier Street", "Harborview", "GA", "3000"}),
        in(of_tenant("James Doe"), june(10), june(12))},
       of_tenant("Xaver Zed", "No House", {"9", "None", "Nowhere", "ZZ", "00000"}));
  same({of_name("Harbor house", pier), of_name("Harbor Hous", pier), of_name("Harbor House", quay),
        of_name("Harbor House", {"12", "Pier Street", "Harborview", "GA", "3000"}),
        of_name("Harbor House", {"12", "Pier St", "Harborview", "GA", "30001"})},
       of_name("Zed", {"9", "None", "Nowhere", "ZZ", "00000"}));
  same({of_address({"12", "Pier Street", "Harborview", "GA", "3000"}),
        of_address({"12A", "Pier Street", "Harborview", "GA", "30001"}),
        of_address({"12", "pier street", "Harborview", "GA", "30001"})},
       of_address({"9", "None", "Nowhere", "ZZ", "00000"}));
  same({of_account("HH-1002"), of_account("HH-100"), of_account("hh-1001"), of_account("HH-10011")},
       of_account("ZZ-9999"));
  same({of_number("404-555-0149"), of_number("404-555-0160"), of_number("404-555-0101")},
       of_number("212-555-0199"));
  same({of_number("404-555-0101", AskBy::tenant_number)}, of_number("212-555-0199", AskBy::tenant_number));
  same({of_extension("215", "HH-1001"), of_extension("214", "HH-1002"), of_extension("214", "QI-1002"),
        in(of_extension("214", "HH-1001"), june(10), june(11))},
       of_extension("999", "ZZ-9999"));
}

TEST_P(Identify, EquivalentUnicodeIsTheSameName) {
  put(FactKind::stay, "HH-1001", "R7", Json{{"room", "302"}, {"name", "Jose\u0301 Doe"}}, {june(1), {}});
  matches(of_tenant("Jos\u00e9 Doe"), "HH-1001", "R7");
  is(of_tenant("Jose Doe"), Outcome::no_record, "S16");
  is(of_tenant("Jos\xe9 Doe"), Outcome::need_more, "S15");
}

TEST_P(Identify, AsKnownThenAndAsKnownNow) {
  good(
      "account,reservation,room,name,sharer,from,until\n"
      "HH-1001,R1,214,James Dow,no,2026-06-01T00:00:00Z,2026-06-05T00:00:00Z\n",
      day3);
  Ask a = of_tenant("James Doe");
  is(a, Outcome::no_record, "S16");
  a.known = day2;
  matches(a, "HH-1001", "R1");
}

TEST_P(Identify, APeriodThatEndsBeforeItBeginsIsAskedAgain) {
  is(in(of_number("404-555-0102"), june(2), june(1)), Outcome::need_more, "S8");
}

}  // namespace
}  // namespace writ::records
