// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using namespace test;

TEST(DemandChecks, PreservationKeepsWhatIsThere) {
  const Demand p = demand("preservation");
  for (const Case& c : std::vector<Case>{
           {"V20", "in being", p, pass},
           {"V20", "not of a subpoena", with("court-order", [](Demand& d) { d.future_data = true; }), absent},
           {"V20", "future", with(p, [](Demand& d) { d.future_data = true; }), fails, "not yet in being"},
           {"V20", "until the receipt", with(p, [](Demand& d) { d.records_until = d.received; }), pass},
           {"V20", "a moment more", with(p, [](Demand& d) { d.records_until = d.received + tick; }), fails,
            "after it was received"},
           {"V22", "no release", p, pass},
           {"V22", "release", with(p, [](Demand& d) { d.asks_release = true; }), fails, "released"},
           {"V22", "a warrant may", with("search-warrant", [](Demand& d) { d.asks_release = true; }), absent},
           {"V22", "2704", with("backup-preservation", [](Demand& d) { d.asks_release = true; }), fails},
           {"V23", "not of 2703(f)", p, absent},
           {"V23", "with its process", demand("backup-preservation"), pass, "EX-SP-0041"},
           {"V23", "without", with("backup-preservation", [](Demand& d) { d.underlying_process = ""; }),
            fails, "2703(b)(2)"}})
    expect(c);
}

TEST(DemandChecks, OneExtensionBeforeTheEnd) {
  const Demand e = demand("extension");
  const auto earlier = [&](Nanos left, bool extended) {
    Receipt r = verified();
    r.earlier = EarlierPreservation{"M-2026-0007", e.received + left, extended};
    return r;
  };
  for (const Case& c :
       std::vector<Case>{{"V21", "of something else", e, absent},
                         {"V21", "in time", e, pass, "M-2026-0007", earlier(tick, false)},
                         {"V21", "at the end", e, fails, "ended", earlier(Nanos{0}, false)},
                         {"V21", "second", e, fails, "once already", earlier(std::chrono::hours{240}, true)},
                         {"V20", "of future data", with(e, [](Demand& d) { d.future_data = true; }), fails,
                          "", earlier(std::chrono::hours{240}, false)}})
    expect(c);
  EXPECT_TRUE(acceptable(check_demand(e, the_policy(), earlier(Nanos{0}, true), now))) << "V21 warns";
}

TEST(DemandChecks, Emergencies) {
  const Demand m = demand("emergency-disclosure");
  for (const Case& c : std::vector<Case>{
           {"V31", "whole", m, pass},
           {"V31", "no nature", with(m, [](Demand& d) { d.nature = ""; }), fails, "nature"},
           {"V31", "no circumstances", with(m, [](Demand& d) { d.circumstances = " \n"; }), fails,
            "circumstances"},
           {"V31", "other process", demand("court-order"), absent},
           {"V32", "danger", m, pass},
           {"V32", "none", with(m, [](Demand& d) { d.danger_to_person = false; }), fails, "no danger"},
           {"V32", "other process", demand("court-order"), absent}})
    expect(c);
}

TEST(DemandChecks, NationalSecurityComesByHandThroughItsOffice) {
  for (const char* kind : {"nsl", "fisa"}) {
    const Demand n = demand(kind);
    for (const Case& c : std::vector<Case>{
             {"V33", "by hand", n, pass, "special agent"},
             {"V33", "by fax", with(n, [](Demand& d) { d.delivery = "fax"; }), fails, "fax"},
             {"V33", "no way stated", with(n, [](Demand& d) { d.delivery = ""; }), fails, "not stated"},
             {"V33", "another office", with(n, [](Demand& d) { d.office = "ncmec"; }), fails, "field office"},
             {"V33", "no office stated", with(n, [](Demand& d) { d.office = ""; }), fails, "not stated"},
             {"V33", "the office by its title",
              with(n,
                   [](Demand& d) {
                     d.office = "Federal Bureau of Investigation, field office of the carrier's district";
                   }),
              pass},
             {"V33", "nobody", with(n, [](Demand& d) { d.delivered_by = ""; }), fails, "who delivered"},
             {"V35", "in force", n, pass}})
      expect(c);
  }
  expect({"V33", "others may be faxed", demand("court-order"), absent});
}

TEST(DemandChecks, LettersUnder2709) {
  const Demand n = demand("nsl");
  const auto ranked = [&](const char* rank) { return with(n, [&](Demand& d) { d.certifier_rank = rank; }); };
  for (const Case& c : std::vector<Case>{
           {"V34", "whole", n, pass, "Special Agent in Charge"},
           {"V34", "with its place", ranked("special agent in charge, Example Field Office"), pass},
           {"V34", "too low", ranked("Assistant Special Agent in Charge"), fails, "may not certify"},
           {"V34", "no rank", ranked(""), fails, "rank"},
           {"V34", "nobody", with(n, [](Demand& d) { d.certifier = ""; }), fails, "certifier"},
           {"V34", "names nobody", with(n, [](Demand& d) { d.subjects = {}; }), fails, "no person"},
           {"V34", "a house",
            with(n,
                 [](Demand& d) {
                   d.subjects = {{"street-address", "", "", "", {"1", "a", "b", "GA", "3"}}};
                 }),
            fails, "selector"},
           {"V34", "other process", demand("fisa"), absent}})
    expect(c);
}

TEST(DemandChecks, DeadAndLapsedAuthorities) {
  const Demand f = demand("fisa");
  for (const Case& c : std::vector<Case>{
           {"V35", "by name", with(f, [](Demand& d) { d.statute = "section 105B of the Act"; }), fails,
            "105B"},
           {"V35", "in its words", with("court-order", [](Demand& d) { d.wording = "under 105A"; }), fails,
            "105A"},
           {"V35", "part of a number", with(f, [](Demand& d) { d.statute = "1105Bx"; }), pass},
           {"V35", "nothing of it", demand("court-order"), absent},
           {"V36", "in force", f, pass},
           {"V36", "none cited", with(f, [](Demand& d) { d.authority = ""; }), fails, "no authority"},
           {"V36", "unknown", with(f, [](Demand& d) { d.authority = "royal-prerogative"; }), fails},
           {"V36", "2709", demand("nsl"), pass, "nsl-2709"},
           {"V36", "needs none", demand("court-order"), absent}})
    expect(c);
  for (const policy::Authority& a : the_policy().authorities) {
    const Demand d = with(f, [&](Demand& x) { x.authority = a.id; });
    if (a.never) expect({"V35", a.id.c_str(), d, fails});
    if (!a.never && !policy::why_not_in_force(the_policy(), a.id, now).empty())
      expect({"V36", a.id.c_str(), d, fails});
  }
}

}  // namespace
}  // namespace writ::process
