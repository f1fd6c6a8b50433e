// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Purge : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    if (IsSkipped()) return;
    const Instant a = at("2020-01-01T00:00:00Z"), b = at("2022-01-01T00:00:00Z");
    for (const char* account : {"LIVE", "GONE", "HELD", "OWES"}) {
      const std::optional<Instant> end = std::string(account) == "LIVE" ? std::nullopt : std::optional(b);
      put(FactKind::account, account, "", Json{{"name", account}}, {a, end});
      put(FactKind::address, account, "", Json{{"city", "H"}}, {a, {}});
      put(FactKind::stay, account, "R-old", Json{{"room", "1"}, {"name", "x"}}, {a, b});
      put(FactKind::stay, account, "R-new", Json{{"room", "1"}, {"name", "y"}}, {b, {}});
    }
    put(FactKind::stay, "LIVE", "R-old", Json{{"room", "1"}, {"name", "corrected"}}, {a, b}, day2);
    put(FactKind::balance, "GONE", "", Json{{"cents", 500}}, {a, {}});
    put(FactKind::balance, "GONE", "", Json{{"cents", 0}}, {b, {}});  // paid since
    put(FactKind::balance, "OWES", "", Json{{"cents", 500}}, {a, {}});
  }
  static std::vector<std::string> text(const Catalogue::Purged& p) {
    std::vector<std::string> out = p.accounts;
    for (const Fact& f : p.facts) {
      EXPECT_TRUE(f.body.empty());
      out.push_back(fmt::format("{} {} {} {}", to_string(f.kind), f.account, f.key, rfc3339(f.valid.from)));
    }
    return out;
  }
  const Instant cutoff = at("2023-01-01T00:00:00Z");
};
INSTANTIATE_TEST_SUITE_P(Engines, Purge, store::both_engines, store::engine_name);

TEST_P(Purge, WhatEndedGoesAndWholeAccountsAfterTheirTerm) {
  const auto p = *book_->purge(cutoff, {"HELD"}, false);
  EXPECT_THAT(p.accounts, ElementsAre("GONE"));
  EXPECT_EQ(count("account = 'GONE'"), 0);
  EXPECT_EQ(count("account = 'HELD'"), 4) << "a hold wins";
  EXPECT_EQ(count("account = 'OWES'"), 5) << "a balance due keeps the account (S19)";
  EXPECT_EQ(count("account = 'LIVE'"), 3);
  EXPECT_EQ(count("key = 'R-old' AND account = 'LIVE'"), 0) << "with all its versions";
  EXPECT_THAT(facts(FactKind::stay, "LIVE", "R-new"), ::testing::SizeIs(1));
  EXPECT_THAT(text(*book_->purge(cutoff, {"HELD"}, false)), IsEmpty());
}

TEST_P(Purge, TheDryRunShowsTheSameAndDoesNothing) {
  const auto before = count();
  const auto dry = text(*book_->purge(cutoff, {"HELD"}, true));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(dry, text(*book_->purge(cutoff, {"HELD"}, false)));
  EXPECT_EQ(static_cast<std::size_t>(before - count()), dry.size())
      << "one more version, one name of an account";
}

TEST_P(Purge, NothingGoesBeforeItsTime) {
  EXPECT_THAT(text(*book_->purge(at("2021-12-31T00:00:00Z"), {}, true)), IsEmpty());
}

TEST_P(Purge, AccountTimesAreThoseKnownNow) {
  const auto times = *book_->account_times();
  ASSERT_EQ(times.size(), 4u);
  EXPECT_EQ(times[0].account, "GONE");
  EXPECT_EQ(times[0].balance_cents, 0);
  EXPECT_EQ(times[2].account, "LIVE");
  EXPECT_FALSE(times[2].terminated);
  EXPECT_EQ(times[3].balance_cents, 500);
  EXPECT_EQ(times[3].terminated, at("2022-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace writ::records
