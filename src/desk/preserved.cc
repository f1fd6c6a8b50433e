// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/preserved.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::desk {
namespace {

using process::Cycle;
using records::CdrQuery;

bool keeps(Cycle c) {
  return c == Cycle::preservation || c == Cycle::backup_preservation || c == Cycle::child_protection;
}

const CaseAct* snapshot_act(const Case& c) {
  const CaseAct* taken = c.newest("take-snapshot");
  return taken != nullptr ? taken : c.newest("copy");
}

// Counsel's hold on a number, extension or account.
Status add_hold(RecordStore& store, const Hold& h, Kept& out, std::set<std::string>& accounts) {
  const auto& s = h.subject;
  records::CdrHold c;
  c.id = std::to_string(h.number);
  c.by = s.kind == "number"      ? CdrQuery::By::number
         : s.kind == "extension" ? CdrQuery::By::extension
                                 : CdrQuery::By::account;
  c.value = s.kind == "account" ? "" : s.value;
  c.account = s.kind == "account" ? s.value : s.property;
  c.from = h.from;
  c.until = h.until;
  out.calls.push_back(std::move(c));
  if (s.kind == "account") accounts.insert(s.value);
  if (s.kind == "extension") accounts.insert(s.property);
  if (s.kind != "number") return {};
  WRIT_TRY(holders, store.catalogue().who_holds("number", s.value, "", {h.from, h.until, {}}));
  for (const auto& x : holders) accounts.insert(x.account);
  return {};
}

void add_reach(const Preserved& p, const Reach& reach, Kept& out, std::set<std::string>& accounts) {
  accounts.insert(reach.accounts.begin(), reach.accounts.end());
  for (const CallSource& source : reach.calls)
    for (const Span& span : source.spans)
      out.calls.push_back(
          {p.matter, source.query.by, source.query.value, source.query.account, span.first, span.second});
}

}  // namespace

Result<std::optional<Preserved>> preserved_by(const Case& c) {
  const CaseAct* taken = snapshot_act(c);
  if (!keeps(c.cycle) || taken == nullptr || process::is_final(process::life_cycle(c.cycle), c.state))
    return std::optional<Preserved>{};
  WRIT_TRY(demand, process::demand_from_json(c.acts.front().body.value("demand", Json())));
  const auto snapshot = taken->body.find("snapshot");
  if (snapshot == taken->body.end() || !snapshot->is_object())
    return fail(Exit::integrity, fmt::format("{}: what its snapshot reaches cannot be read", c.matter),
                "a preservation names the records that it keeps", {}, "the auditor looks at the case");
  WRIT_TRY(from, parse_rfc3339(snapshot->value("from", "")));
  WRIT_TRY(until, parse_rfc3339(snapshot->value("until", "")));
  return std::optional{Preserved{c.matter, std::move(demand.subjects), {from, until}}};
}

Result<std::vector<Preserved>> all_preserved(Carrier& c) {
  std::vector<Preserved> out;
  for (const Cycle cycle : {Cycle::preservation, Cycle::backup_preservation, Cycle::child_protection}) {
    WRIT_TRY(cases, CaseBook{c}.all(cycle));
    for (const Case& x : cases) {
      WRIT_TRY(p, preserved_by(x));
      if (p) out.push_back(std::move(*p));
    }
  }
  return out;
}

Result<Kept> kept_records(Carrier& c, RecordStore& store, const std::vector<Hold>& holds) {
  Kept out;
  std::set<std::string> accounts;
  for (const Hold& h : holds)
    if (h.stands()) WRIT_CHECK(add_hold(store, h, out, accounts));
  WRIT_TRY(preserved, all_preserved(c));
  for (const Preserved& p : preserved) {
    WRIT_TRY(reach, reach_of(store, p.subjects, p.period, c.policy().records.porting_administrator));
    add_reach(p, reach, out, accounts);
  }
  out.accounts.assign(accounts.begin(), accounts.end());
  return out;
}

}  // namespace writ::desk
