// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/collection.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "desk/demand_subjects.hh"
#include "desk/record_destruction.hh"
#include "desk/retention_service.hh"

namespace writ::cases {
namespace {

using authority::RecordItem;
using desk::CallsAsk;

constexpr std::initializer_list<RecordItem> of_subscribers{
    RecordItem::subscriber_name, RecordItem::subscriber_address, RecordItem::subscriber_service,
    RecordItem::subscriber_number, RecordItem::subscriber_payment};
constexpr std::initializer_list<RecordItem> of_tenants{RecordItem::tenant_name, RecordItem::tenant_address,
                                                       RecordItem::tenant_service, RecordItem::tenant_number,
                                                       RecordItem::tenant_payment};

std::string day(Instant t) { return rfc3339(t).substr(0, 10); }

class Gathering {
 public:
  Gathering(desk::RecordService& records, const desk::Acting& who, const CollectionPlan& plan,
            const std::string& source)
      : records_(records), who_(who), plan_(plan), source_(source) {}

  Status run() {
    for (std::size_t i = 0; i < plan_.subjects.size(); ++i) WRIT_CHECK(subject(i));
    return {};
  }
  Json answers() { return std::move(answers_); }
  Json calls() const {
    Json out = Json::array();
    for (const auto& [key, row] : rows_) out.push_back(row);
    return out;
  }

 private:
  bool allows(RecordItem i) const {
    return std::binary_search(plan_.items.records.begin(), plan_.items.records.end(), i);
  }
  bool allows_any(std::initializer_list<RecordItem> items) const {
    return std::any_of(items.begin(), items.end(), [&](RecordItem i) { return allows(i); });
  }

  Status subject(std::size_t i) {
    const process::DemandSubject& s = plan_.subjects[i];
    Json said{{"subject", i + 1}, {"source", source_}, {"asks", Json::array()}};
    WRIT_TRY(outcome, ask(desk::ask_of(s, plan_.from, plan_.until), said));
    bool is_one = outcome == "match" || s.kind != "extension";
    if (const auto tenant = desk::tenant_ask_of(s, plan_.from, plan_.until);
        tenant && allows_any(of_tenants)) {
      WRIT_TRY(of_tenant, ask(*tenant, said));
      is_one = of_tenant != "several";
    }
    // A period is stated: all who had it then answer, and a vacant extension is still its subscriber's.
    if (!is_one && outcome != "need-more" && (allows_any(of_subscribers) || allows_any(of_tenants))) {
      WRIT_TRY(subject, desk::scope_subject(s));
      WRIT_TRY(all, records_.holders(plan_.matter, subject, plan_.from, plan_.until, who_));
      if (!all["holders"].empty()) said["holders"] = all["holders"];
    }
    answers_.push_back(std::move(said));
    return calls(i, outcome);
  }

  Result<std::string> ask(const records::Ask& a, Json& said) {
    WRIT_TRY(whois, records_.whois(plan_.matter, a, who_));
    said["asks"].push_back({{"by", records::to_string(a.by)}, {"answer", whois["answer"]}});
    return whois["answer"].value("outcome", "");
  }

  // A number that is not the carrier's is looked for in nobody's calls (S8).
  Status calls(std::size_t i, const std::string& outcome) {
    const process::DemandSubject& s = plan_.subjects[i];
    if (!allows_any({RecordItem::subscriber_calls, RecordItem::tenant_calls})) return {};
    if (s.kind == "number" && outcome != "match") return {};
    if (s.kind == "account" && !(outcome == "match" && allows(RecordItem::subscriber_calls))) return {};
    CallsAsk a;
    a.matter = plan_.matter;
    a.from = plan_.from;
    a.until = plan_.until;
    if (s.kind == "number" || s.kind == "extension" || s.kind == "account") {
      WRIT_TRY(subject, desk::scope_subject(s));
      a.subject = std::move(subject);
    } else {
      a.of = desk::ask_of(s, plan_.from, plan_.until);
    }
    return records_
        .calls(a, who_,
               [&](const desk::CallRow& r) {
                 add(r.row, i + 1);
                 return Status{};
               })
        .map([](const std::string&) {});
  }

  void add(const records::StoredCdr& row, std::size_t subject) {
    Json& out = rows_[{row.cdr.start, row.month, row.seq}];
    if (out.is_null()) {
      out = call_json(row);
      out["subjects"] = Json::array();
    }
    out["subjects"].push_back(subject);
  }

  // The call's own facts. Where the record came from is the carrier's affair; its account is the
  // subscriber's number with the carrier.
  Json call_json(const records::StoredCdr& r) const {
    const records::Cdr& c = r.cdr;
    Json j{{"record", fmt::format("{}/{}", r.month, r.seq)},
           {"start", rfc3339(c.start)},
           {"answer_ms", c.answer_ms},
           {"duration_ms", c.duration_ms},
           {"caller", c.caller},
           {"called", c.called},
           {"class", records::to_string(c.call_class)},
           {"disposition", records::to_string(c.disposition)}};
    for (const auto& [key, value] : {std::pair{"redirecting", &c.redirecting},
                                     {"caller_extension", &c.caller_extension},
                                     {"called_extension", &c.called_extension}})
      if (!value->empty()) j[key] = *value;
    if (allows(RecordItem::subscriber_number)) j["account"] = c.account;
    return j;
  }

  desk::RecordService& records_;
  const desk::Acting& who_;
  const CollectionPlan& plan_;
  std::string source_;
  Json answers_ = Json::array();
  std::map<std::tuple<Instant, std::string, std::uint64_t>, Json> rows_;
};

// What the carrier had and no longer has, of the period: told alike whatever was found.
Result<Json> retention_json(desk::Carrier& c, const CollectionPlan& plan) {
  const desk::Cutoffs cutoffs = desk::retention_cutoffs(c.policy().records, c.now());
  Json j = Json::object();
  if (plan.from < cutoffs.calls) j["calls_before"] = day(cutoffs.calls);
  if (plan.from < cutoffs.account) j["accounts_ended_before"] = day(cutoffs.account);
  std::vector<std::string> problems;
  WRIT_TRY(gone, desk::destroyed_months(c, problems));
  Json months = Json::array();
  for (const std::string& m : gone)
    if (m >= rfc3339(plan.from).substr(0, 7) && m.substr(0, 7) <= rfc3339(plan.until).substr(0, 7))
      months.push_back(m);
  if (!months.empty()) j["destroyed_months"] = months;
  return j;
}

// The roots to which the rows can be proved (writ records prove).
Result<Json> months_json(desk::Carrier& c, const Json& calls) {
  std::set<std::string> used;
  for (const Json& row : calls) {
    const std::string record = row.value("record", "");
    used.insert(record.substr(0, record.find('/')));
  }
  Json out = Json::array();
  if (used.empty()) return out;
  WRIT_TRY(heads, desk::noted_heads(c));
  std::map<std::string, Json> newest;
  for (const auto& h : heads)
    if (used.contains(h.month))
      newest[h.month] = {
          {"month", h.month}, {"size", h.size}, {"root", crypto::hex(h.root)}, {"entry", h.index}};
  for (const auto& [month, j] : newest) out.push_back(j);
  return out;
}

Json by_time(std::map<std::string, Json> rows) {
  std::vector<Json> sorted;
  for (auto& [record, row] : rows) sorted.push_back(std::move(row));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Json& a, const Json& b) { return a.value("start", "") < b.value("start", ""); });
  return Json(sorted);
}

}  // namespace

Result<Json> gather(desk::Carrier& c, desk::RecordService& records, const desk::Acting& who,
                    const CollectionPlan& plan, const std::string& source) {
  Json items = Json::array();
  for (const RecordItem i : plan.items.records) items.push_back(authority::to_string(i));
  Gathering g{records, who, plan, source};
  if (!plan.items.records.empty()) WRIT_CHECK(g.run());
  Json calls = g.calls();
  WRIT_TRY(months, months_json(c, calls));
  WRIT_TRY(retention, retention_json(c, plan));
  return Json{{"schema", "writ.collection/1"},
              {"carrier", c.roots().carrier},
              {"matter", plan.matter},
              {"period", {{"from", rfc3339(plan.from)}, {"until", rfc3339(plan.until)}}},
              {"items", std::move(items)},
              {"not_kept", plan.items.not_kept},
              {"sources", Json::array({source})},
              {"answers", g.answers()},
              {"calls", std::move(calls)},
              {"months", std::move(months)},
              {"retention", std::move(retention)}};
}

Json merged(Json first, const Json& second) {
  for (const char* list : {"sources", "answers"})
    for (const Json& x : second[list]) first[list].push_back(x);
  std::map<std::string, Json> rows, months;
  for (const Json* from : {&second, static_cast<const Json*>(&first)}) {
    for (const Json& row : (*from)["calls"]) {
      Json& out = rows[row.value("record", "")];
      std::set<std::size_t> subjects;
      for (const Json* r : {static_cast<const Json*>(&out), &row})
        if (r->is_object())
          for (const Json& s : (*r)["subjects"]) subjects.insert(s.get<std::size_t>());
      out = row;
      out["subjects"] = subjects;
    }
    for (const Json& m : (*from)["months"]) months[m.value("month", "")] = m;
  }
  first["calls"] = by_time(std::move(rows));
  first["months"] = Json::array();
  for (const auto& [month, j] : months) first["months"].push_back(j);
  return first;
}

}  // namespace writ::cases
