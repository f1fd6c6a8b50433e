// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.hh"

template class nlohmann::basic_json<>;
template class nlohmann::detail::serializer<nlohmann::json>;

#include <fmt/format.h>

#include <set>
#include <vector>

#include "base/limits.hh"

namespace writ {

std::string canonical(const Json& j) { return j.dump(-1, ' ', false, Json::error_handler_t::strict); }

Result<Json> parse_json(View text, std::string_view name, bool allow_floats) {
  std::string problem;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using E = Json::parse_event_t;
    if (depth > limits::json_depth_max) problem = "is nested too deeply";
    if (event == E::object_start) keys.emplace_back();
    if (event == E::object_end && !keys.empty()) keys.pop_back();
    if (event == E::key && !keys.empty() && !keys.back().insert(parsed.get<std::string>()).second)
      problem = fmt::format("names '{}' twice", parsed.get<std::string>());
    if (event == E::value && parsed.is_number_float() && !allow_floats)
      problem = "has a number that is not an integer";
    return problem.empty();
  };
  try {
    Json j = Json::parse(text.begin(), text.end(), watch);
    if (!problem.empty()) return fail(Exit::usage, fmt::format("{}: JSON {}", name, problem));
    return j;
  } catch (const Json::exception& e) {
    if (problem.empty()) {
      // Without the library's own mark: "[json.exception.parse_error.101] parse error ..."
      problem = e.what();
      const auto mark = problem.find("] ");
      problem.erase(0, mark == std::string::npos ? 0 : mark + 2);
    }
    return fail(Exit::usage, fmt::format("{}: {}", name, problem), {}, "JSON text",
                "check that this is the file that is meant");
  }
}

Result<Json> parse_canonical(View text, std::string_view name) {
  auto j = parse_json(text, name);
  try {
    if (!j || canonical(*j) != text_of(text))
      return fail(Exit::integrity, fmt::format("{} is not in canonical form", name),
                  "canonical JSON (docs/design.md)", "the exact bytes that were signed",
                  "take the file again from where it was issued");
  } catch (const Json::exception&) {
    return fail(Exit::integrity, fmt::format("{} is not valid UTF-8", name));
  }
  return j;
}

}  // namespace writ
