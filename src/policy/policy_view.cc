// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy_view.hh"

#include <fmt/format.h>

#include <array>
#include <set>

namespace writ::policy {
namespace {

constexpr std::array section_names{"carrier", "contacts", "fees",        "records",   "rating",   "retention",
                                   "matrix",  "process",  "authorities", "clocks",    "holidays", "offices",
                                   "checks",  "contents", "plan",        "citations", "layers"};

Json contact_json(const Contact& c) {
  return {{"title", c.title}, {"phone", c.phone}, {"email", c.email}, {"address", c.address}};
}

const char* to_string(Severity s) {
  return s == Severity::reject ? "reject" : s == Severity::warn ? "warn" : "return";
}

Json carrier_json(const Policy& p) {
  return {{"profile",
           {{"carrier", p.carrier},
            {"name", p.profile_name},
            {"filed", p.filed},
            {"sandbox", p.sandbox},
            {"address", p.address},
            {"certification_retention", p.certification_retention},
            {"transparency", p.transparency}}},
          {"hours",
           {{"opens", p.hours.opens},
            {"closes", p.hours.closes},
            {"zone", p.hours.zone},
            {"after_hours_phone", p.hours.after_hours_phone}}}};
}

Json contacts_json(const Policy& p) {
  Json out{{"appointed officer", contact_json(p.appointed_officer)},
           {"service of process", contact_json(p.service_of_process)}};
  for (std::size_t i = 0; i < p.response_associates.size(); ++i)
    out[fmt::format("response associate {}", i + 1)] = contact_json(p.response_associates[i]);
  return out;
}

Json records_json(const RecordRules& r) {
  return {{"retention",
           {{"cdr_months", r.cdr_months},
            {"account_months", r.account_months},
            {"toll_record_months", r.toll_record_months},
            {"porting_administrator", r.porting_administrator},
            {"citation", r.citation},
            {"toll_record_citation", r.toll_record_citation}}}};
}

Json rating_json(const RatingTable& t) {
  Json out{{"dialled",
            {{"country", t.country},
             {"emergency", t.emergency},
             {"toll_free", t.toll_free},
             {"service", t.service}}}};
  for (const auto& row : t.properties)
    out["property " + row.account] = {{"local", row.local}, {"local_toll", row.local_toll}};
  return out;
}

Json fees_json(const FeeTable& t) {
  return {{"table",
           {{"intercept_first_month_cents", t.intercept_first_month},
            {"intercept_later_month_cents", t.intercept_later_month},
            {"cdr_week_cents", t.cdr_week},
            {"cdr_extra_delivery_cents", t.cdr_extra_delivery},
            {"currency", t.currency},
            {"effective", t.effective},
            {"citation", t.citation}}}};
}

Json matrix_json(const Policy& p) {
  Json out = Json::object();
  const auto put = [&](const std::vector<MatrixRow>& rows, const char* side) {
    for (const MatrixRow& r : rows) {
      Json& row = out[fmt::format("{} under {}", r.item, r.column)];
      // Several layers of law may speak of one cell; each is a field of its own.
      row[std::string_view(side) == "plan" ? "plan" : "law in " + r.layer] = policy::to_string(r.cell);
      row[std::string_view(side) == "plan" ? "plan citation" : "citation in " + r.layer] = r.citation;
      row["title"] = r.title;
      row["released"] = released(p, r.item, r.column);
    }
  };
  put(p.plan_matrix, "plan");
  put(p.law_matrix, "law");
  return out;
}

Json process_json(const Policy& p) {
  Json out = Json::object();
  for (const ProcessKind& k : p.kinds)
    out[k.id] = {{"title", k.title},
                 {"column", k.column},
                 {"cycle", k.cycle},
                 {"citation", k.citation},
                 {"authority", k.authority},
                 {"needs_court", k.needs_court},
                 {"needs_statute", k.needs_statute},
                 {"needs_return_date", k.needs_return_date},
                 {"needs_coordination", k.needs_coordination},
                 {"by_hand", k.by_hand},
                 {"by_order", k.by_order}};
  return out;
}

Json authorities_json(const Policy& p) {
  Json out = Json::object();
  for (const Authority& a : p.authorities)
    out[a.id] = {{"title", a.title},   {"citation", a.citation},       {"effective", a.effective},
                 {"lapses", a.lapses}, {"verified_on", a.verified_on}, {"never", a.never}};
  return out;
}

Json clocks_json(const Policy& p) {
  Json out = Json::object();
  for (const ClockRule& c : p.clocks)
    out[c.name] = {{"amount", c.amount},
                   {"unit", policy::to_string(c.unit)},
                   {"alert_days", c.alert_days},
                   {"citation", c.citation},
                   {"text", c.text}};
  return out;
}

Json holidays_json(const Policy& p) {
  Json out{
      {"years",
       {{"first", p.holidays_first_year}, {"last", p.holidays_last_year}, {"citation", p.holiday_citation}}}};
  for (const Holiday& h : p.holidays) out[h.date] = {{"name", h.name}};
  return out;
}

Json offices_json(const Policy& p) {
  Json out = Json::object();
  for (const Office& o : p.offices)
    out[o.id] = {{"title", o.title},
                 {"phone", o.phone},
                 {"email", o.email},
                 {"address", o.address},
                 {"purpose", o.purpose}};
  return out;
}

Json checks_json(const Policy& p) {
  Json out = Json::object();
  for (const CheckRule& c : p.checks)
    out[c.id] = {{"severity", to_string(c.severity)},
                 {"stage", c.stage},
                 {"message", c.message},
                 {"rule", c.rule},
                 {"cure", c.cure}};
  return out;
}

Json contents_json(const Policy& p) {
  Json out = Json::object();
  for (const StatutoryItem& i : p.pen_trap_items)
    out["pen-trap " + i.name] = {{"text", i.text}, {"citation", i.citation}};
  for (const StatutoryItem& i : p.wiretap_items)
    out["wiretap " + i.name] = {{"text", i.text}, {"citation", i.citation}};
  return out;
}

Json plan_json(const Policy& p) {
  Json out = Json::object();
  for (const PlanRequirement& q : p.plan_requirements)
    out["requirement " + q.id] = {{"text", q.text}, {"citation", q.citation}, {"cure", q.cure}};
  for (const PlanStatement& s : p.plan_statements)
    out["statement " + s.requirement] = {{"text", s.text}, {"citation", s.citation}};
  for (const TransparencyStructure& t : p.transparency_structures)
    out["transparency " + t.id] = {{"title", t.title},
                                   {"citation", t.citation},
                                   {"band", t.band},
                                   {"period_days", t.period_days},
                                   {"delay_days", t.delay_days}};
  return out;
}

Json retention_json(const Policy& p) {
  Json out = Json::object();
  for (const Retention& r : p.retention) {
    Json& row = out[r.what];  // law and profile may both have a word on the same records
    row["period by " + r.citation] = r.period;
  }
  return out;
}

Json layers_json(const Policy& p) {
  Json out = Json::object();
  for (const Layer& l : p.layers)
    out[l.file] = {{"name", l.name},
                   {"effective", l.effective},
                   {"verified_on", l.verified_on},
                   {"verified_against", l.verified_against}};
  return out;
}

Json citations_json(const Policy& p) {
  Json out = Json::object();
  for (const auto& [key, text] : p.citations) out[key] = {{"text", text}};
  return out;
}

const Json& at_or_null(const Json& object, const std::string& key) {
  static const Json null;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it == object.end() ? null : *it;
}

std::set<std::string> keys_of(const Json& a, const Json& b) {
  std::set<std::string> out;
  for (const Json* j : {&a, &b})
    if (j->is_object())
      for (const auto& [key, value] : j->items()) out.insert(key);
  return out;
}

}  // namespace

std::vector<std::string> sections() { return {section_names.begin(), section_names.end()}; }

std::string released(const Policy& p, std::string_view item, std::string_view column) {
  const auto permits = [&](const Situation& s) {
    return decide(p, item, column, s).verdict == Verdict::permit;
  };
  if (permits({})) return "always";
  if (permits({true, false, false})) return "only if expressly requested";
  if (permits({false, true, false})) return "only by statute";
  if (permits({false, false, true})) return "when counsel approves";
  return permits({true, true, true}) ? "only if several conditions hold" : "never";
}

Json to_json(const Policy& p) {
  return {{"schema", "writ.policy/1"},
          {"sha256", crypto::hex(p.hash)},
          {"carrier", carrier_json(p)},
          {"contacts", contacts_json(p)},
          {"fees", fees_json(p.fees)},
          {"records", records_json(p.records)},
          {"rating", rating_json(p.records.rating)},
          {"retention", retention_json(p)},
          {"matrix", matrix_json(p)},
          {"process", process_json(p)},
          {"authorities", authorities_json(p)},
          {"clocks", clocks_json(p)},
          {"holidays", holidays_json(p)},
          {"offices", offices_json(p)},
          {"checks", checks_json(p)},
          {"contents", contents_json(p)},
          {"plan", plan_json(p)},
          {"citations", citations_json(p)},
          {"layers", layers_json(p)}};
}

Json to_json(const Decision& d) {
  return {{"schema", "writ.policy-decision/1"},
          {"verdict", policy::to_string(d.verdict)},
          {"plan", policy::to_string(d.plan)},
          {"law", policy::to_string(d.law)},
          {"rule", d.rule},
          {"fact", d.fact},
          {"cure", d.cure}};
}

std::vector<Change> differences(const Policy& from, const Policy& to) {
  const Json a = to_json(from), b = to_json(to);
  std::vector<Change> out;
  for (const char* section : section_names)
    for (const std::string& row : keys_of(a[section], b[section])) {
      const Json &left = at_or_null(a[section], row), &right = at_or_null(b[section], row);
      for (const std::string& field : keys_of(left, right)) {
        const Json &before = at_or_null(left, field), &after = at_or_null(right, field);
        if (before != after) out.push_back({section, row, field, before, after});
      }
    }
  return out;
}

std::string to_text(const Change& c) {
  const auto shown = [](const Json& j) { return j.is_null() ? std::string("(nothing)") : canonical(j); };
  return fmt::format("{}: {}: {} {} -> {}", c.section, c.row, c.field, shown(c.before), shown(c.after));
}

Json to_json(const std::vector<Change>& changes) {
  Json rows = Json::array();
  for (const Change& c : changes)
    rows.push_back({{"section", c.section},
                    {"row", c.row},
                    {"field", c.field},
                    {"before", c.before},
                    {"after", c.after}});
  return {{"schema", "writ.policy-changes/1"}, {"changes", rows}};
}

}  // namespace writ::policy
