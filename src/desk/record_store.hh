// SPDX-License-Identifier: GPL-3.0-or-later
// Where this carrier's records lie, in whichever engine it chose, and the heads of their months in the audit
// log.
//
//   records.toml            schema = "writ.records/1", engine = "embedded" | "postgresql", conninfo;
//                           absent: embedded (catalogue in store.db, call detail records in cdrs/)
//   keys/records.key        32 bytes, mode 0600: payment fields and month keys are sealed under it
//   cdrs/ raw/ quarantine/  embedded month files; raw files as received; what was refused
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "desk/carrier.hh"
#include "records/catalogue.hh"
#include "records/cdr_book.hh"

namespace writ::desk {

struct RecordSettings {
  store::Engine engine = store::Engine::sqlite;
  std::string conninfo;  // of PostgreSQL
};
Result<RecordSettings> parse_record_settings(std::string_view toml, std::string_view name);

class RecordStore {
 public:
  static Result<std::unique_ptr<RecordStore>> open(Carrier& c);
  // Without the book of calls: cdrs() is not to be used.
  static Result<std::unique_ptr<RecordStore>> open_catalogue(Carrier& c);
  // Of a snapshot, in memory: what it held, and nothing else.
  static Result<std::unique_ptr<RecordStore>> frozen(const std::vector<records::Fact>& facts,
                                                     Instant known_at, std::vector<records::StoredCdr> calls);
  records::Catalogue& catalogue() { return *catalogue_; }
  records::CdrBook& cdrs() { return *cdrs_; }
  fs::path raw_dir() const { return data_ / "raw"; }
  fs::path quarantine_dir() const { return data_ / "quarantine"; }
  const RecordSettings& settings() const { return settings_; }

 private:
  static Result<std::unique_ptr<RecordStore>> open_part(Carrier& inside, bool with_calls);
  explicit RecordStore(fs::path data) : data_(std::move(data)) {}
  fs::path data_;
  RecordSettings settings_;
  std::unique_ptr<store::Database> own_;  // PostgreSQL: the catalogue's connection; a frozen store's own
  std::unique_ptr<records::Catalogue> catalogue_;
  std::unique_ptr<records::CdrBook> cdrs_;
};

// The desk's own tables about records (scopes, heads, holds, destructions), in store.db whatever the engine.
Status migrate_record_tables(Carrier& c);

// Notes size and root of those months in the audit log ("records.head"), as far as they are not noted yet.
// After every append to the book; a second time changes nothing.
Status note_heads(Carrier& c, records::CdrBook& book, const std::vector<std::string>& months);
Status note_all_heads(Carrier& c, records::CdrBook& book);

struct NotedHead {
  std::string month;
  std::uint64_t size = 0;
  crypto::Digest root{};
  std::uint64_t index = 0;  // of the audit entry
};
// As this desk remembers them, each checked against the sealed entry in the log (whose key is kept beside):
// an altered memory is Exit::integrity. Oldest first.
Result<std::vector<NotedHead>> noted_heads(Carrier& c);
// As the log itself says, for the auditor, who can read it: finds what was taken from the desk's memory, too.
Result<std::vector<NotedHead>> logged_heads(const fs::path& audit_dir, const crypto::BoxKey& reader);
// The entry that holds a head, opened to whoever gets it.
Result<audit::Proof> prove_head(Carrier& c, const NotedHead& h);

}  // namespace writ::desk
