// SPDX-License-Identifier: GPL-3.0-or-later
// Who may cause an interception: the checks that the desk runs before it issues and the probe before it
// listens.
//
// Both run the same `check_file`, so that nothing is issued that will be refused in the field. The probe adds
// what only it knows: its own key, the wall clock, the revocations. Cheap checks come first; at most four
// certificates (two signatures each), three acts and the issuer are verified, about a millisecond.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "authority/grant_file.hh"
#include "authority/strict.hh"

namespace writ::authority {
namespace {

constexpr std::array acts_in_order{Act::legal_authorisation, Act::carrier_authorisation, Act::arming};
constexpr const char* three_people =
    "legal and carrier authorisation and the technician's act, by three people: 47 USC 1004; 47 CFR 1.20002, "
    "1.20003";
constexpr const char* sign_again =
    "counsel, the officer and the technician sign this grant, each with an own key";

auto refuse_grant(std::string what, std::string missing, std::string next = sign_again,
                  std::string rule = three_people) {
  return fail(Exit::refused, std::move(what), std::move(rule), std::move(missing), std::move(next));
}

std::string_view role_name(std::size_t i) {
  return i < 3 ? to_string(required_role(acts_in_order[i])) : "desk";
}

// Three people and one machine, none of them twice under another name or with another's key.
Status check_distinct(const std::vector<RoleCert>& certs) {
  for (std::size_t i = 0; i < certs.size(); ++i)
    for (std::size_t k = i + 1; k < certs.size(); ++k) {
      if (is_same_user(certs[i].user, certs[k].user))
        return refuse_grant(
            fmt::format("{} signed as {} and as {}", certs[i].user, role_name(i), role_name(k)),
            "a different person for each act");
      if (certs[i].verify == certs[k].verify)
        return refuse_grant(fmt::format("{} and {} signed with one key", certs[i].user, certs[k].user),
                            "a different key for each person");
    }
  return {};
}

Status check_shape(const GrantFile& f, const crypto::Digest& id) {
  if (f.acts.size() != acts_in_order.size())
    return refuse_grant(fmt::format("the grant carries {} of the three acts", f.acts.size()),
                        "exactly three signed acts");
  if (f.certs.size() != acts_in_order.size() + 1)
    return refuse_grant(fmt::format("the grant carries {} certificates", f.certs.size()),
                        "the certificates of counsel, officer, technician and desk, in that order");
  for (std::size_t i = 0; i < acts_in_order.size(); ++i) {
    const SignedAct& a = f.acts[i];
    if (a.act != acts_in_order[i])
      return refuse_grant(fmt::format("act {} of the grant is {}", i + 1, to_string(a.act)),
                          fmt::format("{} at this place", to_string(acts_in_order[i])));
    if (a.grant != id)
      return refuse_grant(fmt::format("the {} by {} is for another grant", to_string(a.act), a.user),
                          "the signature over these very bytes");
    if (a.user != f.certs[i].user || a.key != f.certs[i].verify)
      return refuse_grant(fmt::format("the {} by {} does not fit its certificate", to_string(a.act), a.user),
                          fmt::format("the certificate of {} for the key that signed", a.user));
    if (i > 0 && a.at < f.acts[i - 1].at)
      return refuse_grant(
          fmt::format("the {} came before the {}", to_string(a.act), to_string(f.acts[i - 1].act)),
          "legal authorisation, then carrier authorisation, then arming");
  }
  if (f.issuer != f.certs[3].verify)
    return refuse_grant("the issuer does not fit its certificate",
                        "the desk's certificate for the key that issued", "the desk issues the grant again");
  return check_distinct(f.certs);
}

Status check_acts(const GrantFile& f, const TrustRoots& roots) {
  for (std::size_t i = 0; i < acts_in_order.size(); ++i) {
    WRIT_CHECK(verify_cert(f.certs[i], roots, required_role(acts_in_order[i]), f.acts[i].at));
    if (!is_signed(f.acts[i]))
      return refuse_grant(fmt::format("the {} is not signed by {}", to_string(f.acts[i].act), f.acts[i].user),
                          "a valid signature over act, time and grant");
  }
  return verify_cert(f.certs[3], roots, Role::desk, f.acts[2].at);
}

Status check_issuer(const GrantFile& f) {
  if (!crypto::verify(f.issuer, issuer_domain, view_of(issuer_text(f.body, f.acts)), f.issuer_signature))
    return refuse_grant("the grant is not signed by its issuer", "the desk's valid signature",
                        "the desk issues it again");
  return {};
}

Status check_authority(const GrantBody& body, const TrustRoots& roots) {
  if (body.carrier != roots.carrier)
    return refuse_grant(fmt::format("the grant is for the carrier '{}'", body.carrier),
                        fmt::format("a grant of '{}'", roots.carrier),
                        "the carrier whose roots are pinned here issues it");
  return check_body(body);
}

// All but the issuer's signature and what only the probe knows.
Status check_file(const GrantFile& f, const TrustRoots& roots) {
  WRIT_CHECK(check_authority(f.body, roots));
  WRIT_CHECK(check_shape(f, grant_id(f.body)));
  return check_acts(f, roots);
}

auto expired(std::string what, std::string missing, std::string next) {
  return fail(Exit::expired, std::move(what),
              "an interception ends with its authority: 18 USC 2518(4)(e), (5), 3123(c); 47 CFR 1.20003",
              std::move(missing), std::move(next));
}

// The first instant at which the grant is dead.
Result<Instant> end_of(const GrantFile& f, const crypto::Digest& id, const GrantCheck& check) {
  const Revocation* stop = nullptr;
  for (const Revocation& r : check.revocations->entries)
    if (r.grant == id && (!stop || r.at < stop->at)) stop = &r;
  if (stop && check.now >= stop->at)
    return expired(
        fmt::format("the grant was stopped at {} by {}: {}", rfc3339(stop->at), stop->user, stop->reason),
        "a grant that is alive", "counsel decides whether a new grant is made");
  if (check.now >= f.body.not_after)
    return expired(fmt::format("the grant ended at {}", rfc3339(f.body.not_after)),
                   "a grant whose window is open",
                   "an extension is a new order: counsel, the officer and the technician sign a new grant");
  return stop ? std::min(stop->at, f.body.not_after) : f.body.not_after;
}

}  // namespace

Result<std::string> issue_grant(GrantBody body, std::vector<SignedAct> acts,
                                std::vector<RoleCert> signer_certs, const RoleCert& issuer_cert,
                                const crypto::SigningKey& issuer, const TrustRoots& roots) {
  WRIT_CHECK(check_authority(body, roots));  // before times are cut to what is printed
  GrantFile f{std::move(body), std::move(acts), std::move(signer_certs), issuer.public_key(), {}};
  f.body.not_before = whole_micros(f.body.not_before);
  f.body.not_after = whole_micros(f.body.not_after);
  f.certs.push_back(issuer_cert);
  WRIT_CHECK(check_file(f, roots));
  f.issuer_signature = issuer.sign(issuer_domain, view_of(issuer_text(f.body, f.acts)));
  std::string text = canonical(to_json(f));
  WRIT_TRY(back, parse_grant_file(view_of(text)));  // exactly what the probe will read
  WRIT_CHECK(check_issuer(back));
  return text;
}

Result<VerifiedGrant> verify_grant(View grant_file, const GrantCheck& check) {
  if (!check.roots || !check.revocations || check.revocations->carrier != check.roots->carrier)
    return refuse_grant("the grant cannot be judged",
                        "the pinned roots and this carrier's newest revocation list",
                        "fetch the revocation list from the desk");
  auto f = parse_grant_file(grant_file);
  if (!f) {
    Error e = std::move(f).error();
    e.exit = Exit::refused;
    return tl::unexpected<Error>(std::move(e));
  }
  WRIT_CHECK(check_file(*f, *check.roots));
  WRIT_CHECK(check_issuer(*f));
  if (f->body.probe != check.probe)
    return refuse_grant(fmt::format("the grant is for the probe '{}'", f->body.probe_name),
                        "a grant for this probe's key",
                        "the desk makes a grant for this probe, which is then signed");
  VerifiedGrant g;
  g.id_ = grant_id(f->body);
  g.armed_ = f->acts[2].at;
  WRIT_TRY(until, end_of(*f, g.id_, check));
  if (check.now < g.armed_)
    return refuse_grant(
        fmt::format("the clock shows {}, before the arming at {}", rfc3339(check.now), rfc3339(g.armed_)),
        "a clock that was not set back", "set the machine's clock right, then load the grant again");
  g.until_ = until;
  g.body_ = std::move(f->body);
  return g;
}

}  // namespace writ::authority
