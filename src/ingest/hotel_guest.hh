// SPDX-License-Identifier: GPL-3.0-or-later
// One guest record of a hotel (GI, GO, GC) as what it changes, and what of it a person should hear.
#pragma once
#include <string>
#include <vector>

#include "base/zone.hh"
#include "records/stays.hh"
#include "wire/fias.hh"

namespace writ::ingest {

struct Said {
  std::string what;
  Json detail;
};

struct GuestReading {
  std::vector<records::StayChange> changes;  // each with a room or a reservation; more than one at times
  std::vector<Said> said;
};

bool is_guest_record(const wire::FiasRecord& r);

// Pure, and a function of its arguments alone: the same record received at the same instant reads the same
// when it is read again from the raw log.
GuestReading read_guest(const wire::FiasRecord& r, const std::string& account, const Zone& zone,
                        Instant received);

}  // namespace writ::ingest
