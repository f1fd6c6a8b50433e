// SPDX-License-Identifier: GPL-3.0-or-later
// Where targets' lines have sent calls (REFER, 3xx): a new INVITE there, by the party that was sent, is the
// target's. A device may name thousands of places a second, so each grant has room of its own, the earliest
// goes first, and looking one up costs the same however many there are. One REFER waits on each hop that it
// passed: a call that came is met on all.
#pragma once
#include <string>
#include <utility>

#include "base/time.hh"
#include "intercept/hash_index.hh"
#include "wire/packet.hh"

namespace writ::intercept {

struct ExpectedCall {
  std::uint32_t grant = 0;
  wire::Address from;  // whoever was told to go there
  std::string to, party, identity, call_id;
  Instant until{};
  bool met = false;  // it came, or need not come
};

// May a call to `arrived` be one that was sent to `expected`? The same number or name behind another host, or
// a number without the prefix that was dialled for it.
bool same_place(std::string_view expected, std::string_view arrived);

class ExpectedCalls {
 public:
  static constexpr std::size_t per_grant_max = 4096;

  bool empty() const { return by_place_.empty(); }
  // The same once more lasts longer. False: an earlier one of the grant had to go.
  bool add(ExpectedCall e);
  // What one grant waits for another waits for, too.
  void copy(std::uint32_t from, std::uint32_t to);
  // Calls `take(e)` of each that waits for a call from there to there; those that it is true for are over.
  template <class Take>
  void arrived(const wire::Address& from, std::string_view to, Take take) {
    by_place_.each(place(from, to), [&](Entry e) {
      if (e->from != from || !same_place(e->to, to) || !take(*e)) return;
      met(e->grant, e->call_id, e->to);
      drop(e);
    });
  }
  void met(std::uint32_t grant, const std::string& call_id, const std::string& to);
  // Calls unmet(e) of those that nobody came for, once each.
  template <class Unmet>
  void expire(Instant now, Unmet unmet) {
    for (auto& [grant, q] : by_grant_)
      while (!q.empty() && now >= q.front().until) {
        if (!q.front().met) {
          unmet(std::as_const(q.front()));
          met(grant, q.front().call_id, q.front().to);
        }
        drop(q.begin());
      }
  }

 private:
  using Queue = std::list<ExpectedCall>;  // the earliest end first
  using Entry = Queue::iterator;
  static std::uint64_t place(const wire::Address& from, std::string_view to);
  void drop(Entry e);
  std::unordered_map<std::uint32_t, Queue> by_grant_;
  HashIndex<ExpectedCall> by_place_;
};

}  // namespace writ::intercept
