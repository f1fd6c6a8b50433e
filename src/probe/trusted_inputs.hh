// SPDX-License-Identifier: GPL-3.0-or-later
// Where a grant believes From (GrantBody::trust_from, trust_from_at), held against the inputs of this run: a
// name that it does not have is refused, since whoever signed meant a port that is not heard here.
#pragma once
#include <string>
#include <vector>

#include "authority/grant.hh"
#include "capture/run.hh"

namespace writ::probe {

// `inputs`: all that the run has, by name (capture::inputs_of; the name that was given to a file or stream).
// Exit::refused, also for trust_from where there are several: which of them "this port" is nobody has said.
Status check_inputs(const authority::GrantBody& g, const std::vector<std::string>& inputs);

// A capture file has its interfaces by name (pcapng). Those that the grants name; Exit::refused when the file
// lacks one, or has two of that name. trust_from means all of the file.
Result<std::vector<std::string>> inputs_for(const std::vector<authority::VerifiedGrant>& grants,
                                            const fs::path& capture);

}  // namespace writ::probe
