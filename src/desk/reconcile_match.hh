// SPDX-License-Identifier: GPL-3.0-or-later
// The comparison of a day's intercepted calls with the call records of the same target: a second oracle for
// what was missed and for what was collected without right. Pure; reconciliation.hh brings the two sides.
//
// A record and a call are the same when the target plays the same part (caller, called, redirecting), the
// last seven digits of the other parties agree where both have as many, and the times fit. That is, best
// first: the starts lie within the tolerance; the call was joined while the record says that it was up; the
// record starts with the answer (some switches count from there); the call began while the record was up
// (behind a menu or a queue) and ended with it. Each record and each call counts once;
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
  std::optional<Instant> answer{}, end{};
};
struct BookedCall {  // a call detail record
  std::string ref;   // "2026-11/17": month and place in the book
  std::string call_id, linked;
  Part part = Part::caller;
  std::string other;
  Instant start{}, end{};
  bool by_line = false;  // of the extension or number behind the target: a partner, never missed by itself
};
struct AuthorityWindow {  // of one grant, half open
  Instant from{}, until{};
  bool outgoing = true, incoming = true;
};
struct Hole {  // why something may be missing in [from, until]
  Instant from{}, until{};
  std::string why;
  bool awaited = false;  // it comes yet: the day is not wholly compared before
};

inline constexpr std::chrono::seconds reconcile_tolerance{5};
inline constexpr std::chrono::hours longest_call{24};      // that is looked for
inline constexpr std::chrono::minutes longest_ringing{5};  // before a record that starts with the answer

struct ReconcileInput {
  Instant from{}, until{};  // the day; what begins outside of it is only looked at as a partner
  std::vector<SeenCall> seen;
  std::vector<BookedCall> booked;
  std::vector<AuthorityWindow> windows;
  std::vector<Hole> holes;
  Instant now = Instant::max();
  Instant records_until = Instant::max();  // start of the newest record of anybody that the house has
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
  std::vector<std::string> open;       // why the day is not wholly compared yet; no findings
};
Reconciled reconcile(const ReconcileInput& in);

}  // namespace writ::desk
