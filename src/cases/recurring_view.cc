// SPDX-License-Identifier: GPL-3.0-or-later
// Continuing deliveries as a person sees them: where each stands, what is due, what was missed.
#include <fmt/format.h>

#include <algorithm>

#include "cases/demand_case.hh"
#include "cases/recurring.hh"

namespace writ::cases {
namespace {

using desk::Carrier;
using desk::Case;

Json deliveries_json(const Case& of) {
  Json out = Json::array();
  for (const desk::CaseAct& a : of.acts) {
    if (a.act == "deliver")
      out.push_back(
          {{"window", a.body.value("window", Json())},
           {"at", rfc3339(a.at)},
           {"manifest_sha256", a.body.value("delivery", Json::object()).value("manifest_sha256", "")},
           {"acknowledged", Json()}});
    if (a.act != "acknowledge") continue;
    for (Json& d : out)
      if (d["acknowledged"].is_null()) d["acknowledged"] = rfc3339(a.at);
  }
  return out;
}

// What the authority says now: an order that ended, was stopped or suspended is said, not found out later.
Json authority_json(const Carrier& c, const process::Demand& d, Progress& done) {
  const auto a = continuing_authority(c, d.of_matter);
  if (!a) return {{"stands", false}, {"why", a.error().what}};
  done.until = std::min(done.until, a->until);
  return {{"stands", true}, {"until", rfc3339_seconds(a->until)}};
}

Result<Json> recurring_row(const Carrier& c, const Case& of) {
  WRIT_TRY(d, demand_of(of));
  Json row{{"matter", of.matter},
           {"state", of.state},
           {"order", d.of_matter},
           {"agency", d.requester.agency},
           {"approved", of.newest("approve") != nullptr}};
  if (of.newest("approve") == nullptr) return row;
  WRIT_TRY(done, progress_of(of));
  row["authority"] = authority_json(c, d, done);
  row["from"] = rfc3339_seconds(done.from);
  row["until"] = rfc3339_seconds(done.until);
  row["delivered_until"] = rfc3339_seconds(done.delivered);
  row["deliveries"] = done.deliveries;
  row["weeks"] = done.weeks;
  row["extras"] = done.extras;
  row["extra_wanted"] = done.wants_extra;
  row["unacknowledged"] = done.unacknowledged;
  Json open = Json::array();
  WRIT_TRY(windows, open_windows(c.policy(), done, c.now()));
  for (const Window& w : windows) open.push_back(to_json(w));
  row["open"] = std::move(open);
  if (!desk::is_over(of) && done.delivered < done.until) {
    WRIT_TRY(end, window_end(c.policy(), done));
    row["next"] = rfc3339_seconds(end);
  }
  return row;
}

}  // namespace

Result<Json> Recurring::list() const {
  WRIT_TRY(numbers, desk::case_numbers(*c_, process::Cycle::recurring));
  Json rows = Json::array();
  for (const std::string& m : numbers) {
    const auto of = desk::read_case(*c_, m);
    const auto row = of ? recurring_row(*c_, *of) : tl::unexpected(of.error());
    rows.push_back(row ? *row : Json{{"matter", m}, {"trouble", row.error().what}});
  }
  return Json{{"schema", "writ.recurring-list/1"}, {"recurring", std::move(rows)}};
}

Result<Json> Recurring::show(const std::string& matter) const {
  WRIT_TRY(of, desk::read_case(*c_, matter));
  if (of.cycle != process::Cycle::recurring)
    return fail(Exit::not_found, fmt::format("{} is no continuing delivery", matter), {}, {},
                "writ recurring list prints them");
  WRIT_TRY(row, recurring_row(*c_, of));
  row["schema"] = "writ.recurring/1";
  row["delivered"] = deliveries_json(of);
  row["acts"] = desk::to_json(of)["acts"];
  return row;
}

}  // namespace writ::cases
