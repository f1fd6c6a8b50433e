// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "produce/documents.hh"
#include "produce/letterhead.hh"

namespace writ::produce {

std::int64_t total_cents(const InvoiceFacts& f) {
  std::int64_t sum = 0;
  for (const policy::FeeLine& l : f.lines) sum += l.cents;
  return sum;
}

Status write_invoice(const fs::path& file, const policy::Policy& policy, const InvoiceFacts& f) {
  const Instant due = f.issued + std::chrono::days(30);
  const PdfInfo info{fmt::format("Invoice {}", clean_text(f.number)),
                     fmt::format("Matter {}", clean_text(f.matter)),
                     clean_text(policy.carrier),
                     fmt::format("{} \xC2\xB7 invoice {}", clean_text(policy.carrier), clean_text(f.number)),
                     f.issued,
                     f.sandbox};
  return save_pdf(
      file, render_pdf(info, [&](Paper& p) {
        letterhead(p, policy);
        title_block(p, "Invoice", "Reimbursement for assistance with a lawful interception");
        const Style label{Style::Face::sans, 8, true, false, 0.3, Style::Align::left};
        const Style value{Style::Face::serif, 9.5, false, false, 0, Style::Align::left};
        p.pair("BILL TO", label, "INVOICE", label, p.width() * 0.55, 2);
        p.pair(joined({clean_text(f.bill_to_agency), clean_block(f.bill_to_address)}, "\n"), value,
               fmt::format("Number {}\nMatter {}\nIssued {}\nDue {}", clean_text(f.number),
                           clean_text(f.matter), long_date(f.issued), long_date(due)),
               value, p.width() * 0.55, 16);
        std::vector<std::vector<std::string>> rows;
        for (std::size_t i = 0; i < f.lines.size(); ++i)
          rows.push_back({fmt::format("{}", i + 1), clean_text(f.lines[i].text), clean_text(f.lines[i].basis),
                          money(f.lines[i].cents, f.currency)});
        rows.push_back({"", "Total due", "", money(total_cents(f), f.currency)});
        p.table({{"No.", 28, Style::Align::right},
                 {"Service", 236},
                 {"Basis", 140},
                 {"Amount", 80, Style::Align::right}},
                rows, true);
        if (!f.citation.empty()) p.text("Basis of charges: " + clean_text(f.citation), small_style, 10);
        p.heading("Terms");
        p.text(fmt::format("Payment within 30 days of issue, by {}, to {} at the address above; state the "
                           "invoice number. A month "
                           "that has begun is billed whole, counted from the day on which the interception "
                           "was enabled. A "
                           "question about this invoice does not delay compliance with the instrument; "
                           "assistance does not "
                           "depend on payment.",
                           long_date(due), clean_text(policy.carrier)),
               body_style, 6);
        p.text("This invoice names the matter only. It carries no telephone number and no name of a target.",
               small_style, 6);
      }));
}

}  // namespace writ::produce
