// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/ssi_plan.hh"

#include <fmt/format.h>

#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

constexpr const char* plan_title = "System Security and Integrity Policies and Procedures";

// What the letterhead needs of the profile, as it was when the plan was drafted.
policy::Policy sender(const SsiPlan& p) {
  policy::Policy out;
  out.carrier = p.carrier;
  out.service_of_process = p.from;
  out.sandbox = p.sandbox;
  return out;
}

Json contact_json(const policy::Contact& c) {
  return {{"title", c.title}, {"phone", c.phone}, {"email", c.email}, {"address", c.address}};
}

Json section_json(const PlanSection& s) {
  Json tables = Json::array();
  for (const ReportTable& t : s.text.tables) {
    Json columns = Json::array();
    for (const auto& [head, width] : t.columns) columns.push_back({{"head", head}, {"width", width}});
    tables.push_back({{"columns", columns}, {"rows", t.rows}});
  }
  return {{"id", s.id},
          {"answers", s.answers},
          {"title", s.text.title},
          {"rule", s.text.rule},
          {"paragraphs", s.text.paragraphs},
          {"tables", tables}};
}

Json sections_json(const std::vector<PlanSection>& sections) {
  Json out = Json::array();
  for (const PlanSection& s : sections) out.push_back(section_json(s));
  return out;
}

PlanSection section_of(const Json& j) {
  PlanSection s;
  s.id = j.at("id").get<std::string>();
  s.answers = j.at("answers").get<std::vector<std::string>>();
  s.text.title = j.at("title").get<std::string>();
  s.text.rule = j.at("rule").get<std::string>();
  s.text.paragraphs = j.at("paragraphs").get<std::vector<std::string>>();
  for (const Json& t : j.at("tables")) {
    ReportTable table;
    for (const Json& c : t.at("columns"))
      table.columns.emplace_back(c.at("head").get<std::string>(), c.at("width").get<int>());
    table.rows = t.at("rows").get<std::vector<std::vector<std::string>>>();
    s.text.tables.push_back(std::move(table));
  }
  return s;
}

std::vector<ReportSection> numbered(const std::vector<PlanSection>& sections, const char* prefix) {
  std::vector<ReportSection> out;
  for (const PlanSection& s : sections) {
    out.push_back(s.text);
    out.back().title = fmt::format("{}{}. {}", prefix, out.size(), s.text.title);
  }
  return out;
}

std::string footer(const SsiPlan& p, const char* what) {
  return fmt::format("{} \xC2\xB7 {}, {}", p.carrier, what, p.matter);
}

void put_office(Paper& p, const policy::Office& o) {
  p.text(joined({clean_text(o.title), clean_block(o.address)}, "\n"), plain_style, 10);
}

void put_signature(Paper& p, const SsiPlan& plan) {
  p.keep(80);
  p.space(34);
  p.signature_line(joined({"For the carrier", clean_text(plan.carrier)}, "\n"), 0, 250);
}

std::string enclosures(const FilingCover& c) {
  return fmt::format(
      "1. {} (SHA-256 {})\n2. Separate appendix under 47 CFR 1.20003(b)(4), sealed and marked confidential "
      "(SHA-256 {})",
      plan_title, c.plan_sha256, c.appendix_sha256);
}

}  // namespace

Json to_json(const SsiPlan& p) {
  return {{"schema", "writ.ssi-plan/1"},
          {"matter", p.matter},
          {"carrier", p.carrier},
          {"policy", {{"name", p.policy_name}, {"sha256", p.policy_sha256}}},
          {"from", contact_json(p.from)},
          {"drafted_at", rfc3339(p.drafted_at)},
          {"sandbox", p.sandbox},
          {"sections", sections_json(p.sections)},
          {"appendix", sections_json(p.appendix)}};
}

Result<SsiPlan> ssi_plan_from_json(const Json& j) {
  SsiPlan p;
  try {
    if (j.at("schema") != "writ.ssi-plan/1") return fail(Exit::usage, "it is no writ.ssi-plan/1");
    p.matter = j.at("matter").get<std::string>();
    p.carrier = j.at("carrier").get<std::string>();
    p.policy_name = j.at("policy").at("name").get<std::string>();
    p.policy_sha256 = j.at("policy").at("sha256").get<std::string>();
    const Json& from = j.at("from");
    p.from = {from.at("title").get<std::string>(), from.at("phone").get<std::string>(),
              from.at("email").get<std::string>(), from.at("address").get<std::string>()};
    WRIT_TRY(at, parse_rfc3339(j.at("drafted_at").get<std::string>()));
    p.drafted_at = at;
    p.sandbox = j.at("sandbox").get<bool>();
    for (const Json& s : j.at("sections")) p.sections.push_back(section_of(s));
    for (const Json& s : j.at("appendix")) p.appendix.push_back(section_of(s));
  } catch (const Json::exception&) {
    return fail(Exit::usage, "a field of the plan is missing or of the wrong type", {},
                "a plan as `writ plan draft` writes it", "name the plan.json of a drafted plan");
  }
  return p;
}

std::map<std::string, std::string> section_digests(const SsiPlan& p) {
  std::map<std::string, std::string> out;
  for (const auto* part : {&p.sections, &p.appendix})
    for (const PlanSection& s : *part)
      out[s.id] = crypto::hex(crypto::sha256(view_of(canonical(section_json(s)))));
  return out;
}

std::string configuration_digest(const SsiPlan& p) {
  return crypto::hex(crypto::sha256(view_of(canonical(Json(section_digests(p))))));
}

Result<std::string> render_ssi_plan(const SsiPlan& p) {
  Report r{plan_title,
           "filed under 47 CFR 1.20005; 47 USC 229(b), 1004",
           "47 CFR 1.20003, 1.20004, 1.20005",
           footer(p, "SSI plan"),
           p.drafted_at,
           {{"Carrier", p.carrier},
            {"Plan", fmt::format("{}, drafted {}", p.matter, minute_text(p.drafted_at))},
            {"Policy profile", fmt::format("{}, SHA-256 {}", p.policy_name, p.policy_sha256)},
            {"Configuration", "SHA-256 " + configuration_digest(p)},
            {"Appendix", "separate and confidential: 47 CFR 1.20003(b)(4)"}},
           numbered(p.sections, ""),
           {}};
  return render_report(sender(p), r);
}

Result<std::string> render_plan_appendix(const SsiPlan& p) {
  Report r{"Confidential Appendix",
           "47 CFR 1.20003(b)(4): separate from the policies and procedures",
           "47 CFR 1.20003(b)(4)",
           footer(p, "SSI plan, appendix \xC2\xB7 CONFIDENTIAL"),
           p.drafted_at,
           {{"Carrier", p.carrier}, {"To the plan", p.matter}, {"Not for public inspection", "47 CFR 0.459"}},
           numbered(p.appendix, "A"),
           {}};
  return render_report(sender(p), r);
}

Result<std::string> render_filing_cover(const SsiPlan& plan, const FilingCover& c) {
  const PdfInfo info{fmt::format("Filing of SSI plan {}", clean_text(plan.matter)),
                     "47 CFR 1.20005",
                     clean_text(plan.carrier),
                     clean_text(footer(plan, "filing of the SSI plan")),
                     c.date,
                     plan.sandbox};
  const policy::Policy from = sender(plan);
  return render_pdf(info, [&](Paper& p) {
    letterhead(p, from);
    p.text(long_date(c.date), plain_style, 10);
    put_office(p, c.commission);
    p.text(fmt::format("Re: {} of {}, 47 CFR 1.20005(a)", plan_title, clean_text(plan.carrier)),
           {Style::Face::serif, 10, true, false, 0, Style::Align::left}, 8);
    p.text(
        "Under 47 CFR 1.20005(a) the carrier files the policies and procedures that it uses to comply with "
        "47 CFR 1.20003 and 1.20004. An original and four copies are enclosed. The separate appendix under "
        "47 CFR 1.20003(b)(4) is enclosed in its own sealed envelope; the carrier asks that it be withheld "
        "from public inspection (47 CFR 0.457, 0.459).",
        body_style, 6);
    p.text(
        "Please return one copy of this letter with the date of receipt. This filing replaces every earlier "
        "one.",
        body_style, 8);
    p.heading("Enclosures (original and four copies)");
    p.text(enclosures(c), small_style, 8);
    p.heading("Copy to");
    p.text(joined({clean_text(c.calea_unit.title), clean_block(c.calea_unit.address)}, "\n"), plain_style, 4);
    put_signature(p, plan);
    p.keep(10'000);  // the transmittal is a letter of its own
    letterhead(p, from);
    p.text(long_date(c.date), plain_style, 10);
    put_office(p, c.calea_unit);
    p.text(fmt::format("Re: copy of the filing of {} under 47 CFR 1.20005(a)", clean_text(plan.carrier)),
           {Style::Face::serif, 10, true, false, 0, Style::Align::left}, 8);
    p.text(
        fmt::format("Enclosed is a copy of what the carrier filed with: {}.", clean_text(c.commission.title)),
        body_style, 8);
    p.heading("Enclosures");
    p.text(enclosures(c), small_style, 8);
    put_signature(p, plan);
  });
}

}  // namespace writ::produce
