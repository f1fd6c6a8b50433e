// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/rating.hh"

#include <algorithm>
#include <string_view>

#include "base/digits.hh"

namespace writ::ingest {
namespace {

using policy::RatingTable;
using records::CallClass;

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

CallClass distance(const RatingTable& t, const std::string& account, std::string_view number) {
  if (!is_e164(number)) return CallClass::unknown;
  const std::string_view digits = number.substr(1);
  if (!digits.starts_with(t.country)) return CallClass::international;
  const RatingTable::Property* row = row_of(t, account);
  if (row == nullptr) return CallClass::unknown;
  const std::size_t local = longest(row->local, digits), toll = longest(row->local_toll, digits);
  if (local == 0 && toll == 0) return CallClass::long_distance;
  return local >= toll ? CallClass::local : CallClass::local_toll;
}

}  // namespace

CallClass Rating::classify(const records::Cdr& c) const {
  if (listed(table_.emergency, c.called)) return CallClass::emergency;
  if (listed(table_.toll_free, c.called)) return CallClass::toll_free;
  if (listed(table_.service, c.called)) return CallClass::service;
  const bool caller_inside = is_extension(c.caller), called_inside = is_extension(c.called);
  if (caller_inside && called_inside) return CallClass::internal;
  const CallClass to = called_inside ? CallClass::local : distance(table_, c.account, c.called);
  // A call that comes in ends here: how far it came is told by who called.
  if (to == CallClass::local && is_e164(c.caller)) return distance(table_, c.account, c.caller);
  return called_inside ? CallClass::unknown : to;
}

}  // namespace writ::ingest
