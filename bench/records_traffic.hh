// SPDX-License-Identifier: GPL-3.0-or-later
// Two years of a hotel carrier's call records, from a seed: 200 properties, guests on extensions behind a few
// numbers of the house, a far side of 80,000 numbers of which some are called all the time. In order of time.
#pragma once
#include <fmt/format.h>

#include <cmath>
#include <random>

#include "records/cdr.hh"

namespace writ::bench {

constexpr int months = 24;
const Instant first_call = std::chrono::sys_days{std::chrono::year{2024} / 12 / 1};
const Instant last_call = std::chrono::sys_days{std::chrono::year{2026} / 12 / 1};

class Traffic {
 public:
  explicit Traffic(std::uint64_t rows) : step_((last_call - first_call) / static_cast<std::int64_t>(rows)) {}

  static std::string far_number(std::uint64_t i) {
    return fmt::format("+1{:03}55501{:02}", 200 + i / 100 % 800, i % 100);
  }
  static std::uint64_t hot_far(std::mt19937_64& r) {  // the rank falls off steeply
    const double u = std::uniform_real_distribution<double>{0, 1}(r);
    return static_cast<std::uint64_t>(80000 * u * u * u);
  }

  records::Cdr next() {
    records::Cdr c;
    const std::uint64_t property = r_() % 200;
    c.account = fmt::format("A-{:05}", 10000 + property);
    c.start =
        first_call + std::chrono::floor<std::chrono::milliseconds>(step_ * static_cast<std::int64_t>(n_));
    const std::string house = fmt::format("+1404555{:04}", 100 + (property + r_() % 3) % 100);
    const std::string guest = fmt::format("{}", 1000 + r_() % 300);
    const std::uint64_t kind = r_() % 20;
    if (kind < 9) {  // out
      c.caller = house, c.called = far_number(hot_far(r_));
      if (r_() % 10 < 7) c.caller_extension = guest;
    } else if (kind < 18) {  // in
      c.caller = far_number(hot_far(r_)), c.called = house;
      if (r_() % 10 < 4) c.called_extension = guest;
      if (r_() % 15 == 0) c.redirecting = far_number(r_() % 80000);
    } else {
      c.caller = guest, c.called = fmt::format("{}", 1000 + r_() % 300);
    }
    set_ids(c);
    c.answer_ms = r_() % 4 == 0 ? -1 : static_cast<std::int64_t>(r_() % 20000);
    c.duration_ms = c.answer_ms + 1 + static_cast<std::int64_t>(r_() % 600000);
    c.disposition = c.answer_ms < 0 ? records::Disposition::no_answer : records::Disposition::answered;
    c.call_class = static_cast<records::CallClass>(r_() % 9);
    if (r_() % 3 == 0) c.extra = fmt::format(R"({{"trunk":"edge-{}"}})", r_() % 8);
    c.source = fmt::format("feed/2026/{:08x}", n_ / 5000);
    c.line = n_ % 5000 + 1;
    ++n_;
    return c;
  }

 private:
  void set_ids(records::Cdr& c) {
    if (r_() % 2 == 0) {
      c.call_id = fmt::format("{}.{}", to_ns(c.start) / 1'000'000'000, n_);
    } else {
      const std::uint64_t a = r_(), b = r_();
      c.call_id = fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff,
                              b >> 52, b & 0xffffffffffff);
    }
    if (r_() % 5 == 0) c.leg = "b";
    if (r_() % 3 == 0) c.linked = c.call_id;
  }

  std::mt19937_64 r_{20261126};
  Nanos step_;
  std::uint64_t n_ = 0;
};

}  // namespace writ::bench
