// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/identify_answers.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::records {
namespace {

using By = Ask::By;
using Outcome = Answer::Outcome;

struct Rules {
  const char* rule;
  const char* none;                   // of no responsive record
  const char* several;                // rule of several
  std::vector<std::string> narrower;  // what makes several one
};

const Rules& rules_of(By by) {
  static const std::map<By, Rules> all = {
      {By::number, {"S8", "S8", "S8", {"a period, or a shorter one"}}},
      {By::account_name, {"S9", "S10", "S12", {"a period, or a shorter one"}}},
      {By::street_address, {"S11", "S11", "S12", {"a period, or a shorter one"}}},
      {By::account_number, {"S13", "S13", "S13", {"a period, or a shorter one"}}},
      {By::tenant_number, {"S14", "S14", "S14", {"a period, or a shorter one", "the tenant's name (S15)"}}},
      {By::tenant_extension,
       {"S14", "S14", "S14", {"a period, or a shorter one", "the tenant's name (S15)"}}},
      {By::tenant_name, {"S15", "S16", "S15", {"a period, or a shorter one"}}},
  };
  return all.at(by);
}

bool by_tenant_name(By by) { return by == By::tenant_name; }

Answer several(By by) {
  return {Outcome::several,
          {},
          rules_of(by).narrower,
          rules_of(by).several,
          "More than one record may respond. Which one is meant must be stated."};
}

}  // namespace

Answer need_more(By by, std::vector<std::string> needs) {
  return {Outcome::need_more,
          {},
          std::move(needs),
          rules_of(by).rule,
          "The request does not yet state what is needed to answer it."};
}

Answer no_record(By by) {
  const bool named = by == By::account_name || by_tenant_name(by);
  return {Outcome::no_record,
          {},
          {},
          rules_of(by).none,
          named
              ? "There is no responsive record. Names and addresses are compared exactly as written; further "
                "process may list other spellings, initials and nicknames."
              : "There is no responsive record."};
}

Answer refer(By by, std::string_view administrator) {
  return {Outcome::refer,
          {},
          {},
          rules_of(by).rule,
          fmt::format("The number is not, or was not at the time asked about, served by this carrier. Who "
                      "serves it is known to {}. If an earlier time is meant, a period must be stated.",
                      administrator.empty() ? "the number administrator" : administrator)};
}

void Parties::add(const std::string& account, const std::string& reservation, const std::string& tenant,
                  const Span& span) {
  const auto key = std::make_tuple(account, reservation, tenant);
  const auto [it, first] = spans_.emplace(key, span);
  if (!first) {
    it->second.from = std::min(it->second.from, span.from);
    it->second.until = std::max(it->second.until, span.until);
  }
}

Answer Parties::answer(By by) const {
  if (spans_.empty()) return no_record(by);
  if (spans_.size() > 1) return several(by);
  const auto& [key, span] = *spans_.begin();
  return {Outcome::match,
          {{std::get<0>(key), std::get<1>(key), std::get<2>(key), {span.from, end_of(span)}}},
          {},
          rules_of(by).rule,
          "One record responds."};
}

}  // namespace writ::records
