// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/record_destruction.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::desk {
namespace {

using authority::Role;

constexpr const char* destruction_domain = "writ.destruction/1";
constexpr const char* hold_domain = "writ.hold/1";
constexpr const char* lift_domain = "writ.hold-lift/1";
constexpr const char* hold_rule = "a legal hold keeps records whatever retention says (18 USC 2703(f))";

struct Signer {
  const char* role_name;
  Role role;
};
constexpr std::array signers{Signer{"officer", Role::officer}, Signer{"counsel", Role::counsel}};

// One signed text: {"body", "user", "signature"}; the body names its time, at which the certificate counted.
std::string sign_text(const char* domain, const Json& body, const Acting& by) {
  return canonical(Json{{"body", body},
                        {"user", by.person.user},
                        {"signature", crypto::hex(by.person.sign.sign(domain, view_of(canonical(body))))}});
}

Status verify_by(const Carrier& c, const char* domain, const Json& body, const std::string& user,
                 const std::string& signature_hex, Role role, Instant at) {
  WRIT_TRY(cert, c.cert_of(user));
  WRIT_CHECK(authority::verify_cert(cert, c.roots(), role, at));
  WRIT_TRY(signature, crypto::unhex(signature_hex));
  if (!crypto::verify(cert.verify, domain, view_of(canonical(body)), signature))
    return fail(Exit::integrity, fmt::format("the signature of {} does not hold", user));
  return {};
}

Result<Json> open_text_of(const Carrier& c, const char* domain, const std::string& text) {
  WRIT_TRY(j, parse_canonical(view_of(text), "signed text"));
  WRIT_TRY(body, field<Json>(j, "body", "signed text"));
  WRIT_TRY(user, field<std::string>(j, "user", "signed text"));
  WRIT_TRY(signature, field<std::string>(j, "signature", "signed text"));
  WRIT_TRY(at_text, field<std::string>(body, "at", "signed text"));
  WRIT_TRY(at, parse_rfc3339(at_text));
  WRIT_CHECK(verify_by(c, domain, body, user, signature, Role::counsel, at));
  body["user"] = user;
  return body;
}

Json body_json(const Hold& h) {
  return Json{{"schema", "writ.hold/1"},
              {"number", h.number},
              {"matter", h.matter},
              {"reason", h.reason},
              {"kind", h.subject.kind},
              {"value", h.subject.value},
              {"property", h.subject.property},
              {"from", rfc3339(h.from)},
              {"until", rfc3339(h.until)},
              {"at", rfc3339(h.placed)}};
}

Result<Hold> hold_from(const Json& b) {
  constexpr std::string_view where = "legal hold";
  Hold h;
  WRIT_TRY(number, field<std::int64_t>(b, "number", where));
  WRIT_TRY(matter, field<std::string>(b, "matter", where));
  WRIT_TRY(reason, field<std::string>(b, "reason", where));
  WRIT_TRY(kind, field<std::string>(b, "kind", where));
  WRIT_TRY(value, field<std::string>(b, "value", where));
  WRIT_TRY(property, field<std::string>(b, "property", where));
  WRIT_TRY(from_text, field<std::string>(b, "from", where));
  WRIT_TRY(until_text, field<std::string>(b, "until", where));
  WRIT_TRY(at_text, field<std::string>(b, "at", where));
  WRIT_TRY(user, field<std::string>(b, "user", where));
  WRIT_TRY(from, parse_rfc3339(from_text));
  WRIT_TRY(until, parse_rfc3339(until_text));
  WRIT_TRY(at, parse_rfc3339(at_text));
  h.number = number;
  h.matter = std::move(matter);
  h.reason = std::move(reason);
  h.subject = {std::move(kind), std::move(value), std::move(property)};
  h.from = from;
  h.until = until;
  h.placed = at;
  h.placed_by = std::move(user);
  return h;
}

tl::unexpected<Error> altered_hold(std::int64_t number) {
  return fail(Exit::integrity, fmt::format("legal hold {} is missing, or is not what counsel signed", number),
              hold_rule, "the table record_holds as it was written",
              "restore store.db from backup; nothing is destroyed before");
}

}  // namespace

Json sign_destruction(Json body, const SignedBy& people) {
  const std::string text = canonical(body);
  Json signatures = Json::object();
  for (const auto& [name, by] : {std::pair{"officer", people.officer}, {"counsel", people.counsel}})
    signatures[name] = {{"user", by->person.user},
                        {"key", by->person.sign.public_key().text()},
                        {"signature", crypto::hex(by->person.sign.sign(destruction_domain, view_of(text)))}};
  body["signatures"] = std::move(signatures);
  return body;
}

Status verify_destruction(const Carrier& c, const Json& record) {
  constexpr std::string_view where = "destruction record";
  WRIT_TRY(signatures, field<Json>(record, "signatures", where));
  WRIT_TRY(at_text, field<std::string>(record, "at", where));
  WRIT_TRY(at, parse_rfc3339(at_text));
  Json body = record;
  body.erase("signatures");
  for (const auto& s : signers) {
    WRIT_TRY(one, field<Json>(signatures, s.role_name, where));
    WRIT_TRY(user, field<std::string>(one, "user", where));
    WRIT_TRY(signature, field<std::string>(one, "signature", where));
    WRIT_CHECK(verify_by(c, destruction_domain, body, user, signature, s.role, at));
  }
  return {};
}

Result<std::set<std::string>> destroyed_months(Carrier& c, std::vector<std::string>& problems) {
  std::set<std::string> out;
  WRIT_TRY(ask, c.db().prepare("SELECT number, record FROM record_destructions ORDER BY number"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    const std::int64_t number = ask.integer(0);
    if (ask.is_null(1)) {
      problems.push_back(
          fmt::format("destruction {} was begun and is not finished: run writ records purge", number));
      continue;
    }
    const std::string text = ask.text(1);
    const auto record = parse_canonical(view_of(text), "destruction record");
    const Status ok = record ? verify_destruction(c, *record) : tl::unexpected(record.error());
    if (!ok) {
      problems.push_back(fmt::format("destruction record {} is not what two people signed", number));
      continue;
    }
    for (const Json& m : record->value("months", Json::array())) out.insert(m.value("month", ""));
  }
}

Json to_json(const Hold& h) {
  Json j = body_json(h);
  j["placed_by"] = h.placed_by;
  if (!h.stands()) {
    j["lifted_by"] = h.lifted_by;
    j["lifted"] = rfc3339(h.lifted);
  }
  return j;
}

Result<std::vector<Hold>> Holds::all() {
  WRIT_CHECK(migrate_record_tables(*c_));
  std::vector<Hold> out;
  WRIT_TRY(ask, c_->db().prepare("SELECT number, placed, lifted FROM record_holds ORDER BY number"));
  for (std::int64_t next = 1;; ++next) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    if (ask.integer(0) != next) return altered_hold(next);
    const auto body = open_text_of(*c_, hold_domain, ask.text(1));
    auto h = body ? hold_from(*body) : tl::unexpected(body.error());
    if (!h || h->number != next) return altered_hold(next);
    if (!ask.is_null(2)) {
      const auto lift = open_text_of(*c_, lift_domain, ask.text(2));
      if (!lift || lift->value("number", std::int64_t{0}) != next) return altered_hold(next);
      h->lifted_by = lift->value("user", "");
      WRIT_TRY(at, parse_rfc3339(lift->value("at", "")));
      h->lifted = at;
    }
    out.push_back(std::move(*h));
  }
}

Result<Hold> Holds::place(Hold h, const Acting& counsel) {
  WRIT_CHECK(check_matter(*c_, h.matter));
  WRIT_TRY(subject, canonical_subject(h.subject));
  h.subject = std::move(subject);
  WRIT_TRY(reason, records::name_as_written(h.reason));
  h.reason = std::move(reason);
  if (h.subject.kind != "number" && h.subject.kind != "extension" && h.subject.kind != "account")
    return fail(Exit::usage, fmt::format("a hold is not placed on a {}", h.subject.kind), hold_rule,
                "number, extension or account", "name what it keeps by one of them");
  if (h.subject.kind == "extension" && h.subject.property.empty())
    return fail(Exit::usage, "an extension without its property", hold_rule, "EXTENSION@ACCOUNT",
                "name the property");
  if (h.from >= h.until)
    return fail(Exit::usage, "the hold keeps no time", hold_rule, "an end after its beginning",
                "give --from and --until of the records");
  WRIT_TRY(known, all());
  for (const Hold& old : known)
    if (old.stands() && old.matter == h.matter && old.subject == h.subject && old.from == h.from &&
        old.until == h.until)
      return old;  // the same command again
  h.number = static_cast<std::int64_t>(known.size()) + 1;
  h.placed_by = counsel.person.user;
  h.placed = std::chrono::floor<std::chrono::microseconds>(c_->now());
  const Json body = body_json(h);
  WRIT_CHECK(c_->note(counsel.person.user, "records.hold", h.matter, Json{{"hold", body}}));
  WRIT_TRY(put, c_->db().prepare("INSERT INTO record_holds(number, placed) VALUES(?,?)"));
  WRIT_CHECK(put.bind(1, h.number).bind(2, sign_text(hold_domain, body, counsel)).run());
  return h;
}

Result<Hold> Holds::lift(std::int64_t number, const std::string& reason, const Acting& counsel) {
  WRIT_TRY(known, all());
  if (number < 1 || number > static_cast<std::int64_t>(known.size()))
    return fail(Exit::not_found, fmt::format("there is no legal hold {}", number), hold_rule,
                "the number that writ records hold list prints");
  Hold h = known[static_cast<std::size_t>(number - 1)];
  if (!h.stands()) return h;
  h.lifted_by = counsel.person.user;
  h.lifted = std::chrono::floor<std::chrono::microseconds>(c_->now());
  const Json body{{"number", number}, {"reason", reason}, {"at", rfc3339(h.lifted)}};
  WRIT_CHECK(c_->note(counsel.person.user, "records.hold-lift", h.matter, Json{{"lift", body}}));
  WRIT_TRY(put, c_->db().prepare("UPDATE record_holds SET lifted=? WHERE number=?"));
  WRIT_CHECK(put.bind(1, sign_text(lift_domain, body, counsel)).bind(2, number).run());
  return h;
}

}  // namespace writ::desk
