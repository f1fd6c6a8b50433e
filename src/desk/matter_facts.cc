// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "desk/grant_checks.hh"
#include "desk/intercept_service.hh"

namespace writ::desk {
namespace {

struct KindText {
  authority::Kind kind;
  const char *text, *statute;
};
constexpr KindText kind_texts[] = {
    {authority::Kind::pen, "Pen register", "18 USC 3121-3127"},
    {authority::Kind::trap, "Trap and trace", "18 USC 3121-3127"},
    {authority::Kind::pen_trap, "Pen register and trap and trace", "18 USC 3121-3127"},
    {authority::Kind::content, "Title III interception of wire communications", "18 USC 2510-2522"},
};

// Body and acts as they are in the issued grants: what a paper says is what was signed.
Result<std::vector<GrantRow>> armed_grants(const Carrier& c, const std::string& matter) {
  WRIT_TRY(grants, Orders{c}.grants(matter));
  std::erase_if(grants, [](const GrantRow& g) { return !g.file; });
  for (GrantRow& g : grants) {
    WRIT_TRY(file, issued_grant(c, g));
    g.body = std::move(file.body);
    g.acts = std::move(file.acts);
  }
  if (grants.empty())
    return fail(Exit::refused, fmt::format("{} was never armed", matter),
                "S54: nothing was intercepted without the three acts", "an armed grant",
                fmt::format("a technician arms it: writ intercept arm {}", matter));
  return grants;
}

}  // namespace

Result<Instant> interception_start(const Carrier& c, const std::string& matter) {
  WRIT_TRY(grants, armed_grants(c, matter));
  return std::max(grants.front().acts.at(2).at, grants.front().body.not_before);
}

Result<Instant> interception_end(const Carrier& c, const std::string& matter) {
  WRIT_TRY(grants, armed_grants(c, matter));
  WRIT_TRY(list, Orders{c}.revocations());
  Instant end{};
  for (const GrantRow& g : grants) {
    Instant until = g.body.not_after;
    for (const auto& r : list.entries)
      if (crypto::hex(r.grant) == g.id) until = std::min(until, r.at);
    end = std::max(end, until);
  }
  return end;
}

Result<produce::MatterFacts> matter_facts(const Carrier& c, const std::string& matter) {
  WRIT_TRY(orders, Orders{c}.of_matter(matter));
  WRIT_TRY(grants, armed_grants(c, matter));
  const process::Request& r = orders.front().request;
  const GrantRow& first = grants.front();
  produce::MatterFacts f;
  f.matter = matter;
  f.instrument = r.instrument;
  f.court = r.court;
  f.judge = r.judge;
  for (const KindText& k : kind_texts)
    if (k.kind == first.body.kind) {
      f.kind_text = k.text;
      f.statute = k.statute;
    }
  f.officer_name = r.officer.name;
  f.officer_badge = r.officer.badge;
  f.officer_agency = r.officer.agency;
  f.officer_address = r.officer.return_address;
  f.officer_phone = r.officer.phone;
  f.legal_signer = r.judge.empty() ? r.designated_official : r.judge;
  for (const authority::Target& t : first.body.targets) f.targets.push_back(authority::target_text(t));
  f.document_sha256 = crypto::hex(first.body.document_sha256);
  f.window_start = first.body.not_before;
  f.window_end = grants.back().body.not_after;
  f.enabled = std::max(first.acts.at(2).at, first.body.not_before);
  f.counsel = first.acts.at(0).user;
  f.officer = first.acts.at(1).user;
  f.technician = first.acts.at(2).user;
  for (const GrantRow& g : grants) f.grants.push_back(g.id);
  f.sandbox = c.policy().sandbox;
  return f;
}

}  // namespace writ::desk
