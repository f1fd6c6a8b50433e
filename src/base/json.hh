// SPDX-License-Identifier: GPL-3.0-or-later
// Canonical JSON: what is signed is exactly the bytes that `canonical` gives.
// Keys sorted by byte, no white space, UTF-8, integers only (a subset of RFC 8785).
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.hh"
#include "base/result.hh"

// Made once, in json.cc, and optimised there whatever the room that uses them is built with.
extern template class nlohmann::basic_json<>;
extern template class nlohmann::detail::serializer<nlohmann::json>;

namespace writ {

using Json = nlohmann::json;  // objects are std::map: keys are sorted

std::string canonical(const Json& j);
// Parses outside bytes: at most `depth_max` deep, no duplicate keys, no floats unless allowed.
Result<Json> parse_json(View text, std::string_view name, bool allow_floats = false);
// As parse_json, but refuses (Exit::integrity) bytes that are not their own canonical form.
Result<Json> parse_canonical(View text, std::string_view name);

// Typed access that fails with the name of the place: field<std::string>(j, "kind", "grant body").
template <class T>
Result<T> field(const Json& j, const char* key, std::string_view where) {
  const auto it = j.is_object() ? j.find(key) : j.end();
  if (it == j.end()) return fail(Exit::usage, std::string(where) + ": field '" + key + "' is missing");
  try {
    return it->get<T>();
  } catch (const nlohmann::json::exception&) {
    return fail(Exit::usage, std::string(where) + ": field '" + key + "' has the wrong type");
  }
}

}  // namespace writ
