// SPDX-License-Identifier: GPL-3.0-or-later
// How both engines name and read the columns of a row.
#pragma once
#include <array>

#include "records/cdr_engine.hh"
#include "store/database.hh"

namespace writ::records {

// In the order of PartyColumn.
inline constexpr std::array<const char*, 6> party_columns{
    "caller", "called", "redirecting", "caller_extension", "called_extension", "account"};
inline constexpr std::size_t place_of(PartyColumn c) { return static_cast<std::size_t>(c); }
static_assert(place_of(PartyColumn::account) == party_columns.size() - 1);

// Columns seq, start, party_columns, check, body; starts are relative to `start_base_ms`. The identity is not
// read.
inline CdrRow read_row(const store::Statement& s, std::int64_t start_base_ms) {
  CdrRow r;
  r.seq = static_cast<std::uint64_t>(s.integer(0));
  r.start_ms = s.integer(1) + start_base_ms;
  r.caller = s.integer(2);
  r.called = s.integer(3);
  r.redirecting = s.integer(4);
  r.caller_extension = s.integer(5);
  r.called_extension = s.integer(6);
  r.account = static_cast<std::int32_t>(s.integer(7));
  r.check = static_cast<std::uint32_t>(s.integer(8));
  r.body = s.blob(9);
  return r;
}

}  // namespace writ::records
