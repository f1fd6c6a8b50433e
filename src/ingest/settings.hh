// SPDX-License-Identifier: GPL-3.0-or-later
// A settings file of a feed: TOML with exactly the fields that its reader knows, every mistake named at once.
#pragma once
#include <string>
#include <string_view>

#include "base/sourced.hh"

namespace writ::ingest {

// `fill(Fields&, const Json& root, Settings&)` reads what comes after schema.
template <class Settings, class Fill>
Result<Settings> read_settings(std::string_view toml, std::string_view file_name, const char* schema,
                               const char* rule, const Fill& fill) {
  WRIT_TRY(source, parse_toml(toml, file_name));
  Reading reading(source, rule);
  Fields f(reading, reading.root(), "");
  Settings s;
  f.word("schema", {schema}, Need::required);
  fill(f, reading.root(), s);
  f.finish();
  WRIT_CHECK(reading.status());
  return s;
}

}  // namespace writ::ingest
