// SPDX-License-Identifier: GPL-3.0-or-later
// Cases for the tests of deadlines and of compartments, opened in the lawful way.
#pragma once
#include "cases/demand_case.hh"
#include "desk/test_staff.hh"

namespace writ::cases::testing {

using namespace desk::testing;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;
using process::Cycle;

inline process::Demand demand(const std::string& kind, const std::string& instrument, Instant received) {
  process::Demand d;
  d.kind = kind;
  d.instrument = instrument;
  d.issuer = "Example County Sheriff";
  d.received = received;
  d.issued = received - 24h;
  d.is_signed = true;
  return d;
}

// `more`: what else the body of "file" says.
inline Case opened(desk::Carrier& c, Cycle cycle, const process::Demand& d, const desk::Acting& who,
                   const Json& more = Json::object()) {
  Json body{{"demand", process::to_json(d)}};
  body.update(more);
  const auto done = CaseBook{c}.open(cycle, filing_key(d), {"file", body}, who);
  EXPECT_TRUE(done) << (done ? "" : to_text(done.error()));
  return done ? *done : Case{};
}

inline Case step(desk::Carrier& c, const std::string& matter, const std::string& act, const Json& body,
                 const desk::Acting& who) {
  const auto done = CaseBook{c}.act(matter, {act, body}, who);
  EXPECT_TRUE(done) << act << ": " << (done ? "" : to_text(done.error()));
  return done ? *done : Case{};
}

// What others read of a snapshot: the period of its records.
inline Json snapshot_of(Instant until) {
  return Json{{"from", rfc3339(until - std::chrono::days{30})}, {"until", rfc3339(until)}};
}

inline Case preserved(Desk& d, const std::string& instrument) {
  const Case c = opened(d.carrier(), Cycle::preservation, demand("preservation", instrument, d.clock.now()),
                        acting(d, "intake-1"));
  step(d.carrier(), c.matter, "take-snapshot", Json{{"snapshot", snapshot_of(d.clock.now())}},
       acting(d, "intake-1"));
  return step(d.carrier(), c.matter, "confirm", Json{{"letter", "x"}}, acting(d, "intake-1"));
}

inline Case emergency_alone(Desk& d, const std::string& instrument) {
  const Case c = opened(d.carrier(), Cycle::emergency,
                        demand("emergency-disclosure", instrument, d.clock.now()), acting(d, "intake-1"));
  step(d.carrier(), c.matter, "call-back", Json{{"verification", "x"}}, acting(d, "intake-1"));
  step(d.carrier(), c.matter, "assess",
       Json{{"danger", "x"}, {"person", "x"}, {"urgency", "x"}, {"items", {"subscriber-name"}}},
       acting(d, "intake-1"));
  step(d.carrier(), c.matter, "try-approver", Json{{"whom", "counsel-1"}, {"how", "telephone"}},
       acting(d, "officer-1"));
  return step(d.carrier(), c.matter, "approve-alone",
              Json{{"items", {"subscriber-name"}}, {"policy", "x"}, {"attempts", {"x"}}},
              acting(d, "officer-1"));
}

inline Case recurring(Desk& d, const std::string& instrument, Instant until) {
  const Case c = opened(d.carrier(), Cycle::recurring, demand("cdr-delivery", instrument, d.clock.now()),
                        acting(d, "intake-1"), Json{{"until", rfc3339(until)}});
  return step(d.carrier(), c.matter, "approve",
              Json{{"policy", "x"},
                   {"authority", {{"kind", "pen-trap"}}},
                   {"period", {{"from", rfc3339(d.clock.now())}, {"until", rfc3339(until)}}}},
              acting(d, "counsel-1"));
}

}  // namespace writ::cases::testing
