// SPDX-License-Identifier: GPL-3.0-or-later
// Which class a call is of (S17: local, local toll, long distance), by the profile's rating table.
#pragma once
#include "policy/policy.hh"
#include "records/cdr.hh"

namespace writ::ingest {

class Rating {
 public:
  explicit Rating(const policy::RatingTable& table) : table_(table) {}
  // Internal: both parties are extensions. Emergency, toll free and service codes before distance; a property
  // without a row in the table gives `unknown`, never a guess.
  // The distance is that of the far party: of the called one, or of the caller when the call came in.
  records::CallClass classify(const records::Cdr& c) const;

 private:
  policy::RatingTable table_;
};

}  // namespace writ::ingest
