// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "produce/documents.hh"
#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

std::string clean_lines(const std::vector<std::string>& v) {
  std::vector<std::string> c;
  for (const std::string& s : v) c.push_back(clean_text(s));
  return joined(c, "\n");
}

void items(Paper& p, const policy::Policy& policy, const Certification& c) {
  const MatterFacts& f = c.facts;
  const std::string presented = joined(
      {clean_text(f.officer_name), f.officer_badge.empty() ? "" : "badge " + clean_text(f.officer_badge),
       clean_text(f.officer_agency)},
      ", ");
  const std::string type = joined({clean_text(f.kind_text), clean_text(f.statute)}, "\n");
  p.table(
      {{"Item", 34}, {"Required fact", 214}, {"Certified", 236}},
      {{"(i)", "Telephone number(s) or circuit identification number(s) involved", clean_lines(f.targets)},
       {"(ii)", "Start date and time that the interception or access was enabled", minute_text(f.enabled)},
       {"(iii)", "Identity of the law enforcement officer presenting the authorization", presented},
       {"(iv)", "Name of the person signing the legal authorization",
        joined({clean_text(f.legal_signer), clean_text(f.court)}, "\n")},
       {"(v)", "Type of interception of communications or access to call-identifying information", type},
       {"(vi)",
        "Name of the carrier's personnel responsible for overseeing the interception or access, acting in "
        "accordance with "
        "the policies established under 47 CFR 1.20003",
        joined({clean_text(c.signed_by), clean_text(c.signed_title), clean_text(policy.carrier)}, "\n")}});
}

void particulars(Paper& p, const Certification& c) {
  const MatterFacts& f = c.facts;
  p.heading("Particulars");
  label_rows(p, {{"Instrument", clean_text(f.instrument)},
                 {"SHA-256 as served", clean_text(f.document_sha256)},
                 {"Authorized period", minute_text(f.window_start) + " to " + minute_text(f.window_end)},
                 {"Legal authorization", "reviewed and signed by " + clean_text(f.counsel)},
                 {"Carrier authorization", "signed by " + clean_text(f.officer)},
                 {"Affirmative act", "intervention of " + clean_text(f.technician)},
                 {f.grants.size() == 1 ? "Grant" : "Grants", clean_lines(f.grants)}});
}

void attestation(Paper& p, const policy::Policy& policy, const Certification& c) {
  p.heading("Certification");
  p.text(
      fmt::format(
          "By my signature I certify that this record is complete and accurate (47 CFR 1.20004(a)(2)), and "
          "that the "
          "interception or access was carried out with appropriate legal authorization, appropriate carrier "
          "authorization, and the affirmative intervention of an individual officer or employee of the "
          "carrier."),
      body_style, 4);
  if (!policy.certification_retention.empty())
    p.text(fmt::format("Kept under 47 CFR 1.20004(b) for: {}.", clean_text(policy.certification_retention)),
           body_style, 4);
  p.keep(118);
  p.space(26);
  p.signature_line(
      joined({clean_text(c.signed_by), clean_text(c.signed_title), "Signed " + minute_text(c.signed_at)},
             "\n"),
      0, 250);
  p.space(10);
  p.keep(44);
  p.text(
      "Electronic signature: Ed25519, domain \"writ.certification/1\", over the statement in "
      "certification.json",
      {Style::Face::sans, 7, true, false, 0.25, Style::Align::left}, 2);
  const std::string& s = c.signature;
  p.text(fmt::format("key        {}\nsignature  {}\n           {}", clean_text(c.key),
                     clean_text(s.substr(0, 64)), clean_text(s.size() > 64 ? s.substr(64) : "")),
         mono_style);
}

}  // namespace

Json certification_statement(const Certification& c) {
  const MatterFacts& f = c.facts;
  return {
      {"schema", "writ.certification/1"},
      {"rule", "47 CFR 1.20004(a)(1)"},
      {"matter", f.matter},
      {"instrument", f.instrument},
      {"document_sha256", f.document_sha256},
      {"targets", f.targets},
      {"enabled", rfc3339(f.enabled)},
      {"window_start", rfc3339(f.window_start)},
      {"window_end", rfc3339(f.window_end)},
      {"presented_by", {{"name", f.officer_name}, {"badge", f.officer_badge}, {"agency", f.officer_agency}}},
      {"authorization_signed_by", f.legal_signer},
      {"court", f.court},
      {"judge", f.judge},
      {"type", f.kind_text},
      {"statute", f.statute},
      {"acts", {{"counsel", f.counsel}, {"officer", f.officer}, {"technician", f.technician}}},
      {"grants", f.grants},
      {"sandbox", f.sandbox},
      {"responsible", {{"name", c.signed_by}, {"title", c.signed_title}}},
      {"signed_at", rfc3339(c.signed_at)},
      {"statement",
       "The signer certifies that this record is complete and accurate (47 CFR 1.20004(a)(2))."}};
}

Json to_json(const Certification& c) {
  return {{"statement", certification_statement(c)}, {"key", c.key}, {"signature", c.signature}};
}

Status write_certification(const fs::path& file, const policy::Policy& policy, const Certification& c) {
  const PdfInfo info{fmt::format("Certification of interception, matter {}", clean_text(c.facts.matter)),
                     "47 CFR 1.20004(a)(1)",
                     clean_text(policy.carrier),
                     fmt::format("{} \xC2\xB7 certification, matter {} \xC2\xB7 confidential",
                                 clean_text(policy.carrier), clean_text(c.facts.matter)),
                     c.signed_at,
                     c.facts.sandbox};
  return save_pdf(file, render_pdf(info, [&](Paper& p) {
                    letterhead(p, policy);
                    title_block(p, "Certification of Interception or Access", "47 CFR 1.20004(a)(1)");
                    label_rows(
                        p, {{"Matter", clean_text(c.facts.matter)},
                            {"Court", joined({clean_text(c.facts.court), clean_text(c.facts.judge)}, ", ")}});
                    p.space(6);
                    items(p, policy, c);
                    particulars(p, c);
                    attestation(p, policy, c);
                  }));
}

}  // namespace writ::produce
