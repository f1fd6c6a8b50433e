// SPDX-License-Identifier: GPL-3.0-or-later
// Results of checks as they are stored and printed.
#include <array>
#include <utility>

#include "process/request.hh"

namespace writ::process {
namespace {

using policy::Severity;

constexpr std::array<std::pair<Severity, const char*>, 3> severities{
    {{Severity::reject, "reject"}, {Severity::return_for_correction, "return"}, {Severity::warn, "warn"}}};

const char* severity_text(Severity s) {
  for (const auto& [severity, text] : severities)
    if (severity == s) return text;
  return "return";
}

Severity severity_of(const std::string& s) {
  for (const auto& [severity, text] : severities)
    if (s == text) return severity;
  return Severity::return_for_correction;
}

}  // namespace

Json to_json(const std::vector<CheckResult>& results) {
  Json out = Json::array();
  for (const CheckResult& r : results) {
    Json j{{"id", r.id},           {"passed", r.passed}, {"severity", severity_text(r.severity)},
           {"message", r.message}, {"rule", r.rule},     {"fact", r.fact},
           {"cure", r.cure}};
    if (!r.item.empty()) j["item"] = r.item;
    out.push_back(std::move(j));
  }
  return out;
}

std::vector<CheckResult> checks_from_json(const Json& stored) {
  std::vector<CheckResult> out;
  for (const Json& j : stored)
    out.push_back({j.value("id", ""), j.value("passed", false), severity_of(j.value("severity", "return")),
                   j.value("message", ""), j.value("rule", ""), j.value("fact", ""), j.value("cure", ""),
                   j.value("item", "")});
  return out;
}

}  // namespace writ::process
