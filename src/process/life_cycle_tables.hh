// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of life_cycle.hh, one function each, in files by concern (life_cycles_*.cc); who does what in
// several of them. For life_cycles*.cc alone.
//
// The same transitions stand once more, written by hand from the requirements, beside the test
// (src/cases/lawful.tsv): neither is derived from the other.
#pragma once
#include "process/life_cycle.hh"

namespace writ::process::tables {

using authority::Role;
using Names = std::vector<std::string_view>;
using Roles = std::vector<Role>;

inline const Roles enterers{Role::intake, Role::officer, Role::technician};
inline const Roles handlers{Role::intake, Role::officer};
inline const Roles deciders{Role::counsel, Role::officer};
inline const Roles staff{Role::intake, Role::counsel, Role::officer};
inline const Roles counsel{Role::counsel};
inline const Roles officer{Role::officer};
inline const Roles technician{Role::technician};
inline const Roles finance{Role::finance};
inline const Roles clock{Role::desk};

inline constexpr std::string_view own_work = "nobody approves their own work (requirements, section 5)";

LifeCycle request();
LifeCycle preservation();
LifeCycle backup_preservation();
LifeCycle child_protection();
LifeCycle emergency();
LifeCycle national_security();
LifeCycle recurring();
LifeCycle invoice();
LifeCycle incident();
LifeCycle work_order();
LifeCycle plan_filing();
LifeCycle policy_edit();
LifeCycle own_copies();
LifeCycle directory();
LifeCycle order_check();
LifeCycle emergency_application();

}  // namespace writ::process::tables
