// SPDX-License-Identifier: GPL-3.0-or-later
// What an administrator with the storage in his hands could do to a book, for tests.
#pragma once
#include "records/cdr_book.hh"
#include "records/cdr_test_data.hh"
#include "store/database.hh"

namespace writ::records::testing {

// body, caller: one bit of the row; swap: the row and the next change places; node: the first stored tree
// node; held: the first held row.
enum class Tamper { body, caller, remove, swap, node, held };

inline Status tamper_embedded(const fs::path& dir, Tamper what, const std::string& month, std::uint64_t seq) {
  WRIT_TRY(db,
           store::Database::open(what == Tamper::held ? dir / "book.db" : dir / ("month-" + month + ".db")));
  const auto sql = [&](const char* text) {
    return db.exec(fmt::format(fmt::runtime(text), fmt::arg("n", seq)));
  };
  switch (what) {
    case Tamper::body: {
      WRIT_TRY(get, db.prepare("SELECT body FROM cdr WHERE seq=?"));
      WRIT_CHECK(get.bind(1, static_cast<std::int64_t>(seq)).step());
      Bytes body = get.blob(0);
      get.reset();
      body[body.size() / 2] ^= 1;
      WRIT_TRY(put, db.prepare("UPDATE cdr SET body=? WHERE seq=?"));
      return put.bind_blob(1, body).bind(2, static_cast<std::int64_t>(seq)).run();
    }
    case Tamper::caller:
      return sql("UPDATE cdr SET caller=14045550142 WHERE seq={n}");
    case Tamper::remove:
      return sql("DELETE FROM cdr WHERE seq={n}");
    case Tamper::swap:
      return sql(
          "UPDATE cdr SET seq=-9 WHERE seq={n}; UPDATE cdr SET seq={n} WHERE seq={n}+1;"
          "UPDATE cdr SET seq={n}+1 WHERE seq=-9");
    case Tamper::node:
      return sql("UPDATE node SET hash=zeroblob(32) WHERE id=(SELECT min(id) FROM node)");
    case Tamper::held:
      return sql("UPDATE held SET proof=replace(proof, '\"duration_ms\":', '\"duration_ms\":1')");
  }
  return {};
}

// The tables of cdr_postgres.cc.
inline Status tamper_postgres(const std::string& conninfo, Tamper what, const std::string& month,
                              std::uint64_t seq) {
  WRIT_TRY(db, store::Database::connect(conninfo));
  const auto sql = [&](const char* text) {
    return db.exec(
        fmt::format(fmt::runtime(text), fmt::arg("n", seq),
                    fmt::arg("m", "month=(SELECT id FROM cdr_month WHERE label='" + month + "')")));
  };
  switch (what) {
    case Tamper::body:
      return sql(
          "UPDATE cdr_row SET body=set_bit(body, (length(body)/2)*8, 1-get_bit(body, (length(body)/2)*8))"
          " WHERE {m} AND seq={n}");
    case Tamper::caller:
      return sql("UPDATE cdr_row SET caller=14045550142 WHERE {m} AND seq={n}");
    case Tamper::remove:
      return sql("DELETE FROM cdr_row WHERE {m} AND seq={n}");
    case Tamper::swap:
      return sql(
          "UPDATE cdr_row SET seq=-9 WHERE {m} AND seq={n}; UPDATE cdr_row SET seq={n} WHERE {m} AND "
          "seq={n}+1;"
          "UPDATE cdr_row SET seq={n}+1 WHERE {m} AND seq=-9");
    case Tamper::node:
      return sql(
          "UPDATE cdr_node SET hash=decode(repeat('00', 32), 'hex') WHERE {m} AND level=4 AND place=0");
    case Tamper::held:
      return sql("UPDATE cdr_held SET proof=replace(proof, '\"duration_ms\":', '\"duration_ms\":1')");
  }
  return {};
}

}  // namespace writ::records::testing
