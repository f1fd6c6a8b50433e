// SPDX-License-Identifier: GPL-3.0-or-later
// The field work order (S49-S53): where the capture equipment stands, on which port, every visit and every
// daily retrieval, its removal and the release of the port, each signed by the technician who did it. It is
// opened only under an interception that counsel and officer have authorised, and the matter is not closed
// before it.
#pragma once
#include "base/io.hh"
#include "desk/case_book.hh"

namespace writ::cases {

struct FieldSite {
  std::string matter;  // the interception
  std::string site, switch_name,
      port;  // as the technician finds them: "Harbor property, closet 2", "sw-2", "24"
};

struct Retrieval {
  std::string day;     // whose traffic was retrieved, "2026-11-26", in the profile's zone
  std::string media;   // label of the medium, or name of the bundle
  std::string sha256;  // of the bundle; "" when it is not known on site
  // Of a bundle (writ-probe retrieve), what its manifest says: the first day that it reaches back to, its
  // number, how much it holds. Empty when the technician's word is all there is.
  std::string from_day = {}, bundle = {};
  std::uint64_t bytes = 0;
  std::vector<std::string> grants = {};  // under which its segments were sealed
};

// How grants came to the probe (docs/field-work.md): what lies in `medium` is named by digest, the rest is
// the technician's word.
struct Brought {
  fs::path medium;  // a directory, as it was carried
  std::string label, carried_by, installed_by;
  std::optional<Instant> installed_at = {};  // now
};

class WorkOrders {
 public:
  explicit WorkOrders(desk::Carrier& c) : c_(&c) {}
  // The same site again while its order is open gives that order.
  Result<desk::Case> open(const FieldSite& s, const desk::Credentials& who);
  Result<desk::Case> open(const FieldSite& s, const desk::Acting& who);
  // Each step is an act of the table (process/life_cycles*.cc). `install` and `remove` name the serial number
  // of the equipment, `release_port` the port: what is taken away is what was brought.
  desk::CaseStep install(const std::string& equipment) const;
  // What is on the medium of this order's matter (work_order_grants.hh), after the installation.
  Result<desk::CaseStep> bring_grants(const std::string& number, const Brought& b) const;
  desk::CaseStep visit(const std::string& note) const;
  desk::CaseStep retrieve(const Retrieval& r) const;
  // What the manifest of a bundle says, when a probe of the order's matter signed it. `media`: the label of
  // the medium, "" for the bundle's name.
  Result<Retrieval> retrieval_of(const std::string& number, const fs::path& bundle,
                                 const std::string& media) const;
  // The probe destroyed what the office had acknowledged: its signed record (a file), which is kept with the
  // order.
  Result<desk::CaseStep> wipe(const std::string& number, const fs::path& record) const;
  desk::CaseStep remove(const std::string& equipment) const;
  desk::CaseStep release_port(const std::string& port) const;
  // Refused while a probe worked under a grant that the order does not name, and while the last bundle's
  // destruction at the probe is not signed. `not_wiped`: why there is none (a probe that is lost, a disk that
  // broke).
  desk::CaseStep close(const std::string& not_wiped = {}) const;

  // "writ.work-order/1": the case, and what is open of it: "next", "missed" days, and of each bundle that was
  // retrieved whether the office took it in ("bundles").
  Result<Json> show(const std::string& number) const;
  // All, or those of one interception: "writ.work-orders/1".
  Result<Json> list(const std::string& matter) const;
  // The sheet that goes into the file, as PDF.
  Status print(const std::string& number, const fs::path& pdf) const;

 private:
  desk::Carrier* c_;
};

// Days of the profile's zone on which the equipment captured and of which no retrieval is signed: up to the
// day before `now`, or to the day of the removal. A bundle reaches from the retrieval before it to its day.
Result<std::vector<std::string>> missed_days(const desk::Carrier& c, const desk::Case& work_order,
                                             Instant now);

}  // namespace writ::cases
