// SPDX-License-Identifier: GPL-3.0-or-later
// Readers of the tables of a policy layer that law and profile share: matrix, kinds of process, authorities,
// offices, clocks, holidays. Every complaint names its place in the file.
#pragma once
#include <string>

#include "base/sourced.hh"
#include "policy/policy.hh"

namespace writ::policy {

enum class Side { none, plan, law };  // of the disclosure matrix: whose word a layer's rows are

void read_matrix(Fields& f, Side side, const std::string& file, Policy& p);
void read_kinds(Fields& f, Policy& p);
void read_authorities(Fields& f, Policy& p);
void read_offices(Fields& f, Policy& p);
void read_clocks(Fields& f, Policy& p);
void read_calendar(Fields& f, Policy& p);

// What the code asks of every policy, once all layers are read: both sides of every cell, the clocks and
// offices it names, references that lead somewhere. Fail closed: Exit::usage names what is missing.
Status tables_whole(Policy& p);
Status matrix_whole(Policy& p);

}  // namespace writ::policy
