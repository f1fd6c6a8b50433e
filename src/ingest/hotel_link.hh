// SPDX-License-Identifier: GPL-3.0-or-later
// The hotel link as a pure state machine: bytes and clock in; bytes to send, and what to keep, change and
// tell, in order, out. No sockets, no files, no sleep (docs/ingest-hotel.md has the picture).
#pragma once
#include <set>
#include <string>
#include <vector>

#include "ingest/hotel.hh"
#include "ingest/hotel_guest.hh"
#include "ingest/hotel_log.hh"
#include "ingest/hotel_text.hh"

namespace writ::ingest {

using Steady = std::chrono::milliseconds;  // of a clock that nobody sets

struct Moment {
  Instant wall{};
  Steady steady{};
};

struct LinkTimes {
  Steady hello{10'000};         // no link start from the hotel: we say ours, and again
  Steady alive{60'000};         // no record: LA
  Steady silent{30'000};        // no answer to LA: the line is given up
  Steady unlinked{120'000};     // connected, and no link comes: the line is given up
  Steady resync_quiet{30'000};  // no record of the resync, and no end: said
  Steady resync_max{600'000};   // a resync that takes longer is said too
  Steady echo{5'000};           // no more than one answer to LA in this time
  Steady noise{10'000};         // no more than one word about noise in this time
};

// One thing to do. A change comes after the frame that says it has been kept.
struct LinkStep {
  enum class What { keep, change, talk };
  What what = What::keep;
  HotelLog::Entry entry;
  records::StayChange change;
  Said said;
};

struct LinkOutput {
  std::vector<LinkStep> steps;
  Bytes send;
  bool give_up = false;       // close the connection; try again
  bool resync_done = false;   // with DE
  bool resync_ended = false;  // ... or said to have no end
};

class HotelLink {
 public:
  HotelLink(std::string account, const Zone& zone, const SiteText& text, LinkTimes times = {})
      : account_(std::move(account)), zone_(zone), text_(text), times_(times) {}

  LinkOutput connected(Moment now);
  LinkOutput received(View bytes, Moment now);
  LinkOutput tick(Moment now);
  LinkOutput dropped(Moment now);
  LinkOutput stopping(Moment now);  // LE
  bool is_up() const { return state_ == State::up; }
  // A record that was kept and not done, as it would have been done.
  GuestReading replay(const HotelLog::Entry& e) const;

 private:
  enum class State { closed, waiting, started, up };
  enum class Resync { none, asked, running };

  void frame(View bytes, Moment now, LinkOutput& out);
  void odd_piece(const wire::FiasPiece& p, Moment now, LinkOutput& out);
  void link_record(const wire::FiasRecord& r, Moment now, LinkOutput& out);
  void guest_record(const wire::FiasRecord& r, Moment now, LinkOutput& out);
  void start(Moment now, LinkOutput& out);
  void alive(Moment now, LinkOutput& out);
  void up(Moment now, LinkOutput& out);
  void resync_begun(Moment now, LinkOutput& out);
  void resync_end(Moment now, LinkOutput& out);
  void note(const records::StayChange& c);
  void tick_into(Moment now, LinkOutput& out);
  void tick_resync(Moment now, LinkOutput& out);
  void say(wire::FiasSaying s, const std::string& fields, LinkOutput& out) const;
  std::string stamp(Moment now) const;
  void talk(std::string what, Json detail, LinkOutput& out) const;
  void talk_once(const std::string& what, const std::string& key, Json detail, LinkOutput& out);
  Json resync_facts(Moment now) const;

  std::string account_;
  const Zone& zone_;
  const SiteText& text_;
  LinkTimes times_;

  wire::FiasScanner scanner_;
  State state_ = State::closed;
  bool la_asked_ = false;  // our LA waits for its answer
  Steady connected_at_{}, heard_at_{}, hello_at_{}, start_said_at_{}, la_asked_at_{}, la_answered_at_{};
  Steady noise_said_at_{};
  std::uint64_t noise_bytes_ = 0;
  std::set<std::string> said_once_;  // of this connection

  Resync resync_ = Resync::none;
  Steady resync_at_{}, resync_heard_at_{};
  bool resync_told_ = false;  // that it does not end
  std::uint64_t resync_records_ = 0;
  std::set<std::string> named_;
};

}  // namespace writ::ingest
