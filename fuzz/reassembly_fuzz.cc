// SPDX-License-Identifier: GPL-3.0-or-later
// Input: a list of fragments (id, offset, flags, length, wire excess, then bytes). What came of each datagram
// is kept beside; a finished one must be what these make when the first byte wins.
#include <algorithm>
#include <array>

#include "fuzz/check.hh"
#include "wire/reassembly.hh"

using namespace writ;

namespace {

struct Model {
  struct Part {
    std::uint32_t offset;
    View data;
  };
  std::vector<Part> parts;
  bool exact = true;  // nothing of this id was finished or held for another protocol before

  // Painted from the last part to the first, `whole` is what came out, and no byte of it was never sent.
  bool makes(View whole) const {
    Bytes painted(whole.size()), sent(whole.size());
    for (auto p = parts.rbegin(); p != parts.rend(); ++p) {
      if (p->offset >= whole.size()) continue;
      const std::size_t n = std::min(p->data.size(), whole.size() - p->offset);
      std::copy_n(p->data.begin(), n, painted.begin() + p->offset);
      std::fill_n(sent.begin() + p->offset, n, std::uint8_t{1});
    }
    return std::equal(painted.begin(), painted.end(), whole.begin()) &&
           std::find(sent.begin(), sent.end(), 0) == sent.end();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  wire::Reassembler r(8, std::chrono::seconds{4});
  std::array<Model, 16> models;
  Instant now{};
  std::uint64_t given = 0;
  while (!in.empty()) {
    wire::Fragment f;
    f.id = in.u8() % 16;
    f.offset = in.u16() % 9000u * 8u;
    const std::uint8_t flags = in.u8();
    f.more = (flags & 1) != 0;
    f.protocol = (flags & 2) != 0 ? 60 : 17;
    if (flags & 4) now += std::chrono::seconds{1};
    f.data = in.take(std::min<std::size_t>(in.u8(), in.rest().size()));
    f.length = static_cast<std::uint32_t>(f.data.size()) + (flags & 8 ? 5u : 0u);
    wire::Reassembler::Whole whole;
    const bool done = r.add(f, {now, 101, f.data, static_cast<std::uint32_t>(f.data.size())}, whole);
    ++given;
    Model& m = models[f.id];
    m.exact = m.exact && f.protocol == 17;
    if (f.offset + f.length > 65535) continue;  // refused
    m.parts.push_back({f.offset, f.data});
    if (!done) continue;
    fuzz::check(fuzz::within(whole.decoded.udp.payload, whole.storage));
    fuzz::check(whole.frames.size() == whole.times.size() && whole.frames.size() <= given);
    // The model forgets nothing, so it can be compared only until the Reassembler has given something up.
    if (m.exact && r.dropped() == 0) fuzz::check(m.makes(whole.storage));
    m = {{}, false};
  }
  fuzz::check(r.dropped() <= given);
  return 0;
}
