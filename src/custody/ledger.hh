// SPDX-License-Identifier: GPL-3.0-or-later
// What a probe remembers of its retrievals, beside its spool:
//
//   spool/<grant>/matter.json             whose grant that is, written when a run begins
//   retrieved/<matter>/000001.json        the manifest: with it the retrieval has happened
//   retrieved/<matter>/000001.copied      it lay whole on a medium
//   retrieved/<matter>/acknowledged.json  the office's newest acknowledgement
//   destroyed/*.json                      records of destruction
//   custody.lock                          held by who retrieves or destroys, and by a run while it begins
//
// The manifest is durable here before the medium has its bundle: a copy that broke off is made again from the
// same manifest, so that two media never carry two different bundles of one number.
#pragma once
#include <functional>
#include <map>
#include <set>

#include "custody/acknowledgement.hh"

namespace writ::custody {

// The probe, as its field work needs it.
struct Site {
  fs::path dir;
  std::string name;
  const crypto::SigningKey* key = nullptr;
  const authority::TrustRoots* roots = nullptr;
  Instant now{};
  std::function<Status(const std::string& action, const Json& detail)> note;  // its log; before the effect
  fs::path spool() const { return dir / "spool"; }
};
Result<Fd> lock_custody(const fs::path& probe_dir);  // waits

// After the spool was opened, before the first packet. The same again changes nothing.
Status note_matter(const fs::path& spool, const authority::VerifiedGrant& grant);
struct SpoolGrant {
  crypto::Digest grant{};
  Instant from{};  // of its authority
};
struct SpoolMatters {
  std::map<std::string, std::vector<SpoolGrant>> of;  // by matter
  std::vector<std::string> unnamed;                   // grants of a spool that an older probe left
};
Result<SpoolMatters> spool_matters(const fs::path& spool);

class Ledger {
 public:
  // Its manifests are a chain, signed by this probe: Exit::integrity when they are not.
  static Result<Ledger> open(const Site& site, const std::string& matter);
  const std::vector<SignedBundle>& bundles() const { return bundles_; }
  // How much of a segment's file is in bundles already; closed: all of it.
  std::uint64_t through(const SegmentName& s) const;
  bool is_closed(const SegmentName& s) const { return closed_.contains(s); }
  bool is_copied(std::uint64_t sequence) const { return copied_.contains(sequence); }
  std::uint64_t acknowledged() const { return acknowledged_; }  // the newest bundle that the office has
  Status commit(SignedBundle b);
  Status mark_copied(std::uint64_t sequence);
  Status keep_acknowledgement(const Acknowledgement& a, View text);

 private:
  void count(const Bundle& b);
  fs::path dir_;
  std::vector<SignedBundle> bundles_;
  std::map<SegmentName, std::uint64_t> through_;
  std::set<SegmentName> closed_;
  std::set<std::uint64_t> copied_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace writ::custody
