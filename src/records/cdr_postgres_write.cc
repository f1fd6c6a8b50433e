// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "records/cdr_postgres.hh"

namespace writ::records {
namespace {

store::Int32 narrow(std::int64_t n) { return {static_cast<std::int32_t>(n)}; }

Bytes joined(const std::vector<crypto::Digest>& hashes) {
  Bytes out;
  for (const auto& h : hashes) put_bytes(out, h);
  return out;
}

// 0 is "none": NULL takes no room, neither in the row nor in an index of what is there.
store::Value party(Code c) { return c == 0 ? store::Value{} : store::Value{c}; }

}  // namespace

Status PostgresCdrs::changed() { return db_.exec("UPDATE cdr_generation SET n = n + 1"); }

// The month's tables, not yet attached: nobody waits for the load.
Result<std::int64_t> PostgresCdrs::add_month(const MonthState& s) {
  WRIT_TRY(put,
           db_.prepare("INSERT INTO cdr_month(label, size, texts, peaks, first_ms, last_ms, sealed, dropped) "
                       "VALUES(?, 0, 0, ?, 0, 0, 0, 0) RETURNING id"));
  WRIT_TRY(there, put.bind(1, s.label).bind_blob(2, {}).step());
  if (!there) return fail(Exit::failure, fmt::format("{}: the month could not be added", s.label));
  const auto id = put.integer(0);
  for (const char* t : {"row", "text", "node", "key"})
    WRIT_CHECK(db_.exec(
        fmt::format("CREATE TABLE cdr_{0}_{1}(LIKE cdr_{0}, CONSTRAINT cdr_{0}_{1}_month CHECK (month "
                    "= {1}))",
                    t, id)));
  WRIT_TRY(key, db_.prepare(fmt::format("INSERT INTO cdr_key_{} VALUES(?, ?)", id)));
  WRIT_CHECK(key.bind(1, id).bind_blob(2, s.sealed_key).run());
  return id;
}

// The check lets ATTACH believe the rows without reading them; then it has done its work.
Status PostgresCdrs::index_and_attach(std::int64_t id) {
  std::string sql = fmt::format(
      "ALTER TABLE cdr_row_{0} ADD PRIMARY KEY (seq);"
      "CREATE INDEX ON cdr_row_{0}(identity);"
      "CREATE INDEX ON cdr_row_{0}(caller, start_ms) WHERE caller IS NOT NULL;"
      "CREATE INDEX ON cdr_row_{0}(called, start_ms) WHERE called IS NOT NULL;"
      "CREATE INDEX ON cdr_row_{0}(redirecting, start_ms) WHERE redirecting IS NOT NULL;"
      "CREATE INDEX ON cdr_row_{0}(caller_extension, start_ms) WHERE caller_extension IS NOT NULL;"
      "CREATE INDEX ON cdr_row_{0}(called_extension, start_ms) WHERE called_extension IS NOT NULL;"
      "CREATE INDEX ON cdr_row_{0}(account, start_ms);"
      "ALTER TABLE cdr_text_{0} ADD PRIMARY KEY (id);"
      "ALTER TABLE cdr_node_{0} ADD PRIMARY KEY (level, place);",
      id);
  for (const char* t : {"row", "text", "node", "key"})
    sql += fmt::format(
        "ALTER TABLE cdr_{0} ATTACH PARTITION cdr_{0}_{1} FOR VALUES IN ({1});"
        "ALTER TABLE cdr_{0}_{1} DROP CONSTRAINT cdr_{0}_{1}_month;",
        t, id);
  WRIT_CHECK(db_.exec(sql));
  return db_.exec(fmt::format("ANALYZE cdr_row_{}", id));
}

Status PostgresCdrs::load_rows(const std::vector<CdrRow>& rows, std::int64_t id) {
  constexpr std::string_view columns[] = {"seq",         "start_ms",         "caller",           "called",
                                          "redirecting", "caller_extension", "called_extension", "month",
                                          "account",     "identity",         "leaf_check",       "body"};
  auto at = rows.begin();
  const auto loaded =
      db_.copy_in(fmt::format("cdr_row_{}", id), columns, [&](std::span<store::Value> v) -> Result<bool> {
        if (at == rows.end()) return false;
        const CdrRow& r = *at++;
        v[0] = store::sql_number(r.seq);
        v[1] = r.start_ms;
        const Code parties[] = {r.caller, r.called, r.redirecting, r.caller_extension, r.called_extension};
        for (std::size_t i = 0; i < std::size(parties); ++i) v[2 + i] = party(parties[i]);
        v[7] = narrow(id);
        v[8] = store::Int32{r.account};
        v[9] = store::Int32{r.identity};
        v[10] = store::Int32{static_cast<std::int32_t>(r.check)};
        v[11] = View(r.body);
        return true;
      });
  if (!loaded) return tl::unexpected(loaded.error());
  return {};
}

Status PostgresCdrs::append(const AppendPlan::Part& part, std::int64_t id) {
  WRIT_CHECK(load_rows(part.rows, id));
  std::uint64_t text = 0;
  constexpr std::string_view text_columns[] = {"month", "id", "value"};
  WRIT_TRY(texts, db_.copy_in(fmt::format("cdr_text_{}", id), text_columns,
                              [&](std::span<store::Value> v) -> Result<bool> {
                                if (text == part.texts.size()) return false;
                                v[0] = narrow(id);
                                v[1] = store::sql_number(part.texts_before + text);
                                v[2] = view_of(part.texts[text++]);
                                return true;
                              }));
  auto node = part.nodes.begin();
  constexpr std::string_view node_columns[] = {"month", "level", "place", "hash"};
  WRIT_TRY(nodes, db_.copy_in(fmt::format("cdr_node_{}", id), node_columns,
                              [&](std::span<store::Value> v) -> Result<bool> {
                                if (node == part.nodes.end()) return false;
                                v[0] = narrow(id);
                                v[1] = narrow(node->level);
                                v[2] = store::sql_number(node->index);
                                v[3] = View(node->hash);
                                ++node;
                                return true;
                              }));
  static_cast<void>(texts);
  static_cast<void>(nodes);
  return keep_state(part.after, id, part.size_before);
}

Status PostgresCdrs::keep_state(const MonthState& s, std::int64_t id, std::uint64_t size_before) {
  WRIT_TRY(put, db_.prepare("UPDATE cdr_month SET size = ?, texts = ?, peaks = ?, first_ms = ?, last_ms = ?, "
                            "sealed = ?, dropped = ? WHERE id = ? AND size = ? AND dropped = 0"));
  put.bind(1, store::sql_number(s.size)).bind(2, store::sql_number(s.texts)).bind_blob(3, joined(s.peaks));
  put.bind(4, s.first_ms).bind(5, s.last_ms).bind(6, s.sealed ? 1 : 0).bind(7, s.dropped ? 1 : 0);
  put.bind(8, id).bind(9, store::sql_number(size_before));
  WRIT_CHECK(put.run());
  if (db_.changes() != 1)
    return fail(Exit::integrity, fmt::format("{}: the month is not what this change was made for", s.label),
                {}, {}, "repeat the command");
  return {};
}

Status PostgresCdrs::commit(const AppendPlan& plan) {
  WRIT_TRY(tx, store::Transaction::begin(db_));
  std::map<std::string, std::int64_t> added;
  for (const auto& part : plan.parts) {
    if (part.size_before == 0 && part.texts_before == 0) {
      WRIT_TRY(id, add_month(part.after));
      WRIT_CHECK(append(part, id));
      WRIT_CHECK(index_and_attach(id));
      added[part.after.label] = id;
    } else {
      WRIT_TRY(id, id_of(part.after.label));
      WRIT_CHECK(append(part, id));
    }
  }
  WRIT_TRY(put, db_.prepare("INSERT INTO cdr_receipt VALUES(?, ?)"));
  WRIT_CHECK(put.bind_blob(1, view_of(plan.key)).bind_blob(2, view_of(plan.receipt)).run());
  WRIT_CHECK(changed());
  WRIT_CHECK(tx.commit());
  ids_.merge(added);
  return {};
}

// The indexes grew with the month and are a third air; they are built again, dense.
Status PostgresCdrs::seal(const MonthState& after) {
  WRIT_TRY(id, id_of(after.label));
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_CHECK(db_.exec(fmt::format("REINDEX TABLE cdr_row_{0}; ANALYZE cdr_row_{0}", id)));
  WRIT_CHECK(keep_state(after, id, after.size));
  WRIT_CHECK(changed());
  return tx.commit();
}

Status PostgresCdrs::drop(const DropPlan& plan) {
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_TRY(hold, db_.prepare("INSERT INTO cdr_held(label, seq, start_ms, proof) VALUES(?, ?, ?, ?)"));
  for (const HeldRow& h : plan.hold)
    WRIT_CHECK(
        hold.bind(1, h.label).bind(2, store::sql_number(h.seq)).bind(3, h.start_ms).bind(4, h.proof).run());
  WRIT_TRY(release, db_.prepare("DELETE FROM cdr_held WHERE label = ? AND seq = ?"));
  for (const auto& [label, seq] : plan.release)
    WRIT_CHECK(release.bind(1, label).bind(2, store::sql_number(seq)).run());
  for (const MonthState& s : plan.months) {
    WRIT_TRY(id, id_of(s.label));
    WRIT_CHECK(keep_state(s, id, s.size));
    for (const char* t : {"row", "text", "node", "key"})
      WRIT_CHECK(db_.exec(fmt::format("DROP TABLE cdr_{}_{}", t, id)));
  }
  WRIT_CHECK(changed());
  WRIT_CHECK(tx.commit());
  // A deleted row's bytes stay in the table until it is written anew.
  return plan.release.empty() ? Status{} : db_.exec("VACUUM FULL cdr_held");
}

}  // namespace writ::records
