// SPDX-License-Identifier: GPL-3.0-or-later
// The values in switches' records: times, numbers, parties, rows of CSV. An error is the reason for the
// quarantine.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ingest/format.hh"

namespace writ::ingest {

// Of one record, by the switch's own names.
using NamedValues = std::map<std::string, std::string, std::less<>>;
std::string_view value_of(const NamedValues& v, std::string_view name);  // "" when it is not there

// A local time of a switch whose clock is in `zone`; a time that the clocks passed twice goes by
// `repeated_hour`, and the reason tells both instants. `near`: an instant of the same event that the switch
// wrote in UTC elsewhere in the record (a channel id holds one); it decides between the two.
class LocalTimes {
 public:
  LocalTimes(Zone zone, std::string repeated_hour)
      : zone_(std::move(zone)), repeated_hour_(std::move(repeated_hour)) {}
  Read<Instant> instant(std::string_view text, std::optional<Instant> near = {}) const;
  Read<Instant> instant(std::chrono::local_time<Nanos> t, std::string_view text,
                        std::optional<Instant> near = {}) const;

 private:
  Zone zone_;
  std::string repeated_hour_;
};

std::string_view trim(std::string_view s);
Read<std::int64_t> whole_number(std::string_view text, std::string_view what);
// "12", "12.345" seconds, not negative, at most a year.
Read<std::int64_t> seconds_as_ms(std::string_view text, std::string_view what);
// Since 1970; `per_second`: 1, 1000 or 1000000.
Read<Instant> unix_time(std::string_view text, std::int64_t per_second, std::string_view what);

// Numbers to E.164, extensions as dialled, everything else as written. Remembers what it has seen: a switch
// writes the same numbers again and again, and libphonenumber is slow.
class Parties {
 public:
  explicit Parties(std::string outside_prefix = {}) : outside_prefix_(std::move(outside_prefix)) {}
  std::string caller(std::string_view text) { return party(text, false); }
  std::string called(std::string_view text) {
    return party(text, true);
  }  // may begin with the outside prefix

 private:
  std::string party(std::string_view text, bool dialled);
  std::string read(std::string_view text, bool dialled) const;
  std::string outside_prefix_;
  std::unordered_map<std::string, std::string> seen_[2];
};
// Digits that reach nothing outside: shorter than any subscriber number.
bool is_extension(std::string_view text);
// "1001" from "PJSIP/1001-0000002a", "sofia/internal/1001@host"; "" when the channel is not an extension's.
std::string extension_of_channel(std::string_view channel);

// One row of RFC 4180. `loose`: quotes within quotes that the writer did not double (mod_cdr_csv).
Read<std::vector<std::string>> csv_fields(std::string_view row, char separator, bool loose = false);

std::string url_decoded(std::string_view text, bool plus_is_space);

// 128 bits of the SHA-256 over the fields, hex: the identity of a record to which the switch gave none.
std::string identity_of(const std::vector<std::string>& fields);

// `extra` of a record: what is not empty.
class Extra {
 public:
  Extra& put(const char* key, std::string_view value) {
    if (!value.empty()) json_[key] = value;
    return *this;
  }
  std::string text() const { return json_.empty() ? std::string() : canonical(json_); }

 private:
  Json json_ = Json::object();
};

Instant to_ms(Instant t);  // whole milliseconds, down
std::int64_t ms_between(Instant a, Instant b);

}  // namespace writ::ingest
