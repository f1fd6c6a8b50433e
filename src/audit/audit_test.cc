// SPDX-License-Identifier: GPL-3.0-or-later
// The log as a file: appending, tampering, several processes, kills, a disk that refuses.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "audit/files.hh"
#include "audit/leaf.hh"
#include "audit/merkle.hh"

namespace writ::audit {
namespace {

using namespace std::chrono_literals;

constexpr const char* canary = "canary-+14045550102";

class AuditLog : public testing::Test {
 protected:
  AuditLog() : dir_(fs::path(testing::TempDir()) / ("writ_audit." + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
  }
  ~AuditLog() override { fs::remove_all(dir_); }

  Result<Log> open() { return Log::open(dir_, signer_, reader_.public_key(), clock_); }
  Entry entry(std::uint64_t n) const {
    return {"alice", "request.file", "M-2026-0001", {{"n", n}, {"target", canary}}};
  }
  void fill(std::uint64_t n) {
    auto log = open();
    ASSERT_TRUE(log) << to_text(log.error());
    for (std::uint64_t i = 0; i < n; ++i) {
      ASSERT_TRUE(log->append(entry(i)));
      clock_.advance(1s);
    }
  }
  auto verify(const std::optional<Checkpoint>& witness = {}) {
    return verify_directory(dir_, signer_.public_key(), witness);
  }
  void put(const char* name, View data) {
    std::ofstream(dir_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  }
  void put(const char* name, std::string_view text) { put(name, view_of(text)); }
  Bytes get(const char* name) { return *read_file(dir_ / name); }
  // The frames of `log`, whole.
  std::vector<Bytes> frames() {
    std::vector<Bytes> out;
    (void)visit(dir_, [&](std::uint64_t, View leaf) {
      out.push_back(make_frame(leaf));
      return true;
    });
    return out;
  }
  void put_frames(const std::vector<Bytes>& f) {
    Bytes all;
    for (const Bytes& b : f) put_bytes(all, b);
    put("log", all);
  }
  // Refused as broken, at this entry, by the outsider's check; and not opened for writing either.
  void expect_broken(std::uint64_t index, const std::string& row) {
    const auto r = verify();
    ASSERT_FALSE(r) << row;
    EXPECT_EQ(r.error().exit, Exit::integrity) << row;
    EXPECT_NE(r.error().what.find("at entry " + std::to_string(index) + ":"), std::string::npos)
        << row << "\n"
        << to_text(r.error());
  }

  const fs::path dir_;
  const crypto::SigningKey signer_;
  const crypto::BoxKey reader_;
  ManualClock clock_{*parse_rfc3339("2026-11-02T09:00:00.000001Z")};
};

TEST_F(AuditLog, KeepsEntriesProvesThemAndOpensThemToTheReaderOnly) {
  auto log = open();
  ASSERT_TRUE(log);
  const Checkpoint empty = *log->head();
  std::vector<Receipt> receipts;
  for (std::uint64_t i = 0; i < 9; ++i) receipts.push_back(*log->append(entry(i)));
  const auto report = verify(empty);
  ASSERT_TRUE(report) << to_text(report.error());
  EXPECT_EQ(report->entries, 9u);
  EXPECT_EQ(report->checkpoints, 10u);
  EXPECT_EQ(report->root, log->root());
  EXPECT_EQ(report->unsigned_bytes, 0u);
  for (std::uint64_t i = 0; i < 9; ++i) {
    Proof p = *log->prove(i);
    const View k = receipts[i].opening.view();
    p.opening = Bytes(k.begin(), k.end());
    const auto back = parse_proof(*parse_canonical(view_of(canonical(to_json(p))), "proof"));
    ASSERT_TRUE(back) << to_text(back.error());
    EXPECT_EQ(**audit::verify(*back), to_json(entry(i)));
    EXPECT_EQ(open_leaf(p.leaf, reader_)->entry, to_json(entry(i)));
    EXPECT_EQ(open_leaf(p.leaf, crypto::BoxKey{}).error().exit, Exit::refused);
    Proof wrong = *back;
    wrong.opening = crypto::random_bytes(32);
    EXPECT_FALSE(audit::verify(wrong));
    wrong = *back;
    wrong.index = (i + 1) % 9;
    EXPECT_FALSE(audit::verify(wrong));
    wrong = *back;
    wrong.head.size += 1;
    EXPECT_FALSE(audit::verify(wrong));
  }
  EXPECT_EQ(log->prove(9).error().exit, Exit::not_found);
}

TEST_F(AuditLog, IsUnreadableWithoutTheKey) {
  fill(5);
  for (const char* name : {"log", "checkpoints", "checkpoint"})
    for (const char* text : {canary, "alice", "request.file", "M-2026-0001"})
      EXPECT_EQ(text_of(get(name)).find(text), std::string_view::npos) << name << text;
  int hits = 0;  // the same search finds it once the reader has opened the entries
  (void)visit(dir_, [&](std::uint64_t, View leaf) {
    hits += canonical(open_leaf(leaf, reader_)->entry).find(canary) != std::string::npos;
    return true;
  });
  EXPECT_EQ(hits, 5);
}

TEST_F(AuditLog, RecordsAClockThatStepsBack) {
  fill(2);
  clock_.advance(-10min);
  fill(1);
  const auto r = verify();
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_NE(text_of(frames()[2]).find("\"step\":599000000"), std::string_view::npos);
}

TEST_F(AuditLog, EveryFlippedBitOfTheLogIsFoundAndLocated) {
  fill(4);
  const Bytes good = get("log");
  const auto f = frames();
  // One bit of every byte; all bits, a minute's work, with WRIT_LONG.
  const bool is_long = std::getenv("WRIT_LONG") != nullptr;
  std::size_t end = 0, index = 0;
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    if (byte == end + f[index].size()) end += f[index++].size();
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (!is_long && bit != (byte * 5 + 3) % 8) continue;
      Bytes bad = good;
      bad[byte] = static_cast<std::uint8_t>(bad[byte] ^ (1u << bit));
      put("log", bad);
      expect_broken(index, "byte " + std::to_string(byte));
      if (HasFailure()) return;
    }
  }
  put("log", good);
  EXPECT_TRUE(verify());
}

TEST_F(AuditLog, EveryFlippedBitOfTheSignedHeadsIsFound) {
  fill(3);
  for (const char* name : {"checkpoints", "checkpoint"}) {
    const Bytes good = get(name);
    for (std::size_t bit = 0; bit < good.size() * 8; bit += std::getenv("WRIT_LONG") ? 1 : 5) {
      Bytes bad = good;
      bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
      put(name, bad);
      ASSERT_FALSE(verify()) << name << bit;
    }
    put(name, good);
  }
  EXPECT_TRUE(verify());
}

TEST_F(AuditLog, ForgeriesWithRightChecksumsAreFoundAndLocated) {
  fill(6);
  const auto good = frames();
  auto f = good;
  f.erase(f.begin() + 2);
  put_frames(f), expect_broken(2, "deleted");
  EXPECT_FALSE(open());
  f = good;
  std::swap(f[1], f[4]);
  put_frames(f), expect_broken(1, "reordered");
  EXPECT_FALSE(open());
  f = good;
  f.pop_back();
  put_frames(f), expect_broken(5, "truncated");
  EXPECT_FALSE(open());
  f = good;
  f.insert(f.begin() + 3, f[3]);
  put_frames(f), expect_broken(4, "doubled");
  f = good;
  const std::string text = canonical(to_json(entry(99)));
  f[3] = make_frame(make_leaf(3, clock_.now() - 3s, 0, text, crypto::Secret32{}, reader_.public_key()));
  put_frames(f), expect_broken(3, "replaced by one of a stranger");
  EXPECT_FALSE(open());
  f = good;
  for (std::uint64_t i = 6; i < 8; ++i)
    f.push_back(make_frame(make_leaf(i, clock_.now(), 0, text, crypto::Secret32{}, reader_.public_key())));
  put_frames(f), expect_broken(6, "two appended by a stranger");
  EXPECT_FALSE(open());
  f.pop_back();
  put_frames(f);
  ASSERT_TRUE(verify());
  EXPECT_EQ(verify()->entries, 6u) << "one unsigned frame is no entry";
  EXPECT_EQ(verify()->unsigned_bytes, f.back().size());
  EXPECT_TRUE(open()) << "and is cut off";
  put_frames(good);
  EXPECT_TRUE(verify());
  EXPECT_FALSE(verify_directory(dir_, crypto::SigningKey{}.public_key()));
}

TEST_F(AuditLog, RollbackAndForkAreFoundByAWitness) {
  fill(3);
  const fs::path old = dir_.string() + ".old";
  fs::copy(dir_, old);
  fill(2);
  const Checkpoint witness = *parse_head_line(text_of(get("checkpoint")));
  ASSERT_TRUE(verify(witness));
  fs::remove_all(dir_), fs::rename(old, dir_);
  EXPECT_TRUE(verify()) << "a rollback of everything is sound in itself";
  const auto back = verify(witness);
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().what.find("rolled back"), std::string::npos);
  fill(4);  // with the log's own key: another history
  EXPECT_TRUE(verify());
  const auto fork = verify(witness);
  ASSERT_FALSE(fork);
  EXPECT_NE(fork.error().what.find("forked"), std::string::npos);
}

TEST_F(AuditLog, LostFilesAndRolledBackHeadsAreFound) {
  fill(4);
  const Bytes heads = get("checkpoints"), head = get("checkpoint"), log = get("log");
  for (const char* name : {"log", "checkpoints", "checkpoint"}) {
    fs::remove(dir_ / name);
    EXPECT_FALSE(verify()) << name;
    EXPECT_FALSE(open()) << name;
    put("log", log), put("checkpoints", heads), put("checkpoint", head);
  }
  std::vector<std::string> lines;
  std::istringstream in{std::string(text_of(heads))};
  for (std::string l; std::getline(in, l);) lines.push_back(l);
  put("checkpoint", lines[3]);
  EXPECT_TRUE(verify()) << "one behind: killed between the two";
  put("checkpoint", lines[2]);
  EXPECT_FALSE(verify());
  EXPECT_FALSE(open());
  put("checkpoint", lines[3]);
  EXPECT_TRUE(open());
  EXPECT_EQ(get("checkpoint"), head);
}

TEST_F(AuditLog, ATornTailIsCutOffAndNothingElse) {
  fill(3);
  const Bytes log = get("log"), heads = get("checkpoints");
  const Bytes last = frames()[2];
  for (std::size_t n = 1; n <= last.size(); n += 41) {
    Bytes torn = log;
    put_bytes(torn, View{last}.first(n));
    put("log", torn);
    auto l = open();
    ASSERT_TRUE(l) << n;
    EXPECT_EQ(l->size(), 3u);
    EXPECT_EQ(get("log"), log);
  }
  put("checkpoints", std::string(text_of(heads)) + "{\"at\":\"20");
  EXPECT_TRUE(verify());
  ASSERT_TRUE(open());
  EXPECT_EQ(get("checkpoints"), heads);
}

TEST_F(AuditLog, TwoProcessesKeepOneTree) {
  constexpr int each = 40;
  ASSERT_TRUE(open());
  std::vector<pid_t> children;
  for (int c = 0; c < 2; ++c) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto log = open();
      bool ok = log.has_value();
      for (std::uint64_t i = 0; ok && i < each; ++i) ok = log->append(entry(i)).has_value();
      ::_exit(ok ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  const auto r = verify();
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->entries, 2u * each);
}

TEST_F(AuditLog, AKillAtAnyMomentLosesNothingAcknowledged) {
  const int rounds = std::getenv("WRIT_LONG") ? 2000 : 60;
  std::srand(20261102);
  ASSERT_TRUE(open());
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto log = open();
      while (log) {
        const auto r = log->append(entry(0));
        if (!r || ::write(ends[1], &r->index, sizeof r->index) != sizeof r->index) break;
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(std::rand() % 12000));
    ::kill(pid, SIGKILL);
    std::uint64_t index = 0;
    while (::read(ends[0], &index, sizeof index) == sizeof index)
      acknowledged = std::max(acknowledged, index + 1);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child must not end by itself";
    const auto r = verify();
    ASSERT_TRUE(r) << round << to_text(r.error());
    ASSERT_GE(r->entries, acknowledged);
    ASSERT_LE(r->entries, acknowledged + 1);
    acknowledged = r->entries;
  }
  EXPECT_GT(acknowledged, 0u);
  auto log = open();
  ASSERT_TRUE(log);
  EXPECT_EQ(log->append(entry(0))->index, acknowledged);
}

TEST_F(AuditLog, ADiskThatRefusesLeavesNothingHalfWritten) {
  fill(3);
  const Bytes log_before = get("log"), heads_before = get("checkpoints");
  // The limit lies inside the next frame: after its first byte, or further on.
  for (const std::size_t limit : {log_before.size() + 1, log_before.size() + 100}) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      auto log = open();
      const rlimit old{RLIM_INFINITY, RLIM_INFINITY}, small{limit, RLIM_INFINITY};
      const bool is_limited = log && ::setrlimit(RLIMIT_FSIZE, &small) == 0;
      const bool is_refused = is_limited && !log->append(entry(3)) && get("log") == log_before &&
                              get("checkpoints") == heads_before;
      ::setrlimit(RLIMIT_FSIZE, &old);
      const auto after = log->append(entry(3));  // room again: the same object goes on
      ::_exit(is_refused && after && after->index == 3 ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    const auto r = verify();
    ASSERT_TRUE(r) << to_text(r.error());
    EXPECT_EQ(r->entries, 4u);
    put("log", log_before), put("checkpoints", heads_before);
    fs::remove(dir_ / "checkpoint");
    const std::string_view lines = text_of(heads_before);
    const auto before = lines.rfind('\n', lines.size() - 2);
    put("checkpoint", lines.substr(before + 1, lines.size() - before - 2));
  }
}

TEST_F(AuditLog, AnEntryThatIsNotTextOrTooLargeIsRefusedAndTheLogGoesOn) {
  auto log = open();
  Entry bad = entry(0);
  bad.actor = "\xff";
  EXPECT_EQ(log->append(bad).error().exit, Exit::usage);
  bad = entry(0);
  bad.detail["x"] = std::string(leaf_bytes_max, 'x');
  EXPECT_EQ(log->append(bad).error().exit, Exit::usage);
  EXPECT_EQ(log->append(entry(0))->index, 0u);
}

}  // namespace
}  // namespace writ::audit
