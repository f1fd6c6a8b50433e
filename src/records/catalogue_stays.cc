// SPDX-License-Identifier: GPL-3.0-or-later
// What the front desk reports, made into stays. The hotel's link may drop: after a resync the same messages
// come again, and old ones may come late. Hence: what is so already changes nothing; a check-out older than
// the stay is none; a check-out that comes before its check-in is kept (as a stay of no length), so that the
// late check-in does not open a room for ever. A room that nobody shares has one guest: whoever is checked in
// there as not sharing ends the stay of the one before who did not share either. A missed check-out must not
// let the next guest be taken for the last.
#include <fmt/format.h>

#include <algorithm>

#include "records/fact_writer.hh"

namespace writ::records {
namespace {

using What = StayChange::What;
using Why = HoldingEnded::Why;
using Versions = std::vector<FactVersion>;

tl::unexpected<Error> incomplete(const StayChange& c, const char* what) {
  return fail(Exit::usage, fmt::format("a {} without {}", to_json(c).at("what").get<std::string>(), what), {},
              what, "the hotel's property system sends it");
}

class FrontDesk {
 public:
  FrontDesk(FactWriter& writer, const StayChange& c) : w_(&writer), c_(&c) {}

  Status apply() {
    if (c_->account.empty()) return incomplete(*c_, "property");
    switch (c_->what) {
      case What::check_in:
        return check_in();
      case What::check_out:
        return check_out();
      case What::move:
        return move();
      case What::update:
        return update();
    }
    return {};
  }

 private:
  Select stays() const { return Select().kind(FactKind::stay).account(c_->account); }
  Result<Versions> of_reservation() const { return stays().key(c_->reservation).current(w_->db()); }

  static bool open(const FactVersion& v) { return !v.fact.valid.until; }
  static const std::string& room_of(const FactVersion& v) {
    return v.fact.body.at("room").get_ref<const std::string&>();
  }

  // What ends is said here, with the reason that the front desk knows; not by the writer.
  Status put(const Fact& f) {
    auto said = w_->take_ended();
    WRIT_CHECK(w_->put(f).map([](Catalogue::Put) {}));
    w_->take_ended();
    for (HoldingEnded& e : said) w_->note_ended(std::move(e));
    return {};
  }

  Status note(const Fact& f, Instant at, Why why) {
    WRIT_TRY(e, ending_of(w_->db(), f, why, at));
    w_->note_ended(std::move(e));
    return {};
  }

  Status end(const FactVersion& v, Instant at, Why why) {
    Fact f = v.fact;
    f.valid.until = at;
    WRIT_CHECK(put(f));
    return note(v.fact, at, why);
  }

  Json body() const {
    return Json{{"room", c_->room}, {"name", c_->name}, {"kind", c_->kind}, {"sharer", c_->sharer}};
  }

  Status check_in() {
    if (c_->reservation.empty()) return incomplete(*c_, "reservation");
    if (c_->room.empty()) return incomplete(*c_, "room");
    WRIT_TRY(known, of_reservation());
    for (const FactVersion& v : known) {
      if (open(v) && room_of(v) == c_->room) return update();
      if (open(v) && c_->at < v.fact.valid.from) return {};  // late news of a room that was left since
      if (!open(v) && !withdrawn(v.fact) && c_->at < *v.fact.valid.until)
        return {};  // of a stay that is over
    }
    for (const FactVersion& v : known) {
      if (!withdrawn(v.fact) || v.fact.valid.from < c_->at) continue;
      if (is_mark(v)) return come_and_gone(v.fact.valid.from);
      if (v.fact.valid.from == c_->at) return {};  // came and left in one instant
    }
    return enter(known, body());
  }

  static bool is_mark(const FactVersion& v) { return withdrawn(v.fact) && v.fact.body.at("name") == ""; }

  // The check-out was told before this check-in.
  Status come_and_gone(Instant left) {
    const Fact f{FactKind::stay, c_->account, c_->reservation, body(), {c_->at, left}};
    WRIT_CHECK(put(f));
    return note(f, left, Why::check_out);
  }

  // Opens the room for the reservation and ends its other rooms.
  Status enter(const Versions& known, const Json& as) {
    bool here = false;
    for (const FactVersion& v : known) {
      if (!open(v)) continue;
      if (room_of(v) == c_->room)
        here = true;
      else
        WRIT_CHECK(end(v, c_->at, Why::room_move));
    }
    if (here) return {};
    WRIT_CHECK(leave_room_alone(as));
    Fact f{FactKind::stay, c_->account, c_->reservation, as, {c_->at, {}}};
    f.body["room"] = c_->room;
    return put(f);
  }

  Status leave_room_alone(const Json& as) {
    if (as.at("sharer") == true || as.at("kind") != "guest") return {};
    WRIT_TRY(there, stays().place(c_->room).current(w_->db()));
    for (const FactVersion& v : there) {
      const Json& b = v.fact.body;
      if (!open(v) || v.fact.key == c_->reservation || b.at("sharer") == true || b.at("kind") != "guest")
        continue;
      if (v.fact.valid.from <= c_->at) WRIT_CHECK(end(v, c_->at, Why::check_out));
    }
    return {};
  }

  Status check_out() {
    if (c_->reservation.empty() && c_->room.empty()) return incomplete(*c_, "reservation or room");
    WRIT_TRY(known, c_->reservation.empty() ? stays().place(c_->room).current(w_->db()) : of_reservation());
    bool was_here = c_->reservation.empty();
    for (const FactVersion& v : known) {
      was_here = was_here || !withdrawn(v.fact);
      if (open(v) && v.fact.valid.from <= c_->at) WRIT_CHECK(end(v, c_->at, Why::check_out));
    }
    if (was_here) return {};
    Json mark = body();
    mark["name"] = "";
    if (c_->room.empty()) mark["room"] = "not told";
    return put({FactKind::stay, c_->account, c_->reservation, mark, {c_->at, c_->at}});
  }

  Status move() {
    if (c_->room.empty()) return incomplete(*c_, "room");
    if (!c_->reservation.empty()) return move_one(c_->reservation);
    if (c_->old_room.empty()) return incomplete(*c_, "reservation or old room");
    WRIT_TRY(there, stays().place(c_->old_room).current(w_->db()));
    std::erase_if(there, [](const FactVersion& v) { return !open(v); });
    StayChange all = *c_;
    all.sharer = c_->sharer || there.size() > 1;
    for (const FactVersion& v : there) WRIT_CHECK(FrontDesk(*w_, all).move_one(v.fact.key));
    return {};
  }

  // A move of somebody we never saw check in is a check-in into the new room.
  Status move_one(const std::string& reservation) {
    StayChange one = *c_;
    one.reservation = reservation;
    FrontDesk desk(*w_, one);
    WRIT_TRY(known, desk.of_reservation());
    const auto last = std::find_if(known.begin(), known.end(), open);
    if (last == known.end()) return desk.check_in();
    if (c_->at < last->fact.valid.from) return {};
    Json as = last->fact.body;
    if (!c_->name.empty()) as["name"] = c_->name;
    as["sharer"] = c_->sharer || as.at("sharer") == true;  // not every hotel says it again with a move
    return desk.enter(known, as);
  }

  // Name, kind and sharing of those who are in the house; a room that differs is a move.
  Status update() {
    if (c_->reservation.empty()) return incomplete(*c_, "reservation");
    WRIT_TRY(known, of_reservation());
    for (const FactVersion& v : known) {
      if (!open(v)) continue;
      if (!c_->room.empty() && room_of(v) != c_->room) return move_one(c_->reservation);
      Fact f = v.fact;
      if (!c_->name.empty()) f.body["name"] = c_->name;
      f.body["kind"] = c_->kind;
      f.body["sharer"] = c_->sharer;
      WRIT_CHECK(put(f));
    }
    return {};
  }

  FactWriter* w_;
  const StayChange* c_;
};

}  // namespace

Result<std::vector<HoldingEnded>> Catalogue::apply(const StayChange& c, std::string_view source,
                                                   Instant known_at) {
  WRIT_TRY(tx, store::Transaction::begin(*db_));
  WRIT_TRY(writer, FactWriter::make(*db_, fields_, std::string(source), known_at));
  WRIT_CHECK(FrontDesk(writer, c).apply());
  WRIT_CHECK(tx.commit());
  return writer.take_ended();
}

}  // namespace writ::records
