// SPDX-License-Identifier: GPL-3.0-or-later
// Input: a list of fragments (id, offset, flags, length, wire excess, then bytes). A byte-wise model of "the
// first byte wins" is kept beside, and a finished datagram must agree with it.
#include <map>

#include "fuzz/check.hh"
#include "wire/reassembly.hh"

using namespace writ;

namespace {

struct Model {
  std::map<std::uint32_t, std::uint8_t> bytes;
  bool exact = true;  // nothing of this id was finished or held for another protocol before
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  wire::Reassembler r(8, std::chrono::seconds{4});
  std::map<std::uint32_t, Model> models;
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
    for (std::uint32_t i = 0; i < f.data.size(); ++i) m.bytes.try_emplace(f.offset + i, f.data[i]);
    if (!done) continue;
    fuzz::check(fuzz::within(whole.decoded.udp.payload, whole.storage));
    fuzz::check(whole.frames.size() == whole.times.size() && whole.frames.size() <= given);
    // The model forgets nothing, so it can be compared only until the Reassembler has given something up.
    for (std::uint32_t i = 0; i < whole.storage.size() && m.exact && r.dropped() == 0; ++i) {
      const auto it = m.bytes.find(i);
      fuzz::check(it != m.bytes.end() && it->second == whole.storage[i]);
    }
    m = {{}, false};
  }
  fuzz::check(r.dropped() <= given);
  return 0;
}
