// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_store.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/sourced.hh"
#include "records/cdr_list.hh"

namespace writ::desk {
namespace {

constexpr const char* settings_rule = "one setting chooses the engine of the records (docs/cli.md, Records)";
constexpr const char* key_rule =
    "payment fields and the keys of the months are sealed under keys/records.key";

constexpr std::string_view record_tables[] = {R"sql(
  CREATE TABLE record_key(one INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT;
  CREATE TABLE record_scopes(matter TEXT NOT NULL, sequence INTEGER NOT NULL, ticket TEXT NOT NULL,
    PRIMARY KEY(matter, sequence)) STRICT;
  CREATE TABLE record_heads(audit_index INTEGER NOT NULL, month TEXT NOT NULL, size INTEGER NOT NULL,
    root TEXT NOT NULL, opening TEXT NOT NULL, PRIMARY KEY(audit_index, month)) STRICT;
  CREATE TABLE record_holds(number INTEGER PRIMARY KEY, placed TEXT NOT NULL, lifted TEXT) STRICT;
  CREATE TABLE record_destructions(number INTEGER PRIMARY KEY, plan TEXT NOT NULL, record TEXT) STRICT;
  CREATE TABLE record_destroyed_months(number INTEGER NOT NULL, month TEXT NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY(number, month)) STRICT;
)sql"};

crypto::Digest derive(std::string_view domain, const crypto::Secret32& key) {
  crypto::Sha256 h;
  h.update(view_of(domain));
  h.update(key.view());
  return h.finish();
}

crypto::Secret32 derive_key(std::string_view domain, const crypto::Secret32& key) {
  return crypto::Secret32{View{derive(domain, key)}};
}

// Made once, under a lock. A store that has had a key gets no new one: what was sealed under the old one
// would be lost without a word.
Result<crypto::Secret32> record_key(Carrier& c) {
  const fs::path file = c.data() / "keys" / "records.key";
  WRIT_TRY(lock, lock_file(c.data() / "keys" / "records.lock"));
  WRIT_TRY(ask, c.db().prepare("SELECT fingerprint FROM record_key WHERE one=1"));
  WRIT_TRY(known, ask.step());
  const std::string want = known ? ask.text(0) : "";
  ask.reset();
  const auto lost = [](std::string what) {
    return fail(Exit::integrity, std::move(what), key_rule, "the key that the records were written under",
                "the administrator restores keys/records.key from backup");
  };
  std::error_code ec;
  if (!fs::exists(file, ec)) {
    if (known) return lost("keys/records.key is missing");
    WRIT_CHECK(write_file(file, crypto::random_bytes(32), 0600));
  }
  WRIT_TRY(bytes, read_file(file));
  if (bytes.size() != 32) return lost("keys/records.key is not a key");
  crypto::Secret32 key{View{bytes}};
  const std::string is = crypto::hex(derive("writ.records/fingerprint", key));
  if (!known) {
    WRIT_TRY(put, c.db().prepare("INSERT INTO record_key(one, fingerprint) VALUES(1,?)"));
    WRIT_CHECK(put.bind(1, is).run());
  } else if (is != want) {
    return lost("keys/records.key is not the key of these records");
  }
  return key;
}

Result<RecordSettings> read_settings(const fs::path& data) {
  const fs::path file = data / "records.toml";
  std::error_code ec;
  if (!fs::exists(file, ec)) return RecordSettings{};
  WRIT_TRY(text, read_text(file));
  return parse_record_settings(text, "records.toml");
}

Json heads_json(const std::vector<records::MonthHead>& heads) {
  Json out = Json::array();
  for (const auto& h : heads)
    out.push_back(Json{{"month", h.month}, {"root", crypto::hex(h.root)}, {"size", h.size}});
  return out;
}

Result<std::vector<NotedHead>> heads_of(const Json& entry, std::uint64_t index) {
  constexpr std::string_view where = "records.head";
  std::vector<NotedHead> out;
  WRIT_TRY(detail, field<Json>(entry, "detail", where));
  WRIT_TRY(list, field<Json>(detail, "heads", where));
  for (const Json& j : list) {
    NotedHead h;
    WRIT_TRY(month, field<std::string>(j, "month", where));
    WRIT_TRY(size, field<std::uint64_t>(j, "size", where));
    WRIT_TRY(root_text, field<std::string>(j, "root", where));
    WRIT_TRY(root, crypto::unhex(root_text));
    if (root.size() != h.root.size())
      return fail(Exit::integrity, fmt::format("audit entry {} names a root that is none", index));
    h.month = std::move(month);
    h.size = size;
    std::copy(root.begin(), root.end(), h.root.begin());
    h.index = index;
    out.push_back(std::move(h));
  }
  return out;
}

// The entry as it lies in the log, opened with the key that the desk kept.
Result<audit::Proof> opened(Carrier& c, std::uint64_t index, const std::string& opening) {
  WRIT_TRY(proof, c.outside().log().prove(index));
  WRIT_TRY(key, crypto::unhex(opening));
  proof.opening = std::move(key);
  return proof;
}

tl::unexpected<Error> forged_memory(const std::string& month, std::uint64_t index) {
  return fail(Exit::integrity,
              fmt::format("the desk's note of {} does not say what audit entry {} says", month, index),
              "the audit log holds the root of every month (docs/design.md, Records)",
              "the table record_heads as it was written",
              "restore store.db from backup, then an auditor runs writ records verify");
}

struct HeadRow {
  NotedHead head;
  std::string opening;
};

Result<std::vector<HeadRow>> head_rows(Carrier& c) {
  std::vector<HeadRow> out;
  WRIT_TRY(ask, c.outside().db().prepare("SELECT audit_index, month, size, root, opening FROM record_heads "
                                         "ORDER BY audit_index, month"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    HeadRow r;
    r.head.index = static_cast<std::uint64_t>(ask.integer(0));
    r.head.month = ask.text(1);
    r.head.size = static_cast<std::uint64_t>(ask.integer(2));
    const auto root = crypto::unhex(ask.text(3));
    if (!root || root->size() != r.head.root.size()) return forged_memory(r.head.month, r.head.index);
    std::copy(root->begin(), root->end(), r.head.root.begin());
    r.opening = ask.text(4);
    out.push_back(std::move(r));
  }
}

bool same(const NotedHead& a, const NotedHead& b) {
  return a.month == b.month && a.size == b.size && a.root == b.root;
}

Status note_new_heads(Carrier& c, const std::vector<records::MonthHead>& heads) {
  WRIT_TRY(rows, head_rows(c));
  std::vector<records::MonthHead> fresh;
  for (const auto& h : heads)
    if (std::none_of(rows.begin(), rows.end(), [&](const HeadRow& r) {
          return r.head.month == h.month && r.head.size == h.size && r.head.root == h.root;
        }))
      fresh.push_back(h);
  if (fresh.empty()) return {};
  WRIT_TRY(receipt, c.note("desk", "records.head", "", Json{{"heads", heads_json(fresh)}}));
  WRIT_TRY(tx, store::Transaction::begin(c.db()));
  WRIT_TRY(put, c.db().prepare("INSERT INTO record_heads(audit_index, month, size, root, opening) "
                               "VALUES(?,?,?,?,?)"));
  for (const auto& h : fresh) {
    WRIT_CHECK(put.bind(1, static_cast<std::int64_t>(receipt.index))
                   .bind(2, h.month)
                   .bind(3, static_cast<std::int64_t>(h.size))
                   .bind(4, crypto::hex(h.root))
                   .bind(5, crypto::hex(receipt.opening.view()))
                   .run());
  }
  return tx.commit();
}

}  // namespace

Result<RecordSettings> parse_record_settings(std::string_view toml, std::string_view name) {
  WRIT_TRY(source, parse_toml(toml, name));
  writ::Reading reading{source, settings_rule};
  Fields f{reading, reading.root(), ""};
  f.word("schema", {"writ.records/1"}, Need::required);
  const std::string engine = f.word("engine", {"embedded", "postgresql"}, Need::required);
  RecordSettings s;
  s.conninfo = f.text("conninfo");
  f.finish();
  if (engine == "postgresql") {
    s.engine = store::Engine::postgresql;
    if (s.conninfo.empty())
      f.refuse("engine", "names PostgreSQL, but no server",
               "add conninfo = \"host=... dbname=...\"; keep the password in ~/.pgpass or PGPASSFILE");
  } else if (!s.conninfo.empty()) {
    f.refuse("conninfo", "is for the engine postgresql only", "leave it out");
  }
  WRIT_CHECK(reading.status());
  return s;
}

Status migrate_record_tables(Carrier& c) { return c.db().migrate("record_desk", record_tables); }

Result<std::unique_ptr<RecordStore>> RecordStore::open(Carrier& c) { return open_part(c, true); }

Result<std::unique_ptr<RecordStore>> RecordStore::open_catalogue(Carrier& c) { return open_part(c, false); }

Result<std::unique_ptr<RecordStore>> RecordStore::open_part(Carrier& inside, bool with_calls) {
  WRIT_CHECK(migrate_record_tables(inside));
  Carrier& c = inside.outside();  // a compartment has no records of its own
  WRIT_CHECK(migrate_record_tables(c));
  WRIT_TRY(settings, read_settings(c.data()));
  WRIT_TRY(key, record_key(c));
  std::unique_ptr<RecordStore> s{new RecordStore{c.data()}};
  s->settings_ = settings;
  for (const fs::path& d : {s->raw_dir(), s->quarantine_dir()}) WRIT_CHECK(make_dirs(d, 0700));
  store::Database* db = &c.db();
  if (settings.engine == store::Engine::postgresql) {
    WRIT_TRY(own, store::Database::connect(settings.conninfo));
    s->own_ = std::make_unique<store::Database>(std::move(own));
    db = s->own_.get();
  }
  WRIT_TRY(catalogue, records::Catalogue::open(*db, derive_key("writ.records/fields", key)));
  s->catalogue_ = std::make_unique<records::Catalogue>(std::move(catalogue));
  if (!with_calls) return s;
  crypto::Secret32 master = derive_key("writ.records/cdrs", key);
  if (settings.engine == store::Engine::postgresql) {
    WRIT_TRY(book, records::open_postgres_cdrs(settings.conninfo, std::move(master)));
    s->cdrs_ = std::move(book);
  } else {
    WRIT_CHECK(make_dirs(c.data() / "cdrs", 0700));
    WRIT_TRY(book, records::open_embedded_cdrs(c.data() / "cdrs", std::move(master)));
    s->cdrs_ = std::move(book);
  }
  return s;
}

Result<std::unique_ptr<RecordStore>> RecordStore::frozen(const std::vector<records::Fact>& facts,
                                                         Instant known_at,
                                                         std::vector<records::StoredCdr> calls) {
  std::unique_ptr<RecordStore> s{new RecordStore{fs::path{}}};
  WRIT_TRY(memory, store::Database::open(":memory:"));
  s->own_ = std::make_unique<store::Database>(std::move(memory));
  WRIT_TRY(catalogue, records::Catalogue::open(*s->own_, crypto::Secret32{}));
  for (const records::Fact& f : facts) WRIT_CHECK(catalogue.put(f, "snapshot", known_at));
  s->catalogue_ = std::make_unique<records::Catalogue>(std::move(catalogue));
  s->cdrs_ = records::list_of_cdrs(std::move(calls));
  return s;
}

Status note_heads(Carrier& c, records::CdrBook& book, const std::vector<std::string>& months) {
  if (months.empty()) return {};
  WRIT_TRY(heads, book.heads());
  std::erase_if(heads, [&](const records::MonthHead& h) {
    return std::find(months.begin(), months.end(), h.month) == months.end();
  });
  return note_new_heads(c, heads);
}

Status note_all_heads(Carrier& c, records::CdrBook& book) {
  WRIT_TRY(heads, book.heads());
  return note_new_heads(c, heads);
}

Result<std::vector<NotedHead>> noted_heads(Carrier& c) {
  WRIT_TRY(rows, head_rows(c));
  std::vector<NotedHead> out, in_entry;
  std::optional<std::uint64_t> read;
  for (HeadRow& r : rows) {
    if (read != r.head.index) {
      const auto proof = opened(c, r.head.index, r.opening);
      if (!proof) return forged_memory(r.head.month, r.head.index);
      const auto entry = audit::verify(*proof);
      if (!entry || !*entry || (*entry)->value("action", "") != "records.head")
        return forged_memory(r.head.month, r.head.index);
      WRIT_TRY(said, heads_of(**entry, r.head.index));
      in_entry = std::move(said);
      read = r.head.index;
    }
    if (std::none_of(in_entry.begin(), in_entry.end(), [&](const NotedHead& h) { return same(h, r.head); }))
      return forged_memory(r.head.month, r.head.index);
    out.push_back(std::move(r.head));
  }
  return out;
}

Result<std::vector<NotedHead>> logged_heads(const fs::path& audit_dir, const crypto::BoxKey& reader) {
  std::vector<NotedHead> out;
  Status bad;
  WRIT_CHECK(audit::visit(audit_dir, [&](std::uint64_t index, View leaf) {
    const auto e = audit::open_leaf(leaf, reader);
    if (!e) {
      bad = tl::unexpected(e.error());
      return false;
    }
    if (e->entry.value("action", "") != "records.head" || e->entry.value("actor", "") != "desk") return true;
    const auto heads = heads_of(e->entry, index);
    if (!heads) {
      bad = tl::unexpected(heads.error());
      return false;
    }
    out.insert(out.end(), heads->begin(), heads->end());
    return true;
  }));
  WRIT_CHECK(bad);
  return out;
}

Result<audit::Proof> prove_head(Carrier& c, const NotedHead& h) {
  WRIT_TRY(rows, head_rows(c));
  for (const HeadRow& r : rows)
    if (r.head.index == h.index && same(r.head, h)) return opened(c, h.index, r.opening);
  return fail(Exit::not_found, fmt::format("no note of {} with {} records", h.month, h.size));
}

}  // namespace writ::desk
