// SPDX-License-Identifier: GPL-3.0-or-later
// The grant's text: names, canonical JSON, acts.
#include "authority/grant.hh"

#include <fmt/format.h>

#include "authority/grant_file.hh"
#include "authority/strict.hh"

namespace writ::authority {
namespace {

constexpr const char* body_schema = "writ.grant/1";
constexpr const char* file_schema = "writ.grant-file/1";
constexpr const char* act_domain = "writ.act/1";

const char* to_string(Target::Type t) {
  switch (t) {
    case Target::Type::e164:
      return "e164";
    case Target::Type::uri:
      return "uri";
    case Target::Type::extension:
      return "extension";
  }
  return "unknown";
}

template <class E, std::size_t N>
Result<E> by_name(const std::array<E, N>& all, std::string_view s, std::string_view what) {
  for (const E e : all)
    if (s == to_string(e)) return e;
  return fail(Exit::usage, fmt::format("'{}' is not a {}", s.substr(0, 80), what));
}

Result<std::string> plain_string(const Json& e) {
  if (!e.is_string()) return fail(Exit::usage, "grant body: an element of a list is not a text");
  return e.get<std::string>();
}

Result<crypto::BoxPublic> box_of(const Json& e) {
  WRIT_TRY(text, plain_string(e));
  return crypto::BoxPublic::parse(text);
}

Json to_json(const Target& t) {
  Json j{{"type", to_string(t.type)}, {"value", t.value}};
  if (t.type == Target::Type::extension) {
    j["property"] = t.property;
    j["hosts"] = t.hosts;
  }
  return j;
}

Result<Target> parse_target(const Json& j) {
  constexpr std::string_view where = "grant target";
  Target t;
  WRIT_TRY(type, field<std::string>(j, "type", where));
  constexpr std::array types{Target::Type::e164, Target::Type::uri, Target::Type::extension};
  WRIT_TRY(known, by_name(types, type, "type of target"));
  t.type = known;
  WRIT_TRY(value, text_field(j, "value", where));
  t.value = std::move(value);
  if (t.type == Target::Type::extension) {
    WRIT_TRY(property, text_field(j, "property", where));
    WRIT_TRY(hosts, list_field(j, "hosts", where, plain_string));
    t.property = std::move(property);
    t.hosts = std::move(hosts);
  }
  return t;
}

Json boxes_json(const std::vector<crypto::BoxPublic>& boxes) {
  Json j = Json::array();
  for (const auto& b : boxes) j.push_back(b.text());
  return j;
}

// Who may read, where, and from whom: the second half of the body.
Status parse_handling(const Json& j, std::string_view where, GrantBody& g) {
  WRIT_TRY(probe_name, text_field(j, "probe_name", where));
  WRIT_TRY(probe, verify_key_field(j, "probe", where));
  WRIT_TRY(call_data_to, list_field(j, "call_data_to", where, box_of));
  WRIT_TRY(content_to, list_field(j, "content_to", where, box_of));
  WRIT_TRY(trust_from, field<bool>(j, "trust_from", where));
  if (j.contains("trust_from_at")) {
    WRIT_TRY(trust_from_at, list_field(j, "trust_from_at", where, plain_string));
    g.trust_from_at = std::move(trust_from_at);
  }
  WRIT_TRY(trusted_peers, list_field(j, "trusted_peers", where, plain_string));
  WRIT_TRY(digits, field<bool>(j, "post_cut_through_digits", where));
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  g.probe_name = std::move(probe_name);
  g.probe = probe;
  g.call_data_to = std::move(call_data_to);
  g.content_to = std::move(content_to);
  g.trust_from = trust_from;
  g.trusted_peers = std::move(trusted_peers);
  g.post_cut_through_digits = digits;
  g.sequence = sequence;
  if (j.contains("previous")) {
    WRIT_TRY(previous, hex_field<32>(j, "previous", where));
    g.previous = previous;
  }
  return {};
}

Json act_body(const SignedAct& a) {
  return Json{{"act", to_string(a.act)},
              {"at", rfc3339(a.at)},
              {"grant", crypto::hex(a.grant)},
              {"key", a.key.text()},
              {"user", a.user}};
}

}  // namespace

std::string target_text(const Target& t) {
  return t.type == Target::Type::extension ? t.value + " at property " + t.property : t.value;
}

const char* to_string(Kind k) {
  switch (k) {
    case Kind::pen:
      return "pen";
    case Kind::trap:
      return "trap";
    case Kind::pen_trap:
      return "pen-trap";
    case Kind::content:
      return "content";
  }
  return "unknown";
}

Result<Kind> parse_kind(std::string_view s) {
  return by_name(std::array{Kind::pen, Kind::trap, Kind::pen_trap, Kind::content}, s, "kind of grant");
}

const char* to_string(Basis b) {
  switch (b) {
    case Basis::title_iii:
      return "title-iii";
    case Basis::pen_trap:
      return "pen-trap";
    case Basis::emergency_title_iii:
      return "emergency-title-iii";
    case Basis::emergency_pen_trap:
      return "emergency-pen-trap";
  }
  return "unknown";
}

Result<Basis> parse_basis(std::string_view s) {
  return by_name(
      std::array{Basis::title_iii, Basis::pen_trap, Basis::emergency_title_iii, Basis::emergency_pen_trap}, s,
      "legal basis");
}

Nanos duration_cap(Basis b) {
  switch (b) {
    case Basis::title_iii:
      return limits::wiretap_days_max;
    case Basis::pen_trap:
      return limits::pen_trap_days_max;
    case Basis::emergency_title_iii:
    case Basis::emergency_pen_trap:
      return limits::emergency_hours_max;
  }
  return Nanos{0};
}

Json to_json(const GrantBody& g) {
  Json targets = Json::array();
  for (const Target& t : g.targets) targets.push_back(to_json(t));
  Json j{{"schema", body_schema},
         {"carrier", g.carrier},
         {"matter", g.matter},
         {"kind", to_string(g.kind)},
         {"basis", to_string(g.basis)},
         {"targets", std::move(targets)},
         {"probe_name", g.probe_name},
         {"probe", g.probe.text()},
         {"not_before", rfc3339(g.not_before)},
         {"not_after", rfc3339(g.not_after)},
         {"document_sha256", crypto::hex(g.document_sha256)},
         {"request_sha256", crypto::hex(g.request_sha256)},
         {"call_data_to", boxes_json(g.call_data_to)},
         {"content_to", boxes_json(g.content_to)},
         {"trust_from", g.trust_from},
         {"trusted_peers", g.trusted_peers},
         {"post_cut_through_digits", g.post_cut_through_digits},
         {"sequence", g.sequence}};
  if (!g.trust_from_at.empty()) j["trust_from_at"] = g.trust_from_at;  // grants without it keep their bytes
  if (g.previous) j["previous"] = crypto::hex(*g.previous);
  return j;
}

Result<GrantBody> parse_grant_body(const Json& j) {
  constexpr std::string_view where = "grant body";
  GrantBody g;
  WRIT_TRY(carrier, text_field(j, "carrier", where));
  WRIT_TRY(matter, text_field(j, "matter", where));
  WRIT_TRY(kind_name, field<std::string>(j, "kind", where));
  WRIT_TRY(kind, parse_kind(kind_name));
  WRIT_TRY(basis_name, field<std::string>(j, "basis", where));
  WRIT_TRY(basis, parse_basis(basis_name));
  WRIT_TRY(targets, list_field(j, "targets", where, parse_target));
  WRIT_TRY(not_before, time_field(j, "not_before", where));
  WRIT_TRY(not_after, time_field(j, "not_after", where));
  WRIT_TRY(document, hex_field<32>(j, "document_sha256", where));
  WRIT_TRY(request, hex_field<32>(j, "request_sha256", where));
  g.carrier = std::move(carrier);
  g.matter = std::move(matter);
  g.kind = kind;
  g.basis = basis;
  g.targets = std::move(targets);
  g.not_before = not_before;
  g.not_after = not_after;
  g.document_sha256 = document;
  g.request_sha256 = request;
  WRIT_CHECK(parse_handling(j, where, g));
  WRIT_CHECK(prints_back(j, to_json(g), where));
  return g;
}

crypto::Digest grant_id(const GrantBody& g) { return crypto::sha256(view_of(canonical(to_json(g)))); }

const char* to_string(Act a) {
  switch (a) {
    case Act::legal_authorisation:
      return "legal-authorisation";
    case Act::carrier_authorisation:
      return "carrier-authorisation";
    case Act::arming:
      return "arming";
  }
  return "unknown";
}

Role required_role(Act a) {
  switch (a) {
    case Act::legal_authorisation:
      return Role::counsel;
    case Act::carrier_authorisation:
      return Role::officer;
    case Act::arming:
      break;
  }
  return Role::technician;
}

Json to_json(const SignedAct& a) {
  Json j = act_body(a);
  j["signature"] = crypto::hex(a.signature);
  return j;
}

Result<SignedAct> parse_act(const Json& j) {
  constexpr std::string_view where = "signed act";
  WRIT_TRY(name, field<std::string>(j, "act", where));
  WRIT_TRY(act, by_name(std::array{Act::legal_authorisation, Act::carrier_authorisation, Act::arming}, name,
                        "act"));
  WRIT_TRY(user, text_field(j, "user", where));
  WRIT_TRY(key, verify_key_field(j, "key", where));
  WRIT_TRY(grant, hex_field<32>(j, "grant", where));
  WRIT_TRY(at, time_field(j, "at", where));
  WRIT_TRY(signature, hex_field<64>(j, "signature", where));
  SignedAct a{act, std::move(user), key, grant, at, signature};
  WRIT_CHECK(prints_back(j, to_json(a), where));
  return a;
}

SignedAct sign_act(Act act, const Person& p, const crypto::Digest& grant, Instant at) {
  SignedAct a{act, p.user, p.sign.public_key(), grant, whole_micros(at), {}};
  a.signature = p.sign.sign(act_domain, view_of(canonical(act_body(a))));
  return a;
}

bool is_signed(const SignedAct& a) {
  return crypto::verify(a.key, act_domain, view_of(canonical(act_body(a))), a.signature);
}

std::string issuer_text(const GrantBody& body, const std::vector<SignedAct>& acts) {
  Json list = Json::array();
  for (const SignedAct& a : acts) list.push_back(to_json(a));
  return canonical(Json{{"acts", std::move(list)}, {"grant", to_json(body)}});
}

Json to_json(const GrantFile& f) {
  Json acts = Json::array(), certs = Json::array();
  for (const SignedAct& a : f.acts) acts.push_back(to_json(a));
  for (const RoleCert& c : f.certs) certs.push_back(to_json(c));
  return Json{{"schema", file_schema},
              {"grant", to_json(f.body)},
              {"acts", std::move(acts)},
              {"certs", std::move(certs)},
              {"issuer", {{"key", f.issuer.text()}, {"signature", crypto::hex(f.issuer_signature)}}}};
}

namespace {

Result<GrantFile> parse_parts(const Json& j) {
  constexpr std::string_view where = "grant file";
  WRIT_TRY(body_json, field<Json>(j, "grant", where));
  WRIT_TRY(body, parse_grant_body(body_json));
  WRIT_TRY(acts, list_field(j, "acts", where, parse_act));
  WRIT_TRY(certs, list_field(j, "certs", where, parse_role_cert));
  WRIT_TRY(issuer, field<Json>(j, "issuer", where));
  WRIT_TRY(key, verify_key_field(issuer, "key", "grant file issuer"));
  WRIT_TRY(signature, hex_field<64>(issuer, "signature", "grant file issuer"));
  GrantFile f{std::move(body), std::move(acts), std::move(certs), key, signature};
  WRIT_CHECK(prints_back(j, to_json(f), where));
  return f;
}

}  // namespace

Result<GrantFile> parse_grant_file(View bytes) {
  constexpr const char* rule =
      "a grant is its canonical bytes (docs/design.md, Keys, not flags; 47 CFR 1.20003)";
  if (bytes.size() > limits::order_file_bytes_max)
    return fail(Exit::integrity, "the grant file is too large to be one", rule,
                fmt::format("a file of at most {} bytes", limits::order_file_bytes_max),
                "the desk issues it again");
  Result<GrantFile> f = parse_canonical(bytes, "grant file").and_then(parse_parts);
  if (!f)
    return fail(Exit::integrity, f.error().what, rule, "the exact bytes that were signed",
                "the desk hands out the grant again from its store");
  return f;
}

}  // namespace writ::authority
