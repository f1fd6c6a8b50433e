// SPDX-License-Identifier: GPL-3.0-or-later
// Where targets are registered (RFC 3261 10). Of others the probe knows nothing, except that somebody else
// registers from the same address and port (a border controller), which makes that address no proof. Each
// grant has room of its own, since a device may register as many contacts as its registrar takes; the oldest
// goes first, and looking one up costs the same however many there are.
#pragma once
#include <string>

#include "base/time.hh"
#include "intercept/hash_index.hh"
#include "wire/packet.hh"

namespace writ::intercept {

struct Contact {
  std::string user, host;
  std::uint16_t port = 5060;
  bool operator==(const Contact&) const = default;
};

struct Binding {
  std::uint32_t grant = 0;
  wire::Endpoint source;  // where the device itself registers from; none: not seen, as behind an edge proxy
  Contact contact;
  Instant expires{};
  std::string who;      // the address of record, as identity text
  bool listed = false;  // known from the registrar's answer alone
  bool shared = false;  // somebody else registers from the source too
  bool has_source() const { return source != wire::Endpoint{}; }
};

class Bindings {
 public:
  static constexpr std::size_t per_grant_max = 1024;

  bool empty() const { return by_contact_.empty(); }
  // False: an earlier one of the grant had to go, for the first time since there was room.
  bool bind(Binding b);
  // What one grant's registrations proved holds for another that names the same targets.
  void copy(std::uint32_t from, std::uint32_t to);
  // Those of the grant of which gone(binding) holds.
  template <class F>
  void unbind(std::uint32_t grant, F gone) {
    const auto held = by_grant_.find(grant);
    if (held == by_grant_.end()) return;
    for (auto it = held->second.all.begin(); it != held->second.all.end();)
      if (const Entry b = it++; gone(*b)) drop(b);
  }
  // Somebody registers from there, who is none of the targets of the grants of which own(grant) holds.
  template <class F>
  void note_register(const wire::Endpoint& source, F own) {
    by_source_.each(keyed_hash(source), [&](Entry b) { b->shared |= b->source == source && !own(b->grant); });
  }
  void expire(Instant now);
  // The grant's target, and nobody else, is registered from there.
  bool bound_source(std::uint32_t grant, const wire::Endpoint& source, Instant at) const;
  // f(binding) of each in force of a source that is nobody else's.
  template <class F>
  void of_source(const wire::Endpoint& source, Instant at, F f) const {
    by_source_.each(keyed_hash(source), [&](Entry b) {
      if (b->source == source && !b->shared && at < b->expires) f(*b);
    });
  }
  // f(binding) of each that is in force.
  template <class F>
  void of_contact(const Contact& c, Instant at, F f) const {
    by_contact_.each(hash(c), [&](Entry b) {
      if (b->contact == c && at < b->expires) f(*b);
    });
  }

 private:
  using Entry = std::list<Binding>::iterator;
  struct Held {
    std::list<Binding> all;  // the oldest first
    bool crowded = false;
  };
  static std::uint64_t hash(const Contact& c);
  void drop(Entry b);
  std::unordered_map<std::uint32_t, Held> by_grant_;
  HashIndex<Binding> by_contact_, by_source_;
};

}  // namespace writ::intercept
