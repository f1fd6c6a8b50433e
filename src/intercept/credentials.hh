// SPDX-License-Identifier: GPL-3.0-or-later
// Digest user names that a registrar accepted for a target's address of record: often no number, but a name
// that only the account knows. A name is worth what its realm is: "101" of the realm "asterisk" lives in
// every hotel, so such a realm counts only where it was accepted.
#pragma once
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire/packet.hh"
#include "wire/sip.hh"

namespace writ::intercept {

class Credentials {
 public:
  static constexpr std::size_t per_grant_max = 16;  // the oldest goes first

  bool empty() const { return known_.empty(); }
  void learn(std::uint32_t grant, const wire::DigestIdentity& d, const wire::Address& server,
             const std::string& who);
  // What one grant's registrations proved holds for another that names the same targets.
  void copy(std::uint32_t from, std::uint32_t to);
  // An address of record that is not of the grants of which own(grant) holds registers with it: an account of
  // several, which tells nobody's calls any more.
  template <class F>
  void note_register(const wire::DigestIdentity& d, F own) {
    const auto it = known_.find(key(d));
    if (it == known_.end()) return;
    for (Known& k : it->second) k.shared |= !own(k.grant);
  }
  // f(grant, whose) of each grant that it names towards this server.
  template <class F>
  void of(const wire::DigestIdentity& d, const wire::Address& server, F f) const {
    const auto it = known_.find(key(d));
    if (it == known_.end()) return;
    for (const Known& k : it->second)
      if (!k.shared && accepted_at(k, d, server)) f(k.grant, k.who);
  }

 private:
  struct Known {
    std::uint32_t grant;
    std::string who;
    bool shared;
    std::vector<wire::Address> servers;  // that accepted it
  };
  static std::string key(const wire::DigestIdentity& d);
  static bool accepted_at(const Known& k, const wire::DigestIdentity& d, const wire::Address& server);
  void forget_oldest(std::uint32_t grant);
  std::map<std::string, std::vector<Known>> known_;                    // by name and realm
  std::unordered_map<std::uint32_t, std::deque<std::string>> learnt_;  // keys, by grant, the oldest first
};

}  // namespace writ::intercept
