// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of emergencies: a carrier with a directory of some agencies, letters, and what a person on
// either side may try.
#pragma once
#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/emergency.hh"
#include "cases/intake.hh"
#include "cases/verification.hh"
#include "desk/test_staff.hh"

namespace writ::cases::testing {

using namespace desk::testing;

inline constexpr int agencies = 10;
inline std::string agency_name(int i) { return fmt::format("Police of Example Town {}", i); }
inline std::string agency_number(int i) { return fmt::format("+140455501{}", 10 + i); }
inline std::string agency_domain(int i) { return fmt::format("town{}.example", i); }

inline desk::Contact agency_contact(int i) {
  desk::Contact c =
      contact_of(desk::ContactKind::agency, agency_name(i), "Watch commander", agency_number(i));
  c.fax = fmt::format("+140455501{}", 30 + i);
  c.mail_domain = agency_domain(i);
  return c;
}

// A genuine letter of that agency's case officer.
inline process::Demand letter_from(int agency, const std::string& instrument, Instant now) {
  process::Demand d;
  d.kind = "emergency-disclosure";
  d.instrument = instrument;
  d.issuer = "Duty Sergeant of " + agency_name(agency);
  d.wording = "name and address of the subscriber of the number below";
  d.issued = d.received = std::chrono::floor<std::chrono::seconds>(now);
  d.is_signed = true;
  d.requester = {"Duty Sergeant",
                 "4471",
                 agency_name(agency),
                 "+14045550170",
                 "sergeant@" + agency_domain(agency),
                 "2 Town Square",
                 "",
                 false,
                 false,
                 false};
  d.delivery = "fax";
  d.subjects = {{"number", "+14045550102", "", "", {}}};
  d.items = {"subscriber-name", "subscriber-address"};
  d.records_from = d.received - std::chrono::hours{24};
  d.records_until = d.received;
  d.nature = "a caller announced to harm a child in a hotel room";
  d.circumstances =
      "the call came from the number below ten minutes ago; shots were heard; nobody answers now";
  d.danger_to_person = true;
  return d;
}

inline Assessment assessment() {
  Assessment a;
  a.danger = "death of a child in the room that the call came from";
  a.person = "a child of about eight years";
  a.urgency = "shots were heard minutes ago; process takes a day";
  a.items = {"subscriber-name", "subscriber-address"};
  return a;
}

class Town {
 public:
  Town() : d(staffed()) {
    for (int i = 0; i < agencies; ++i) entries.push_back(enter(agency_contact(i)));
    d->clock.advance(std::chrono::hours{1});
  }
  desk::Carrier& carrier() { return d->carrier(); }
  EmergencyService service() { return EmergencyService{d->carrier()}; }
  desk::AgencyDirectory directory() { return desk::AgencyDirectory{d->carrier()}; }
  desk::Acting as(const std::string& user) { return acting(*d, user); }
  // Proposed by one, confirmed by the other; "" when refused.
  std::string enter(const desk::Contact& c, const std::string& by = "intake-1",
                    const std::string& confirmed_by = "officer-1") {
    const auto added = directory().add(c, as(by));
    if (!added) return "";
    if (!confirmed_by.empty()) {
      const auto ok = directory().confirm(added->id, "read it in the state directory", as(confirmed_by));
      static_cast<void>(ok);
    }
    return added->id;
  }
  // A scan of its own for each content.
  fs::path scan(const std::string& content) {
    const fs::path p = d->dir.path() / "letter.pdf";
    EXPECT_TRUE(write_file(p, "%PDF-1.4\n" + content));
    return p;
  }
  Result<Filed> file(const process::Demand& letter, const std::string& content,
                     const std::string& by = "intake-1") {
    const std::string text = canonical(process::to_json(letter));
    return Intake{carrier()}.file(view_of(text), "letter.json", scan(content), as(by));
  }
  Result<desk::Case> release(const std::string& matter, const std::string& how, const std::string& by) {
    return service().release(matter, how, d->out(), as(by));
  }
  Result<desk::Case> call(const std::string& matter, const std::string& entry,
                          desk::Outcome outcome = desk::Outcome::confirmed,
                          const std::string& by = "intake-1") {
    return verify_requester(carrier(), matter, {entry, "watch commander on duty", outcome, false}, as(by));
  }
  std::size_t released() {  // files, whatever the acts say
    std::size_t n = 0;
    std::error_code ec;
    for (const auto& e : fs::recursive_directory_iterator(d->data() / "case-files", ec))
      n += e.path().extension() == ".json" ? 1 : 0;
    return n;
  }
  // What was released in a matter ("writ.collection/1"); null when nothing was.
  Json release_of(const std::string& matter) {
    const auto c = desk::read_case(carrier(), matter).value();
    return c.newest("release") == nullptr ? Json() : collection_of(carrier(), c).value();
  }

  std::unique_ptr<Desk> d;
  std::vector<std::string> entries;  // of the directory, by agency
};

}  // namespace writ::cases::testing
