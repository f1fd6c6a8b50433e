// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/demand_checks.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace writ::process {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// "V2" < "V15"
bool by_number(const CheckResult& a, const CheckResult& b) {
  return a.id.size() != b.id.size() ? a.id.size() < b.id.size() : a.id < b.id;
}

}  // namespace

bool holds_words(std::string_view text, std::string_view words) {
  const std::string in = lower(text), sought = lower(words);
  if (sought.empty()) return false;
  for (std::size_t at = in.find(sought); at != std::string::npos; at = in.find(sought, at + 1)) {
    const std::size_t end = at + sought.size();
    if ((at == 0 || !is_word(in[at - 1])) && (end == in.size() || !is_word(in[end]))) return true;
  }
  return false;
}

bool all_five(const records::StreetAddress& a) {
  return blanks({{"", a.building}, {"", a.street}, {"", a.city}, {"", a.state}, {"", a.zip}}).empty();
}

bool is_cycle(const policy::ProcessKind& k, Cycle c) { return k.cycle == to_string(c); }

std::vector<CheckResult> check_demand(const Demand& d, const policy::Policy& p, const Receipt& r,
                                      Instant now) {
  const policy::ProcessKind* kind = policy::process_kind(p, d.kind);
  if (kind == nullptr)
    return {result_of("V15",
                      {false, fmt::format("'{}' is no kind of process that this policy knows", d.kind)}, p)};
  const Paper x{d, p, *kind, r, now};
  std::vector<CheckResult> out = item_checks(x);
  for (const auto& table : {paper_checks(), subject_checks(), kind_checks()})
    for (const DocumentCheck& row : table)
      if (const Maybe f = row.check(x)) out.push_back(result_of(row.id, *f, p));
  std::stable_sort(out.begin(), out.end(), by_number);
  return out;
}

const std::string& authority_of(const policy::ProcessKind& kind, const Demand& d) {
  return kind.authority == "cited" || kind.authority.empty() ? d.authority : kind.authority;
}

bool is_of_private_party(const Demand& d) { return d.requester.is_private || d.kind == "civil-subpoena"; }

bool awaits_call_back(const CheckResult& r) { return r.id == "V1" || r.id == "V19"; }

std::vector<std::string> items_left(const Demand& d, const std::vector<CheckResult>& results) {
  std::vector<std::string> out = d.items;
  std::erase_if(out, [&](const std::string& item) {
    return std::any_of(results.begin(), results.end(),
                       [&](const CheckResult& r) { return !r.passed && r.item == item; });
  });
  return out;
}

}  // namespace writ::process
