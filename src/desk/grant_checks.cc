// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/grant_checks.hh"

#include <fmt/format.h>

#include "authority/grant_file.hh"
#include "vault/matter_keys.hh"

namespace writ::desk {
namespace {

using authority::Act;
using authority::Role;

constexpr std::array acts_in_order{Act::legal_authorisation, Act::carrier_authorisation, Act::arming};

auto altered(const std::string& matter, const std::string& what) {
  return fail(Exit::integrity, fmt::format("{}: {}", matter, what),
              "the document's and the request's SHA-256 bind every act (18 USC 2518(4))",
              "the order as it was filed and checked", "restore it, or file the changed order as a new one");
}

Status check_filer(const Carrier& c, const Order& o) {
  const auto step = o.done_by.find(process::Step::file);
  if (step == o.done_by.end() || step->second != o.filed_by)
    return altered(o.matter, "who filed the order was altered");
  const auto cert = c.cert_of(o.filed_by);
  if (!cert || !crypto::verify(cert->verify, filing_domain, o.request_sha256, o.filed_signature))
    return altered(o.matter,
                   fmt::format("the order is not signed by {}, who is said to have filed it", o.filed_by));
  for (const Role r : {Role::intake, Role::officer, Role::technician})
    if (authority::verify_cert(*cert, c.roots(), r, o.filed_at)) return {};
  return altered(o.matter, fmt::format("{} was not certified to file orders", o.filed_by));
}

Status check_one_act(const Carrier& c, const Order& o, const GrantRow& g, std::size_t i) {
  const authority::SignedAct& a = g.acts[i];
  const crypto::Digest id = authority::grant_id(g.body);
  const auto cert = c.cert_of(a.user);
  if (!cert) return fail(Exit::integrity, fmt::format("{}: {}", o.matter, cert.error().what));
  WRIT_CHECK(authority::verify_cert(*cert, c.roots(), authority::required_role(acts_in_order[i]), a.at));
  if (a.act != acts_in_order[i] || a.grant != id || a.key != cert->verify || !authority::is_signed(a))
    return fail(Exit::integrity,
                fmt::format("{}: the {} is not {}'s signature over this grant", o.matter,
                            authority::to_string(acts_in_order[i]), a.user),
                "47 CFR 1.20002: legal and carrier authorisation", "the act as it was signed",
                "that person does the act again");
  if (a.act == Act::legal_authorisation && a.user == o.filed_by)
    return fail(Exit::refused, "who filed the order cannot authorise it", "nobody approves their own work",
                "another counsel", "ask a counsel who did not file it");
  return {};
}

// The grant file judged by the probe's own rules at `at` against `list`.
Status judge(const Carrier& c, const GrantRow& g, authority::RevocationList list, Instant at) {
  const std::string text = authority::issue_revocations(std::move(list), c.desk_key());
  WRIT_TRY(read, authority::verify_revocations(view_of(text), c.roots(), 0));
  WRIT_TRY(grant, authority::verify_grant(view_of(*g.file), {&c.roots(), &read, g.body.probe, at}));
  if (crypto::hex(grant.id()) == g.id) return {};
  return fail(Exit::integrity, fmt::format("{}: the stored grant file is another grant's", g.matter));
}

}  // namespace

Status check_order_integrity(const Carrier& c, const Order& o, const authority::GrantBody& body) {
  WRIT_TRY(digest, process::request_digest(o.request));
  if (digest != o.request_sha256 || digest != body.request_sha256)
    return altered(o.matter, "the stored order was altered");
  if (o.document_sha256 != o.request.document_sha256 || o.document_sha256 != body.document_sha256)
    return altered(o.matter, "the order is bound to another document");
  const auto document =
      crypto::sha256_file((c.data() / "documents" / crypto::hex(o.document_sha256)).string());
  if (!document || *document != o.document_sha256)
    return altered(o.matter, "the scanned document is missing or altered");
  return check_filer(c, o);
}

Status check_acts(const Carrier& c, const Order& o, const GrantRow& g, std::size_t count) {
  if (crypto::hex(authority::grant_id(g.body)) != g.id || g.body.matter != o.matter || g.matter != o.matter)
    return fail(Exit::integrity, fmt::format("{}: the stored grant was altered", o.matter));
  if (g.acts.size() < count)
    return fail(Exit::refused,
                fmt::format("{} has no {}", o.matter, authority::to_string(acts_in_order[g.acts.size()])),
                "47 CFR 1.20002: legal and carrier authorisation", "the signed act",
                "counsel and the officer act first, in that order");
  for (std::size_t i = 0; i < count; ++i) WRIT_CHECK(check_one_act(c, o, g, i));
  return {};
}

Status check_matter_keys(const Carrier& c, const GrantRow& g) {
  const auto check = [&](const char* stream, const std::vector<crypto::BoxPublic>& recipients) -> Status {
    if (recipients.empty()) return {};
    const auto kept = vault::matter_key_public(c.data() / "vault", g.matter, stream);
    if (kept && recipients == std::vector{*kept}) return {};
    return fail(Exit::integrity,
                fmt::format("{}: the vault does not hold the {} key that the grant names", g.matter, stream),
                "evidence is sealed to the matter's key in the signed grant; another key could never open it",
                "the vault's key file as it was made", "restore vault/ from backup");
  };
  WRIT_CHECK(check("call-data", g.body.call_data_to));
  return check("content", g.body.content_to);
}

Status check_in_force(const Carrier& c, const GrantRow& g) {
  WRIT_TRY(list, Orders{c}.revocations());
  return judge(c, g, std::move(list), c.now());
}

Result<authority::GrantFile> issued_grant(const Carrier& c, const GrantRow& g) {
  if (!g.file)
    return fail(Exit::refused, fmt::format("{} was never armed", g.matter), "S54: three acts by three people",
                "the technician's act", fmt::format("a technician arms it: writ intercept arm {}", g.matter));
  auto parsed = authority::parse_grant_file(view_of(*g.file));
  if (!parsed || crypto::hex(authority::grant_id(parsed->body)) != g.id ||
      parsed->acts.size() != acts_in_order.size() || parsed->body.matter != g.matter)
    return fail(Exit::integrity, fmt::format("{}: the stored grant file was altered", g.matter));
  authority::RevocationList none;
  none.carrier = c.roots().carrier;
  none.issued = c.now();
  none.sequence = 1;
  none.issuer_cert = c.desk_cert();
  const Instant at =
      std::min(std::max(parsed->acts[2].at, parsed->body.not_before), parsed->body.not_after - Nanos{1});
  if (auto ok = judge(c, g, std::move(none), at); !ok)
    return fail(
        Exit::integrity,
        fmt::format("{}: the stored grant file is not what was issued: {}", g.matter, ok.error().what),
        ok.error().rule, "the grant as it was issued", "restore the store from backup");
  return std::move(*parsed);
}

}  // namespace writ::desk
