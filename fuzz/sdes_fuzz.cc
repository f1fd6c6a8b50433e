// SPDX-License-Identifier: GPL-3.0-or-later
// Input: the value of one a=crypto.
#include "fuzz/check.hh"
#include "wire/sdes.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wire::SdesLine line = wire::parse_crypto(text_of(View(data, size)));
  fuzz::check(line.keys.empty() ? !line.why.empty() : line.keys.size() <= 16);
  for (const wire::SdesKey& k : line.keys)
    fuzz::check(k.master.size() == wire::srtp_key_bytes(k.suite) && k.mki.size() <= wire::srtp_mki_bytes_max);
  return 0;
}
