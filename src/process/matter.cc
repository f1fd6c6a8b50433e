// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/matter.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "authority/strict.hh"
#include "process/roles.hh"

namespace writ::process {

using authority::Role;

const std::vector<StepRule>& step_rules() {
  using enum Step;
  static const std::vector<StepRule> rules = {
      {file,
       {Role::intake, Role::officer, Role::technician},
       {},
       {},
       "staffing: intake, officer or technician enter a request, never its counsel"},
      {extend,
       {Role::intake, Role::officer, Role::technician},
       {file, authorise_legal, authorise_carrier, arm},
       {},
       "18 USC 2518(5), 3123(c)(2): an extension is a new order, with the same three acts"},
      {authorise_legal,
       {Role::counsel},
       {file},
       {file, extend, authorise_carrier, arm},
       "S54, 47 CFR 1.20002: legal authorization; nobody approves their own work"},
      {authorise_carrier,
       {Role::officer},
       {file, authorise_legal},
       {file, extend, authorise_legal, arm},
       "S54, 47 CFR 1.20002, 1.20003: carrier authorization; nobody approves their own work"},
      {arm,
       {Role::technician},
       {file, authorise_legal, authorise_carrier},
       {authorise_legal, authorise_carrier},
       "S54, 47 USC 1004: the affirmative intervention of an individual officer or employee"},
      {stop, {Role::counsel, Role::officer, Role::technician}, {}, {}, "stop wins over start"},
      {revoke, {Role::counsel, Role::officer, Role::technician}, {}, {}, "stop wins over start"},
      {certify, {Role::officer}, {arm}, {}, "47 CFR 1.20004(a): signed by the responsible person"},
      {produce, {Role::custodian}, {arm}, {}, "evidence is opened by its custodians only"},
      {invoice, {Role::finance}, {}, {}, "S60, S61"},
      {close, {Role::counsel, Role::officer}, {}, {}, "a matter is closed by counsel or officer"},
  };
  return rules;
}

namespace {

constexpr std::array<const char*, 10> state_names = {
    "received",           "returned", "rejected", "validated", "legally-authorised",
    "carrier-authorised", "armed",    "ended",    "certified", "closed"};
constexpr std::array<const char*, 11> step_names = {
    "file",   "authorise-legal", "authorise-carrier", "arm",     "extend", "stop",
    "revoke", "certify",         "produce",           "invoice", "close"};

struct Move {
  State from;
  Step step;
  State to;
};

constexpr Move moves[] = {
    {State::received, Step::file, State::validated},
    {State::returned, Step::file, State::validated},
    {State::validated, Step::authorise_legal, State::legally_authorised},
    {State::legally_authorised, Step::authorise_carrier, State::carrier_authorised},
    {State::carrier_authorised, Step::arm, State::armed},
    {State::armed, Step::extend, State::validated},
    {State::validated, Step::stop, State::ended},
    {State::validated, Step::revoke, State::ended},
    {State::legally_authorised, Step::stop, State::ended},
    {State::legally_authorised, Step::revoke, State::ended},
    {State::carrier_authorised, Step::stop, State::ended},
    {State::carrier_authorised, Step::revoke, State::ended},
    {State::armed, Step::stop, State::ended},
    {State::armed, Step::revoke, State::ended},
    {State::ended, Step::stop, State::ended},
    {State::ended, Step::revoke, State::ended},
    {State::certified, Step::stop, State::certified},
    {State::certified, Step::revoke, State::certified},
    {State::armed, Step::certify,
     State::armed},  // 1.20004: at once or within a reasonable time after the start
    {State::ended, Step::certify, State::certified},
    {State::armed, Step::produce, State::armed},
    {State::ended, Step::produce, State::ended},
    {State::certified, Step::produce, State::certified},
    {State::armed, Step::invoice, State::armed},
    {State::ended, Step::invoice, State::ended},
    {State::certified, Step::invoice, State::certified},
    {State::certified, Step::close, State::closed},
};

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<const char*, N>& names, std::string_view s) {
  const auto it = std::find(names.begin(), names.end(), s);
  if (it == names.end()) return std::nullopt;
  return static_cast<std::size_t>(it - names.begin());
}

std::string steps_from(State from) {
  std::string out;
  for (const Move& m : moves)
    if (m.from == from) out += (out.empty() ? "" : ", ") + std::string(to_string(m.step));
  return out.empty() ? "nothing: this state is final" : out;
}

std::string states_before(Step step) {
  std::string out;
  for (const Move& m : moves)
    if (m.step == step) out += (out.empty() ? "the state " : " or ") + std::string(to_string(m.from));
  return out;
}

Status check_person(const StepRule& rule, const Actor& who) {
  const std::string act = to_string(rule.step);
  if (who.user.empty())
    return fail(Exit::refused, act + ": nobody is named", rule.citation, "a person", "act as a user");
  for (const Role never : {Role::admin, Role::auditor})
    if (has(who.roles, never))
      return fail(Exit::refused, fmt::format("{}: {} is {}", act, who.user, to_string(never)),
                  "staffing: admin never acts in a matter, the auditor is outside everything",
                  fmt::format("the role {}", role_text(rule.roles)),
                  fmt::format("ask a {}", role_text(rule.roles)));
  WRIT_CHECK(authority::check_staffing(who.roles));
  if (std::none_of(rule.roles.begin(), rule.roles.end(), [&](Role r) { return has(who.roles, r); }))
    return fail(Exit::refused, fmt::format("{}: {} may not", act, who.user), rule.citation,
                fmt::format("the role {}", role_text(rule.roles)),
                fmt::format("ask a {}", role_text(rule.roles)));
  return {};
}

Status check_history(const StepRule& rule, const Actor& who, const std::map<Step, std::string>& done_by) {
  const std::string act = to_string(rule.step);
  for (const Step before : rule.after) {
    const auto it = done_by.find(before);
    if (it == done_by.end() || it->second.empty())
      return fail(Exit::refused, fmt::format("{}: '{}' has not been done", act, to_string(before)),
                  rule.citation, fmt::format("'{}' by its person", to_string(before)),
                  "take the steps in order");
  }
  for (const Step other : rule.by_others) {
    const auto it = done_by.find(other);
    if (it != done_by.end() && authority::is_same_user(it->second, who.user))
      return fail(Exit::refused,
                  fmt::format("{}: {} has done '{}' in this matter", act, who.user, to_string(other)),
                  rule.citation, "a different person", fmt::format("ask another {}", role_text(rule.roles)));
  }
  return {};
}

}  // namespace

const char* to_string(State s) { return state_names[static_cast<std::size_t>(s)]; }
const char* to_string(Step s) { return step_names[static_cast<std::size_t>(s)]; }

Result<State> parse_state(std::string_view s) {
  if (const auto i = index_of(state_names, s)) return static_cast<State>(*i);
  return fail(Exit::integrity, fmt::format("'{}' is not a state of a matter", s));
}

Result<State> advance(State from, Step step, const Actor& who, const std::map<Step, std::string>& done_by) {
  const auto& rules = step_rules();
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const StepRule& r) { return r.step == step; });
  const auto* move = std::find_if(std::begin(moves), std::end(moves),
                                  [&](const Move& m) { return m.from == from && m.step == step; });
  if (rule == rules.end() || move == std::end(moves))
    return fail(Exit::refused,
                fmt::format("{}: not possible while the matter is {}", to_string(step), to_string(from)),
                "life cycles 3 and 4 (requirements, section 5)", states_before(step),
                fmt::format("possible now: {}", steps_from(from)));
  WRIT_CHECK(check_person(*rule, who));
  WRIT_CHECK(check_history(*rule, who, done_by));
  return move->to;
}

State state_after(const std::vector<CheckResult>& results) {
  State s = State::validated;
  for (const CheckResult& c : results) {
    if (c.passed || c.severity == policy::Severity::warn) continue;
    if (c.severity == policy::Severity::reject) return State::rejected;
    s = State::returned;
  }
  return s;
}

State after_expiry(State s) {
  switch (s) {
    case State::validated:
    case State::legally_authorised:
    case State::carrier_authorised:
    case State::armed:
      return State::ended;
    default:
      return s;
  }
}

}  // namespace writ::process
