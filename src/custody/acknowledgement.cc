// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/acknowledgement.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::custody {
namespace {

using authority::Role;
constexpr const char* ack_schema = "writ.bundle-ack/1";

Json to_json(const Held& h) {
  Json j = to_json(static_cast<const Extent&>(h));
  j["closed"] = h.closed;
  return j;
}

Json body_json(const Acknowledgement& a) {
  Json held = Json::array();
  for (const Held& h : a.held) held.push_back(to_json(h));
  return Json{{"probe", a.probe.text()},         {"matter", a.matter},      {"sequence", a.sequence},
              {"bundle", crypto::hex(a.bundle)}, {"held", std::move(held)}, {"at", rfc3339(a.at)}};
}

Result<Held> held_of(const Json& j, std::string_view where) {
  WRIT_TRY(extent, extent_of(j, where));
  WRIT_TRY(closed, field<bool>(j, "closed", where));
  return Held{extent, closed};
}

Result<Acknowledgement> ack_of(const Json& j, std::string_view where) {
  Acknowledgement a;
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(matter, matter_field(j, where));
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  WRIT_TRY(bundle, authority::hex_field<32>(j, "bundle", where));
  WRIT_TRY(held, authority::list_field(j, "held", where, [&](const Json& h) { return held_of(h, where); }));
  WRIT_TRY(at, authority::time_field(j, "at", where));
  a.probe = probe;
  a.matter = matter;
  a.sequence = sequence;
  a.bundle = bundle;
  a.held = std::move(held);
  a.at = at;
  WRIT_CHECK(authority::prints_back(j, body_json(a), where));
  return a;
}

Json signature_json(const Signer& s, View body) {
  return Json{{"cert", authority::to_json(*s.cert)},
              {"signature", crypto::hex(s.key->sign(ack_schema, body))}};
}

tl::unexpected<Error> not_ours(const std::string& name, const std::string& why) {
  return fail(Exit::refused, fmt::format("{}: {}", name, why),
              "a probe destroys only what the office acknowledged, by two keys that the roots certified",
              "an acknowledgement of this carrier's office",
              "writ intercept import MATTER --bundle PATH at the office makes it");
}

// `roles`: one of them.
Result<authority::RoleCert> check_signature(const Json& j, const char* of, View body,
                                            const authority::TrustRoots& roots,
                                            std::initializer_list<Role> roles, Instant at,
                                            const std::string& name) {
  const auto part = j.find(of);
  if (part == j.end() || !part->is_object() || part->size() != 2 || !part->contains("cert"))
    return bad_paper(name, fmt::format("has no signature of the {}", of));
  const auto signature = authority::hex_field<64>(*part, "signature", name);
  const auto cert = authority::parse_role_cert((*part)["cert"]);
  if (!signature || !cert) return bad_paper(name, fmt::format("has no signature of the {}", of));
  const bool certified = std::any_of(roles.begin(), roles.end(), [&](Role r) {
    return authority::verify_cert(*cert, roots, r, at).has_value();
  });
  if (!certified) return not_ours(name, fmt::format("the {} that signed it is not certified for that", of));
  if (!crypto::verify(cert->verify, ack_schema, body, *signature))
    return not_ours(name, fmt::format("it is not signed by the {}", of));
  return *cert;
}

}  // namespace

std::string sign_acknowledgement(Acknowledgement a, const Signer& person, const Signer& desk) {
  a.at = authority::whole_micros(a.at);
  Json body = body_json(a);
  const std::string text = canonical(body);
  return canonical(Json{{"schema", ack_schema},
                        {"person", signature_json(person, view_of(text))},
                        {"desk", signature_json(desk, view_of(text))},
                        {"body", std::move(body)}});
}

Result<Acknowledgement> verify_acknowledgement(View text, const authority::TrustRoots& roots,
                                               const std::string& name) {
  if (text.size() > paper_bytes_max) return bad_paper(name, "is too large");
  const auto j = parse_canonical(text, name);
  if (!j || !j->is_object() || j->size() != 4 || !j->contains("body"))
    return bad_paper(name, "is not in its form");
  if (field<std::string>(*j, "schema", name).value_or("") != ack_schema)
    return bad_paper(name, fmt::format("is no {}", ack_schema));
  auto a = ack_of((*j)["body"], name);
  if (!a) return bad_paper(name, a.error().what);
  const std::string body = canonical((*j)["body"]);
  WRIT_TRY(person, check_signature(*j, "person", view_of(body), roots, {Role::technician, Role::custodian},
                                   a->at, name));
  WRIT_TRY(desk, check_signature(*j, "desk", view_of(body), roots, {Role::desk}, a->at, name));
  if (person.verify == desk.verify) return not_ours(name, "one key signed it twice");
  return a;
}

}  // namespace writ::custody
