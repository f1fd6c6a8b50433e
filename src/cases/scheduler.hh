// SPDX-License-Identifier: GPL-3.0-or-later
// What the clock does, and nobody else: cases whose time is over expire, interceptions whose authority is
// over end, and people are told beforehand. Nothing here extends anything; a clock that was set back stops it
// (I3).
//
// Every act and every notice (desk/outbox.hh) happens once, whatever is killed in between.
#pragma once
#include <optional>

#include "cases/deadlines.hh"

namespace writ::cases {

struct SchedulerRun {
  Instant at{};
  std::vector<Deadline> done;      // what the clock did
  std::vector<desk::Notice> told;  // written just now
  std::vector<Error> troubles;     // what could not be done; the next run tries again
  std::optional<Instant> next;     // the next moment at which there is something to do or to tell
};
Json to_json(const SchedulerRun& r);  // "writ.scheduler-run/1"

class Scheduler {
 public:
  explicit Scheduler(desk::Carrier& c) : c_(&c) {}
  // Everything whose time has come. Exit::refused when the clock was set back: then nothing is done.
  Result<SchedulerRun> run_once();

 private:
  Status tell(const Deadline& d, Instant alert, SchedulerRun& run);
  Status expire(const Deadline& d);
  Status expire_order(const Deadline& d);
  desk::Carrier* c_;
};

}  // namespace writ::cases
