// SPDX-License-Identifier: GPL-3.0-or-later
// Life cycles 3 and 4 (pen/trap, wiretap) as a table: state x act -> state, with the role that may act and whom the
// person must differ from. S54: legal authorisation + carrier authorisation + affirmative act of an individual.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "authority/person.hh"
#include "base/result.hh"

namespace writ::process {

enum class State { received, returned, rejected, validated, legally_authorised, carrier_authorised, armed, ended, certified, closed };
const char* to_string(State s);
Result<State> parse_state(std::string_view s);

enum class Step { file, authorise_legal, authorise_carrier, arm, extend, stop, revoke, certify, produce, invoice, close };
const char* to_string(Step s);

struct Actor { std::string user; std::vector<authority::Role> roles; };
// `done_by`: who did which step of this matter before. Returns the next state or the four-line refusal.
Result<State> advance(State from, Step step, const Actor& who, const std::map<Step, std::string>& done_by);

}  // namespace writ::process
