// SPDX-License-Identifier: GPL-3.0-or-later
// Life cycles 3 and 4 (pen/trap, wiretap) as a table: state x act -> state, with the role that may act and
// whom the person must differ from. S54: legal authorisation + carrier authorisation + affirmative act of an
// individual.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "authority/person.hh"
#include "base/result.hh"
#include "process/request.hh"

namespace writ::process {

enum class State {
  received,
  returned,
  rejected,
  validated,
  legally_authorised,
  carrier_authorised,
  armed,
  ended,
  certified,
  closed
};
const char* to_string(State s);
Result<State> parse_state(std::string_view s);

enum class Step {
  file,
  authorise_legal,
  authorise_carrier,
  arm,
  extend,
  stop,
  revoke,
  certify,
  produce,
  invoice,
  close
};
const char* to_string(Step s);

// Who may take a step, and what must and must not have gone before. The same for every state in which it is
// possible.
struct StepRule {
  Step step;
  std::vector<authority::Role> roles;  // one of them
  std::vector<Step> after;             // each done, by somebody
  std::vector<Step> by_others;         // if done, then by another person
  const char* citation;
};
const std::vector<StepRule>& step_rules();  // all of them, in the order of a matter's life

struct Actor {
  std::string user;
  std::vector<authority::Role> roles;
};
// `done_by`: who did which step of this matter before. Returns the next state or the four-line refusal.
//   file: received, returned -> validated (the desk has put a faulty request to `state_after` instead)
//   extend: armed -> validated, and the three acts again; the running grant stays until its own end or a stop
//   stop, revoke: any state with authority in it -> ended; again is no error. Any one of counsel, officer,
//   technician. certify: while armed (state stays), ended -> certified.  produce, invoice: armed, ended,
//   certified (state stays).
// A step whose earlier acts are not in `done_by` is refused whatever `from` says. In an extension the desk
// overwrites `done_by` with the newest act of each step.
Result<State> advance(State from, Step step, const Actor& who, const std::map<Step, std::string>& done_by);

// Where the checks send a request: rejected (a failed X), returned (a failed C), validated.
State state_after(const std::vector<CheckResult>& results);
// The window is over: no person is needed, and none can prevent it (I3).
State after_expiry(State s);

}  // namespace writ::process
