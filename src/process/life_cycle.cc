// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/life_cycle.hh"

#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "process/roles.hh"

namespace writ::process {
namespace {

using authority::Role;

bool contains(const std::vector<std::string_view>& names, std::string_view n) {
  return std::find(names.begin(), names.end(), n) != names.end();
}

std::string acts_from(const LifeCycle& of, std::string_view state) {
  std::string out;
  for (const ActRule& a : of.acts)
    if (contains(a.from, state)) out += (out.empty() ? "" : ", ") + std::string(a.act);
  return out.empty() ? "nothing: this state is final" : out;
}

// What the case would have to be.
std::string states_for(const LifeCycle& of, const ActRule* rule) {
  if (rule == nullptr) return fmt::format("an act of this life cycle ({})", to_string(of.cycle));
  std::string out;
  for (const std::string_view s : rule->from)
    out += fmt::format("{}{}", out.empty() ? "the state " : " or ", s.empty() ? "not open" : s);
  return out;
}

// An act counts until the document was corrected: what was approved before is not an approval of what is
// there now. Of an act that was done again, the newest counts.
std::span<const Done> since_corrected(std::span<const Done> history) {
  for (std::size_t i = history.size(); i > 0; --i)
    if (history[i - 1].act == "correct") return history.subspan(i - 1);
  return history;
}

Status check_person(const ActRule& rule, const Actor& who) {
  if (who.user.empty())
    return fail(Exit::refused, fmt::format("{}: nobody is named", rule.act), std::string(rule.citation),
                "a person", "act as a user");
  const bool by_clock = has(rule.roles, Role::desk);
  if (by_clock != has(who.roles, Role::desk))
    return fail(Exit::refused, fmt::format("{}: {} may not", rule.act, who.user), std::string(rule.citation),
                by_clock ? "nobody: the clock does this" : fmt::format("the role {}", role_text(rule.roles)),
                by_clock ? "wait: writ due shows when" : fmt::format("ask a {}", role_text(rule.roles)));
  if (!by_clock) WRIT_CHECK(authority::check_staffing(who.roles));
  if (std::none_of(rule.roles.begin(), rule.roles.end(), [&](Role r) { return has(who.roles, r); }))
    return fail(Exit::refused, fmt::format("{}: {} may not", rule.act, who.user), std::string(rule.citation),
                fmt::format("the role {}", role_text(rule.roles)),
                fmt::format("ask a {}", role_text(rule.roles)));
  return {};
}

const Done* newest(std::span<const Done> history, std::string_view act) {
  const auto it = std::find_if(history.rbegin(), history.rend(), [&](const Done& d) { return d.act == act; });
  return it == history.rend() ? nullptr : &*it;
}

Status check_one_each(const ActRule& rule, const Actor& who, std::span<const Done> history) {
  if (rule.one_each.empty()) return {};
  const Role a = rule.one_each.front(), b = rule.one_each.back();
  const Done* first = newest(history, rule.by_others.front());
  if (first != nullptr &&
      ((has(first->roles, a) && has(who.roles, b)) || (has(first->roles, b) && has(who.roles, a))))
    return {};
  const std::string both = fmt::format("{} and {}", authority::to_string(a), authority::to_string(b));
  return fail(Exit::refused,
              fmt::format("{}: {} and who did '{}' are not {} between them", rule.act, who.user,
                          rule.by_others.front(), both),
              std::string(rule.citation), fmt::format("{}, one each", both),
              "a person of the other role does it");
}

Status check_history(const ActRule& rule, const Actor& who, std::span<const Done> history) {
  for (const std::string_view before : rule.after)
    if (std::none_of(history.begin(), history.end(), [&](const Done& d) {
          // a corrected document was filed once more
          return d.act == before || (before == "file" && d.act == "correct");
        }))
      return fail(Exit::refused, fmt::format("{}: '{}' has not been done", rule.act, before),
                  std::string(rule.citation), fmt::format("'{}' by its person", before),
                  "take the steps in order");
  for (const std::string_view other : rule.by_others) {
    const Done* done = newest(history, other);
    if (done != nullptr && authority::is_same_user(done->user, who.user))
      return fail(Exit::refused,
                  fmt::format("{}: {} has done '{}' in this matter", rule.act, who.user, other),
                  std::string(rule.citation), "a different person",
                  fmt::format("ask another {}", role_text(rule.roles)));
  }
  return check_one_each(rule, who, history);
}

}  // namespace

Result<Cycle> parse_cycle(std::string_view s) {
  for (const Cycle c : all_cycles())
    if (s == to_string(c)) return c;
  return fail(Exit::integrity, fmt::format("'{}' is not a life cycle", s));
}

const ActRule* LifeCycle::rule(std::string_view act) const {
  const auto it = std::find_if(acts.begin(), acts.end(), [&](const ActRule& a) { return a.act == act; });
  return it == acts.end() ? nullptr : &*it;
}

Result<const ActRule*> judge(const LifeCycle& of, std::string_view state, std::string_view act,
                             const Actor& who, std::span<const Done> history) {
  const ActRule* rule = of.rule(act);
  if (rule == nullptr || !contains(rule->from, state))
    return fail(Exit::refused,
                fmt::format("{}: not possible while the {} is {}", act, to_string(of.cycle),
                            state.empty() ? "not open" : state),
                std::string(of.citation), states_for(of, rule),
                fmt::format("possible now: {}", acts_from(of, state)));
  WRIT_CHECK(check_person(*rule, who));
  WRIT_CHECK(check_history(*rule, who, since_corrected(history)));
  return rule;
}

std::string_view state_after(const ActRule& rule, std::string_view state) {
  return rule.to.empty() ? state : rule.to;
}

bool is_final(const LifeCycle& of, std::string_view state) { return contains(of.final_states, state); }

}  // namespace writ::process
