// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "authority/person.hh"

namespace writ::authority {
namespace {

constexpr std::array<std::pair<Role, const char*>, 11> names{{{Role::root, "root"},
                                                              {Role::intake, "intake"},
                                                              {Role::counsel, "counsel"},
                                                              {Role::officer, "officer"},
                                                              {Role::technician, "technician"},
                                                              {Role::custodian, "custodian"},
                                                              {Role::finance, "finance"},
                                                              {Role::auditor, "auditor"},
                                                              {Role::admin, "admin"},
                                                              {Role::desk, "desk"},
                                                              {Role::probe, "probe"}}};

// Outside everything (auditor), never signing (admin), or a machine (desk, probe).
bool stands_alone(Role r) {
  return r == Role::auditor || r == Role::admin || r == Role::desk || r == Role::probe;
}

bool approves(Role r) { return r == Role::counsel || r == Role::officer || r == Role::technician; }

constexpr const char* staffing_rule = "staffing (docs/design.md, Trust and staffing; 47 CFR 1.20003)";

}  // namespace

const char* to_string(Role r) {
  for (const auto& [role, name] : names)
    if (role == r) return name;
  return "unknown";
}

Result<Role> parse_role(std::string_view s) {
  for (const auto& [role, name] : names)
    if (s == name) return role;
  return fail(Exit::usage, fmt::format("'{}' is not a role", s), staffing_rule, "a role's name",
              "'writ user roles' prints them");
}

bool may_combine(Role a, Role b) {
  if (a == b) return true;
  if (stands_alone(a) || stands_alone(b)) return false;
  if (approves(a) && approves(b)) return false;
  // Who enters a request does not also approve it in law.
  const auto is_pair = [&](Role x, Role y) { return (a == x && b == y) || (a == y && b == x); };
  return !is_pair(Role::intake, Role::counsel);
}

Status check_staffing(const std::vector<Role>& roles) {
  if (roles.empty())
    return fail(Exit::refused, "a person without a role", staffing_rule, "at least one role",
                "name the roles; 'writ user roles' prints the table");
  for (std::size_t i = 0; i < roles.size(); ++i)
    for (std::size_t k = i + 1; k < roles.size(); ++k) {
      if (roles[i] == roles[k])
        return fail(Exit::refused, fmt::format("the role {} is named twice", to_string(roles[i])),
                    staffing_rule, "each role once", "name it once");
      if (!may_combine(roles[i], roles[k]))
        return fail(Exit::refused,
                    fmt::format("one person may not be {} and {}", to_string(roles[i]), to_string(roles[k])),
                    staffing_rule, "a second person",
                    "give one of the two roles to somebody else; 'writ user roles' prints the table");
    }
  return {};
}

std::string staffing_table() {
  std::string out = "Roles that one person may hold together (yes), and may not (-):\n\n";
  out += fmt::format("{:<11}", "");
  for (const auto& [role, name] : names) out += fmt::format(" {:>10}", name);
  out += "\n";
  for (const auto& [row, row_name] : names) {
    std::string line = fmt::format("{:<11}", row_name);
    for (const auto& [column, name] : names)
      line += fmt::format(" {:>10}", row == column ? "=" : may_combine(row, column) ? "yes" : "-");
    out += line + "\n";
  }
  out +=
      "\ncounsel, officer and technician are three different people; who enters a request (intake) is not "
      "counsel.\n"
      "admin, auditor, desk and probe hold nothing else; desk and probe are machines.\n"
      "The two roots are held by two people, who may hold another role. Three people can run it:\n"
      "  counsel+root+custodian, officer+intake+root+custodian+finance, technician+custodian.\n";
  return out;
}

}  // namespace writ::authority
