// SPDX-License-Identifier: GPL-3.0-or-later
// Indexes of the embedded engine against a plain list: runs that grow, merge and are cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "records/cdr_month_file.hh"
#include "records/cdr_test_data.hh"

namespace writ::records {
namespace {

using namespace testing;
using ::testing::HasSubstr;

constexpr std::int64_t month_ms = 1767225600000;  // 2026-01-01
constexpr const char* label = "2026-01";

// A month as the engine appends to it, and what it must say.
struct Month {
  Scratch dir;
  std::unique_ptr<MonthFile> file = *MonthFile::open(dir.path / "m.db", label);
  std::vector<CdrRow> rows;
  Random r{5};

  CdrRow make() {
    CdrRow row;
    row.seq = rows.size();
    row.start_ms = month_ms + static_cast<std::int64_t>(pick(r, 31ull * 86'400'000));
    row.caller = 14045550100 + static_cast<Code>(pick(r, 50));
    row.called =
        pick(r, 5) == 0 ? -static_cast<Code>(pick(r, 9)) - 1 : 14045550100 + static_cast<Code>(pick(r, 50));
    if (pick(r, 9) == 0) row.redirecting = INT64_MAX - static_cast<Code>(pick(r, 3));
    row.account = static_cast<std::int32_t>(pick(r, 3));
    row.identity = static_cast<std::int32_t>(pick(r, 200)) - 100;
    if (pick(r, 50) == 0) row.identity = pick(r, 2) == 0 ? INT32_MIN : INT32_MAX;
    return row;
  }
  void append(std::size_t n) {
    AppendPlan::Part part;
    part.size_before = rows.size();
    for (std::size_t i = 0; i < n; ++i) {
      rows.push_back(make());
      part.rows.push_back(rows.back());
    }
    part.after.size = rows.size();
    const Status ok = file->append(part);
    ASSERT_TRUE(ok) << to_text(ok.error());
  }
  void expect_found(PartyColumn column, Code code) {
    Selection q;
    q.branches = {{column, code}, {PartyColumn::redirecting, INT64_MAX}};
    q.from_ms = month_ms + static_cast<std::int64_t>(pick(r, 20ull * 86'400'000));
    q.until_ms = q.from_ms + 8 * 86'400'000ll;
    q.size = rows.size();
    q.limit = 1 + pick(r, 60);
    std::vector<CdrRow> want;
    for (const CdrRow& row : rows) {
      const Code of[] = {row.caller,           row.called,           row.redirecting,
                         row.caller_extension, row.called_extension, row.account};
      if ((of[static_cast<std::size_t>(column)] == code || row.redirecting == INT64_MAX) &&
          row.start_ms >= q.from_ms && row.start_ms < q.until_ms)
        want.push_back(row);
    }
    std::sort(want.begin(), want.end(), [](const CdrRow& a, const CdrRow& b) {
      return std::tie(a.start_ms, a.seq) < std::tie(b.start_ms, b.seq);
    });
    if (want.size() > q.limit) want.resize(q.limit);
    for (CdrRow& row : want) row.identity = 0;
    const auto got = file->select(q);
    ASSERT_TRUE(got) << to_text(got.error());
    EXPECT_EQ(*got, want);
  }
  void expect_identities() {
    std::vector<std::int32_t> asked{INT32_MIN, INT32_MAX};
    for (std::int32_t i = -110; i < 110; ++i)
      if (pick(r, 3) > 0) asked.push_back(i);
    std::sort(asked.begin(), asked.end());
    std::vector<std::pair<std::int32_t, std::uint64_t>> want, have;
    for (const CdrRow& row : rows)
      if (std::binary_search(asked.begin(), asked.end(), row.identity))
        want.emplace_back(row.identity, row.seq);
    const auto got = file->candidates(asked, rows.size());
    ASSERT_TRUE(got) << to_text(got.error());
    for (const auto& c : *got) have.emplace_back(c.identity, c.seq);
    std::sort(want.begin(), want.end());
    std::sort(have.begin(), have.end());
    EXPECT_EQ(have, want);
  }
  Status sql(const std::string& text) {
    WRIT_TRY(db, store::Database::open(dir.path / "m.db"));
    return db.exec(text);
  }
  std::int64_t number(const std::string& text) {
    auto db = store::Database::open(dir.path / "m.db");
    auto s = db->prepare(text);
    EXPECT_TRUE(s && s->step());
    return s->integer(0);
  }
};

TEST(CdrPackedRuns, FindWhatAPlainListFindsWhileTheMonthGrows) {
  Month m;
  for (int step = 0; step < 60; ++step) {
    m.append(1 + pick(m.r, step % 7 == 0 ? 2500 : 90));
    for (int i = 0; i < 4; ++i) {
      m.expect_found(PartyColumn::caller, 14045550100 + static_cast<Code>(pick(m.r, 52)));
      m.expect_found(PartyColumn::called, -static_cast<Code>(pick(m.r, 9)) - 1);
      m.expect_found(PartyColumn::account, static_cast<Code>(pick(m.r, 4)));
    }
    m.expect_identities();
    if (step != 40) continue;
    ASSERT_TRUE(m.file->seal(m.rows.size()));
  }
  ASSERT_TRUE(m.file->check());
  EXPECT_GT(m.number("SELECT max(end) FROM party_run"), 10000);
  EXPECT_LT(m.number("SELECT count(*) FROM party_run"), 12);
  EXPECT_LT(m.number("SELECT count(*) FROM identity_run"), 12);
  ASSERT_TRUE(m.file->seal(m.rows.size()));
  EXPECT_EQ(m.number("SELECT count(*) FROM party_run"), 1);
  m.expect_found(PartyColumn::called, 14045550107);
  ASSERT_TRUE(m.file->check());
}

TEST(CdrPackedRuns, WhatAKilledAppendLeftIsForgotten) {
  Month m;
  m.append(1000);
  m.append(2500);
  m.expect_found(PartyColumn::caller, 14045550101);  // indexes it
  // The book never heard of the second: it comes again, other than it was.
  m.rows.resize(1000);
  m.append(1700);
  EXPECT_EQ(m.number("SELECT count(*) FROM cdr"), 2700);
  m.expect_identities();
  for (Code i = 0; i < 50; ++i) m.expect_found(PartyColumn::caller, 14045550100 + i);
  const Status ok = m.file->check();
  EXPECT_TRUE(ok) << to_text(ok.error());
}

TEST(CdrPackedRuns, AnIndexThatSaysOtherThanTheRowsIsFound) {
  Month m;
  m.append(3000);
  ASSERT_TRUE(m.file->seal(3000));
  ASSERT_TRUE(m.file->check());
  const auto expect = [&](const std::string& change, const std::string& undo, const std::string& why) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(m.sql(
        "CREATE TABLE kept AS SELECT * FROM party; CREATE TABLE kept2 AS SELECT * FROM identity;" + change));
    const Status found = m.file->check();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().exit, Exit::integrity);
    EXPECT_THAT(found.error().what, HasSubstr(why));
    ASSERT_TRUE(
        m.sql("DELETE FROM party; INSERT INTO party SELECT * FROM kept; DELETE FROM identity;"
              "INSERT INTO identity SELECT * FROM kept2; DROP TABLE kept; DROP TABLE kept2;" +
              undo));
    ASSERT_TRUE(m.file->check());
  };
  expect("DELETE FROM party WHERE col=1 AND code=14045550107", "", "the index of called");
  expect("DELETE FROM party WHERE col=5", "", "the index of account");
  expect(
      "UPDATE party SET body=(SELECT body FROM party WHERE col=1 LIMIT 1) WHERE col=0 AND code=14045550107",
      "", "the index 'party' of the month is damaged");
  expect("UPDATE party SET start=start+1 WHERE col=0 AND code=14045550107", "", "damaged");
  expect("DELETE FROM identity WHERE code=(SELECT min(code) FROM identity)", "", "the index of identities");
  expect("UPDATE party_run SET first=5", "UPDATE party_run SET first=0", "gap");
  expect("UPDATE party SET body=zeroblob(0) WHERE col=3 OR code=14045550109", "", "damaged");
}

}  // namespace
}  // namespace writ::records
