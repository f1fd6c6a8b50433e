// SPDX-License-Identifier: GPL-3.0-or-later
// A policy as people look at it: section by section, row by row, and what one policy says otherwise than
// another, by meaning and not by text.
#pragma once
#include <string>
#include <vector>

#include "policy/policy.hh"

namespace writ::policy {

// {"schema":"writ.policy/1","sha256",<section>:{<row>:{<field>:value}}}. Sections: carrier, contacts, fees,
// records, rating, retention, matrix, process, authorities, clocks, holidays, offices, checks, contents,
// citations, layers. A row of "matrix" is "item under column", with the words of both sides and what they
// mean together.
Json to_json(const Policy& p);
std::vector<std::string> sections();

// When an item is released under a process: "always", "only if expressly requested", "only by statute",
// "when counsel approves", "never".
std::string released(const Policy& p, std::string_view item, std::string_view column);

Json to_json(const Decision& d);  // "writ.policy-decision/1"

struct Change {
  std::string section, row, field;
  Json before, after;  // null: it is not there
};
std::vector<Change> differences(const Policy& from, const Policy& to);
std::string to_text(const Change& c);  // "matrix: subscriber-ssn under court-order: plan \"R\" -> \"Y\""
Json to_json(const std::vector<Change>& changes);  // "writ.policy-changes/1"

}  // namespace writ::policy
