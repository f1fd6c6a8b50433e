// SPDX-License-Identifier: GPL-3.0-or-later
// History in two times, in one table. `valid_from`, `valid_until`: when it was so. `known_from`,
// `known_until`: when the carrier's records said so; a correction ends the old version and never deletes it.
// Times are nanoseconds UTC. `name` and `place` are what a fact is looked up by besides its key
// (fact_row.hh); `lo` to `hi` are the numbers of a block.
#include "records/catalogue.hh"

#include <array>
#include <map>

#include "records/fact_writer.hh"

namespace writ::records {
namespace {

constexpr std::array<std::string_view, 1> schema = {R"(
CREATE TABLE fact (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  lo INTEGER,
  hi INTEGER,
  body TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER CHECK (valid_until IS NULL OR valid_until >= valid_from),
  known_from INTEGER NOT NULL,
  known_until INTEGER CHECK (known_until IS NULL OR known_until >= known_from),
  source TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX fact_current ON fact (kind, account, key, valid_from) WHERE known_until IS NULL;
CREATE INDEX fact_account ON fact (account, kind, key);
CREATE INDEX fact_key ON fact (kind, key);
CREATE INDEX fact_name ON fact (kind, name, account) WHERE name <> '';
CREATE INDEX fact_place ON fact (kind, place, account) WHERE place <> '';
CREATE INDEX fact_range ON fact (kind, lo, hi) WHERE lo IS NOT NULL;
CREATE INDEX fact_end ON fact (valid_until) WHERE known_until IS NULL AND valid_until IS NOT NULL;
)"};

}  // namespace

Result<Catalogue> Catalogue::open(store::Database& db, crypto::Secret32 fields) {
  WRIT_CHECK(db.migrate("records", schema));
  return Catalogue(db, std::move(fields));
}

Result<Catalogue::Put> Catalogue::put(const Fact& f, std::string_view source, Instant known_at) {
  WRIT_TRY(tx, store::Transaction::begin(*db_));
  WRIT_TRY(writer, FactWriter::make(*db_, fields_, std::string(source), known_at));
  WRIT_TRY(done, writer.put(f));
  WRIT_CHECK(tx.commit());
  return done;
}

Result<std::vector<FactVersion>> Catalogue::facts(FactKind kind, std::string_view account,
                                                  std::string_view key, const Window& w) const {
  return find({kind, std::string(account), std::string(key), {}, {}}, w);
}

Result<std::vector<FactVersion>> Catalogue::find(const Criteria& c, const Window& w) const {
  if (c.account.empty() && c.key.empty() && c.name.empty() && c.place.empty())
    return fail(Exit::refused, "facts of no account and no key were asked for",
                "there is no unscoped list of records (I1)", "whose facts", "name an account or a key");
  Select s;
  if (c.kind) s.kind(*c.kind);
  if (!c.account.empty()) s.account(c.account);
  if (!c.key.empty()) s.key(c.key);
  if (!c.name.empty()) s.name(c.name);
  if (!c.place.empty()) s.place(c.place);
  return s.within(*db_, w);
}

Result<bool> Catalogue::ever_served(std::string_view kind, std::string_view value) const {
  WRIT_TRY(canonical, canonical_value(kind, value));
  WRIT_TRY(fact_kind, parse_fact_kind(kind));
  WRIT_TRY(direct, Select().kind(fact_kind).key(canonical).within(*db_, {}));
  if (!direct.empty() || kind != "number") return !direct.empty();
  WRIT_TRY(blocks, Select().kind(FactKind::block).covers(number_value(canonical)).within(*db_, {}));
  return !blocks.empty();
}

Result<Json> Catalogue::open_payment(const FactVersion& payment) const {
  return open_sealed(fields_, payment.fact);
}

Result<std::string> Catalogue::zone_of(std::string_view account, Instant at) const {
  WRIT_TRY(all, Select().kind(FactKind::account).account(account).within(*db_, {}));
  std::string zone;  // in force at that time; else the first that is known
  for (const FactVersion& v : all) {
    const auto said = v.fact.body.value("zone", "");
    if (said.empty()) continue;
    if (zone.empty() || v.fact.valid.from <= at) zone = said;
  }
  return zone.empty() ? "Etc/UTC" : zone;
}

Result<std::vector<HoldingEnded>> Catalogue::ended_between(Instant after, Instant until) const {
  std::vector<HoldingEnded> out;
  WRIT_TRY(ended, Select().ended(after, until).current(*db_));
  for (const FactVersion& v : ended) {
    const FactKind k = v.fact.kind;
    if (withdrawn(v.fact)) continue;
    if (k != FactKind::stay && k != FactKind::number && k != FactKind::block && k != FactKind::extension &&
        k != FactKind::uri)
      continue;
    const auto why = k == FactKind::stay ? HoldingEnded::Why::check_out : HoldingEnded::Why::withdrawn;
    WRIT_TRY(e, ending_of(*db_, v.fact, why, *v.fact.valid.until));
    out.push_back(std::move(e));
  }
  WRIT_TRY(ports, Select().kind(FactKind::port).began(after, until).current(*db_));
  for (const FactVersion& v : ports) {
    if (withdrawn(v.fact) || v.fact.body.value("direction", "") != "out") continue;
    WRIT_TRY(e, ending_of(*db_, v.fact, HoldingEnded::Why::port_out, v.fact.valid.from));
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace writ::records
