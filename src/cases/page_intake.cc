// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/page_intake.hh"

#include <fmt/format.h>

#include "cases/intake.hh"
#include "cases/page_values.hh"
#include "scan/proposer.hh"

namespace writ::cases {
namespace {

const std::string schema = "writ.page-proposal/1";
const char* const rule =
    "a machine proposes, a person decides: each field of a scanned page is accepted or corrected "
    "(docs/scan.md)";

Json pages_json(const scan::Reading& r, bool with_words) {
  Json out = Json::array();
  for (std::size_t i = 0; i < r.pages.size(); ++i) {
    Json p{{"number", i + 1},
           {"width", r.pages[i].width},
           {"height", r.pages[i].height},
           {"skew_centidegrees", r.pages[i].skew_centidegrees}};
    if (with_words) p["words"] = scan::to_json(r.pages[i])["words"];
    out.push_back(std::move(p));
  }
  return out;
}

struct Proposed {
  std::string value;
  int page = 0, confidence = 0;
  bool single = false;  // to be confirmed by its own name
};

Result<std::map<std::string, Proposed>> proposed_fields(const Json& proposal) {
  const auto not_one = [] {
    return fail(Exit::usage, "this is no proposal of a page", rule, "schema \"writ.page-proposal/1\"",
                "make it with `writ request scan DOCUMENT --out FILE`");
  };
  if (!proposal.is_object() || proposal.value("schema", "") != schema || !proposal.contains("proposals") ||
      !proposal["proposals"].is_array())
    return not_one();
  std::map<std::string, Proposed> out;
  for (const Json& p : proposal["proposals"]) {
    WRIT_TRY(name, field<std::string>(p, "field", "proposal"));
    WRIT_TRY(value, field<std::string>(p, "value", name));
    WRIT_TRY(page, field<int>(p, "page", name));
    WRIT_TRY(confidence, field<int>(p, "confidence", name));
    // Judged again here: what the file says of itself opens nothing.
    const bool single =
        confidence < single_confirmation_below || (name == "pages" && !scan::missing_pages(value).empty());
    if (!out.emplace(name, Proposed{value, page, confidence, single}).second) return not_one();
  }
  return out;
}

// As far as it is decided; else as the machine reads it.
std::string page_kind(const std::map<std::string, Proposed>& fields, const PageDecisions& d) {
  const auto set = d.set.find("kind");
  if (set != d.set.end()) return set->second;
  const auto read = fields.find("kind");
  return read == fields.end() || d.drop.contains("kind") ? "" : read->second.value;
}

std::string list(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

// Every proposed field is decided, once; what is accepted or dropped was proposed.
Status check_decisions(const std::map<std::string, Proposed>& fields, const PageDecisions& d) {
  std::set<std::string> open, twice, unknown;
  for (const auto& [name, p] : fields) {
    const auto times = d.accept.count(name) + d.drop.count(name) + d.set.count(name);
    if (times > 1) twice.insert(name);
    if (times == 0 && (p.single || !d.accept_clear)) open.insert(name);
  }
  for (const auto* names : {&d.accept, &d.drop})
    for (const std::string& name : *names)
      if (!fields.contains(name)) unknown.insert(name);
  if (!unknown.empty())
    return fail(Exit::usage, "not proposed: " + list(unknown), rule, "fields of the proposal",
                "accept or drop what was proposed; --set FIELD=VALUE adds a field");
  if (!twice.empty())
    return fail(Exit::usage, "decided twice: " + list(twice), rule, "one decision a field",
                "leave one of them out");
  if (!open.empty())
    return fail(
        Exit::refused, "not decided: " + list(open), rule,
        fmt::format("a decision on each; below {} of confidence, or with a page missing, by its own name",
                    single_confirmation_below),
        "compare with the paper, then --accept FIELD, --set FIELD=VALUE or --drop FIELD");
  return {};
}

}  // namespace

Result<Json> propose_page(const fs::path& document, bool with_words, const fs::path& reader) {
  WRIT_TRY(bytes, read_file(document));
  WRIT_TRY(reading, scan::read_pages(bytes, reader));
  Json proposals = Json::array(), missing = Json::array();
  for (const scan::Proposal& p : scan::propose_fields(reading.pages)) {
    const auto lacks = p.field == "pages" ? scan::missing_pages(p.value) : std::vector<int>{};
    for (const int n : lacks) missing.push_back(n);
    proposals.push_back({{"field", p.field},
                         {"value", p.value},
                         {"page", p.page},
                         {"region", {p.region.x0, p.region.y0, p.region.x1, p.region.y1}},
                         {"confidence", p.confidence},
                         {"text", p.text},
                         {"single", p.confidence < single_confirmation_below || !lacks.empty()}});
  }
  return Json{{"schema", schema},         {"document_sha256", crypto::hex(crypto::sha256(bytes))},
              {"reader", reading.reader}, {"pages", pages_json(reading, with_words)},
              {"missing_pages", missing}, {"single_below", single_confirmation_below},
              {"proposals", proposals}};
}

Json to_json(const Confirmed& c) {
  return {{"schema", "writ.page-confirmed/1"},
          {"process_file", c.process_file},
          {"read_from", c.sha256},
          {"record", c.record}};
}

Result<Confirmed> PageIntake::confirm(const Json& proposal, const PageDecisions& decisions,
                                      const desk::Acting& who) {
  const std::string& user = who.person.user;
  return c_->attempt(user, "page.confirm", "", [&]() -> Result<Confirmed> {
    WRIT_TRY(fields, proposed_fields(proposal));
    WRIT_CHECK(check_taken_in_here(c_->policy(), page_kind(fields, decisions)));
    WRIT_CHECK(check_decisions(fields, decisions));
    const std::string text = canonical(proposal), hash = crypto::hex(crypto::sha256(view_of(text)));
    Json decided = Json::object();
    PageValues values = decisions.set;
    std::map<std::string, int> count;
    for (const auto& [name, p] : fields) {
      const auto corrected = decisions.set.find(name);
      const bool dropped = decisions.drop.contains(name);
      const bool same = corrected == decisions.set.end() || corrected->second == p.value;
      const char* what = dropped ? "dropped" : same ? "accepted" : "corrected";
      if (!dropped && corrected == decisions.set.end()) values[name] = p.value;
      decided[name] = {
          {"proposed", p.value}, {"page", p.page}, {"confidence", p.confidence}, {"decision", what}};
      if (!dropped) decided[name]["value"] = values[name];
      ++count[what];
    }
    for (const auto& [name, value] : decisions.set)
      if (!fields.contains(name)) {
        decided[name] = {{"decision", "added"}, {"value", value}};
        ++count["added"];
      }
    Confirmed out;
    out.record = {{"schema", "writ.page-confirmation/1"},
                  {"proposal_sha256", hash},
                  {"document_sha256", proposal.value("document_sha256", "")},
                  {"confirmed_by", user},
                  {"confirmed_at", rfc3339(c_->now())},
                  {"fields", decided}};
    const std::string record = canonical(out.record);
    out.sha256 = crypto::hex(crypto::sha256(view_of(record)));
    WRIT_TRY(file, process_file_of(values, c_->policy().hours, out.sha256));
    out.process_file = std::move(file);
    WRIT_TRY(noted, c_->note(user, "page.confirm", "",
                             Json{{"proposal_sha256", hash},
                                  {"document_sha256", out.record["document_sha256"]},
                                  {"record_sha256", out.sha256},
                                  {"accepted", count["accepted"]},
                                  {"corrected", count["corrected"]},
                                  {"dropped", count["dropped"]},
                                  {"added", count["added"]}}));
    (void)noted;
    const fs::path kept = "proposals";
    WRIT_CHECK(c_->keep_file(kept / (hash + ".json"), view_of(text)));
    WRIT_CHECK(c_->keep_file(kept / (out.sha256 + ".json"), view_of(record)));
    return out;
  });
}

}  // namespace writ::cases
