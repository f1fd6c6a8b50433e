// SPDX-License-Identifier: GPL-3.0-or-later
// History in two times. `valid_from`, `valid_until`: when the account held the number. `known_from`,
// `known_until`: when the carrier's records said so; a correction ends the old version and never deletes it.
// Times are nanoseconds UTC.
#include "records/records.hh"

#include <fmt/format.h>

#include <array>

namespace writ::records {
namespace {

constexpr std::array<std::string_view, 1> schema = {R"(
CREATE TABLE holder (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  subscriber TEXT NOT NULL,
  address TEXT NOT NULL,
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('number', 'extension', 'uri')),
  value TEXT NOT NULL,
  hosts TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER CHECK (valid_until IS NULL OR valid_until >= valid_from),
  known_from INTEGER NOT NULL,
  known_until INTEGER CHECK (known_until IS NULL OR known_until >= known_from),
  source TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX holder_current ON holder (kind, value, account, tenant, valid_from) WHERE known_until IS NULL;
)"};

std::vector<std::string> split_hosts(const std::string& joined) {
  std::vector<std::string> out;
  for (std::size_t pos = 0; pos < joined.size();) {
    const std::size_t bar = std::min(joined.find('|', pos), joined.size());
    if (bar > pos) out.push_back(joined.substr(pos, bar - pos));
    pos = bar + 1;
  }
  return out;
}

Holder read_holder(const store::Statement& s) {
  Holder h{s.text(0),
           s.text(1),
           s.text(2),
           s.text(3),
           s.text(4),
           s.text(5),
           split_hosts(s.text(6)),
           from_ns(s.integer(7)),
           {}};
  if (!s.is_null(8)) h.until = from_ns(s.integer(8));
  return h;
}

}  // namespace

Result<RecordBook> RecordBook::open(store::Database& db) {
  // The book shares its database with other rooms, whose schema versions are not its own: hence no migrate()
  // here.
  WRIT_TRY(found, db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'holder'"));
  WRIT_TRY(there, found.step());
  if (!there) {
    WRIT_TRY(tx, store::Transaction::begin(db));
    for (const std::string_view step : schema) WRIT_CHECK(db.exec(std::string(step)));
    WRIT_CHECK(tx.commit());
  }
  return RecordBook(db);
}

Result<std::vector<Holder>> RecordBook::who_holds(std::string_view kind, std::string_view value,
                                                  std::string_view account, Instant from,
                                                  Instant until) const {
  WRIT_TRY(canonical, canonical_value(kind, value));
  WRIT_TRY(
      q,
      db_->prepare(
          "SELECT account, subscriber, address, tenant, kind, value, hosts, valid_from, valid_until FROM "
          "holder "
          "WHERE kind = ?1 AND value = ?2 AND (?3 = '' OR account = ?3) AND known_until IS NULL "
          "AND valid_from < ?5 AND (valid_until IS NULL OR (valid_until > ?4 AND valid_until > valid_from)) "
          "ORDER BY valid_from, account, tenant"));
  q.bind(1, kind).bind(2, canonical).bind(3, account).bind(4, to_ns(from)).bind(5, to_ns(until));
  std::vector<Holder> out;
  for (;;) {
    WRIT_TRY(row, q.step());
    if (!row) return out;
    out.push_back(read_holder(q));
  }
}

Result<bool> RecordBook::ever_served(std::string_view kind, std::string_view value) const {
  WRIT_TRY(canonical, canonical_value(kind, value));
  WRIT_TRY(q, db_->prepare("SELECT 1 FROM holder WHERE kind = ?1 AND value = ?2 AND known_until IS NULL "
                           "AND (valid_until IS NULL OR valid_until > valid_from) LIMIT 1"));
  q.bind(1, kind).bind(2, canonical);
  return q.step();
}

}  // namespace writ::records
