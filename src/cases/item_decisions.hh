// SPDX-License-Identifier: GPL-3.0-or-later
// Disclosure = requested AND permitted AND found. This is the middle term: for each item that the document
// asks for, what the matrix says (S20-S24, 18 USC 2702, 2703, 2709; requirements section 3), and where the
// matrix is silent, what counsel says.
#pragma once
#include <map>

#include "authority/scope.hh"
#include "policy/policy.hh"
#include "process/demand.hh"

namespace writ::cases {

struct CounselWord {
  std::map<std::string, std::string> silent;  // item -> why counsel approves it where the matrix is silent
  std::string statute;  // why the cited statute makes a summons an administrative subpoena; "": it does not
};

struct ItemDecision {
  std::string item, title;
  bool permitted = false;
  std::string plan, law;  // cells
  std::string rule, fact, cure;
  std::string reason;  // counsel's, for a silent cell
};
Json to_json(const ItemDecision& d);
Json to_json(const std::vector<ItemDecision>& all);

// One decision for each item asked for, in the document's order, each once. Silent items that counsel does
// not name are refused. Exit::refused: a kind that releases nothing (S26), no item at all (S38), or a word of
// counsel about an item that is not asked for, or on which the matrix is not silent.
Result<std::vector<ItemDecision>> decide_items(const policy::Policy& p, const process::Demand& d,
                                               const CounselWord& word);

struct PermittedItems {
  std::vector<authority::RecordItem> records;  // sorted
  std::vector<std::string> not_kept;           // permitted, but this carrier's records hold none (SSN ...)
};
PermittedItems permitted(const std::vector<ItemDecision>& decisions);

}  // namespace writ::cases
