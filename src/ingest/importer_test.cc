// SPDX-License-Identifier: GPL-3.0-or-later
// Whole imports into the real, embedded book.
#include "ingest/importer.hh"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/sanitizers.hh"
#include "base/test_at.hh"
#include "ingest/raw_store.hh"
#include "ingest/test_feed.hh"

namespace writ::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using writ::test::at;
const Instant now = at("2026-11-26T12:00:00Z");

// One answered call of property P-1001, `i` seconds after 2026-11-01 12:00.
std::string row(std::uint64_t i) {
  const Instant t = at("2026-11-01T12:00:00Z") + std::chrono::seconds{i};
  const std::string s = rfc3339_seconds(t), e = rfc3339_seconds(t + std::chrono::seconds{65});
  const auto local = [](const std::string& u) { return u.substr(0, 10) + " " + u.substr(11, 8); };
  return fmt::format(
      R"("","{}","140455501{:02}","from-internal","""Room"" <{}>","PJSIP/{}-{:08x}","","Dial","x","{}","{}","{}",65,65,"ANSWERED","DOCUMENTATION","{}.{}")"
      "\n",
      1000 + i % 90, i % 100, 1000 + i % 90, 1000 + i % 90, i, local(s), local(s), local(e),
      to_ns(t) / 1'000'000'000, i);
}
std::string rows(std::uint64_t from, std::uint64_t until) {
  std::string out;
  for (std::uint64_t i = from; i < until; ++i) out += row(i);
  return out;
}

class Importing : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(testing::TempDir()) /
           fmt::format("writ_import_{}_{}", testing::UnitTest::GetInstance()->current_test_info()->name(),
                       ::getpid());
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    settings_ = feed("format = \"asterisk-csv\"\nunique_id = true\n");
  }
  void TearDown() override { fs::remove_all(dir_); }

  // A desk of its own below dir_.
  struct Desk {
    fs::path home;
    std::unique_ptr<records::CdrBook> book;
    policy::RatingTable table;
    Rating rating{table};
    std::function<void(const Progress&)> progress;
    Instant clock = now, oldest = at("2024-11-26T00:00:00Z");
    ImportTo to() const {
      return {*book, rating, home / "raw", home / "quarantine", clock, oldest, progress};
    }
  };
  Desk desk(const std::string& name) const {
    Desk d;
    d.home = dir_ / name;
    fs::create_directories(d.home);
    auto b = records::open_embedded_cdrs(d.home / "cdrs", crypto::Secret32(Bytes(32, 7)));
    EXPECT_TRUE(b) << to_text(b.error());
    d.book = std::move(*b);
    return d;
  }
  fs::path file(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  Result<ImportCounts> import(const Desk& d, const fs::path& f) const {
    return import_cdr_file(f, settings_, d.to());
  }

  // Everything that the book holds, as text; not in which order it came.
  static std::vector<std::string> all(const Desk& d) {
    std::vector<std::string> out;
    records::CdrQuery q;
    q.by = records::CdrQuery::By::account;
    q.account = "P-1001";
    q.from = at("2020-01-01T00:00:00Z");
    q.until = at("2030-01-01T00:00:00Z");
    q.limit = 5000;
    do {
      const auto page = d.book->find(q);
      EXPECT_TRUE(page) << to_text(page.error());
      if (!page) return out;
      for (const auto& r : page->rows) out.push_back(canonical(records::to_json(r.cdr)));
      q.cursor = page->next;
    } while (!q.cursor.empty());
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::string quarantine(const Desk& d, const std::string& id) {
    const auto t = read_text(d.home / "quarantine" / (id + ".jsonl"));
    return t ? *t : "";
  }
  // The exit code of `act` in a child that ends there; -signal when it was killed.
  template <class F>
  static int in_child(F act) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(act());
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  static std::string shell(const std::string& command) {
    std::string out;
    FILE* p = ::popen(command.c_str(), "r");
    char block[4096];
    for (std::size_t n = 0; (n = std::fread(block, 1, sizeof block, p)) > 0;) out.append(block, n);
    ::pclose(p);
    return out;
  }

  fs::path dir_;
  SourceSettings settings_;
};

TEST_F(Importing, AFileGoesInAndItsBytesAreKept) {
  const Desk d = desk("a");
  const fs::path f = file("Master.csv", rows(0, 500));
  const auto c = import(d, f);
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->rows, 500u);
  EXPECT_EQ(c->added, 500u);
  EXPECT_EQ(c->quarantined, 0u);
  EXPECT_THAT(c->months, ElementsAre("2026-11"));
  EXPECT_EQ(all(d).size(), 500u);
  // The copy, by tools of others.
  const fs::path copy = d.home / "raw" / (c->source + ".zst");
  EXPECT_EQ(shell("sha256sum < " + f.string()).substr(0, 64), c->source);
  EXPECT_EQ(shell("zstd -dc " + copy.string() + " | sha256sum").substr(0, 64), c->source);
  EXPECT_FALSE(fs::exists(d.home / "quarantine" / (c->source + ".jsonl")));
  const auto kept = RawStore(d.home / "raw").list();
  ASSERT_TRUE(kept) << to_text(kept.error());
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().name, "Master.csv");
  EXPECT_EQ(kept->front().feed, "harbor-pbx");
  EXPECT_TRUE(kept->front().complete);
  EXPECT_THAT(kept->front().months, ElementsAre("2026-11"));
}

TEST_F(Importing, TheSameFileTwiceChangesNothingAndItsRecordsInAnotherFileAreDuplicates) {
  const Desk d = desk("a");
  ASSERT_TRUE(import(d, file("one.csv", rows(0, 300))));
  const auto before = all(d);
  const auto again = import(d, file("renamed.csv", rows(0, 300)));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->already_there);
  EXPECT_EQ(again->added, 0u);
  EXPECT_EQ(all(d), before);
  // Out of order, overlapping, one line twice.
  const auto other = import(d, file("other.csv", rows(290, 310) + row(309) + rows(280, 290)));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->rows, 31u);
  EXPECT_EQ(other->added, 10u);
  EXPECT_EQ(other->duplicates, 21u);
  EXPECT_EQ(all(d).size(), 310u);
}

TEST_F(Importing, WhatCannotBeReadIsInTheQuarantineAndTheRestIsIn) {
  const Desk d = desk("a");
  const std::string bad_utf8 = "\"\",\"10\xFF\"\n", short_line = "\"a\",\"b\"\n";
  const std::string cut = row(3).substr(0, 100);
  const auto c = import(d, file("mixed.csv", row(0) + bad_utf8 + row(1) + short_line + row(2) + cut));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->rows, 6u);
  EXPECT_EQ(c->added, 3u);
  EXPECT_EQ(c->quarantined, 3u);
  EXPECT_THAT(c->first_problems, ElementsAre(HasSubstr("mixed.csv:2: byte 0xFF at position 7"),
                                             HasSubstr("mixed.csv:4: 2 columns"),
                                             HasSubstr("mixed.csv:6: the file ends within this line")));
  std::vector<std::pair<int, std::string>> entries;
  std::istringstream in(quarantine(d, c->source));
  for (std::string line; std::getline(in, line);) {
    const Json j = Json::parse(line);
    const auto raw = crypto::unbase64(j.at("raw").get<std::string>());
    ASSERT_TRUE(raw);
    entries.emplace_back(j.at("line").get<int>(), std::string(text_of(*raw)));
  }
  EXPECT_THAT(entries,
              ElementsAre(std::pair{2, bad_utf8.substr(0, bad_utf8.size() - 1)},
                          std::pair{4, short_line.substr(0, short_line.size() - 1)}, std::pair{6, cut}));
}

TEST_F(Importing, OtherSettingsReadTheSameBytesAgain) {
  const Desk d = desk("a");
  std::string text = rows(0, 10);
  const fs::path f = file("a.csv", text);
  settings_ = feed("format = \"asterisk-csv\"\n");  // one column too few
  const auto wrong = import(d, f);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->quarantined, 10u);
  settings_ = feed("format = \"asterisk-csv\"\nunique_id = true\n");
  const auto right = import(d, f);
  ASSERT_TRUE(right);
  EXPECT_FALSE(right->already_there);
  EXPECT_EQ(right->added, 10u);
  EXPECT_EQ(quarantine(d, right->source), "") << "what was read now is no problem any more";
}

TEST_F(Importing, FutureRecordsAreRefusedAndTooOldOnesAreCountedAndLeftOut) {
  Desk d = desk("a");
  d.clock = at("2026-11-01T12:01:40Z") - std::chrono::hours{24};
  d.oldest = at("2026-11-01T12:00:05Z");
  const auto c = import(d, file("a.csv", rows(0, 103)));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->too_old, 5u);
  EXPECT_EQ(c->quarantined, 2u) << "starts 101 s and 102 s after 12:00 are more than a day after the clock";
  EXPECT_EQ(c->added, 96u);
  EXPECT_THAT(c->first_problems, testing::Contains(HasSubstr("5 records from before 2026-11-01T12:00:05Z")));
  EXPECT_THAT(quarantine(d, c->source), HasSubstr("more than a day after the import"));
}

TEST_F(Importing, AMessageTwiceIsOneRecord) {
  const Desk d = desk("a");
  settings_ = feed("format = \"freeswitch-json\"\n");
  const std::string body =
      R"({"variables":{"uuid":"u-1","start_uepoch":"1793534400000000","end_uepoch":"1793534460000000","caller_id_number":"1012","destination_number":"1013"}})";
  const auto first = import_cdr_message(body, settings_, d.to());
  ASSERT_TRUE(first) << to_text(first.error());
  EXPECT_EQ(first->added, 1u);
  EXPECT_TRUE(import_cdr_message(body, settings_, d.to())->already_there);
  const auto retold = import_cdr_message(body + " ", settings_, d.to());
  ASSERT_TRUE(retold);
  EXPECT_EQ(retold->added, 0u);
  EXPECT_EQ(retold->duplicates, 1u);
  const auto broken = import_cdr_message(body.substr(0, 40), settings_, d.to());
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->quarantined, 1u);
  EXPECT_EQ(all(d).size(), 1u);
}

TEST_F(Importing, ACallThatBeginsInOneBatchAndEndsInAnotherIsOneRecord) {
  const Desk d = desk("a");
  settings_ = feed("format = \"kamailio-acc\"\n");
  std::string text = "INVITE,ta,tb,long-call,200,OK,1793534400\n";
  for (int i = 0; i < 9000; ++i)
    text += fmt::format("INVITE,f{0},t{0},c{0},200,OK,{1}\nBYE,f{0},t{0},c{0},200,OK,{2}\n", i,
                        1793534400 + i, 1793534410 + i);
  text += "BYE,tb,ta,long-call,200,OK,1793548800\n";
  const auto c = import(d, file("acc.csv", text));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(c->added, 9001u);
  EXPECT_EQ(c->quarantined, 0u);
  EXPECT_THAT(all(d), testing::Contains(testing::AllOf(HasSubstr("long-call"), HasSubstr("14400000"))));
}

TEST_F(Importing, ARawFileIsRemovedWithItsNotesAndQuarantine) {
  const Desk d = desk("a");
  const auto c = import(d, file("a.csv", row(0) + "x\n"));
  ASSERT_TRUE(c);
  const RawStore raw(d.home / "raw");
  EXPECT_FALSE(raw.remove("../a", d.home / "quarantine"));
  ASSERT_TRUE(raw.remove(c->source, d.home / "quarantine"));
  EXPECT_TRUE(fs::is_empty(d.home / "raw"));
  EXPECT_TRUE(fs::is_empty(d.home / "quarantine"));
  EXPECT_TRUE(raw.remove(c->source, d.home / "quarantine"));
}

TEST_F(Importing, ADamagedRawCopyIsNotRead) {
  const Desk d = desk("a");
  const fs::path f = file("a.csv", rows(0, 2000));
  ASSERT_TRUE(import(d, f));
  const std::string id = RawStore(d.home / "raw").list()->front().id;
  Bytes bytes = *read_file(d.home / "raw" / (id + ".zst"));
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(d.home / "raw" / (id + ".zst"), bytes));
  settings_.zone = "America/New_York";  // so that it is read again
  const auto c = import(d, f);
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().exit, Exit::integrity);
}

// --- kills and full disks

// Everywhere: killed after k progress reports in a loop of runs, each further than the one before, until one
// comes through.
TEST_F(Importing, KilledAnywhereAndRunAgainGivesTheSame) {
  const std::string text = rows(0, 9000) + "a bad line\n" + rows(9000, 20000);
  const fs::path f = file("a.csv", text);
  const Desk whole = desk("whole");
  const auto expected = import(whole, f);
  ASSERT_TRUE(expected) << to_text(expected.error());

  int kills = 0, delay_us = 2000;
  for (;; delay_us = delay_us * 3 / 2) {
    // The child opens its own book: SQLite's handles do not survive a fork.
    const int end = in_child([&] {
      const Desk d = desk("killed");
      if (::fork() == 0) {
        ::usleep(static_cast<useconds_t>(delay_us));
        ::kill(::getppid(), SIGKILL);
        ::_exit(0);
      }
      return import(d, f) ? 0 : 1;
    });
    if (end == 0) break;
    ASSERT_EQ(end, -SIGKILL) << "it must have been killed, not failed";
    ++kills;
  }
  EXPECT_GE(kills, 3);
  const Desk d = desk("killed");
  EXPECT_EQ(all(d), all(whole));
  EXPECT_EQ(quarantine(d, expected->source), quarantine(whole, expected->source));
  const auto again = import(d, f);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->already_there);
  EXPECT_EQ(again->rows, expected->rows);
  EXPECT_EQ(again->duplicates, expected->added) << "counts of a resumed import are those of an unbroken one";
  for (const char* part : {"raw", "quarantine"})
    for (const auto& e : fs::directory_iterator(d.home / part))
      EXPECT_FALSE(e.path().filename().string().starts_with('.')) << e.path() << " was left behind";
  const auto checked = d.book->verify({});
  ASSERT_TRUE(checked);
  EXPECT_THAT(checked->problems, IsEmpty());
}

TEST_F(Importing, AFullDiskInTheMiddleIsSaidAndTheNextRunGoesOn) {
  const fs::path f = file("a.csv", rows(0, 20000));
  const Desk whole = desk("whole");
  ASSERT_TRUE(import(whole, f));
  // No file may grow beyond the limit: it hits the raw copy first, then the book's files.
  int refused = 0;
  for (const rlim_t limit : {100u << 10, 600u << 10, 1u << 20, 2u << 20}) {
    const int end = in_child([&] {
      const Desk d = desk("full");
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit r{limit, limit};
      if (::setrlimit(RLIMIT_FSIZE, &r) != 0) return 9;
      const auto c = import(d, f);
      if (c) return 0;
      const std::string said = to_text(c.error());
      return said.find("again") != std::string::npos && !c.error().next.empty() ? 1 : 8;
    });
    ASSERT_TRUE(end == 0 || end == 1) << end;
    refused += end;
  }
  EXPECT_GE(refused, 2);
  const Desk d = desk("full");
  ASSERT_TRUE(import(d, f));
  EXPECT_EQ(all(d), all(whole));
}

// --- size

#if !defined(WRIT_ADDRESS_SANITIZER) && !defined(WRIT_THREAD_SANITIZER)
// The peak of the resident set since clear_peak(), in MiB.
void clear_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }
long peak_mib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10) >> 10;
  return -1;
}

// The peak itself is bounded, not its growth: what was given back to the system between two imports would
// count as growth. Measured: 114 MiB from 190,000 lines on, to 1 million (24 MiB of it the book's pages).
// Held as records, these 320,000 lines would take more than 200 MiB on top. WRIT_TEST_HUGE_LINES: so many
// lines instead (tests/long/huge_import).
TEST_F(Importing, MemoryDoesNotGrowWithTheFile) {
  const char* huge = std::getenv("WRIT_TEST_HUGE_LINES");
  const std::uint64_t lines = huge != nullptr ? std::strtoull(huge, nullptr, 10) : 320'000;
  const fs::path warm = file("warm.csv", rows(3'000'000, 3'040'000));
  {
    std::ofstream out(dir_ / "large.csv", std::ios::binary);
    for (std::uint64_t i = 0; i < lines; ++i) out << row(i % 2'000'000);
  }
  const int end = in_child([&] {
    Desk d = desk("a");
    d.clock = at("2026-12-31T00:00:00Z");
    std::uint64_t reports = 0;
    Progress last;
    d.progress = [&](const Progress& p) {
      ++reports;
      last = p;
      if (huge != nullptr)
        fmt::print(stderr, "{} rows, {} of {} MiB, {:.0f} s, peak {} MiB\n", p.rows, p.bytes >> 20,
                   p.bytes_total >> 20, p.seconds, peak_mib());
    };
    if (!import(d, warm)) return 4;
    clear_peak();
    const long before = peak_mib();
    const auto c = import(d, dir_ / "large.csv");
    if (!c) {
      fmt::print(stderr, "{}", to_text(c.error()));
      return 1;
    }
    const long grown = peak_mib() - before;
    fmt::print(stderr, "{} MiB, {} rows, {} added, {} twice: {} MiB more than {}, {:.1f} s\n",
               fs::file_size(dir_ / "large.csv") >> 20, c->rows, c->added, c->duplicates, grown, before,
               last.seconds);
    if (before <= 0 || c->rows != lines || reports == 0 || last.bytes != last.bytes_total) return 2;
    return before + grown < 176 ? 0 : 3;
  });
  EXPECT_EQ(end, 0);
}
#endif

}  // namespace
}  // namespace writ::ingest
