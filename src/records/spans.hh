// SPDX-License-Identifier: GPL-3.0-or-later
// Half-open pieces of time; an open end is Instant::max().
#pragma once
#include <algorithm>
#include <vector>

#include "records/facts.hh"

namespace writ::records {

struct Span {
  Instant from{}, until{};
  bool empty() const { return from >= until; }
  bool overlaps(const Span& o) const { return from < o.until && o.from < until; }
  bool operator==(const Span&) const = default;
};

inline Span span_of(const Period& p) { return {p.from, p.until.value_or(Instant::max())}; }
inline std::optional<Instant> end_of(const Span& s) {
  return s.until == Instant::max() ? std::nullopt : std::optional(s.until);
}
inline Span common(const Span& a, const Span& b) {
  return {std::max(a.from, b.from), std::min(a.until, b.until)};
}

// What of `whole` none of `parts` covers, in order.
inline std::vector<Span> without(const Span& whole, std::vector<Span> parts) {
  std::sort(parts.begin(), parts.end(), [](const Span& a, const Span& b) { return a.from < b.from; });
  std::vector<Span> out;
  Span rest = whole;
  for (const Span& p : parts) {
    const Span before{rest.from, std::min(p.from, rest.until)};
    if (!before.empty()) out.push_back(before);
    rest.from = std::max(rest.from, p.until);
  }
  if (!rest.empty()) out.push_back(rest);
  return out;
}

}  // namespace writ::records
