// SPDX-License-Identifier: GPL-3.0-or-later
// The life cycles of a carrier's legal work as tables (requirements section 5, 1-2 and 5-9, and the field
// work order of S49-S53): in which state who may do what, after which acts, and whom the person must differ
// from. Interceptions (3 and 4) have their own machine, since their acts sign a grant: matter.hh.
//
// What a table cannot say (a look-up has to have passed, a clock must have run out) is the service's to check
// (src/cases); what it says is judged here and nowhere else, for a new act and for every stored one.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authority/person.hh"
#include "base/result.hh"
#include "process/matter.hh"

namespace writ::process {

enum class Cycle {
  request,               // 1: subpoena, summons, court order, warrant
  preservation,          // 2: 18 USC 2703(f)
  backup_preservation,   // 2: 18 USC 2704
  child_protection,      // 2: report to NCMEC, 18 USC 2258A
  emergency,             // 5: 18 USC 2702(b)(8), (c)(4)
  national_security,     // 6: NSL, FISA
  recurring,             // 7: CDRs under a continuing order
  invoice,               // 8
  incident,              // 9: 47 CFR 1.20003(c), 64.2011
  work_order,            // S49-S53
  plan_filing,           // 47 CFR 1.20005
  policy_edit,           // I7
  own_copies,            // destruction of the carrier's own copies
  directory,             // an entry of the carrier's own directory of agencies and courts (V1)
  order_check,           // an order of interception, confirmed with the clerk of its court
  emergency_application  // what became of the application for an interception without an order
};
const char* to_string(Cycle c);  // "request", "backup-preservation" ...
Result<Cycle> parse_cycle(std::string_view s);

struct ActRule {
  std::string_view act;
  std::vector<std::string_view> from;  // states; {""}: opens the case
  std::string_view to;                 // "": the state stays
  std::vector<authority::Role> roles;  // one of them; Role::desk: by the clock alone
  std::vector<std::string_view> after =
      {};  // acts that must have been done since the case was last corrected
  std::vector<std::string_view> by_others = {};  // acts whose doers must be other people
  std::vector<std::string_view> facts = {};      // fields of the act's body that may not be absent or empty
  std::string_view citation = {};
  // Two roles, or none: the doer and whoever did the first of `by_others` have to hold them between them, one
  // each.
  std::vector<authority::Role> one_each = {};
};

struct LifeCycle {
  Cycle cycle;
  std::string_view series;  // letter of its numbers: "M-2026-0001"
  std::string_view citation;
  std::vector<std::string_view> states, final_states;
  std::vector<ActRule> acts;
  const ActRule* rule(std::string_view act) const;
};
const LifeCycle& life_cycle(Cycle c);
std::span<const Cycle> all_cycles();

struct Done {  // an act of the case's history, oldest first
  std::string act, user;
  std::vector<authority::Role> roles = {};  // of the key that signed it
};
// The rule under which `who` may do `act` now, or the four-line refusal. `state` "" and an empty history: the
// case is not open yet. The desk's own key counts for acts by the clock, and for nothing else.
Result<const ActRule*> judge(const LifeCycle& of, std::string_view state, std::string_view act,
                             const Actor& who, std::span<const Done> history);
std::string_view state_after(const ActRule& rule, std::string_view state);
bool is_final(const LifeCycle& of, std::string_view state);

}  // namespace writ::process
