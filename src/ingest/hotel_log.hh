// SPDX-License-Identifier: GPL-3.0-or-later
// What a hotel sent, as received: text that a person can read, one entry a line, appended and synced before
// anything is done about it. A mark after the deed makes that a record which a kill caught in between is
// done when the link starts again: a check-out does not come again with a resync.
//
//   <8 hex digits of the SHA-256 of the rest> <RFC 3339 time> <kind> <bytes, others than printable ASCII and
//   '\' as \xhh>
//   kinds: F frame, H half frame, O oversized frame (its begin), N noise; A: all frames up to this number
//   are done.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/io.hh"
#include "base/time.hh"

namespace writ::ingest {

class HotelLog {
 public:
  struct Entry {
    char kind = 'F';
    std::string bytes;
    Instant at{};              // of arrival, whole microseconds
    std::uint64_t number = 0;  // of a frame, from 1
  };
  struct Opened;
  // One process at a time (Exit::unit). A torn last line is cut off; a line that was damaged later is left
  // alone and reported.
  static Result<Opened> open(const fs::path& p);
  // All or nothing, durable when it returns; gives the frames their numbers.
  Status append(std::vector<Entry>& entries);
  // Not synced: a mark that the power takes away makes a record done twice, which changes nothing.
  Status done(std::uint64_t number, Instant now);

 private:
  Status write(const std::string& lines, bool sync);

  fs::path path_;
  Fd fd_;
  std::uint64_t size_ = 0, frames_ = 0;
};

struct HotelLog::Opened {
  HotelLog log;
  std::vector<Entry> not_done;  // guest records after the last mark
  std::uint64_t torn_bytes = 0;
  std::vector<std::uint64_t> damaged_lines;
};

// For tests and readers of the log: one line without its end; false when it is not whole.
bool parse_hotel_log_line(std::string_view line, HotelLog::Entry& out);

}  // namespace writ::ingest
