// SPDX-License-Identifier: GPL-3.0-or-later
// Input: a Content-Type line, then the body.
#include "fuzz/check.hh"
#include "wire/sdp.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = text_of(View(data, size));
  const std::size_t end = std::min(all.find('\n'), all.size());
  const std::string_view body = all.substr(std::min(end + 1, all.size()));
  const std::string_view part = wire::sdp_part(all.substr(0, end), body);
  fuzz::check(fuzz::within(part, view_of(body)));
  const wire::Sdp sdp = wire::parse_sdp(part.empty() ? body : part);
  for (const wire::SdpMedia& m : sdp.media) {
    fuzz::check(!m.direction.empty());
    for (const wire::RtpMap& f : m.formats)
      fuzz::check(f.payload_type < 128 && f.clock_rate > 0 && f.channels > 0);
  }
  return 0;
}
