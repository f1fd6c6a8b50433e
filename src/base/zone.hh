// SPDX-License-Identifier: GPL-3.0-or-later
// Local times of a place, by the IANA rules of the host's tzdata (Howard Hinnant's date library does the
// rules). Nothing is guessed: a local time that the clocks passed twice is two instants, one that they jumped
// over is none, and the caller is told which.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hh"

namespace writ {

struct LocalInstants {            // what one reading of a local clock can mean
  Instant first{};                // the earlier one; of a reading in a gap: the instant of the jump
  std::optional<Instant> second;  // the clocks were set back: read twice
  bool in_gap = false;            // the clocks were set forward: never read
};

class Zone {
 public:
  static Result<Zone> find(std::string_view iana_name);  // Exit::usage names the cure
  static const Zone& utc();
  const std::string& name() const { return name_; }
  LocalInstants instants(std::chrono::local_time<Nanos> local) const;
  std::chrono::local_time<Nanos> local(Instant t) const;
  // "2026-11-01 01:30:00 EDT (-04:00)", for people.
  std::string text(Instant t) const;

 private:
  Zone(std::string name, const void* rules) : name_(std::move(name)), rules_(rules) {}
  std::string name_;
  const void* rules_;  // owned by the zone database, alive to the end of the process
};

// "YYYY-MM-DD HH:MM:SS[.frac]" or with 'T'; nothing looser.
Result<std::chrono::local_time<Nanos>> parse_local(std::string_view text);

}  // namespace writ
