// SPDX-License-Identifier: GPL-3.0-or-later
// Whose number is it: subscribers (properties), tenants, numbers and extensions with their history. Thin: the
// full record store comes later. Every read is for a matter and a purpose and is logged by the caller (desk)
// before it happens (I1).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hh"
#include "store/database.hh"

namespace writ::records {

struct Holder {
  std::string account;             // subscriber account number
  std::string subscriber;          // property name
  std::string address;             // one line
  std::string tenant;              // empty when the subscriber's own
  std::string kind;                // "number" | "extension" | "uri"
  std::string value;               // E.164, extension, user@domain
  std::vector<std::string> hosts;  // SIP domains or addresses of the property
  Instant from{};
  std::optional<Instant> until;
};

struct ImportReport {
  std::size_t rows = 0, added = 0, changed = 0, unchanged = 0;
  std::vector<std::string> problems;
};

class RecordBook {
 public:
  static Result<RecordBook> open(store::Database& db);  // migrates its tables
  // CSV (RFC 4180) with header: account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until
  // A bad line is reported with its number and cure and the rest goes in; the same file twice changes
  // nothing. What a row is about: account, kind, value, tenant, from. The same again with other data is a
  // change of that row; until == from withdraws it (it then never was). Hosts are separated by '|';
  // extensions need at least one. All in one transaction. A changed row ends the old version (history is
  // kept: known_from, known_until).
  Result<ImportReport> import_csv(std::string_view csv, std::string_view file_name, Instant known_at);
  // Numbers are canonicalised to E.164 (libphonenumber, region US). Holders whose time overlaps [from,
  // until).
  Result<std::vector<Holder>> who_holds(std::string_view kind, std::string_view value,
                                        std::string_view account, Instant from, Instant until) const;
  // "served now or historically" (S8).
  Result<bool> ever_served(std::string_view kind, std::string_view value) const;

 private:
  explicit RecordBook(store::Database& db) : db_(&db) {}
  store::Database* db_;
};

// The one spelling under which a value of this kind is stored and compared: E.164; user@domain with the
// domain in lower case and without "sip:"; an extension as it is dialled.
Result<std::string> canonical_value(std::string_view kind, std::string_view value);
// A SIP domain or an address, lower case, without port or brackets.
Result<std::string> canonical_host(std::string_view host);

// "+14045550102" from "(404) 555-0102"; error says how to write it.
Result<std::string> to_e164(std::string_view text);

}  // namespace writ::records
