// SPDX-License-Identifier: GPL-3.0-or-later
// The end of a tenant's stay ends every grant that was bound to it (grant_stays.hh), at once and by the desk
// itself: the next guest of room 214 is never recorded. Nobody acts as a person here, as stop wins over
// start; only counsel resumes, by a new order.
//
// In this order: the log's entry, the revocation in the store, the signed list in every directory where the
// grant lies. A step that fails does not hold up the ones after it. A log that cannot be written is said
// loudly and caught up with later; a store that cannot be written gets its revocation into the lists all the
// same; a directory that cannot be written is tried again until it can. Killed anywhere, `catch_up` finds
// what is open: it asks the records whose stays are over, and the store which lists are not written.
#pragma once
#include <set>

#include "desk/outlets.hh"
#include "records/stays.hh"

namespace writ::records {
class Catalogue;
}

namespace writ::desk {

struct Suspended {
  std::string matter, grant, reason;  // "suspended: check-out"
  Instant at{};
};
Json to_json(const Suspended& s);

struct SuspensionReport {
  std::vector<Suspended> stopped;
  std::vector<Undelivered> undelivered;  // lists that are still to be written
  std::vector<Error> troubles;           // the log or the store did not take it; the grant is stopped anyway
  bool done() const { return undelivered.empty() && troubles.empty(); }
};
// Exit::unit with everything that is still open, when something is.
Status to_status(const SuspensionReport& r);

class Suspension {
 public:
  explicit Suspension(Carrier& c) : c_(&c) {}
  // Stops what these ends end. Within milliseconds, when the disks are well.
  SuspensionReport apply(const std::vector<records::HoldingEnded>& ended);
  // Finishes what is open: ends that nobody told, notes and lists that could not be written. First thing of
  // every run that takes in records, and again and again in what runs on (end_watch.hh, feeds.hh).
  SuspensionReport catch_up(const records::Catalogue& catalogue);

 private:
  void stop(const BoundGrant& g, const records::HoldingEnded& e, SuspensionReport& r);
  Status revoke(const BoundGrant& g, const authority::Revocation& what, const Json& detail, bool noted);
  Status note_late();
  void deliver(SuspensionReport& r);
  Carrier* c_;
  std::set<std::string> noted_;  // grants: a store that refuses for an hour does not fill the log
};

}  // namespace writ::desk
