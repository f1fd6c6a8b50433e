// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/check_parts.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace writ::process {
namespace {

std::string target_text(const TargetRequest& t) {
  return t.property.empty() ? fmt::format("{} {}", t.type, t.value)
                            : fmt::format("{} {} of {}", t.type, t.value, t.property);
}

Result<bool> served(const TargetRequest& t, const std::string& canonical, const records::Catalogue& book) {
  if (t.type != "extension") return book.ever_served(t.type, canonical);
  WRIT_TRY(holders, book.who_holds(t.type, canonical, t.property, {}));
  return !holders.empty();
}

}  // namespace

bool blank(const std::string& s) { return s.find_first_not_of(" \t\r\n") == std::string::npos; }

std::vector<std::string> blanks(std::initializer_list<Named> fields) {
  std::vector<std::string> out;
  for (const Named& f : fields)
    if (blank(f.value)) out.push_back(f.name);
  return out;
}

void Faults::add_blanks(std::initializer_list<Named> fields) {
  if (const auto missing = blanks(fields); !missing.empty())
    add(fmt::format("not stated: {}", fmt::join(missing, ", ")));
}

Finding Faults::finding(std::string fine) const {
  return all_.empty() ? Finding{true, std::move(fine)}
                      : Finding{false, fmt::format("{}", fmt::join(all_, "; "))};
}

CheckResult result_of(const char* id, const Finding& f, const policy::Policy& p) {
  const policy::CheckRule* rule = p.check(id);
  if (rule == nullptr)  // `policy::load` refuses such a policy; one made otherwise must not pass what it does
                        // not know
    return {id,
            false,
            policy::Severity::reject,
            fmt::format("the policy has no rule {}", id),
            "fail closed",
            f.fact,
            "load the whole policy"};
  return {id, f.passed, rule->severity, rule->message, rule->rule, f.fact, rule->cure};
}

void signed_and_dated(bool is_signed, Instant issued, Faults& faults) {
  if (!is_signed) faults.add("the document is not signed");
  if (issued == Instant{}) faults.add("the document is not dated");
}

Finding contact_stated(const std::string& name, const std::string& badge, const std::string& agency,
                       const std::string& phone, const std::string& return_address) {
  Faults faults;
  faults.add_blanks({{"name", name},
                     {"badge", badge},
                     {"agency", agency},
                     {"phone", phone},
                     {"return address", return_address}});
  return faults.finding(fmt::format("{}, {}, {}", name, badge, agency));
}

Maybe fax_confirmed(const std::string& fax, bool confirmed) {
  if (blank(fax)) return std::nullopt;
  return Finding{confirmed, fmt::format("fax {} is {}confirmed", fax, confirmed ? "" : "not ")};
}

Finding coordinated(bool before) {
  return {before, before ? "coordinated before submission" : "no coordination is recorded"};
}

Finding cost_agreed(bool agreed) {
  return {agreed, agreed ? "the cost is agreed" : "no agreement on cost is recorded"};
}

Result<Maybe> each_served(const std::vector<TargetRequest>& targets, const records::Catalogue& book) {
  Faults faults;
  std::size_t judged = 0;
  for (const TargetRequest& t : targets) {
    if (t.type == "extension" && blank(t.property)) continue;  // whose it would be is not said: V11
    ++judged;
    const auto value = records::canonical_value(t.type, t.value);
    if (!value) {
      faults.add(value.error().what + ": " + value.error().next);
      continue;
    }
    WRIT_TRY(known, served(t, *value, book));
    if (!known) faults.add(fmt::format("{} was never served", target_text(t)));
  }
  if (judged == 0) return Maybe{};
  return Maybe{faults.finding(
      fmt::format("{} of {} targets were looked up; each is or was served", judged, targets.size()))};
}

std::string no_property(const std::string& extension) {
  return fmt::format("extension {} names no property", extension);
}

bool acceptable(const std::vector<CheckResult>& results) {
  return std::all_of(results.begin(), results.end(), [](const CheckResult& c) {
    return c.passed || !c.item.empty() || c.severity == policy::Severity::warn;
  });
}

}  // namespace writ::process
