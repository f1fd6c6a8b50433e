// SPDX-License-Identifier: GPL-3.0-or-later
// The production: a directory and an ISO-9660 image that prove themselves. Layout:
//   cover-letter.pdf certification.pdf certification.json call-log.csv calls.json content.pcap (content
//   grants only) recordings/NNN-<direction>.wav|.mp3   authority/roots.json authority/certs.json
//   authority/grant-N.json README.txt (what is what, how to verify) manifest.json  canonical
//   {"schema":"writ.manifest/1","matter","carrier","produced","files":[{"path","bytes","sha256"}],
//                  "grants":[...],"roots":fingerprint,"by":[two custodians]}
//   manifest.sig   canonical
//   {"schema":"writ.manifest-signature/1","manifest_sha256","signatures":[{"user","key","signature"}]}
//                  (Ed25519, domain "writ.manifest/1" over manifest.json's bytes)
//   audit-proof.json  audit::Proof of the entry "production.release" whose detail holds manifest_sha256,
//   opened
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "audit/log.hh"
#include "authority/grant.hh"
#include "produce/documents.hh"

namespace writ::produce {

struct PackageInput {
  MatterFacts facts;
  Certification certification;
  intercept::Matter* matter = nullptr;  // rendered: recordings lie under <dir>/recordings already
  bool mp3 = true;                      // beside each WAV
  const policy::Policy* policy = nullptr;
  authority::TrustRoots roots;
  std::vector<authority::RoleCert> certs;         // everybody whose signature is in the package
  std::vector<std::string> grant_files;           // exact bytes
  std::vector<const authority::Person*> signers;  // the two custodians
  Instant now{};
};

std::string call_log_csv(const intercept::Matter& m);  // RFC 4180, header line, UTC µs
Bytes content_pcap(const intercept::Matter& m);        // each captured frame once, in time order
// A pcap file has one link type: the most frequent one goes to "content.pcap", others to "content-<link
// type>.pcap".
struct NamedCapture {
  std::string name;
  Bytes bytes;
};
std::vector<NamedCapture> content_pcaps(const intercept::Matter& m);

// Writes everything but manifest.sig and audit-proof.json into `dir`; returns the manifest's SHA-256.
// Deterministic for equal input.
Result<crypto::Digest> write_production(const fs::path& dir, const PackageInput& in);
// Signs and adds the proof: the release. Called after the audit entry is durable.
Status seal_production(const fs::path& dir, const PackageInput& in, const audit::Proof& proof);
// ISO-9660 (Rock Ridge, Joliet) of the directory with times set to `at`: reproducible. Atomic.
Status write_iso(const fs::path& dir, const fs::path& iso, const std::string& volume, Instant at);

struct VerifyFinding {
  bool ok = false;
  std::string what;
};  // "recordings/001.wav: SHA-256 differs from manifest"
struct VerifyResult {
  bool ok = false;
  std::vector<VerifyFinding> findings;
  std::string roots_fingerprint;
};
// `package`: a directory or an .iso (read with libisofs). `roots`: an independently kept roots.json,
// optional; without it the fingerprint is printed for comparison. Never throws away a problem: lists all.
Result<VerifyResult> verify_package(const fs::path& package, const fs::path& roots);

}  // namespace writ::produce
