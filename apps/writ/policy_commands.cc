// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli.hh"
#include "desk/policy_service.hh"

namespace writ::cli {
namespace policy_commands {
namespace {

struct Args {
  std::string dir, other, section, item, kind, matter, effective, reason;
  policy::Situation situation;
};

// The directory that --policy names, or the carrier's version in force.
Result<policy::Policy> chosen(Options& o, const std::string& dir) {
  if (!dir.empty()) return policy::load(dir);
  WRIT_TRY(c, open_carrier(o));
  return c.policy();
}

Status check(Options& o, const Args& a) {
  WRIT_TRY(p, policy::load(a.dir));
  if (o.json)
    print(Json{{"schema", "writ.policy-check/1"},
               {"name", p.profile_name},
               {"carrier", p.carrier},
               {"sha256", crypto::hex(p.hash)},
               {"layers", policy::to_json(p)["layers"]}});
  else
    print(fmt::format("{} ({}) {}\n", p.profile_name, p.carrier, crypto::hex(p.hash)));
  return {};
}

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : canonical(value);
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(p, chosen(o, a.dir));
  const Json all = policy::to_json(p);
  std::vector<std::string> wanted = policy::sections();
  if (!a.section.empty() && !all.contains(a.section))
    return fail(Exit::not_found, fmt::format("a policy has no section '{}'", a.section), {}, {},
                fmt::format("one of: {}", fmt::join(wanted, ", ")));
  if (!a.section.empty()) wanted = {a.section};
  if (o.json) {
    Json out{{"schema", all["schema"]}, {"sha256", all["sha256"]}};
    for (const std::string& s : wanted) out[s] = all[s];
    print(out);
    return {};
  }
  for (const std::string& s : wanted)
    for (const auto& [row, fields] : all[s].items()) {
      print(fmt::format("{}: {}\n", s, row));
      for (const auto& [field, value] : fields.items()) print(fmt::format("  {}: {}\n", field, shown(value)));
    }
  return {};
}

Status diff(Options& o, const Args& a) {
  WRIT_TRY(from, policy::load(a.dir));
  WRIT_TRY(to, policy::load(a.other));
  const auto changes = policy::differences(from, to);
  if (o.json)
    print(policy::to_json(changes));
  else
    for (const auto& c : changes) print(policy::to_text(c) + "\n");
  say(o, fmt::format("{} differences by meaning", changes.size()));
  return {};
}

Status explain(Options& o, const Args& a) {
  WRIT_TRY(p, chosen(o, a.dir));
  const policy::ProcessKind* kind = policy::process_kind(p, a.kind);
  if (kind == nullptr)
    return fail(Exit::not_found, fmt::format("the policy knows no process '{}'", a.kind), {}, {},
                "writ policy show process prints them");
  const auto d = policy::decide(p, a.item, *kind, a.situation);
  const std::string lapsed = kind->authority.empty() || kind->authority == "cited"
                                 ? ""
                                 : policy::why_not_in_force(p, kind->authority, o.clock.now());
  if (o.json) {
    Json out = policy::to_json(d);
    out.update({{"item", a.item}, {"kind", kind->id}, {"column", kind->column}, {"authority", lapsed}});
    print(out);
    return {};
  }
  print(fmt::format("{}: {}\n  plan {}, law {}\n  rule: {}\n", policy::to_string(d.verdict), d.fact,
                    policy::to_string(d.plan), policy::to_string(d.law), d.rule));
  if (!d.cure.empty()) print(fmt::format("  cure: {}\n", d.cure));
  if (!lapsed.empty()) print(fmt::format("  authority: {}\n", lapsed));
  return {};
}

Result<desk::Acting> decider(Options& o, desk::Carrier& c) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  return c.act_as_any(who[0], {authority::Role::counsel, authority::Role::officer});
}

Status printed(Options& o, const Result<desk::Case>& edit) {
  if (!edit) return tl::unexpected(edit.error());
  if (o.json)
    print(to_json(*edit));
  else
    print(edit->matter + "\n");
  say(o, fmt::format("{}: {}", edit->matter, edit->state));
  return {};
}

Status propose(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(effective, time_option(a.effective, "--effective"));
  WRIT_TRY(who, decider(o, c));
  return printed(o, desk::PolicyService{c}.propose(a.dir, effective, a.reason, who));
}

Status approve(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, decider(o, c));
  return printed(o, desk::PolicyService{c}.approve(a.matter, who));
}

Status withdraw(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, decider(o, c));
  return printed(o, desk::PolicyService{c}.withdraw(a.matter, a.reason, who));
}

Status versions(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, desk::PolicyService{c}.versions());
  if (o.json) {
    print(to_json(all));
    return {};
  }
  for (const auto& v : all)
    print(fmt::format("{:<11} {:<9} {:<20} {}{}{}\n", v.matter.empty() ? "-" : v.matter, v.state,
                      v.matter.empty() ? "-" : rfc3339_seconds(v.effective), v.sha256,
                      v.in_force ? " in force" : "", v.intact ? "" : " ALTERED"));
  return {};
}

}  // namespace
}  // namespace policy_commands

void add_policy_commands(CLI::App& app, Options& o) {
  using namespace policy_commands;
  auto* policy = app.add_subcommand("policy", "the carrier's rules and the law as data");
  policy->require_subcommand(1);
  auto a = std::make_shared<Args>();
  const auto add = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    return command(policy, o, name, help, [&o, a, f] { return f(o, *a); });
  };
  auto* c = add("check", "reads a policy directory and names what is wrong in it", check);
  c->add_option("DIR", a->dir)->required();
  c = add("show", "a policy row by row", show);
  c->add_option("SECTION", a->section, fmt::format("{}", fmt::join(policy::sections(), ", ")));
  c->add_option("--policy", a->dir, "a policy directory; else the carrier's version in force");
  c = add("diff", "what B says otherwise than A, by meaning", diff);
  c->add_option("A", a->dir)->required();
  c->add_option("B", a->other)->required();
  c = add("explain", "whether a process reaches an item, by which rule, and what would", explain);
  c->add_option("ITEM", a->item)->required();
  c->add_option("KIND", a->kind)->required();
  c->add_flag("--expressly", a->situation.expressly_requested, "it is expressly requested (or needed)");
  c->add_flag("--statute", a->situation.statute_cited,
              "a statute makes the summons an administrative subpoena");
  c->add_flag("--counsel", a->situation.counsel_approved, "counsel approved this item");
  c->add_option("--policy", a->dir, "a policy directory; else the carrier's version in force");
  c = add("propose", "proposes a new version (counsel or officer); prints its number", propose);
  c->add_option("DIR", a->dir)->required();
  c->add_option("--effective", a->effective, "from when it counts, RFC 3339 with offset")->required();
  c->add_option("--reason", a->reason)->required();
  c = add("approve", "approves a version; the other one of counsel and officer", approve);
  c->add_option("NUMBER", a->matter)->required();
  c = add("withdraw", "takes a proposal back", withdraw);
  c->add_option("NUMBER", a->matter)->required();
  c->add_option("--reason", a->reason)->required();
  command(policy, o, "versions", "all versions, and which one is in force", [&o] { return versions(o); });
}

}  // namespace writ::cli
