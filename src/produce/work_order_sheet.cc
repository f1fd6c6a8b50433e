// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/work_order_sheet.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"
#include "produce/pdf.hh"

namespace writ::produce {
namespace {

void acts_table(Paper& p, const WorkOrderSheet& s) {
  p.heading("Signed on site");
  std::vector<std::vector<std::string>> rows;
  for (const auto& a : s.acts)
    rows.push_back({minute_text(a.at), clean_text(a.act), clean_text(a.user),
                    joined({clean_text(a.detail), "act " + a.sha256.substr(0, 16)}, "\n")});
  p.table({{"Time", 108}, {"Act", 76}, {"Signed by", 84}, {"Particulars", 216}}, rows);
}

}  // namespace

Status write_work_order_sheet(const fs::path& file, const policy::Policy& policy, const WorkOrderSheet& s) {
  PdfInfo info;
  info.title = "Field work order " + s.number;
  info.subject = "S49-S53";
  info.author = clean_text(policy.carrier);
  info.footer = fmt::format("Field work order {} of matter {}", s.number, s.matter);
  info.created = s.date;
  info.sandbox = policy.sandbox;
  return save_pdf(
      file, render_pdf(info, [&](Paper& p) {
        letterhead(p, policy);
        title_block(p, "Field Work Order " + s.number, "Matter " + s.matter);
        label_rows(p, {{"Site", clean_text(s.site)},
                       {"Switch", clean_text(s.switch_name)},
                       {"Port", clean_text(s.port)},
                       {"State", clean_text(s.state)},
                       {"Next", clean_text(s.next)},
                       {"Not retrieved", s.missed_days.empty() ? "no day is missing"
                                                               : clean_text(joined(s.missed_days, ", "))}});
        p.space(6);
        acts_table(p, s);
        p.space(8);
        p.text(
            "The equipment filters at the port: nothing but what the order names is recorded "
            "(47 USC 1002(a)(4)). Each act is signed with the key of the person named.",
            body_style);
      }));
}

}  // namespace writ::produce
