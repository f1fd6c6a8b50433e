// SPDX-License-Identifier: GPL-3.0-or-later
// The office's word to a probe that it holds evidence: which segments, of what size and hash. Only what
// stands here may be destroyed at the probe. Two keys sign it, the person's who took the bundle in
// (technician or custodian) and the desk's, both certified by the roots that the probe pinned: whoever steals
// one of them makes no probe destroy anything.
//
//   {"body":{"at","bundle","held":[{"bytes","closed","grant","number","sha256","stream"}],"matter","probe","sequence"},
//    "desk":{"cert","signature"},"person":{"cert","signature"},"schema":"writ.bundle-ack/1"}
//   Both sign the canonical body, domain "writ.bundle-ack/1".
#pragma once
#include "custody/bundle.hh"

namespace writ::custody {

struct Held : Extent {  // of the file, as far as the office has it
  bool closed = false;  // that is all of it
};

struct Acknowledgement {
  crypto::VerifyKey probe;
  std::string matter;
  std::uint64_t sequence = 0;  // the newest bundle that was taken in
  crypto::Digest bundle{};     // its id
  std::vector<Held> held;      // everything of this probe and matter, sorted
  Instant at{};
};

struct Signer {
  const authority::RoleCert* cert;
  const crypto::SigningKey* key;
};
std::string sign_acknowledgement(Acknowledgement a, const Signer& person, const Signer& desk);
// Certificates, roles and both signatures by `roots`: Exit::refused when it is not this carrier's word,
// Exit::integrity when it has no form.
Result<Acknowledgement> verify_acknowledgement(View text, const authority::TrustRoots& roots,
                                               const std::string& name);

}  // namespace writ::custody
