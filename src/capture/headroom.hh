// SPDX-License-Identifier: GPL-3.0-or-later
// Room on the probe's disk that no run may seal into. When the disk is full, what empties it (retrieval,
// destruction) must still write its log, its ledger and its signed records: it is given this room, and gives
// it back as soon as the disk has it again. A run does not begin before, or it would seal that away, too.
#pragma once
#include "base/io.hh"

namespace writ::capture {

// The record of a destruction, the acknowledgement and their copies, for some 5,000 segments.
inline constexpr std::uint64_t headroom_bytes = 4u << 20;

// Before a run. Exit::failure when the disk has no room for it.
Status keep_headroom(const fs::path& probe_dir);

// For the length of an act that makes room, or of a run's last words, when the disk is short.
class HeadroomUse {
 public:
  explicit HeadroomUse(fs::path probe_dir);
  HeadroomUse(fs::path probe_dir, std::uint64_t free_bytes);
  HeadroomUse(const HeadroomUse&) = delete;
  HeadroomUse& operator=(const HeadroomUse&) = delete;
  ~HeadroomUse();  // keeps again what there is room for

 private:
  fs::path probe_dir_;
};

}  // namespace writ::capture
