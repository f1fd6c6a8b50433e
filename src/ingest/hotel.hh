// SPDX-License-Identifier: GPL-3.0-or-later
// A hotel property system over FIAS, receive only: link records, resync, check-in, check-out, move, sharers.
#pragma once
#include <functional>

#include "base/io.hh"
#include "base/stop.hh"
#include "base/zone.hh"
#include "records/stays.hh"

namespace writ::ingest {

struct HotelSettings {  // schema = "writ.hotel/1", TOML
  std::string name, account;
  std::string host;  // TCP: the property system's address ("" when serial)
  std::uint16_t port = 0;
  std::string device;  // serial line: "/dev/ttyS0"
  int baud = 9600;
  std::string zone = "Etc/UTC";
  std::string encoding = "windows-1252";  // per site (ICU name)
  std::chrono::seconds reconnect_max_s{30};
};
Result<HotelSettings> parse_hotel(std::string_view toml, std::string_view file_name);

struct HotelSink {
  // Durable when it returns; an error stops the client, and the message counts as not taken: it comes again
  // when the link is started again. The same change may come twice; the second time changes nothing.
  std::function<Status(const records::StayChange&)> change;
  // Everything else that a person or the log should hear; no guest's name is in it.
  //   link.connected, link.up, link.restarted, link.ended, link.silent {"why"}, link.down {"why"},
  //   line.retry {"why","pause_ms"}
  //   resync.begun; resync.done, resync.unended (no DE came: nobody can say who has left), resync.cut, each
  //   {"records","named":[reservations in the house by the hotel's word],"begin_seen","milliseconds"}.
  //   Resync done: reservations that the hotel did not name are still in the house by our records; they are
  //   told, never ended silently.
  //   record.bad {"record","why","room","reservation"} (nothing, or less than it says, was done about it),
  //   record.odd {"record","oddities",..} (used), record.unknown {"record"}, frame.half {"bytes"},
  //   frame.oversized {"bytes_max"}, noise {"bytes"}
  //   time.doubled {"record","taken","not_taken"}, time.gap, time.unreadable, clock.off {"seconds","taken"}
  //   raw.caught_up {"records"}, raw.torn {"bytes"}, raw.damaged {"file","lines"}
  std::function<void(const std::string& what, const Json& detail)> talk;
};

// Runs until `stop` (or until the resync is done, when `once`): connects, links, asks for a resync, receives;
// reconnects with growing pauses and resyncs then. Every message as received goes, framed, to `raw_log` first
// (append only, synced).
Status run_hotel_link(const HotelSettings& s, const HotelSink& sink, Clock& clock, const fs::path& raw_log,
                      const StopFlag& stop, bool once);

}  // namespace writ::ingest
