// SPDX-License-Identifier: GPL-3.0-or-later
// What a probe in the field gives out, at the office: bundles taken into evidence one after the other, the
// acknowledgement that lets the probe destroy its copies, and its record of that.
//
//   evidence/<matter>/<grant>/...                        the segments, as after any import
//   evidence/<matter>/bundles/<probe key, 8>-000001.json  manifest, written when its pieces are in the house
//   evidence/<matter>/bundles/<probe key, 8>-000001.ack.json
//
// Nothing is believed for where it lies: manifests are the probe's signed word, and the probe is the one that
// the matter's issued grants name.
#pragma once
#include "custody/destruction.hh"
#include "desk/orders.hh"

namespace writ::desk {

struct BundleTaken {
  std::uint64_t sequence = 0;
  std::string day, acknowledgement;  // the signed text
  fs::path kept;                     // the acknowledgement's file
  std::size_t pieces = 0, already_there = 0;
  bool again = false;  // it was taken in before; nothing was changed
};

class EvidenceBundles {
 public:
  explicit EvidenceBundles(Carrier& c) : c_(&c) {}
  // Technician or custodian. Exit::refused: another matter's or probe's, out of sequence (with the days that
  // are missing); Exit::integrity: altered. Then nothing is taken in.
  Result<BundleTaken> import(const std::string& matter, const fs::path& bundle, const Credentials& who);
  Result<BundleTaken> import(const std::string& matter, const fs::path& bundle, const Acting& who);

 private:
  Carrier* c_;
};

// The bundle's manifest, when a probe of this matter signed it.
Result<custody::SignedBundle> bundle_of(const Carrier& c, const std::string& matter, const fs::path& bundle);
// Those that were taken in, by probe and number.
Result<std::vector<custody::SignedBundle>> bundles_taken(const Carrier& c, const std::string& matter);
// A probe's record of destruction: a probe of this matter signed it, and each segment of it lies here, byte
// for byte. Exit::integrity when one does not: then evidence is lost, and the auditor must know.
Result<custody::Destruction> destruction_of(const Carrier& c, const std::string& matter, View record);

}  // namespace writ::desk
