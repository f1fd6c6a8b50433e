// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier's System Security and Integrity plan (47 CFR 1.20003-1.20005) as data, and its three papers:
// the policies and procedures, the separate confidential appendix (1.20003(b)(4)), and the cover of the
// filing with the Commission (S1: original and four copies, a copy to the CALEA Implementation Unit).
// Everything on paper is in the data: the same plan gives the same bytes whatever the carrier's configuration
// has become.
#pragma once
#include "base/io.hh"
#include "base/json.hh"
#include "produce/report.hh"

namespace writ::produce {

struct PlanSection {
  std::string id;                    // "retention"
  std::vector<std::string> answers;  // requirements that it answers (policy::PlanRequirement::id)
  ReportSection text;
};

struct SsiPlan {  // "writ.ssi-plan/1"
  std::string matter, carrier, policy_name, policy_sha256;
  policy::Contact from;  // of the letterhead
  Instant drafted_at{};
  bool sandbox = false;
  std::vector<PlanSection> sections, appendix;
};
Json to_json(const SsiPlan& p);
Result<SsiPlan> ssi_plan_from_json(const Json& j);

// What is compared with the filed plan: {"section": SHA-256 of its canonical JSON}, appendix included. Who
// drafted when is in none of them.
std::map<std::string, std::string> section_digests(const SsiPlan& p);
std::string configuration_digest(const SsiPlan& p);  // of all of them

struct FilingCover {
  Instant date{};
  policy::Office commission, calea_unit;
  std::string plan_sha256, appendix_sha256;  // of the two PDFs
};

Result<std::string> render_ssi_plan(const SsiPlan& p);
Result<std::string> render_plan_appendix(const SsiPlan& p);
Result<std::string> render_filing_cover(const SsiPlan& p, const FilingCover& c);

}  // namespace writ::produce
