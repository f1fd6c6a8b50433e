// SPDX-License-Identifier: GPL-3.0-or-later
// records --engine embedded|postgresql|pbx --rows N [--conninfo C] [--dir D]: the book of call records,
// measured.
//
// Ingest in batches of 20,000 with everything durable, months sealed; then look-ups of 30 days of one number,
// a page of at most 1,000 rows, warm, each answer checked against what the generator made; proofs; the oldest
// month destroyed. The peer `pbx` is the usual table of a PBX (Asterisk's cdr columns, indexes on calldate,
// src, dst) in SQLite with the same durability, asked as PBX tools ask: src = ? OR dst = ?. CPU seconds are
// of the append calls and the sealing alone, the generator not counted; for PostgreSQL those of the whole
// server are added.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "records/cdr_book.hh"
#include "records_traffic.hh"
#include "store/database.hh"

namespace {

using namespace writ;
using records::Cdr;
using records::CdrQuery;

struct Options {
  std::string engine = "embedded", conninfo, dir;
  std::uint64_t rows = 1'000'000, batch = 20'000, lookups = 2000, passes = 2;
  bool keep = false;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What is measured, under one roof.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Status append(std::span<const Cdr> batch, std::uint64_t n) = 0;
  virtual Status finish() = 0;
  virtual Result<std::vector<std::string>> look_up(const std::string& number, Instant from,
                                                   Instant until) = 0;
  virtual Result<std::uint64_t> bytes() = 0;
  virtual Result<std::uint64_t> purge(Instant cutoff) = 0;
  virtual Result<double> prove_ms() { return -1.0; }
  virtual double server_cpu_s() { return 0; }
};

std::string key_of(Instant start, const std::string& call_id, const std::string& leg) {
  return fmt::format("{} {} {}", to_ns(start) / 1'000'000, call_id, leg);
}

constexpr std::size_t page_rows = 1000;

class BookSubject final : public Subject {
 public:
  BookSubject(std::unique_ptr<records::CdrBook> book, std::string conninfo)
      : book_(std::move(book)), conninfo_(std::move(conninfo)) {}
  Status append(std::span<const Cdr> batch, std::uint64_t n) override {
    WRIT_CHECK(book_->append(batch, fmt::format("batch {}", n)));
    return {};
  }
  Status finish() override {
    WRIT_TRY(heads, book_->heads());
    for (const auto& h : heads) WRIT_CHECK(book_->seal(h.month));
    return {};
  }
  Result<std::vector<std::string>> look_up(const std::string& number, Instant from, Instant until) override {
    CdrQuery q;
    q.value = number;
    q.from = from;
    q.until = until;
    q.limit = page_rows;
    WRIT_TRY(page, book_->find(q));
    std::vector<std::string> out;
    for (const auto& r : page.rows) out.push_back(key_of(r.cdr.start, r.cdr.call_id, r.cdr.leg));
    return out;
  }
  Result<std::uint64_t> bytes() override {
    WRIT_TRY(heads, book_->heads());
    std::uint64_t n = 0;
    for (const auto& h : heads) n += h.bytes;
    return n;
  }
  Result<std::uint64_t> purge(Instant cutoff) override {
    WRIT_TRY(report, book_->purge(cutoff, {}, false));
    std::uint64_t n = 0;
    for (const auto& m : report.months) n += m.rows;
    return n;
  }
  Result<double> prove_ms() override {
    WRIT_TRY(heads, book_->heads());
    const auto& h = heads[heads.size() / 2];
    constexpr std::uint64_t proofs = 500;
    const double begin = now_s();
    for (std::uint64_t i = 0; i < proofs; ++i) {
      WRIT_TRY(p, book_->prove(h.month, i * 7919 % h.size));
      if (!records::verify(p) || p.root != h.root) return fail(Exit::integrity, "a proof does not verify");
    }
    return (now_s() - begin) * 1000 / proofs;
  }
  // CPU of the postmaster's children, living and waited for.
  double server_cpu_s() override {
    if (conninfo_.empty()) return 0;
    auto db = store::Database::connect(conninfo_);
    auto s = db->prepare("SELECT current_setting('data_directory')");
    if (!s || !s->step()) return 0;
    long postmaster = 0;
    std::ifstream(s->text(0) + "/postmaster.pid") >> postmaster;
    double ticks = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "stat");
      std::string line;
      if (!std::getline(in, line)) continue;
      std::istringstream rest(line.substr(line.rfind(')') + 2));
      std::string state;
      long parent = 0, skip = 0, utime = 0, stime = 0, cutime = 0, cstime = 0;
      rest >> state >> parent;
      for (int i = 0; i < 9; ++i) rest >> skip;
      rest >> utime >> stime >> cutime >> cstime;
      if (parent == postmaster) ticks += static_cast<double>(utime + stime);
      if (entry.path().filename() == std::to_string(postmaster))
        ticks += static_cast<double>(utime + stime + cutime + cstime);
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  std::unique_ptr<records::CdrBook> book_;
  std::string conninfo_;
};

class PbxSubject final : public Subject {
 public:
  static Result<std::unique_ptr<Subject>> open(const fs::path& dir) {
    WRIT_TRY(db, store::Database::open(dir / "pbx.db"));
    WRIT_CHECK(
        db.exec("PRAGMA cache_size=-64000;"
                "CREATE TABLE cdr(id INTEGER PRIMARY KEY, calldate TEXT, clid TEXT, src TEXT, dst TEXT, "
                "dcontext TEXT, channel"
                " TEXT, dstchannel TEXT, lastapp TEXT, lastdata TEXT, duration INTEGER, billsec INTEGER, "
                "disposition TEXT,"
                " amaflags INTEGER, accountcode TEXT, uniqueid TEXT, linkedid TEXT, userfield TEXT);"
                "CREATE INDEX calldate ON cdr(calldate); CREATE INDEX src ON cdr(src); CREATE INDEX dst ON "
                "cdr(dst);"));
    return std::unique_ptr<Subject>(new PbxSubject(std::move(db), dir / "pbx.db"));
  }
  Status append(std::span<const Cdr> batch, std::uint64_t) override {
    WRIT_TRY(tx, store::Transaction::begin(db_));
    WRIT_TRY(s,
             db_.prepare("INSERT INTO cdr(calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,"
                         "duration,billsec,disposition,amaflags,accountcode,uniqueid,linkedid,userfield)"
                         " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
    for (const Cdr& c : batch) {
      s.bind(1, date_of(c.start))
          .bind(2, fmt::format("\"\" <{}>", c.caller))
          .bind(3, c.caller)
          .bind(4, c.called);
      s.bind(5, "from-internal").bind(6, fmt::format("PJSIP/{}-{:08x}", c.caller_extension, c.line));
      s.bind(7, fmt::format("PJSIP/{}-{:08x}", c.called_extension, c.line))
          .bind(8, "Dial")
          .bind(9, c.redirecting);
      s.bind(10, c.duration_ms / 1000)
          .bind(11, std::max<std::int64_t>(0, c.duration_ms - c.answer_ms) / 1000);
      s.bind(12, to_string(c.disposition)).bind(13, std::int64_t{3}).bind(14, c.account);
      WRIT_CHECK(s.bind(15, c.call_id + "/" + c.leg).bind(16, c.linked).bind(17, c.extra).run());
    }
    return tx.commit();
  }
  Status finish() override { return db_.exec("PRAGMA wal_checkpoint(TRUNCATE)"); }
  Result<std::vector<std::string>> look_up(const std::string& number, Instant from, Instant until) override {
    WRIT_TRY(s, db_.prepare(fmt::format(
                    "SELECT calldate, uniqueid FROM cdr WHERE (src=?1 OR dst=?1) AND calldate>=?2 AND "
                    "calldate<?3 ORDER BY calldate, id LIMIT {}",
                    page_rows)));
    s.bind(1, number).bind(2, date_of(from)).bind(3, date_of(until));
    std::vector<std::string> out;
    for (;;) {
      WRIT_TRY(more, s.step());
      if (!more) return out;
      const std::string id = s.text(1);
      const auto slash = id.rfind('/');
      WRIT_TRY(at, parse_rfc3339(s.text(0)));
      out.push_back(key_of(at, id.substr(0, slash), id.substr(slash + 1)));
    }
  }
  Result<std::uint64_t> bytes() override { return fs::file_size(file_); }
  Result<std::uint64_t> purge(Instant cutoff) override {
    WRIT_TRY(s, db_.prepare("DELETE FROM cdr WHERE calldate<?"));
    WRIT_CHECK(s.bind(1, date_of(cutoff)).run());
    const auto n = static_cast<std::uint64_t>(db_.changes());
    WRIT_CHECK(db_.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    return n;
  }

 private:
  PbxSubject(store::Database db, fs::path file) : db_(std::move(db)), file_(std::move(file)) {}
  static std::string date_of(Instant t) { return rfc3339(t); }
  store::Database db_;
  fs::path file_;
};

struct Lookup {
  std::string number;
  Instant from, until;
  std::vector<std::string> want;
};

std::vector<Lookup> make_lookups(const Options& o) {
  std::mt19937_64 r{7};
  std::vector<Lookup> out(o.lookups);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].number = bench::Traffic::far_number(i % 10 == 0 ? bench::Traffic::hot_far(r) : r() % 80000);
    out[i].from = bench::first_call + std::chrono::hours{r() % (24 * 700)};
    out[i].until = out[i].from + std::chrono::days{30};
  }
  return out;
}

double cpu_s() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return s(u.ru_utime) + s(u.ru_stime);
}

struct Figures {
  double append_cpu_s = 0, seal_cpu_s = 0, wall_s = 0, prove_ms = 0, purge_s = 0;
  double p50 = 0, p99 = 0, best_p50 = 0, best_p99 = 0;  // of the last pass; of each look-up's fastest
  std::uint64_t bytes = 0, purged = 0, found = 0;
};

Status ingest(Subject& subject, const Options& o, std::vector<Lookup>& lookups, Figures& f) {
  std::multimap<std::string, Lookup*> by_number;
  for (Lookup& l : lookups) by_number.emplace(l.number, &l);
  const auto expect = [&](const Cdr& c) {
    std::set<std::string> parties{c.caller, c.called};
    if (o.engine != "pbx") parties.insert(c.redirecting);  // a PBX table does not know who redirected
    for (const std::string& p : parties) {
      const auto [a, b] = by_number.equal_range(p);
      for (auto it = a; it != b; ++it)
        if (c.start >= it->second->from && c.start < it->second->until && it->second->want.size() < page_rows)
          it->second->want.push_back(key_of(c.start, c.call_id, c.leg));
    }
  };
  bench::Traffic traffic{o.rows};
  std::vector<Cdr> batch;
  const double server_before = subject.server_cpu_s();
  for (std::uint64_t done = 0, n = 0; done < o.rows; ++n) {
    batch.clear();
    for (; batch.size() < o.batch && done < o.rows; ++done) {
      batch.push_back(traffic.next());
      expect(batch.back());
    }
    const double cpu = cpu_s(), wall = now_s();
    WRIT_CHECK(subject.append(batch, n));
    f.append_cpu_s += cpu_s() - cpu;
    f.wall_s += now_s() - wall;
  }
  f.append_cpu_s += subject.server_cpu_s() - server_before;
  fmt::print(stderr, "appended {} rows in {:.2f} CPU-s\n", o.rows,
             f.append_cpu_s);  // it may be stopped later
  const double cpu = cpu_s(), server = subject.server_cpu_s();
  WRIT_CHECK(subject.finish());
  f.seal_cpu_s = cpu_s() - cpu + subject.server_cpu_s() - server;
  return {};
}

Status ask(Subject& subject, const Options& o, const std::vector<Lookup>& lookups, Figures& f) {
  std::vector<double> ms, best(lookups.size(), std::numeric_limits<double>::max());
  for (std::uint64_t pass = 0; pass < o.passes; ++pass) {  // the first warms
    ms.clear();
    f.found = 0;
    for (const Lookup& l : lookups) {
      const double begin = now_s();
      WRIT_TRY(got, subject.look_up(l.number, l.from, l.until));
      ms.push_back((now_s() - begin) * 1000);
      best[ms.size() - 1] = std::min(best[ms.size() - 1], ms.back());
      f.found += got.size();
      if (got != l.want)
        return fail(Exit::integrity,
                    fmt::format("{}: {} rows, the generator made {}", l.number, got.size(), l.want.size()));
    }
  }
  std::sort(ms.begin(), ms.end());
  f.p50 = ms[ms.size() / 2];
  f.p99 = ms[ms.size() * 99 / 100];
  std::sort(best.begin(), best.end());
  f.best_p50 = best[best.size() / 2];
  f.best_p99 = best[best.size() * 99 / 100];
  return {};
}

Result<std::unique_ptr<Subject>> open_subject(const Options& o, const fs::path& dir) {
  if (o.engine == "pbx") return PbxSubject::open(dir);
  if (o.engine == "embedded") {
    WRIT_TRY(book, records::open_embedded_cdrs(dir / "cdrs", crypto::Secret32{}));
    return std::unique_ptr<Subject>(new BookSubject(std::move(book), ""));
  }
  WRIT_TRY(book, records::open_postgres_cdrs(o.conninfo, crypto::Secret32{}));
  return std::unique_ptr<Subject>(new BookSubject(std::move(book), o.conninfo));
}

Status measure(const Options& o, const fs::path& dir) {
  WRIT_TRY(subject, open_subject(o, dir));
  std::vector<Lookup> lookups = make_lookups(o);
  Figures f;
  WRIT_CHECK(ingest(*subject, o, lookups, f));
  WRIT_TRY(bytes, subject->bytes());
  WRIT_CHECK(ask(*subject, o, lookups, f));
  WRIT_TRY(prove_ms, subject->prove_ms());
  const double begin = now_s();
  WRIT_TRY(purged, subject->purge(std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}));
  f.purge_s = now_s() - begin;
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto rows = static_cast<double>(o.rows);
  fmt::print(
      "{{\"engine\":\"{}\",\"rows\":{},\"ingest_cpu_s\":{:.2f},\"seal_cpu_s\":{:.2f},\"ingest_wall_s\":{:.2f}"
      ","
      "\"append_rows_per_cpu_s\":{:.0f},\"ingest_rows_per_cpu_s\":{:.0f},\"bytes_per_row\":{:.1f},"
      "\"lookups\":{},"
      "\"rows_found\":{},\"lookup_p50_ms\":{:.4f},\"lookup_p99_ms\":{:.3f},\"lookup_best_p50_ms\":{:.4f},"
      "\"lookup_best_p99_ms\":{:.3f},\"prove_ms\":{:.3f},\"purge_s\":{:"
      ".3f},"
      "\"purged_rows\":{},\"peak_rss_bytes\":{}}}\n",
      o.engine, o.rows, f.append_cpu_s + f.seal_cpu_s, f.seal_cpu_s, f.wall_s, rows / f.append_cpu_s,
      rows / (f.append_cpu_s + f.seal_cpu_s), static_cast<double>(bytes) / rows, o.lookups, f.found, f.p50,
      f.p99, f.best_p50, f.best_p99, prove_ms, f.purge_s, purged,
      static_cast<std::uint64_t>(u.ru_maxrss) * 1024);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app{"Measures the book of call records"};
  app.add_option("--engine", o.engine)->check(CLI::IsMember({"embedded", "postgresql", "pbx"}));
  app.add_option("--rows", o.rows)->check(CLI::Range(std::uint64_t{10'000}, std::uint64_t{100'000'000}));
  app.add_option("--conninfo", o.conninfo, "PostgreSQL; an empty schema");
  app.add_option("--passes", o.passes, "how often each look-up is asked")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000}));
  app.add_option("--dir", o.dir, "where to make a scratch directory");
  app.add_flag("--keep", o.keep, "leave the scratch directory");
  CLI11_PARSE(app, argc, argv);
  std::string name =
      (fs::path(o.dir.empty() ? fs::temp_directory_path() : fs::path(o.dir)) / "writ-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    fmt::print(stderr, "error: no scratch directory {}\n", name);
    return 1;
  }
  const Status ok = measure(o, name);
  std::error_code ec;
  if (!o.keep) fs::remove_all(name, ec);
  if (ok) return 0;
  fmt::print(stderr, "{}", to_text(ok.error()));
  return static_cast<int>(ok.error().exit);
}
