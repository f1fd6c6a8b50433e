// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/destruction_record.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"
#include "produce/pdf.hh"

namespace writ::produce {

Status write_destruction_record(const fs::path& file, const policy::Policy& policy,
                                const DestructionRecord& r) {
  PdfInfo info;
  info.title = "Record of destruction " + r.number;
  info.subject = r.rule;
  info.author = clean_text(policy.carrier);
  info.footer = fmt::format("Record of destruction {}", r.number);
  info.created = r.at;
  info.sandbox = policy.sandbox;
  return save_pdf(
      file, render_pdf(info, [&](Paper& p) {
        letterhead(p, policy);
        title_block(p, "Record of Destruction", "Matter " + r.matter);
        label_rows(p, {{"Record", clean_text(r.number)},
                       {"Rule", clean_text(r.rule)},
                       {"Proposed by", clean_text(r.proposed_by)},
                       {"Destroyed by", clean_text(r.destroyed_by)},
                       {"Destroyed", minute_text(r.at)},
                       {"Signed act", clean_text(r.act_sha256)}});
        p.space(6);
        p.heading("Destroyed");
        std::vector<std::vector<std::string>> rows;
        for (const auto& i : r.items)
          rows.push_back({clean_text(i.what), std::to_string(i.bytes), clean_text(i.sha256)});
        p.table({{"What", 200}, {"Bytes", 60, Style::Align::right}, {"SHA-256", 224}}, rows);
        p.space(8);
        p.text(
            "The keys that opened sealed files were destroyed with them. The audit log, the signed acts "
            "and certifications remain.",
            body_style);
      }));
}

}  // namespace writ::produce
