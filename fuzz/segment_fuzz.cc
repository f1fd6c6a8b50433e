// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed segments as an importer meets them before any signature is known to be good: header, frames,
// trailer.
#include <cstdlib>

#include "vault/segment_format.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  using namespace writ::vault::format;
  const View file{data, size};
  std::size_t end = 0;
  if (parse_header(file, {}, "input", end)) std::abort();  // nobody holds the secret of the zero key
  Cursor cursor(file, 0);
  Frame frame;
  std::uint64_t frames = 0;
  for (auto step = cursor.next(frame); step == Cursor::Step::frame; step = cursor.next(frame))
    if (++frames != cursor.frames() || cursor.at() > size) std::abort();
  (void)parse_trailer(file.subspan(cursor.at()), {}, "input");
  return 0;
}
