// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/preservation_papers.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

PdfInfo info_of(const policy::Policy& policy, const std::string& title, const std::string& matter,
                Instant date) {
  return {fmt::format("{}, matter {}", title, clean_text(matter)),
          title,
          clean_text(policy.carrier),
          fmt::format("{} \xC2\xB7 matter {} \xC2\xB7 confidential", clean_text(policy.carrier),
                      clean_text(matter)),
          date,
          policy.sandbox};
}

}  // namespace

Result<std::string> preservation_letter(const policy::Policy& policy, const PreservationFacts& f,
                                        Instant date) {
  return render_pdf(info_of(policy, "Preservation", f.matter, date), [&](Paper& p) {
    letterhead(p, policy);
    p.text(long_date(date), plain_style, 12);
    p.text(joined({clean_text(f.requester), clean_text(f.agency), clean_block(f.address)}, "\n"), plain_style,
           10);
    p.text(fmt::format("Re:  Matter {}, preservation request {}", clean_text(f.matter),
                       clean_text(f.instrument)),
           {Style::Face::serif, 10.5, true, false, 0, Style::Align::left}, 6);
    p.text(fmt::format("Your request under {}, received {}, is confirmed: preserved.", clean_text(f.statute),
                       minute_text(f.received)),
           body_style, 6);
    p.text(
        "This confirmation is the same whether or not the carrier has records that respond to the request. "
        "Records that come into being after they were preserved are not preserved. Nothing is released "
        "before valid process is served (18 USC 2703).",
        body_style, 6);
    if (f.until == Instant{})
      p.text(
          "What is preserved is kept until its delivery, or until the end of the proceedings, whichever is "
          "later (18 USC 2704(a)(3)).",
          body_style, 12);
    else
      p.text(
          fmt::format("It is preserved until {}, and is then purged, unless it is extended before, once, or "
                      "process is served (18 USC 2703(f)(2)).",
                      minute_text(f.until)),
          body_style, 12);
    p.text("Respectfully,", plain_style, 34);
    p.signature_line(custodian_title(policy) + "\n" + clean_text(policy.carrier), 0, 250);
  });
}

Status write_destruction_certificate(const fs::path& file, const policy::Policy& policy, const Json& body,
                                     const std::string& sha256) {
  const std::string matter = body.value("matter", "");
  const Json what = body.value("what", Json::object());
  WRIT_TRY(at, parse_rfc3339(body.value("at", "")));
  return save_pdf(file, render_pdf(info_of(policy, "Certificate of destruction", matter, at), [&](Paper& p) {
                    letterhead(p, policy);
                    title_block(p, "Certificate of Destruction", "snapshot of preserved records");
                    label_rows(p, {{"Matter", clean_text(matter)},
                                   {"Destroyed", clean_text(what.value("file", "")) + " and its key"},
                                   {"SHA-256", clean_text(what.value("sha256", ""))},
                                   {"Key", clean_text(what.value("key", ""))},
                                   {"Records of", what.value("from", "") + " to " + what.value("until", "")},
                                   {"Why", clean_text(body.value("why", ""))},
                                   {"Proposed by", clean_text(body.value("proposed_by", ""))},
                                   {"Destroyed by", clean_text(body.value("destroyed_by", ""))},
                                   {"At", minute_text(at)}});
                    p.space(8);
                    p.text(clean_text(body.value("statement", "")), body_style, 8);
                    p.text("Signed statement, SHA-256 " + sha256, mono_style, 2);
                  }));
}

}  // namespace writ::produce
