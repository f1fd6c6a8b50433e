// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/recurring_records.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/response.hh"
#include "desk/demand_subjects.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Carrier;
using desk::Case;

constexpr const char* delivery_schema = "writ.recurring-delivery/1";
constexpr const char* delivery_parts[] = {"collection", "late"};

Result<Json> read_kept_delivery(const Carrier& c, const std::string& matter, const Json& named) {
  WRIT_TRY(text, read_case_file(c, matter, named.value("file", ""), named.value("sha256", "")));
  return parse_canonical(view_of(text), "delivery");
}

std::string record_of(const Json& row) { return row.value("record", ""); }

// Records that earlier deliveries held.
Result<std::set<std::string>> delivered_records(const Carrier& c, const Case& of) {
  std::set<std::string> out;
  for (const desk::CaseAct& a : of.acts) {
    if (a.act != "deliver") continue;
    WRIT_TRY(delivery, read_kept_delivery(c, of.matter, a.body.value("collection", Json::object())));
    for (const char* part : delivery_parts)
      if (delivery[part].is_object())
        for (const Json& row : delivery[part]["calls"]) out.insert(record_of(row));
  }
  return out;
}

// A pen register reaches what its subject dials, a trap and trace what reaches the subject.
bool goes(const Json& row, const std::string& party, Direction d) {
  const char* const side = d == Direction::outgoing ? "caller" : "called";
  return row.value(side, "") == party || row.value(fmt::format("{}_extension", side), "") == party;
}

// Only calls that go the way of the authority, each for those subjects of which it does.
Result<Json> narrowed(const Json& calls, const CollectionPlan& plan, Direction d) {
  if (d == Direction::both) return calls;
  std::vector<std::string> parties;
  for (const process::DemandSubject& s : plan.subjects) {
    WRIT_TRY(subject, desk::scope_subject(s));
    parties.push_back(subject.value);
  }
  Json out = Json::array();
  for (Json row : calls) {
    Json subjects = Json::array();
    for (const Json& n : row["subjects"])
      if (goes(row, parties.at(n.get<std::size_t>() - 1), d)) subjects.push_back(n);
    if (subjects.empty()) continue;
    row["subjects"] = std::move(subjects);
    out.push_back(std::move(row));
  }
  return out;
}

// Roots of the months that still have a row.
Json used_months(const Json& collection) {
  std::set<std::string> used;
  for (const Json& row : collection["calls"]) used.insert(record_of(row).substr(0, record_of(row).find('/')));
  Json out = Json::array();
  for (const Json& m : collection["months"])
    if (used.contains(m.value("month", ""))) out.push_back(m);
  return out;
}

struct PartReading {
  Carrier& c;
  const Acting& who;
  CollectionPlan plan;
  Direction direction;
};

Result<Json> read_part(PartReading& r, Instant from, Instant until, const std::set<std::string>& without) {
  r.plan.from = from;
  r.plan.until = until;
  desk::RecordService records{r.c};
  WRIT_TRY(collection, gather(r.c, records, r.who, r.plan, "records"));
  WRIT_TRY(calls, narrowed(collection["calls"], r.plan, r.direction));
  collection["calls"] = Json::array();
  for (Json& row : calls)
    if (!without.contains(record_of(row))) collection["calls"].push_back(std::move(row));
  collection["months"] = used_months(collection);
  return collection;
}

// Conflicts of one part with its plan, and with what the direction leaves.
Status compare_part(const Json& part, CollectionPlan plan, Instant from, Instant until, Direction d,
                    std::vector<std::string>& out) {
  plan.from = from;
  plan.until = until;
  const auto found = scope_conflicts(part, plan);
  out.insert(out.end(), found.begin(), found.end());
  if (!found.empty()) return {};
  WRIT_TRY(may, narrowed(part["calls"], plan, d));
  if (may != part["calls"]) out.emplace_back("a call goes the other way than the order says");
  return {};
}

bool is_of(const Json& delivery, const Case& of, const Carrier& c) {
  static const std::set<std::string> known{"schema",    "carrier",    "matter", "window",
                                           "direction", "collection", "late"};
  if (!delivery.is_object() || delivery.size() != known.size()) return false;
  for (const auto& [key, value] : delivery.items())
    if (!known.contains(key)) return false;
  return delivery["schema"] == delivery_schema && delivery["carrier"] == c.roots().carrier &&
         delivery["matter"] == of.matter;
}

Result<std::vector<std::string>> compare_delivery(const Carrier& c, const Case& of, const Json& delivery,
                                                  Direction d) {
  std::vector<std::string> out;
  if (!is_of(delivery, of, c)) return std::vector<std::string>{"it is not a delivery of this matter"};
  const Json& window = of.newest("recheck")->body["window"];
  if (delivery["window"] != window || delivery["direction"] != to_string(d))
    return std::vector<std::string>{"its window or direction is not the one of the recheck"};
  WRIT_TRY(w, window_from_json(window));
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(progress, progress_of(of));
  if (delivery["collection"].is_object() != (w.from < w.until) ||
      delivery["late"].is_object() != (progress.from < w.from))
    return std::vector<std::string>{"a part of it is missing, or one too many"};
  if (delivery["collection"].is_object())
    WRIT_CHECK(compare_part(delivery["collection"], plan, w.from, w.until, d, out));
  if (delivery["late"].is_object())
    WRIT_CHECK(compare_part(delivery["late"], plan, progress.from, w.from, d, out));
  if (!out.empty() || !delivery["late"].is_object()) return out;
  WRIT_TRY(delivered, delivered_records(c, of));
  for (const Json& row : delivery["late"]["calls"])
    if (delivered.contains(record_of(row)))
      out.push_back(fmt::format("call {} was delivered before", record_of(row)));
  return out;
}

}  // namespace

Result<Json> read_delivery(Carrier& c, const Case& of, const Window& w, Direction d, const Acting& who) {
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(progress, progress_of(of));
  WRIT_TRY(delivered, delivered_records(c, of));
  PartReading r{c, who, std::move(plan), d};
  Json out{{"schema", delivery_schema},
           {"carrier", c.roots().carrier},
           {"matter", of.matter},
           {"window", to_json(w)},
           {"direction", to_string(d)},
           {"collection", Json()},
           {"late", Json()}};
  if (w.from < w.until) {
    WRIT_TRY(collection, read_part(r, w.from, w.until, {}));
    out["collection"] = std::move(collection);
  }
  if (progress.from < w.from) {
    WRIT_TRY(late, read_part(r, progress.from, w.from, delivered));
    out["late"] = std::move(late);
  }
  return out;
}

CallCounts count_calls(const Json& delivery) {
  const auto rows = [&](const char* part) {
    return delivery[part].is_object() ? delivery[part]["calls"].size() : 0;
  };
  return {rows("collection"), rows("late")};
}

Result<Json> keep_delivery(const Carrier& c, const std::string& matter, const Json& delivery) {
  std::vector<Table> kept;
  for (const char* part : delivery_parts) {
    const bool is_late = std::string_view(part) == "late";
    if (!delivery[part].is_object() || (is_late && delivery[part]["calls"].empty())) continue;
    for (Table& t : tables(delivery[part]))
      if (t.name == "calls.csv")  // a continuing delivery holds calls only
        kept.push_back({is_late ? "late-calls.csv" : t.name, std::move(t.csv)});
  }
  return keep_enclosures(c, matter, delivery, kept);
}

Result<Json> kept_delivery(const Carrier& c, const Case& of) {
  const desk::CaseAct* extracted = of.newest("extract");
  if (extracted == nullptr)
    return fail(Exit::refused, fmt::format("nothing was extracted for {}", of.matter), "life cycle 7",
                "an extraction", "intake or officer extracts (writ recurring extract)");
  return read_kept_delivery(c, of.matter, extracted->body.value("collection", Json::object()));
}

Result<std::vector<std::string>> delivery_conflicts(Carrier& c, const Case& of, Direction d,
                                                    const Acting& second) {
  WRIT_TRY(delivery, kept_delivery(c, of));
  WRIT_TRY(out, compare_delivery(c, of, delivery, d));
  if (!out.empty()) return out;
  WRIT_TRY(window, window_from_json(delivery["window"]));
  WRIT_TRY(again, read_delivery(c, of, window, d, second));
  for (const char* part : delivery_parts)
    if (delivery[part].is_object()) {
      // What arrived after the extraction is the next delivery's.
      const auto more = reading_conflicts(delivery[part], again[part], Reread::may_hold_more);
      out.insert(out.end(), more.begin(), more.end());
    }
  return out;
}

}  // namespace writ::cases
