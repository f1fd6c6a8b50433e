// SPDX-License-Identifier: GPL-3.0-or-later
// The hotel link from bytes: every change has a room or a reservation and comes after its kept frame, is not
// later than its arrival, and reads the same from the raw log; nothing that is sent is a guest record; what
// is told is JSON. The first byte chooses the character set and how the reads cut the stream; 0xFE lets time
// pass.
#include <string>

#include "fuzz/check.hh"
#include "ingest/hotel_link.hh"

namespace {

using namespace writ;
using namespace writ::ingest;
using What = records::StayChange::What;

void check_change(const records::StayChange& c, Instant now) {
  fuzz::check(!c.room.empty() || !c.reservation.empty());
  fuzz::check(c.what == What::check_out || !c.reservation.empty());
  fuzz::check(c.what == What::update || c.what == What::check_out || !c.room.empty());
  fuzz::check(c.what != What::move || (!c.old_room.empty() && c.old_room != c.room));
  fuzz::check(c.at <= now && !c.account.empty());
}

void check_sent(View sent) {
  wire::FiasScanner scanner;
  const auto sink = [](const wire::FiasPiece& p) {
    fuzz::check(p.what == wire::FiasPiece::What::frame && p.bytes.size() > 2 && p.bytes[0] != 'G');
  };
  scanner.feed(sent, sink);
  scanner.end(sink);
}

void check_output(const HotelLink& link, const LinkOutput& out, Moment now) {
  const LinkStep* kept = nullptr;
  std::size_t of_frame = 0;
  for (const LinkStep& s : out.steps) {
    if (s.what == LinkStep::What::keep) {
      kept = &s;
      of_frame = 0;
    } else if (s.what == LinkStep::What::talk) {
      (void)canonical(s.said.detail);
    } else {
      fuzz::check(kept != nullptr && kept->entry.kind == 'F');
      check_change(s.change, now.wall);
      const GuestReading again = link.replay(kept->entry);
      fuzz::check(of_frame < again.changes.size());
      const auto& c = again.changes[of_frame++];
      fuzz::check(c.what == s.change.what && c.room == s.change.room && c.at == s.change.at &&
                  c.reservation == s.change.reservation && c.name == s.change.name);
    }
  }
  check_sent(out.send);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Zone zone = *Zone::find("America/New_York");
  static const SiteText texts[] = {*SiteText::open("windows-1252"), *SiteText::open("UTF-8"),
                                   *SiteText::open("Shift_JIS"), *SiteText::open("GB18030")};
  HotelLink link("9001", zone, texts[data[0] % 4]);
  const std::size_t step = data[0] / 4 + 1u;
  Moment now{*parse_rfc3339("2026-11-01T05:59:00Z"), Steady{1'000'000}};
  check_output(link, link.connected(now), now);
  for (std::size_t i = 1; i < size; i += step) {
    const View read{data + i, std::min(step, size - i)};
    if (read[0] == 0xFE) {
      now.wall += std::chrono::seconds{11};
      now.steady += Steady{11'000};
      check_output(link, link.tick(now), now);
    }
    check_output(link, link.received(read, now), now);
  }
  check_output(link, link.dropped(now), now);
  return 0;
}
