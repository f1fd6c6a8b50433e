// SPDX-License-Identifier: GPL-3.0-or-later
// The daily retrieval (S52), while a run goes on or after it. Nothing leaves the spool: what was copied stays
// until the office has acknowledged it (wipe.hh).
#pragma once
#include "custody/ledger.hh"

namespace writ::custody {

struct RetrieveOptions {
  fs::path medium;     // a directory, writable by the probe's user
  std::string day;     // whose traffic: "2026-11-26"
  std::string matter;  // "": each that the spool holds
  bool again = false;  // all that the office has not acknowledged, and not only what no medium had whole
};

struct Retrieved {
  std::string matter;
  std::uint64_t sequence = 0;
  crypto::Digest id{};
  fs::path bundle;  // on the medium
  std::string day;
  std::size_t pieces = 0;
  std::uint64_t bytes = 0;
  bool is_new = false;  // made by this call; else: there before, copied (again) or found whole on the medium
};

struct RetrieveResult {
  std::vector<Retrieved> bundles;
  std::vector<std::string> unnamed;  // grants of a spool that an older probe left, without their matter
};
// Of each matter: the bundles that no medium had whole so far, then a new one with what was sealed since. A
// day has one bundle at least: one without pieces says that there was nothing. When nothing is new and the
// day has its bundle, the newest is given once more. A medium without room is refused before anything is
// noted.
Result<RetrieveResult> retrieve(const Site& site, const RetrieveOptions& o);

}  // namespace writ::custody
