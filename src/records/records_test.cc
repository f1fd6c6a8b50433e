// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/records.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "records/csv.hh"

namespace writ::records {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(const char* s) { return *parse_rfc3339(s); }

const std::string header = "account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until\n";
const Instant day1 = at("2026-11-01T00:00:00Z"), day2 = at("2026-11-02T00:00:00Z");
const Instant always = Instant::min(), ever = Instant::max();

class Book : public testing::Test {
 protected:
  void SetUp() override {
    file_ = fs::path(testing::TempDir()) /
            fmt::format("writ_records_{}.db", testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove(file_);
    db_.emplace(*store::Database::open(file_));
    book_.emplace(*RecordBook::open(*db_));
  }
  void TearDown() override {
    book_.reset();
    db_.reset();
    for (const char* tail : {"", "-wal", "-shm"}) fs::remove(file_.string() + tail);
  }
  ImportReport import(const std::string& rows, Instant known = day1) {
    const auto r = book_->import_csv(header + rows, "r.csv", known);
    EXPECT_TRUE(r) << to_text(r.error());
    return r ? *r : ImportReport{};
  }
  std::vector<Holder> who(const char* kind, const char* value, const char* account = "") {
    return *book_->who_holds(kind, value, account, always, ever);
  }
  std::int64_t count(const std::string& where = "1") {
    auto q = *db_->prepare("SELECT count(*) FROM holder WHERE " + where);
    EXPECT_TRUE(*q.step());
    return q.integer(0);
  }
  fs::path file_;
  std::optional<store::Database> db_;
  std::optional<RecordBook> book_;
};

const std::string number_row =
    "A-1,Seaview Inn,1 Quay,Harborview,GA,30001,,number,(404) 555-0102,,2026-01-01T00:00:00Z,\n";
const std::string extension_row =
    "A-1,Seaview Inn,1 Quay,Harborview,GA,30001,Room "
    "214,extension,214,PBX.seaview.example|192.0.2.10,2026-01-01T00:00:00Z,2026-06-01T00:00:00Z\n";

TEST_F(Book, HoldsWhatWasImported) {
  const auto r = import(number_row + extension_row);
  EXPECT_EQ(r.rows, 2u);
  EXPECT_EQ(r.added, 2u);
  EXPECT_THAT(r.problems, IsEmpty());
  const auto n = who("number", "+1 404 555 0102");
  ASSERT_EQ(n.size(), 1u);
  EXPECT_EQ(n[0].value, "+14045550102");
  EXPECT_EQ(n[0].address, "1 Quay, Harborview, GA 30001");
  EXPECT_FALSE(n[0].until);
  const auto e = who("extension", "214", "A-1");
  ASSERT_EQ(e.size(), 1u);
  EXPECT_THAT(e[0].hosts, ElementsAre("192.0.2.10", "pbx.seaview.example"));
  EXPECT_TRUE(who("extension", "214", "A-2").empty());
}

TEST_F(Book, TheSameFileTwiceChangesNothing) {
  import(number_row + extension_row);
  const auto again = import(number_row + extension_row, day2);
  EXPECT_EQ(again.added + again.changed, 0u);
  EXPECT_EQ(again.unchanged, 2u);
  EXPECT_EQ(count(), 2);
}

TEST_F(Book, AChangeEndsTheOldVersionAndKeepsIt) {
  import(number_row);
  std::string changed = number_row;
  changed.replace(changed.find("Seaview Inn"), 11, "Seaview Hotel");
  const auto r = import(changed, day2);
  EXPECT_EQ(r.changed, 1u);
  EXPECT_EQ(who("number", "+14045550102").at(0).subscriber, "Seaview Hotel");
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(count(fmt::format("subscriber = 'Seaview Inn' AND known_from = {} AND known_until = {}",
                              to_ns(day1), to_ns(day2))),
            1);
}

TEST_F(Book, AClockSetBackImportsNothing) {
  import(number_row, day2);
  std::string changed = number_row;
  changed.replace(changed.find("Seaview Inn"), 11, "Seaview Hotel");
  const auto r = book_->import_csv(header + extension_row + changed, "r.csv", day1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::refused);
  EXPECT_EQ(count(), 1) << "the transaction took nothing";
}

TEST_F(Book, PeriodsAreHalfOpen) {
  import(extension_row);
  const auto held = [&](const char* from, const char* until) {
    return book_->who_holds("extension", "214", "A-1", at(from), at(until))->size();
  };
  EXPECT_EQ(held("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"), 0u);
  EXPECT_EQ(held("2026-05-31T23:59:59Z", "2026-07-01T00:00:00Z"), 1u);
  EXPECT_EQ(held("2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z"), 0u);
  EXPECT_EQ(held("2025-06-01T00:00:00Z", "2026-01-01T00:00:01Z"), 1u);
}

TEST_F(Book, ServedHistoricallyCountsWithdrawnDoesNot) {
  const std::string past = "A-1,S,,,,,,number,+14045550103,,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n";
  const std::string withdrawn = "A-1,S,,,,,,number,+14045550103,,2020-01-01T00:00:00Z,2020-01-01T00:00:00Z\n";
  import(past);
  EXPECT_TRUE(*book_->ever_served("number", "404-555-0103"));
  EXPECT_FALSE(*book_->ever_served("number", "404-555-0104"));
  EXPECT_FALSE(book_->ever_served("number", "0103"));
  import(withdrawn, day2);
  EXPECT_FALSE(*book_->ever_served("number", "404-555-0103"));
  EXPECT_TRUE(who("number", "404-555-0103").empty());
}

TEST_F(Book, TwoTenantsShareOneRoom) {
  const std::string other = "A-1,Seaview Inn,,,,,Guest B,extension,214,192.0.2.10,2026-01-01T00:00:00Z,\n";
  EXPECT_EQ(import(extension_row + other).added, 2u);
  EXPECT_EQ(who("extension", "214", "A-1").size(), 2u);
}

TEST_F(Book, BadLinesAreNamedAndTheRestGoesIn) {
  const auto r = import(
      "A-1,S,,,,,,number,12,,2026-01-01T00:00:00Z,\n"                                // 2 not a number
      "A-1,S,,,,,,extension,214,,2026-01-01T00:00:00Z,\n"                            // 3 no hosts
      "A-1,S,,,,,,number,+14045550104,,yesterday,\n"                                 // 4 no time
      "A-1,S,,,,,,number,+14045550105,,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z\n"  // 5 backwards
      "too,few\n"                                                                    // 6
      "A-1,S,,,,,,pager,1,,2026-01-01T00:00:00Z,\n"                                  // 7 no such kind
      ",S,,,,,,number,+14045550106,,2026-01-01T00:00:00Z,\n"                         // 8 no account
      "A-1,\xff,,,,,,number,+14045550107,,2026-01-01T00:00:00Z,\n"                   // 9 not UTF-8
      "A-1,\"S\"x,,,,,,number,+14045550108,,2026-01-01T00:00:00Z,\n"                 // 10 behind the quote
      "A-1,\"S,,,,,,number,+14045550108,,2026-01-01T00:00:00Z,\n" +                  // 11 open quote
      number_row);
  EXPECT_EQ(r.rows, 11u);
  EXPECT_EQ(r.added, 1u);
  ASSERT_EQ(r.problems.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_THAT(r.problems[i], HasSubstr(fmt::format("r.csv:{}: ", i + 2)));
    EXPECT_THAT(r.problems[i], testing::ContainsRegex("; next: .+"));
  }
}

TEST_F(Book, AFileThatContradictsItselfKeepsItsFirstWord) {
  std::string other = number_row;
  other.replace(other.find("Seaview Inn"), 11, "Elsewhere");
  for (const Instant t : {day1, day2}) {
    const auto r = import(number_row + other, t);
    ASSERT_EQ(r.problems.size(), 1u);
    EXPECT_THAT(r.problems[0], HasSubstr("r.csv:3: says something else about the same as line 2"));
  }
  EXPECT_EQ(who("number", "+14045550102").at(0).subscriber, "Seaview Inn");
  EXPECT_EQ(count(), 1);
}

TEST_F(Book, ReadsWhatSpreadsheetsWrite) {
  std::string csv = "\xEF\xBB\xBF" + header +
                    "A-1,\"Seaview \"\"Inn\"\", Ltd\",\"1 Quay\nFloor "
                    "2\",H,GA,30001,,number,+14045550102,,2026-01-01T00:00:00Z,\n\n";
  for (std::size_t p = 0; (p = csv.find('\n', p)) != std::string::npos; p += 2) csv.replace(p, 1, "\r\n");
  const auto r = book_->import_csv(csv, "r.csv", day1);
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_THAT(r->problems, IsEmpty());
  const auto h = who("number", "+14045550102");
  ASSERT_EQ(h.size(), 1u);
  EXPECT_EQ(h[0].subscriber, "Seaview \"Inn\", Ltd");
  EXPECT_EQ(h[0].address, "1 Quay  Floor 2, H, GA 30001");
}

TEST_F(Book, RefusesAnotherHeader) {
  for (const char* h : {"", "a,b\n", "account;subscriber;street\n",
                        "\xFF\xFE"
                        "a"}) {
    const auto r = book_->import_csv(h, "r.csv", day1);
    ASSERT_FALSE(r) << h;
    EXPECT_THAT(r.error().what, HasSubstr("r.csv:1:"));
  }
}

TEST_F(Book, RandomBytesNeverBreakIt) {
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

TEST(Csv, CountsLinesInsideQuotes) {
  CsvReader in("a,\"b\r\nc\"\n\nd\n");
  CsvRow row;
  ASSERT_TRUE(in.next(row));
  EXPECT_THAT(row.fields, ElementsAre("a", "b\r\nc"));
  ASSERT_TRUE(in.next(row));
  EXPECT_EQ(row.line, 4u);
  EXPECT_FALSE(in.next(row));
}

TEST(Csv, AnOpenQuoteCostsItsLineOnly) {
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "x,\"open\n";  // in time linear in its size, or this test is felt
  many += "last,line\n";
  CsvReader in(many);
  CsvRow row;
  while (in.next(row)) {
  }
  EXPECT_THAT(row.fields, ElementsAre("last", "line"));
}

TEST(Identity, CanonicalForms) {
  for (const char* s :
       {"(404) 555-0102", "404.555.0102", "+1 404 555 0102", "14045550102", "tel:+14045550102"})
    EXPECT_EQ(*to_e164(s), "+14045550102") << s;
  EXPECT_EQ(*to_e164("+44 20 7946 0018"), "+442079460018");
  for (const char* s :
       {"", "5550102", "404 555 0102 x214", "1-800-FLOWERS", "+1404555010", "+140455501022", "214", "+"})
    EXPECT_FALSE(to_e164(s)) << s;
  EXPECT_EQ(*canonical_value("uri", "sip:Alice@Example.COM"), "Alice@example.com");
  for (const char* s : {"alice", "@example.com", "a b@example.com", "alice@", "alice@example.com:5060",
                        "alice@example.com;transport=tcp"})
    EXPECT_FALSE(canonical_value("uri", s)) << s;
  EXPECT_EQ(*canonical_value("extension", "214"), "214");
  for (const char* s : {"", "2 14", "214;x", "*%"}) EXPECT_FALSE(canonical_value("extension", s)) << s;
  EXPECT_FALSE(canonical_value("name", "x"));
  EXPECT_EQ(*canonical_host("[2001:DB8::1]"), "2001:db8::1");
  EXPECT_FALSE(canonical_host("192.0.2.1:5060"));
}

}  // namespace
}  // namespace writ::records
