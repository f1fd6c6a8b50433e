// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/suspension.hh"

#include <fmt/format.h>

#include <set>

#include "desk/grant_stays.hh"

namespace writ::desk {
namespace {

using process::State;
using process::Step;
using records::HoldingEnded;

constexpr const char* by_desk = "desk";

Json detail_of(const BoundGrant& g, const HoldingEnded& e, const std::string& reason) {
  return Json{{"grant", g.grant}, {"reason", reason}, {"bond", to_json(g.bond)}, {"ended", to_json(e)}};
}

// The order that this grant executes, when it is the newest of its matter and not over yet: it ends with it.
// An older order's end changes no state, as an extension of it may run. Read without the orders' texts: an
// edited one may not stand in the way of a stop, nor thousands of them.
Result<std::optional<Order>> order_to_end(const Carrier& c, const BoundGrant& g) {
  WRIT_TRY(ask,
           c.db().prepare(
               "SELECT o.number, o.state FROM orders o JOIN grants g ON g.matter = o.matter AND "
               "g.number = o.number WHERE g.id = ? AND NOT EXISTS (SELECT 1 FROM orders n WHERE "
               "n.matter = o.matter AND n.number > o.number AND n.state NOT IN ('returned','rejected'))"));
  WRIT_TRY(found, ask.bind(1, g.grant).step());
  if (!found) return std::optional<Order>{};
  WRIT_TRY(state, process::parse_state(ask.text(1)));
  if (state != State::legally_authorised && state != State::carrier_authorised && state != State::armed)
    return std::optional<Order>{};
  Order o;
  o.matter = g.matter;
  o.number = ask.integer(0);
  o.state = state;
  return std::optional{std::move(o)};
}

// By another process that looks at the same ends: there is nothing left to do.
bool is_revoked(const Carrier& c, const std::string& grant) {
  auto ask = c.db().prepare("SELECT 1 FROM revocations WHERE grant_id=?");
  return ask && ask->bind(1, grant).step().value_or(false);
}

}  // namespace

Json to_json(const Suspended& s) {
  return Json{{"matter", s.matter}, {"grant", s.grant}, {"reason", s.reason}, {"at", rfc3339(s.at)}};
}

Status to_status(const SuspensionReport& r) {
  if (r.done()) return {};
  std::string what;
  for (const Undelivered& u : r.undelivered)
    what += fmt::format("{}the revocation list could not be written to {}: {}", what.empty() ? "" : "; ",
                        u.dir.string(), u.why.what);
  for (const Error& e : r.troubles) what += (what.empty() ? "" : "; ") + e.what;
  return fail(Exit::unit, "a suspension is not finished: " + what,
              "the end of a stay ends the grants on it; stop wins over start",
              "the directory, log or store named above, writable",
              "mend it: the desk tries again by itself. Until then stop the probe that reads that directory");
}

Status Suspension::revoke(const BoundGrant& g, const authority::Revocation& what, const Json& detail,
                          bool noted) {
  Orders orders{*c_};
  const auto put = [&](const std::optional<Order>& o) -> Status {
    WRIT_TRY(tx, store::Transaction::begin(c_->db()));
    WRIT_CHECK(orders.put_revocation(what));
    WRIT_TRY(why, c_->db().prepare("INSERT INTO suspension(grant_id, matter, at, detail, noted) "
                                   "VALUES(?,?,?,?,?) ON CONFLICT(grant_id) DO NOTHING"));
    WRIT_CHECK(why.bind(1, g.grant)
                   .bind(2, g.matter)
                   .bind(3, rfc3339(what.at))
                   .bind(4, canonical(detail))
                   .bind(5, noted ? 1 : 0)
                   .run());
    if (o) WRIT_CHECK(orders.put_step(*o, State::ended, Step::stop, by_desk, what.at));
    return tx.commit();
  };
  const auto o = order_to_end(*c_, g);
  if (o && *o && put(*o)) return {};
  return put(std::nullopt);  // the state of an order is never worth a stop
}

void Suspension::stop(const BoundGrant& g, const HoldingEnded& e, SuspensionReport& r) {
  if (is_revoked(*c_, g.grant)) return;
  Suspended s{g.matter, g.grant, fmt::format("suspended: {}", to_string(e.why)), c_->now()};
  const Json detail = detail_of(g, e, s.reason);
  bool noted = noted_.contains(g.grant);
  if (!noted) {
    if (auto entry = c_->note(by_desk, "grant.suspend", g.matter, detail); entry) {
      noted = noted_.insert(g.grant).second;
    } else {
      Error loud = std::move(entry).error();
      loud.what =
          fmt::format("grant {} of {} is stopped, but {}", g.grant.substr(0, 16), g.matter, loud.what);
      r.troubles.push_back(std::move(loud));
    }
  }
  authority::Revocation what;
  const auto id = crypto::unhex(g.grant);
  if (!id || id->size() != what.grant.size()) {
    r.troubles.push_back(
        {Exit::integrity, fmt::format("the stored id of a grant of {} was altered", g.matter), {}, {}, {}});
    return;
  }
  std::copy(id->begin(), id->end(), what.grant.begin());
  what.at = s.at;
  what.user = by_desk;
  what.reason = s.reason;
  if (const Status put = revoke(g, what, detail, noted); !put) {
    if (is_revoked(*c_, g.grant)) return;
    Error loud = put.error();
    loud.what = fmt::format("the store did not take the revocation of {}: {}", g.matter, loud.what);
    r.troubles.push_back(std::move(loud));
    // It goes out without the store; the records' own state brings it into the store later.
    const auto dirs = outlets_of(*c_, g.grant);
    for (const fs::path& dir : dirs.value_or(std::vector<fs::path>{}))
      if (auto written = write_revocations(*c_, dir, {what}); !written)
        r.undelivered.push_back({dir, std::move(written).error()});
  }
  r.stopped.push_back(std::move(s));
}

void Suspension::deliver(SuspensionReport& r) {
  auto left = deliver_revocations(*c_);
  if (!left) {
    r.troubles.push_back(std::move(left).error());
    return;
  }
  for (Undelivered& u : *left) r.undelivered.push_back(std::move(u));
}

SuspensionReport Suspension::apply(const std::vector<HoldingEnded>& ended) {
  SuspensionReport r;
  if (ended.empty()) return r;
  const auto bonds = bonds_in_force(c_->db(), c_->now());
  if (!bonds) {
    r.troubles.push_back(bonds.error());
    return r;
  }
  std::set<std::string> stopped;
  for (const HoldingEnded& e : ended)
    for (const BoundGrant& g : *bonds)
      if (ends(e, g.bond) && stopped.insert(g.grant).second) stop(g, e, r);
  if (!r.stopped.empty()) deliver(r);
  return r;
}

Status Suspension::note_late() {
  WRIT_TRY(ask, c_->db().prepare("SELECT grant_id, matter, at, detail FROM suspension WHERE noted=0"));
  struct Late {
    std::string grant, matter, at, detail;
  };
  std::vector<Late> late;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    late.push_back({ask.text(0), ask.text(1), ask.text(2), ask.text(3)});
  }
  for (const Late& l : late) {
    WRIT_TRY(detail, parse_json(view_of(l.detail), "stored suspension"));
    detail["suspended_at"] = l.at;
    detail["late"] = true;
    WRIT_CHECK(c_->note(by_desk, "grant.suspend", l.matter, std::move(detail)));
    WRIT_TRY(done, c_->db().prepare("UPDATE suspension SET noted=1 WHERE grant_id=?"));
    WRIT_CHECK(done.bind(1, l.grant).run());
  }
  return {};
}

SuspensionReport Suspension::catch_up(const records::Catalogue& catalogue) {
  SuspensionReport r;
  const Instant now = c_->now();
  const auto bonds = bonds_in_force(c_->db(), now);
  if (!bonds) r.troubles.push_back(bonds.error());
  std::set<std::string> stopped;
  for (const BoundGrant& g : bonds.value_or(std::vector<BoundGrant>{})) {
    if (stopped.contains(g.grant)) continue;
    const auto ended = ended_by_records(catalogue, g.bond, now);
    if (!ended)
      r.troubles.push_back(ended.error());
    else if (*ended && stopped.insert(g.grant).second)
      stop(g, **ended, r);
  }
  if (const Status late = note_late(); !late) r.troubles.push_back(late.error());
  deliver(r);
  return r;
}

}  // namespace writ::desk
