// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/emergency_letter.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

PdfInfo info(const policy::Policy& policy, const EmergencyFacts& f, const char* what) {
  return {fmt::format("{}, matter {}", what, clean_text(f.matter)),
          "18 USC 2702(b)(8), (c)(4)",
          clean_text(policy.carrier),
          fmt::format("{} \xC2\xB7 matter {} \xC2\xB7 confidential", clean_text(policy.carrier),
                      clean_text(f.matter)),
          f.dated,
          policy.sandbox};
}

void addressee(Paper& p, const EmergencyFacts& f) {
  p.text(long_date(f.dated), plain_style, 12);
  p.text(joined({clean_text(f.addressee), clean_text(f.agency), clean_block(f.address),
                 f.number.empty() ? "" : fmt::format("By {}: {}", f.way, clean_text(f.number))},
                "\n"),
         plain_style, 12);
}

void items(Paper& p, const char* heading, const char* column,
           const std::vector<std::pair<std::string, std::string>>& rows) {
  if (rows.empty()) return;
  p.heading(heading);
  std::vector<std::vector<std::string>> cells;
  for (const auto& [item, why] : rows) cells.push_back({clean_text(item), clean_text(why)});
  p.table({{"Item", 150}, {column, 334}}, cells);
  p.space(6);
}

void signature(Paper& p, const policy::Policy& policy) {
  p.keep(70);
  p.space(26);
  p.signature_line(joined({custodian_title(policy), clean_text(policy.carrier)}, "\n"), 0, 250);
}

}  // namespace

Result<std::string> emergency_release_pdf(const policy::Policy& policy, const EmergencyFacts& f) {
  return render_pdf(info(policy, f, "Emergency disclosure"), [&](Paper& p) {
    letterhead(p, policy);
    addressee(p, f);
    title_block(p, "Emergency Disclosure", "18 USC 2702(b)(8), (c)(4)");
    label_rows(p,
               {{"Our matter", clean_text(f.matter)},
                {"Your letter", clean_text(f.instrument)},
                {"SHA-256 of your letter", clean_text(f.document_sha256)},
                {"Approved", fmt::format("{} by {}{}", minute_text(f.approved), clean_text(f.first_approver),
                                         f.alone ? " alone, under review" : "")},
                {"SHA-256 of the records", clean_text(f.release_sha256)}});
    p.space(7);
    p.text(
        "You stated an emergency that involves danger of death or serious physical injury to "
        "a person and requires disclosure without delay. The carrier called your agency back "
        "at a number that it holds independently of your letter. In good faith it discloses, "
        "voluntarily, the minimum that the danger asks for; nothing else was read.",
        body_style, 6);
    items(p, "Released", "Rule", f.released);
    items(p, "Not released", "Reason", f.refused);
    p.text(
        "Please serve legal process for what is released here; a letter that asks for it "
        "follows.",
        body_style, 4);
    signature(p, policy);
  });
}

Result<std::string> process_request_pdf(const policy::Policy& policy, const EmergencyFacts& f) {
  return render_pdf(info(policy, f, "Request for legal process"), [&](Paper& p) {
    letterhead(p, policy);
    addressee(p, f);
    title_block(p, "Request for Legal Process", "after an emergency disclosure");
    label_rows(p, {{"Our matter", clean_text(f.matter)},
                   {"Your letter", clean_text(f.instrument)},
                   {"Disclosure approved", minute_text(f.approved)}});
    p.space(7);
    p.text(
        "The carrier disclosed the items below in an emergency, without legal process. Please "
        "serve the process that entitles you to them, and name our matter in it, so that the "
        "disclosure can be compared with what the process permits. What it does not permit "
        "will be recorded as a difference.",
        body_style, 6);
    items(p, "Released", "Rule", f.released);
    signature(p, policy);
  });
}

}  // namespace writ::produce
