// SPDX-License-Identifier: GPL-3.0-or-later
// Words that a check looks for in a document, as data: [wording] of any layer; the layers' lists add up.
#pragma once
#include <string>
#include <vector>

namespace writ {
class Fields;
}

namespace writ::policy {

struct Wording {
  std::vector<std::string> sweeping;        // V13: "any and all"
  std::vector<std::string> jargon;          // V14: one company's terms, acronyms
  std::vector<std::string> lesser_courts;   // V3: without general criminal jurisdiction, 18 USC 2711(3)
  std::vector<std::string> nsl_certifiers;  // V34: ranks that may certify, 18 USC 2709(b)
};
void read_wording(Fields& layer, Wording& w);

}  // namespace writ::policy
