// SPDX-License-Identifier: GPL-3.0-or-later
// The embedded engine in bad weather: killed at any moment, disk full in the middle, strays, many processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "records/cdr_test_data.hh"
#include "store/database.hh"

namespace writ::records {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<CdrBook> open_book(const fs::path& dir) {
  auto b = open_embedded_cdrs(dir, test_master());
  EXPECT_TRUE(b) << to_text(b.error());
  return b ? std::move(*b) : nullptr;
}

// Unlike any other, over three months.
std::vector<Cdr> batch_of(std::uint64_t n, std::size_t rows) {
  Random r{n};
  std::vector<Cdr> out;
  for (std::size_t i = 0; i < rows; ++i) {
    out.push_back(some_cdr(r, at("2026-01-20T00:00:00Z"), at("2026-03-10T00:00:00Z")));
    out.back().call_id = fmt::format("{}-{}", n, i);
  }
  return out;
}

std::uint64_t rows_of(CdrBook& b) {
  std::uint64_t n = 0;
  const auto heads = b.heads();
  EXPECT_TRUE(heads);
  for (const MonthHead& h : *heads) n += h.size;
  return n;
}

// Everything is there once, and everything verifies.
void expect_whole(CdrBook& b, std::uint64_t rows) {
  EXPECT_EQ(rows_of(b), rows);
  const auto v = b.verify({});
  ASSERT_TRUE(v) << to_text(v.error());
  EXPECT_THAT(v->problems, ElementsAre());
  EXPECT_EQ(v->rows, rows);
  std::set<std::string> seen;
  for (int account = 0; account < 4; ++account) {
    CdrQuery q;
    q.by = CdrQuery::By::account;
    q.account = fmt::format("A-{:03}", account);
    q.from = at("2026-01-01T00:00:00Z");
    q.until = at("2026-04-01T00:00:00Z");
    q.limit = 100000;
    const auto page = b.find(q);
    ASSERT_TRUE(page);
    for (const auto& row : page->rows) EXPECT_TRUE(seen.insert(row.cdr.call_id).second) << row.cdr.call_id;
  }
  EXPECT_EQ(seen.size(), rows);
}

constexpr std::uint64_t kill_batches = 3;
constexpr std::size_t kill_rows = 150;  // over several months each

// What is killed: this program again, which runs this and nothing else.
TEST(CdrKill, DISABLED_Child) {
  auto b = open_embedded_cdrs(std::getenv("WRIT_KILL_DIR"), test_master());
  ASSERT_TRUE(b);
  for (std::uint64_t n = 0; n < kill_batches; ++n)
    ASSERT_TRUE((*b)->append(batch_of(n, kill_rows), fmt::format("batch {}", n)));
}

// The wait status of the child, killed by strace as it enters its n-th fdatasync.
int run_killed_at(const fs::path& dir, int n) {
  const std::string self = fs::read_symlink("/proc/self/exe"),
                    inject = fmt::format("inject=fdatasync:signal=KILL:when={}", n);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("WRIT_KILL_DIR", dir.c_str(), 1);
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // its leak check would need the ptrace that strace has
    if (::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(126);
    ::execlp("strace", "strace", "-f", "-o", "/dev/null", "-e", inject.c_str(), self.c_str(),
             "--gtest_filter=CdrKill.DISABLED_Child", "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(127);
  }
  int state = 0;
  EXPECT_EQ(::waitpid(child, &state, 0), child);
  return state;
}

// Between a month's commit and the book's, and everywhere else: whatever it was doing, doing all again with
// the same keys gives every record once.
TEST(CdrKill, AtEverySyncOfAnAppendTheSameAgainGivesEveryRecordOnce) {
  int killed = 0, within = 0;
  for (int n = 1;; ++n) {
    Scratch dir;
    { open_book(dir.path); }
    const int state = run_killed_at(dir.path, n);
    if (WIFEXITED(state)) {
      ASSERT_EQ(WEXITSTATUS(state), 0) << "127: strace is missing (scripts/deps.sh test)";
      break;
    }
    ASSERT_TRUE(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL) << "state " << state;
    ++killed;
    auto b = open_book(dir.path);
    const std::uint64_t before = rows_of(*b);
    ASSERT_EQ(before % kill_rows, 0u) << "a batch is there whole or not at all";
    within += before < kill_batches * kill_rows;
    for (std::uint64_t k = 0; k < kill_batches; ++k) {
      const auto receipt = b->append(batch_of(k, kill_rows), fmt::format("batch {}", k));
      ASSERT_TRUE(receipt) << to_text(receipt.error());
      ASSERT_EQ(receipt->added, kill_rows);
      ASSERT_EQ(receipt->repeated, k < before / kill_rows);
    }
    expect_whole(*b, kill_batches * kill_rows);
    if (HasFailure()) return;
  }
  EXPECT_GT(killed, 6);
  EXPECT_GT(within, 3) << "hardly a kill came before the end: the test proved little";
}

// No file of the child may grow beyond a limit: writes fail as on a full disk, in the middle of a batch.
TEST(CdrDiskFull, KeepsNothingOfTheBatchSaysSoAndWorksWhenThereIsRoom) {
  int refused = 0;
  for (const rlim_t limit : {40'000u, 90'000u, 200'000u, 400'000u, 700'000u}) {
    Scratch dir;
    ASSERT_TRUE(open_book(dir.path)->append(batch_of(1, 100), "one"));
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit l{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &l);
      auto b = open_embedded_cdrs(dir.path, test_master());
      if (!b) ::_exit(3);  // not even opening writes
      const auto r = (*b)->append(batch_of(2, 20000), "two");
      if (r) ::_exit(0);
      if (r.error().exit != Exit::failure || r.error().next.find("makes room") == std::string::npos)
        ::_exit(1);
      auto heads = (*b)->heads();  // the same process goes on reading what was there
      std::uint64_t n = 0;
      if (heads)
        for (const auto& h : *heads) n += h.size;
      ::_exit(n == 100 ? 4 : 2);
    }
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFEXITED(state));
    ASSERT_TRUE(WEXITSTATUS(state) == 4 || WEXITSTATUS(state) == 3)
        << limit << ": exit " << WEXITSTATUS(state);
    refused += WEXITSTATUS(state) == 4;
    auto b = open_book(dir.path);
    EXPECT_EQ(rows_of(*b), 100u);
    const auto again = b->append(batch_of(2, 20000), "two");
    ASSERT_TRUE(again) << to_text(again.error());
    EXPECT_EQ(again->added, 20000u);
    expect_whole(*b, 20100);
  }
  EXPECT_GT(refused, 2);
}

TEST(CdrEmbedded, AKilledPurgeIsFinishedByTheNextWriterAndNoFileIsLeft) {
  Scratch dir;
  const auto file = dir.path / "month-2026-01.db";
  auto b = open_book(dir.path);
  ASSERT_TRUE(b->append(batch_of(1, 200), "one"));
  ASSERT_TRUE(fs::exists(file));
  fs::copy_file(file, dir.path / "saved");
  ASSERT_TRUE(b->purge(at("2026-02-01T00:00:00Z"), {}, false));
  EXPECT_FALSE(fs::exists(file));
  b.reset();
  fs::rename(dir.path / "saved", file);  // as if the kill had come before the unlink
  b = open_book(dir.path);
  EXPECT_FALSE(b->prove("2026-01", 0));
  ASSERT_TRUE(b->append(batch_of(2, 5), "two"));
  EXPECT_FALSE(fs::exists(file));
}

TEST(CdrEmbedded, TheSealedKeyOfADestroyedMonthIsInNoFile) {
  Scratch dir;
  auto b = open_book(dir.path);
  ASSERT_TRUE(b->append(batch_of(1, 200), "one"));
  auto keys = [&] {
    auto db = store::Database::open(dir.path / "book.db");
    auto s = db->prepare("SELECT sealed_key FROM month WHERE label='2026-01'");
    EXPECT_TRUE(s->step());
    return s->blob(0);
  };
  const Bytes key = keys();
  const auto found = [&] {
    for (const auto& f : fs::directory_iterator(dir.path)) {
      const Bytes all = *read_file(f.path());
      if (std::search(all.begin(), all.end(), key.begin(), key.end()) != all.end()) return true;
    }
    return false;
  };
  ASSERT_GT(key.size(), 32u);
  ASSERT_TRUE(found());
  ASSERT_TRUE(b->purge(at("2026-02-01T00:00:00Z"), {}, false));
  EXPECT_FALSE(found());
  EXPECT_TRUE(keys().empty());
}

TEST(CdrEmbedded, AMissingMonthFileIsSaidNotReplaced) {
  Scratch dir;
  ASSERT_TRUE(open_book(dir.path)->append(batch_of(1, 200), "one"));
  fs::remove(dir.path / "month-2026-02.db");
  auto b = open_book(dir.path);
  EXPECT_THAT(b->verify({})->problems,
              ElementsAre(HasSubstr("month-2026-02.db of the month 2026-02 is missing")));
  EXPECT_EQ(b->append(batch_of(2, 100), "two").error().exit, Exit::integrity);
}

TEST(CdrEmbedded, TwoWritersAndAReaderAgree) {
  Scratch dir;
  { open_book(dir.path); }
  std::vector<pid_t> children;
  for (std::uint64_t who = 0; who < 2; ++who) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto b = open_embedded_cdrs(dir.path, test_master());
      for (std::uint64_t n = 0; n < 20; ++n)
        if (!b || !(*b)->append(batch_of(1000 * who + n, 50), fmt::format("{} {}", who, n))) ::_exit(1);
      ::_exit(0);
    }
    children.push_back(child);
  }
  auto reader = open_book(dir.path);
  while (rows_of(*reader) < 1000) {
    CdrQuery q;
    q.value = "+14045550101";
    q.from = at("2026-01-01T00:00:00Z");
    q.until = at("2026-04-01T00:00:00Z");
    const auto page = reader->find(q);
    ASSERT_TRUE(page) << to_text(page.error());
    ASSERT_EQ(rows_of(*reader) % 50, 0u);
  }
  for (const pid_t child : children) {
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    ASSERT_EQ(state, 0);
    std::this_thread::yield();
  }
  while (rows_of(*reader) < 2000) std::this_thread::yield();
  expect_whole(*reader, 2000);
}

TEST(CdrEmbedded, MoreMonthsThanOpenFiles) {
  Scratch dir;
  auto b = open_book(dir.path);
  Random r{3};
  std::vector<Cdr> batch;
  for (int i = 0; i < 2000; ++i)
    batch.push_back(some_cdr(r, at("2024-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
  ASSERT_TRUE(b->append(batch, "k"));
  EXPECT_EQ(b->heads()->size(), 36u);
  EXPECT_THAT(b->verify({})->problems, ElementsAre());
  std::size_t open_months = 0;
  for (const auto& f : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const auto target = fs::read_symlink(f.path(), ec).string();
    open_months += target.find("month-") != std::string::npos && target.ends_with(".db");
  }
  EXPECT_LE(open_months, 32u);
  EXPECT_GT(open_months, 0u);
}

}  // namespace
}  // namespace writ::records
