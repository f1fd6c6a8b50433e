// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/process_kinds.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/zone.hh"
#include "policy/policy.hh"

namespace writ::policy {

const ProcessKind* process_kind(const Policy& p, std::string_view id) {
  const auto it =
      std::find_if(p.kinds.begin(), p.kinds.end(), [&](const ProcessKind& k) { return k.id == id; });
  return it == p.kinds.end() ? nullptr : &*it;
}

bool releases(const ProcessKind& k) { return !k.column.empty() || k.by_order; }

std::string why_not_in_force(const Policy& p, std::string_view authority, Instant at) {
  const auto a = std::find_if(p.authorities.begin(), p.authorities.end(),
                              [&](const Authority& o) { return o.id == authority; });
  if (a == p.authorities.end())
    return fmt::format("'{}' is not in the table of authorities; counsel decides (fail closed)", authority);
  if (a->never) return fmt::format("{} is refused whatever its date ({})", a->title, a->citation);
  const auto zone = Zone::find(p.hours.zone);
  if (!zone) return zone.error().what;
  const std::string today = zone->text(at).substr(0, 10);
  if (today < a->effective)
    return fmt::format("{} takes effect on {} only ({})", a->title, a->effective, a->citation);
  if (!a->lapses.empty() && today >= a->lapses)
    return fmt::format(
        "{} lapsed on {} ({}; verified on {}); if it was renewed, counsel has the table amended", a->title,
        a->lapses, a->citation, a->verified_on);
  return {};
}

}  // namespace writ::policy
