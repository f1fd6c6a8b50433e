// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/policy_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/root_keys.hh"

namespace writ::desk {
namespace {

using process::Cycle;

constexpr const char* rule_text =
    "I7: a policy edit needs counsel and a second person, and takes effect forward only";

fs::path version_dir(const Carrier& c, const std::string& sha256) { return c.data() / "policies" / sha256; }

fs::path dir_of(const Carrier& c, const PolicyVersion& v) {
  return v.matter.empty() ? c.data() / "policy" : version_dir(c, v.sha256);
}

Result<policy::Policy> load_signed(const fs::path& dir, const std::string& sha256) {
  auto p = policy::load(dir);
  if (p && crypto::hex(p->hash) == sha256) return p;
  return fail(Exit::integrity,
              fmt::format("{} is not the policy that was signed{}", dir.filename().string(),
                          p ? "" : ": " + p.error().what),
              rule_text, fmt::format("the layers whose SHA-256 is {}", sha256),
              "restore that directory from backup; an edit goes through writ policy propose");
}

// Whole or not at all; what is there already is believed only when it is the same.
Status keep_version(const fs::path& from, const fs::path& to, const std::string& sha256) {
  std::error_code ec;
  if (!fs::exists(to, ec)) {
    fs::path half = to;
    half += ".new";
    fs::remove_all(half, ec);
    WRIT_CHECK(copy_policy(from, half));
    const auto copied = policy::load(half);
    if (!copied || crypto::hex(copied->hash) != sha256)
      return fail(Exit::failure, fmt::format("{} changed while it was read", from.string()), rule_text, {},
                  "repeat the command when the files are at rest");
    fs::rename(half, to, ec);
    if (ec) return tl::unexpected(io_error("rename", half));
    WRIT_CHECK(sync_dir(to.parent_path()));
  }
  WRIT_CHECK(load_signed(to, sha256));
  return {};
}

Status fits_this_carrier(const Carrier& c, const policy::Policy& p) {
  if (p.carrier != c.policy().carrier || p.sandbox != c.policy().sandbox)
    return fail(Exit::refused,
                fmt::format("this is the profile of {}{}", p.carrier,
                            p.sandbox != c.policy().sandbox ? ", or of a sandbox" : ""),
                rule_text, fmt::format("a profile of {}", c.policy().carrier),
                "edit this carrier's own profile");
  for (const policy::ProcessKind& k : p.kinds)
    if (k.cycle != "interception" && !process::parse_cycle(k.cycle))
      return fail(Exit::usage,
                  fmt::format("the process {} enters '{}', which is no life cycle", k.id, k.cycle), rule_text,
                  {}, "take the cycle of the shipped profile for it");
  return {};
}

Status not_past(const Carrier& c, Instant effective) {
  if (effective >= c.now()) return {};
  return fail(Exit::refused, fmt::format("{} has passed", rfc3339_seconds(effective)), rule_text,
              "an effective time that is still to come", "propose it anew with a later time");
}

Status is_policy_edit(const Case& c) {
  if (c.cycle == Cycle::policy_edit) return {};
  return fail(Exit::usage, fmt::format("{} is no policy edit", c.matter), {}, {},
              "writ policy versions prints them");
}

Result<Instant> effective_of(const CaseAct& a) {
  WRIT_TRY(text, field<std::string>(a.body, "effective", "policy edit"));
  return parse_rfc3339(text);
}

Result<PolicyVersion> version_of(const Case& c) {
  const CaseAct& file = c.acts.front();
  PolicyVersion v;
  v.matter = c.matter;
  v.state = c.state;
  v.proposed_by = file.user;
  WRIT_TRY(sha256, field<std::string>(file.body, "policy", "policy edit"));
  WRIT_TRY(reason, field<std::string>(file.body, "reason", "policy edit"));
  WRIT_TRY(effective, effective_of(file));
  v.sha256 = sha256;
  v.reason = reason;
  v.effective = effective;
  if (const CaseAct* approval = c.newest("approve")) {
    v.approved_by = approval->user;
    if (approval->body.value("policy", "") != sha256)
      return fail(Exit::integrity, fmt::format("{} is not approved as a policy edit has to be", c.matter),
                  rule_text, {}, "restore store.db from backup; the auditor compares it with the log");
    v.effective = std::max(v.effective, approval->at);  // forward only, whatever was signed
  }
  return v;
}

Result<PolicyVersion> first_version(const Carrier& c) {
  WRIT_TRY(file, read_file(c.data() / "policy.json"));
  WRIT_TRY(sha256, read_first_policy(file, c.roots()));
  PolicyVersion v;
  v.sha256 = sha256;
  v.state = "first";
  return v;
}

// The newest of what both people have signed whose time has come by then; of two at the same time the later
// case. The first version is there from the beginning.
std::size_t in_force_at(const std::vector<PolicyVersion>& by_time, Instant t) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < by_time.size(); ++i)
    if (by_time[i].state == "first" || (by_time[i].state == "approved" && by_time[i].effective <= t)) out = i;
  return out;
}

Result<std::vector<PolicyVersion>> all_versions(Carrier& c) {
  std::vector<PolicyVersion> out;
  WRIT_TRY(first, first_version(c));
  out.push_back(std::move(first));
  WRIT_TRY(cases, CaseBook{c}.all(Cycle::policy_edit));
  for (const Case& edit : cases) {
    WRIT_TRY(v, version_of(edit));
    out.push_back(std::move(v));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const PolicyVersion& a, const PolicyVersion& b) { return a.effective < b.effective; });
  out[in_force_at(out, c.now())].in_force = true;
  return out;
}

// Two edits at once: the second would undo the first, since it was compared with what was there before it.
Status check_base(Carrier& c, const std::string& replaces, Instant effective) {
  WRIT_TRY(versions, all_versions(c));
  if (versions[in_force_at(versions, effective)].sha256 != replaces)
    return fail(Exit::refused, "the policy in force is no longer the one it was compared with", rule_text,
                "a proposal against the policy that it replaces", "withdraw it and propose it anew");
  for (const PolicyVersion& v : versions)
    if (v.state == "approved" && v.effective > effective)
      return fail(Exit::refused,
                  fmt::format("{} is approved and takes effect {}: it would undo this edit", v.matter,
                              rfc3339_seconds(v.effective)),
                  rule_text, "an effective time after that one, and a proposal against it",
                  "withdraw it and propose it anew, for that time or later");
  return {};
}

// Held while an edit is approved: it is compared with all others that are.
Result<Fd> lock_edits(const Carrier& c) {
  WRIT_CHECK(make_dirs(c.data() / "policies", 0700));
  return lock_file(c.data() / "policies" / "lock");
}

}  // namespace

Status copy_policy(const fs::path& from, const fs::path& to) {
  WRIT_CHECK(make_dirs(to));
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(from, ec)) {
    if (e.path().extension() != ".toml") continue;
    WRIT_TRY(text, read_text(e.path()));
    WRIT_CHECK(write_file(to / e.path().filename(), text));
  }
  return {};
}

Result<policy::Policy> policy_in_force(Carrier& c) {
  WRIT_TRY(versions, all_versions(c));
  const auto v =
      std::find_if(versions.begin(), versions.end(), [](const PolicyVersion& o) { return o.in_force; });
  return load_signed(dir_of(c, *v), v->sha256);
}

Result<Case> PolicyService::propose(const fs::path& dir, Instant effective, const std::string& reason,
                                    const Acting& who) {
  WRIT_TRY(proposed, policy::load(dir));
  const std::string sha256 = crypto::hex(proposed.hash);
  WRIT_TRY(versions, all_versions(*c_));
  const PolicyVersion& base = versions[in_force_at(versions, effective)];
  WRIT_TRY(replaced, load_signed(dir_of(*c_, base), base.sha256));
  Json body{
      {"policy", sha256}, {"effective", rfc3339(effective)}, {"reason", reason}, {"replaces", base.sha256}};
  const crypto::Digest key = crypto::sha256(
      view_of(canonical({{"policy", sha256}, {"effective", rfc3339(effective)}, {"reason", reason}})));
  body["changes"] = policy::to_json(policy::differences(replaced, proposed))["changes"];
  CaseStep step{"file", std::move(body),
                [&](const Case&) -> Status {
                  WRIT_CHECK(fits_this_carrier(*c_, proposed));
                  if (sha256 == base.sha256)
                    return fail(Exit::refused, "these layers are the policy in force", rule_text, "a change",
                                "edit a copy of the layers; writ policy diff shows what differs");
                  return not_past(*c_, effective);
                },
                [&](const Case&) -> Result<Json> {
                  WRIT_CHECK(make_dirs(c_->data() / "policies", 0700));
                  WRIT_CHECK(keep_version(dir, version_dir(*c_, sha256), sha256));
                  return Json::object();
                }};
  return CaseBook{*c_}.open(Cycle::policy_edit, key, std::move(step), who);
}

Result<Case> PolicyService::approve(const std::string& matter, const Acting& who) {
  WRIT_TRY(lock, lock_edits(*c_));
  CaseBook book{*c_};
  WRIT_TRY(edit, book.read(matter));
  WRIT_CHECK(is_policy_edit(edit));
  WRIT_TRY(v, version_of(edit));
  WRIT_TRY(effective, effective_of(edit.acts.front()));
  CaseStep step{"approve", Json{{"policy", v.sha256}, {"effective", rfc3339(effective)}},
                [&](const Case& c) -> Status {
                  WRIT_CHECK(check_base(*c_, c.acts.front().body.value("replaces", ""), effective));
                  WRIT_CHECK(load_signed(version_dir(*c_, v.sha256), v.sha256));
                  return not_past(*c_, effective);
                }};
  return book.act(matter, std::move(step), who);
}

Result<Case> PolicyService::withdraw(const std::string& matter, const std::string& reason,
                                     const Acting& who) {
  CaseBook book{*c_};
  WRIT_TRY(edit, book.read(matter));
  WRIT_CHECK(is_policy_edit(edit));
  return book.act(matter, {"withdraw", Json{{"reason", reason}}}, who);
}

Result<std::vector<PolicyVersion>> PolicyService::versions() const {
  WRIT_TRY(out, all_versions(*c_));
  for (PolicyVersion& v : out) v.intact = load_signed(dir_of(*c_, v), v.sha256).has_value();
  return out;
}

Json to_json(const std::vector<PolicyVersion>& versions) {
  Json rows = Json::array();
  for (const PolicyVersion& v : versions)
    rows.push_back({{"sha256", v.sha256},
                    {"matter", v.matter},
                    {"state", v.state},
                    {"effective", v.matter.empty() ? "" : rfc3339_seconds(v.effective)},
                    {"proposed_by", v.proposed_by},
                    {"approved_by", v.approved_by},
                    {"reason", v.reason},
                    {"in_force", v.in_force},
                    {"intact", v.intact}});
  return {{"schema", "writ.policy-versions/1"}, {"versions", rows}};
}

}  // namespace writ::desk
