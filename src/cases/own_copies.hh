// SPDX-License-Identifier: GPL-3.0-or-later
// The end of the carrier's own copies: evidence, the scanned documents, collections and letters of a matter,
// and the keys that open them. They end after the delivery was acknowledged, plus the profile's period (clock
// "own-copies"), by two people: counsel and officer, one proposes, the other destroys. The list with its
// hashes is in both signed acts; the audit log, the certification and the acts themselves stay.
#pragma once
#include "base/io.hh"
#include "desk/case_book.hh"

namespace writ::cases {

struct Copy {
  std::string path;  // below the data directory
  std::uint64_t bytes = 0;
  crypto::Digest sha256{};
};

struct CopiesOf {
  std::string matter;
  std::vector<Copy> copies;  // sorted by path
  std::string kept_because;  // "": they may go now
  Instant acknowledged{};    // Instant{}: nobody has
  Instant may_go{};          // acknowledged + the profile's period
  std::string arithmetic;    // of may_go
};

// The receipt of a delivered production of an interception: a request's own case has an act for it.
struct Acknowledgement {
  std::string by;  // who received it
  Instant at{};
};

class OwnCopies {
 public:
  explicit OwnCopies(desk::Carrier& c) : c_(&c) {}
  // What there is of one matter, and whether it may go. `receipt` only for interceptions.
  Result<CopiesOf> of(const std::string& matter, const std::optional<Acknowledgement>& receipt) const;
  // Every matter that has copies: "writ.own-copies/1". Reads no file's content.
  Result<Json> due() const;
  // The same proposal again, while it is open, gives the case that is there.
  Result<desk::Case> propose(const std::string& matter, const std::optional<Acknowledgement>& receipt,
                             const desk::Acting& who);
  // Destroys keys first, then files. Refused when the copies are no longer those of the proposal. Killed and
  // run again, it goes on. Writes the record of destruction as PDF to `certificate`.
  Result<desk::Case> destroy(const std::string& number, const fs::path& certificate, const desk::Acting& who);

 private:
  Status may_go(const desk::Case& proposal) const;
  desk::Carrier* c_;
};

}  // namespace writ::cases
