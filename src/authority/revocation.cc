// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "authority/grant.hh"
#include "authority/strict.hh"

namespace writ::authority {
namespace {

constexpr const char* revocations_schema = "writ.revocations/1";
constexpr const char* revocation_rule =
    "stop wins over start; the newest list counts (docs/design.md; 47 CFR 1.20003)";

Json to_json(const Revocation& r) {
  return Json{{"grant", crypto::hex(r.grant)}, {"at", rfc3339(r.at)}, {"user", r.user}, {"reason", r.reason}};
}

Result<Revocation> parse_revocation(const Json& j) {
  constexpr std::string_view where = "revocation";
  WRIT_TRY(grant, hex_field<32>(j, "grant", where));
  WRIT_TRY(at, time_field(j, "at", where));
  WRIT_TRY(user, text_field(j, "user", where));
  WRIT_TRY(reason, text_field(j, "reason", where));
  return Revocation{grant, at, std::move(user), std::move(reason)};
}

Json body_json(const RevocationList& l) {
  Json entries = Json::array();
  for (const Revocation& r : l.entries) entries.push_back(to_json(r));
  return Json{{"schema", revocations_schema},  {"carrier", l.carrier},
              {"sequence", l.sequence},        {"issued", rfc3339(l.issued)},
              {"entries", std::move(entries)}, {"issuer_cert", to_json(l.issuer_cert)}};
}

Json to_json(const RevocationList& l) {
  Json j = body_json(l);
  j["signature"] = crypto::hex(l.signature);
  return j;
}

Result<RevocationList> parse_list(const Json& j) {
  constexpr std::string_view where = "revocation list";
  WRIT_TRY(carrier, text_field(j, "carrier", where));
  WRIT_TRY(sequence, field<std::uint64_t>(j, "sequence", where));
  WRIT_TRY(issued, time_field(j, "issued", where));
  WRIT_TRY(entries, list_field(j, "entries", where, parse_revocation));
  WRIT_TRY(cert_json, field<Json>(j, "issuer_cert", where));
  WRIT_TRY(cert, parse_role_cert(cert_json));
  WRIT_TRY(signature, hex_field<64>(j, "signature", where));
  RevocationList l{std::move(carrier), sequence, issued, std::move(entries), std::move(cert), signature};
  WRIT_CHECK(prints_back(j, to_json(l), where));
  return l;
}

}  // namespace

std::string issue_revocations(RevocationList l, const crypto::SigningKey& issuer) {
  l.signature = issuer.sign(revocations_schema, view_of(canonical(body_json(l))));
  return canonical(to_json(l));
}

Result<RevocationList> verify_revocations(View bytes, const TrustRoots& roots, std::uint64_t sequence_min) {
  const auto changed = [](std::string what) {
    return fail(Exit::integrity, std::move(what), revocation_rule, "the exact bytes that the desk signed",
                "fetch the revocation list from the desk again");
  };
  if (bytes.size() > revocation_file_bytes_max) return changed("the revocation list is too large to be one");
  Result<RevocationList> l = parse_canonical(bytes, "revocation list").and_then(parse_list);
  if (!l) return changed(l.error().what);
  if (l->carrier != roots.carrier)
    return fail(Exit::refused, fmt::format("the revocation list is for the carrier '{}'", l->carrier),
                revocation_rule, fmt::format("the list of '{}'", roots.carrier),
                "fetch this carrier's list from its desk");
  WRIT_CHECK(verify_cert(l->issuer_cert, roots, Role::desk, l->issued));
  const std::string body = canonical(body_json(*l));
  if (!crypto::verify(l->issuer_cert.verify, revocations_schema, view_of(body), l->signature))
    return changed("the revocation list is not signed by the desk");
  if (l->sequence < sequence_min)
    return fail(Exit::refused,
                fmt::format("the revocation list is number {}, but {} was seen", l->sequence, sequence_min),
                revocation_rule, fmt::format("list {} or a newer one", sequence_min),
                "fetch the newest list from the desk; an older one would bring stopped grants back");
  return l;
}

}  // namespace writ::authority
