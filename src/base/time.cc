// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/time.hh"

#include <fmt/format.h>

#include <ctime>

namespace writ {
namespace {

using std::chrono::days;
using std::chrono::floor;

// By seconds: the midnight before the earliest Instant is no Instant.
std::string civil(Instant t) {
  const auto second = floor<std::chrono::seconds>(t);
  const auto day = floor<days>(second);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss hms{second - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                     hms.hours().count(), hms.minutes().count(), hms.seconds().count());
}

// Exactly `n` digits at `pos`, or -1.
int digits(std::string_view s, std::size_t pos, std::size_t n) {
  if (pos + n > s.size()) return -1;
  int v = 0;
  for (std::size_t i = pos; i < pos + n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    v = v * 10 + (s[i] - '0');
  }
  return v;
}

bool is_at(std::string_view s, std::size_t pos, char c) { return pos < s.size() && s[pos] == c; }

}  // namespace

std::string rfc3339(Instant t) {
  const auto us = floor<std::chrono::microseconds>(t) - floor<std::chrono::seconds>(t);
  return fmt::format("{}.{:06}Z", civil(t), us.count());
}

std::string rfc3339_seconds(Instant t) { return civil(t) + "Z"; }

Result<Instant> parse_rfc3339(std::string_view s) {
  const auto bad = [&] {
    return fail(Exit::usage, fmt::format("'{}' is not a time", s), "RFC 3339", "a date, time and zone offset",
                "write it as 2026-11-25T14:00:00-05:00 or 2026-11-25T19:00:00Z");
  };
  const int y = digits(s, 0, 4), mo = digits(s, 5, 2), d = digits(s, 8, 2);
  const int h = digits(s, 11, 2), mi = digits(s, 14, 2), se = digits(s, 17, 2);
  if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0 || se < 0 || !is_at(s, 4, '-') || !is_at(s, 7, '-') ||
      !is_at(s, 10, 'T') || !is_at(s, 13, ':') || !is_at(s, 16, ':') || h > 23 || mi > 59 || se > 59)
    return bad();
  const std::chrono::year_month_day ymd{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(mo)},
                                        std::chrono::day{static_cast<unsigned>(d)}};
  if (!ymd.ok() || y < 1970 || y > 2200) return bad();
  std::size_t pos = 19;
  std::int64_t frac = 0;
  if (is_at(s, pos, '.')) {
    std::int64_t scale = 100'000'000;
    for (++pos; digits(s, pos, 1) >= 0; ++pos, scale /= 10) frac += digits(s, pos, 1) * scale;
    if (s[pos - 1] == '.') return bad();
  }
  std::chrono::minutes offset{0};
  if (is_at(s, pos, 'Z') && pos + 1 == s.size()) {
  } else if ((is_at(s, pos, '+') || is_at(s, pos, '-')) && pos + 6 == s.size() && is_at(s, pos + 3, ':')) {
    const int oh = digits(s, pos + 1, 2), om = digits(s, pos + 4, 2);
    if (oh < 0 || om < 0 || oh > 14 || om > 59) return bad();
    offset = std::chrono::minutes{(oh * 60 + om) * (s[pos] == '-' ? -1 : 1)};
  } else {
    return bad();
  }
  return Instant{std::chrono::sys_days{ymd}} + std::chrono::hours{h} + std::chrono::minutes{mi} +
         std::chrono::seconds{se} + Nanos{frac} - offset;
}

Instant SystemClock::now() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return from_ns(static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec);
}

}  // namespace writ
