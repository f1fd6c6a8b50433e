// SPDX-License-Identifier: GPL-3.0-or-later
// A demand as the process file that a person would have written.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "process/demand.hh"

namespace writ::process {
namespace {

constexpr std::array top_level{"kind",
                               "instrument",
                               "issuer",
                               "issuer_title",
                               "court",
                               "jurisdiction",
                               "statute",
                               "authority",
                               "wording",
                               "issued",
                               "received",
                               "return_by",
                               "signed",
                               "delivery",
                               "delivered_by",
                               "office",
                               "served_in_state",
                               "state_service_needed",
                               "items",
                               "expressly",
                               "records_from",
                               "records_until",
                               "asks_release",
                               "future_data",
                               "of_matter",
                               "underlying_process",
                               "nature",
                               "circumstances",
                               "danger_to_person",
                               "designated_official",
                               "certifier",
                               "certifier_rank",
                               "non_disclosure_issuer",
                               "non_disclosure_until",
                               "coordinated_before",
                               "cost_agreement"};
constexpr std::array requester_keys{"name",           "badge", "agency",        "phone",   "email",
                                    "return_address", "fax",   "fax_confirmed", "private", "foreign"};
constexpr std::array subject_keys{"kind", "value", "property", "subscriber"};
constexpr std::array address_keys{"building", "street", "city", "state", "zip"};

// A JSON text is a TOML basic string, as far as outside text goes in here (no DEL, no surrogates).
bool is_stated(const Json& v) { return v.is_boolean() ? v.get<bool>() : !v.empty() && v != ""; }

std::string list_text(const Json& v) {
  std::string out;
  for (const Json& e : v) out += (out.empty() ? "" : ", ") + e.dump();
  return "[" + out + "]";
}

void line(std::string& out, const std::string& key, const Json& v) {
  if (is_stated(v)) out += fmt::format("{} = {}\n", key, v.is_array() ? list_text(v) : v.dump());
}

template <std::size_t N>
void lines(std::string& out, const Json& from, const std::array<const char*, N>& keys) {
  for (const char* key : keys) line(out, key, from.at(key));
}

// Fields that a person seldom writes, so that no field is ever lost.
void other_lines(std::string& out, const Json& j) {
  for (const auto& [key, v] : j.items())
    if (key != "schema" && key != "requester" && key != "subjects" &&
        std::find(top_level.begin(), top_level.end(), key) == top_level.end())
      line(out, key, v);
}

std::string address_line(const Json& address) {
  std::string fields;
  for (const char* key : address_keys)
    if (const Json& v = address.at(key); is_stated(v))
      fields += fmt::format("{}{} = {}", fields.empty() ? "" : ", ", key, v.dump());
  return fields.empty() ? fields : fmt::format("address = {{{}}}\n", fields);
}

}  // namespace

std::string to_toml(const Demand& d) {
  const Json j = to_json(d);
  std::string out = fmt::format("schema = {}\n", j.at("schema").dump());
  lines(out, j, top_level);
  other_lines(out, j);
  std::string requester;
  lines(requester, j.at("requester"), requester_keys);
  if (!requester.empty()) out += "\n[requester]\n" + requester;
  for (const Json& s : j.at("subjects")) {
    out += "\n[[subjects]]\n";
    lines(out, s, subject_keys);
    out += address_line(s.at("address"));
  }
  return out;
}

}  // namespace writ::process
