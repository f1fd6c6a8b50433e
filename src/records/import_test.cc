// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/test_catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Import : public CatalogueTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Import, store::both_engines, store::engine_name);

// What the manual shows must go in: every ```csv example of docs/records-csv.md.
TEST_P(Import, ExamplesOfTheManualGoIn) {
  const std::string doc = *read_text(fs::path(WRIT_SOURCE_DIR) / "docs" / "records-csv.md");
  const std::string open = "```csv\n";
  std::size_t examples = 0;
  for (auto pos = doc.find(open); pos != std::string::npos; pos = doc.find(open, pos)) {
    pos += open.size();
    const std::string csv = doc.substr(pos, doc.find("```", pos) - pos);
    const auto first = good(csv, day1);
    EXPECT_GT(first.added, 0u) << csv;
    const auto again = good(csv, day2);
    EXPECT_EQ(again.added + again.changed, 0u) << csv;
    EXPECT_EQ(again.unchanged, again.rows) << csv;
    ++examples;
  }
  EXPECT_EQ(examples, 13u);
  for (const FactKind k :
       {FactKind::account, FactKind::address, FactKind::number, FactKind::block, FactKind::port,
        FactKind::extension, FactKind::uri, FactKind::stay, FactKind::network_address, FactKind::registration,
        FactKind::payment, FactKind::balance})
    EXPECT_THAT(facts(k, "HH-1001"), ::testing::Not(IsEmpty())) << to_string(k);
}

TEST_P(Import, BadLinesOfEveryKindAreNamedAndTheRestGoesIn) {
  struct Case {
    const char* header;
    const char* line;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"account,name,class,zone,from,until", "A-1,Inn,hospitality,Moon/Base,2026-01-01T00:00:00Z,",
       "not a time zone"},
      {"account,name,class,zone,from,until", "A-1,Inn,farm,,2026-01-01T00:00:00Z,", "'class' says 'farm'"},
      {"account,number,direction,carrier,at", "A-1,404-555-0102,sideways,,2026-01-01T00:00:00Z",
       "'direction' says"},
      {"account,number,direction,carrier,at", "A-1,404-555-0102,out,,", "'at' is empty"},
      {"account,first,last,from", "A-1,404-555-0150,404-555-0140,2026-01-01T00:00:00Z",
       "last number of the block"},
      {"account,reservation,room,name,sharer,from", "A-1,R1,214,x,maybe,2026-01-01T00:00:00Z",
       "'sharer' says"},
      {"account,reservation,room,name,from", "A-1,R1,,x,2026-01-01T00:00:00Z", "'room' is empty"},
      {"account,cents,from", "A-1,12.50,2026-01-01T00:00:00Z", "not a number of cents"},
      {"account,ip,from", "A-1,300.1.1.1,2026-01-01T00:00:00Z", "not a network address"},
      {"account,means,from", "A-1,shells,2026-01-01T00:00:00Z", "'means' says 'shells'"},
      {"account,extension,room,from", "A-1,2 14,214,2026-01-01T00:00:00Z", "not an extension"},
      {"account,extension,room,from", "A-1,214,214,2026-01-01 00:00:00", "2026-01-01 00:00:00"},
      {"account,extension,room,from", "A-1,214,2026-01-01T00:00:00Z", "3 fields instead of 4"},
      {"account,extension,room,from", "A-1,214,21\xff,2026-01-01T00:00:00Z", "not UTF-8"},
      {"account,extension,room,from", "A-1,214,\"214,2026-01-01T00:00:00Z", "never closed"},
  };
  for (const Case& c : cases) {
    const auto r = import(std::string(c.header) + "\n" + c.line + "\n");
    ASSERT_EQ(r.problems.size(), 1u) << c.line;
    EXPECT_THAT(r.problems[0], HasSubstr("r.csv:2: "));
    EXPECT_THAT(r.problems[0], HasSubstr(c.says));
    EXPECT_THAT(r.problems[0], ::testing::ContainsRegex("; next: .+"));
  }
  EXPECT_EQ(count(), 0);
}

TEST_P(Import, HeadersThatFitNothingAreRefusedWithTheirCure) {
  for (const char* h :
       {"account,name\n", "account,name,from,from_local\n", "account,name,from,from\n",
        "account,name,from,shoe_size\n", "account;name;from\n", "a\xff,b\n", "\xff\xfe\x61\0\x2c\0"}) {
    const auto r = book_->import_csv(h, "r.csv", day1);
    ASSERT_FALSE(r) << h;
    EXPECT_EQ(r.error().exit, Exit::usage);
    EXPECT_THAT(r.error().what, HasSubstr("r.csv:1: "));
    EXPECT_FALSE(r.error().next.empty());
  }
}

TEST_P(Import, AFileCutOffInTheMiddleLosesItsLastLineOnlyAndSaysSo) {
  std::string csv = "account,reservation,room,name,from,until\n";
  for (int i = 0; i < 20; ++i)
    csv += fmt::format("A-1,R{},{},\"Doe, {}\",2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n", i, 100 + i, i);
  const std::size_t last = csv.rfind("A-1");
  for (std::size_t n = last + 1; n + 1 < csv.size(); n += 3) {
    if (csv.substr(0, n).ends_with("00Z,")) continue;  // cut there, the line says that the guest still stays
    const auto r = import(csv.substr(0, n));
    ASSERT_EQ(r.problems.size(), 1u) << csv.substr(last, n - last);
    EXPECT_THAT(r.problems[0], HasSubstr("r.csv:21: "));
  }
  EXPECT_EQ(good(csv).added, 1u) << "the whole file afterwards brings what was missing";
}

TEST_P(Import, DuplicatesAndContradictionsWithinAFile) {
  const std::string head = "account,reservation,room,name,from,until\n";
  const std::string a = "A-1,R1,214,\"Doe, James\",2026-01-01T00:00:00Z,\n",
                    b = "A-1,R1,215,\"Doe, James\",2026-01-01T00:00:00Z,\n";
  const auto r = import(head + a + a + b);
  EXPECT_EQ(r.added, 1u);
  EXPECT_EQ(r.unchanged, 1u);
  ASSERT_EQ(r.problems.size(), 1u);
  EXPECT_THAT(r.problems[0], HasSubstr("r.csv:4: says something else about the same as line 2"));
}

TEST_P(Import, TheOrderOfLinesAndFilesDoesNotMatter) {
  const std::string head = "account,reservation,room,name,from,until\n";
  const std::string a = "A-1,R1,214,x,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\n",
                    b = "A-1,R2,214,y,2026-01-02T00:00:00Z,2027-01-01T00:00:00Z\n",
                    c = "A-1,R3,214,z,2027-01-01T00:00:00Z,\n";  // begins in the future: a booking
  good(head + c + a, day1);
  good("account,extension,room,from\nA-1,214,214,2026-01-01T00:00:00Z\n", day1);
  good(head + b, day2);
  EXPECT_THAT(tenants_of(who("extension", "214", "A-1")), ElementsAre("R1/x", "R2/y", "R3/z"));
  EXPECT_THAT(tenants_of(who("extension", "214", "A-1", moment(day3))), ElementsAre("R2/y"));
}

}  // namespace
}  // namespace writ::records
