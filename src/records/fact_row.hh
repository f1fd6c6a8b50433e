// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the catalogue: a fact in its one spelling, with the columns that it is looked up by.
#pragma once
#include "records/catalogue.hh"

namespace writ::records {

struct FactRow {
  Fact fact;          // canonical key, complete body
  std::string name;   // of an account or stay; tenant of a number, extension or uri
  std::string place;  // room of a stay or extension; extension of a number; address_place of an address
  std::optional<std::int64_t> lo, hi;  // a number or block as a range of integers
};

// Exit::usage: what is wrong with the row, and the cure.
tl::unexpected<Error> bad_row(std::string what, std::string cure);
// Refuses what is incomplete or not of its kind; the error names the field and the cure.
Result<FactRow> canonical_fact(const Fact& f);
// Digits of an E.164 number as an integer (15 digits at most).
std::int64_t number_value(std::string_view e164);
std::string number_text(std::int64_t value);
// Exact look-up key of an address: its five fields, each as written.
Result<std::string> address_place(const Json& address);
// "12 Pier Street, Harborview, GA 30001"
std::string address_line(const Json& address);

}  // namespace writ::records
