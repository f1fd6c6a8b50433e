// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands under `writ records` share.
#pragma once
#include "authority/scope.hh"
#include "cli.hh"

namespace writ::cli {

// KIND:VALUE, extensions and tenants with @PROPERTY: "number:+14045550102", "extension:214@HH-1001".
Result<authority::ScopeSubject> parse_subject(const std::string& text);

// --from and --until.
void add_period(CLI::App* c, std::string& from, std::string& until, bool required);

// A line for each, or the answer as it is.
template <class Line>
void print_list(const Options& o, const Json& list, const char* of, const Line& line) {
  if (o.json) return print(list);
  for (const Json& e : list[of]) print(line(e) + "\n");
}

}  // namespace writ::cli
