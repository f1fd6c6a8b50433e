// SPDX-License-Identifier: GPL-3.0-or-later
// A socket that capture agents send HEPv3 to. What comes is given on as frames (IP, UDP, HEP) from the
// agent's address, so that it meets the engine's allow-list like HEP out of a mirror, and nothing but HEP
// gets in here.
#pragma once
#include "capture/tap.hh"

namespace writ::capture {

struct HepListen {
  bool tcp = false;
  wire::Endpoint at;
  // "UDP:192.0.2.1:9060", "TCP:[2001:db8::1]:9060". Exit::usage.
  static Result<HepListen> parse(const std::string& text);
  std::string text() const { return (tcp ? "TCP:" : "UDP:") + at.text(); }
};
// `from`: the agents of the allow-list. Over TCP theirs are the connections; of everybody else's a few are
// read, so that what is not heard can be counted.
Result<std::unique_ptr<Tap>> open_hep(const HepListen& where, const std::vector<wire::Address>& from);

}  // namespace writ::capture
