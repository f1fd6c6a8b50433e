// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/demand_subjects.hh"

namespace writ::desk {

using authority::ScopeSubject;
using records::Ask;

Result<ScopeSubject> scope_subject(const process::DemandSubject& s) {
  if (s.kind == "street-address") {
    const auto& a = s.address;
    return canonical_subject(
        {s.kind, a.building + "|" + a.street + "|" + a.city + "|" + a.state + "|" + a.zip, ""});
  }
  const bool at_property = s.kind == "extension" || s.kind == "tenant-name";
  return canonical_subject({s.kind, s.value, at_property ? s.property : ""});
}

Ask ask_of(const process::DemandSubject& s, Instant from, Instant until) {
  Ask a;
  a.from = from;
  a.until = until;
  a.address = s.address;
  if (s.kind == "number") {
    a.by = Ask::By::number;
    a.number = s.value;
  } else if (s.kind == "extension") {
    a.by = Ask::By::tenant_extension;
    a.extension = s.value;
    a.property = s.property;
  } else if (s.kind == "account") {
    a.by = Ask::By::account_number;
    a.account_number = s.value;
  } else if (s.kind == "account-name") {
    a.by = Ask::By::account_name;
    a.account_name = s.value;
    a.account_number = s.property;
  } else if (s.kind == "tenant-name") {
    a.by = Ask::By::tenant_name;
    a.tenant_name = s.value;
    a.account_name = s.subscriber;
    a.account_number = s.property;
  } else {
    a.by = Ask::By::street_address;
  }
  return a;
}

std::optional<Ask> tenant_ask_of(const process::DemandSubject& s, Instant from, Instant until) {
  if (s.kind != "number") return {};
  Ask a = ask_of(s, from, until);
  a.by = Ask::By::tenant_number;
  return a;
}

}  // namespace writ::desk
