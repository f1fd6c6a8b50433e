// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "process/life_cycle_tables.hh"

namespace writ::process {
namespace {

constexpr std::array cycles{
    Cycle::request,    Cycle::preservation,      Cycle::backup_preservation, Cycle::child_protection,
    Cycle::emergency,  Cycle::national_security, Cycle::recurring,           Cycle::invoice,
    Cycle::incident,   Cycle::work_order,        Cycle::plan_filing,         Cycle::policy_edit,
    Cycle::own_copies, Cycle::directory,         Cycle::order_check,         Cycle::emergency_application};

constexpr std::array names{"request",    "preservation",      "backup-preservation", "child-protection",
                           "emergency",  "national-security", "recurring",           "invoice",
                           "incident",   "work-order",        "plan-filing",         "policy-edit",
                           "own-copies", "directory",         "order-check",         "emergency-application"};
static_assert(cycles.size() == names.size());

}  // namespace

const char* to_string(Cycle c) { return names.at(static_cast<std::size_t>(c)); }

std::span<const Cycle> all_cycles() { return cycles; }

const LifeCycle& life_cycle(Cycle c) {
  static const std::array<LifeCycle, cycles.size()> all{tables::request(),
                                                        tables::preservation(),
                                                        tables::backup_preservation(),
                                                        tables::child_protection(),
                                                        tables::emergency(),
                                                        tables::national_security(),
                                                        tables::recurring(),
                                                        tables::invoice(),
                                                        tables::incident(),
                                                        tables::work_order(),
                                                        tables::plan_filing(),
                                                        tables::policy_edit(),
                                                        tables::own_copies(),
                                                        tables::directory(),
                                                        tables::order_check(),
                                                        tables::emergency_application()};
  return all.at(static_cast<std::size_t>(c));
}

}  // namespace writ::process
