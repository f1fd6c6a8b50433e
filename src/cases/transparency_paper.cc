// SPDX-License-Identifier: GPL-3.0-or-later
// The transparency report as JSON, table and paper.
#include <fmt/format.h>

#include <map>

#include "cases/transparency.hh"

namespace writ::cases {
namespace {

std::string day(Instant t) { return rfc3339_seconds(t).substr(0, 10); }

std::string shown(const NationalBand& b, const std::string& band) {
  return band.empty() ? "not to be published before " + day(b.publishable) : band;
}

// The same words whether national security matters exist or not.
std::string national_text(const Transparency& t) {
  if (t.structure == nullptr) return "The carrier publishes no figures on national security process.";
  if (t.counted_for.empty())
    return "National security process is counted only by a person who is named for it (--as); without one no "
           "figure is given, whether there is any or not.";
  return fmt::format(
      "Reported: {} ({}). Counted from what is open to {}; only a person who is named in every such "
      "matter may publish it.",
      t.structure->title, t.structure->citation, t.counted_for);
}

std::vector<std::string> head() {
  std::vector<std::string> out{"kind"};
  for (const char* o : transparency_outcomes()) out.emplace_back(o);
  out.emplace_back("total");
  out.emplace_back("accounts");
  return out;
}

// Nine heads share a line of the paper: where a word does not fit it is divided, by a soft hyphen.
std::string divisible(const std::string& name) {
  static const std::map<std::string, std::size_t> at{{"answered", 2}, {"preserved", 3}, {"activated", 4},
                                                     {"returned", 2}, {"refused", 2},   {"withdrawn", 4},
                                                     {"pending", 4},  {"accounts", 2}};
  const auto it = at.find(name);
  return it == at.end() ? name : name.substr(0, it->second) + "\u00AD" + name.substr(it->second);
}

std::vector<std::string> cells(const TransparencyRow& r) {
  std::vector<std::string> out{r.title};
  for (const char* o : transparency_outcomes()) {
    const auto it = r.outcomes.find(o);
    out.push_back(fmt::format("{}", it == r.outcomes.end() ? 0 : it->second));
  }
  out.push_back(fmt::format("{}", r.total));
  out.push_back(fmt::format("{}", r.accounts));
  return out;
}

}  // namespace

Json to_json(const Transparency& t) {
  Json rows = Json::array(), national = Json::array();
  for (const TransparencyRow& r : t.rows)
    rows.push_back({{"kind", r.kind},
                    {"title", r.title},
                    {"outcomes", r.outcomes},
                    {"total", r.total},
                    {"accounts", r.accounts}});
  for (const NationalBand& b : t.national)
    national.push_back({{"from", rfc3339_seconds(b.from)},
                        {"until", rfc3339_seconds(b.until)},
                        {"process", shown(b, b.process)},
                        {"selectors", shown(b, b.selectors)},
                        {"publishable", rfc3339_seconds(b.publishable)}});
  return {{"schema", "writ.transparency/1"},
          {"year", t.year},
          {"as_of", rfc3339_seconds(t.as_of)},
          {"requests", rows},
          {"national_security",
           {{"structure", t.structure == nullptr ? "" : t.structure->id},
            {"text", national_text(t)},
            {"periods", national}}}};
}

std::vector<std::vector<std::string>> transparency_table(const Transparency& t) {
  std::vector<std::vector<std::string>> out{head()};
  for (const TransparencyRow& r : t.rows) out.push_back(cells(r));
  for (const NationalBand& b : t.national) {
    std::vector<std::string> row(head().size());
    row.front() = fmt::format("national security process, {} to {}", day(b.from), day(b.until));
    row[row.size() - 2] = shown(b, b.process);
    row.back() = shown(b, b.selectors);
    out.push_back(std::move(row));
  }
  return out;
}

produce::Report transparency_report(const policy::Policy& p, const Transparency& t) {
  produce::ReportTable table{{{"Kind of process", 110}}, {}};
  const std::vector<std::string> names = head();
  for (std::size_t i = 1; i < names.size(); ++i)
    table.columns.emplace_back(divisible(names[i]), i < 8 ? 42 : 40);
  for (const TransparencyRow& r : t.rows) table.rows.push_back(cells(r));
  produce::ReportSection national{"National security process", "50 USC 1874", {national_text(t)}, {}};
  if (!t.national.empty()) {
    produce::ReportTable bands{
        {{"From", 100}, {"Before", 100}, {"Process received", 142}, {"Customer selectors", 142}}, {}};
    for (const NationalBand& b : t.national)
      bands.rows.push_back({day(b.from), day(b.until), shown(b, b.process), shown(b, b.selectors)});
    national.tables.push_back(std::move(bands));
  }
  return {fmt::format("Transparency Report {}", t.year),
          "legal demands received, by kind and outcome",
          "legal demands",
          fmt::format("{} \xC2\xB7 transparency report {}", p.carrier, t.year),
          t.as_of,
          {{"Year", fmt::format("{}, on the clock of {}", t.year, p.hours.zone)},
           {"As of", produce::minute_text(t.as_of)}},
          {{"Demands",
            "",
            {"Accounts: the numbers, accounts and persons named in demands that were answered, preserved or "
             "activated, each once a kind."},
            {std::move(table)}},
           std::move(national)},
          {}};
}

}  // namespace writ::cases
