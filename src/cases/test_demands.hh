// SPDX-License-Identifier: GPL-3.0-or-later
// Demands of fictional agencies, opened straight in the case book.
#pragma once
#include "cases/demand_case.hh"
#include "desk/test_staff.hh"

namespace writ::cases::testing {

inline process::Demand demand(const std::string& kind, const std::string& agency,
                              const std::string& instrument, const std::string& number = "+14045550102") {
  process::Demand d;
  d.kind = kind;
  d.instrument = instrument;
  d.requester.agency = agency;
  d.requester.return_address = "2 Court Square, Harborview, GA 30001";
  process::DemandSubject s;
  s.kind = "number";
  s.value = number;
  d.subjects = {s};
  return d;
}

inline desk::Case opened(desk::testing::Desk& d, process::Cycle cycle, const process::Demand& demand,
                         Json more = Json::object()) {
  Json body{{"demand", process::to_json(demand)}};
  body.update(more);
  auto c = desk::CaseBook{d.carrier()}.open(cycle, filing_key(demand), {"file", std::move(body)},
                                            desk::testing::acting(d, "intake-1"));
  EXPECT_TRUE(c) << to_text(c.error());
  return std::move(*c);
}

inline desk::Case acted(desk::testing::Desk& d, const desk::Case& c, const char* act, Json body,
                        const char* user) {
  auto done =
      desk::CaseBook{d.carrier()}.act(c.matter, {act, std::move(body)}, desk::testing::acting(d, user));
  EXPECT_TRUE(done) << to_text(done.error());
  return std::move(*done);
}

}  // namespace writ::cases::testing
