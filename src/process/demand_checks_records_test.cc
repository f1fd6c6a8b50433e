// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/months.hh"
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using namespace test;

class DemandChecksOnRecords : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = fs::path(::testing::TempDir()) /
            fmt::format("writ_demand_{}.db", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove(file_);
    db_.emplace(*store::Database::open(file_));
    book_.emplace(*records::Catalogue::open(*db_, crypto::Secret32{}));
    const Instant ago = at("2020-01-01T00:00:00Z"), sold = at("2024-01-01T00:00:00Z");
    house("HH-1001", "Harbor House", pier, ago, {});
    house("OH-1", "Old House", {"3", "Quay Lane", "Harborview", "GA", "30001"}, ago, sold);
    house("NH-2", "New House", {"3", "Quay Lane", "Harborview", "GA", "30001"}, sold, {});
    put(records::FactKind::number, "HH-1001", "+14045550102", {{"extension", "214"}}, ago, {});
    put(records::FactKind::stay, "HH-1001", "R-1",
        {{"room", "214"}, {"name", "Doe, James"}, {"kind", "guest"}, {"sharer", false}},
        at("2026-10-02T00:00:00Z"), at("2026-10-09T00:00:00Z"));
  }
  void TearDown() override { fs::remove(file_); }
  void house(const char* account, const char* name, const records::StreetAddress& a, Instant from,
             std::optional<Instant> until) {
    put(records::FactKind::account, account, "",
        {{"name", name}, {"class", "hospitality"}, {"zone", "America/New_York"}}, from, until);
    put(records::FactKind::address, account, "",
        {{"building", a.building},
         {"street", a.street},
         {"city", a.city},
         {"state", a.state},
         {"zip", a.zip}},
        from, until);
  }
  void put(records::FactKind kind, const char* account, const char* key, Json body, Instant from,
           std::optional<Instant> until) {
    const auto done = book_->put({kind,
                                  account,
                                  *key == 0 && kind == records::FactKind::account ? account : key,
                                  std::move(body),
                                  {from, until}},
                                 "test", now);
    ASSERT_TRUE(done) << to_text(done.error());
  }
  std::vector<CheckResult> check(const Demand& d) {
    auto r = check_demand_records(d, the_policy(), *book_, now);
    EXPECT_TRUE(r) << to_text(r.error());
    return r ? *r : std::vector<CheckResult>{};
  }
  std::vector<CheckResult> naming(
      DemandSubject s, const Edit& edit = [](Demand&) {}) {
    Demand d = demand("court-order");
    d.subjects = {std::move(s)};
    edit(d);
    return check(d);
  }
  static Outcome outcome(const std::vector<CheckResult>& all, const char* id) {
    const CheckResult* r = result(all, id);
    if (r == nullptr) return absent;
    EXPECT_FALSE(r->fact.empty()) << id;
    return r->passed ? pass : fails;
  }
  fs::path file_;
  std::optional<store::Database> db_;
  std::optional<records::Catalogue> book_;
};

TEST_F(DemandChecksOnRecords, NumbersThatWereServed) {
  EXPECT_EQ(outcome(naming({"number", "404-555-0102", "", "", {}}), "V4"), pass);
  EXPECT_EQ(outcome(naming({"number", "404-555-0199", "", "", {}}), "V4"), fails);
  EXPECT_EQ(outcome(naming({"extension", "214", "", "", {}}), "V4"), absent) << "V11 says what is missing";
  EXPECT_EQ(outcome(naming({"account", "HH-1001", "", "", {}}), "V4"), absent);
}

TEST_F(DemandChecksOnRecords, NamesExactlyAsWritten) {
  EXPECT_EQ(outcome(naming({"account-name", "Harbor House", "", "", pier}), "V6"), pass);
  EXPECT_EQ(outcome(naming({"account-name", "Harbour House", "", "", pier}), "V6"), fails);
  EXPECT_EQ(outcome(naming({"tenant-name", "Doe, James", "", "Harbor House", pier}), "V6"), pass);
  EXPECT_EQ(outcome(naming({"tenant-name", "Doe, Jim", "", "Harbor House", pier}), "V6"), fails);
  EXPECT_EQ(outcome(naming({"number", "404-555-0102", "", "", {}}), "V6"), absent);
}

TEST_F(DemandChecksOnRecords, ANearMatchAndNoMatchGiveTheSameBytes) {
  const auto bytes = [&](DemandSubject s) { return canonical(to_json(naming(std::move(s)))); };
  const std::string none = bytes({"tenant-name", "Zzyzx, Q", "", "Harbor House", pier});
  for (const char* near : {"Doe, J.", "Doe, Jim", "doe, james", "James Doe", "Doe,James", "Doe, Jame"})
    EXPECT_EQ(bytes({"tenant-name", near, "", "Harbor House", pier}), none) << near;
  EXPECT_NE(bytes({"tenant-name", "Doe, James", "", "Harbor House", pier}), none) << "the control";
  EXPECT_EQ(bytes({"account-name", "Harbor  Hous", "", "", pier}),
            bytes({"account-name", "Nowhere Inn", "", "", pier}));
  EXPECT_EQ(bytes({"account", "HH-100", "", "", {}}), bytes({"account", "ZZ-9", "", "", {}}));
}

TEST_F(DemandChecksOnRecords, SeveralSubscribersNeedAPeriod) {
  const DemandSubject lane{"street-address", "", "", "", {"3", "Quay Lane", "Harborview", "GA", "30001"}};
  const auto timeless = [](Demand& d) { d.records_from = d.records_until = {}; };
  EXPECT_EQ(outcome(naming(lane, timeless), "V8"), fails);
  EXPECT_EQ(outcome(naming(lane), "V8"), pass) << "the period names one";
  EXPECT_EQ(outcome(naming(lane, [](Demand& d) { d.records_from = at("2023-12-31T23:59:59Z"); }), "V8"),
            fails);
  EXPECT_EQ(outcome(naming(lane, [](Demand& d) { d.records_from = at("2024-01-01T00:00:00Z"); }), "V8"),
            pass);
}

TEST_F(DemandChecksOnRecords, AccountNumbersAreComplete) {
  EXPECT_EQ(outcome(naming({"account", "HH-1001", "", "", {}}), "V9"), pass);
  EXPECT_EQ(outcome(naming({"account", "HH-10*", "", "", {}}), "V9"), fails);
  EXPECT_EQ(outcome(naming({"account", "HH-10..", "", "", {}}), "V9"), fails);
  EXPECT_EQ(outcome(naming({"number", "404-555-0102", "", "", {}}), "V9"), absent);
}

TEST_F(DemandChecksOnRecords, BeyondWhatIsKept) {
  const Instant kept = months_back(now, the_policy().records.cdr_months);
  const auto calls_from = [&](Instant from) {
    return outcome(naming({"number", "404-555-0102", "", "", {}},
                          [&](Demand& d) {
                            d.items = {"subscriber-calls"};
                            d.records_from = from;
                          }),
                   "V12");
  };
  EXPECT_EQ(calls_from(kept), pass);
  EXPECT_EQ(calls_from(kept - Nanos{1000}), fails);
  EXPECT_EQ(calls_from({}), absent);
  const auto name_until = [&](Instant until) {
    return outcome(naming({"number", "404-555-0102", "", "", {}},
                          [&](Demand& d) {
                            d.records_from = at("2019-01-01T00:00:00Z");
                            d.records_until = until;
                          }),
                   "V12");
  };
  const Instant accounts = months_back(now, the_policy().records.account_months);
  EXPECT_EQ(name_until(accounts), fails);
  EXPECT_EQ(name_until(accounts + Nanos{1000}), pass);
  EXPECT_EQ(name_until({}), pass);
}

}  // namespace
}  // namespace writ::process
