// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier: subscribers, targets, proxy, back-to-back agent, relays, trunk; and what is going on there.
// Addresses: subscribers 198.18.0.0/15 (RFC 2544) and 2001:db8::/32, the carrier 192.0.2.0/24, relays
// 198.51.100.0/24, strangers with bad intentions 203.0.113.0/24. Numbers are 555-01XX of all area codes; 404
// is the targets'.
#pragma once
#include <deque>

#include "pipe.hh"

namespace carrier {

inline constexpr Time ms = 1000, second = 1000000, hop = 3 * ms, slot = 20 * ms;

struct Phone {
  std::string number, user;    // E.164; user part of its contact
  Endpoint sip, sip_seen;      // as it calls itself, and as the network sees it: a NAT may stand between
  Endpoint audio, audio_seen;  // RTP; the port is of one call
  bool nat = false, bound = false;
  int target = -1;  // which
  Wire wire;
  std::string identity() const { return number[0] == '+' ? number : number + "@carrier.example"; }
  std::string uri() const { return "sip:" + number + "@carrier.example"; }
};

struct Cast {  // who of a shape's people is a target
  int target = -1, seat = -1;
};

struct Live;  // a call of a target's that is up, for those who attack it

class World {
 public:
  World(Mirror& m, std::uint64_t seed, int targets);

  // Seat 0 calls, 1 is called, 2 and 3 are others of the shape.
  Phone person(const Cast& cast, int seat, bool nat = false);
  void move_audio(Phone& p);  // to a port of its own for another call
  Endpoint proxy(bool v6) const { return carrier_host(v6, 10); }
  Endpoint agent(bool v6) const { return carrier_host(v6, 20); }
  Endpoint far_switch(bool v6) const { return carrier_host(v6, 30); }
  Endpoint focus(bool v6) const { return carrier_host(v6, 40); }
  Endpoint relay(bool v6);  // a port pair of a relay's; used again by later calls
  Endpoint stranger();      // somebody with bad intentions
  std::string call_id();
  Tcp& trunk(bool v6);  // between proxy and far switch; carries the calls of many
  void register_targets(Time t);
  std::string number_of(int target) const;
  int targets() const { return static_cast<int>(targets_.size()); }
  const Phone& target(int i) const { return targets_[static_cast<std::size_t>(i)]; }

  Mirror& mirror;
  Truth& truth;
  Random chance;
  std::vector<std::shared_ptr<Live>> live;
  std::vector<std::unique_ptr<Tls>> tls;  // kept until the end
  std::vector<std::unique_ptr<Tcp>> tcp;

 private:
  Endpoint carrier_host(bool v6, unsigned last) const;
  Phone stranger_phone(bool v6, bool nat);
  std::uint64_t seed_;
  std::vector<Phone> targets_;
  std::uint32_t subscriber_ = 0, relay_ = 0, calls_ = 0, audio_ = 0;
  std::unique_ptr<Tcp> trunks_[2];
};

}  // namespace carrier
