// SPDX-License-Identifier: GPL-3.0-or-later
// Where signalling that can be read says that SIP over TLS is spoken (Via: SIP/2.0/TLS, ;transport=tls,
// sips:): TLS there is said to be unreadable, as it is on port 5061. Addresses with a port only: a name says
// nothing of packets, and a port alone would be everybody's web traffic. Who makes places up, gets TLS that
// is none of SIP counted there, and nothing else; the oldest of a bounded number give way.
#pragma once
#include <bitset>
#include <deque>
#include <set>

#include "wire/packet.hh"
#include "wire/sip.hh"

namespace writ::intercept {

class TlsPlaces {
 public:
  void learn(const wire::SipMessage& m);
  // A TLS record (RFC 8446 5.1) from or to such a place.
  bool are_in(const wire::TcpSegment& t) const;

 private:
  void learn_via(std::string_view value);
  void learn_uri(std::string_view value);
  void add(std::string_view host, std::uint16_t port);
  bool holds(const wire::Endpoint& e) const { return ports_[e.port] && places_.contains(e); }

  std::bitset<65536> ports_{};  // of `places_`, and of some that have left it
  std::set<wire::Endpoint> places_{};
  std::deque<wire::Endpoint> by_age_{};
};

}  // namespace writ::intercept
