// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/expected_calls.hh"

#include "base/keyed_hash.hh"

namespace writ::intercept {

namespace {

constexpr std::size_t national_digits = 10;

std::string_view user_of(std::string_view party) { return party.substr(0, party.find('@')); }

std::string_view digits_of(std::string_view user) {
  if (user.starts_with("+1")) return user.substr(2);
  if (user.starts_with('+')) user.remove_prefix(1);
  return user.find_first_not_of("0123456789") == user.npos ? user : std::string_view{};
}

// What all names of one place have in common.
std::string_view tail_of(std::string_view party) {
  const std::string_view user = user_of(party);
  return user.size() > national_digits ? user.substr(user.size() - national_digits) : user;
}

}  // namespace

bool same_place(std::string_view expected, std::string_view arrived) {
  const std::string_view a = user_of(expected), b = user_of(arrived);
  if (expected == arrived || (a == b && !a.empty())) return true;
  if (a.starts_with('+') == b.starts_with('+')) return false;
  const std::string_view number = digits_of(a.starts_with('+') ? a : b),
                         dialled = digits_of(a.starts_with('+') ? b : a);
  return number.size() >= national_digits && dialled.ends_with(number);
}

std::uint64_t ExpectedCalls::place(const wire::Address& from, std::string_view to) {
  return KeyedHash{}.bytes16(from.b.data()).bytes(view_of(tail_of(to))).value();
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

void ExpectedCalls::met(std::uint32_t grant, const std::string& call_id, const std::string& to) {
  for (ExpectedCall& e : by_grant_[grant])
    if (e.to == to && e.call_id == call_id) e.met = true;
}

}  // namespace writ::intercept
