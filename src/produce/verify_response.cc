// SPDX-License-Identifier: GPL-3.0-or-later
// A delivery of records under legal process (docs/disclosure.md): the same proof as a production's, by the
// one person who delivered what a second one had checked.
#include <fmt/format.h>

#include "produce/manifest.hh"
#include "produce/verify_parts.hh"

namespace writ::produce {
namespace {

using authority::Role;

constexpr const char* in_every_response[] = {"letter.pdf", "collection.json", "authority/roots.json",
                                             "authority/certs.json"};

// When the newest of the acts that the manifest names was done.
Result<Instant> time_of_acts(const Package& p) {
  const Json acts = p.manifest.value("acts", Json::array());
  if (!acts.is_array() || acts.empty()) return fail(Exit::integrity, "names no acts");
  return parse_rfc3339(acts.back().value("at", std::string{}));
}

Status check_deliverer(const Package& p, const Json& s, View manifest, Instant at) {
  const std::string user = s.value("user", std::string{});
  WRIT_TRY(key, crypto::VerifyKey::parse(s.value("key", std::string{})));
  WRIT_TRY(signature, crypto::unhex(s.value("signature", std::string{})));
  if (!crypto::verify(key, response_manifest_domain, manifest, signature))
    return fail(Exit::integrity, fmt::format("the signature of {} does not fit manifest.json", user));
  Status last;
  for (const Role r : {Role::intake, Role::officer, Role::counsel})
    if (last = p.certified(user, key, r, at); last) return {};
  return last;
}

}  // namespace

void verify_response(Package& p) {
  if (!read_manifest(p, response_manifest_domain)) return;
  check_files(p, in_every_response);
  const auto sig = p.json("manifest.sig", true);
  if (!sig) return;
  const std::size_t before = p.findings.size();
  if (sig->value("schema", Json()) != "writ.manifest-signature/1")
    p.bad("manifest.sig: not a writ.manifest-signature/1");
  if (sig->value("manifest_sha256", Json()) != crypto::hex(p.manifest_digest))
    p.bad("manifest.sig: signs another manifest.json than the one here");
  const Json list = sig->value("signatures", Json::array());
  if (!list.is_array() || list.size() != 1)
    return p.bad("manifest.sig: not signed by the one person who delivers");
  const auto at = time_of_acts(p);
  if (!at) return p.bad("manifest.json", at.error());
  const Status ok = check_deliverer(p, list[0], p.listing.files.at("manifest.json"), *at);
  if (!ok) p.bad("manifest.sig", ok.error());
  if (p.findings.size() == before)
    p.good(
        fmt::format("manifest.json: signed by {}, who delivered it", list[0].value("user", std::string{})));
}

}  // namespace writ::produce
