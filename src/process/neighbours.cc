// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/neighbours.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::process {
namespace {

using records::Holder;

bool at_the_same_time(const Holder& a, const Holder& b) {
  return a.from < b.until.value_or(Instant::max()) && b.from < a.until.value_or(Instant::max());
}

// A host that both have at one time; null when there is none.
const std::string* common_host(const Holder& a, const Holder& b) {
  if (!at_the_same_time(a, b)) return nullptr;
  const auto host = std::ranges::find_first_of(a.hosts, b.hosts);
  return host == a.hosts.end() ? nullptr : &*host;
}

}  // namespace

Result<std::optional<std::string>> shared_with_neighbours(const TargetRequest& t, const Request& r,
                                                          const records::Catalogue& book) {
  std::optional<std::string> none;
  const auto value = records::canonical_value(t.type, t.value);
  if (!value) return none;
  WRIT_TRY(all, book.who_holds(t.type, *value, "", {r.start, r.end, {}}));
  const auto own = [&](const Holder& h) { return t.property.empty() || h.account == t.property; };
  for (const Holder& h : all)
    if (own(h) && h.trunk)
      return std::optional(
          fmt::format("{} {} is on record as a shared trunk of {}: calls of several people go over it",
                      t.type, *value, h.account));
  if (t.type != "extension" || t.property.empty()) return none;
  for (const Holder& h : all)
    for (const Holder& other : all)
      if (own(h) && !own(other))
        if (const std::string* host = common_host(h, other))
          return std::optional(fmt::format("extension {}: at {} {} has it as well as {}", *value, *host,
                                           other.account, h.account));
  return none;
}

}  // namespace writ::process
