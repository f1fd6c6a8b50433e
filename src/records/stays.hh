// SPDX-License-Identifier: GPL-3.0-or-later
// What a hotel's front desk reports, and what of it ends: a grant that is bound to a tenant dies with the
// stay, so that the next guest of the room is never recorded.
#pragma once
#include <string>
#include <vector>

#include "records/facts.hh"

namespace writ::records {

struct StayChange {
  enum class What { check_in, check_out, move, update };
  What what = What::check_in;
  std::string account;      // the property
  std::string reservation;  // unique within the property; a check-out or move may leave it empty: then
                            // everybody in `room` (of a move: in `old_room`)
  std::string room, old_room;
  std::string name;  // as the hotel writes it: "Surname, Given"
  std::string kind = "guest";
  bool sharer = false;  // FIAS GS: others stay in the room; their check-out does not end this one
  Instant at{};         // of the event
};
Json to_json(const StayChange& c);

// A holding has ended: who depended on it must stop now.
struct HoldingEnded {
  enum class Why { check_out, room_move, port_out, withdrawn };
  Why why = Why::check_out;
  std::string account;
  std::string reservation, room;        // of a stay
  std::vector<std::string> extensions;  // of the room at that time, or the extension that ended
  std::vector<std::string> numbers;     // E.164 that reach the room (number facts with its extension), or the
                                        // number that ended or was ported
  std::vector<std::string> uris;        // user@domain that ended
  Instant at{};
};
const char* to_string(HoldingEnded::Why w);  // "check-out", "room move", "port-out", "withdrawn"
Json to_json(const HoldingEnded& e);

}  // namespace writ::records
