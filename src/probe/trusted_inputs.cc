// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/trusted_inputs.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace writ::probe {
namespace {

constexpr const char* every_interface = "any";  // libpcap's
constexpr const char* own_port_rule =
    "From is written by the caller: it is believed at ports whose peers are trusted to set it, and nowhere "
    "else (docs/order-file.md, trust_from, trust_from_at)";
constexpr const char* file_again =
    "or intake files the order again with the names that the probe has, and counsel, the officer and the "
    "technician sign the new grant";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

auto refuse(std::string what, std::string missing, std::string_view cure) {
  return fail(Exit::refused, std::move(what), own_port_rule, std::move(missing),
              fmt::format("{}; {}", cure, file_again));
}

}  // namespace

Status check_inputs(const authority::GrantBody& g, const std::vector<std::string>& inputs) {
  if (g.trust_from && (inputs.size() > 1 || has(inputs, every_interface)))
    return refuse(
        fmt::format("the grant trusts From at this probe's port, and this run has several inputs: {}",
                    fmt::join(inputs, ", ")),
        "trust_from_at, with the names of those that are trusted",
        "run the probe with the trusted port alone");
  for (const std::string& name : g.trust_from_at) {
    if (name == every_interface)
      return refuse("the grant trusts From at 'any', which is every interface at once",
                    "the names of the interfaces", "run the probe with each --interface by its name");
    if (has(inputs, name)) continue;
    if (inputs.empty())
      return refuse(fmt::format("the grant trusts From at '{}', and this run's input has no name", name),
                    "the name of the input that the packets came in at",
                    fmt::format("give --input {} when it is that one", name));
    return refuse(fmt::format("the grant trusts From at '{}', which this run does not have", name),
                  fmt::format("one of its inputs: {}", fmt::join(inputs, ", ")),
                  fmt::format("start the probe with '{}' among its inputs", name));
  }
  return {};
}

Result<std::vector<std::string>> inputs_for(const std::vector<authority::VerifiedGrant>& grants,
                                            const fs::path& capture) {
  std::set<std::string> all;
  for (const authority::VerifiedGrant& g : grants)
    all.insert(g.body().trust_from_at.begin(), g.body().trust_from_at.end());
  std::vector<std::string> names(all.begin(), all.end());
  if (names.empty()) return names;
  if (names.size() > wire::inputs_max)
    return refuse(fmt::format("the grants trust From at {} inputs", names.size()),
                  fmt::format("at most {} in one run", wire::inputs_max), "run the probe with fewer grants");
  WRIT_TRY(in_file, capture::inputs_in(capture, names));
  for (std::size_t n = 0; n < names.size(); ++n) {
    const wire::InputSet it = wire::input_set(static_cast<std::uint32_t>(n + 1));
    if ((in_file.found & it) == 0)
      return refuse(fmt::format("a grant trusts From at '{0}', and {1} has no interface '{0}'", names[n],
                                capture.filename().string()),
                    "a pcapng file that names its interfaces",
                    fmt::format("give --input {} when all of the file came in there", names[n]));
    if ((in_file.ambiguous & it) != 0)
      return refuse(fmt::format("a grant trusts From at '{}', and {} has several interfaces of that name",
                                names[n], capture.filename().string()),
                    "one interface of the name",
                    "read what came in at each as a file of its own, with --input");
  }
  return names;
}

}  // namespace writ::probe
