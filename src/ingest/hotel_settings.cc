// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "ingest/hotel.hh"
#include "ingest/hotel_text.hh"
#include "ingest/settings.hh"

namespace writ::ingest {
namespace {

constexpr int bauds[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};

void read_line(Fields& f, const Json& root, HotelSettings& s) {
  s.host = f.text("host");
  s.device = f.text("device");
  if (s.host.empty() == s.device.empty()) {
    f.refuse("host", s.host.empty() ? "and device are both absent" : "and device are both there",
             "write host and port for TCP, or device and baud for a serial line");
    return;
  }
  if (!s.host.empty()) {
    s.port = static_cast<std::uint16_t>(f.whole("port", 1, 65535));
    return;
  }
  if (root.contains("baud")) s.baud = static_cast<int>(f.whole("baud", 1200, 115200));
  if (std::find(std::begin(bauds), std::end(bauds), s.baud) == std::end(bauds))
    f.refuse("baud", "is not a speed of a serial line",
             fmt::format("write one of {}", fmt::join(bauds, ", ")));
}

// The name becomes part of file names.
bool is_plain_name(const std::string& s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void read_hotel(Fields& f, const Json& root, HotelSettings& s) {
  s.name = f.text("name", Need::required);
  if (!s.name.empty() && !is_plain_name(s.name))
    f.refuse("name", "is no plain name", "write letters, digits, '-' and '_', 64 at most");
  s.account = f.text("account", Need::required);
  read_line(f, root, s);
  if (root.contains("zone")) s.zone = f.text("zone");
  if (root.contains("encoding")) s.encoding = f.text("encoding");
  if (root.contains("reconnect_max_s"))
    s.reconnect_max_s = std::chrono::seconds{f.whole("reconnect_max_s", 1, 3600)};
  if (const auto zone = Zone::find(s.zone); !zone) f.refuse("zone", "is not a time zone", zone.error().next);
  if (const auto text = SiteText::open(s.encoding); !text)
    f.refuse("encoding", "is no character set of a hotel link", text.error().next);
}

}  // namespace

Result<HotelSettings> parse_hotel(std::string_view toml, std::string_view file_name) {
  return read_settings<HotelSettings>(
      toml, file_name, "writ.hotel/1",
      "a hotel file holds exactly the fields that docs/ingest-hotel.md describes", read_hotel);
}

}  // namespace writ::ingest
