// SPDX-License-Identifier: GPL-3.0-or-later
// Who is this? The identification rules S8-S16 of the carrier's plan as one service. A near match and no
// match give one and the same answer, byte for byte: nothing in an Answer depends on records that do not
// match exactly.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "records/catalogue.hh"

namespace writ::records {

struct StreetAddress {  // S11: all five, as structured fields
  std::string building, street, city, state, zip;
};

struct Ask {
  enum class By {
    number,
    account_name,
    street_address,
    account_number,
    tenant_number,
    tenant_extension,
    tenant_name
  };
  By by = By::number;
  std::string number;     // number, tenant_number
  std::string extension;  // tenant_extension
  std::string account_name, account_number;
  std::string property;  // tenant_extension: account number of the property
  std::string tenant_name;
  StreetAddress address;
  std::optional<Instant> from, until;  // the period; without: any time
  std::optional<Instant> known;        // as the records said then
};
const char* to_string(Ask::By b);  // "number", "account-name", "street-address", ...
Result<Ask::By> parse_ask_by(std::string_view s);
Json to_json(const Ask& a);

struct Identified {  // whom the answer names; fields are filled as far as the scope allows (desk filters)
  std::string account, reservation;
  std::string tenant;
  Period period;
};

struct Answer {
  enum class Outcome { match, several, no_record, need_more, refer };
  Outcome outcome = Outcome::no_record;
  std::vector<Identified> parties;  // match: one; several: none (the count is not told either)
  std::vector<std::string> needs;   // need_more, several: what the requester must add
  std::string rule;                 // "S8" ...
  std::string text;                 // for the letter
};
Json to_json(const Answer& a);

// `porting_administrator`: how the profile names whom to ask about a number that is not or no longer the
// carrier's (S8).
Result<Answer> identify(const Catalogue& c, const Ask& ask, std::string_view porting_administrator);

}  // namespace writ::records
