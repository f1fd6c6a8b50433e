// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/sourced.hh"
#include "base/test_at.hh"
#include "policy/test_policy.hh"

namespace writ::policy {
namespace {

using testing::HasSubstr;

using writ::test::at;

using Loader = PolicyCopy;

TEST(Profiles, ThePlanOf2010IsWhole) {
  const auto p = load(profiles() / "defero3-2010");
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_EQ(p->carrier, "Defero3, Inc.");
  EXPECT_EQ(p->filed, "2010-11-22");
  EXPECT_FALSE(p->sandbox);
  EXPECT_EQ(p->checks.size(), 40u);
  EXPECT_EQ(p->fees.intercept_first_month, 100000);
  EXPECT_EQ(p->fees.intercept_later_month, 75000);
  EXPECT_EQ(p->fees.cdr_week, 15000);
  EXPECT_EQ(p->fees.cdr_extra_delivery, 5000);
  EXPECT_EQ(p->wiretap_days_max, 30);
  EXPECT_EQ(p->pen_trap_days_max, 60);
  EXPECT_EQ(p->emergency_hours_max, 48);
  EXPECT_EQ(p->pen_trap_items.size(), 4u);
  ASSERT_EQ(p->wiretap_items.size(), 5u);
  for (char c = 'a'; c <= 'e'; ++c)
    EXPECT_EQ(p->wiretap_items[static_cast<std::size_t>(c - 'a')].citation,
              fmt::format("18 USC 2518(4)({})", c));
  EXPECT_EQ(p->response_associates.size(), 2u);
  EXPECT_EQ(p->hours.opens, "08:30");
}

// Severity and stage of the 40 rows against the table of the requirements, copied by hand.
TEST(Profiles, SeverityAndStageOfEveryCheckAreThoseOfTheRequirements) {
  const std::string severity =
      "CCCXCWCCCCCWCCXXCCCXWXCCXCCXCWCXCXXCXWCC";  // V1 ... V40; V6 has none: it warns
  const auto p = load(profiles() / "defero3-2010");
  ASSERT_TRUE(p);
  for (int i = 1; i <= 40; ++i) {
    const CheckRule* r = p->check(fmt::format("V{}", i));
    ASSERT_NE(r, nullptr) << i;
    const char s = r->severity == Severity::reject ? 'X' : r->severity == Severity::warn ? 'W' : 'C';
    EXPECT_EQ(s, severity[static_cast<std::size_t>(i - 1)]) << r->id;
    if (i == 4 || i == 6 || i == 8 || i == 9 || i == 12) {
      EXPECT_EQ(r->stage, "B") << r->id;
    }
  }
  EXPECT_EQ(p->check("V41"), nullptr);
}

TEST(Profiles, TheSandboxSaysThatItIsFictional) {
  const auto p = load(profiles() / "sandbox");
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_TRUE(p->sandbox);
  EXPECT_THAT(p->carrier, HasSubstr("fictional"));
  EXPECT_NE(p->hash, load(profiles() / "defero3-2010")->hash);
}

TEST_F(Loader, HashesEveryByteOfEveryLayer) {
  const auto before = load(dir_)->hash;
  EXPECT_EQ(load(dir_)->hash, before);
  for (const char* file : {"carrier.toml", "federal.toml", "checklist.toml", "plan-matrix.toml",
                           "process.toml", "holidays.toml"}) {
    const std::string text = *read_text(dir_ / file);
    ASSERT_TRUE(write_file(dir_ / file, text + " "));
    EXPECT_NE(load(dir_)->hash, before) << file;
    ASSERT_TRUE(write_file(dir_ / file, text));
  }
  EXPECT_EQ(load(dir_)->hash, before);
}

TEST_F(Loader, WhatWasReadBeforeIsGivenAgainForTheSameBytesAlone) {
  const std::string whole = *read_text(dir_ / "carrier.toml");
  const auto first = load(dir_);
  ASSERT_TRUE(first) << to_text(first.error());
  replace("carrier.toml", "cdr_months = ", "cdr_months = 1");
  const auto other = load(dir_);
  ASSERT_TRUE(other) << to_text(other.error());
  EXPECT_GT(other->records.cdr_months, 100);
  add("carrier.toml", whole + "unknown = 1\n");
  EXPECT_FALSE(load(dir_));
  add("carrier.toml", whole);
  const auto again = load(dir_);
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->records.cdr_months, first->records.cdr_months);
  EXPECT_EQ(again->hash, first->hash);
  EXPECT_EQ(again->checks.size(), first->checks.size());
}

TEST_F(Loader, NamesLineAndColumnOfBrokenToml) {
  ASSERT_TRUE(write_file(dir_ / "carrier.toml", "schema = \"writ.policy-layer/1\"\nname = = 3\n"));
  EXPECT_THAT(error(), HasSubstr("carrier.toml:2:8"));
  EXPECT_THAT(error(), HasSubstr("next: "));
}

TEST_F(Loader, NamesThePlaceOfAnUnknownKeyAndItsCure) {
  replace("carrier.toml", "[fees]", "colour = \"red\"\n[fees]");  // lands in [hours]
  EXPECT_THAT(error(), HasSubstr("'hours.colour' is not known here"));
  EXPECT_THAT(error(), testing::ContainsRegex("carrier.toml:[0-9]+:1"));
  EXPECT_THAT(error(), HasSubstr("after_hours_phone"));
}

TEST_F(Loader, RefusesWrongTypesAndRanges) {
  replace("carrier.toml", "100000", "\"100000\"");
  EXPECT_THAT(error(), HasSubstr("'fees.intercept_first_month_cents' is not a whole number"));
  replace("carrier.toml", "\"100000\"", "1000.00");
  EXPECT_THAT(error(), HasSubstr("whole number"));
  replace("carrier.toml", "1000.00", "-100000");
  EXPECT_THAT(error(), HasSubstr("whole number"));
  replace("carrier.toml", "-100000", "100000");
  EXPECT_EQ(error(), "");
}

TEST_F(Loader, RefusesACheckTwiceOrNever) {
  replace("federal.toml", "id = \"V2\"", "id = \"V29\"");
  EXPECT_THAT(error(), HasSubstr("names V29 twice"));
  replace("federal.toml", "id = \"V29\"", "id = \"V2b\"");
  EXPECT_THAT(error(), HasSubstr("no layer has a rule for V2"));
}

TEST_F(Loader, RefusesAMissingLayer) {
  fs::remove(dir_ / "federal.toml");
  EXPECT_THAT(error(), HasSubstr("federal.toml"));
  EXPECT_FALSE(load(dir_ / "nowhere"));
}

std::int64_t total(const std::vector<FeeLine>& lines) {
  std::int64_t sum = 0;
  for (const auto& l : lines) sum += l.cents;
  return sum;
}

FeeTable table() {
  FeeTable t;
  t.intercept_first_month = 100000, t.intercept_later_month = 75000, t.citation = "S60";
  return t;
}

TEST(Fees, ThePlansExample) {
  const auto lines =
      intercept_fees(table(), at("2026-01-10T09:00:00-05:00"), at("2026-03-12T09:00:00-04:00"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].cents, 100000);
  EXPECT_EQ(lines[1].cents, 75000);
  EXPECT_EQ(total(lines), 250000);
  EXPECT_THAT(lines[2].text, HasSubstr("2026-03-10 to 2026-03-12 (part month, billed whole)"));
}

struct FeeCase {
  const char *start, *end;
  std::size_t months;
};

TEST(Fees, BoundariesAndEndsOfMonths) {
  for (const FeeCase& c : std::initializer_list<FeeCase>{
           {"2026-01-10T00:00:00Z", "2026-01-10T00:00:00.000001Z", 1},
           {"2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z", 1},  // exactly one month
           {"2026-01-10T00:00:00Z", "2026-02-10T00:00:00.000001Z", 2},
           {"2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z", 1},  // the anniversary is the last of February
           {"2026-01-31T12:00:00Z", "2026-02-28T12:00:01Z", 2},
           {"2026-01-31T12:00:00Z", "2026-03-31T12:00:00Z", 2},  // and in March the 31st again
           {"2026-01-31T12:00:00Z", "2026-03-31T12:00:01Z", 3},
           {"2028-01-31T12:00:00Z", "2028-02-29T12:00:00Z", 1},  // leap year
           {"2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z", 12},
           {"2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", 1}}) {
    EXPECT_EQ(intercept_fees(table(), at(c.start), at(c.end)).size(), c.months) << c.start << " " << c.end;
  }
  EXPECT_TRUE(intercept_fees(table(), at("2026-01-10T00:00:00Z"), at("2026-01-10T00:00:00Z")).empty());
  EXPECT_TRUE(intercept_fees(table(), at("2026-01-11T00:00:00Z"), at("2026-01-10T00:00:00Z")).empty());
}

// Against arithmetic that shares nothing with the code: count month ends on a calendar of plain integers.
TEST(Fees, AgreeWithACountOnThePlainCalendar) {
  std::mt19937_64 rng(20101122);
  const auto length = [](int y, int m) {
    const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : days[m - 1];
  };
  for (int i = 0; i < 5000; ++i) {
    int y = 2020 + static_cast<int>(rng() % 12), m = 1 + static_cast<int>(rng() % 12);
    const int d = 1 + static_cast<int>(rng() % static_cast<unsigned>(length(y, m)));
    const std::string start = fmt::format("{:04}-{:02}-{:02}T10:00:00Z", y, m, d);
    const int days = 1 + static_cast<int>(rng() % 400);
    const Instant end = at(start.c_str()) + std::chrono::days{days};
    std::size_t expected = 1;
    for (int left = days;; ++expected) {  // walk from anniversary to anniversary
      const int today = std::min(d, length(y, m));
      const int here = length(y, m);
      m = m == 12 ? 1 : m + 1;
      y += m == 1 ? 1 : 0;
      left -= here - today + std::min(d, length(y, m));
      if (left <= 0) break;
    }
    const auto lines = intercept_fees(table(), at(start.c_str()), end);
    ASSERT_EQ(lines.size(), expected) << start << " + " << days;
    ASSERT_EQ(total(lines), 100000 + 75000 * static_cast<std::int64_t>(expected - 1));
  }
}

TEST(Sourced, DeepKeysAreRefusedNotFollowed) {
  std::string dotted = "[a";
  for (int i = 0; i < 300000; ++i) dotted += ".a";
  EXPECT_FALSE(parse_toml(dotted + "]\n", "x"));
  std::string quoted = "\"a\"";
  for (int i = 0; i < 300000; ++i) quoted += ".\"a\"";
  EXPECT_FALSE(parse_toml(quoted + " = 1\n", "x"));
  EXPECT_FALSE(parse_toml("x = " + std::string(300000, '['), "x"));
  // Dots inside texts and comments are nobody's concern.
  EXPECT_TRUE(parse_toml("# " + std::string(100, '.') + "\nx = \"" + std::string(100, '.') + "\"\ny = '''" +
                             std::string(100, '.') + "'''\n",
                         "x"));
}

// U+00E9, U+2603 and U+3042 lie in the gaps of toml++'s table of white space: undefined behaviour without our
// care.
TEST(Sourced, LettersOfTheWorldOutsideQuotesAreAnError) {
  for (const char* letter : {"\xC3\xA9", "\xE2\x98\x83", "\xE3\x81\x82", "\xEF\xBB\xBF"}) {
    EXPECT_FALSE(parse_toml(fmt::format("n{}me = 1\n", letter), "x")) << letter;
    EXPECT_FALSE(parse_toml(fmt::format("x = 1 {}\n", letter), "x")) << letter;
    const auto text =
        parse_toml(fmt::format("x = \"{0}\" # {0}\ny = \"\"\"a \\\n  {0}\"\"\"\n", letter), "x");
    ASSERT_TRUE(text) << letter << to_text(text.error());
    EXPECT_EQ(text->json["x"], letter);
  }
}

TEST(Sourced, LongKeysCostNoMemory) {
  std::string list = "0";
  for (int i = 0; i < 200000; ++i) list += ",0";
  const auto s = parse_sourced_json("{\"" + std::string(400000, 'k') + "\":[" + list + "]}", "x");
  ASSERT_TRUE(s);
  EXPECT_LE(s->places.size(), 20000u);
}

TEST(Profiles, RecordsAreKeptTwoYearsOverAFloorOfEighteenMonths) {
  for (const char* profile : {"defero3-2010", "sandbox"}) {
    const auto p = load(profiles() / profile);
    ASSERT_TRUE(p) << to_text(p.error());
    EXPECT_EQ(p->records.cdr_months, 24);
    EXPECT_EQ(p->records.account_months, 24);
    EXPECT_EQ(p->records.toll_record_months, 18);
    EXPECT_EQ(p->records.toll_record_citation, "47 CFR 42.6");
    EXPECT_THAT(p->records.porting_administrator, HasSubstr("Number Portability"));
    EXPECT_THAT(p->records.rating.emergency, testing::Contains("911"));
  }
  const auto p = load(profiles() / "sandbox");
  ASSERT_EQ(p->records.rating.properties.size(), 1u);
  EXPECT_EQ(p->records.rating.properties[0].account, "*");
  EXPECT_THAT(p->records.rating.properties[0].local, testing::ElementsAre("1404555"));
}

TEST_F(Loader, ACarrierThatKeepsRecordsShorterThanTheLawIsRefusedWithTheRule) {
  replace("carrier.toml", "cdr_months = 24", "cdr_months = 17");
  EXPECT_THAT(error(),
              testing::AllOf(HasSubstr("carrier.toml:"), HasSubstr("below the legal floor of 18 months"),
                             HasSubstr("rule: 47 CFR 42.6"), HasSubstr("next: write cdr_months = 18")));
  replace("carrier.toml", "cdr_months = 17", "cdr_months = 18");
  EXPECT_EQ(error(), "");
}

TEST_F(Loader, RatingPrefixesAreDigitsAndNamedOnce) {
  const std::string row = "\n[[rating.property]]\naccount = \"P1\"\nlocal = [\"1404555\"]\n";
  replace("carrier.toml", "# The plan of 2010 names no local", row + "# The plan of 2010 names no local");
  EXPECT_EQ(error(), "");
  replace("carrier.toml", row, row + row);
  EXPECT_THAT(error(), testing::AllOf(HasSubstr("carrier.toml:"), HasSubstr("names 'P1' twice")));
  replace("carrier.toml", row + row, row);
  replace("carrier.toml", "[\"1404555\"]", "[\"+1404555\"]");
  EXPECT_THAT(error(), HasSubstr("without '+'"));
}

}  // namespace
}  // namespace writ::policy
