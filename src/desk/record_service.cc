// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/record_read.hh"

namespace writ::desk {
namespace {

using authority::Role;
using authority::ScopeSubject;

constexpr std::chrono::days scope_days{30};  // of a scope whose own end is not named

Result<authority::Scope> compose(Carrier& c, const ScopeRequest& r) {
  authority::Scope s;
  s.carrier = c.roots().carrier;
  s.matter = r.matter;
  WRIT_TRY(purpose, records::name_as_written(r.purpose));
  s.purpose = std::move(purpose);
  for (const ScopeSubject& x : r.subjects) {
    WRIT_TRY(subject, canonical_subject(x));
    s.subjects.push_back(std::move(subject));
  }
  s.items = r.items;
  std::sort(s.subjects.begin(), s.subjects.end());
  s.subjects.erase(std::unique(s.subjects.begin(), s.subjects.end()), s.subjects.end());
  std::sort(s.items.begin(), s.items.end());
  s.items.erase(std::unique(s.items.begin(), s.items.end()), s.items.end());
  s.records_from = r.records_from;
  s.records_until = r.records_until;
  s.expires = r.expires == Instant{} ? c.now() + scope_days : r.expires;
  s.policy = c.policy().hash;
  return s;
}

// The number is given, and the ticket stored, in one transaction; the log has it first.
Result<authority::ScopeTicket> sign_and_store(Carrier& c, const ScopeRequest& r, const Acting& counsel) {
  WRIT_CHECK(check_matter(c, r.matter));
  WRIT_CHECK(migrate_record_tables(c));
  WRIT_TRY(scope, compose(c, r));
  WRIT_TRY(tx, store::Transaction::begin(c.db()));
  {
    WRIT_TRY(ask, c.db().prepare("SELECT coalesce(max(sequence), 0) FROM record_scopes WHERE matter=?"));
    WRIT_TRY(row, ask.bind(1, r.matter).step());
    static_cast<void>(row);
    scope.sequence = static_cast<std::uint64_t>(ask.integer(0)) + 1;
  }
  WRIT_TRY(signed_scope, authority::sign_scope(std::move(scope), counsel.person, c.now()));
  const Json ticket = to_json(signed_scope);
  const std::string text = canonical(ticket);
  WRIT_TRY(verified, authority::verify_scope(view_of(text), counsel.cert, c.roots(), c.now()));
  WRIT_CHECK(c.note(counsel.person.user, "records.scope", r.matter, Json{{"scope", ticket}}));
  WRIT_TRY(put, c.db().prepare("INSERT INTO record_scopes(matter, sequence, ticket) VALUES(?,?,?)"));
  WRIT_CHECK(
      put.bind(1, r.matter).bind(2, static_cast<std::int64_t>(signed_scope.sequence)).bind(3, text).run());
  WRIT_CHECK(tx.commit());
  return verified;
}

// A person who has given the passphrase already: the key is the certified one, and it may read.
Status check_reader(const Carrier& c, const Acting& who) {
  if (who.person.sign.public_key() != who.cert.verify)
    return fail(Exit::integrity,
                fmt::format("the key of {} is not the one that the roots certified", who.person.user));
  for (const Role r : record_readers())
    if (authority::verify_cert(who.cert, c.roots(), r, c.now())) return {};
  return fail(Exit::refused, fmt::format("{} reads no records", who.person.user), record_rule,
              "intake, counsel or officer", "one of them asks");
}

}  // namespace

Result<authority::ScopeTicket> RecordService::grant_scope(const ScopeRequest& r, const Credentials& counsel) {
  WRIT_TRY(who, c_->act_as(counsel, Role::counsel));
  return grant_scope(r, who);
}

Result<authority::ScopeTicket> RecordService::grant_scope(const ScopeRequest& r, const Acting& counsel) {
  return c_->attempt(counsel.person.user, "records.scope", r.matter,
                     [&] { return sign_and_store(*c_, r, counsel); });
}

Result<Json> RecordService::scopes(const std::string& matter, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::intake, Role::counsel, Role::officer, Role::auditor}));
  WRIT_CHECK(c_->note(by.person.user, "records.scopes", matter));
  WRIT_CHECK(migrate_record_tables(*c_));
  Json list = Json::array();
  WRIT_TRY(ask, c_->db().prepare("SELECT ticket FROM record_scopes WHERE matter=? ORDER BY sequence"));
  ask.bind(1, matter);
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    const std::string text = ask.text(0);
    const auto j = parse_canonical(view_of(text), "scope");
    const auto counsel = j ? field<std::string>(*j, "counsel", "scope") : tl::unexpected(j.error());
    const auto cert = counsel ? c_->cert_of(*counsel) : tl::unexpected(counsel.error());
    const auto ticket = cert ? authority::verify_scope(view_of(text), *cert, c_->roots(), c_->now())
                             : tl::unexpected(cert.error());
    Json entry{{"state", ticket                                 ? "in force"
                         : ticket.error().exit == Exit::expired ? "over"
                                                                : "not what counsel signed"}};
    if (j && (ticket || ticket.error().exit == Exit::expired)) entry["scope"] = *j;
    list.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i + 1 < list.size(); ++i)
    if (list[i]["state"] == "in force") list[i]["state"] = "replaced";
  return Json{{"schema", "writ.scopes/1"}, {"matter", matter}, {"scopes", std::move(list)}};
}

Result<Json> RecordService::whois(const std::string& matter, const records::Ask& ask,
                                  const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return whois(matter, ask, by);
}

Result<Json> RecordService::whois(const std::string& matter, const records::Ask& ask, const Acting& who) {
  return c_->attempt(who.person.user, "records.whois", matter, [&]() -> Result<Json> {
    WRIT_CHECK(check_reader(*c_, who));
    return read_whois({c_, frozen_, &who}, matter, ask);
  });
}

Result<Json> RecordService::stays(const std::string& matter, const std::string& property,
                                  const std::string& room_or_extension, Instant from, Instant until,
                                  std::optional<Instant> known, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return stays(matter, property, room_or_extension, from, until, known, by);
}

Result<Json> RecordService::stays(const std::string& matter, const std::string& property,
                                  const std::string& room_or_extension, Instant from, Instant until,
                                  std::optional<Instant> known, const Acting& who) {
  return c_->attempt(who.person.user, "records.stays", matter, [&]() -> Result<Json> {
    WRIT_CHECK(check_reader(*c_, who));
    return read_stays({c_, frozen_, &who}, matter, {property, room_or_extension, {from, until, known}});
  });
}

Result<Json> RecordService::holders(const std::string& matter, const authority::ScopeSubject& of,
                                    Instant from, Instant until, const Acting& who) {
  return c_->attempt(who.person.user, "records.holders", matter, [&]() -> Result<Json> {
    WRIT_CHECK(check_reader(*c_, who));
    return read_holders({c_, frozen_, &who}, matter, {of, {from, until, {}}});
  });
}

Result<std::string> RecordService::calls(const CallsAsk& ask, const Credentials& who,
                                         const std::function<Status(const CallRow&)>& row) {
  WRIT_TRY(by, c_->act_as_any(who, record_readers()));
  return calls(ask, by, row);
}

Result<std::string> RecordService::calls(const CallsAsk& ask, const Acting& who,
                                         const std::function<Status(const CallRow&)>& row) {
  return c_->attempt(who.person.user, "records.calls", ask.matter, [&]() -> Result<std::string> {
    WRIT_CHECK(check_reader(*c_, who));
    return read_calls({c_, frozen_, &who}, ask, row);
  });
}

}  // namespace writ::desk
