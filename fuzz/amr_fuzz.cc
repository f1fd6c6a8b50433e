// SPDX-License-Identifier: GPL-3.0-or-later
// Input: one byte of layout, then a payload.
#include "fuzz/check.hh"
#include "wire/amr.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  wire::AmrLayout l;
  l.wide = data[0] & 1;
  l.octet_aligned = data[0] & 2;
  l.crc = l.octet_aligned && (data[0] & 4);
  const auto frames = wire::split_amr(l, View(data + 1, size - 1));
  fuzz::check(frames.size() <= wire::amr_frames_max);
  for (const auto& f : frames) fuzz::check(!f.stored.empty() && f.stored.size() <= 61);
  return 0;
}
