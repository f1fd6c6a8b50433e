// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed streams. Input: one byte that says how the stream is cut, then the stream. However it is cut,
// the same bytes come out, and every stream ends.
#include "capture/unpack.hh"
#include "fuzz/check.hh"

using namespace writ;

namespace {

constexpr std::size_t out_max = 1u << 20;

Bytes unpacked(View all, std::size_t step, std::size_t room, std::string& broken) {
  capture::Unpacker u(capture::packing_of(all));
  Bytes out, buffer(room);
  View rest = all.first(std::min(step, all.size()));
  all = all.subspan(rest.size());
  for (;;) {
    const std::size_t before = rest.size();
    const std::size_t n = u.step(rest, buffer);
    fuzz::check(n <= room && rest.size() <= before);
    put_bytes(out, View(buffer).first(n));
    if (!u.broken().empty() || out.size() > out_max) break;
    if (n > 0) continue;
    fuzz::check(rest.empty());  // else it would never end
    if (all.empty()) break;
    rest = all.first(std::min(step, all.size()));
    all = all.subspan(rest.size());
  }
  u.finish();
  broken = u.broken();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const View all(data + 1, size - 1);
  std::string a, b;
  const Bytes whole = unpacked(all, all.size(), 65536, a), parts = unpacked(all, 1u + data[0], 777, b);
  if (whole.size() > out_max || parts.size() > out_max) return 0;
  fuzz::check(a.empty() == b.empty());
  if (a.empty()) fuzz::check(whole == parts);
  return 0;
}
