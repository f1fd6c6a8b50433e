// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's signed record of what it destroyed, when, and upon which acknowledgement: it goes back to the
// office and into the field work order.
//
//   {"body":{"acknowledgement","at","destroyed":[{"bytes","grant","number","sha256","stream"}],"matter","probe",
//    "probe_name"},"schema":"writ.probe-destruction/1","signature"}
#pragma once
#include "custody/acknowledgement.hh"

namespace writ::custody {

struct Destruction {
  crypto::VerifyKey probe;
  std::string probe_name, matter;
  crypto::Digest acknowledgement{};  // SHA-256 of its text
  std::vector<Extent> destroyed;     // whole files
  Instant at{};
};
std::string sign_destruction(Destruction d, const crypto::SigningKey& probe);
// Signed by the key that it names; whether that is a probe of this carrier, the caller asks. Exit::integrity.
Result<Destruction> parse_destruction(View text, const std::string& name);

}  // namespace writ::custody
