// SPDX-License-Identifier: GPL-3.0-or-later
// The receiver for FreeSWITCH json_cdr (and Asterisk's JSON) over HTTP: POST, URL-encoded (`cdr=...`) or
// plain JSON, basic authentication, 200 only after the record is durable, so that the switch's own retry
// loses nothing.
#pragma once
#include <functional>
#include <string>

#include "base/io.hh"
#include "base/stop.hh"

namespace writ::ingest {

struct ReceiverSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;      // 0: any; told through `listening`
  std::string user, password;  // both needed; from a file, never a flag
  std::size_t body_bytes_max = 1u << 20;
  std::chrono::seconds idle_s_max{30};
};
struct ReceiverCallbacks {
  std::function<void(std::uint16_t port)> listening;
  std::function<Status(std::string_view body, std::string_view content_type)>
      record;  // error: Exit::usage -> 400 (the switch must not retry), others -> 503
};
Status run_receiver(const ReceiverSettings& s, const ReceiverCallbacks& c, const StopFlag& stop);

}  // namespace writ::ingest
