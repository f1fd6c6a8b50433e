// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/expected_calls.hh"

#include <algorithm>

#include "base/keyed_hash.hh"

namespace writ::intercept {

std::uint64_t ExpectedCalls::place(const wire::Address& from, std::string_view to) {
  return KeyedHash{}.bytes16(from.b.data()).bytes(view_of(to)).value();
}

bool ExpectedCalls::add(ExpectedCall e) {
  const std::uint64_t where = place(e.from, e.to);
  Queue& q = by_grant_[e.grant];
  const auto [begin, end] = by_place_.equal_range(where);
  const auto same = std::find_if(begin, end, [&](const auto& x) {
    const ExpectedCall& o = *x.second;
    return o.grant == e.grant && o.from == e.from && o.to == e.to && o.call_id == e.call_id;
  });
  if (same != end) {
    same->second->until = e.until;
    q.splice(q.end(), q, same->second);
    return true;
  }
  const bool has_room = q.size() < per_grant_max;
  if (!has_room) drop_first(q);
  q.push_back(std::move(e));
  by_place_.emplace(where, std::prev(q.end()));
  return has_room;
}

void ExpectedCalls::drop_first(Queue& q) {
  const auto [begin, end] = by_place_.equal_range(place(q.front().from, q.front().to));
  by_place_.erase(std::find_if(begin, end, [&](const auto& x) { return x.second == q.begin(); }));
  q.pop_front();
}

void ExpectedCalls::expire(Instant now) {
  for (auto& [grant, q] : by_grant_)
    while (!q.empty() && now >= q.front().until) drop_first(q);
}

}  // namespace writ::intercept
