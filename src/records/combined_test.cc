// SPDX-License-Identifier: GPL-3.0-or-later
#include <random>

#include "records/csv.hh"
#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string header = "account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until\n";

class Combined : public CatalogueTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Combined, store::both_engines, store::engine_name);

const std::string number_row =
    "A-1,Seaview Inn,1 Quay,Harborview,GA,30001,,number,(404) 555-0102,,2026-01-01T00:00:00Z,\n";
const std::string extension_row =
    "A-1,Seaview Inn,1 Quay,Harborview,GA,30001,Room "
    "214,extension,214,PBX.seaview.example|192.0.2.10,2026-01-01T00:00:00Z,2026-06-01T00:00:00Z\n";

TEST_P(Combined, HoldsWhatWasImported) {
  const auto r = import(header + number_row + extension_row);
  EXPECT_EQ(r.rows, 2u);
  EXPECT_EQ(r.added, 2u);
  EXPECT_THAT(r.problems, IsEmpty());
  const auto n = who("number", "+1 404 555 0102", "");
  ASSERT_EQ(n.size(), 1u);
  EXPECT_EQ(n[0].value, "+14045550102");
  EXPECT_EQ(n[0].address, "1 Quay, Harborview, GA 30001");
  EXPECT_FALSE(n[0].until);
  const auto e = who("extension", "214", "A-1");
  ASSERT_EQ(e.size(), 1u);
  EXPECT_THAT(e[0].hosts, ElementsAre("192.0.2.10", "pbx.seaview.example"));
  EXPECT_TRUE(who("extension", "214", "A-2").empty());
}

TEST_P(Combined, MarksASharedTrunk) {
  const std::string with = header.substr(0, header.size() - 1) + ",trunk\n";
  const auto line = [](const std::string& mark) {
    return number_row.substr(0, number_row.size() - 1) + "," + mark + "\n";
  };
  import(header + number_row);
  EXPECT_FALSE(who("number", "+14045550102", "").at(0).trunk);
  EXPECT_EQ(import(with + line("no"), day2).unchanged, 1u) << "what was never said is the same as no";
  EXPECT_EQ(import(with + line("yes"), day2).changed, 1u);
  EXPECT_TRUE(who("number", "+14045550102", "").at(0).trunk);
  EXPECT_THAT(import(with + line("perhaps"), day2).problems, ElementsAre(HasSubstr("write yes or no")));
}

TEST_P(Combined, TheSameFileTwiceChangesNothing) {
  import(header + number_row + extension_row);
  const auto again = import(header + number_row + extension_row, day2);
  EXPECT_EQ(again.added + again.changed, 0u);
  EXPECT_EQ(again.unchanged, 2u);
  EXPECT_EQ(count("kind IN ('number', 'extension')"), 2);
}

TEST_P(Combined, AChangeEndsTheOldVersionAndKeepsIt) {
  import(header + number_row);
  std::string changed = number_row;
  changed.replace(changed.find("Seaview Inn"), 11, "Seaview Hotel");
  const auto r = import(header + changed, day2);
  EXPECT_EQ(r.changed, 1u);
  EXPECT_EQ(who("number", "+14045550102", "").at(0).subscriber, "Seaview Hotel");
  EXPECT_EQ(who("number", "+14045550102", "", {Instant::min(), Instant::max(), day1}).at(0).subscriber,
            "Seaview Inn");
  EXPECT_EQ(count(fmt::format("name = 'Seaview Inn' AND known_from = {} AND known_until = {}", to_ns(day1),
                              to_ns(day2))),
            1);
}

TEST_P(Combined, AClockSetBackImportsNothing) {
  import(header + number_row, day2);
  const std::string ended =
      "A-1,Seaview Inn,,,,,,number,404-555-0102,,2026-01-01T00:00:00Z,2026-09-01T00:00:00Z\n";
  const auto r = book_->import_csv(header + extension_row + ended, "r.csv", day1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::refused);
  EXPECT_EQ(count("kind IN ('number', 'extension')"), 1) << "the transaction took nothing";
}

TEST_P(Combined, APropertyIsKnownFromItsFirstHoldingOnWhateverTheOrderOfLines) {
  const std::string late = "A-1,Seaview Inn,,,,,,number,404-555-0103,,2026-05-01T00:00:00Z,\n";
  good(header + late + number_row);
  EXPECT_EQ(facts(FactKind::account, "A-1").at(0).fact.valid.from, at("2026-01-01T00:00:00Z"));
  const std::string early = "A-1,Seaview Inn,,,,,,number,404-555-0104,,2025-01-01T00:00:00Z,\n";
  good(header + early, day2);
  ASSERT_EQ(facts(FactKind::account, "A-1").size(), 1u);
  EXPECT_EQ(facts(FactKind::account, "A-1").at(0).fact.valid.from, at("2025-01-01T00:00:00Z"));
  EXPECT_EQ(facts(FactKind::account, "A-1", "", {Instant::min(), Instant::max(), day1}).at(0).fact.valid.from,
            at("2026-01-01T00:00:00Z"))
      << "as known then";
}

TEST_P(Combined, PeriodsAreHalfOpen) {
  import(header + extension_row);
  const auto held = [&](const char* from, const char* until) {
    return book_->who_holds("extension", "214", "A-1", {at(from), at(until), {}})->size();
  };
  EXPECT_EQ(held("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"), 0u);
  EXPECT_EQ(held("2026-05-31T23:59:59Z", "2026-07-01T00:00:00Z"), 1u);
  EXPECT_EQ(held("2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z"), 0u);
  EXPECT_EQ(held("2025-06-01T00:00:00Z", "2026-01-01T00:00:01Z"), 1u);
}

TEST_P(Combined, ServedHistoricallyCountsWithdrawnDoesNot) {
  const std::string past = "A-1,S,,,,,,number,+14045550103,,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n";
  const std::string withdrawn = "A-1,S,,,,,,number,+14045550103,,2020-01-01T00:00:00Z,2020-01-01T00:00:00Z\n";
  import(header + past);
  EXPECT_TRUE(*book_->ever_served("number", "404-555-0103"));
  EXPECT_FALSE(*book_->ever_served("number", "404-555-0104"));
  EXPECT_FALSE(book_->ever_served("number", "0103"));
  import(header + withdrawn, day2);
  EXPECT_FALSE(*book_->ever_served("number", "404-555-0103"));
  EXPECT_TRUE(who("number", "404-555-0103", "").empty());
}

TEST_P(Combined, ARoomIsNoTenantAndAnExtensionThatNamesNobodyIsTheRoomsOfItsNumber) {
  good(header + extension_row +
       "A-1,Seaview Inn,,,,,Front desk,extension,100,192.0.2.10,2026-01-01T00:00:00Z,\n"
       "A-1,Seaview Inn,,,,,,extension,215,192.0.2.10,2026-01-01T00:00:00Z,\n");
  EXPECT_EQ(facts(FactKind::extension, "A-1", "214").at(0).fact.body.at("room"), "214");
  EXPECT_EQ(who("extension", "214", "A-1").at(0).tenant, "");
  EXPECT_EQ(facts(FactKind::extension, "A-1", "215").at(0).fact.body.at("room"), "215");
  EXPECT_EQ(facts(FactKind::extension, "A-1", "100").at(0).fact.body.at("room"), "");
  EXPECT_EQ(who("extension", "100", "A-1").at(0).tenant, "Front desk");
}

TEST_P(Combined, BadLinesAreNamedAndTheRestGoesIn) {
  const auto r =
      import(header +
             "A-1,S,,,,,,number,12,,2026-01-01T00:00:00Z,\n"                                // 2 not a number
             "A-1,S,,,,,,extension,214,,2026-01-01T00:00:00Z,\n"                            // 3 no hosts
             "A-1,S,,,,,,number,+14045550104,,yesterday,\n"                                 // 4 no time
             "A-1,S,,,,,,number,+14045550105,,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z\n"  // 5 backwards
             "too,few\n"                                                                    // 6
             "A-1,S,,,,,,pager,1,,2026-01-01T00:00:00Z,\n"                                  // 7 no such kind
             ",S,,,,,,number,+14045550106,,2026-01-01T00:00:00Z,\n"                         // 8 no account
             "A-1,\xff,,,,,,number,+14045550107,,2026-01-01T00:00:00Z,\n"                   // 9 not UTF-8
             "A-1,\"S\"x,,,,,,number,+14045550108,,2026-01-01T00:00:00Z,\n"  // 10 behind the quote
             "A-1,\"S,,,,,,number,+14045550108,,2026-01-01T00:00:00Z,\n" +   // 11 open quote
             number_row);
  EXPECT_EQ(r.rows, 11u);
  EXPECT_EQ(r.added, 1u);
  ASSERT_EQ(r.problems.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_THAT(r.problems[i], HasSubstr(fmt::format("r.csv:{}: ", i + 2)));
    EXPECT_THAT(r.problems[i], ::testing::ContainsRegex("; next: .+"));
  }
}

TEST_P(Combined, AFileThatContradictsItselfKeepsItsFirstWord) {
  std::string other = number_row;
  other.replace(other.find("Seaview Inn"), 11, "Elsewhere");
  for (const Instant t : {day1, day2}) {
    const auto r = import(header + number_row + other, t);
    ASSERT_EQ(r.problems.size(), 1u);
    EXPECT_THAT(r.problems[0], HasSubstr("r.csv:3: says something else about the same as line 2"));
  }
  EXPECT_EQ(who("number", "+14045550102", "").at(0).subscriber, "Seaview Inn");
  EXPECT_EQ(count("kind = 'number'"), 1);
}

TEST_P(Combined, ReadsWhatSpreadsheetsWrite) {
  std::string csv = "\xEF\xBB\xBF" + header +
                    "A-1,\"Seaview \"\"Inn\"\", Ltd\",\"1 Quay\nFloor "
                    "2\",H,GA,30001,,number,+14045550102,,2026-01-01T00:00:00Z,\n\n";
  for (std::size_t p = 0; (p = csv.find('\n', p)) != std::string::npos; p += 2) csv.replace(p, 1, "\r\n");
  const auto r = book_->import_csv(csv, "r.csv", day1);
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_THAT(r->problems, IsEmpty());
  const auto h = who("number", "+14045550102", "");
  ASSERT_EQ(h.size(), 1u);
  EXPECT_EQ(h[0].subscriber, "Seaview \"Inn\", Ltd");
  EXPECT_EQ(h[0].address, "1 Quay Floor 2, H, GA 30001");
}

TEST_P(Combined, RefusesAnotherHeader) {
  for (const char* h : {"", "a,b\n", "account;subscriber;street\n",
                        "\xFF\xFE"
                        "a"}) {
    const auto r = book_->import_csv(h, "r.csv", day1);
    ASSERT_FALSE(r) << h;
    EXPECT_THAT(r.error().what, HasSubstr("r.csv:1:"));
  }
}

TEST_P(Combined, RandomBytesNeverBreakIt) {
  std::mt19937_64 rng(7);
  const std::string alphabet = std::string("\",\n\r;|A1+@\xff\xc3 numberextension") + '\0';
  for (int i = 0; i < 1500; ++i) {
    std::string rows = i % 2 == 0 ? number_row + extension_row : "";
    for (std::size_t n = rng() % 200; n > 0; --n) {
      const char c = alphabet[rng() % alphabet.size()];
      rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(rng() % (rows.size() + 1)), c);
    }
    const auto r = book_->import_csv(i % 10 == 0 ? rows : header + rows, "r.csv", day1);
    if (r) {
      EXPECT_GE(r->rows, r->added + r->changed + r->unchanged);
    }
  }
}

}  // namespace
}  // namespace writ::records
