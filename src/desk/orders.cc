// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/orders.hh"

#include <fmt/format.h>

namespace writ::desk {
namespace {

using process::Step;

constexpr Step all_steps[] = {
    Step::file,   Step::authorise_legal, Step::authorise_carrier, Step::arm,     Step::extend, Step::stop,
    Step::revoke, Step::certify,         Step::produce,           Step::invoice, Step::close};

std::optional<Step> step_of(const std::string& text) {
  for (const Step s : all_steps)
    if (text == process::to_string(s)) return s;
  return std::nullopt;
}

Result<crypto::Digest> digest_of(const std::string& hex_text) {
  const auto b = crypto::unhex(hex_text);
  if (!b || b->size() != 32) return fail(Exit::integrity, "a stored hash was altered");
  crypto::Digest d{};
  std::copy(b->begin(), b->end(), d.begin());
  return d;
}

constexpr const char* order_columns =
    "SELECT matter, number, state, request, request_sha256, document_sha256, checks, filed_by, filed_at, "
    "filed_signature FROM orders";

Result<Order> read_order(const store::Statement& row) {
  Order o;
  o.matter = row.text(0);
  o.number = row.integer(1);
  WRIT_TRY(state, process::parse_state(row.text(2)));
  o.state = state;
  WRIT_TRY(request_json, parse_canonical(view_of(row.text(3)), "stored request of " + o.matter));
  WRIT_TRY(request, process::request_from_json(request_json));
  o.request = std::move(request);
  WRIT_TRY(request_sha, digest_of(row.text(4)));
  WRIT_TRY(document_sha, digest_of(row.text(5)));
  o.request_sha256 = request_sha;
  o.document_sha256 = document_sha;
  WRIT_TRY(checks, parse_json(view_of(row.text(6)), "stored checks"));
  o.checks = std::move(checks);
  o.filed_by = row.text(7);
  WRIT_TRY(at, parse_rfc3339(row.text(8)));
  o.filed_at = at;
  WRIT_TRY(signature, crypto::unhex(row.text(9)));
  if (signature.size() != o.filed_signature.size())
    return fail(Exit::integrity, "a stored signature has the wrong length");
  std::copy(signature.begin(), signature.end(), o.filed_signature.begin());
  return o;
}

// A row that cannot be read is a row that somebody altered.
template <class T>
Result<T> intact(Result<T> r) {
  if (!r) r.error().exit = Exit::integrity;
  return r;
}

Result<GrantRow> read_grant(const store::Statement& row) {
  GrantRow g;
  g.id = row.text(0);
  g.matter = row.text(1);
  g.number = row.integer(2);
  WRIT_TRY(body_json, parse_canonical(view_of(row.text(3)), "stored grant"));
  WRIT_TRY(body, authority::parse_grant_body(body_json));
  g.body = std::move(body);
  WRIT_TRY(acts, parse_json(view_of(row.text(4)), "stored acts"));
  for (const Json& a : acts) {
    WRIT_TRY(act, authority::parse_act(a));
    g.acts.push_back(act);
  }
  if (!row.is_null(5)) g.file = row.text(5);
  return g;
}

}  // namespace

Result<std::vector<Order>> Orders::all() const {
  std::vector<Order> out;
  {
    WRIT_TRY(ask, c_->db().prepare(fmt::format("{} ORDER BY matter, number", order_columns)));
    for (;;) {
      WRIT_TRY(row, ask.step());
      if (!row) break;
      WRIT_TRY(o, intact(read_order(ask)));
      out.push_back(std::move(o));
    }
  }
  WRIT_TRY(steps,
           c_->db().prepare("SELECT step, user FROM steps WHERE matter=? AND number=? ORDER BY rowid"));
  for (Order& o : out) {
    steps.bind(1, o.matter).bind(2, o.number);
    for (;;) {
      WRIT_TRY(row, steps.step());
      if (!row) break;
      if (const auto s = step_of(steps.text(0))) o.done_by[*s] = steps.text(1);
    }
    steps.reset();
  }
  return out;
}

Result<std::vector<Order>> Orders::of_matter(const std::string& matter) const {
  WRIT_TRY(orders, all());
  std::erase_if(orders, [&](const Order& o) { return o.matter != matter; });
  if (orders.empty())
    return fail(Exit::not_found, fmt::format("there is no matter '{}'", matter), {}, {},
                "writ request list shows the matters");
  return orders;
}

Result<Order> Orders::newest(const std::string& matter) const {
  WRIT_TRY(orders, of_matter(matter));
  for (auto o = orders.rbegin(); o != orders.rend(); ++o)
    if (o->state != process::State::returned && o->state != process::State::rejected) return std::move(*o);
  return std::move(orders.back());
}

Result<std::optional<std::pair<std::string, std::int64_t>>> Orders::by_request(
    const crypto::Digest& request) const {
  WRIT_TRY(ask, c_->db().prepare("SELECT matter, number FROM orders WHERE request_sha256=?"));
  WRIT_TRY(row, ask.bind(1, crypto::hex(request)).step());
  if (!row) return std::optional<std::pair<std::string, std::int64_t>>{};
  return std::optional{std::pair{ask.text(0), ask.integer(1)}};
}

Status Orders::insert(const Order& o, const std::string& request_text) {
  WRIT_TRY(tx, store::Transaction::begin(c_->db()));
  WRIT_TRY(
      put,
      c_->db().prepare(
          "INSERT INTO orders(matter, number, state, request, request_sha256, document_sha256, checks, "
          "policy_sha256, filed_by, filed_at, filed_signature) VALUES(?,?,?,?,?,?,?,?,?,?,?) "
          "ON CONFLICT(matter, number) DO UPDATE SET state=excluded.state, checks=excluded.checks, "
          "policy_sha256=excluded.policy_sha256, filed_by=excluded.filed_by, filed_at=excluded.filed_at, "
          "filed_signature=excluded.filed_signature "
          "WHERE state IN ('returned','rejected') AND request_sha256=excluded.request_sha256"));
  WRIT_CHECK(put.bind(1, o.matter)
                 .bind(2, o.number)
                 .bind(3, process::to_string(o.state))
                 .bind(4, request_text)
                 .bind(5, crypto::hex(o.request_sha256))
                 .bind(6, crypto::hex(o.document_sha256))
                 .bind(7, canonical(o.checks))
                 .bind(8, crypto::hex(c_->policy().hash))
                 .bind(9, o.filed_by)
                 .bind(10, rfc3339(o.filed_at))
                 .bind(11, crypto::hex(o.filed_signature))
                 .run());
  if (c_->db().changes() != 1)
    return fail(Exit::failure, fmt::format("{} was filed by somebody else meanwhile", o.matter), {}, {},
                "file it again");
  WRIT_TRY(step, c_->db().prepare("INSERT INTO steps(matter, number, step, user, at) VALUES(?,?,?,?,?)"));
  WRIT_CHECK(step.bind(1, o.matter)
                 .bind(2, o.number)
                 .bind(3, process::to_string(Step::file))
                 .bind(4, o.filed_by)
                 .bind(5, rfc3339(o.filed_at))
                 .run());
  return tx.commit();
}

Status Orders::advance(const Order& o, process::State to, Step step, const std::string& user, Instant at) {
  WRIT_TRY(tx, store::Transaction::begin(c_->db()));
  WRIT_CHECK(put_step(o, to, step, user, at));
  return tx.commit();
}

Status Orders::advance(const Order& o, process::State to, Step step, const std::string& user, Instant at,
                       const GrantRow& g) {
  WRIT_TRY(tx, store::Transaction::begin(c_->db()));
  WRIT_CHECK(put_grant(g));
  WRIT_CHECK(put_step(o, to, step, user, at));
  return tx.commit();
}

Status Orders::put_step(const Order& o, process::State to, Step step, const std::string& user, Instant at) {
  WRIT_TRY(put, c_->db().prepare("UPDATE orders SET state=? WHERE matter=? AND number=? AND state=?"));
  WRIT_CHECK(put.bind(1, process::to_string(to))
                 .bind(2, o.matter)
                 .bind(3, o.number)
                 .bind(4, process::to_string(o.state))
                 .run());
  if (c_->db().changes() != 1)
    return fail(Exit::failure, fmt::format("{} was changed by somebody else meanwhile", o.matter), {}, {},
                "look at it and try again");
  WRIT_TRY(note, c_->db().prepare("INSERT INTO steps(matter, number, step, user, at) VALUES(?,?,?,?,?)"));
  return note.bind(1, o.matter)
      .bind(2, o.number)
      .bind(3, process::to_string(step))
      .bind(4, user)
      .bind(5, rfc3339(at))
      .run();
}

Result<std::vector<GrantRow>> Orders::grants(const std::string& matter) const {
  std::vector<GrantRow> out;
  WRIT_TRY(ask,
           c_->db().prepare(
               "SELECT id, matter, number, body, acts, file FROM grants WHERE matter=? ORDER BY number"));
  ask.bind(1, matter);
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    WRIT_TRY(g, intact(read_grant(ask)));
    out.push_back(std::move(g));
  }
}

Result<std::optional<GrantRow>> Orders::grant(const std::string& matter, std::int64_t number) const {
  WRIT_TRY(all_of, grants(matter));
  for (GrantRow& g : all_of)
    if (g.number == number) return std::optional{std::move(g)};
  return std::optional<GrantRow>{};
}

Status Orders::put_grant(const GrantRow& g) {
  Json acts = Json::array();
  for (const auto& a : g.acts) acts.push_back(authority::to_json(a));
  WRIT_TRY(put,
           c_->db().prepare("INSERT INTO grants(id, matter, number, body, acts, file) VALUES(?,?,?,?,?,?) "
                            "ON CONFLICT(id) DO UPDATE SET acts=excluded.acts, file=excluded.file"));
  put.bind(1, g.id)
      .bind(2, g.matter)
      .bind(3, g.number)
      .bind(4, canonical(authority::to_json(g.body)))
      .bind(5, canonical(acts));
  if (g.file)
    put.bind(6, *g.file);
  else
    put.bind_null(6);
  WRIT_CHECK(put.run());
  return put_bonds(c_->db(), g.id, g.bonds, g.body.not_after);
}

Result<authority::RevocationList> Orders::revocations() const {
  authority::RevocationList list;
  list.carrier = c_->roots().carrier;
  list.issued = c_->now();
  list.issuer_cert = c_->desk_cert();
  WRIT_TRY(ask, c_->db().prepare("SELECT grant_id, at, user, reason FROM revocations ORDER BY sequence"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    WRIT_TRY(id, digest_of(ask.text(0)));
    WRIT_TRY(at, parse_rfc3339(ask.text(1)));
    list.entries.push_back({id, at, ask.text(2), ask.text(3)});
  }
  list.sequence = list.entries.size() + 1;
  return list;
}

Status Orders::put_revocation(const authority::Revocation& r) {
  WRIT_TRY(put, c_->db().prepare("INSERT INTO revocations(grant_id, at, user, reason) VALUES(?,?,?,?)"));
  return put.bind(1, crypto::hex(r.grant)).bind(2, rfc3339(r.at)).bind(3, r.user).bind(4, r.reason).run();
}

}  // namespace writ::desk
