// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/deficiency_letter.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

std::string title(const DeficiencyLetter& l) {
  return l.rejection ? "Notice of rejection" : "Notice of deficiency";
}

std::string addressee(const DeficiencyLetter& l) {
  const std::string badge = l.badge.empty() ? "" : fmt::format(" (Badge {})", clean_text(l.badge));
  return joined({clean_text(l.name) + badge, clean_text(l.agency), clean_block(l.address)}, "\n");
}

std::vector<std::pair<std::string, std::string>> reference(const DeficiencyLetter& l) {
  return {{"Process", clean_text(l.kind_title)},
          {"Instrument", clean_text(l.instrument)},
          {"Issued by", clean_text(l.issuer)},
          {"Dated", l.issued == Instant{} ? "" : long_date(l.issued)},
          {"Received", l.received == Instant{} ? "" : minute_text(l.received)},
          {"Our matter", clean_text(l.matter)}};
}

std::string opening(const policy::Policy& p, const DeficiencyLetter& l) {
  const std::string carrier = clean_text(p.carrier);
  return l.rejection
             ? fmt::format(
                   "{} has examined the process named above and does not act on it, for what is stated "
                   "below. Nothing was disclosed and nothing was intercepted under it.",
                   carrier)
             : fmt::format(
                   "{} has examined the process named above and returns it for what is stated below. "
                   "Nothing is disclosed under it until it comes back corrected. A corrected document "
                   "is taken up as soon as it is received.",
                   carrier);
}

std::string closing(const policy::Policy& p) {
  return fmt::format(
      "This letter speaks of the document alone. It does not say, and nothing in it means, that "
      "{} has or does not have any record of any person, number, account or address named in "
      "the process.",
      clean_text(p.carrier));
}

std::string heading(std::size_t number, const Deficiency& d) {
  return fmt::format("{}.  {}{}", number, clean_text(d.what),
                     d.item.empty() ? "" : fmt::format(" [{}]", clean_text(d.item)));
}

std::vector<std::pair<std::string, std::string>> rows(const Deficiency& d) {
  return {{"Found", clean_text(d.fact)},
          {"Rule", clean_text(d.rule)},
          {"Cure", clean_text(d.cure)},
          {"Check", clean_text(d.id)}};
}

std::string contact_line(const policy::Policy& p) {
  const policy::Contact& c = p.service_of_process;
  return joined({clean_text(c.phone), clean_text(c.email)}, ", ");
}

}  // namespace

Result<std::string> deficiency_pdf(const policy::Policy& policy, const DeficiencyLetter& l) {
  const PdfInfo info{fmt::format("{}, matter {}", title(l), clean_text(l.matter)),
                     fmt::format("Instrument {}", clean_text(l.instrument)),
                     clean_text(policy.carrier),
                     fmt::format("{} \xC2\xB7 matter {} \xC2\xB7 confidential", clean_text(policy.carrier),
                                 clean_text(l.matter)),
                     l.date,
                     policy.sandbox};
  return render_pdf(info, [&](Paper& p) {
    letterhead(p, policy);
    p.text(long_date(l.date), plain_style, 12);
    p.text(addressee(l), plain_style, 12);
    title_block(p, title(l), "");
    label_rows(p, reference(l));
    p.space(8);
    p.text(opening(policy, l), body_style, 8);
    for (std::size_t i = 0; i < l.deficiencies.size(); ++i) {
      p.keep(60);
      p.heading(heading(i + 1, l.deficiencies[i]));
      label_rows(p, rows(l.deficiencies[i]), 56);
      p.space(4);
    }
    if (!l.remark.empty()) p.text(clean_block(l.remark), body_style, 8);
    p.space(4);
    p.text(closing(policy), body_style, 6);
    p.text("Questions: " + contact_line(policy), plain_style, 12);
    p.keep(80);
    p.text("Respectfully,", plain_style, 34);
    p.signature_line(joined({custodian_title(policy), clean_text(policy.carrier)}, "\n"), 0, 250);
  });
}

std::string deficiency_text(const policy::Policy& policy, const DeficiencyLetter& l) {
  std::string out = fmt::format("{}\n{}\n\n{}\n\n{}\n\n{}\n\n", clean_text(policy.carrier),
                                custodian_title(policy), long_date(l.date), addressee(l), title(l));
  const auto add_rows = [&](const std::vector<std::pair<std::string, std::string>>& of, const char* indent) {
    for (const auto& [k, v] : of)
      if (!v.empty()) out += fmt::format("{}{}: {}\n", indent, k, v);
  };
  add_rows(reference(l), "");
  out += "\n" + opening(policy, l) + "\n";
  for (std::size_t i = 0; i < l.deficiencies.size(); ++i) {
    out += "\n" + heading(i + 1, l.deficiencies[i]) + "\n";
    add_rows(rows(l.deficiencies[i]), "    ");
  }
  if (!l.remark.empty()) out += "\n" + clean_block(l.remark) + "\n";
  out += "\n" + closing(policy) + "\nQuestions: " + contact_line(policy) + "\n";
  return policy.sandbox ? "SANDBOX, fictional\n\n" + out : out;
}

}  // namespace writ::produce
