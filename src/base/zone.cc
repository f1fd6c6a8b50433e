// SPDX-License-Identifier: GPL-3.0-or-later
// The only place that includes date/tz.h.
#include "base/zone.hh"

#include <date/tz.h>
#include <fmt/format.h>

namespace writ {
namespace {

const date::time_zone& rules_of(const void* p) { return *static_cast<const date::time_zone*>(p); }

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
  try {
    return Zone{std::string(name), date::locate_zone(std::string(name))};
  } catch (const std::exception&) {
    return fail(Exit::usage, fmt::format("'{}' is not a time zone", name), "IANA time zone database",
                "a name as in tzdata", "write for example \"America/New_York\"");
  }
}

const Zone& Zone::utc() {
  static const Zone zone{"Etc/UTC", date::locate_zone("Etc/UTC")};
  return zone;
}

LocalInstants Zone::instants(std::chrono::local_time<Nanos> local) const {
  const auto info = rules_of(rules_).get_info(date::local_time<Nanos>{local.time_since_epoch()});
  const auto at = [&](const date::sys_info& i) { return Instant{local.time_since_epoch() - i.offset}; };
  switch (info.result) {
    case date::local_info::ambiguous:
      return {at(info.first), at(info.second), false};
    case date::local_info::nonexistent:
      return {Instant{info.first.end.time_since_epoch()}, {}, true};
    default:
      return {at(info.first), {}, false};
  }
}

std::chrono::local_time<Nanos> Zone::local(Instant t) const {
  const auto l = rules_of(rules_).to_local(date::sys_time<Nanos>{t.time_since_epoch()});
  return std::chrono::local_time<Nanos>{l.time_since_epoch()};
}

std::string Zone::text(Instant t) const {
  const auto info = rules_of(rules_).get_info(date::sys_time<Nanos>{t.time_since_epoch()});
  const auto offset_min = std::chrono::duration_cast<std::chrono::minutes>(info.offset).count();
  const std::string utc_like = rfc3339_seconds(t + info.offset);
  return fmt::format("{} {} {} ({}{:02}:{:02})", utc_like.substr(0, 10), utc_like.substr(11, 8), info.abbrev,
                     offset_min < 0 ? '-' : '+', std::abs(offset_min) / 60, std::abs(offset_min) % 60);
}

Result<std::chrono::local_time<Nanos>> parse_local(std::string_view text) {
  std::string rfc{text};
  if (rfc.size() > 10 && rfc[10] == ' ') rfc[10] = 'T';
  const auto t = parse_rfc3339(rfc + "Z");
  if (!t)
    return fail(Exit::usage, fmt::format("'{}' is not a local time", text), {}, {},
                "write YYYY-MM-DD HH:MM:SS");
  return std::chrono::local_time<Nanos>{t->time_since_epoch()};
}

}  // namespace writ
