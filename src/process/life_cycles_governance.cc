// SPDX-License-Identifier: GPL-3.0-or-later
// What everything else rests on: the plan, the policy, whom to call, and the clerk's word on an order.
#include "process/life_cycle_tables.hh"

namespace writ::process::tables {

LifeCycle plan_filing() {
  return {Cycle::plan_filing,
          "F",
          "47 CFR 1.20005 (L2, S1)",
          {"drafted", "approved", "filed", "superseded"},
          {"superseded"},
          {{"file", {""}, "drafted", deciders, {}, {}, {"plan"}, "47 CFR 1.20005"},
           {"approve", {"drafted"}, "approved", deciders, {}, {"file"}, {"plan"}, own_work},
           {"submit", {"approved"}, "filed", staff, {"approve"}, {}, {"receipt"}, "47 CFR 1.20005(a)"},
           {"detect-change",
            {"filed"},
            "",
            clock,
            {"submit"},
            {},
            {"plan"},
            "47 CFR 1.20005(a): within 90 days of an amendment"},
           {"supersede",
            {"filed", "drafted", "approved"},
            "superseded",
            deciders,
            {},
            {},
            {"by"},
            "47 CFR 1.20005(a): within 90 days of an amendment"}}};
}

LifeCycle policy_edit() {
  return {Cycle::policy_edit,
          "E",
          "I7: a policy edit needs counsel and a second person, and takes effect forward only",
          {"proposed", "approved", "withdrawn"},
          {"approved", "withdrawn"},
          {{"file", {""}, "proposed", deciders, {}, {}, {"policy", "effective", "reason"}, "I7"},
           {"approve",
            {"proposed"},
            "approved",
            deciders,
            {},
            {"file"},
            {"policy", "effective"},
            "I7: a policy edit needs counsel and a second person",
            {Role::counsel, Role::officer}},
           {"withdraw", {"proposed"}, "withdrawn", deciders, {}, {}, {"reason"}, "I7"}}};
}

LifeCycle directory() {
  return {Cycle::directory,
          "A",
          "V1, S41: call-back numbers come from the carrier's own directory, sourced independently",
          {"proposed", "confirmed", "change-proposed", "retired"},
          {"retired"},
          {{"file", {""}, "proposed", handlers, {}, {}, {"contact"}, "V1: an independently sourced number"},
           {"confirm", {"proposed"}, "confirmed", staff, {}, {"file"}, {"contact", "looked_up"}, own_work},
           {"change", {"confirmed"}, "change-proposed", handlers, {"confirm"}, {}, {"contact"}, "V1"},
           {"confirm-change",
            {"change-proposed"},
            "confirmed",
            staff,
            {"change"},
            {"change"},
            {"contact", "looked_up"},
            own_work},
           {"drop-change", {"change-proposed"}, "confirmed", staff, {"change"}, {}, {"reason"}, "V1"},
           {"retire",
            {"proposed", "confirmed", "change-proposed"},
            "retired",
            deciders,
            {},
            {},
            {"reason"},
            "V1: a number that no longer holds"}}};
}

LifeCycle order_check() {
  constexpr std::string_view with_clerk =
      "every order and every extension is confirmed with the clerk of the court (47 CFR 1.20002(b))";
  return {Cycle::order_check,
          "K",
          with_clerk,
          {"opened", "confirmed", "denied"},
          {"denied"},
          {{"file", {""}, "opened", handlers, {}, {}, {"matter", "order", "request_sha256"}, with_clerk},
           {"attempt", {"opened"}, "", handlers, {}, {}, {"verification"}, with_clerk},
           {"confirm", {"opened"}, "confirmed", handlers, {}, {}, {"verification"}, with_clerk},
           {"deny", {"opened", "confirmed"}, "denied", handlers, {}, {}, {"verification"}, with_clerk},
           {"tell",
            {"opened", "confirmed"},
            "",
            handlers,
            {},
            {},
            {"notice"},
            "a second contact of the agency is told of each interception"}}};
}

}  // namespace writ::process::tables
