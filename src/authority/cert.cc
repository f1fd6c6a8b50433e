// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "authority/person.hh"
#include "authority/strict.hh"

namespace writ::authority {
namespace {

constexpr const char* roots_schema = "writ.roots/1";
constexpr const char* cert_schema = "writ.role-cert/1";
constexpr const char* cert_rule = "a key counts only when both carrier roots certified it (47 CFR 1.20003)";

Status check_names(const RoleCert& c, const TrustRoots& roots) {
  if (!is_user_name(c.user))
    return fail(Exit::refused, "the certificate's user name is not usable", cert_rule,
                "a name of letters, digits and . _ @ : - (at most 64)",
                "the root holders certify under such a name");
  if (c.carrier != roots.carrier)
    return fail(Exit::refused,
                fmt::format("the certificate of {} is for the carrier '{}'", c.user, c.carrier), cert_rule,
                fmt::format("a certificate of '{}'", roots.carrier),
                "the root holders certify the key for this carrier");
  if (roots.a == roots.b)
    return fail(Exit::refused, "both carrier roots are one key", cert_rule, "two roots held by two people",
                "make the carrier's roots again with 'writ init'");
  return {};
}

}  // namespace

Json to_json(const TrustRoots& r) {
  return Json{{"schema", roots_schema},
              {"carrier", r.carrier},
              {"a", r.a.text()},
              {"b", r.b.text()},
              {"audit_reader", r.audit_reader.text()}};
}

Result<TrustRoots> parse_roots(const Json& j) {
  constexpr std::string_view where = "trust roots";
  WRIT_TRY(carrier, text_field(j, "carrier", where));
  WRIT_TRY(a, verify_key_field(j, "a", where));
  WRIT_TRY(b, verify_key_field(j, "b", where));
  WRIT_TRY(reader, box_field(j, "audit_reader", where));
  TrustRoots r{std::move(carrier), a, b, reader};
  WRIT_CHECK(prints_back(j, to_json(r), where));
  if (r.a == r.b)
    return fail(Exit::refused, "both carrier roots are one key", cert_rule, "two roots held by two people",
                "make the carrier's roots again with 'writ init'");
  return r;
}

std::string fingerprint(const TrustRoots& r) {
  const std::string digits = crypto::hex(crypto::sha256(view_of(canonical(to_json(r)))));
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 4) out += (i ? " " : "") + digits.substr(i, 4);
  return out;
}

Json body_json(const RoleCert& c) {
  Json roles = Json::array();
  for (const Role r : c.roles) roles.push_back(to_string(r));
  return Json{{"schema", cert_schema},
              {"carrier", c.carrier},
              {"user", c.user},
              {"roles", std::move(roles)},
              {"verify", c.verify.text()},
              {"box", c.box.text()},
              {"not_before", rfc3339(c.not_before)},
              {"not_after", rfc3339(c.not_after)}};
}

Json to_json(const RoleCert& c) {
  Json j = body_json(c);
  j["by_a"] = crypto::hex(c.by_a);
  j["by_b"] = crypto::hex(c.by_b);
  return j;
}

Result<RoleCert> parse_role_cert(const Json& j) {
  constexpr std::string_view where = "role certificate";
  RoleCert c;
  WRIT_TRY(carrier, text_field(j, "carrier", where));
  WRIT_TRY(user, text_field(j, "user", where));
  const auto role_of = [](const Json& e) -> Result<Role> {
    if (!e.is_string()) return fail(Exit::usage, "role certificate: a role is not a text");
    return parse_role(e.get_ref<const std::string&>());
  };
  WRIT_TRY(roles, list_field(j, "roles", where, role_of));
  WRIT_TRY(verify, verify_key_field(j, "verify", where));
  WRIT_TRY(box, box_field(j, "box", where));
  WRIT_TRY(not_before, time_field(j, "not_before", where));
  WRIT_TRY(not_after, time_field(j, "not_after", where));
  WRIT_TRY(by_a, hex_field<64>(j, "by_a", where));
  WRIT_TRY(by_b, hex_field<64>(j, "by_b", where));
  c = {std::move(carrier), std::move(user), std::move(roles), verify, box, not_before, not_after, by_a, by_b};
  WRIT_CHECK(prints_back(j, to_json(c), where));
  return c;
}

Result<RoleCert> certify(RoleCert c, const TrustRoots& roots, const crypto::SigningKey& a,
                         const crypto::SigningKey& b) {
  WRIT_CHECK(check_names(c, roots));
  WRIT_CHECK(check_staffing(c.roles));
  std::sort(c.roles.begin(), c.roles.end());
  c.not_before = whole_micros(c.not_before);
  c.not_after = whole_micros(c.not_after);
  if (c.not_before >= c.not_after)
    return fail(Exit::refused, fmt::format("the certificate of {} would never be valid", c.user), cert_rule,
                "an end after its beginning", "name a later end");
  if (a.public_key() != roots.a || b.public_key() != roots.b)
    return fail(Exit::refused, fmt::format("a certificate for {} needs the carrier's two root keys", c.user),
                cert_rule, "the signature of each root holder", "both root holders unlock their own key");
  const std::string body = canonical(body_json(c));
  c.by_a = a.sign(cert_schema, view_of(body));
  c.by_b = b.sign(cert_schema, view_of(body));
  WRIT_TRY(back, parse_role_cert(to_json(c)));  // never hand out what would not be read again
  return back;
}

Status verify_cert(const RoleCert& c, const TrustRoots& roots, Role role, Instant at) {
  WRIT_CHECK(check_names(c, roots));
  WRIT_CHECK(check_staffing(c.roles));
  if (std::find(c.roles.begin(), c.roles.end(), role) == c.roles.end())
    return fail(Exit::refused, fmt::format("{} does not hold the role {}", c.user, to_string(role)),
                cert_rule, fmt::format("a certificate with the role {}", to_string(role)),
                fmt::format("somebody certified as {} does it", to_string(role)));
  if (at < c.not_before || at >= c.not_after)
    return fail(Exit::refused,
                fmt::format("the certificate of {} is not valid at {} (only from {} until {})", c.user,
                            rfc3339(at), rfc3339(c.not_before), rfc3339(c.not_after)),
                cert_rule, "a certificate that is valid at the time of the act",
                "the root holders certify the key again, and the act is done again");
  const std::string body = canonical(body_json(c));
  for (const auto& [root, signature, name] :
       {std::tuple{&roots.a, &c.by_a, "first"}, {&roots.b, &c.by_b, "second"}})
    if (!crypto::verify(*root, cert_schema, view_of(body), *signature))
      return fail(Exit::refused, fmt::format("the {} carrier root did not certify {}", name, c.user),
                  cert_rule, "the signature of each root holder",
                  "both root holders certify the key with 'writ user certify'");
  return {};
}

}  // namespace writ::authority
