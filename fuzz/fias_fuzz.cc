// SPDX-License-Identifier: GPL-3.0-or-later
// The FIAS scanner: however a stream is cut into reads, the frames are the same; no frame holds STX or ETX or
// is too long; every field of a record lies within it.
#include <string>
#include <vector>

#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "wire/fias.hh"

namespace {

using namespace writ;
using wire::FiasPiece;

std::vector<std::string> frames_of(View bytes, std::size_t step) {
  std::vector<std::string> frames;
  wire::FiasScanner scanner;
  const auto sink = [&](const FiasPiece& p) {
    fuzz::check(p.bytes.size() <= wire::fias_frame_bytes_max);
    if (p.what != FiasPiece::What::frame) return;
    for (const std::uint8_t b : p.bytes) fuzz::check(b != 2 && b != 3);
    frames.emplace_back(text_of(p.bytes));
  };
  fuzz::in_steps(bytes, step, [&](View part) { scanner.feed(part, sink); });
  scanner.end(sink);
  fuzz::check(!scanner.in_frame());
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const View bytes{data + 1, size - 1};
  const auto whole = frames_of(bytes, std::max<std::size_t>(bytes.size(), 1));
  fuzz::check(whole == frames_of(bytes, data[0] % 31 + 1u));
  for (const std::string& frame : whole) {
    const wire::FiasRecord r = wire::parse_fias(frame);
    fuzz::check(fuzz::within(r.type, view_of(frame)));
    fuzz::check(r.fields.size() <= wire::fias_fields_max);
    for (const auto& f : r.fields) {
      fuzz::check(f.id.size() == 2 && fuzz::within(f.id, view_of(frame)) &&
                  fuzz::within(f.value, view_of(frame)));
      (void)wire::parse_fias_date(f.value);
      (void)wire::parse_fias_time(f.value);
    }
    (void)wire::fias_oddity_text(r.oddities);
  }
  return 0;
}
