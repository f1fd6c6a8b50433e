// SPDX-License-Identifier: GPL-3.0-or-later
// Whom a legal demand names, in the words of the records: as the scope names it (record_access.hh), and as
// the questions by which it is found (S8 to S16).
#pragma once
#include "desk/record_access.hh"
#include "process/demand.hh"
#include "records/identify.hh"

namespace writ::desk {

// Canonical. Exit::usage when the document's word cannot be one (an incomplete number).
Result<authority::ScopeSubject> scope_subject(const process::DemandSubject& s);
// The question for the subscriber, or the tenant by name or extension, in that period.
records::Ask ask_of(const process::DemandSubject& s, Instant from, Instant until);
// A number may be a tenant's: the second question about it. None for other kinds.
std::optional<records::Ask> tenant_ask_of(const process::DemandSubject& s, Instant from, Instant until);

}  // namespace writ::desk
