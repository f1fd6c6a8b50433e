// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/grant_stays.hh"

#include <fmt/format.h>

#include <algorithm>

#include "records/catalogue.hh"

namespace writ::desk {
namespace {

using records::FactKind;
using records::HoldingEnded;

// grant_outlet: where `arm` put a grant, so that the list which stops it can follow it there; `told` when the
// list with its revocation is there. suspension: why the desk stopped a grant; `noted` once the log has it.
constexpr std::string_view schema[] = {R"sql(
  CREATE TABLE grant_stay(
    grant_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, account TEXT NOT NULL, reservation TEXT NOT NULL,
    room TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY(grant_id, kind, value, account, reservation, room)) STRICT;
  CREATE TABLE grant_outlet(
    grant_id TEXT NOT NULL, dir TEXT NOT NULL, until TEXT NOT NULL, told INTEGER NOT NULL, PRIMARY KEY(grant_id, dir)) STRICT;
  CREATE TABLE suspension(
    grant_id TEXT PRIMARY KEY, matter TEXT NOT NULL, at TEXT NOT NULL, detail TEXT NOT NULL, noted INTEGER NOT NULL) STRICT;
)sql"};

const char* kind_of(authority::Target::Type t) {
  switch (t) {
    case authority::Target::Type::e164:
      return "number";
    case authority::Target::Type::extension:
      return "extension";
    case authority::Target::Type::uri:
      return "uri";
  }
  return "uri";
}

bool is_live(const records::FactVersion& v, Instant now) {
  const records::Period& p = v.fact.valid;
  return !p.until || (*p.until > now && *p.until > p.from);
}

// The room of a tenant's stay, as the records have it now; a reservation may hold several.
Result<std::vector<std::string>> rooms_of(const records::Catalogue& catalogue, const std::string& account,
                                          const std::string& reservation, Instant now) {
  WRIT_TRY(versions, catalogue.facts(FactKind::stay, account, reservation, {}));
  std::vector<std::string> rooms;
  for (const records::FactVersion& v : versions)
    if (is_live(v, now)) rooms.push_back(v.fact.body.value("room", ""));
  std::sort(rooms.begin(), rooms.end());
  rooms.erase(std::unique(rooms.begin(), rooms.end()), rooms.end());
  return rooms;
}

tl::unexpected<Error> tenant_left(const authority::Target& t, const records::Holder& h) {
  return fail(
      Exit::refused,
      fmt::format("{}: the tenant who held it when the order begins left {}", authority::target_text(t),
                  rfc3339_seconds(*h.until)),
      "the next guest is never recorded under an order about the one before (18 USC 2518(4)(a), (b))",
      "an order whose period begins after the present tenant's arrival, or one that names a target of "
      "the tenant who left",
      "counsel asks the agency; intake files the corrected order");
}

Result<std::vector<Bond>> bonds_of_target(const records::Catalogue& catalogue, const authority::Target& t,
                                          Instant start, Instant until, Instant now) {
  const std::string kind = kind_of(t.type);
  WRIT_TRY(holders,
           catalogue.who_holds(kind, t.value, t.property, {std::min(start, now), until, std::nullopt}));
  const auto stays_on = [&](const records::Holder& h) { return !h.until || *h.until > now; };
  std::vector<Bond> out;
  for (const records::Holder& h : holders) {
    if (!stays_on(h) || h.reservation.empty()) continue;
    WRIT_TRY(rooms, rooms_of(catalogue, h.account, h.reservation, now));
    if (rooms.empty()) rooms.emplace_back();
    // One of several rooms: which of them rings on this target is not said here, so each counts as its end.
    for (std::string& room : rooms) out.push_back({kind, t.value, h.account, h.reservation, std::move(room)});
  }
  for (const records::Holder& h : holders)
    if (!stays_on(h) && !h.reservation.empty() && std::none_of(out.begin(), out.end(), [&](const Bond& b) {
          return b.account == h.account && b.reservation == h.reservation;
        }))
      return tenant_left(t, h);
  if (!out.empty()) return out;
  const auto present = std::find_if(holders.begin(), holders.end(), stays_on);
  const std::string account = present != holders.end() ? present->account : t.property;
  return std::vector{Bond{kind, t.value, account, {}, {}}};
}

bool has(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Bond read_bond(const store::Statement& row, int column) {
  return {row.text(column), row.text(column + 1), row.text(column + 2), row.text(column + 3),
          row.text(column + 4)};
}

Result<bool> ported_away(const records::Catalogue& catalogue, const std::string& number, Instant now) {
  WRIT_TRY(versions, catalogue.facts(FactKind::port, {}, number, {}));
  std::optional<Instant> newest;
  bool away = false;
  for (const records::FactVersion& v : versions) {
    if (v.fact.valid.from > now || (newest && v.fact.valid.from < *newest)) continue;
    newest = v.fact.valid.from;
    away = v.fact.body.value("direction", "") == "out";
  }
  return away;
}

// Terminated: what it held is nobody's any more, whatever the rows of its numbers say.
Result<bool> is_account_over(const records::Catalogue& catalogue, const std::string& account, Instant now) {
  WRIT_TRY(versions, catalogue.facts(FactKind::account, account, {}, {}));
  return !versions.empty() &&
         std::none_of(versions.begin(), versions.end(), [&](const auto& v) { return is_live(v, now); });
}

}  // namespace

Json to_json(const Bond& b) {
  return Json{{"kind", b.kind},
              {"value", b.value},
              {"account", b.account},
              {"reservation", b.reservation},
              {"room", b.room}};
}

Result<std::vector<Bond>> bonds_of(const records::Catalogue& catalogue,
                                   const std::vector<authority::Target>& targets, Instant start,
                                   Instant until, Instant now) {
  std::vector<Bond> out;
  for (const authority::Target& t : targets) {
    WRIT_TRY(some, bonds_of_target(catalogue, t, start, until, now));
    out.insert(out.end(), some.begin(), some.end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Status check_same_tenants(const std::vector<Bond>& before, const std::vector<Bond>& now) {
  for (const Bond& b : now) {
    bool had_tenant = false, same = false;
    for (const Bond& old : before) {
      if (old.kind != b.kind || old.value != b.value || old.account != b.account) continue;
      had_tenant = had_tenant || !old.reservation.empty();
      same = same || old.reservation == b.reservation;
    }
    if (had_tenant && !same)
      return fail(
          Exit::refused, fmt::format("{}: the tenant of the order before is not there any more", b.value),
          "a renewal goes on with the interception that was ordered; the next guest is never recorded",
          "an order of its own about who is there now, or about the tenant's new place",
          "counsel asks the agency; intake files the new order");
  }
  return {};
}

bool ends(const HoldingEnded& e, const Bond& b) {
  const bool is_number = b.kind == "number" && has(e.numbers, b.value);
  if (e.why == HoldingEnded::Why::port_out) return is_number;
  if (b.account != e.account) return is_number && b.account.empty();
  if (!b.reservation.empty() && !e.reservation.empty()) {
    if (b.reservation != e.reservation) return false;
    // Of several rooms under one reservation the one that was left counts; a check-out leaves them all.
    return e.why == HoldingEnded::Why::check_out || b.room.empty() || e.room.empty() || b.room == e.room;
  }
  if (!b.reservation.empty() && !b.room.empty() && b.room == e.room) return true;
  return is_number || (b.kind == "extension" && has(e.extensions, b.value));
}

Result<std::optional<HoldingEnded>> ended_by_records(const records::Catalogue& catalogue, const Bond& b,
                                                     Instant now) {
  using Why = HoldingEnded::Why;
  const auto ended = [&](Why why) {
    HoldingEnded e;
    e.why = why;
    e.account = b.account;
    e.reservation = b.reservation;
    e.room = b.room;
    if (b.kind == "extension") e.extensions = {b.value};
    if (b.kind == "number") e.numbers = {b.value};
    e.at = now;
    return std::optional{std::move(e)};
  };
  if (b.kind == "number") {
    WRIT_TRY(away, ported_away(catalogue, b.value, now));
    if (away) return ended(Why::port_out);
  }
  if (b.account.empty()) return std::optional<HoldingEnded>{};
  WRIT_TRY(over, is_account_over(catalogue, b.account, now));
  if (over) return ended(Why::withdrawn);
  // A hotel's clock may be ahead of ours: who arrives within the hour counts as there.
  WRIT_TRY(holders,
           catalogue.who_holds(b.kind, b.value, b.account, {now, now + std::chrono::hours{1}, std::nullopt}));
  if (b.reservation.empty()) return holders.empty() ? ended(Why::withdrawn) : std::optional<HoldingEnded>{};
  if (std::any_of(holders.begin(), holders.end(),
                  [&](const records::Holder& h) { return h.reservation == b.reservation; }))
    return std::optional<HoldingEnded>{};
  WRIT_TRY(rooms, rooms_of(catalogue, b.account, b.reservation, now));
  return ended(rooms.empty() ? Why::check_out : Why::room_move);
}

Status migrate_grant_stays(store::Database& db) { return db.migrate("suspension", schema); }

Status put_bonds(store::Database& db, const std::string& grant, const std::vector<Bond>& bonds,
                 Instant until) {
  WRIT_TRY(put, db.prepare("INSERT INTO grant_stay(grant_id, kind, value, account, reservation, room, until) "
                           "VALUES(?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"));
  for (const Bond& b : bonds)
    WRIT_CHECK(put.bind(1, grant)
                   .bind(2, b.kind)
                   .bind(3, b.value)
                   .bind(4, b.account)
                   .bind(5, b.reservation)
                   .bind(6, b.room)
                   .bind(7, rfc3339(until))
                   .run());
  return {};
}

Result<std::vector<BoundGrant>> bonds_in_force(store::Database& db, Instant now) {
  WRIT_TRY(ask, db.prepare("SELECT s.grant_id, g.matter, s.kind, s.value, s.account, s.reservation, s.room "
                           "FROM grant_stay s JOIN grants g ON g.id = s.grant_id "
                           "WHERE s.until > ? AND s.grant_id NOT IN (SELECT grant_id FROM revocations) "
                           "ORDER BY s.grant_id"));
  ask.bind(1, rfc3339(now));
  std::vector<BoundGrant> out;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.push_back({ask.text(0), ask.text(1), read_bond(ask, 2)});
  }
}

Result<std::vector<Bond>> bonds_of_grant(store::Database& db, const std::string& grant) {
  WRIT_TRY(ask, db.prepare("SELECT kind, value, account, reservation, room FROM grant_stay WHERE grant_id=? "
                           "ORDER BY kind, value, account, reservation, room"));
  ask.bind(1, grant);
  std::vector<Bond> out;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.push_back(read_bond(ask, 0));
  }
}

}  // namespace writ::desk
