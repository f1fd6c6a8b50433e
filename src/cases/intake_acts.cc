// SPDX-License-Identifier: GPL-3.0-or-later
// What follows the filing: what the matter knows beside its document, the validation, the letters back, and
// the acts that need no more than a person's word.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "cases/intake.hh"
#include "desk/documents_kept.hh"
#include "desk/record_store.hh"
#include "produce/deficiency_letter.hh"

namespace writ::cases {
namespace {

using process::CheckResult;
using process::Cycle;
using process::Demand;

// The newest of `acts` since the document was last corrected.
const desk::CaseAct* since_corrected(const desk::Case& c, std::initializer_list<std::string_view> acts) {
  for (auto a = c.acts.rbegin(); a != c.acts.rend() && a->act != "correct"; ++a)
    if (std::find(acts.begin(), acts.end(), a->act) != acts.end()) return &*a;
  return nullptr;
}

std::string ids(const std::vector<CheckResult>& checks) {
  std::vector<std::string> out;
  for (const CheckResult& r : checks) out.push_back(r.item.empty() ? r.id : r.id + " (" + r.item + ")");
  return fmt::format("{}", fmt::join(out, ", "));
}

bool has_failed(const std::vector<CheckResult>& failed, std::string_view id) {
  return std::any_of(failed.begin(), failed.end(), [&](const CheckResult& r) { return r.id == id; });
}

// Only the process of a private party needs counsel's opinion, and no opinion replaces a treaty.
Status check_opinion(const Demand& d) {
  constexpr const char* rule = "V39: 47 USC 222(c)(1); mutual legal assistance treaties";
  if (d.requester.is_foreign)
    return fail(Exit::refused, "the requester is a foreign authority", rule,
                "a request by the treaty channel",
                "send it back (writ request return): no opinion binds the carrier here");
  if (is_of_private_party(d)) return {};
  return fail(Exit::refused, "it comes from a public authority, and binds by itself", rule,
              "process of a private or civil party", "go on with the call-back and the checks");
}

// What stage B found is not told: the letter asks for what is needed, whatever the records hold (S16).
produce::Deficiency told(const CheckResult& r, const policy::Policy& p) {
  const policy::CheckRule* rule = p.check(r.id);
  const bool from_records = rule != nullptr && rule->stage == "B";
  return {r.id,
          r.item,
          from_records ? "The request does not yet state what is needed to answer it." : r.message,
          from_records ? std::string() : r.fact,
          r.rule,
          r.cure};
}

// The paper that an act rests on, when there is one.
Status add_document(const desk::Carrier& c, Json& body, const fs::path& document) {
  if (document.empty()) return {};
  WRIT_TRY(kept, desk::keep_document(c, document));
  body["document_sha256"] = crypto::hex(kept);
  return {};
}

}  // namespace

Result<process::Receipt> Intake::receipt(const Demand& d, const std::string& own) {
  process::Receipt r;
  WRIT_TRY(same, repeats_or_imitates(*c_, d, own));
  r.repeats = std::move(same);
  if (d.kind == "extension" && !d.of_matter.empty()) {
    const auto earlier = desk::read_case(*c_, d.of_matter);
    if (!earlier && earlier.error().exit != Exit::not_found) return tl::unexpected(earlier.error());
    if (earlier && earlier->cycle == Cycle::preservation) {
      WRIT_TRY(first, demand_of(*earlier));
      WRIT_TRY(ends, policy::due(c_->policy(), "preservation", first.received, "received"));
      r.earlier = process::EarlierPreservation{d.of_matter, ends.at, earlier->newest("extend") != nullptr};
    }
  }
  return r;
}

Result<Intake::Checked> Intake::check(const desk::Case& of) {
  WRIT_TRY(d, demand_of(of));
  WRIT_TRY(known, receipt(d, of.matter));
  if (const auto* verified = since_corrected(of, {"verify-identity", "call-back"})) {
    known.requester_verified = true;
    known.fax_verified = verified->body["verification"].value("fax_confirmed", false);
  }
  if (const auto* opinion = since_corrected(of, {"opine"})) known.binds_by = opinion->user;
  Checked out{std::move(d), {}};
  out.checks = process::check_demand(out.demand, c_->policy(), known, c_->now());
  if (!known.requester_verified || !process::acceptable(deficiencies(out.checks))) return out;
  WRIT_TRY(store, desk::RecordStore::open_catalogue(*c_));
  WRIT_CHECK(c_->note("desk", "records.lookup", of.matter,
                      Json{{"purpose", "checks V4 V6 V8 V9 V12"}, {"subjects", out.demand.subjects.size()}}));
  WRIT_TRY(more, process::check_demand_records(out.demand, c_->policy(), store->catalogue(), c_->now()));
  out.checks.insert(out.checks.end(), more.begin(), more.end());
  return out;
}

Result<Filed> Intake::validate(const std::string& matter, const desk::Acting& who) {
  desk::CaseBook book{*c_};
  WRIT_TRY(before, book.read(matter));
  Checked checked;
  const auto answer = [&](const desk::Case& c) {
    return Filed{c.matter, checked.demand.kind, process::to_string(c.cycle), c.state, checked.checks, {}};
  };
  if (is_done(before, "validate", who.person.user)) {
    WRIT_TRY(d, demand_of(before));
    checked = {std::move(d), process::checks_from_json(before.acts.back().body["checks"])};
    return answer(before);
  }
  desk::CaseStep step{"validate"};
  step.guard = [&](const desk::Case& c) -> Status {
    WRIT_TRY(now, check(c));
    checked = std::move(now);
    if (process::acceptable(checked.checks)) return {};
    std::string cures;
    std::vector<CheckResult> failed = deficiencies(checked.checks);
    for (const CheckResult& r : checked.checks)
      if (!r.passed && process::awaits_call_back(r)) failed.push_back(r);
    std::erase_if(failed, [](const CheckResult& r) { return !r.item.empty(); });
    for (const CheckResult& r : failed)
      cures += fmt::format("{}{}: {}", cures.empty() ? "" : " ", r.id, r.cure);
    return fail(
        Exit::refused, fmt::format("{} does not pass its checks: {}", matter, ids(failed)),
        "requirements, section 4", cures,
        fmt::format("call back, or {}send it back with the letter: writ request return {}",
                    has_failed(failed, "V39")
                        ? fmt::format("counsel rules that it binds (writ request opine {}), or ", matter)
                        : "",
                    matter));
  };
  step.effect = [&](const desk::Case&) -> Result<Json> {
    return Json{{"checks", process::to_json(checked.checks)}, {"policy", crypto::hex(c_->policy().hash)}};
  };
  WRIT_TRY(done, book.act(matter, std::move(step), who));
  return answer(done);
}

Result<desk::Case> Intake::send_back(const std::string& matter, const std::string& act,
                                     const std::string& reason, const desk::Acting& who) {
  desk::CaseBook book{*c_};
  WRIT_TRY(before, book.read(matter));
  if (is_done(before, act, who.person.user)) return before;
  Checked checked;
  std::vector<CheckResult> failed;
  desk::CaseStep step{act};
  step.guard = [&](const desk::Case& c) -> Status {
    WRIT_TRY(now, check(c));
    checked = std::move(now);
    failed = deficiencies(checked.checks);
    if (!failed.empty() || !reason.empty()) return {};
    return fail(Exit::refused, fmt::format("{}: no check fails, and no reason is given", matter),
                "a process goes back for a deficiency that can be named (requirements, section 4)",
                "the reason", "give --reason, or go on with it");
  };
  step.effect = [&](const desk::Case& c) -> Result<Json> {
    const Demand& d = checked.demand;
    const auto* kind = policy::process_kind(c_->policy(), d.kind);
    produce::DeficiencyLetter letter{act == "reject",
                                     matter,
                                     kind->title,
                                     d.instrument,
                                     d.issuer,
                                     d.requester.name,
                                     d.requester.badge,
                                     d.requester.agency,
                                     d.requester.return_address,
                                     d.issued,
                                     d.received,
                                     c_->now(),
                                     {},
                                     ""};
    for (const CheckResult& r : failed) letter.deficiencies.push_back(told(r, c_->policy()));
    if (failed.empty()) letter.remark = reason;
    WRIT_TRY(pdf, produce::deficiency_pdf(c_->policy(), letter));
    WRIT_TRY(paper, keep_case_file(*c_, c.matter, "letter", ".pdf", pdf));
    WRIT_TRY(text,
             keep_case_file(*c_, c.matter, "letter", ".txt", produce::deficiency_text(c_->policy(), letter)));
    return Json{{"reason", reason.empty() ? "deficiencies: " + ids(failed) : reason},
                {"checks", process::to_json(checked.checks)},
                {"policy", crypto::hex(c_->policy().hash)},
                {"letter",
                 {{"pdf", paper.name},
                  {"pdf_sha256", paper.sha256},
                  {"text", text.name},
                  {"text_sha256", text.sha256}}}};
  };
  return book.act(matter, std::move(step), who);
}

Result<desk::Case> Intake::returned(const std::string& matter, const std::string& reason,
                                    const desk::Acting& who) {
  return send_back(matter, "return", reason, who);
}

Result<desk::Case> Intake::rejected(const std::string& matter, const std::string& reason,
                                    const desk::Acting& who) {
  return send_back(matter, "reject", reason, who);
}

Result<desk::Case> Intake::opine(const std::string& matter, const std::string& reasons,
                                 const fs::path& document, const desk::Acting& counsel) {
  desk::CaseBook book{*c_};
  WRIT_TRY(before, book.read(matter));
  Json body{{"reasons", reasons}};
  WRIT_CHECK(add_document(*c_, body, document));
  const auto* standing = since_corrected(before, {"opine"});
  if (standing != nullptr && standing->user == counsel.person.user && standing->body == body) return before;
  desk::CaseStep step{"opine", std::move(body)};
  step.guard = [](const desk::Case& c) -> Status {
    WRIT_TRY(d, demand_of(c));
    return check_opinion(d);
  };
  return book.act(matter, std::move(step), counsel);
}

Result<desk::Case> Intake::act(const std::string& matter, const std::string& act, const std::string& words,
                               const fs::path& document, const desk::Acting& who) {
  Json body = Json::object();
  if (!words.empty()) body[act == "resume" ? "ruling" : "reason"] = words;
  WRIT_CHECK(add_document(*c_, body, document));
  desk::CaseBook book{*c_};
  WRIT_TRY(before, book.read(matter));
  // What was challenged before its validation goes back to the beginning: nothing was approved yet.
  const bool begins_anew = act == "resume" && since_corrected(before, {"validate"}) == nullptr;
  desk::CaseStep step{begins_anew ? "reopen" : act, std::move(body)};
  step.guard = [&](const desk::Case& c) -> Status {
    if (c.newest("file") != nullptr && c.newest("file")->body.contains("demand")) return {};
    return fail(Exit::refused, fmt::format("{} is no legal process", matter), "life cycle 1",
                "the matter of a request", "writ request list prints them");
  };
  return book.act(matter, std::move(step), who);
}

}  // namespace writ::cases
