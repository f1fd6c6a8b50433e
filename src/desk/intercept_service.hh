// SPDX-License-Identifier: GPL-3.0-or-later
// From carrier authorisation to evidence in the house: the officer's act, the technician's act (only then a
// grant exists), stop and revocation, import of the probe's sealed segments, the 47 CFR 1.20004
// certification.
#pragma once
#include "desk/orders.hh"
#include "produce/documents.hh"

namespace writ::desk {

struct Armed {
  GrantRow grant;
  fs::path grant_file, revocation_file;
};
struct Imported {
  std::size_t grants = 0, segments = 0, already_there = 0;
};

class InterceptService {
 public:
  explicit InterceptService(Carrier& c) : c_(&c) {}
  Result<GrantRow> authorise(const std::string& matter, const Credentials& officer);
  // Writes <out>/<grant>.grant.json and <out>/revocations.json. The same command again writes the same grant.
  Result<Armed> arm(const std::string& matter, const fs::path& out, const Credentials& technician);
  // Stop wins over start: counsel, officer or technician alone. Returns the new revocation list's file.
  Result<fs::path> stop(const std::string& matter, const std::string& reason, const fs::path& out,
                        const Credentials& who);
  Result<Json> status(const std::string& matter) const;  // empty: all
  Result<Imported> import(const std::string& matter, const fs::path& probe_dir, const Credentials& who);
  Result<produce::Certification> certify(const std::string& matter, const Credentials& officer);
  // Counsel or officer: the interception is over, it is certified, and no field work order is open (S53).
  Status close(const std::string& matter, const Credentials& who);

 private:
  Carrier* c_;
};

// What the papers say about a matter; the first armed order gives the instrument and the start, the last the
// end.
Result<produce::MatterFacts> matter_facts(const Carrier& c, const std::string& matter);
// The end of the interception: the latest of (not_after, or the stop when earlier) over the matter's grants.
Result<Instant> interception_end(const Carrier& c, const std::string& matter);
// Instant of the technician's act on the first grant.
Result<Instant> interception_start(const Carrier& c, const std::string& matter);
Result<produce::Certification> stored_certification(const Carrier& c, const std::string& matter);

}  // namespace writ::desk
