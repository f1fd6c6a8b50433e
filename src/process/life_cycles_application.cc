// SPDX-License-Identifier: GPL-3.0-or-later
// An interception without an order (18 USC 2518(7), 3125), and the court's order that must follow it.
#include "process/life_cycle_tables.hh"

namespace writ::process::tables {

// The first that is said of it opens it: an application, that none will be made, or that the time passed.
LifeCycle emergency_application() {
  constexpr std::string_view application =
      "18 USC 2518(7), 3125(a): the application, or the order, within 48 hours";
  constexpr std::string_view no_order =
      "18 USC 2518(7), 3125(b): without an order the interception ends, and what it gave goes no further";
  return {Cycle::emergency_application,
          "K",
          "18 USC 2518(7), 3125: an interception without an order",
          {"applied", "granted", "denied", "not-sought", "lapsed"},
          {"granted", "denied"},
          {{"apply",
            {"", "not-sought", "lapsed"},
            "applied",
            staff,
            {},
            {},
            {"matter", "order", "application"},
            application},
           {"not-seek", {""}, "not-sought", staff, {}, {}, {"matter", "order", "reason"}, no_order},
           {"lapse", {"", "applied"}, "lapsed", clock, {}, {}, {"matter", "order", "due"}, no_order},
           {"grant",
            {"applied", "lapsed"},
            "granted",
            deciders,
            {"apply"},
            {},
            {"by_order"},
            "18 USC 2518(7), 3125(a): the court's order, confirmed with its clerk"},
           {"deny", {"applied", "lapsed"}, "denied", staff, {"apply"}, {}, {"reason"}, no_order},
           {"inventory",
            {"denied", "not-sought", "lapsed"},
            "",
            staff,
            {},
            {},
            {"served"},
            "18 USC 2518(7), (8)(d): an inventory is served on the person named in the application"}}};
}

}  // namespace writ::process::tables
