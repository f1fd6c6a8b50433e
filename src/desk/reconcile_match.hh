// SPDX-License-Identifier: GPL-3.0-or-later
// The comparison of a day's intercepted calls with the call records of the same target: a second oracle for
// what was missed and for what was collected without right. Pure; reconciliation.hh brings the two sides.
//
// A record and a call are the same when the target plays the same part (caller, called, redirecting), their
// starts lie within the tolerance (or the call was joined while the record says that it was up), and the last
// seven digits of the other parties agree where both have as many. Each record and each call counts once;
// after that, further records of a matched call (legs, linked records) and further sightings of a matched
// record (a call that passes the port twice, with the same other party) are no findings.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hh"

namespace writ::desk {

enum class Part { caller, called, redirecting };  // the target's
const char* to_string(Part p);                    // "from-target", "to-target", "redirected"

struct SeenCall {   // intercepted
  std::string ref;  // "grant 0011aabb call 3"
  Part part = Part::caller;
  std::string other;  // as signalled
  Instant start{};
  bool answered = false, joined = false;  // joined: begun before the interception
};
struct BookedCall {  // a call detail record
  std::string ref;   // "2026-11/17": month and place in the book
  std::string call_id, linked;
  Part part = Part::caller;
  std::string other;
  Instant start{}, end{};
};
struct AuthorityWindow {  // of one grant, half open
  Instant from{}, until{};
  bool outgoing = true, incoming = true;
};
struct Hole {  // why something may be missing in [from, until]
  Instant from{}, until{};
  std::string why;
};

inline constexpr std::chrono::seconds reconcile_tolerance{5};

struct ReconcileInput {
  Instant from{}, until{};  // the day; what begins outside of it is only looked at as a partner
  std::vector<SeenCall> seen;
  std::vector<BookedCall> booked;
  std::vector<AuthorityWindow> windows;
  std::vector<Hole> holes;
};
struct Finding {
  const char* kind;  // "missed" | "over-collected"
  Instant at{};
  Part part = Part::caller;
  std::string ref, why;
};
struct Reconciled {
  std::uint64_t seen = 0, booked = 0;  // of the day
  std::uint64_t matched = 0;           // records that have their call
  std::uint64_t outside = 0;           // records that no authority covered, rightly without a call
  std::vector<Finding> findings;       // by time
};
Reconciled reconcile(const ReconcileInput& in);

}  // namespace writ::desk
