// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/audit_service.hh"

#include <fmt/format.h>

namespace writ::desk {

Result<std::vector<audit::OpenedEntry>> AuditService::show(const std::string& matter,
                                                           const Credentials& who) {
  WRIT_TRY(auditor, c_->act_as(who, authority::Role::auditor));
  WRIT_CHECK(c_->note(auditor.person.user, "audit.show", matter));
  WRIT_TRY(reader, c_->audit_reader(auditor));
  std::vector<audit::OpenedEntry> out;
  Status broken;
  WRIT_CHECK(audit::visit(c_->data() / "audit", [&](std::uint64_t, View leaf) {
    auto e = audit::open_leaf(leaf, reader);
    if (!e) {
      broken = tl::unexpected(std::move(e).error());
      return false;
    }
    if (matter.empty() || e->entry.value("matter", "") == matter) out.push_back(std::move(*e));
    return true;
  }));
  WRIT_CHECK(broken);
  return out;
}

Result<audit::Proof> AuditService::prove(std::uint64_t index) const {
  if (index >= c_->log().size())
    return fail(Exit::not_found, fmt::format("the log has {} entries, the last is {}", c_->log().size(),
                                             c_->log().size() - 1));
  return c_->log().prove(index);
}

Result<audit::VerifyReport> verify_log(const fs::path& data,
                                       const std::optional<audit::Checkpoint>& witness) {
  WRIT_TRY(roots_text, read_text(data / "roots.json"));
  WRIT_TRY(roots_json, parse_canonical(view_of(roots_text), "roots.json"));
  WRIT_TRY(roots, authority::parse_roots(roots_json));
  WRIT_TRY(cert_text, read_text(data / "desk.cert.json"));
  WRIT_TRY(cert_json, parse_canonical(view_of(cert_text), "desk.cert.json"));
  WRIT_TRY(cert, authority::parse_role_cert(cert_json));
  WRIT_CHECK(authority::verify_cert(cert, roots, authority::Role::desk, cert.not_before));
  return audit::verify_directory(data / "audit", cert.verify, witness);
}

Result<audit::VerifyReport> verify_log(const Carrier& c, const std::optional<audit::Checkpoint>& witness) {
  return audit::verify_directory(c.data() / "audit", c.desk_cert().verify, witness);
}

}  // namespace writ::desk
