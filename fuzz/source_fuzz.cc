// SPDX-License-Identifier: GPL-3.0-or-later
// Descriptions of feeds: what is accepted can be opened, and says the same when it is written down.
#include "fuzz/check.hh"
#include "ingest/format.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  const auto s = ingest::parse_source(text_of({data, size}), "f.toml");
  if (!s) {
    fuzz::check(!s.error().what.empty());
    return 0;
  }
  fuzz::check(!s->name.empty() && (!s->account.empty() || s->mapping.contains("account")));
  fuzz::check(canonical(ingest::to_json(*s)).size() > 0);
  (void)ingest::make_format(*s);
  return 0;
}
