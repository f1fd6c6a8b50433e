// SPDX-License-Identifier: GPL-3.0-or-later
// Wall time. All instants are UTC nanoseconds; text is RFC 3339 with microseconds ("...123456Z").
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace writ {

using Nanos = std::chrono::nanoseconds;
using Instant = std::chrono::sys_time<Nanos>;

inline std::int64_t to_ns(Instant t) { return t.time_since_epoch().count(); }
inline Instant from_ns(std::int64_t ns) { return Instant{Nanos{ns}}; }

std::string rfc3339(Instant t);          // 2026-11-25T03:12:49.000000Z (truncated to the microsecond)
std::string rfc3339_seconds(Instant t);  // 2026-11-25T03:12:49Z
// Accepts "YYYY-MM-DDTHH:MM:SS[.frac](Z|+hh:mm|-hh:mm)"; nothing looser (a legal time is not guessed).
Result<Instant> parse_rfc3339(std::string_view text);

// The clock is injected everywhere; no option of the product sets it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() override;
};

class ManualClock final : public Clock {  // for tests and simulations
 public:
  explicit ManualClock(Instant t) : t_(t) {}
  Instant now() override { return t_; }
  void set(Instant t) { t_ = t; }
  void advance(Nanos d) { t_ += d; }

 private:
  Instant t_;
};

}  // namespace writ
