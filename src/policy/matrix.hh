// SPDX-License-Identifier: GPL-3.0-or-later
// The disclosure matrix (requirements section 3; S20-S24, 18 USC 2702, 2703, 2709): which item which process
// reaches. Permit = carrier profile AND law; a silent cell needs counsel; what is not listed is refused.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace writ::policy {

enum class Cell {
  yes,                  // Y
  no,                   // N
  on_request,           // R: only if expressly requested
  silent,               // -: counsel decides, item by item
  by_statute,           // Y*: only where a statute makes the summons an administrative subpoena
  voluntary,            // v: the minimum, in an emergency
  voluntary_if_needed,  // v, only if expressly needed
};
const char* to_string(Cell c);  // "Y" "N" "R" "-" "Y*" "v" "v!"
Result<Cell> parse_cell(std::string_view s);

// Columns: "subpoena" "summons" "court-order" "warrant" "emergency" "nsl".
// Items: authority::to_string(RecordItem) and "subscriber-ssn" "tenant-ssn" "other-non-content"
// "stored-content".
struct MatrixRow {  // one cell of one layer
  std::string item, title, column;
  Cell cell = Cell::no;
  std::string citation;
  std::string layer;  // file that states it
};

struct Situation {                   // what the document and the desk say about one item
  bool expressly_requested = false;  // R; v!: expressly needed
  bool statute_cited = false;        // Y*: and the statute makes it an administrative subpoena
  bool counsel_approved = false;     // silent cells: counsel approved this item in this matter
};
enum class Verdict { permit, needs_counsel, refuse };
const char* to_string(Verdict v);  // "permit" "needs-counsel" "refuse"
struct Decision {
  Verdict verdict = Verdict::refuse;
  Cell plan = Cell::no, law = Cell::no;  // of several layers of law: the strictest
  std::string rule;  // every layer's: "carrier policy: SSI plan (S21); law: 18 USC 2703(c)(2)"
  std::string fact, cure;
};
struct Policy;
struct ProcessKind;
// Unknown item or column: refuse. A silent cell that counsel approved still needs the other side's permit.
Decision decide(const Policy& p, std::string_view item, std::string_view column, const Situation& s);
// Under the column that the kind opens; a kind that stands by its order's own words (by_order) has none, and
// each item of the matrix is a silent cell of both sides.
Decision decide(const Policy& p, std::string_view item, const ProcessKind& kind, const Situation& s);
std::vector<std::string> matrix_items(const Policy& p);  // in the order of the profile
std::vector<std::string> matrix_columns(const Policy& p);

}  // namespace writ::policy
