// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/facts.hh"

#include <fmt/format.h>

#include <array>

#include "records/stays.hh"

namespace writ::records {
namespace {

constexpr std::array<const char*, 12> kind_names = {
    "account", "address", "number",          "block",        "port",    "extension",
    "uri",     "stay",    "network-address", "registration", "payment", "balance"};

}  // namespace

Json time_or_null(const std::optional<Instant>& t) { return t ? Json(rfc3339(*t)) : Json(nullptr); }

const char* to_string(FactKind k) { return kind_names.at(static_cast<std::size_t>(k)); }

Result<FactKind> parse_fact_kind(std::string_view s) {
  for (std::size_t i = 0; i < kind_names.size(); ++i)
    if (s == kind_names[i]) return static_cast<FactKind>(i);
  return fail(Exit::usage, "not a kind of fact", {}, {}, "write one of those in docs/records-csv.md");
}

Json to_json(const FactVersion& v) {
  return Json{{"kind", to_string(v.fact.kind)},
              {"account", v.fact.account},
              {"key", v.fact.key},
              {"body", v.fact.body},
              {"from", rfc3339(v.fact.valid.from)},
              {"until", time_or_null(v.fact.valid.until)},
              {"known_from", rfc3339(v.known_from)},
              {"known_until", time_or_null(v.known_until)},
              {"source", v.source}};
}

const char* to_string(HoldingEnded::Why w) {
  switch (w) {
    case HoldingEnded::Why::check_out:
      return "check-out";
    case HoldingEnded::Why::room_move:
      return "room move";
    case HoldingEnded::Why::port_out:
      return "port-out";
    case HoldingEnded::Why::withdrawn:
      return "withdrawn";
  }
  return "withdrawn";
}

Json to_json(const HoldingEnded& e) {
  return Json{{"why", to_string(e.why)}, {"account", e.account},       {"reservation", e.reservation},
              {"room", e.room},          {"extensions", e.extensions}, {"numbers", e.numbers},
              {"uris", e.uris},          {"at", rfc3339(e.at)}};
}

Json to_json(const StayChange& c) {
  constexpr std::array<const char*, 4> what = {"check-in", "check-out", "move", "update"};
  return Json{{"what", what.at(static_cast<std::size_t>(c.what))},
              {"account", c.account},
              {"reservation", c.reservation},
              {"room", c.room},
              {"old_room", c.old_room},
              {"name", c.name},
              {"kind", c.kind},
              {"sharer", c.sharer},
              {"at", rfc3339(c.at)}};
}

}  // namespace writ::records
