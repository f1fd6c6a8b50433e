// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "records/identify.hh"

namespace writ::records {
namespace {

constexpr std::array<const char*, 7> ways = {"number",         "account-name",  "street-address",
                                             "account-number", "tenant-number", "tenant-extension",
                                             "tenant-name"};
constexpr std::array<const char*, 5> outcomes = {"match", "several", "no-record", "need-more", "refer"};

// The ends of all time are no times.
Json begin_or_null(Instant t) { return t == Instant::min() ? Json(nullptr) : Json(rfc3339(t)); }

}  // namespace

const char* to_string(Ask::By b) { return ways.at(static_cast<std::size_t>(b)); }

Result<Ask::By> parse_ask_by(std::string_view s) {
  for (std::size_t i = 0; i < ways.size(); ++i)
    if (s == ways[i]) return static_cast<Ask::By>(i);
  return fail(
      Exit::usage, "not a way to ask who somebody is", "the carrier's plan, S8 to S16", {},
      "write number, account-name, street-address, account-number, tenant-number, tenant-extension or "
      "tenant-name");
}

Json to_json(const Ask& a) {
  Json out{{"by", to_string(a.by)}, {"from", time_or_null(a.from)}, {"until", time_or_null(a.until)}};
  if (a.known) out["known"] = rfc3339(*a.known);
  const auto add = [&out](const char* key, const std::string& v) {
    if (!v.empty()) out[key] = v;
  };
  add("number", a.number);
  add("extension", a.extension);
  add("account_name", a.account_name);
  add("account_number", a.account_number);
  add("property", a.property);
  add("tenant_name", a.tenant_name);
  Json address = Json::object();
  for (const auto& [key, v] : {std::pair{"building", &a.address.building},
                               {"street", &a.address.street},
                               {"city", &a.address.city},
                               {"state", &a.address.state},
                               {"zip", &a.address.zip}})
    if (!v->empty()) address[key] = *v;
  if (!address.empty()) out["address"] = address;
  return out;
}

Json to_json(const Answer& a) {
  Json parties = Json::array();
  for (const Identified& p : a.parties)
    parties.push_back(Json{{"account", p.account},
                           {"reservation", p.reservation},
                           {"tenant", p.tenant},
                           {"from", begin_or_null(p.period.from)},
                           {"until", time_or_null(p.period.until)}});
  return Json{{"outcome", outcomes.at(static_cast<std::size_t>(a.outcome))},
              {"parties", parties},
              {"needs", a.needs},
              {"rule", a.rule},
              {"text", a.text}};
}

}  // namespace writ::records
