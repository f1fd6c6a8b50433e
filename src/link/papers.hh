// SPDX-License-Identifier: GPL-3.0-or-later
// The signed papers of the link. TLS tells who is at the other end only because these say so: the carrier's
// CA makes certificates, but a certificate's key counts when the probe itself (its Ed25519 key, certified by
// both roots) or the desk has signed for it. So neither a public CA, nor the carrier's own, nor a mistake in
// TLS alone lets anybody in.
//
//   "writ.link-request/1"    {"at","name","probe","public_key": base64 DER}          signed by the probe
//   "writ.link-admission/1"  {"at","ca","carrier","cert","desk","desk_cert","lease_s","office","probe"}  by
//   the desk "writ.lease/1"           {"at","carrier","desk","desk_cert","probe","revocations","until"} by
//   the desk "writ.link-held/1" {"at","bytes","closed","desk","grant","number","probe","sha256","stream"} by
//   the desk
#pragma once
#include "custody/acknowledgement.hh"

namespace writ::link {

// The digest of a TLS key: SHA-256 over its SubjectPublicKeyInfo (RFC 5280, 4.1), DER.
using KeyDigest = crypto::Digest;

struct Request {
  crypto::VerifyKey probe;
  std::string name;
  Bytes public_key;  // SubjectPublicKeyInfo, DER
  Instant at{};
};
std::string sign_request(Request r, const crypto::SigningKey& probe);
// Signed by the key that it names; whether that is a probe of this carrier, the caller asks.
Result<Request> parse_request(View text, const std::string& name);

struct Admission {
  std::string carrier, ca, cert;  // PEM: the carrier's CA for links; this probe's certificate
  KeyDigest office{};             // the office's TLS key
  std::chrono::seconds lease{0};  // a live run needs a lease that is renewed that often; 0: none is needed
  crypto::VerifyKey probe;
  authority::RoleCert desk;
  Instant at{};
};
inline constexpr std::chrono::seconds lease_max{7 * 24 * 3600};
std::string sign_admission(const Admission& a, const crypto::SigningKey& desk);
// Exit::integrity, or Exit::refused when it is not this carrier's word to this probe.
Result<Admission> verify_admission(View text, const authority::TrustRoots& roots,
                                   const crypto::VerifyKey& probe);

// Authority that rests on knowing of revocations ends when nothing was heard for too long. Of a lease counts
// its own end alone, so an old one that is brought again lengthens nothing; and it counts only together with
// the revocation list that it names (or a newer one), so that whoever carries papers cannot bring leases and
// keep a stop back.
struct Lease {
  crypto::VerifyKey probe;
  std::uint64_t revocations = 0;  // number of the list that the office had
  Instant at{}, until{};
  authority::RoleCert desk;
};
std::string sign_lease(Lease l, const std::string& carrier, const crypto::SigningKey& desk);
Result<Lease> verify_lease(View text, const authority::TrustRoots& roots, const crypto::VerifyKey& probe);

// Cumulative: of this stream the office holds, on its disk, every segment before this one whole, and so many
// bytes of this one. No permission to destroy: that takes a person, too (custody/acknowledgement.hh).
struct StreamHeld {
  crypto::VerifyKey probe;
  custody::Held held;  // number 1, 0 bytes: nothing yet
  Instant at{};
};
std::string sign_held(StreamHeld h, const crypto::SigningKey& desk);
Result<StreamHeld> verify_held(View text, const crypto::VerifyKey& desk, const crypto::VerifyKey& probe);

}  // namespace writ::link
