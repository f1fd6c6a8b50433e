// SPDX-License-Identifier: GPL-3.0-or-later
// A call detail record: one leg of one call, whatever switch wrote it.
#pragma once
#include <cstdint>
#include <string>

#include "base/bytes.hh"
#include "base/json.hh"
#include "base/time.hh"

namespace writ::records {

enum class CallClass : std::uint8_t {
  unknown,
  internal,
  local,
  local_toll,
  long_distance,
  international,
  toll_free,
  emergency,
  service
};
enum class Disposition : std::uint8_t { unknown, answered, no_answer, busy, failed, cancelled, congestion };
const char* to_string(CallClass c);    // "local-toll"
const char* to_string(Disposition d);  // "no-answer"
Result<CallClass> parse_call_class(std::string_view s);
Result<Disposition> parse_disposition(std::string_view s);

struct Cdr {
  std::string account;       // the property whose switch wrote it
  std::string call_id, leg;  // identity of the record: (account, call_id, leg); leg may be ""
  std::string
      linked;       // call id of the call that this leg belongs to or continues (transfer, forward); "" none
  Instant start{};  // whole milliseconds
  std::int64_t answer_ms = -1;   // after start; -1: not answered
  std::int64_t duration_ms = 0;  // from start to end
  // Parties: E.164 ("+1404..."), else an extension (digits as dialled), else the text as the switch wrote it;
  // "" unknown.
  std::string caller, called;
  std::string redirecting;                         // who redirected the call to `called`
  std::string caller_extension, called_extension;  // when the switch told the number and the extension both
  CallClass call_class = CallClass::unknown;
  Disposition disposition = Disposition::unknown;
  std::string extra;       // canonical JSON object of what else the switch said; may be ""
  std::string source;      // id of the raw file or feed batch (ingest/raw_store.hh)
  std::uint64_t line = 0;  // where in it, 1-based
  bool operator==(const Cdr&) const = default;
};
Json to_json(const Cdr& c);  // "writ.cdr/1"
Result<Cdr> parse_cdr(const Json& j);
// Exactly one byte string per record, and one record per byte string: what leaves are made of (cdr_tree.hh).
Bytes encode(const Cdr& c);
Result<Cdr> decode_cdr(View bytes);

}  // namespace writ::records
