// SPDX-License-Identifier: GPL-3.0-or-later
// The probe destroys what the office has acknowledged, and nothing else. Order: note in the probe's log,
// signed record, signed base of each stream (vault/segment_base.hh), files. Killed anywhere and given again,
// it goes on. The bytes are sealed to the matter's keys: what a disk may keep of them opens to nobody once
// these keys are destroyed.
#pragma once
#include "custody/destruction.hh"
#include "custody/ledger.hh"

namespace writ::custody {

struct Wiped {
  std::string record;  // the signed text; "" when there was nothing to destroy
  fs::path kept;       // where the probe keeps it
  Destruction destruction;
  std::size_t not_closed = 0;  // segments that the office has only in part: they stay
};
// Refused (Exit::refused) when the acknowledgement is not of this carrier's office or not for this probe;
// Exit::integrity when a segment is not the one that the office holds: then nothing is destroyed.
Result<Wiped> wipe(const Site& site, View acknowledgement);

}  // namespace writ::custody
