// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/intake.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.hh"
#include "base/sourced.hh"
#include "cases/demand_case.hh"
#include "desk/documents_kept.hh"

namespace writ::cases {
namespace {

using process::CheckResult;
using process::Cycle;
using process::Demand;

constexpr const char* kinds_rule = "every kind of process is data with a citation; docs/process-file.md";

bool is_order_file(View text, const std::string& name) {
  const auto source = parse_sourced_file(text, name, limits::order_file_bytes_max, kinds_rule);
  return source && source->json.is_object() && source->json.value("schema", Json()) == "writ.request/1";
}

Result<const policy::ProcessKind*> kind_of(const policy::Policy& p, const Demand& d) {
  if (const auto* k = policy::process_kind(p, d.kind)) return k;
  std::vector<std::string> ids;
  for (const auto& k : p.kinds) ids.push_back(k.id);
  return fail(Exit::usage, fmt::format("'{}' is no kind of process that this policy knows", d.kind),
              kinds_rule, "the kind of the document", fmt::format("use one of: {}", fmt::join(ids, ", ")));
}

Result<Cycle> cycle_of(const policy::Policy& p, const policy::ProcessKind& k) {
  WRIT_CHECK(check_taken_in_here(p, k.id));
  if (k.cycle == "interception")
    return fail(Exit::usage, fmt::format("a {} is an order of an interception", k.title),
                "three signatures stand on an order file (S54)", "a file with schema \"writ.request/1\"",
                "write it as docs/order-file.md describes");
  return process::parse_cycle(k.cycle);
}

Filed filed_of(const desk::Case& c, const Demand& d) {
  const desk::CaseAct* newest = c.newest("correct");
  if (newest == nullptr) newest = c.newest("file");
  Filed out{c.matter, d.kind, process::to_string(c.cycle), c.state, {}, {}};
  if (newest != nullptr) out.checks = process::checks_from_json(newest->body.value("checks", Json::array()));
  return out;
}

}  // namespace

Json to_json(const Filed& f) {
  if (f.order) return desk::to_json(*f.order);
  return Json{{"schema", "writ.filed/1"}, {"matter", f.matter}, {"kind", f.kind},
              {"cycle", f.cycle},         {"state", f.state},   {"checks", process::to_json(f.checks)}};
}

Status check_taken_in_here(const policy::Policy& p, const std::string& kind) {
  const auto* k = policy::process_kind(p, kind);
  if (k == nullptr || k->cycle != process::to_string(Cycle::national_security)) return {};
  return fail(Exit::usage, "this process is not taken in here",
              "I8: a compartmented matter does not exist for anyone outside (S30, S32)", "its compartment",
              "nothing was kept or noted; writ national file NAME FILE --document PDF --named USER,...");
}

std::vector<CheckResult> deficiencies(const std::vector<CheckResult>& checks) {
  std::vector<CheckResult> out;
  for (const CheckResult& r : checks)
    if (!r.passed && r.severity != policy::Severity::warn && !process::awaits_call_back(r)) out.push_back(r);
  return out;
}

// The demand with its document, which is kept from here on: what is not taken in here leaves nothing behind.
Result<Demand> Intake::read(View text, const std::string& name, const fs::path& document) {
  WRIT_TRY(d, process::parse_demand(text, name));
  WRIT_TRY(kind, kind_of(c_->policy(), d));
  WRIT_CHECK(cycle_of(c_->policy(), *kind));
  // To the microsecond, as times are stored.
  const Instant now = std::chrono::floor<std::chrono::microseconds>(c_->now());
  if (d.received == Instant{}) d.received = now;
  if (d.received > now)
    return fail(Exit::usage, fmt::format("{}: received {}, which is not yet", name, rfc3339(d.received)),
                "clocks run from the receipt", "the time of receipt",
                "write `received` as it was, or leave it out");
  WRIT_TRY(kept, desk::keep_document(*c_, document));
  d.document_sha256 = kept;
  return d;
}

Result<Json> Intake::filing(const Demand& d, const std::string& own) {
  WRIT_TRY(seen, receipt(d, own));
  Json body{{"demand", process::to_json(d)},
            {"document_sha256", crypto::hex(d.document_sha256)},
            {"checks", process::to_json(process::check_demand(d, c_->policy(), seen, c_->now()))},
            {"policy", crypto::hex(c_->policy().hash)}};
  const auto* kind = policy::process_kind(c_->policy(), d.kind);
  if (kind->cycle == process::to_string(Cycle::recurring) && d.records_until != Instant{})
    body["until"] = rfc3339(d.records_until);
  return body;
}

Result<Filed> Intake::file(View text, const std::string& name, const fs::path& document,
                           const desk::Acting& who) {
  if (is_order_file(text, name)) {
    WRIT_TRY(order, desk::RequestService{*c_}.file(text, name, document, who));
    return Filed{order.matter, "", "interception", process::to_string(order.state), order.checks, order};
  }
  WRIT_TRY(d, read(text, name, document));
  WRIT_TRY(kind, kind_of(c_->policy(), d));
  WRIT_TRY(cycle, cycle_of(c_->policy(), *kind));
  return c_->attempt(who.person.user, "intake.file", "", [&]() -> Result<Filed> {
    desk::CaseBook book{*c_};
    WRIT_TRY(known, book.find(filing_key(d)));
    if (known) {
      WRIT_TRY(held, demand_of(*known));
      return filed_of(*known, held);
    }
    WRIT_TRY(body, filing(d, ""));
    WRIT_TRY(opened, book.open(cycle, filing_key(d), {"file", std::move(body)}, who));
    return filed_of(opened, d);
  });
}

Result<Filed> Intake::correct(const std::string& matter, View text, const std::string& name,
                              const fs::path& document, const desk::Acting& who) {
  WRIT_TRY(d, read(text, name, document));
  desk::CaseBook book{*c_};
  WRIT_TRY(before, book.read(matter));
  WRIT_TRY(held, demand_of(before));
  WRIT_TRY(body, filing(d, matter));
  // Repeated after an answer that got lost: the same document, by the same person.
  if (before.acts.back().act == "correct" && before.acts.back().user == who.person.user &&
      filing_key(held) == filing_key(d))
    return filed_of(before, held);
  desk::CaseStep step{"correct", std::move(body)};
  step.guard = [&](const desk::Case&) -> Status {
    if (held.kind == d.kind) return {};
    return fail(Exit::refused, fmt::format("{} is a {}, and this document a {}", matter, held.kind, d.kind),
                "a corrected document is of the same kind", "the corrected document",
                "file another kind of process as a matter of its own (writ request file)");
  };
  WRIT_TRY(done, book.act(matter, std::move(step), who));
  return filed_of(done, d);
}

Result<Json> Intake::dry_run(View text, const std::string& name, const std::string& actor) {
  std::string kind;
  std::vector<CheckResult> checks;
  if (is_order_file(text, name)) {
    WRIT_TRY(r, process::parse_request(text, name));
    kind = r.kind;
    checks = process::check_document(r, c_->policy());
  } else {
    WRIT_TRY(d, process::parse_demand(text, name));
    WRIT_TRY(known, kind_of(c_->policy(), d));
    WRIT_CHECK(cycle_of(c_->policy(), *known));
    kind = d.kind;
    checks = process::check_demand(d, c_->policy(), {}, c_->now());
    // What other matters hold is not the sender's to learn.
    std::erase_if(checks, [](const CheckResult& r) { return r.id == "V38"; });
  }
  const auto open = deficiencies(checks);
  Json failed = Json::array();
  for (const CheckResult& r : open) failed.push_back(r.id);
  WRIT_CHECK(c_->note(actor, "intake.dry-run", "", Json{{"kind", kind}, {"failed", failed}}));
  return Json{{"schema", "writ.dry-run/1"},
              {"kind", kind},
              {"acceptable", process::acceptable(open)},
              {"checks", process::to_json(checks)}};
}

}  // namespace writ::cases
