// SPDX-License-Identifier: GPL-3.0-or-later
// Intake from the scanned page: a machine proposes what the fields say, a person accepts or corrects each,
// and only then there is a process file. Nothing is filed here; `writ request file` takes the file that comes
// out.
#pragma once
#include <map>
#include <set>
#include <string>

#include "desk/carrier.hh"
#include "scan/page_reader.hh"

namespace writ::cases {

// A field read with less confidence, and a document of which a page is missing, is confirmed by its name.
inline constexpr int single_confirmation_below = 80;

// "writ.page-proposal/1": {"schema", "document_sha256", "reader", "pages": [{"number", "width", "height",
// "skew_centidegrees", "words" when asked for}], "missing_pages", "single_below", "proposals": [{"field",
// "value", "page", "region": [x0, y0, x1, y1] pixels at 300 dots an inch, "confidence", "text", "single"}]}.
// Reads the document in the sandbox, no record, and writes nothing.
Result<Json> propose_page(const fs::path& document, bool with_words,
                          const fs::path& reader = scan::default_reader());

struct PageDecisions {
  std::set<std::string> accept, drop;      // by name
  std::map<std::string, std::string> set;  // corrected, or added where nothing was proposed
  bool accept_clear = false;               // all that need not be confirmed singly
};

struct Confirmed {
  Json process_file;   // "writ.demand/1", or "writ.request/1" for an interception: what Intake takes
  Json record;         // "writ.page-confirmation/1": what was proposed, and what the person made of it
  std::string sha256;  // of the record, which the process file names as "read_from"
};
Json to_json(const Confirmed& c);  // "writ.page-confirmed/1"

class PageIntake {
 public:
  explicit PageIntake(desk::Carrier& c) : c_(&c) {}
  // Exit::refused while a field is undecided; Exit::usage for a value that its field cannot hold. Noted
  // (page.confirm, hashes and counts, no identities), then proposal and record are kept under proposals/.
  Result<Confirmed> confirm(const Json& proposal, const PageDecisions& decisions, const desk::Acting& who);

 private:
  desk::Carrier* c_;
};

}  // namespace writ::cases
