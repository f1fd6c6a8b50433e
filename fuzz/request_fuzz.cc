// SPDX-License-Identifier: GPL-3.0-or-later
// Order files. Links the room `process` (with policy, authority, records and what they name).
// Whatever is accepted must print to JSON that is accepted again with the same digest.
#include <cstdlib>

#include "process/request.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  const auto request = process::parse_request(View(data, size), "order");
  if (!request) return 0;
  const auto digest = process::request_digest(*request);
  const auto again = process::request_from_json(process::to_json(*request));
  if (!digest || !again || *process::request_digest(*again) != *digest) std::abort();
  return 0;
}
