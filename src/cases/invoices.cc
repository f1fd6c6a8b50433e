// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/invoices.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/demand_case.hh"
#include "cases/recurring_window.hh"
#include "desk/production_service.hh"

namespace writ::cases {
namespace {

using authority::Role;
using desk::Carrier;
using desk::Case;
using desk::CaseStep;
using policy::FeeLine;
using process::Cycle;

constexpr const char* invoice_rule = "life cycle 8 (S56-S63)";
constexpr const char* toll_records =
    "18 USC 2706(c): toll records and listings that a common carrier keeps are not reimbursed, unless a "
    "court finds an "
    "undue burden; counsel decides whether a fee may be asked";

Result<Bill> of_interception(const Carrier& c, const std::string& matter, bool planned) {
  WRIT_TRY(orders, desk::Orders{c}.of_matter(matter));
  Bill b;
  b.agency = orders.front().request.officer.agency;
  b.address = orders.front().request.officer.return_address;
  if (planned) {
    b.lines =
        policy::intercept_fees(c.policy().fees, orders.front().request.start, orders.back().request.end);
    return b;
  }
  WRIT_TRY(start, desk::interception_start(c, matter));
  WRIT_TRY(end, desk::interception_end(c, matter));
  b.lines = policy::intercept_fees(c.policy().fees, start,
                                   std::max(std::min(end, c.now()), start + std::chrono::seconds{1}));
  return b;
}

// S62, S63: one delivery a week, further ones priced. Of a plan nothing is known but the first week.
Result<std::vector<FeeLine>> deliveries(const policy::FeeTable& fees, const Case& c, bool planned) {
  std::uint64_t weeks = 1, extra = 0;
  if (!planned) {
    WRIT_TRY(done, progress_of(c));
    weeks = done.weeks;
    extra = done.extras;
  }
  std::vector<FeeLine> out;
  if (weeks > 0)
    out.push_back({fmt::format("Call detail records under a continuing order, {} weekly deliveries", weeks),
                   fees.citation, fees.cdr_week * static_cast<std::int64_t>(weeks)});
  if (extra > 0)
    out.push_back({fmt::format("Further deliveries: {}", extra), fees.citation,
                   fees.cdr_extra_delivery * static_cast<std::int64_t>(extra)});
  return out;
}

Result<Bill> of_case(const Carrier& c, const std::string& matter, bool planned) {
  WRIT_TRY(file, desk::read_case(c, matter));
  WRIT_TRY(demand, demand_of(file));
  Bill b;
  b.agency = demand.requester.agency;
  b.address = demand.requester.return_address;
  if (file.cycle == Cycle::recurring) {
    WRIT_TRY(lines, deliveries(c.policy().fees, file, planned));
    b.lines = std::move(lines);
  }
  if (file.cycle == Cycle::child_protection) b.lines = {{"No charge: child exploitation", "S56", 0}};
  if (file.cycle == Cycle::request && std::any_of(demand.items.begin(), demand.items.end(),
                                                  [](const std::string& i) { return i.ends_with("-calls"); }))
    b.warnings.emplace_back(toll_records);
  return b;
}

Status check_line(const FeeLine& l) {
  if (!l.text.empty() && !l.basis.empty() && l.cents >= 0) return {};
  return fail(Exit::usage, fmt::format("the line '{}' is not whole", l.text), "S57: fees as the law permits",
              "a text, its legal basis, and an amount of not less than nothing", "state all three");
}

Result<std::string> billed_matter(const Case& invoice) {
  if (invoice.cycle != Cycle::invoice)
    return fail(Exit::not_found, fmt::format("{} is not an invoice", invoice.matter), {}, {},
                "writ invoice list");
  return invoice.acts.front().body.value("matter", "");
}

// The lines that a person wrote into the estimate: they accrue as they were estimated.
Result<std::vector<FeeLine>> own_lines(const Case& invoice) {
  return lines_from_json(invoice.acts.front().body.value("own", Json::array()));
}

std::int64_t cents_of(const Case& c) {
  for (auto a = c.acts.rbegin(); a != c.acts.rend(); ++a) {
    if (!a->body.contains("lines")) continue;
    std::int64_t sum = 0;
    for (const Json& l : a->body["lines"]) sum += l.value("cents", std::int64_t{0});
    return sum;
  }
  return 0;
}

std::string kind_of(const Carrier& c, const std::string& matter) {
  if (const auto file = desk::read_case(c, matter)) {
    const auto demand = demand_of(*file);
    return demand ? demand->kind : process::to_string(file->cycle);
  }
  const auto orders = desk::Orders{c}.of_matter(matter);
  return orders ? orders->front().request.kind : "";
}

const std::vector<Role>& readers() {
  static const std::vector<Role> roles{Role::finance, Role::counsel, Role::officer};
  return roles;
}

}  // namespace

Json to_json(const std::vector<FeeLine>& lines) {
  Json out = Json::array();
  for (const FeeLine& l : lines) out.push_back({{"text", l.text}, {"basis", l.basis}, {"cents", l.cents}});
  return out;
}

Result<std::vector<FeeLine>> lines_from_json(const Json& j) {
  std::vector<FeeLine> out;
  for (const Json& l : j) {
    WRIT_TRY(text, field<std::string>(l, "text", "fee line"));
    WRIT_TRY(basis, field<std::string>(l, "basis", "fee line"));
    WRIT_TRY(cents, field<std::int64_t>(l, "cents", "fee line"));
    out.push_back({std::move(text), std::move(basis), cents});
  }
  return out;
}

Result<Bill> Invoices::bill(const std::string& matter, bool planned, const std::vector<FeeLine>& own) const {
  auto b = of_case(*c_, matter, planned);
  if (!b && b.error().exit == Exit::not_found) b = of_interception(*c_, matter, planned);
  if (!b) return b;
  for (const FeeLine& l : own) WRIT_CHECK(check_line(l));
  b->lines.insert(b->lines.end(), own.begin(), own.end());
  if (b->lines.empty())
    return fail(Exit::usage, fmt::format("there is no fee for {} in the table", matter), invoice_rule,
                "lines with their legal basis", "give --line TEXT --basis LAW --cents N, or make no invoice");
  return b;
}

Result<Case> Invoices::estimate(const std::string& matter, const std::vector<FeeLine>& own,
                                const desk::Acting& who) {
  WRIT_TRY(b, bill(matter, true, own));
  WRIT_TRY(earlier, desk::cases_about(*c_, Cycle::invoice, matter));
  const auto over = std::count_if(earlier.begin(), earlier.end(), desk::is_over);
  const Json key{{"invoice", matter}, {"after", over}};
  CaseStep file{
      "file",
      Json{{"matter", matter}, {"lines", to_json(b.lines)}, {"own", to_json(own)}, {"warnings", b.warnings}}};
  return desk::CaseBook{*c_}.open(Cycle::invoice, crypto::sha256(view_of(canonical(key))), std::move(file),
                                  who);
}

Result<Case> Invoices::accrue(const std::string& number, const desk::Acting& who) {
  WRIT_TRY(invoice, desk::read_case(*c_, number));
  WRIT_TRY(matter, billed_matter(invoice));
  WRIT_TRY(own, own_lines(invoice));
  WRIT_TRY(b, bill(matter, false, own));
  return desk::CaseBook{*c_}.act(number, {"accrue", Json{{"lines", to_json(b.lines)}}}, who);
}

Result<Case> Invoices::issue(const std::string& number, const fs::path& pdf, const desk::Acting& who) {
  CaseStep step{"issue"};
  step.effect = [&](const Case& invoice) -> Result<Json> {
    WRIT_TRY(matter, billed_matter(invoice));
    if (desk::Orders{*c_}.of_matter(matter)) {
      WRIT_TRY(f, desk::ProductionService{*c_}.invoice(matter, pdf, who));
      return Json{{"lines", to_json(f.lines)}, {"document", f.number}};
    }
    WRIT_TRY(lines, lines_from_json(invoice.newest("accrue")->body.at("lines")));
    WRIT_TRY(b, of_case(*c_, matter, false));
    produce::InvoiceFacts f{number,
                            matter,
                            b.agency,
                            b.address,
                            invoice.newest("accrue")->at,
                            lines,
                            c_->policy().fees.currency,
                            c_->policy().fees.citation,
                            c_->policy().sandbox};
    WRIT_CHECK(produce::write_invoice(pdf, c_->policy(), f));
    return Json{{"lines", to_json(lines)}, {"document", number}};
  };
  return desk::CaseBook{*c_}.act(number, std::move(step), who);
}

CaseStep Invoices::step(const std::string& act, const std::string& fact, const std::string& value) {
  return {act, Json{{fact, value}}};
}

Result<Json> Invoices::list(const desk::Credentials& who) const {
  WRIT_TRY(by, c_->act_as_any(who, readers()));
  WRIT_CHECK(c_->note(by.person.user, "invoice.list", ""));
  WRIT_TRY(all, desk::read_cases(*c_, Cycle::invoice));
  Json rows = Json::array();
  for (const Case& c : all) {
    const std::string matter = c.acts.front().body.value("matter", "");
    rows.push_back({{"number", c.matter},
                    {"matter", matter},
                    {"kind", kind_of(*c_, matter)},
                    {"state", c.state},
                    {"cents", cents_of(c)},
                    {"currency", c_->policy().fees.currency}});
  }
  return Json{{"schema", "writ.invoices/1"}, {"invoices", rows}};
}

Result<Json> Invoices::show(const std::string& number, const desk::Credentials& who) const {
  WRIT_TRY(by, c_->act_as_any(who, readers()));
  WRIT_CHECK(c_->note(by.person.user, "invoice.show", number));
  WRIT_TRY(c, desk::read_case(*c_, number));
  WRIT_TRY(matter, billed_matter(c));
  Json out = desk::to_json(c);
  out["kind"] = kind_of(*c_, matter);
  out["cents"] = cents_of(c);
  return out;
}

}  // namespace writ::cases
