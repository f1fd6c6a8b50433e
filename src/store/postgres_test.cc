// SPDX-License-Identifier: GPL-3.0-or-later
// What PostgreSQL alone does: refusals, a lost connection, a killed client.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "base/sanitizers.hh"
#include "store/test_engines.hh"

namespace writ::store {
namespace {

using testing::HasSubstr;
using testing::Not;

class Postgres : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Postgres, testing::Values(Engine::postgresql), engine_name);

std::int64_t number(Database& db, std::string_view sql) {
  auto q = db.prepare(sql);
  auto row = q->step();
  return row && *row ? q->integer(0) : -1;
}

TEST(PostgresErrors, NeverTellThePassword) {
  for (const char* conninfo : {"host=192.0.2.1 connect_timeout=2 dbname=d user=u password=hunter2hunter2",
                               "postgresql://u:hunter2hunter2@/d?host=/nonexistent",
                               "host=/nonexistent password=hunter2hunter2 dbname", "hunter2hunter2",
                               "postgresql://u:hunter2hunter2@[::1/d", "password='hunter2hunter2"}) {
    const auto db = Database::connect(conninfo);
    ASSERT_FALSE(db) << conninfo;
    EXPECT_THAT(to_text(db.error()), Not(HasSubstr("hunter2"))) << conninfo;
    EXPECT_FALSE(db.error().next.empty());
  }
}

TEST(PostgresErrors, AServerThatIsNotThereIsAUnitsFailure) {
  const auto db = Database::connect("host=/nonexistent dbname=d user=u");
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().exit, Exit::unit);
  EXPECT_THAT(db.error().what, HasSubstr("/nonexistent"));
  EXPECT_THAT(db.error().next, HasSubstr("server"));
}

TEST_P(Postgres, RefusesTextThatItCannotKeepAndTheTransactionGoesOn) {
  auto db = open();
  WRIT_ASSERT_OK(db->exec("CREATE TABLE t(a TEXT, b BLOB) STRICT"));
  auto tx = Transaction::begin(*db);
  auto put = db->prepare("INSERT INTO t VALUES(?, ?)");
  auto nul = put->bind(1, std::string_view("a\0b", 3)).step();
  ASSERT_FALSE(nul);
  EXPECT_THAT(nul.error().what, HasSubstr("value 1: the text holds a NUL byte"));
  put->reset();
  auto latin = put->bind(1, "M\xfcller").step();
  ASSERT_FALSE(latin);
  EXPECT_THAT(latin.error().what, HasSubstr("not UTF-8"));
  put->reset();
  WRIT_ASSERT_OK(put->bind_blob(2, view_of(std::string_view("a\0b", 3))).run());
  WRIT_ASSERT_OK(tx->commit());
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 1);
}

TEST_P(Postgres, RefusesADatabaseOfAnotherEncoding) {
  auto db = Database::connect(std::getenv("WRIT_TEST_PG"));
  const std::string name = "writ_test_latin_" + std::to_string(::getpid());
  WRIT_ASSERT_OK(db->exec("CREATE DATABASE " + name + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
  const auto latin = Database::connect(std::string(std::getenv("WRIT_TEST_PG")) + " dbname=" + name);
  WRIT_ASSERT_OK(db->exec("DROP DATABASE " + name + " WITH (FORCE)"));
  ASSERT_FALSE(latin);
  EXPECT_THAT(latin.error().what, HasSubstr("LATIN1"));
}

TEST_P(Postgres, ACommitAfterAnErrorIsNoSuccess) {
  auto db = open();
  WRIT_ASSERT_OK(db->exec("CREATE TABLE t(a INTEGER UNIQUE) STRICT"));
  auto tx = Transaction::begin(*db);
  WRIT_ASSERT_OK(db->exec("INSERT INTO t VALUES(1)"));
  EXPECT_FALSE(db->exec("INSERT INTO t VALUES(1)"));
  EXPECT_FALSE(tx->commit());
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 0);
}

TEST_P(Postgres, AnErrorDoesNotQuoteTheRow) {
  auto db = open();
  WRIT_ASSERT_OK(db->exec("CREATE TABLE t(a TEXT UNIQUE) STRICT; INSERT INTO t VALUES('+14045550100')"));
  auto put = db->prepare("INSERT INTO t VALUES(?)");
  auto twice = put->bind(1, "+14045550100").run();
  ASSERT_FALSE(twice);
  EXPECT_THAT(to_text(twice.error()), Not(HasSubstr("+1404")));
}

TEST_P(Postgres, ALostConnectionSaysSoAndWhatToDo) {
  auto db = open();
  auto other = open();
  WRIT_ASSERT_OK(db->exec("CREATE TABLE t(n INTEGER) STRICT"));
  const auto pid = number(*db, "SELECT pg_backend_pid()");
  auto tx = Transaction::begin(*db);
  WRIT_ASSERT_OK(db->exec("INSERT INTO t VALUES(1)"));
  EXPECT_EQ(number(*other, "SELECT CASE WHEN pg_terminate_backend(" + std::to_string(pid) +
                               ", 5000) THEN 1 ELSE 0 END"),
            1);
  auto lost = db->exec("INSERT INTO t VALUES(2)");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().exit, Exit::unit);
  EXPECT_THAT(lost.error().what, HasSubstr("was lost"));
  auto committed = tx->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().exit, Exit::unit);
  EXPECT_THAT(committed.error().missing, HasSubstr("not known"));
  auto q = db->prepare("SELECT 1");
  EXPECT_EQ(q->step().error().exit, Exit::unit);
  EXPECT_EQ(number(*other, "SELECT count(*) FROM t"), 0) << "nothing of the lost transaction";
}

TEST_P(Postgres, AConnectionLostWhileItStreamsIsNoEndOfTheAnswer) {
  auto db = open();
  auto other = open();
  const auto pid = number(*db, "SELECT pg_backend_pid()");
  auto q = db->prepare("SELECT repeat('x', 1000) FROM generate_series(1, 200000)");
  ASSERT_TRUE(*q->step());
  EXPECT_EQ(number(*other, "SELECT CASE WHEN pg_terminate_backend(" + std::to_string(pid) +
                               ", 5000) THEN 1 ELSE 0 END"),
            1);
  Result<bool> row = true;
  while (row && *row) row = q->step();
  ASSERT_FALSE(row) << "must not look complete";
  EXPECT_EQ(row.error().exit, Exit::unit);
}

TEST_P(Postgres, ABigAnswerStreamsInConstantMemory) {
  auto db = open();
  const auto peak = [] {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;  // KiB
  };
  auto q = db->prepare("SELECT i, repeat('x', 1000) FROM generate_series(1, 200000) AS g(i)");
  ASSERT_TRUE(*q->step());
  const auto before = peak();
  std::int64_t rows = 1;
  while (*q->step()) ++rows;
  EXPECT_EQ(rows, 200'000);
#ifndef WRIT_ADDRESS_SANITIZER  // AddressSanitizer keeps what was freed in quarantine
  EXPECT_LT(peak() - before, 32 * 1024) << "200 MB went through";
#else
  static_cast<void>(before);
#endif
}

TEST_P(Postgres, MoreStatementsThanTheServerIsAskedToRemember) {
  auto db = open();
  for (int i = 0; i < 700; ++i) EXPECT_EQ(number(*db, "SELECT " + std::to_string(i)), i);
  EXPECT_LE(number(*db, "SELECT count(*) FROM pg_prepared_statements"), 256);
}

TEST_P(Postgres, TwoSchemasDoNotWaitForEachOther) {
  auto db = open();
  auto elsewhere = Database::connect(std::string(std::getenv("WRIT_TEST_PG")));
  auto tx = Transaction::begin(*db);
  const auto began = std::chrono::steady_clock::now();
  auto other = Transaction::begin(*elsewhere);
  WRIT_ASSERT_OK(other);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

// The client appends pairs of rows, a transaction each, in a loop; it dies at a random moment. There must be
// no half pair, and everything that it had reported as committed.
TEST_P(Postgres, AClientKilledInTheMiddleLeavesAllOrNothing) {
  auto db = open();
  WRIT_ASSERT_OK(db->exec("CREATE TABLE t(n INTEGER, half INTEGER, PRIMARY KEY(n, half)) STRICT"));
  std::int64_t next = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      auto own = open();
      for (std::int64_t n = next; own; ++n) {
        auto tx = Transaction::begin(*own);
        if (!tx) ::_exit(1);
        const std::string_view columns[] = {"n", "half"};
        std::int64_t half = 0;
        auto first = own->copy_in("t", columns, [&](std::span<Value> row) -> Result<bool> {
          row[0] = n;
          row[1] = half;
          return half++ < 1;
        });
        auto put = own->prepare("INSERT INTO t VALUES(?, 1)");
        if (!first || !put || !put->bind(1, n).run() || !tx->commit()) ::_exit(1);
        if (::write(pipe_ends[1], &n, sizeof n) != sizeof n) ::_exit(1);
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    std::int64_t reported = -1, n = 0;  // from the first report on, however slow the machine
    ASSERT_EQ(::read(pipe_ends[0], &reported, sizeof reported), static_cast<ssize_t>(sizeof reported));
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + 7 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it must die by the kill: " << status;
    while (::read(pipe_ends[0], &n, sizeof n) == sizeof n) reported = n;
    ::close(pipe_ends[0]);
    auto settled = Transaction::begin(*db);  // waits for what the server still does for the dead
    WRIT_ASSERT_OK(settled);
    EXPECT_EQ(number(*db, "SELECT count(*) FROM (SELECT n FROM t GROUP BY n HAVING count(*) <> 2) AS h"), 0);
    const auto last = number(*db, "SELECT coalesce(max(n), -1) FROM t");
    EXPECT_GE(last, reported);
    EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 2 * (last + 1));
    next = last + 1;
  }
}

}  // namespace
}  // namespace writ::store
