// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/fact_writer.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::records {
namespace {

// A nonce makes each sealing another text: what is open is compared, and only then sealed.
Status seal_payment(const crypto::Secret32& fields, FactRow& row, const std::optional<FactVersion>& old) {
  Json& b = row.fact.body;
  Json open{{"number", b.at("number")}, {"holder", b.at("holder")}};
  const bool sealed_already = b.at("sealed") != "";
  if (sealed_already && (b.at("number") != "" || b.at("holder") != ""))
    return fail(Exit::usage, "a means of payment both sealed and open", {}, {}, "give number and holder");
  b.erase("number");
  b.erase("holder");
  if (sealed_already) return open_sealed(fields, row.fact).map([](const Json&) {});
  if (old) {
    WRIT_TRY(before, open_sealed(fields, old->fact));
    if (before == open) {
      b["sealed"] = old->fact.body.at("sealed");
      return {};
    }
  }
  const std::string plain = canonical(open);
  b["sealed"] = crypto::base64(crypto::encrypt(fields, view_of(plain), view_of(row.fact.account)));
  return {};
}

void add_unique(std::vector<std::string>& list, const std::string& value) {
  if (!value.empty() && std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

// The extensions that rang in the room until `at`, and the numbers that reach them.
Status add_room(store::Database& db, HoldingEnded& e) {
  const Window until{e.at - Nanos{1}, e.at + Nanos{1}, {}};
  WRIT_TRY(extensions, Select().kind(FactKind::extension).account(e.account).place(e.room).within(db, until));
  for (const FactVersion& x : extensions) {
    add_unique(e.extensions, x.fact.key);
    WRIT_TRY(numbers, Select().kind(FactKind::number).account(e.account).place(x.fact.key).within(db, until));
    for (const FactVersion& n : numbers) add_unique(e.numbers, n.fact.key);
  }
  return {};
}

// Whether what the old version held at `at`, for whom and where, the new one still does. The name of a stay
// may be corrected; another tenant of a number is another holder.
bool still_holds(const Fact& old, const Fact& now, Instant at) {
  if (!holds_at(now, at)) return false;
  for (const char* key : {"room", "extension", "last", "tenant"})
    if (old.body.value(key, "") != now.body.value(key, "")) return false;
  return true;
}

bool is_holding(FactKind k) {
  return k == FactKind::stay || k == FactKind::number || k == FactKind::block || k == FactKind::extension ||
         k == FactKind::uri;
}

}  // namespace

Result<Json> open_sealed(const crypto::Secret32& fields, const Fact& payment) {
  WRIT_TRY(sealed, field<std::string>(payment.body, "sealed", "a means of payment"));
  WRIT_TRY(bytes, crypto::unbase64(sealed));
  WRIT_TRY(plain, crypto::decrypt(fields, bytes, view_of(payment.account)));
  return parse_json(plain, "a means of payment");
}

Result<HoldingEnded> ending_of(store::Database& db, const Fact& f, HoldingEnded::Why why, Instant at) {
  HoldingEnded e;
  e.why = why, e.account = f.account, e.at = at;
  switch (f.kind) {
    case FactKind::stay:
      e.reservation = f.key;
      e.room = f.body.value("room", "");
      WRIT_CHECK(add_room(db, e));
      break;
    case FactKind::block:
      for (auto n = number_value(f.key); n <= number_value(f.body.value("last", "")); ++n)
        e.numbers.push_back(number_text(n));
      break;
    case FactKind::extension: {
      e.extensions.push_back(f.key);
      WRIT_TRY(numbers, Select()
                            .kind(FactKind::number)
                            .account(f.account)
                            .place(f.key)
                            .within(db, {at - Nanos{1}, at + Nanos{1}, {}}));
      for (const FactVersion& n : numbers) add_unique(e.numbers, n.fact.key);
      break;
    }
    case FactKind::uri:
      e.uris.push_back(f.key);
      break;
    default:
      e.numbers.push_back(f.key);
  }
  return e;
}

Result<FactWriter> FactWriter::make(store::Database& db, const crypto::Secret32& fields, std::string source,
                                    Instant known_at) {
  WRIT_TRY(end, db.prepare("UPDATE fact SET known_until = ?2 WHERE id = ?1"));
  WRIT_TRY(add, db.prepare("INSERT INTO fact (kind, account, key, body, valid_from, valid_until, known_from, "
                           "source, name, place, lo, hi) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"));
  return FactWriter(db, fields, std::move(source), known_at, std::move(end), std::move(add));
}

Result<std::optional<FactVersion>> FactWriter::current(const Fact& f) const {
  WRIT_TRY(found, Select().kind(f.kind).account(f.account).key(f.key).from_is(f.valid.from).current(*db_));
  if (found.empty()) return std::optional<FactVersion>();
  return std::optional<FactVersion>(std::move(found.front()));
}

Status FactWriter::add(const FactRow& row) {
  const Fact& f = row.fact;
  add_.bind(1, to_string(f.kind)).bind(2, f.account).bind(3, f.key).bind(4, canonical(f.body));
  add_.bind(5, to_ns(f.valid.from)).bind(7, to_ns(known_at_)).bind(8, source_);
  f.valid.until ? add_.bind(6, to_ns(*f.valid.until)) : add_.bind_null(6);
  add_.bind(9, row.name).bind(10, row.place);
  row.lo ? add_.bind(11, *row.lo) : add_.bind_null(11);
  row.hi ? add_.bind(12, *row.hi) : add_.bind_null(12);
  return add_.run();
}

Result<Catalogue::Put> FactWriter::put(const Fact& f) {
  WRIT_TRY(row, canonical_fact(f));
  WRIT_TRY(old, current(row.fact));
  if (f.kind == FactKind::payment) WRIT_CHECK(seal_payment(*fields_, row, old));
  if (old && old->fact.body == row.fact.body && old->fact.valid.until == row.fact.valid.until)
    return Catalogue::Put::unchanged;
  if (old) {
    if (old->known_from > known_at_)
      return fail(Exit::refused, "records were imported at a later time than the clock shows now",
                  "a clock set back stops activity (I3)", "the right time",
                  "correct the clock of this machine and import again");
    WRIT_CHECK(end_.bind(1, old->id).bind(2, to_ns(known_at_)).run());
  }
  WRIT_CHECK(add(row));
  WRIT_CHECK(note_end(old, row.fact));
  return old ? Catalogue::Put::changed : Catalogue::Put::added;
}

Status FactWriter::note_end(const std::optional<FactVersion>& old, const Fact& now) {
  using Why = HoldingEnded::Why;
  if (now.kind == FactKind::port) {
    if (withdrawn(now) || now.body.at("direction") != "out" || now.valid.from > known_at_) return {};
    WRIT_TRY(e, ending_of(*db_, now, Why::port_out, now.valid.from));
    ended_.push_back(std::move(e));
    return {};
  }
  if (!old || !is_holding(now.kind) || !holds_at(old->fact, known_at_)) return {};
  if (still_holds(old->fact, now, known_at_)) return {};
  Why why = now.kind == FactKind::stay ? Why::check_out : Why::withdrawn;
  const Instant at = std::min(now.valid.until.value_or(known_at_), known_at_);
  if (withdrawn(now)) {
    why = Why::withdrawn;
  } else if (now.kind == FactKind::stay && now.body.at("room") != old->fact.body.at("room")) {
    why = Why::room_move;
  }
  WRIT_TRY(e, ending_of(*db_, old->fact, why, at));
  ended_.push_back(std::move(e));
  return {};
}

}  // namespace writ::records
