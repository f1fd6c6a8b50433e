// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/expected_calls.hh"

#include "base/keyed_hash.hh"

namespace writ::intercept {

std::uint64_t ExpectedCalls::place(const wire::Address& from, std::string_view to) {
  return KeyedHash{}.bytes16(from.b.data()).bytes(view_of(to)).value();
}

bool ExpectedCalls::add(ExpectedCall e) {
  const std::uint64_t where = place(e.from, e.to);
  Queue& q = by_grant_[e.grant];
  bool known = false;
  by_place_.each(where, [&](Entry o) {
    if (o->grant != e.grant || o->from != e.from || o->to != e.to || o->call_id != e.call_id) return;
    o->until = e.until;
    q.splice(q.end(), q, o);
    known = true;
  });
  if (known) return true;
  const bool has_room = q.size() < per_grant_max;
  if (!has_room) drop(q.begin());
  q.push_back(std::move(e));
  by_place_.add(where, std::prev(q.end()));
  return has_room;
}

void ExpectedCalls::copy(std::uint32_t from, std::uint32_t to) {
  const auto held = by_grant_.find(from);
  if (held == by_grant_.end()) return;
  for (ExpectedCall e : Queue{held->second}) {
    e.grant = to;
    add(std::move(e));
  }
}

void ExpectedCalls::drop(Entry e) {
  by_place_.remove(place(e->from, e->to), e);
  by_grant_[e->grant].erase(e);
}

void ExpectedCalls::expire(Instant now) {
  for (auto& [grant, q] : by_grant_)
    while (!q.empty() && now >= q.front().until) drop(q.begin());
}

}  // namespace writ::intercept
