// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers by which the office tells a grant's calls apart: no two calls of it bear one, in whatever run
// of the probe.
//
// The engine counts a run's calls from 1. A number is taken for each, from the next that is free on, and
// reserved, durably, before a record that bears it is written. A capture file that is read again after a run
// over it was killed gives each call the number that it had, since what is sealed bears it; calls that it did
// not come to then get free ones.
//
// Kept beside the grant's segments, call-numbers.json:
// {"schema":"writ.call-numbers/1","next":N,"sources":{identity of the capture file: [[first, count], ..]}}.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/io.hh"

namespace writ::capture {

class CallNumbers {
 public:
  // `source` as for Spool::open. Exit::integrity when the file is not what this class writes.
  static Result<CallNumbers> open(const fs::path& lane_dir, const std::string& source);
  // Of the run's n-th call; 0 of 0, which is no call. What had to be reserved for it is not saved() yet.
  std::uint32_t number_of(std::uint32_t n);
  bool saved() const { return !unsaved_; }
  // What has to be written to file() for that, by whoever takes it, on any thread; not_taken() when it
  // failed.
  std::string take() {
    unsaved_ = false;
    return text();
  }
  void not_taken() { unsaved_ = true; }
  const fs::path& file() const { return file_; }
  Status close();  // gives back what was reserved and not used; saves

 private:
  std::string text() const;
  using Range = std::pair<std::uint32_t, std::uint32_t>;  // first, count
  fs::path file_;
  std::string source_;
  std::map<std::string, std::vector<Range>> sources_;  // of other files
  std::vector<Range> mine_;
  std::uint32_t next_ = 1, highest_ = 0;  // highest: n that this run came to
  bool took_ = false;                     // the last range of `mine_` is this run's own
  bool unsaved_ = false;
};

}  // namespace writ::capture
