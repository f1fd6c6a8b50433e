// SPDX-License-Identifier: GPL-3.0-or-later
// From what an order says to what a grant may say: kind, basis, exact targets.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "process/neighbours.hh"

namespace writ::process {
namespace {

using authority::Target;

Result<Target> extension_target(const TargetRequest& t, const std::string& value, const Request& r,
                                const records::Catalogue& book) {
  const auto refused = [&](const std::string& why, const std::string& missing) {
    return fail(Exit::refused, fmt::format("extension {}: {}", t.value, why),
                "an extension is exact only with its property and the hosts of it (V11)", missing,
                "intake states the property, or imports its record with `writ records import`");
  };
  if (t.property.empty()) return refused("no property is named", "the property's account number");
  WRIT_TRY(holders, book.who_holds("extension", value, t.property, {r.start, r.end, {}}));
  if (holders.empty())
    return refused(fmt::format("not held at {} in the period", t.property), "a record of it in the period");
  Target out{Target::Type::extension, value, t.property, {}};
  for (const records::Holder& h : holders) out.hosts.insert(out.hosts.end(), h.hosts.begin(), h.hosts.end());
  std::sort(out.hosts.begin(), out.hosts.end());
  out.hosts.erase(std::unique(out.hosts.begin(), out.hosts.end()), out.hosts.end());
  if (out.hosts.empty())
    return refused("its property has no hosts on record", "SIP domains or addresses of the property");
  return out;
}

Result<Target> exact_target(const TargetRequest& t, const Request& r, const records::Catalogue& book) {
  WRIT_TRY(value, records::canonical_value(t.type, t.value));
  WRIT_TRY(shared, shared_with_neighbours(t, r, book));
  if (shared)
    return fail(Exit::refused, *shared, "a target is exact: neighbours are never recorded (V11)",
                "a line of the target's own", neighbours_cure);
  if (t.type == "extension") return extension_target(t, value, r, book);
  return Target{t.type == "number" ? Target::Type::e164 : Target::Type::uri, value, {}, {}};
}

}  // namespace

Result<authority::Kind> grant_kind(const Request& r) {
  if (r.kind == "wiretap") return authority::Kind::content;
  if (r.kind == "pen-register") return authority::Kind::pen;
  if (r.kind == "trap-and-trace") return authority::Kind::trap;
  if (r.kind == "pen-trap") return authority::Kind::pen_trap;
  return fail(Exit::refused, fmt::format("'{}' is not a kind of interception", r.kind),
              "docs/order-file.md, field kind", "one of the four kinds",
              "write wiretap, pen-register, trap-and-trace or pen-trap");
}

Result<authority::Basis> grant_basis(const Request& r) {
  using authority::Basis;
  WRIT_TRY(kind, grant_kind(r));
  if (yields_content(kind)) return r.emergency ? Basis::emergency_title_iii : Basis::title_iii;
  return r.emergency ? Basis::emergency_pen_trap : Basis::pen_trap;
}

bool grant_digits(const Request& r) {
  const auto kind = grant_kind(r);
  return kind && yields_content(*kind) &&
         std::ranges::find(r.seeks, "post-cut-through-digits") != r.seeks.end();
}

Result<std::vector<Target>> grant_targets(const Request& r, const records::Catalogue& book) {
  std::vector<Target> out;
  for (const TargetRequest& t : r.targets) {
    WRIT_TRY(target, exact_target(t, r, book));
    out.push_back(std::move(target));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.empty() || out.size() > limits::targets_per_grant_max)
    return fail(Exit::refused, fmt::format("the order names {} targets", out.size()),
                fmt::format("a grant names 1 to {} exact targets", limits::targets_per_grant_max),
                "an order of so many", "divide the order file");
  return out;
}

}  // namespace writ::process
