// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy_view.hh"

#include <gmock/gmock.h>

#include "policy/test_policy.hh"

namespace writ::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using PolicyView = PolicyCopy;

std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> out;
  for (const Change& c : changes) out.push_back(to_text(c));
  return out;
}

TEST_F(PolicyView, TextThatMeansTheSameIsNoDifference) {
  const auto before = load(dir_);
  replace("carrier.toml", "[fees]", "# a word\n[fees]");
  replace("plan-matrix.toml", "item = \"subscriber-name\",   ", "item = \"subscriber-name\",");
  const auto after = load(dir_);
  ASSERT_TRUE(after) << to_text(after.error());
  EXPECT_NE(before->hash, after->hash);
  EXPECT_TRUE(differences(*before, *after).empty());
}

TEST_F(PolicyView, ADifferenceIsNamedCellByCellWithWhatItMeans) {
  const auto before = load(dir_);
  replace("plan-matrix.toml", "court-order = \"R\"", "court-order = \"Y\"");
  replace("federal.toml", "name = \"plan-refiling\"\namount = 90", "name = \"plan-refiling\"\namount = 60");
  replace("holidays.toml", "  { date = \"2032-12-24\"", "  # { date = \"2032-12-24\"");
  const auto after = load(dir_);
  ASSERT_TRUE(after) << to_text(after.error());
  EXPECT_THAT(
      texts(differences(*before, *after)),
      ElementsAre("matrix: subscriber-ssn under court-order: plan \"R\" -> \"Y\"",
                  "matrix: subscriber-ssn under court-order: released \"only if expressly requested\" -> "
                  "\"always\"",
                  "clocks: plan-refiling: amount 90 -> 60",
                  "holidays: 2032-12-24: name \"Christmas Day (observed for Saturday, 2032-12-25)\" -> "
                  "(nothing)"));
  EXPECT_EQ(to_json(differences(*before, *after))["changes"].size(), 4u);
}

TEST_F(PolicyView, AStatePackShowsAsItsOwnLayer) {
  const auto before = load(dir_);
  add("state-arcadia.toml",
      "schema = \"writ.policy-layer/1\"\nname = \"arcadia\"\nside = \"law\"\neffective = \"2026-01-01\"\n"
      "verified_on = \"2026-11-26\"\nverified_against = \"nothing\"\n[[matrix]]\nitem = \"tenant-calls\"\n"
      "warrant = \"N\"\ncitation = \"Arcadia Code 1\"\n");
  const auto changes = texts(differences(*before, *load(dir_)));
  EXPECT_THAT(
      changes,
      testing::Contains("matrix: tenant-calls under warrant: law in state-arcadia.toml (nothing) -> \"N\""));
  EXPECT_THAT(changes,
              testing::Contains("matrix: tenant-calls under warrant: released \"always\" -> \"never\""));
}

// Whatever a policy states is in its view: a change of any value in any file shows.
TEST_F(PolicyView, NoValueIsLeftOutOfTheView) {
  const auto before = load(dir_);
  for (const auto& [file, what, with] : std::initializer_list<std::array<const char*, 3>>{
           {"carrier.toml", "closes = \"17:00\"", "closes = \"17:30\""},
           {"carrier.toml", "after_hours_phone = \"+1 404 555 0111 ext. 9\"", "after_hours_phone = \"x\""},
           {"carrier.toml", "legal-response-2@", "legal-response-3@"},
           {"carrier.toml", "cdr_week_cents = 15000", "cdr_week_cents = 15001"},
           {"carrier.toml", "cdr_months = 24", "cdr_months = 25"},
           {"carrier.toml", "\"988\"", "\"989\""},
           {"carrier.toml", "period = \"two years\"", "period = \"three years\""},
           {"carrier.toml", "two years after the interception ends", "three years"},
           {"carrier.toml", "requirement = \"service\"\ntext = \"The carrier",
            "requirement = \"service\"\ntext = \"This carrier"},
           {"carrier.toml", "+1 202 555 0171", "+1 202 555 0179"},
           {"federal.toml", "alert_days = [14, 3]", "alert_days = [14, 2]"},
           {"federal.toml", "toll_record_months = 18", "toll_record_months = 19"},
           {"federal.toml", "lapses = \"2026-04-20\"", "lapses = \"2028-04-20\""},
           {"federal.toml", "text = \"18 USC 2510-2523\"", "text = \"18 USC 2510\""},
           {"federal.toml", "the offense to which", "the offence to which"},
           {"federal.toml", "citation = \"18 USC 2709(b)\"", "citation = \"18 USC 2709\""},
           {"federal.toml", "verified_on = \"2026-11-25\"", "verified_on = \"2026-11-24\""},
           {"checklist.toml", "stage = \"A\"", "stage = \"B\""},
           {"checklist.toml", "severity = \"return\"", "severity = \"warn\""},
           {"plan-matrix.toml", "title = \"Tenant name\"", "title = \"Name of the tenant\""},
           {"process.toml", "needs_return_date = true", "needs_return_date = false"},
           {"process.toml", "by_hand = true", "by_hand = false"},
           {"holidays.toml", "first = 2024", "first = 2024 # x\n"}}) {
    const std::string original = *read_text(dir_ / file);
    replace(file, what, with);
    const auto after = load(dir_);
    ASSERT_TRUE(after) << what << to_text(after.error());
    EXPECT_EQ(differences(*before, *after).empty(), std::string_view(what) == "first = 2024") << what;
    add(file, original);
  }
}

}  // namespace
}  // namespace writ::policy
