// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/work_order_grants.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "authority/grant.hh"
#include "desk/orders.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;

constexpr const char* brought_rule =
    "field work order (S49-S53): a probe works under grants that somebody brought";

using Digests = std::set<std::string>;

void add_grants_of(const CaseAct& a, Digests& out) {
  if (!a.body.contains("grants")) return;
  for (const Json& g : a.body["grants"]) out.insert(g.get<std::string>());
}

Digests named_in(const Case& w) {
  Digests out;
  for (const CaseAct& a : w.acts)
    if (a.act == "bring-grants") add_grants_of(a, out);
  return out;
}

// Evidence lies by grant, however it came in: as a bundle, from a probe's directory, over the link.
Digests grants_with_evidence(const desk::Carrier& c, const std::string& matter) {
  Digests out;
  std::error_code ec;
  for (const auto& lane : fs::directory_iterator(c.data() / "evidence" / matter, ec)) {
    const std::string id = lane.path().filename().string();
    const auto digest = crypto::unhex(id);
    if (!digest || digest->size() != sizeof(crypto::Digest)) continue;
    std::error_code none;
    for (const auto& e : fs::directory_iterator(lane.path(), none))
      if (e.path().extension() == ".seg") out.insert(id);
  }
  return out;
}

Result<Digests> named_elsewhere(const desk::Carrier& c, const Case& w, const std::string& matter) {
  WRIT_TRY(orders, desk::cases_about(c, process::Cycle::work_order, matter));
  Digests out;
  for (const Case& other : orders)
    if (other.matter != w.matter) out.merge(named_in(other));
  return out;
}

}  // namespace

Result<std::vector<std::string>> grants_on_medium(const desk::Carrier& c, const std::string& matter,
                                                  const fs::path& medium) {
  WRIT_TRY(issued, desk::Orders{c}.grants(matter));
  Digests found;
  std::error_code ec;
  fs::directory_iterator it{medium, ec};
  if (ec)
    return fail(Exit::not_found, fmt::format("read {}: {}", medium.string(), ec.message()), brought_rule,
                "the medium with the grants", "name the directory into which 'writ intercept arm' wrote");
  for (; it != fs::directory_iterator{}; it.increment(ec)) {
    if (!it->path().filename().string().ends_with(".grant.json")) continue;
    WRIT_TRY(bytes, read_file(it->path()));
    const auto file = authority::parse_grant_file(bytes);
    if (file && file->body.matter != matter) continue;
    const bool is_issued = std::any_of(issued.begin(), issued.end(), [&](const desk::GrantRow& g) {
      return g.file && view_of(*g.file).size() == bytes.size() &&
             std::equal(bytes.begin(), bytes.end(), view_of(*g.file).begin());
    });
    if (!file || !is_issued)
      return fail(Exit::integrity,
                  fmt::format("{} is not a grant as the desk issued it", it->path().string()), brought_rule,
                  "the file that 'writ intercept arm' wrote", "keep the medium and tell the auditor");
    found.insert(crypto::hex(authority::grant_id(file->body)));
  }
  if (!found.empty()) return std::vector<std::string>{found.begin(), found.end()};
  return fail(Exit::not_found, fmt::format("{} holds no grant of {}", medium.string(), matter), brought_rule,
              "a *.grant.json of this matter", "the technician arms the matter ('writ intercept arm')");
}

Status check_grants_named(const desk::Carrier& c, const Case& w) {
  const std::string matter = w.acts.front().body.value("matter", "");
  Digests ran = grants_with_evidence(c, matter);
  WRIT_TRY(elsewhere, named_elsewhere(c, w, matter));
  for (const std::string& g : elsewhere) ran.erase(g);
  for (const CaseAct& a : w.acts)
    if (a.act == "retrieve") add_grants_of(a, ran);
  for (const std::string& g : named_in(w)) ran.erase(g);
  if (ran.empty()) return {};
  return fail(
      Exit::refused,
      fmt::format("{}: a probe worked under the grant {}, and nobody signed that it was brought there",
                  w.matter, *ran.begin()),
      brought_rule, "who brought the grant, and on which medium",
      "a technician: writ work bring-grants " + w.matter);
}

Result<desk::CaseStep> WorkOrders::bring_grants(const std::string& number, const Brought& b) const {
  WRIT_TRY(w, desk::read_case(*c_, number));
  const std::string matter = w.acts.front().body.value("matter", "");
  if (w.cycle != process::Cycle::work_order)
    return fail(Exit::not_found, fmt::format("{} is not a field work order", number), {}, {},
                "writ work list");
  WRIT_TRY(grants, grants_on_medium(*c_, matter, b.medium));
  const Instant now = c_->now();
  const Instant at = b.installed_at.value_or(now);
  desk::CaseStep step{"bring-grants", Json{{"grants", grants},
                                           {"media", b.label},
                                           {"carried_by", b.carried_by},
                                           {"installed_by", b.installed_by},
                                           {"installed_at", rfc3339(at)}}};
  step.guard = [at, now](const Case& order) -> Status {
    const CaseAct* installed = order.newest("install");
    if (installed != nullptr && at >= installed->at && at <= now) return {};
    return fail(Exit::usage, fmt::format("no grant came to the probe at {}", rfc3339(at)), brought_rule,
                "a time after the installation of the equipment, and not in the future",
                "correct --installed-at; without it, it is now");
  };
  return step;
}

}  // namespace writ::cases
