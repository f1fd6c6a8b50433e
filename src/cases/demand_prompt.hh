// SPDX-License-Identifier: GPL-3.0-or-later
// A process file by question and answer, for a person with the paper in hand: first what the kind of process
// needs, then the rest. An empty answer keeps what stands in brackets; "-" empties the field; "?" lists what
// may be answered. What was answered is kept after every line, so that an end of input loses nothing.
#pragma once
#include <functional>
#include <iosfwd>

#include "process/demand.hh"

namespace writ::cases {

struct Prompt {
  std::istream& in;
  std::ostream& out;
  const policy::Policy& policy;
  Instant now{};
  std::function<Status(const process::Demand&)> keep;  // the draft
};

// The finished demand, after its review was answered "file"; Exit::partial when the input ends before.
// `draft`: what is known already. A day without a time is its beginning in the carrier's zone.
Result<process::Demand> ask_demand(Prompt& p, process::Demand draft);

}  // namespace writ::cases
