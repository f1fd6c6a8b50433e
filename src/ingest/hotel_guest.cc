// SPDX-License-Identifier: GPL-3.0-or-later
// When an event was. The hotel writes its local time; it is taken as it stands when it can be true. It cannot
// be true when it lies after the record's arrival, so arrival is the latest; a day or more away is a wrong
// clock, and then arrival is all that is known. In the hour that the clocks pass twice, the reading that is
// nearer to arrival is meant, since records come at once; that and every other doubt is said.
//
// Who. The reservation number is the stay. A hotel that leaves it out still tells rooms: then the room and
// the arrival date stand for it, and what ends, ends for everybody in the room. That can end a sharer's stay
// too early, which suspends a grant that people can take up again; the opposite error would record a
// stranger.
#include "ingest/hotel_guest.hh"

#include <fmt/format.h>

#include <cmath>

namespace writ::ingest {
namespace {

using records::StayChange;

constexpr auto clock_is_wrong = std::chrono::hours{24};
constexpr auto clock_is_off = std::chrono::minutes{5};

Nanos distance(Instant a, Instant b) { return a < b ? b - a : a - b; }

std::optional<std::chrono::local_time<Nanos>> local_of(const wire::FiasRecord& r, GuestReading& out) {
  const auto date_text = r.first("DA"), time_text = r.first("TI");
  if (date_text.empty() && time_text.empty()) return {};
  const auto d = wire::parse_fias_date(date_text);
  const auto t = wire::parse_fias_time(time_text);
  if (!d || !t) {
    out.said.push_back({"time.unreadable", {{"record", r.type}, {"date", date_text}, {"time", time_text}}});
    return {};
  }
  using namespace std::chrono;
  const local_days day{year{d->year} / month{static_cast<unsigned>(d->month)} /
                       std::chrono::day{static_cast<unsigned>(d->day)}};
  return local_time<Nanos>{day + hours{t->hour} + minutes{t->minute} + seconds{t->second}};
}

Instant time_of(const wire::FiasRecord& r, const Zone& zone, Instant received, GuestReading& out) {
  const auto local = local_of(r, out);
  if (!local) return received;
  const LocalInstants i = zone.instants(*local);
  Instant at = i.first;
  if (i.second) {
    Instant other = *i.second;
    if (distance(other, received) < distance(at, received)) std::swap(at, other);
    out.said.push_back(
        {"time.doubled", {{"record", r.type}, {"taken", zone.text(at)}, {"not_taken", zone.text(other)}}});
  }
  if (i.in_gap) out.said.push_back({"time.gap", {{"record", r.type}, {"taken", zone.text(at)}}});
  const Nanos off = distance(at, received);
  if (off >= clock_is_off)
    out.said.push_back({"clock.off",
                        {{"record", r.type},
                         {"seconds", std::chrono::duration_cast<std::chrono::seconds>(at - received).count()},
                         {"taken", off >= clock_is_wrong || at > received ? "arrival" : "hotel"}}});
  if (off >= clock_is_wrong || at > received) return received;
  return at;
}

std::string name_of(const wire::FiasRecord& r) {
  std::string name{r.first("GN")};
  if (const auto given = r.first("GF"); !given.empty()) {
    if (!name.empty()) name += ", ";
    name += given;
  }
  return name;
}

void bad(const wire::FiasRecord& r, const std::string& why, GuestReading& out) {
  out.said.push_back(
      {"record.bad",
       {{"record", r.type}, {"why", why}, {"room", r.first("RN")}, {"reservation", r.first("G#")}}});
}

// What stands for a reservation number that the hotel does not give.
std::string stand_in(const wire::FiasRecord& r, GuestReading& out) {
  out.said.push_back({"record.odd",
                      {{"record", r.type},
                       {"oddities", "no reservation number; the room stands for it"},
                       {"room", r.first("RN")}}});
  return fmt::format("room:{}:{}", r.first("RN"), r.first("GA"));
}

void check_in(const wire::FiasRecord& r, StayChange c, GuestReading& out) {
  if (c.room.empty()) return bad(r, "no room (RN)", out);
  c.what = StayChange::What::check_in;
  if (c.reservation.empty()) c.reservation = stand_in(r, out);
  out.changes.push_back(std::move(c));
}

void check_out(const wire::FiasRecord& r, StayChange c, GuestReading& out) {
  if (c.room.empty() && c.reservation.empty()) return bad(r, "neither room (RN) nor reservation (G#)", out);
  c.what = StayChange::What::check_out;
  c.name.clear();
  out.changes.push_back(std::move(c));
}

// The stay in the old room is over, whatever else the record says.
void leave_room(const wire::FiasRecord& r, const StayChange& c, const std::string& old_room,
                GuestReading& out) {
  StayChange left = c;
  left.room = old_room;
  check_out(r, std::move(left), out);
}

void change(const wire::FiasRecord& r, StayChange c, GuestReading& out) {
  const std::string old_room{r.first("RO")};
  if (old_room.empty() || old_room == c.room) {
    if (c.reservation.empty() && c.room.empty()) return bad(r, "neither room (RN) nor reservation (G#)", out);
    c.what = StayChange::What::update;
    if (c.reservation.empty()) c.reservation = stand_in(r, out);
    out.changes.push_back(std::move(c));
  } else if (c.room.empty()) {
    bad(r, "moved from a room (RO) to none (RN); the stay in the old room is ended", out);
    leave_room(r, c, old_room, out);
  } else if (c.reservation.empty()) {
    leave_room(r, c, old_room, out);
    check_in(r, std::move(c), out);
  } else {
    c.what = StayChange::What::move;
    c.old_room = old_room;
    out.changes.push_back(std::move(c));
  }
}

}  // namespace

bool is_guest_record(const wire::FiasRecord& r) { return r.type == "GI" || r.type == "GO" || r.type == "GC"; }

GuestReading read_guest(const wire::FiasRecord& r, const std::string& account, const Zone& zone,
                        Instant received) {
  GuestReading out;
  StayChange c;
  c.account = account;
  c.reservation = r.first("G#");
  c.room = r.first("RN");
  c.name = name_of(r);
  c.sharer = r.first("GS") == "Y";
  c.at = time_of(r, zone, received, out);
  if (r.type == "GI") {
    check_in(r, std::move(c), out);
  } else if (r.type == "GO") {
    check_out(r, std::move(c), out);
  } else if (r.type == "GC") {
    change(r, std::move(c), out);
  }
  return out;
}

}  // namespace writ::ingest
