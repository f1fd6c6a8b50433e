// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a link:
//
//   closed --connect--> waiting --LS--> started --LA--> up --LE--> waiting
//
// On the hotel's LS we say LS, what we are (LD), which fields of which records we want (LR, one each: without
// them a property system never lets the link live) and LA. With its LA, or its first guest record, the link
// is up and a resync is asked for. What the hotel says before that counts all the same.
//
// Two systems that answer each other's LS or LA would do so for ever: our LS is not repeated within `hello`,
// an LA that answers ours is not answered, and no LA more often than each `echo`.
//
// A resync names who is in the house. Not every system sends DS and DE around it. So every record is done as
// it comes, and names are gathered from the request on; only DE makes the list complete. Without it nobody
// can say that a guest who was not named has left, and that is said instead.
#include "ingest/hotel_link.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::ingest {
namespace {

using wire::FiasPiece;
using wire::FiasSaying;

constexpr std::size_t kept_of_noise_max = 256;
constexpr std::size_t said_once_max = 64;
constexpr std::size_t named_max = 200'000;

// Only what is used is asked for: guests' other particulars do not come.
constexpr const char* wanted[] = {
    "RIGI|FLRNG#GNGFGAGSSFDATI|",
    "RIGO|FLRNG#GSSFDATI|",
    "RIGC|FLRNG#GNGFGAGSRODATI|",
    "RIDR|FLDATI|",
    "RIDS|FLDATI|",
    "RIDE|FLDATI|",
};

// Of the link, or of other interfaces of the same property system; nothing to do, nothing to say.
bool is_of_no_interest(std::string_view type) { return type == "LD" || type == "LR" || type == "DR"; }

Instant whole_micros(Instant t) {
  return std::chrono::time_point_cast<std::chrono::microseconds>(t);  // as the raw log keeps it
}

}  // namespace

void HotelLink::talk(std::string what, Json detail, LinkOutput& out) const {
  LinkStep step;
  step.what = LinkStep::What::talk;
  step.said = {std::move(what), std::move(detail)};
  out.steps.push_back(std::move(step));
}

void HotelLink::talk_once(const std::string& what, const std::string& key, Json detail, LinkOutput& out) {
  if (said_once_.size() >= said_once_max || !said_once_.insert(what + ":" + key).second) return;
  talk(what, std::move(detail), out);
}

std::string HotelLink::stamp(Moment now) const {
  const auto local = zone_.local(now.wall);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(local - day)};
  return fmt::format("DA{:02}{:02}{:02}|TI{:02}{:02}{:02}|", static_cast<int>(date.year()) % 100,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

void HotelLink::say(FiasSaying s, const std::string& fields, LinkOutput& out) const {
  put_bytes(out.send, wire::encode_fias(s, fields));
}

LinkOutput HotelLink::connected(Moment now) {
  LinkOutput out;
  scanner_ = {};
  state_ = State::waiting;
  la_asked_ = false;
  connected_at_ = heard_at_ = hello_at_ = now.steady;
  start_said_at_ = la_answered_at_ = noise_said_at_ = now.steady - std::chrono::hours{1};
  noise_bytes_ = 0;
  said_once_.clear();
  resync_ = Resync::none;
  talk("link.connected", Json::object(), out);
  return out;
}

LinkOutput HotelLink::received(View bytes, Moment now) {
  LinkOutput out;
  now.wall = whole_micros(now.wall);
  scanner_.feed(bytes, [&](const FiasPiece& p) {
    if (p.what == FiasPiece::What::frame)
      frame(p.bytes, now, out);
    else
      odd_piece(p, now, out);
  });
  tick_into(now, out);  // a line that never pauses has its times too
  return out;
}

void HotelLink::frame(View bytes, Moment now, LinkOutput& out) {
  LinkStep keep;
  keep.entry = {'F', std::string(text_of(bytes)), now.wall, 0};
  out.steps.push_back(std::move(keep));
  heard_at_ = now.steady;
  const SiteText::Text text = text_.read(text_of(bytes));
  const wire::FiasRecord r = wire::parse_fias(text.utf8);
  std::string oddities = wire::fias_oddity_text(r.oddities);
  if (!text.whole) oddities += (oddities.empty() ? "" : "; ") + ("bytes that are not " + text_.name());
  if (!oddities.empty())
    talk("record.odd", {{"record", r.type}, {"oddities", oddities}, {"room", r.first("RN")}}, out);
  if (is_guest_record(r))
    guest_record(r, now, out);
  else
    link_record(r, now, out);
}

void HotelLink::odd_piece(const FiasPiece& p, Moment now, LinkOutput& out) {
  const auto keep = [&](char kind) {
    LinkStep step;
    step.entry = {kind, std::string(text_of(p.bytes.first(std::min(p.bytes.size(), kept_of_noise_max)))),
                  now.wall, 0};
    out.steps.push_back(std::move(step));
  };
  if (p.what == FiasPiece::What::half) {
    keep('H');
    return talk("frame.half", {{"bytes", p.bytes.size()}}, out);
  }
  if (p.what == FiasPiece::What::oversized) {
    keep('O');
    return talk("frame.oversized", {{"bytes_max", wire::fias_frame_bytes_max}}, out);
  }
  // A line that babbles fills neither the disk nor the log.
  noise_bytes_ += p.bytes.size();
  if (now.steady - noise_said_at_ < times_.noise) return;
  keep('N');
  talk("noise", {{"bytes", noise_bytes_}}, out);
  noise_said_at_ = now.steady;
  noise_bytes_ = 0;
}

void HotelLink::link_record(const wire::FiasRecord& r, Moment now, LinkOutput& out) {
  if (r.type == "LS") return start(now, out);
  if (r.type == "LA") return alive(now, out);
  if (r.type == "DS") {
    if (state_ == State::started) up(now, out);
    return resync_begun(now, out);
  }
  if (r.type == "DE") return resync_end(now, out);
  if (r.type == "LE") {
    state_ = State::waiting;
    la_asked_ = false;
    hello_at_ = connected_at_ = now.steady;
    if (resync_ != Resync::none) talk("resync.cut", resync_facts(now), out);
    resync_ = Resync::none;
    return talk("link.ended", {{"by", "hotel"}}, out);
  }
  if (!is_of_no_interest(r.type) && (r.oddities & wire::fias_no_type) == 0)
    talk_once("record.unknown", std::string(r.type), {{"record", r.type}}, out);
}

void HotelLink::start(Moment now, LinkOutput& out) {
  if (state_ == State::up) talk("link.restarted", Json::object(), out);
  if (resync_ != Resync::none) talk("resync.cut", resync_facts(now), out);
  resync_ = Resync::none;
  if (now.steady - start_said_at_ >= times_.hello) say(FiasSaying::link_start, stamp(now), out);
  start_said_at_ = now.steady;
  say(FiasSaying::link_description, stamp(now) + "V#1.0|IFPB|", out);
  for (const char* fields : wanted) say(FiasSaying::link_record, fields, out);
  say(FiasSaying::link_alive, stamp(now), out);
  state_ = State::started;
  la_asked_ = true;
  la_asked_at_ = now.steady;
}

void HotelLink::alive(Moment now, LinkOutput& out) {
  if (state_ == State::waiting) return start(now, out);  // it believes that the old link still lives
  if (la_asked_) {
    la_asked_ = false;
    if (state_ == State::started) up(now, out);
    return;
  }
  if (now.steady - la_answered_at_ < times_.echo) return;
  la_answered_at_ = now.steady;
  say(FiasSaying::link_alive, stamp(now), out);
}

void HotelLink::up(Moment now, LinkOutput& out) {
  state_ = State::up;
  talk("link.up", Json::object(), out);
  say(FiasSaying::resync_request, stamp(now), out);
  resync_ = Resync::asked;
  resync_at_ = resync_heard_at_ = now.steady;
  resync_told_ = false;
  resync_records_ = 0;
  named_.clear();
}

void HotelLink::resync_begun(Moment now, LinkOutput& out) {
  resync_ = Resync::running;
  resync_at_ = resync_heard_at_ = now.steady;
  resync_told_ = false;
  resync_records_ = 0;
  named_.clear();
  talk("resync.begun", Json::object(), out);
}

Json HotelLink::resync_facts(Moment now) const {
  return {{"records", resync_records_},
          {"named", named_},
          {"begin_seen", resync_ == Resync::running},
          {"milliseconds", (now.steady - resync_at_).count()}};
}

void HotelLink::resync_end(Moment now, LinkOutput& out) {
  if (resync_ == Resync::none)
    return talk_once("record.odd", "DE", {{"record", "DE"}, {"oddities", "end of no resync"}}, out);
  out.resync_ended = true;
  if (named_.size() >= named_max) {
    talk("resync.unended", resync_facts(now), out);
  } else {
    out.resync_done = true;
    talk("resync.done", resync_facts(now), out);
  }
  resync_ = Resync::none;
  named_.clear();
}

void HotelLink::note(const records::StayChange& c) {
  if (c.reservation.empty()) return;
  if (c.what == records::StayChange::What::check_out)
    named_.erase(c.reservation);
  else if (named_.size() < named_max)
    named_.insert(c.reservation);
}

void HotelLink::guest_record(const wire::FiasRecord& r, Moment now, LinkOutput& out) {
  if (state_ == State::started) up(now, out);
  if (state_ == State::waiting)
    talk_once("record.odd", "unlinked",
              {{"record", r.type}, {"oddities", "guest record without a link; done all the same"}}, out);
  GuestReading reading = read_guest(r, account_, zone_, now.wall);
  for (Said& s : reading.said) {
    // A clock that is off is off for every record: once a connection is enough.
    if (s.what == "clock.off")
      talk_once(s.what, "", std::move(s.detail), out);
    else
      talk(std::move(s.what), std::move(s.detail), out);
  }
  if (resync_ != Resync::none) {
    ++resync_records_;
    resync_heard_at_ = now.steady;
  }
  for (records::StayChange& c : reading.changes) {
    if (resync_ != Resync::none) note(c);
    LinkStep step;
    step.what = LinkStep::What::change;
    step.change = std::move(c);
    out.steps.push_back(std::move(step));
  }
}

GuestReading HotelLink::replay(const HotelLog::Entry& e) const {
  const SiteText::Text text = text_.read(e.bytes);
  return read_guest(wire::parse_fias(text.utf8), account_, zone_, e.at);
}

void HotelLink::tick_resync(Moment now, LinkOutput& out) {
  if (resync_ == Resync::none || resync_told_) return;
  if (now.steady - resync_heard_at_ < times_.resync_quiet && now.steady - resync_at_ < times_.resync_max)
    return;
  resync_told_ = true;  // once; should its end come yet, it is done
  out.resync_ended = true;
  talk("resync.unended", resync_facts(now), out);
}

LinkOutput HotelLink::tick(Moment now) {
  LinkOutput out;
  tick_into(now, out);
  return out;
}

void HotelLink::tick_into(Moment now, LinkOutput& out) {
  if (state_ == State::closed) return;
  tick_resync(now, out);
  if (state_ == State::waiting) {
    if (now.steady - connected_at_ >= times_.unlinked) {
      talk("link.silent", {{"why", "no link start"}}, out);
      out.give_up = true;
    } else if (now.steady - hello_at_ >= times_.hello) {
      hello_at_ = start_said_at_ = now.steady;
      say(FiasSaying::link_start, stamp(now), out);
    }
    return;
  }
  if (la_asked_ && now.steady - la_asked_at_ >= times_.silent) {
    if (state_ == State::started || heard_at_ <= la_asked_at_) {
      talk("link.silent", {{"why", "no answer to LA"}}, out);
      out.give_up = true;
      return;
    }
    la_asked_ = false;  // records come; it just does not answer LA
  }
  if (!la_asked_ && now.steady - heard_at_ >= times_.alive) {
    la_asked_ = true;
    la_asked_at_ = now.steady;
    say(FiasSaying::link_alive, stamp(now), out);
  }
}

LinkOutput HotelLink::dropped(Moment now) {
  LinkOutput out;
  now.wall = whole_micros(now.wall);
  scanner_.end([&](const FiasPiece& p) { odd_piece(p, now, out); });
  if (resync_ != Resync::none) talk("resync.cut", resync_facts(now), out);
  resync_ = Resync::none;
  named_.clear();
  state_ = State::closed;
  talk("link.down", Json::object(), out);
  return out;
}

LinkOutput HotelLink::stopping(Moment now) {
  LinkOutput out;
  if (state_ != State::closed) say(FiasSaying::link_end, stamp(now), out);
  return out;
}

}  // namespace writ::ingest
