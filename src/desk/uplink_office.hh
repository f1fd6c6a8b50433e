// SPDX-License-Identifier: GPL-3.0-or-later
// The office's end of the link (docs/link.md): one thread, all probes. As nobody: it holds no passphrase, and
// nothing that it does needs one. What it sends are papers that others signed or that the desk may sign
// alone (lists that stop, leases); what it takes is sealed.
#pragma once
#include <functional>

#include "base/stop.hh"
#include "desk/uplink_register.hh"

namespace writ::desk {

struct LinkCallbacks {
  std::function<void(const link::Where&)> listening;
  std::function<void(const std::string& what, const Json& detail)> said;  // one thing that happened
};
// Until `stop` is not 0. Exit::unit when another process serves this carrier's link.
Status serve_link(Carrier& c, link::Where where, const StopFlag& stop, const LinkCallbacks& callbacks);

}  // namespace writ::desk
