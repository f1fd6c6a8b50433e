// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier's rules and the law as data (policies/*.toml): the code is an interpreter. Every decision
// stores `hash`.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/io.hh"
#include "base/json.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"
#include "policy/clocks.hh"
#include "policy/matrix.hh"
#include "policy/plan_rules.hh"
#include "policy/process_kinds.hh"
#include "policy/wording.hh"

namespace writ::policy {

enum class Severity { reject, return_for_correction, warn };  // X, C, W

struct CheckRule {  // one row of section 4 of the requirements
  std::string id;   // "V24"
  Severity severity = Severity::return_for_correction;
  std::string stage;                // "A" (document alone) | "B" (needs records)
  std::string message, rule, cure;  // rule: the citation
};

struct Contact {
  std::string title, phone, email, address;
};

struct FeeTable {  // S60-S63, cents
  std::int64_t intercept_first_month = 0, intercept_later_month = 0;
  std::string currency = "USD", effective, citation;
  std::int64_t cdr_week = 0, cdr_extra_delivery = 0;  // S62, S63
};

struct StatutoryItem {  // one of the contents that a statute demands of an order
  std::string name, text, citation;
};

struct Hours {
  std::string opens, closes, zone, after_hours_phone;
};  // "08:30", "17:00", "America/New_York"

struct Retention {
  std::string what, period, citation;
};

// Classes of calls (S17): for each property the prefixes (digits of the E.164 number, without '+') that are
// local and local toll from there; the longest prefix wins, everything else of the country is long distance.
struct RatingTable {
  struct Property {
    std::string account;  // "*": every property without a row of its own
    std::vector<std::string> local, local_toll;
  };
  std::string country = "1";  // calling code of the home country
  std::vector<std::string> emergency = {"911"}, toll_free, service;
  // ^ "911": what was dialled, whole; "+1800": every E.164 number that begins so
  std::vector<Property> properties;
};

struct RecordRules {                                  // [records] of the profile
  std::int64_t cdr_months = 24, account_months = 24;  // S17, S18
  std::int64_t toll_record_months = 18;               // the legal floor, 47 CFR 42.6 (L17); federal layer
  std::string porting_administrator;                  // whom to ask about a number that is not ours (S8)
  std::string citation;
  std::string toll_record_citation;  // of the floor
  RatingTable rating;
};

struct EmergencyRules {  // [emergency] of the profile: more approvals within a day ask for legal process
  std::int64_t per_agency_per_day = 0, per_requester_per_day = 0;
  std::string citation;
};

struct Layer {
  std::string file, name, effective, verified_on, verified_against;
};

struct Policy {
  std::string carrier;       // from the profile
  std::string profile_name;  // "defero3-2010"
  std::string filed;         // "2010-11-22"
  Contact appointed_officer, service_of_process;
  std::vector<CheckRule> checks;
  FeeTable fees;
  // From the clocks wiretap, pen-trap, emergency-intercept and wiretap-start.
  std::int64_t wiretap_days_max = 0, pen_trap_days_max = 0, emergency_hours_max = 0;
  std::int64_t wiretap_start_days_max =
      0;  // 2518(5): the 30 days begin at the latest so long after the order
  std::vector<std::string> pen_trap_contents,
      wiretap_contents;                                      // named statutory contents (3123(b), 2518(4))
  std::string certification_retention;                       // how long 1.20004 certifications are kept
  std::vector<StatutoryItem> pen_trap_items, wiretap_items;  // the same contents with text and citation
  std::map<std::string, std::string> citations;              // key -> citation text
  bool sandbox = false;                                      // a fictional carrier: papers say so
  std::string address;                                       // head office
  Hours hours;
  std::vector<Contact> response_associates;  // S5
  std::vector<Retention> retention;
  RecordRules records;
  EmergencyRules emergency;
  std::vector<ProcessKind> kinds;
  std::vector<Authority> authorities;
  std::vector<MatrixRow> plan_matrix, law_matrix;  // carrier's profile; federal layer and state packs
  std::vector<ClockRule> clocks;
  std::vector<Holiday> holidays;
  int holidays_first_year = 0, holidays_last_year = 0;  // whose holidays are all listed
  std::string holiday_citation;
  std::vector<Office> offices;
  Wording wording;
  std::vector<PlanRequirement> plan_requirements;  // 47 CFR 1.20003-1.20005
  std::vector<PlanStatement> plan_statements;      // what the carrier's plan says to them
  std::vector<TransparencyStructure> transparency_structures;
  std::string transparency;  // id of the structure that the carrier publishes by; "": none
  std::vector<Layer>
      layers;             // what was loaded, in order: carrier.toml, federal.toml, then the others by name
  crypto::Digest hash{};  // over the bytes of all files that were loaded, in order
  const CheckRule* check(const std::string& id) const;
};

// Reads <dir>/carrier.toml, <dir>/federal.toml and every other layer <dir>/*.toml (the intake checklist,
// state packs). Errors name file, line and column; a V check named twice, or by no layer, is refused.
Result<Policy> load(const fs::path& dir);

struct FeeLine {
  std::string text, basis;
  std::int64_t cents = 0;
};
// Anniversary months, a part month billed whole: 10 Jan - 12 Mar = first + 2 later. start < end.
std::vector<FeeLine> intercept_fees(const FeeTable& t, Instant start, Instant end);

}  // namespace writ::policy
