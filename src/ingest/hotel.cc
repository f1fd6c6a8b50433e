// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a link: the state machine of hotel_link.hh between a line, the raw log and the sink.
//
// Order of each read: everything that came is appended to the raw log and synced; then the changes are given
// to the sink, one by one, each marked when it is done; only then are answers sent. A kill leaves at most
// records that are kept and not marked; the next start gives them to the sink first. One of them may have
// been done already: giving a change twice changes nothing, as with a resync.
#include "ingest/hotel.hh"

#include <fmt/format.h>

#include <thread>

#include "ingest/hotel_line.hh"
#include "ingest/hotel_link.hh"

namespace writ::ingest {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{50}, first_pause{500};

Moment moment(Clock& clock) {
  return {clock.now(),
          std::chrono::duration_cast<Steady>(std::chrono::steady_clock::now().time_since_epoch())};
}

class Runner {
 public:
  Runner(const HotelSettings& s, const HotelSink& sink, Clock& clock, HotelLog log, HotelLink& link)
      : settings_(s), sink_(sink), clock_(clock), log_(std::move(log)), link_(link) {}

  Status catch_up(const std::vector<HotelLog::Entry>& not_done);
  Status run(const StopFlag& stop, bool once);

 private:
  // The error is the sink's or the raw log's; everything else is the line's, and ends in `why`.
  Status session(HotelLine line, const StopFlag& stop, bool once, std::string& why);
  Status carry_out(LinkOutput& out);
  void wait(milliseconds pause, const StopFlag& stop) const;
  void talk(const std::string& what, const Json& detail) const {
    if (sink_.talk) sink_.talk(what, detail);
  }

  const HotelSettings& settings_;
  const HotelSink& sink_;
  Clock& clock_;
  HotelLog log_;
  HotelLink& link_;
  bool was_up_ = false, finished_ = false, unended_ = false;
};

Status Runner::catch_up(const std::vector<HotelLog::Entry>& not_done) {
  if (not_done.empty()) return {};
  talk("raw.caught_up", {{"records", not_done.size()}});
  for (const HotelLog::Entry& e : not_done) {
    GuestReading r = link_.replay(e);
    for (const Said& s : r.said) talk(s.what, s.detail);
    for (const records::StayChange& c : r.changes) WRIT_CHECK(sink_.change(c));
    WRIT_CHECK(log_.done(e.number, clock_.now()));
  }
  return {};
}

Status Runner::carry_out(LinkOutput& out) {
  std::vector<HotelLog::Entry> entries;
  for (const LinkStep& s : out.steps) {
    if (s.what == LinkStep::What::keep) entries.push_back(s.entry);
  }
  WRIT_CHECK(log_.append(entries));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    const LinkStep& s = out.steps[i];
    if (s.what == LinkStep::What::keep) {
      ++kept;
    } else if (s.what == LinkStep::What::talk) {
      talk(s.said.what, s.said.detail);
    } else {
      WRIT_CHECK(sink_.change(s.change));
      const bool more = i + 1 < out.steps.size() && out.steps[i + 1].what == LinkStep::What::change;
      if (!more) WRIT_CHECK(log_.done(entries[kept - 1].number, clock_.now()));
    }
  }
  was_up_ = was_up_ || link_.is_up();
  finished_ = finished_ || out.resync_done;
  unended_ = unended_ || (out.resync_ended && !out.resync_done);
  return {};
}

Status Runner::session(HotelLine line, const StopFlag& stop, bool once, std::string& why) {
  LinkOutput out = link_.connected(moment(clock_));
  for (;;) {
    WRIT_CHECK(carry_out(out));
    if (const Status sent = line.send(out.send); !sent) {
      why = sent.error().what;
      break;
    }
    if (out.give_up) {
      why = "the hotel is silent";
      break;
    }
    if (stop || (once && (finished_ || unended_))) {
      (void)line.send(link_.stopping(moment(clock_)).send);
      break;
    }
    const auto bytes = line.read(slice);
    if (!bytes) {
      why = bytes.error().what;
      break;
    }
    out = bytes->empty() ? link_.tick(moment(clock_)) : link_.received(*bytes, moment(clock_));
  }
  LinkOutput last = link_.dropped(moment(clock_));
  // The one thing that the machine cannot know.
  for (LinkStep& s : last.steps) {
    if (s.said.what == "link.down") s.said.detail["why"] = why.empty() ? "stopped" : why;
  }
  return carry_out(last);
}

void Runner::wait(milliseconds pause, const StopFlag& stop) const {
  const auto end = std::chrono::steady_clock::now() + pause;
  while (!stop && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(slice);
}

Status Runner::run(const StopFlag& stop, bool once) {
  const milliseconds longest{settings_.reconnect_max_s};
  milliseconds pause = std::min(first_pause, longest);
  while (!stop) {
    std::string why;
    auto line = HotelLine::open(settings_, stop);
    was_up_ = false;
    if (line) {
      WRIT_CHECK(session(std::move(*line), stop, once, why));
    } else {
      why = line.error().what;
    }
    if (stop || (once && finished_)) return {};
    if (once && unended_)
      return fail(Exit::partial, fmt::format("{} did not say the end of its resync", settings_.name), {},
                  "who is in the house and was not named is not known",
                  "let the link run; ask the hotel's system vendor to send DE after a resync");
    if (was_up_) pause = std::min(first_pause, longest);
    if (once && pause >= longest)
      return fail(Exit::failure, fmt::format("no link to {}: {}", settings_.name, why), {}, {},
                  "check the address or device in the hotel's file, and the hotel's interface");
    talk("line.retry", {{"why", why}, {"pause_ms", pause.count()}});
    wait(pause, stop);
    pause = std::min(pause * 2, longest);
  }
  return {};
}

}  // namespace

Status run_hotel_link(const HotelSettings& s, const HotelSink& sink, Clock& clock, const fs::path& raw_log,
                      const StopFlag& stop, bool once) {
  WRIT_TRY(zone, Zone::find(s.zone));
  WRIT_TRY(text, SiteText::open(s.encoding));
  WRIT_TRY(opened, HotelLog::open(raw_log));
  if (opened.torn_bytes > 0 && sink.talk) sink.talk("raw.torn", {{"bytes", opened.torn_bytes}});
  if (!opened.damaged_lines.empty() && sink.talk)
    sink.talk("raw.damaged", {{"file", raw_log.string()}, {"lines", opened.damaged_lines}});
  HotelLink link(s.account, zone, text);
  Runner runner(s, sink, clock, std::move(opened.log), link);
  WRIT_CHECK(runner.catch_up(opened.not_done));
  return runner.run(stop, once);
}

}  // namespace writ::ingest
