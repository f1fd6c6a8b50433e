// SPDX-License-Identifier: GPL-3.0-or-later
// Input: one UDPTL datagram; its packets are read under both versions.
#include "fuzz/check.hh"
#include "wire/udptl.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View datagram(data, size);
  const auto u = wire::parse_udptl(datagram);
  if (!u) return 0;
  fuzz::check(fuzz::within(u->primary, datagram) && u->secondary.size() <= 64);
  std::vector<View> all = u->secondary;
  all.push_back(u->primary);
  for (const View ifp : all)
    for (const int version : {0, 3})
      if (const auto p = wire::parse_t38(ifp, version)) {
        fuzz::check(p->fields.size() <= wire::t38_fields_max);
        for (const auto& f : p->fields) fuzz::check(fuzz::within(f.data, ifp));
      }
  return 0;
}
