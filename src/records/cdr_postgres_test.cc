// SPDX-License-Identifier: GPL-3.0-or-later
// What PostgreSQL alone does with the book; what every engine does is in cdr_book_test.cc.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "records/cdr_test_data.hh"
#include "store/test_engines.hh"

namespace writ::records {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CdrPostgres : public store::EngineTest {
 protected:
  std::unique_ptr<CdrBook> book() {
    auto b = open_postgres_cdrs(conninfo(), test_master());
    EXPECT_TRUE(b) << to_text(b.error());
    return b ? std::move(*b) : nullptr;
  }
  std::int64_t number(std::string_view sql) {
    auto db = open();
    auto q = db->prepare(sql);
    auto row = q->step();
    EXPECT_TRUE(row) << to_text(row.error());
    return row && *row ? q->integer(0) : -1;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CdrPostgres, ::testing::Values(store::Engine::postgresql),
                         store::engine_name);

// `count` records over two months, the same for the same seed.
std::vector<Cdr> batch(std::uint64_t seed, int count) {
  Random r{seed};
  std::vector<Cdr> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(some_cdr(r, at("2026-03-01T00:00:00Z"), at("2026-05-01T00:00:00Z")));
    out.back().call_id = fmt::format("{}-{}", seed, i);
  }
  return out;
}

TEST_P(CdrPostgres, VerifyingLooksAtTheIndexesToo) {
  auto b = book();
  ASSERT_TRUE(b->append(batch(1, 200), "k"));
  ASSERT_TRUE(open()->exec("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public"));
  EXPECT_THAT(b->verify({})->problems, IsEmpty());
  const std::string table = "cdr_row_" + std::to_string(number("SELECT min(id) FROM cdr_month"));
  ASSERT_TRUE(open()->exec("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '" + table +
                           "_called_start_ms_idx'::regclass"));
  EXPECT_THAT(b->verify({})->problems, ElementsAre(HasSubstr(table + "_called_start_ms_idx is not valid")));
  ASSERT_TRUE(open()->exec("DROP INDEX " + table + "_called_start_ms_idx"));
  EXPECT_THAT(b->verify({})->problems, ElementsAre(HasSubstr(table + " has 7 indexes of 8")));
}

TEST_P(CdrPostgres, AMonthIsAPartitionAndGoesWithIt) {
  auto b = book();
  ASSERT_TRUE(b->append(batch(1, 200), "k"));
  const auto partitions =
      "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('cdr_row'::regclass, "
      "'cdr_text'::regclass, 'cdr_node'::regclass, 'cdr_key'::regclass)";
  EXPECT_EQ(number(partitions), 8);
  EXPECT_EQ(number("SELECT count(*) FROM cdr_row"), 200);
  EXPECT_EQ(number("SELECT count(*) FROM cdr_key"), 2);
  ASSERT_TRUE(b->purge(at("2026-04-01T00:00:00Z"), {}, false));
  EXPECT_EQ(number(partitions), 4);
  EXPECT_EQ(number("SELECT count(*) FROM cdr_key"), 1);
  EXPECT_EQ(
      number("SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname "
             "LIKE 'cdr\\_%\\_1%'"),
      0)
      << "nothing of the month is left";
}

TEST_P(CdrPostgres, EveryPartyIsFoundByAnIndexOfItsOwn) {
  auto b = book();
  ASSERT_TRUE(b->append(batch(1, 20'000), "k"));
  ASSERT_TRUE(b->seal("2026-03"));
  auto db = open();
  for (const char* column :
       {"caller", "called", "redirecting", "caller_extension", "called_extension", "account"}) {
    auto q = db->prepare(
        fmt::format("EXPLAIN SELECT seq FROM cdr_row_1 WHERE {} = 42 AND start_ms >= 0 AND start_ms "
                    "< 2000000000000 ORDER BY start_ms, seq LIMIT 100",
                    column));
    std::string plan;
    while (*q->step()) plan += q->text(0) + "\n";
    EXPECT_THAT(plan, ::testing::HasSubstr(fmt::format("cdr_row_1_{}_start_ms_idx", column)));
    EXPECT_THAT(plan, ::testing::Not(::testing::HasSubstr("Seq Scan"))) << column;
  }
}

TEST_P(CdrPostgres, ALostConnectionIsMadeAnewByTheNextQuestion) {
  const std::string name = fmt::format("writ_test_cut_{}", ::getpid());
  auto b = *open_postgres_cdrs(conninfo() + " application_name=" + name, test_master());
  ASSERT_TRUE(b->append(batch(1, 50), "k1"));
  const auto cut = [&] {
    EXPECT_EQ(number(fmt::format(
                  "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                  "WHERE application_name = '{}') AS cut",
                  name)),
              1);
  };
  cut();
  ASSERT_EQ(b->heads()->size(), 2u);
  cut();
  const auto again = b->append(batch(2, 50), "k2");
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->added, 50u);
  EXPECT_THAT(b->verify({})->problems, IsEmpty());
}

TEST_P(CdrPostgres, TwoBooksAppendInTurnAndSeeEachOther) {
  auto first = book(), second = book();
  for (std::uint64_t i = 0; i < 6; ++i) {
    const auto r = (i % 2 == 0 ? first : second)->append(batch(i / 2, 40), fmt::format("k{}", i));
    ASSERT_TRUE(r) << to_text(r.error());
    EXPECT_EQ(r->added, i % 2 == 0 ? 40u : 0u) << "the other has it already";
  }
  EXPECT_EQ(first->verify({})->rows, 120u);
  EXPECT_THAT(second->verify({})->problems, IsEmpty());
}

// A child appends batches of its own, a key each, until it is killed; then the book must hold whole batches
// only, all that were reported among them, and verify.
TEST_P(CdrPostgres, AClientKilledWhileItAppendsLeavesWholeBatches) {
  std::uint64_t next = 1;
  int cut_short = 0;  // kills that hit a batch under way
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      auto own = open_postgres_cdrs(conninfo(), test_master());
      for (std::uint64_t n = next; own; ++n) {
        if (!(*own)->append(batch(n, 3000), fmt::format("k{}", n))) ::_exit(1);
        if (::write(ends[1], &n, sizeof n) != sizeof n) ::_exit(1);
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    std::uint64_t reported = 0, n = 0;  // from the first report on, however slow the machine
    ASSERT_EQ(::read(ends[0], &reported, sizeof reported), static_cast<ssize_t>(sizeof reported));
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + 23 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it must die by the kill: " << status;
    while (::read(ends[0], &n, sizeof n) == sizeof n) reported = n;
    ::close(ends[0]);

    auto b = book();
    const auto again = b->append(batch(reported, 3000), fmt::format("k{}", reported));
    ASSERT_TRUE(again) << "the writer's lock of the dead is free: " << to_text(again.error());
    EXPECT_TRUE(again->repeated) << "reported, but not there";
    const auto seen = b->verify({});
    ASSERT_TRUE(seen) << to_text(seen.error());
    EXPECT_THAT(seen->problems, IsEmpty());
    EXPECT_EQ(seen->rows % 3000, 0u) << "half a batch";
    EXPECT_EQ(static_cast<std::int64_t>(seen->rows), 3000 * number("SELECT count(*) FROM cdr_receipt"));
    EXPECT_GE(seen->rows, 3000 * reported);
    cut_short += seen->rows / 3000 == reported;
    next = seen->rows / 3000 + 1;
  }
  EXPECT_GT(cut_short, 0) << "no kill hit a batch under way";
}

}  // namespace
}  // namespace writ::records
