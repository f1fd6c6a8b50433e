// SPDX-License-Identifier: GPL-3.0-or-later
// What a run says of itself when it is over: "writ.probe-run/1" on stdout, what is missing on stderr.
#pragma once
#include <vector>

#include "base/json.hh"
#include "capture/run.hh"

namespace writ::probe {

Json grant_counts(const std::vector<authority::VerifiedGrant>& grants, const capture::Spool& spool);
Json summary(const capture::RunResult& r, Json grants, Exit exit);
void print_summary(const Json& s, bool json);
// Says on stderr what is missing; Exit::partial when something is.
Exit judge(const capture::RunResult& r);

}  // namespace writ::probe
