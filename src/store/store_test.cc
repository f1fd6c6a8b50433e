// SPDX-License-Identifier: GPL-3.0-or-later
// What both engines promise alike. What only PostgreSQL does is in postgres_test.cc.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "store/test_engines.hh"

namespace writ::store {
namespace {

class Store : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto db = open();
    ASSERT_TRUE(db) << to_text(db.error());
    db_.emplace(std::move(*db));
  }
  void TearDown() override {
    db_.reset();
    EngineTest::TearDown();
  }
  Database& db() { return *db_; }
  // All rows, columns joined by '|', rows by ' '.
  static std::string all(Database& d, const std::string& sql, int columns = 1) {
    auto q = d.prepare(sql);
    if (!q) return to_text(q.error());
    std::string out;
    for (;;) {
      auto row = q->step();
      if (!row) return to_text(row.error());
      if (!*row) return out;
      if (!out.empty()) out += ' ';
      for (int i = 0; i < columns; ++i) out += (i > 0 ? "|" : "") + (q->is_null(i) ? "NULL" : q->text(i));
    }
  }
  std::string all(const std::string& sql, int columns = 1) { return all(*db_, sql, columns); }

  std::optional<Database> db_;
};
INSTANTIATE_TEST_SUITE_P(Engines, Store, both_engines, engine_name);

TEST_P(Store, SaysWhichEngineItIs) { EXPECT_EQ(db().engine(), GetParam()); }

TEST_P(Store, RollsBackWhatWasNotCommittedAndKeepsWhatWas) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(a TEXT) STRICT"));
  for (const bool keep : {false, true}) {
    auto tx = Transaction::begin(db());
    ASSERT_TRUE(tx);
    WRIT_ASSERT_OK(db().exec("INSERT INTO t VALUES('x')"));
    if (keep) WRIT_ASSERT_OK(tx->commit());
  }
  auto again = open();
  EXPECT_EQ(all(*again, "SELECT count(*) FROM t"), "1");
}

TEST_P(Store, ATransactionWithinATransactionIsRefusedAndTheFirstGoesOn) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(a TEXT) STRICT"));
  auto tx = Transaction::begin(db());
  ASSERT_TRUE(tx);
  EXPECT_FALSE(Transaction::begin(db()));
  WRIT_ASSERT_OK(db().exec("INSERT INTO t VALUES('x')"));
  WRIT_ASSERT_OK(tx->commit());
  EXPECT_EQ(all("SELECT a FROM t"), "x");
}

TEST_P(Store, MigratesOnceAndRefusesANewerSchema) {
  const std::string_view steps[] = {"CREATE TABLE a(x TEXT)", "CREATE TABLE b(x TEXT)"};
  WRIT_ASSERT_OK(db().migrate("t", std::span(steps).first(1)));
  WRIT_ASSERT_OK(db().migrate("t", steps));
  WRIT_ASSERT_OK(db().migrate("t", steps));
  auto again = open();
  auto older = again->migrate("t", std::span(steps).first(1));
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().next, "use that version");
}

TEST_P(Store, AMigrationThatFailsInTheMiddleLeavesNothing) {
  const std::string_view steps[] = {"CREATE TABLE a(x TEXT)", "CREATE TABLE a(x TEXT)"};
  EXPECT_FALSE(db().migrate("t", steps));
  WRIT_ASSERT_OK(db().exec("CREATE TABLE a(x TEXT)"));
}

TEST_P(Store, TwoThatStartTogetherMigrateOnce) {
  // A second run of a step would fail: the table is there.
  const std::string_view steps[] = {"CREATE TABLE a(x TEXT)", "CREATE TABLE b(x TEXT)",
                                    "INSERT INTO b VALUES('once')"};
  std::atomic<int> ready{0};
  std::vector<std::string> errors(4);
  {
    std::vector<std::jthread> starters;
    for (std::size_t i = 0; i < errors.size(); ++i)
      starters.emplace_back([&, i] {
        ++ready;
        while (ready < static_cast<int>(errors.size())) std::this_thread::yield();
        auto own = open();
        const auto done = own ? own->migrate("t", steps) : Status(tl::unexpected(own.error()));
        if (!done) errors[i] = to_text(done.error());
      });
  }
  EXPECT_THAT(errors, testing::Each(""));
  EXPECT_EQ(all("SELECT x FROM b"), "once");
}

TEST_P(Store, TwoWritersLoseNoUpdate) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE n(v INTEGER NOT NULL) STRICT; INSERT INTO n VALUES(0)"));
  std::vector<std::string> errors(3);
  const auto add_in_transaction = [](Database& d) -> Status {
    WRIT_TRY(tx, Transaction::begin(d));
    WRIT_TRY(get, d.prepare("SELECT v FROM n"));
    WRIT_TRY(there, get.step());
    const auto v = there ? get.integer(0) : 0;
    get.reset();
    WRIT_TRY(put, d.prepare("UPDATE n SET v = ?"));
    WRIT_CHECK(put.bind(1, v + 1).run());
    return tx.commit();
  };
  const auto add_alone = [](Database& d) { return d.exec("UPDATE n SET v = v + 1"); };
  {
    std::vector<std::jthread> writers;
    for (std::size_t i = 0; i < errors.size(); ++i)
      writers.emplace_back([&, i] {
        auto own = open();
        for (int k = 0; own && k < 40 && errors[i].empty(); ++k)
          if (auto done = i == 0 ? add_alone(*own) : add_in_transaction(*own); !done)
            errors[i] = to_text(done.error());
      });
  }
  EXPECT_THAT(errors, testing::Each(""));
  EXPECT_EQ(all("SELECT v FROM n"), "120");
}

TEST_P(Store, ValuesComeBackExactly) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(a TEXT, b INTEGER, c BLOB) STRICT"));
  auto put = db().prepare("INSERT INTO t(a, b, c) VALUES(?, ?, ?)");
  ASSERT_TRUE(put);
  const std::string odd = "a'\"?1 \\ \n\u00e9\U0001F600";
  const Bytes bytes{0, 1, 0xff, '\'', '\\', 0, 0x80};
  WRIT_ASSERT_OK(put->bind(1, odd).bind(2, INT64_MIN).bind_blob(3, bytes).run());
  WRIT_ASSERT_OK(put->bind(1, "").bind(2, INT64_MAX).bind_blob(3, {}).run());
  WRIT_ASSERT_OK(put->bind_null(1).run());  // what is not bound is NULL
  auto get = db().prepare("SELECT a, b, c FROM t ORDER BY b");
  ASSERT_TRUE(get);
  std::vector<std::string> seen;
  ASSERT_TRUE(*get->step());
  const bool null_first = get->is_null(1);  // the engines may order NULL differently
  if (null_first) {
    ASSERT_TRUE(*get->step());
  }
  EXPECT_EQ(get->text(0), odd);
  EXPECT_EQ(get->integer(1), INT64_MIN);
  EXPECT_EQ(get->blob(2), bytes);
  ASSERT_TRUE(*get->step());
  EXPECT_EQ(get->text(0), "");
  EXPECT_FALSE(get->is_null(0));
  EXPECT_EQ(get->integer(1), INT64_MAX);
  EXPECT_EQ(get->blob(2), Bytes{});
  EXPECT_FALSE(get->is_null(2));
  EXPECT_EQ(all("SELECT a, b, c FROM t WHERE a IS NULL", 3), "NULL|NULL|NULL");
}

TEST_P(Store, ABlobLiteralAndACountAndATruthReadAlike) {
  WRIT_ASSERT_OK(
      db().exec("CREATE TABLE t(b BLOB, n INTEGER) STRICT; INSERT INTO t VALUES(x'00ff', 3), (x'', 4)"));
  auto q = db().prepare("SELECT sum(n), count(*), EXISTS(SELECT 1 FROM t WHERE b = x'00FF'), 1 = 2 FROM t");
  ASSERT_TRUE(q && *q->step());
  EXPECT_EQ(q->integer(0), 7);
  EXPECT_EQ(q->integer(1), 2);
  EXPECT_EQ(q->integer(2), 1);
  EXPECT_EQ(q->text(2), "1");
  EXPECT_EQ(q->integer(3), 0);
}

TEST_P(Store, TextComparesByItsBytes) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(a TEXT PRIMARY KEY) STRICT"));
  auto put = db().prepare("INSERT INTO t VALUES(?)");
  for (const char* s : {"b", "a", "B", "_", "\u00e9", "a b", "ab", "Z", "\U0001F600", "\uffee"})
    WRIT_ASSERT_OK(put->bind(1, s).run());
  EXPECT_EQ(all("SELECT a FROM t WHERE a <> 'a b' ORDER BY a"), "B Z _ a ab b \u00e9 \uffee \U0001F600");
  EXPECT_EQ(all("SELECT count(*) FROM t WHERE a >= 'a' AND a < 'b'"), "3");
}

TEST_P(Store, NumberedPlaceholdersMayRepeatAndBeNull) {
  WRIT_ASSERT_OK(db().exec(
      "CREATE TABLE t(a TEXT, n INTEGER) STRICT; INSERT INTO t VALUES('x', 1), ('y', NULL), ('?2', 3)"));
  auto q = db().prepare(
      "SELECT count(*) FROM t WHERE (?2 IS NULL OR a = ?2) AND (?1 IS NULL OR n < ?1 + 5) AND a <> '?9' -- "
      "?8\n");
  ASSERT_TRUE(q);
  const auto count = [&] {
    auto row = q->step();
    const auto n = row && *row ? q->integer(0) : -1;
    EXPECT_TRUE(row) << to_text(row.error());
    q->reset();
    return n;
  };
  EXPECT_EQ(count(), 3);
  q->bind(1, 3'000'000'000);  // more than 32 bits
  EXPECT_EQ(count(), 2);
  q->bind(2, "?2");
  EXPECT_EQ(count(), 1);
  q->bind(2, "y").bind_null(1);
  EXPECT_EQ(count(), 1);
}

TEST_P(Store, BindingOutOfPlaceIsAnError) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(a TEXT) STRICT"));
  auto put = db().prepare("INSERT INTO t VALUES(?)");
  EXPECT_FALSE(put->bind(2, "x").step());
  put->reset();
  EXPECT_FALSE(put->bind(0, "x").step());
  put->reset();
  WRIT_ASSERT_OK(put->bind(1, "x").run());
  EXPECT_EQ(all("SELECT a FROM t"), "x");
}

TEST_P(Store, UpsertReturningAndChanges) {
  WRIT_ASSERT_OK(
      db().exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT UNIQUE, n INTEGER NOT NULL) STRICT"));
  auto put = db().prepare(
      "INSERT INTO t(a, n) VALUES(?, 1) ON CONFLICT(a) DO UPDATE SET n = t.n + excluded.n RETURNING id, n");
  ASSERT_TRUE(put);
  std::vector<std::int64_t> ids, counts;
  for (const char* a : {"x", "y", "x"}) {
    auto row = put->bind(1, a).step();
    ASSERT_TRUE(row && *row) << (row ? "" : to_text(row.error()));
    ids.push_back(put->integer(0));
    counts.push_back(put->integer(1));
    EXPECT_FALSE(*put->step());
    EXPECT_FALSE(*put->step()) << "a statement that is done stays done";
    put->reset();
  }
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_THAT(counts, testing::ElementsAre(1, 1, 2));
  WRIT_ASSERT_OK(db().exec("UPDATE t SET n = 0"));
  EXPECT_EQ(db().changes(), 2);
  auto none = db().prepare("INSERT INTO t(a, n) VALUES('x', 5) ON CONFLICT DO NOTHING");
  WRIT_ASSERT_OK(none->run());
  EXPECT_EQ(db().changes(), 0);
}

TEST_P(Store, APartialUniqueIndexHoldsOnlyWhereItSays) {
  WRIT_ASSERT_OK(
      db().exec("CREATE TABLE t(a TEXT NOT NULL, until INTEGER) STRICT; CREATE UNIQUE INDEX t_now ON t(a) "
                "WHERE until IS NULL"));
  WRIT_ASSERT_OK(db().exec("INSERT INTO t VALUES('x', 1), ('x', 2), ('x', NULL)"));
  auto second = db().exec("INSERT INTO t VALUES('x', NULL)");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().exit, Exit::failure);
  EXPECT_EQ(all("SELECT count(*) FROM t"), "3");
}

TEST_P(Store, AMistakeInTheSqlIsAnErrorWithTheSql) {
  auto q = db().prepare("SELECT x FROM nowhere");
  if (q) {
    EXPECT_EQ(GetParam(), Engine::postgresql);
  }
  const Error e = q ? q->step().error() : q.error();
  EXPECT_EQ(e.exit, Exit::failure);
  EXPECT_THAT(e.what, testing::HasSubstr("SELECT x FROM nowhere"));
  EXPECT_EQ(all("SELECT 'still'"), "still");
}

TEST_P(Store, AStatementStreamsWhileOthersRun) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(n INTEGER PRIMARY KEY) STRICT; CREATE TABLE u(n INTEGER) STRICT"));
  auto fill = db().prepare("INSERT INTO t SELECT ? FROM (SELECT 1) AS one");
  for (int i = 1; i <= 500; ++i) WRIT_ASSERT_OK(fill->bind(1, i).run());
  auto tx = Transaction::begin(db());
  auto outer = db().prepare("SELECT n FROM t ORDER BY n");
  auto inner = db().prepare("SELECT n FROM t WHERE n >= ? ORDER BY n");
  auto put = db().prepare("INSERT INTO u VALUES(?)");
  std::int64_t expected = 0;
  while (*outer->step()) {
    ASSERT_EQ(outer->integer(0), ++expected);
    ASSERT_TRUE(*inner->bind(1, expected).step());
    EXPECT_EQ(inner->integer(0), expected);
    WRIT_ASSERT_OK(put->bind(1, inner->integer(0)).run());
    EXPECT_EQ(outer->integer(0), expected) << "the present row stays";
    inner->reset();
  }
  EXPECT_EQ(expected, 500);
  WRIT_ASSERT_OK(tx->commit());
  EXPECT_EQ(all("SELECT count(*) FROM u"), "500");
}

TEST_P(Store, AnAnswerLeftInTheMiddleDisturbsNothing) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(n INTEGER) STRICT; INSERT INTO t VALUES(1), (2), (3)"));
  for (int i = 0; i < 3; ++i) {
    auto q = db().prepare("SELECT n FROM t");
    ASSERT_TRUE(*q->step());
  }
  EXPECT_EQ(all("SELECT n FROM t ORDER BY n"), "1 2 3");
}

TEST_P(Store, AStatementOutlivesItsDatabaseObject) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(n INTEGER) STRICT; INSERT INTO t VALUES(1), (2)"));
  auto q = db().prepare("SELECT n FROM t ORDER BY n");
  ASSERT_TRUE(*q->step());
  Database moved = std::move(*db_);
  ASSERT_TRUE(*q->step());
  EXPECT_EQ(q->integer(0), 2);
  db_.emplace(std::move(moved));
}

Value cell(const std::string& s) { return std::string_view(s); }

TEST_P(Store, BulkLoadTakesAllRowsOrNone) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(n INTEGER PRIMARY KEY, a TEXT, b BLOB) STRICT"));
  const std::string_view columns[] = {"n", "a", "b"};
  std::string text;
  Bytes blob;
  std::int64_t n = 0, last = 0;
  bool fails = false, doubled = false;
  const NextRow next = [&](std::span<Value> row) -> Result<bool> {
    if (n == last && fails) return fail(Exit::failure, "the source ended");
    if (n == last) return false;
    ++n;
    text = "row " + std::to_string(n);
    blob.assign(static_cast<std::size_t>(n % 7), static_cast<std::uint8_t>(n));
    row[0] = doubled && n == last ? 1 : n;
    row[1] = n % 5 == 0 ? Value{} : cell(text);
    row[2] = View(blob);
    return true;
  };
  last = 20'000;
  fails = true;
  auto stopped = db().copy_in("t", columns, next);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().what, "the source ended");
  n = 0, fails = false, doubled = true;
  EXPECT_FALSE(db().copy_in("t", columns, next));
  EXPECT_EQ(all("SELECT count(*) FROM t"), "0");
  n = 0, doubled = false;
  auto loaded = db().copy_in("t", columns, next);
  WRIT_ASSERT_OK(loaded);
  EXPECT_EQ(*loaded, 20'000u);
  EXPECT_EQ(all("SELECT count(*), count(a), sum(n) FROM t", 3), "20000|16000|200010000");
  auto q = db().prepare("SELECT a, b FROM t WHERE n = 13");
  ASSERT_TRUE(*q->step());
  EXPECT_EQ(q->text(0), "row 13");
  EXPECT_EQ(q->blob(1), Bytes(6, 13));
}

TEST_P(Store, ABulkLoadWithinATransactionGoesWithIt) {
  WRIT_ASSERT_OK(db().exec("CREATE TABLE t(n INTEGER) STRICT"));
  const std::string_view columns[] = {"n"};
  for (const bool keep : {false, true}) {
    auto tx = Transaction::begin(db());
    std::int64_t n = 0;
    WRIT_ASSERT_OK(db().copy_in("t", columns, [&](std::span<Value> row) -> Result<bool> {
      row[0] = n;
      return n++ < 3;
    }));
    if (keep) WRIT_ASSERT_OK(tx->commit());
  }
  EXPECT_EQ(all("SELECT n FROM t ORDER BY n"), "0 1 2");
}

}  // namespace
}  // namespace writ::store
