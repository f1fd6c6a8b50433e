// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/rating.hh"

#include <algorithm>
#include <string_view>

namespace writ::ingest {
namespace {

using policy::RatingTable;
using records::CallClass;

bool all_digits(std::string_view s) {
  return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
}
bool is_e164(std::string_view s) { return s.size() > 1 && s[0] == '+' && all_digits(s.substr(1)); }

// An entry with '+' is the beginning of an E.164 number, one without is what was dialled, whole: "911" is not
// the beginning of a number in India.
bool listed(const std::vector<std::string>& entries, std::string_view called) {
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& e) {
    return e.starts_with('+') ? is_e164(called) && called.starts_with(e) : called == e;
  });
}

const RatingTable::Property* row_of(const RatingTable& t, const std::string& account) {
  const RatingTable::Property* any = nullptr;
  for (const RatingTable::Property& p : t.properties) {
    if (p.account == account) return &p;
    if (p.account == "*") any = &p;
  }
  return any;
}

std::size_t longest(const std::vector<std::string>& prefixes, std::string_view digits) {
  std::size_t best = 0;
  for (const std::string& p : prefixes)
    if (digits.starts_with(p)) best = std::max(best, p.size());
  return best;
}

// Digits that reach nothing outside: shorter than any subscriber number.
bool is_extension(std::string_view s) { return all_digits(s) && s.size() <= 6; }

}  // namespace

CallClass Rating::classify(const records::Cdr& c) const {
  if (listed(table_.emergency, c.called)) return CallClass::emergency;
  if (listed(table_.toll_free, c.called)) return CallClass::toll_free;
  if (listed(table_.service, c.called)) return CallClass::service;
  if (is_extension(c.called)) return is_extension(c.caller) ? CallClass::internal : CallClass::unknown;
  if (!is_e164(c.called)) return CallClass::unknown;
  const std::string_view digits = std::string_view(c.called).substr(1);
  if (!digits.starts_with(table_.country)) return CallClass::international;
  const RatingTable::Property* row = row_of(table_, c.account);
  if (row == nullptr) return CallClass::unknown;
  const std::size_t local = longest(row->local, digits), toll = longest(row->local_toll, digits);
  if (local == 0 && toll == 0) return CallClass::long_distance;
  return local >= toll ? CallClass::local : CallClass::local_toll;
}

}  // namespace writ::ingest
