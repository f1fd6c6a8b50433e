// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/uplink_register.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::desk {
namespace {

using authority::Role;

constexpr const char* link_rule =
    "a probe comes in by the key that it signed for itself, and that both roots certified (docs/link.md)";

tl::unexpected<Error> not_admitted(std::string what) {
  return fail(Exit::refused, std::move(what), link_rule, "a probe that is admitted to the link",
              "writ-probe link request there, writ link admit here");
}

// Signed by the key of that enrolled probe.
Result<link::Request> request_of(const Carrier& c, View text, const std::string& name) {
  WRIT_TRY(r, link::parse_request(text, "the request of " + name));
  WRIT_TRY(cert, c.probe_cert(name));
  if (r.name != name || r.probe != cert.verify)
    return not_admitted(fmt::format("the request is not of the probe '{}' that is enrolled", name));
  return r;
}

}  // namespace

fs::path LinkRegister::file(const std::string& name, const char* kind) const {
  return dir_ / "probes" / fmt::format("{}.{}.json", name, kind);
}

Result<LinkRegister::Ca> LinkRegister::ca() {
  WRIT_CHECK(make_dirs(dir_ / "probes", 0700));
  WRIT_CHECK(make_dirs(lists(), 0700));
  if (const auto pem = read_text(dir_ / "ca.pem")) {  // written last
    WRIT_TRY(text, read_text(dir_ / "ca.key"));
    WRIT_TRY(key, link::TlsKey::from_pem(text));
    return Ca{std::move(key), *pem};
  }
  WRIT_TRY(key, link::TlsKey::make());
  WRIT_TRY(secret, key.pem());
  WRIT_TRY(pem, link::make_ca(key, c_->roots().carrier, c_->now()));
  WRIT_CHECK(c_->note("desk", "link.ca", "", Json{{"sha256", crypto::hex(crypto::sha256(view_of(pem)))}}));
  WRIT_CHECK(write_file(dir_ / "ca.key", secret, 0600));
  WRIT_CHECK(write_file(dir_ / "ca.pem", pem));
  return Ca{std::move(key), std::move(pem)};
}

Result<std::pair<link::TlsKey, std::string>> LinkRegister::office_end() {
  WRIT_TRY(ours, ca());
  std::string secret;
  if (auto there = read_text(dir_ / "office.key")) secret = std::move(*there);
  if (secret.empty()) {
    WRIT_TRY(fresh, link::TlsKey::make());
    WRIT_TRY(pem, fresh.pem());
    WRIT_CHECK(write_file(dir_ / "office.key", pem, 0600));
    secret = pem;
  }
  WRIT_TRY(key, link::TlsKey::from_pem(secret));
  if (const auto pem = read_text(dir_ / "office.pem"))
    if (const auto end = link::end_of_certificate(*pem); end && *end > c_->now() + std::chrono::days{30})
      return std::pair{std::move(key), *pem};
  WRIT_TRY(der, key.public_der());
  WRIT_TRY(pem,
           link::issue_certificate(ours.key, ours.pem, der, "writ office", link::End::office, c_->now()));
  WRIT_CHECK(write_file(dir_ / "office.pem", pem));
  return std::pair{std::move(key), std::move(pem)};
}

Result<link::TlsSetup> LinkRegister::office() {
  WRIT_TRY(lock, lock_file(c_->data() / "link.lock"));
  WRIT_TRY(ours, ca());
  WRIT_TRY(end, office_end());
  WRIT_TRY(secret, end.first.pem());
  return link::TlsSetup::make(link::End::office, secret, end.second, ours.pem);
}

Result<std::string> LinkRegister::admitted(const std::string& name, View text, std::chrono::seconds lease,
                                           const Acting& by) {
  WRIT_TRY(r, request_of(*c_, text, name));
  WRIT_TRY(lock, lock_file(c_->data() / "link.lock"));
  WRIT_TRY(ours, ca());
  WRIT_TRY(end, office_end());
  WRIT_TRY(office_der, end.first.public_der());
  WRIT_TRY(cert,
           link::issue_certificate(ours.key, ours.pem, r.public_key, name, link::End::probe, c_->now()));
  link::Admission a;
  a.carrier = c_->roots().carrier;
  a.ca = ours.pem;
  a.cert = cert;
  a.office = link::digest_of(office_der);
  a.lease = lease;
  a.probe = r.probe;
  a.desk = c_->desk_cert();
  a.at = authority::whole_micros(c_->now());
  std::string admission = link::sign_admission(a, c_->desk_key());
  WRIT_CHECK(link::verify_admission(view_of(admission), c_->roots(), r.probe));
  WRIT_CHECK(c_->note(by.person.user, "link.admit", "",
                      Json{{"probe", name},
                           {"tls_key", crypto::hex(link::digest_of(r.public_key))},
                           {"lease_s", lease.count()}}));
  WRIT_CHECK(write_file(file(name, "admission"), admission));
  WRIT_CHECK(write_file(file(name, "request"), text));  // last: from now on it counts
  return admission;
}

Result<std::string> LinkRegister::admit(const std::string& name, View request, std::chrono::seconds lease,
                                        const Credentials& who) {
  WRIT_CHECK(c_->only_outside("admitting a probe to the link"));
  if (lease < std::chrono::seconds{0} || lease > link::lease_max)
    return fail(Exit::usage, fmt::format("a lease of {} s", lease.count()), {},
                fmt::format("0 (none) to {} seconds", link::lease_max.count()));
  WRIT_TRY(by, c_->act_as(who, Role::technician));
  return c_->attempt(who.user, "link.admit", "", [&] { return admitted(name, request, lease, by); });
}

Status LinkRegister::dismiss(const std::string& name, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::technician, Role::officer}));
  std::error_code ec;
  if (!c_->probe_cert(name) || !fs::exists(file(name, "request"), ec))
    return fail(Exit::not_found, fmt::format("the probe '{}' is not admitted to the link", name));
  WRIT_CHECK(c_->note(by.person.user, "link.dismiss", "", Json{{"probe", name}}));
  fs::remove(file(name, "request"), ec);
  if (ec) return fail(Exit::failure, fmt::format("remove the admission of {}: {}", name, ec.message()));
  return sync_dir(dir_ / "probes");
}

Result<LinkProbe> LinkRegister::whose(const link::KeyDigest& key) const {
  WRIT_TRY(names, c_->probe_names());
  for (const std::string& name : names) {
    const auto text = read_text(file(name, "request"));
    if (!text) continue;
    const auto r = request_of(*c_, view_of(*text), name);
    if (!r || link::digest_of(r->public_key) != key) continue;
    WRIT_TRY(admission, read_text(file(name, "admission")));
    WRIT_TRY(a, link::verify_admission(view_of(admission), c_->roots(), r->probe));
    return LinkProbe{name, r->probe, a.lease};
  }
  return not_admitted(fmt::format("the TLS key {} is no probe's", crypto::hex(key).substr(0, 16)));
}

}  // namespace writ::desk
