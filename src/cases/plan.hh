// SPDX-License-Identifier: GPL-3.0-or-later
// The life of an SSI plan (47 CFR 1.20005; life cycle plan-filing): drafted from live configuration, approved
// by a second person, filed with a receipt, compared with what is live from then on.
//
// The signed act of drafting holds the digest of every section (produce::section_digests). A section that is
// no longer as filed starts the clock "plan-refiling" (1.20005(a): 90 days from an amendment). It runs from
// when the policy version that changed it took effect; where no version tells (people, the software's own
// tables, a profile without versions) from when the change was first detected, which the desk signs.
#pragma once
#include "cases/plan_lint.hh"
#include "desk/case_book.hh"

namespace writ::cases {

class PlanService {
 public:
  explicit PlanService(desk::Carrier& c) : c_(&c) {}
  // Counsel or officer. The same configuration again: the case that is there (also the filed one).
  Result<desk::Case> draft(const desk::Acting& who);
  // The other of the two. Refused while the plan has gaps, or when the configuration has changed since.
  Result<desk::Case> approve(const std::string& matter, const desk::Acting& who);
  // `receipt`: number or stamp of the Commission's receipt. Counsel's or an officer's filing supersedes the
  // plans before it; after intake's, one of them supersedes.
  Result<desk::Case> submit(const std::string& matter, const std::string& receipt, const desk::Acting& who);
  Result<desk::Case> supersede(const std::string& matter, const std::string& by, const desk::Acting& who);

  // Records a change (or that one was undone) against the filed plan, signed by the desk; nothing new:
  // nothing.
  Result<bool> detect();
  // "writ.plan-status/1": the filed plan, each changed section with its due date, gaps, what is next.
  Result<Json> status() const;
  Result<Json> list() const;  // "writ.plans/1"
  // Verified against the signed act.
  Result<produce::SsiPlan> plan_of(const desk::Case& c) const;
  // Copies of the papers as signed into `out` (plan.json, ssi-plan.pdf, appendix.pdf, filing-cover.pdf). The
  // appendix is confidential: officer, counsel or auditor.
  Result<std::vector<fs::path>> write_papers(const std::string& matter, const fs::path& out,
                                             const desk::Acting& who);

 private:
  Result<std::vector<desk::Case>> all() const;
  desk::Carrier* c_;
};

// The filed plan that counts: the newest one submitted; nullptr: none.
const desk::Case* filed_plan(const std::vector<desk::Case>& plans);

struct ChangedSection {
  std::string id;
  Instant since{};
  std::string since_what;  // "policy version E-2026-0001 took effect" | "first detected"
};
// What is recorded as changed and not undone, by section.
std::vector<ChangedSection> changed_sections(const desk::Case& filed);

}  // namespace writ::cases
