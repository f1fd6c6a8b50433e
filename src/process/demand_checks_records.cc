// SPDX-License-Identifier: GPL-3.0-or-later
// V4 V6 V8 V9 V12: what only the records can say. Each subject is asked through records::identify, whose
// answers do not depend on records that match nearly; a result says what the answer's outcome is, never what
// the records hold (S16).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/months.hh"
#include "process/demand_checks.hh"

namespace writ::process {
namespace {

using records::Answer;
using records::Ask;

// How a subject is asked; none: what the document says is too short (V5, V7, V10, V11 say so).
std::optional<Ask> ask_of(const DemandSubject& s, const Demand& d) {
  Ask a;
  a.address = s.address;
  if (d.records_from != Instant{}) a.from = d.records_from;
  if (d.records_until != Instant{}) a.until = d.records_until;
  if (s.kind == "account-name") {
    a.by = Ask::By::account_name;
    a.account_name = s.value;
    a.account_number = s.property;
  } else if (s.kind == "street-address") {
    a.by = Ask::By::street_address;
  } else if (s.kind == "account") {
    a.by = Ask::By::account_number;
    a.account_number = s.value;
  } else if (s.kind == "tenant-name") {
    a.by = Ask::By::tenant_name;
    a.tenant_name = s.value;
    a.account_name = s.subscriber;
  } else {
    return std::nullopt;  // numbers and extensions: V4
  }
  return a;
}

struct Answers {
  Faults unanswered, several, incomplete;
  std::size_t asked = 0, accounts = 0;
};

Result<Answers> ask_all(const Demand& d, const policy::Policy& p, const records::Catalogue& book) {
  Answers out;
  for (const DemandSubject& s : d.subjects) {
    const auto ask = ask_of(s, d);
    if (!ask) continue;
    WRIT_TRY(answer, records::identify(book, *ask, p.records.porting_administrator));
    ++out.asked;
    out.accounts += s.kind == "account" ? 1 : 0;
    const std::size_t number = static_cast<std::size_t>(&s - d.subjects.data()) + 1;
    const auto say = [&](const std::string& text) { return fmt::format("subject {}: {}", number, text); };
    if (answer.outcome == Answer::Outcome::no_record) out.unanswered.add(say(answer.text));
    if (answer.outcome == Answer::Outcome::several)
      out.several.add(say(fmt::format("{} ({})", answer.text, fmt::join(answer.needs, ", "))));
    if (answer.outcome == Answer::Outcome::need_more && s.kind == "account")
      out.incomplete.add(say(fmt::format("{}", fmt::join(answer.needs, ", "))));
  }
  return out;
}

Result<Maybe> v4_served(const Demand& d, const records::Catalogue& book) {
  std::vector<TargetRequest> targets;
  for (const DemandSubject& s : d.subjects)
    if (s.kind == "number" || s.kind == "extension") targets.push_back({s.kind, s.value, s.property});
  return each_served(targets, book);
}

// The periods alone decide it: what was destroyed then does not depend on whose it was.
Maybe v12_retention(const Demand& d, const policy::Policy& p, Instant now) {
  if (d.records_from == Instant{}) return std::nullopt;
  const bool calls =
      std::any_of(d.items.begin(), d.items.end(), [](const std::string& i) { return i.ends_with("-calls"); });
  const std::int64_t months =
      calls ? std::max(p.records.cdr_months, p.records.toll_record_months) : p.records.account_months;
  const Instant kept_from = months_back(now, months);
  // An account that still runs is on record from its beginning: only what ended before counts there.
  const Instant asked = calls || d.records_until == Instant{} ? d.records_from : d.records_until;
  const bool within = calls ? asked >= kept_from : d.records_until == Instant{} || asked > kept_from;
  return Finding{within,
                 fmt::format("{} are kept for {} months, from {}; asked {} {}",
                             calls ? "call detail records" : "records of ended accounts", months,
                             rfc3339_seconds(kept_from), calls ? "from" : "until", rfc3339_seconds(asked))};
}

}  // namespace

Result<std::vector<CheckResult>> check_demand_records(const Demand& d, const policy::Policy& p,
                                                      const records::Catalogue& book, Instant now) {
  std::vector<CheckResult> out;
  WRIT_TRY(served, v4_served(d, book));
  if (served) out.push_back(result_of("V4", *served, p));
  WRIT_TRY(answers, ask_all(d, p, book));
  if (answers.asked > 0) {
    out.push_back(result_of("V6", answers.unanswered.finding("the subjects were looked up as written"), p));
    out.push_back(result_of("V8", answers.several.finding("no subject needs a narrower description"), p));
  }
  if (answers.accounts > 0)
    out.push_back(result_of("V9", answers.incomplete.finding("each account number is complete"), p));
  if (const Maybe f = v12_retention(d, p, now)) out.push_back(result_of("V12", *f, p));
  return out;
}

}  // namespace writ::process
