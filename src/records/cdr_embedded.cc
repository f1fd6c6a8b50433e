// SPDX-License-Identifier: GPL-3.0-or-later
// The embedded engine: a directory with `book.db` (states of the months, receipts, held rows) and one file a
// month, `month-2026-11.db`.
//
// SQLite commits one file at a time. A batch first goes into its months' files, each in a transaction; then
// one transaction of book.db moves the sizes and keeps the receipt, and only now the rows exist
// (cdr_engine.hh). A kill or a full disk between leaves rows behind a size: nobody reads them, and the next
// append to that month clears them first. A file of a month that book.db does not know was the first batch of
// a new month, killed.
//
// Dropping is the other way round: book.db first lets the month go and overwrites its key (the rows' salts
// are derived from it), then the file is unlinked. A kill between is made good by the next writer.
#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "records/cdr_month_file.hh"

namespace writ::records {
namespace {

constexpr std::size_t open_files_max = 32;  // two years and some; three descriptors each
constexpr std::string_view file_prefix = "month-";

constexpr std::string_view catalogue_schema[] = {
    "CREATE TABLE month(label TEXT PRIMARY KEY, sealed_key BLOB NOT NULL, size INTEGER NOT NULL, texts "
    "INTEGER NOT NULL,"
    " peaks BLOB NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, sealed INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL) STRICT;"
    "CREATE TABLE receipt(batch TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE held(start_ms INTEGER NOT NULL, label TEXT NOT NULL, seq INTEGER NOT NULL, proof TEXT NOT "
    "NULL,"
    " PRIMARY KEY(start_ms, label, seq)) STRICT, WITHOUT ROWID;"};

Error not_kept(Error cause) {
  return {cause.exit == Exit::integrity ? Exit::integrity : Exit::failure,
          "the call records cannot be written: " + cause.what, "a batch is kept whole or not at all",
          "a disk that takes it",
          "the administrator makes room or repairs the disk; then append the same batch again"};
}

Bytes join(const std::vector<crypto::Digest>& peaks) {
  Bytes out;
  for (const auto& d : peaks) put_bytes(out, d);
  return out;
}

std::vector<crypto::Digest> part(const Bytes& joined) {
  std::vector<crypto::Digest> out(joined.size() / crypto::Digest{}.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    std::copy_n(joined.begin() + static_cast<std::ptrdiff_t>(i * out[i].size()), out[i].size(),
                out[i].begin());
  return out;
}

class EmbeddedEngine final : public CdrEngine {
 public:
  EmbeddedEngine(fs::path dir, store::Database db) : dir_(std::move(dir)), db_(std::move(db)) {}

  Status begin() override;
  void end() noexcept override { lock_.reset(); }
  Result<std::uint64_t> generation() override;
  Result<std::vector<MonthState>> months() override;
  Result<std::optional<std::string>> receipt(const std::string& key) override;
  Result<std::uint64_t> bytes(const std::string& label) override;
  Result<std::vector<std::string>> texts(const std::string& label, std::uint64_t from,
                                         std::uint64_t to) override {
    WRIT_TRY(f, file(label));
    return f->texts(from, to);
  }
  Result<std::vector<Candidate>> candidates(const std::string& label,
                                            std::span<const std::int32_t> identities,
                                            std::uint64_t size) override {
    WRIT_TRY(f, file(label));
    return f->candidates(identities, size);
  }
  Result<std::vector<CdrRow>> rows(const std::string& label, std::uint64_t from, std::uint64_t to) override {
    WRIT_TRY(f, file(label));
    return f->rows(from, to);
  }
  Result<std::vector<CdrRow>> select(const std::string& label, const Selection& s) override {
    WRIT_TRY(f, file(label));
    return f->select(s);
  }
  Result<std::vector<TreeNode>> nodes(const std::string& label, int level, std::uint64_t from,
                                      std::uint64_t to) override {
    WRIT_TRY(f, file(label));
    return f->nodes(level, from, to);
  }
  Status check(const std::string& label) override {
    WRIT_TRY(f, file(label));
    return f->check();
  }
  Status commit(const AppendPlan& plan) override;
  Status seal(const MonthState& after) override;
  Status drop(const DropPlan& plan) override;
  Result<std::vector<HeldRow>> held(std::int64_t from_ms, std::int64_t until_ms) override;

 private:
  fs::path path_of(const std::string& label) const {
    return dir_ / fmt::format("{}{}.db", file_prefix, label);
  }
  Result<MonthFile*> file(const std::string& label, bool may_create = false);
  void close(const std::string& label) {
    files_.remove_if([&](const auto& f) { return f.first == label; });
  }
  Status keep_state(const MonthState& s);
  Status commit_parts(const AppendPlan& plan);
  Status commit_book(const AppendPlan& plan);
  Status commit_drop(const DropPlan& plan);
  Status unlink_month(const std::string& label);
  Status sweep();

  fs::path dir_;
  store::Database db_;
  std::optional<store::Statement> data_version_, held_;
  std::uint64_t own_changes_ = 0;
  std::list<std::pair<std::string, std::unique_ptr<MonthFile>>> files_;  // last used first
  Fd lock_;
  bool is_swept_ = false;
};

Result<MonthFile*> EmbeddedEngine::file(const std::string& label, bool may_create) {
  for (auto it = files_.begin(); it != files_.end(); ++it) {
    if (it->first != label) continue;
    files_.splice(files_.begin(), files_, it);
    return files_.front().second.get();
  }
  const fs::path p = path_of(label);
  if (std::error_code ec; !may_create && !fs::exists(p, ec))
    return fail(Exit::integrity,
                fmt::format("the file {} of the month {} is missing", p.filename().string(), label));
  while (files_.size() >= open_files_max) files_.pop_back();
  WRIT_TRY(f, MonthFile::open(p, label));
  files_.emplace_front(label, std::move(f));
  return files_.front().second.get();
}

Status EmbeddedEngine::begin() {
  WRIT_TRY(lock, lock_file(dir_ / "lock"));
  lock_ = std::move(lock);
  if (is_swept_) return {};
  if (const Status ok = sweep(); !ok) {
    end();
    return ok;
  }
  is_swept_ = true;
  return {};
}

// What killed writers left: files of months that are not, or no more.
Status EmbeddedEngine::sweep() {
  WRIT_TRY(states, months());
  std::vector<std::string> strays;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(dir_, ec)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(file_prefix) || !name.ends_with(".db")) continue;
    const std::string label = name.substr(file_prefix.size(), name.size() - file_prefix.size() - 3);
    const bool is_kept = std::any_of(states.begin(), states.end(),
                                     [&](const MonthState& s) { return s.label == label && !s.dropped; });
    if (!is_kept) strays.push_back(label);
  }
  for (const std::string& label : strays) WRIT_CHECK(unlink_month(label));
  return {};
}

Status EmbeddedEngine::unlink_month(const std::string& label) {
  close(label);
  const fs::path p = path_of(label);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::path f = p;
    f += suffix;
    std::error_code ec;
    fs::remove(f, ec);
    if (ec) return fail(Exit::failure, fmt::format("remove {}: {}", f.string(), ec.message()));
  }
  return sync_dir(dir_);
}

Result<std::uint64_t> EmbeddedEngine::generation() {
  if (!data_version_) {
    WRIT_TRY(s, db_.prepare("PRAGMA data_version"));
    data_version_.emplace(std::move(s));
  }
  data_version_->reset();
  WRIT_CHECK(data_version_->step());
  const auto others = static_cast<std::uint64_t>(data_version_->integer(0));
  data_version_->reset();
  return others << 32 | own_changes_;
}

Result<std::vector<MonthState>> EmbeddedEngine::months() {
  WRIT_TRY(s,
           db_.prepare(
               "SELECT label, sealed_key, size, texts, peaks, first_ms, last_ms, sealed, dropped FROM month"
               " ORDER BY label"));
  std::vector<MonthState> out;
  for (;;) {
    WRIT_TRY(more, s.step());
    if (!more) break;
    MonthState m;
    m.label = s.text(0);
    m.sealed_key = s.blob(1);
    m.size = static_cast<std::uint64_t>(s.integer(2));
    m.texts = static_cast<std::uint64_t>(s.integer(3));
    m.peaks = part(s.blob(4));
    m.first_ms = s.integer(5);
    m.last_ms = s.integer(6);
    m.sealed = s.integer(7) != 0;
    m.dropped = s.integer(8) != 0;
    if (m.dropped) close(m.label);
    out.push_back(std::move(m));
  }
  return out;
}

Result<std::optional<std::string>> EmbeddedEngine::receipt(const std::string& key) {
  WRIT_TRY(s, db_.prepare("SELECT body FROM receipt WHERE batch=?"));
  WRIT_TRY(found, s.bind(1, key).step());
  if (!found) return std::optional<std::string>{};
  return std::optional{s.text(0)};
}

Result<std::uint64_t> EmbeddedEngine::bytes(const std::string& label) {
  std::error_code ec;
  const std::uint64_t main = fs::file_size(path_of(label), ec);
  if (ec) return fail(Exit::failure, fmt::format("{}: {}", path_of(label).string(), ec.message()));
  fs::path wal = path_of(label);
  wal += "-wal";
  const std::uint64_t more = fs::file_size(wal, ec);
  return main + (ec ? 0 : more);
}

Status EmbeddedEngine::keep_state(const MonthState& m) {
  WRIT_TRY(s, db_.prepare("INSERT INTO month VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(label) DO UPDATE SET"
                          " sealed_key=excluded.sealed_key, size=excluded.size, texts=excluded.texts,"
                          " peaks=excluded.peaks, first_ms=excluded.first_ms, last_ms=excluded.last_ms,"
                          " sealed=excluded.sealed, dropped=excluded.dropped"));
  s.bind(1, m.label).bind_blob(2, m.sealed_key).bind(3, static_cast<std::int64_t>(m.size));
  s.bind(4, static_cast<std::int64_t>(m.texts))
      .bind_blob(5, join(m.peaks))
      .bind(6, m.first_ms)
      .bind(7, m.last_ms);
  return s.bind(8, std::int64_t{m.sealed}).bind(9, std::int64_t{m.dropped}).run();
}

Status EmbeddedEngine::commit_parts(const AppendPlan& plan) {
  for (const AppendPlan::Part& p : plan.parts) {
    WRIT_TRY(f, file(p.after.label, true));
    if (Status ok = f->append(p); !ok) {
      close(p.after.label);  // whatever state the failed write left it in
      return ok;
    }
  }
  return {};
}

Status EmbeddedEngine::commit_book(const AppendPlan& plan) {
  WRIT_TRY(tx, store::Transaction::begin(db_));
  for (const AppendPlan::Part& p : plan.parts) WRIT_CHECK(keep_state(p.after));
  WRIT_TRY(s, db_.prepare("INSERT INTO receipt VALUES(?,?)"));
  WRIT_CHECK(s.bind(1, plan.key).bind(2, plan.receipt).run());
  return tx.commit();
}

Status EmbeddedEngine::commit(const AppendPlan& plan) {
  Status ok = commit_parts(plan);
  if (ok) ok = sync_dir(dir_);
  if (ok) ok = commit_book(plan);
  ++own_changes_;
  if (!ok) return tl::unexpected(not_kept(std::move(ok).error()));
  return {};
}

Status EmbeddedEngine::seal(const MonthState& after) {
  WRIT_TRY(f, file(after.label));
  if (Status ok = f->seal(after.size); !ok) {
    close(after.label);
    return tl::unexpected(not_kept(std::move(ok).error()));
  }
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_CHECK(keep_state(after));
  WRIT_CHECK(tx.commit());
  ++own_changes_;
  return {};
}

Status EmbeddedEngine::commit_drop(const DropPlan& plan) {
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_TRY(hold, db_.prepare("INSERT INTO held VALUES(?,?,?,?)"));
  for (const HeldRow& h : plan.hold)
    WRIT_CHECK(hold.bind(1, h.start_ms)
                   .bind(2, h.label)
                   .bind(3, static_cast<std::int64_t>(h.seq))
                   .bind(4, h.proof)
                   .run());
  WRIT_TRY(release, db_.prepare("DELETE FROM held WHERE label=? AND seq=?"));
  for (const auto& [label, seq] : plan.release)
    WRIT_CHECK(release.bind(1, label).bind(2, static_cast<std::int64_t>(seq)).run());
  WRIT_TRY(wipe, db_.prepare("UPDATE month SET sealed_key=zeroblob(length(sealed_key)) WHERE label=?"));
  for (const MonthState& m : plan.months) {
    WRIT_CHECK(wipe.bind(1, m.label).run());
    WRIT_CHECK(keep_state(m));
  }
  return tx.commit();
}

Status EmbeddedEngine::drop(const DropPlan& plan) {
  WRIT_CHECK(commit_drop(plan));
  ++own_changes_;
  is_swept_ = false;                                        // should the rest fail, the next writer does it
  WRIT_CHECK(db_.exec("PRAGMA wal_checkpoint(TRUNCATE)"));  // the key's old page, and the log that had it
  for (const MonthState& m : plan.months) WRIT_CHECK(unlink_month(m.label));
  is_swept_ = true;
  return {};
}

Result<std::vector<HeldRow>> EmbeddedEngine::held(std::int64_t from_ms, std::int64_t until_ms) {
  if (!held_) {
    WRIT_TRY(s, db_.prepare("SELECT start_ms, label, seq, proof FROM held WHERE start_ms>=? AND start_ms<?"
                            " ORDER BY start_ms, label, seq"));
    held_.emplace(std::move(s));
  }
  held_->reset();
  held_->bind(1, from_ms).bind(2, until_ms);
  std::vector<HeldRow> out;
  for (;;) {
    WRIT_TRY(more, held_->step());
    if (!more) break;
    out.push_back(
        {held_->text(1), static_cast<std::uint64_t>(held_->integer(2)), held_->integer(0), held_->text(3)});
  }
  held_->reset();
  return out;
}

}  // namespace

Result<std::unique_ptr<CdrBook>> open_embedded_cdrs(const fs::path& dir, crypto::Secret32 master) {
  WRIT_CHECK(make_dirs(dir));
  WRIT_TRY(db, store::Database::open(dir / "book.db"));
  WRIT_CHECK(db.exec("PRAGMA secure_delete=ON"));
  WRIT_CHECK(db.migrate("cdr-book", catalogue_schema));
  return make_cdr_book(std::make_unique<EmbeddedEngine>(dir, std::move(db)), std::move(master));
}

}  // namespace writ::records
