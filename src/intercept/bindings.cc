// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/bindings.hh"

#include <utility>

namespace writ::intercept {

std::uint64_t Bindings::hash(const Contact& c) {
  return KeyedHash{}.bytes(view_of(c.user)).bytes(view_of(c.host)).words(c.port, 0).value();
}

bool Bindings::bind(Binding b) {
  Held& held = by_grant_[b.grant];
  std::list<Binding>& q = held.all;
  bool known = false;
  by_contact_.each(hash(b.contact), [&](Entry old) {
    if (old->grant != b.grant || old->source != b.source || old->contact != b.contact) return;
    old->expires = b.expires;
    old->listed = old->listed && b.listed;
    q.splice(q.end(), q, old);
    known = true;
  });
  if (known) return true;
  const bool was_crowded = std::exchange(held.crowded, q.size() >= per_grant_max);
  if (held.crowded) drop(q.begin());
  q.push_back(std::move(b));
  const Entry fresh = std::prev(q.end());
  by_contact_.add(hash(fresh->contact), fresh);
  if (!fresh->has_source()) return !held.crowded || was_crowded;
  // A fresh contact does not make a source the target's own again.
  by_source_.each(keyed_hash(fresh->source),
                  [&](Entry old) { fresh->shared |= old->source == fresh->source && old->shared; });
  by_source_.add(keyed_hash(fresh->source), fresh);
  return !held.crowded || was_crowded;
}

void Bindings::copy(std::uint32_t from, std::uint32_t to) {
  const auto held = by_grant_.find(from);
  if (held == by_grant_.end()) return;
  for (Binding b : std::list<Binding>{held->second.all}) {
    b.grant = to;
    bind(std::move(b));
  }
}

void Bindings::drop(Entry b) {
  by_contact_.remove(hash(b->contact), b);
  if (b->has_source()) by_source_.remove(keyed_hash(b->source), b);
  by_grant_[b->grant].all.erase(b);
}

void Bindings::expire(Instant now) {
  for (auto& [grant, held] : by_grant_)
    for (auto it = held.all.begin(); it != held.all.end();)
      if (const Entry b = it++; now >= b->expires) drop(b);
}

bool Bindings::bound_source(std::uint32_t grant, const wire::Endpoint& source, Instant at) const {
  bool found = false;
  of_source(source, at, [&](const Binding& b) { found |= b.grant == grant; });
  return found;
}

}  // namespace writ::intercept
