// SPDX-License-Identifier: GPL-3.0-or-later
// An end that is known before it comes (a check-out, a port on a date) takes effect at its time in whatever
// of the desk runs on: `writ link serve` and `writ serve` look here, as the feeds of hotels do by themselves.
#pragma once
#include <chrono>
#include <memory>

#include "base/io.hh"
#include "desk/record_store.hh"
#include "desk/suspension.hh"

namespace writ::desk {

class EndWatch {
 public:
  static constexpr std::chrono::milliseconds pause{500};
  explicit EndWatch(Carrier& c) : c_(&c), suspension_(c) {}
  // Looks at once the first time, then after each pause; in between: none. Two processes that look take
  // turns.
  std::optional<SuspensionReport> look();

 private:
  bool is_due();
  Carrier* c_;
  Suspension suspension_;
  std::unique_ptr<RecordStore> store_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now(), due_{};
};

}  // namespace writ::desk
