// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/papers.hh"

#include <fmt/format.h>

namespace writ::link {
namespace {

using authority::Role;

constexpr const char* request_schema = "writ.link-request/1";
constexpr const char* admission_schema = "writ.link-admission/1";
constexpr const char* lease_schema = "writ.lease/1";
constexpr const char* held_schema = "writ.link-held/1";
constexpr std::size_t pem_bytes_max = 16u << 10;

tl::unexpected<Error> not_for_us(const char* what, const std::string& why) {
  return fail(Exit::refused, fmt::format("{}: {}", what, why),
              "a probe hears its own carrier's desk only, whose key both roots certified (docs/link.md)",
              "the paper that this carrier's desk made for this probe", "writ link admit at the office");
}

// Signed by the desk that its own body names, and that desk certified by `roots` at the time it says.
Result<Json> open_desk_paper(View text, const char* schema, const char* what,
                             const authority::TrustRoots& roots, const crypto::VerifyKey& probe) {
  WRIT_TRY(body, custody::open_paper(text, schema, "desk", what));
  const auto cert_json = field<Json>(body, "desk_cert", what);
  const auto carrier = field<std::string>(body, "carrier", what);
  const auto at = authority::time_field(body, "at", what);
  const auto desk = authority::verify_key_field(body, "desk", what);
  const auto whose = authority::verify_key_field(body, "probe", what);
  if (!cert_json || !carrier || !at || !desk || !whose) return custody::bad_paper(what, "is not in its form");
  const auto cert = authority::parse_role_cert(*cert_json);
  if (!cert) return custody::bad_paper(what, "names no desk");
  if (*carrier != roots.carrier) return not_for_us(what, fmt::format("is of the carrier '{}'", *carrier));
  WRIT_CHECK(authority::verify_cert(*cert, roots, Role::desk, *at));
  if (cert->verify != *desk) return not_for_us(what, "is signed by a key that the roots did not certify");
  if (*whose != probe) return not_for_us(what, "is another probe's");
  return body;
}

// The parts that every paper of the desk has; open_desk_paper has looked at them.
struct Common {
  Instant at;
  authority::RoleCert desk;
};
Result<Common> common_of(const Json& body, const char* what) {
  WRIT_TRY(at, authority::time_field(body, "at", what));
  WRIT_TRY(cert_json, field<Json>(body, "desk_cert", what));
  WRIT_TRY(desk, authority::parse_role_cert(cert_json));
  return Common{at, std::move(desk)};
}

Json request_body(const Request& r) {
  return Json{{"at", rfc3339(r.at)},
              {"name", r.name},
              {"probe", r.probe.text()},
              {"public_key", crypto::base64(r.public_key)}};
}

Result<Request> request_of(const Json& j, std::string_view where) {
  Request r;
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(name, authority::text_field(j, "name", where));
  WRIT_TRY(at, authority::time_field(j, "at", where));
  WRIT_TRY(text, field<std::string>(j, "public_key", where));
  WRIT_TRY(key, crypto::unbase64(text));
  if (key.empty() || key.size() > 1024) return fail(Exit::usage, "a key of an impossible size");
  r.probe = probe;
  r.name = std::move(name);
  r.at = at;
  r.public_key = std::move(key);
  WRIT_CHECK(authority::prints_back(j, request_body(r), where));
  return r;
}

Json admission_body(const Admission& a) {
  return Json{{"at", rfc3339(a.at)},          {"ca", a.ca},
              {"carrier", a.carrier},         {"cert", a.cert},
              {"desk", a.desk.verify.text()}, {"desk_cert", authority::to_json(a.desk)},
              {"lease_s", a.lease.count()},   {"office", crypto::hex(a.office)},
              {"probe", a.probe.text()}};
}

Result<Admission> admission_of(const Json& j, const char* where) {
  Admission a;
  WRIT_TRY(common, common_of(j, where));
  WRIT_TRY(carrier, authority::text_field(j, "carrier", where));
  WRIT_TRY(ca, field<std::string>(j, "ca", where));
  WRIT_TRY(cert, field<std::string>(j, "cert", where));
  WRIT_TRY(office, authority::hex_field<32>(j, "office", where));
  WRIT_TRY(lease, field<std::int64_t>(j, "lease_s", where));
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  if (ca.size() > pem_bytes_max || cert.size() > pem_bytes_max || lease < 0 || lease > lease_max.count())
    return fail(Exit::usage, "says what cannot be");
  a.carrier = std::move(carrier);
  a.ca = std::move(ca);
  a.cert = std::move(cert);
  a.office = office;
  a.lease = std::chrono::seconds{lease};
  a.probe = probe;
  a.desk = std::move(common.desk);
  a.at = common.at;
  WRIT_CHECK(authority::prints_back(j, admission_body(a), where));
  return a;
}

Json lease_body(const Lease& l, const std::string& carrier) {
  return Json{{"at", rfc3339(l.at)},          {"carrier", carrier},
              {"desk", l.desk.verify.text()}, {"desk_cert", authority::to_json(l.desk)},
              {"probe", l.probe.text()},      {"revocations", l.revocations},
              {"until", rfc3339(l.until)}};
}

Result<Lease> lease_of(const Json& j, const std::string& carrier, const char* where) {
  Lease l;
  WRIT_TRY(common, common_of(j, where));
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(number, field<std::uint64_t>(j, "revocations", where));
  WRIT_TRY(until, authority::time_field(j, "until", where));
  l.probe = probe;
  l.revocations = number;
  l.at = common.at;
  l.until = until;
  l.desk = std::move(common.desk);
  if (until < l.at || until - l.at > lease_max) return fail(Exit::usage, "reaches too far");
  WRIT_CHECK(authority::prints_back(j, lease_body(l, carrier), where));
  return l;
}

Json held_body(const StreamHeld& h, const crypto::VerifyKey& desk) {
  Json j = custody::to_json(static_cast<const custody::Extent&>(h.held));
  j["closed"] = h.held.closed;
  j["at"] = rfc3339(h.at);
  j["desk"] = desk.text();
  j["probe"] = h.probe.text();
  return j;
}

Result<StreamHeld> held_of(const Json& j, const crypto::VerifyKey& desk, const char* where) {
  StreamHeld h;
  WRIT_TRY(extent, custody::extent_of(j, where));
  WRIT_TRY(closed, field<bool>(j, "closed", where));
  WRIT_TRY(probe, authority::verify_key_field(j, "probe", where));
  WRIT_TRY(at, authority::time_field(j, "at", where));
  h.held = {extent, closed};
  h.probe = probe;
  h.at = at;
  WRIT_CHECK(authority::prints_back(j, held_body(h, desk), where));
  return h;
}

}  // namespace

std::string sign_request(Request r, const crypto::SigningKey& probe) {
  r.probe = probe.public_key();
  r.at = authority::whole_micros(r.at);
  return custody::sign_paper(request_schema, request_body(r), probe);
}

Result<Request> parse_request(View text, const std::string& name) {
  WRIT_TRY(body, custody::open_paper(text, request_schema, "probe", name));
  auto r = request_of(body, name);
  if (!r) return custody::bad_paper(name, r.error().what);
  return r;
}

std::string sign_admission(const Admission& a, const crypto::SigningKey& desk) {
  return custody::sign_paper(admission_schema, admission_body(a), desk);
}

Result<Admission> verify_admission(View text, const authority::TrustRoots& roots,
                                   const crypto::VerifyKey& probe) {
  constexpr const char* what = "the admission to the link";
  WRIT_TRY(body, open_desk_paper(text, admission_schema, what, roots, probe));
  auto a = admission_of(body, what);
  if (!a) return custody::bad_paper(what, a.error().what);
  return a;
}

std::string sign_lease(Lease l, const std::string& carrier, const crypto::SigningKey& desk) {
  l.at = authority::whole_micros(l.at);
  l.until = authority::whole_micros(l.until);
  return custody::sign_paper(lease_schema, lease_body(l, carrier), desk);
}

Result<Lease> verify_lease(View text, const authority::TrustRoots& roots, const crypto::VerifyKey& probe) {
  constexpr const char* what = "the lease";
  WRIT_TRY(body, open_desk_paper(text, lease_schema, what, roots, probe));
  auto l = lease_of(body, roots.carrier, what);
  if (!l) return custody::bad_paper(what, l.error().what);
  return l;
}

std::string sign_held(StreamHeld h, const crypto::SigningKey& desk) {
  h.at = authority::whole_micros(h.at);
  return custody::sign_paper(held_schema, held_body(h, desk.public_key()), desk);
}

Result<StreamHeld> verify_held(View text, const crypto::VerifyKey& desk, const crypto::VerifyKey& probe) {
  constexpr const char* what = "what the office holds";
  WRIT_TRY(body, custody::open_paper(text, held_schema, "desk", what));
  auto h = held_of(body, desk, what);
  if (!h) return custody::bad_paper(what, h.error().what);
  if (h->probe != probe) return not_for_us(what, "is another probe's");
  return h;
}

}  // namespace writ::link
