// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/later_process.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "desk/record_freeze.hh"
#include "vault/matter_keys.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using process::Cycle;

constexpr const char* later_rule = "S26: what is preserved is released under valid process only";

bool is_preservation(Cycle c) {
  return c == Cycle::preservation || c == Cycle::backup_preservation || c == Cycle::child_protection;
}

// The act by which counsel opened the snapshot to a later matter, while it stands.
const desk::CaseAct* opening_act(const Case& preserved) {
  if (preserved.state == "converted") return preserved.newest("convert");
  if (preserved.state == "release-approved") return preserved.newest("approve-release");
  return nullptr;
}

bool has_ended(const Case& preserved) {
  static constexpr std::array over{"expired", "purge-proposed",   "purged",   "rejected",
                                   "ended",   "destroy-proposed", "destroyed"};
  return std::find(over.begin(), over.end(), preserved.state) != over.end();
}

Status check_custodian(const desk::Carrier& c, const Acting& a) {
  return check_person(c, a, {authority::Role::custodian});
}

}  // namespace

Status check_later_process(const desk::Carrier& c, const Case& preserved, const std::string& later) {
  WRIT_TRY(of, desk::read_case(c, later));
  WRIT_TRY(demand, demand_of(of));
  if (is_preservation(of.cycle) || process::is_final(process::life_cycle(of.cycle), of.state))
    return fail(Exit::refused, fmt::format("{} is {}, and serves nothing", later, of.state), later_rule,
                "process that is open", "file the process that asks for the records");
  if (demand.of_matter == preserved.matter) return {};
  return fail(Exit::refused, fmt::format("the document of {} does not name {}", later, preserved.matter),
              later_rule, "process for the records that are preserved here",
              "file it with of_matter = \"" + preserved.matter + "\"");
}

Status check_served(const desk::Carrier& c, const Case& preserved) {
  const desk::CaseAct* converted = preserved.state == "converted" ? preserved.newest("convert") : nullptr;
  if (converted == nullptr) return {};
  const std::string later = converted->body.value("matter", "");
  WRIT_TRY(of, desk::read_case(c, later));
  static constexpr std::array served{"delivered", "acknowledged",     "produced",      "tracked",
                                     "lifted",    "minimum-released", "process-asked", "reconciled"};
  if (process::is_final(process::life_cycle(of.cycle), of.state) ||
      std::find(served.begin(), served.end(), of.state) != served.end())
    return {};
  return fail(Exit::refused, fmt::format("{} is served from this snapshot and is {}", later, of.state),
              "nothing authorised is lost", "the delivery of " + later, "purge it afterwards");
}

Result<PreservedSource> preserved_source(const desk::Carrier& c, const Case& later,
                                         const process::Demand& d) {
  PreservedSource out;
  if (d.of_matter.empty()) return out;
  const auto preserved = desk::read_case(c, d.of_matter);
  if (!preserved && preserved.error().exit == Exit::not_found) return out;  // an order of an interception
  if (!preserved) return tl::unexpected(preserved.error());
  if (!is_preservation(preserved->cycle)) return out;
  out.matter = preserved->matter;
  out.is_over = has_ended(*preserved);
  const desk::CaseAct* opened = opening_act(*preserved);
  if (out.is_over || (opened != nullptr && opened->body.value("matter", "") == later.matter)) return out;
  return fail(Exit::refused,
              fmt::format("{} is preserved as {}, which is not opened to {}", d.of_matter, preserved->state,
                          later.matter),
              later_rule, "counsel's word that this process is served from it",
              fmt::format("counsel: writ preserve convert {} --to {} (2704: approve-release)", d.of_matter,
                          later.matter));
}

Result<std::unique_ptr<desk::RecordStore>> open_preserved(desk::Carrier& c, const Case& later,
                                                          const std::string& preserved,
                                                          const Openers* openers) {
  if (openers == nullptr || openers->a.person.user == openers->b.person.user)
    return fail(Exit::refused, fmt::format("{} is served from the snapshot of {}", later.matter, preserved),
                "no single person opens a matter", "two different custodians",
                "give --custodian USER=PASSPHRASE_FILE twice");
  const Acting &a = openers->a, &b = openers->b;
  WRIT_CHECK(check_custodian(c, a));
  WRIT_CHECK(check_custodian(c, b));
  WRIT_TRY(of, desk::read_case(c, preserved));
  const desk::CaseAct* taken = of.newest("take-snapshot");
  if (taken == nullptr) taken = of.newest("copy");
  if (taken == nullptr)
    return fail(Exit::refused, fmt::format("{} has no snapshot", preserved), later_rule, "a snapshot",
                fmt::format("intake or officer takes it: writ preserve snapshot {}", preserved));
  const Json snapshot = taken->body["snapshot"];
  WRIT_CHECK(c.note(a.person.user, "snapshot.open", preserved,
                    Json{{"custodians", {a.person.user, b.person.user}}, {"for", later.matter}}));
  const fs::path file = case_dir(c, preserved) / snapshot.value("file", "");
  const auto digest = crypto::sha256_file(file.string());
  if (!digest || crypto::hex(*digest) != snapshot.value("sha256", ""))
    return fail(Exit::integrity, fmt::format("the snapshot of {} is missing or was altered", preserved),
                "the act names it by its SHA-256", "the file as it was written",
                "restore case-files/ from backup");
  WRIT_TRY(key, vault::open_matter_key(c.data() / "vault", preserved, "snapshot", a.person.user, a.person.box,
                                       b.person.user, b.person.box));
  return desk::open_frozen(file, key, preserved);
}

}  // namespace writ::cases
