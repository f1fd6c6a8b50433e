// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/demand_case.hh"

#include <fmt/format.h>

namespace writ::cases {

Result<process::Demand> demand_of(const desk::Case& c) {
  const desk::CaseAct* filed = c.newest("correct");
  if (filed == nullptr) filed = c.newest("file");
  if (filed == nullptr || !filed->body.contains("demand"))
    return fail(Exit::not_found, fmt::format("{} holds no legal demand", c.matter), {},
                "a matter with a document", "name the matter under which the document was filed");
  return process::demand_from_json(filed->body["demand"]);
}

crypto::Digest filing_key(const process::Demand& d) {
  Json j = process::to_json(d);
  j.erase("received");
  j.erase("read_from");
  return crypto::sha256(view_of(canonical(j)));
}

}  // namespace writ::cases
