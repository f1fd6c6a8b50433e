// SPDX-License-Identifier: GPL-3.0-or-later
// A collection compared with what was allowed, by a second reading of its own: which item each field belongs
// to stands here, not in the code that reads the records. An unknown field is a conflict.
#include <fmt/format.h>

#include <algorithm>

#include "cases/collection.hh"
#include "desk/demand_subjects.hh"

namespace writ::cases {
namespace {

struct FieldRule {
  std::string_view group, field;
  std::vector<std::string_view> items;  // one of them
};

const std::vector<FieldRule>& field_rules() {
  static const std::vector<FieldRule> rules{{"party", "account", {"subscriber-number"}},
                                            {"party", "numbers", {"subscriber-number"}},
                                            {"party", "blocks", {"subscriber-number"}},
                                            {"party", "names", {"subscriber-name"}},
                                            {"party", "addresses", {"subscriber-address"}},
                                            {"party", "service", {"subscriber-service"}},
                                            {"party", "payments", {"subscriber-payment"}},
                                            {"tenant", "name", {"tenant-name"}},
                                            {"tenant", "service", {"tenant-service"}},
                                            {"tenant", "reservation", {"tenant-number"}},
                                            {"tenant", "network_addresses", {"tenant-number"}},
                                            {"tenant", "rooms", {"tenant-address", "tenant-number"}},
                                            {"room", "room", {"tenant-address", "tenant-number"}},
                                            {"room", "from", {"tenant-address", "tenant-number"}},
                                            {"room", "until", {"tenant-address", "tenant-number"}},
                                            {"room", "extensions", {"tenant-number"}},
                                            {"call", "account", {"subscriber-number"}}};
  return rules;
}

constexpr std::string_view call_fields[] = {"record",           "subjects",         "start",  "answer_ms",
                                            "duration_ms",      "caller",           "called", "redirecting",
                                            "caller_extension", "called_extension", "class",  "disposition"};

class Comparison {
 public:
  Comparison(const Json& collection, const CollectionPlan& plan) : c_(collection), plan_(plan) {
    for (const auto i : plan.items.records) items_.emplace_back(authority::to_string(i));
  }

  std::vector<std::string> run() {
    try {
      head();
      for (const Json& a : c_.at("answers")) answer(a);
      for (const Json& row : c_.at("calls")) call(row);
    } catch (const Json::exception&) {
      conflict("it is not written as a collection is");
    }
    return std::move(out_);
  }

 private:
  void conflict(std::string what) { out_.push_back(std::move(what)); }
  bool allowed(const std::vector<std::string>& any_of) const {
    return std::any_of(any_of.begin(), any_of.end(), [&](const std::string& i) {
      return std::find(items_.begin(), items_.end(), i) != items_.end();
    });
  }

  // Nothing travels beside what is compared.
  void only(const Json& object, std::initializer_list<std::string_view> known, const std::string& where) {
    for (const auto& [key, value] : object.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        conflict(fmt::format("{}: nobody knows the field '{}'", where, key));
  }

  void head() {
    only(c_,
         {"schema", "carrier", "matter", "period", "items", "not_kept", "sources", "answers", "calls",
          "months", "retention"},
         "the collection");
    only(c_.at("retention"),
         {"calls_before", "accounts_ended_before", "destroyed_months", "preservation_over"}, "retention");
    for (const Json& m : c_.at("months")) only(m, {"month", "size", "root", "entry"}, "months");
    if (!c_.at("sources").is_array()) conflict("its sources are none");
    if (c_.at("schema") != "writ.collection/1" || c_.at("matter") != plan_.matter)
      conflict("it is not a collection of this matter");
    if (c_.at("items") != Json(items_)) conflict("its items are not the permitted ones");
    if (c_.at("not_kept") != Json(plan_.items.not_kept))
      conflict("what it says is not kept is not what was permitted");
    if (c_.at("period") != Json{{"from", rfc3339(plan_.from)}, {"until", rfc3339(plan_.until)}})
      conflict("its period is not the one that counsel signed");
  }

  // Every field of `object` belongs to a permitted item.
  void fields(const Json& object, std::string_view group, const std::string& where) {
    for (const auto& [key, value] : object.items()) {
      if (group == "party" && key == "tenant") continue;
      const auto items = items_of_field(group, key);
      if (items.empty())
        conflict(fmt::format("{}: nobody knows the field '{}'", where, key));
      else if (!allowed(items))
        conflict(fmt::format("{}: '{}' needs the item {}", where, key, fmt::join(items, " or ")));
      if (value.is_array() && key != "extensions")
        for (const Json& row : value) in_period(row, where + ": " + key);
    }
  }

  void in_period(const Json& row, const std::string& where) {
    if (!row.is_object()) return;
    const auto end = [&](const char* key, Instant open) -> Result<Instant> {
      return row.contains(key) ? parse_rfc3339(row.value(key, "")) : open;
    };
    const auto from = end("from", Instant::min());
    const auto until = end("until", Instant::max());
    if (!from || !until || *from >= plan_.until || *until < plan_.from)
      conflict(where + ": a row outside of the period");
  }

  bool is_subject(const Json& n) const {
    return n.is_number_unsigned() && n.get<std::size_t>() >= 1 &&
           n.get<std::size_t>() <= plan_.subjects.size();
  }

  void answer(const Json& a) {
    if (!is_subject(a.at("subject"))) return conflict("an answer about nobody whom the document names");
    const std::string where = fmt::format("subject {}", a.at("subject").get<std::size_t>());
    only(a, {"subject", "source", "asks", "holders"}, where);
    for (const Json& ask : a.at("asks")) {
      only(ask, {"by", "answer"}, where);
      only(ask.at("answer"), {"outcome", "parties", "needs", "rule", "text"}, where);
      for (const Json& one : ask.at("answer").at("parties")) party(one, where);
    }
    for (const Json& one : a.value("holders", Json::array())) party(one, where);
  }

  void party(const Json& p, const std::string& where) {
    fields(p, "party", where);
    const Json tenant = p.value("tenant", Json::object());
    fields(tenant, "tenant", where);
    if (tenant.contains("service")) in_period(tenant["service"], where + ": service");
    for (const Json& room : tenant.value("rooms", Json::array())) fields(room, "room", where);
  }

  void call(const Json& row) {
    const std::string where = "call " + row.at("record").get<std::string>();
    if (!allowed({"subscriber-calls", "tenant-calls"})) conflict(where + ": calls are not permitted");
    for (const auto& [key, value] : row.items()) {
      if (std::find(std::begin(call_fields), std::end(call_fields), key) != std::end(call_fields)) continue;
      if (const auto items = items_of_field("call", key); items.empty() || !allowed(items))
        conflict(fmt::format("{}: '{}' is not permitted", where, key));
    }
    const auto start = parse_rfc3339(row.at("start").get<std::string>());
    if (!start || *start < plan_.from || *start >= plan_.until)
      conflict(where + ": it began outside of the period");
    if (row.at("subjects").empty()) conflict(where + ": it is of nobody");
    for (const Json& n : row.at("subjects"))
      if (!is_subject(n) || !concerns(row, plan_.subjects[n.get<std::size_t>() - 1]))
        conflict(where + ": it does not concern whom the document names");
  }

  // What the row itself shows; whose room or account it was, the second reading of the records tells.
  static bool concerns(const Json& row, const process::DemandSubject& s) {
    if (s.kind != "number" && s.kind != "extension") return true;
    const auto subject = desk::scope_subject(s);
    if (!subject) return false;
    for (const char* party : {"caller", "called", "redirecting", "caller_extension", "called_extension"})
      if (row.value(party, "") == subject->value) return true;
    return false;
  }

  const Json& c_;
  const CollectionPlan& plan_;
  std::vector<std::string> items_, out_;
};

std::map<std::string, Json> by_record(const Json& calls) {
  std::map<std::string, Json> out;
  for (const Json& row : calls) out[row.value("record", "")] = row;
  return out;
}

bool has_row(const Json& list, const Json& x) { return std::find(list.begin(), list.end(), x) != list.end(); }

std::vector<std::string> compare_readings(const Json& collection, const Json& reread, Reread how) {
  std::vector<std::string> out;
  const auto mine = by_record(collection.at("calls")), theirs = by_record(reread.at("calls"));
  for (const auto& [record, row] : mine)
    if (const auto it = theirs.find(record); it == theirs.end() || it->second != row)
      out.push_back(fmt::format("call {} is not what the records say", record));
  const auto say = [&](const Json& answer, const char* what) {
    out.push_back(
        fmt::format("the answer about subject {} {}", answer.value("subject", std::size_t{0}), what));
  };
  for (const Json& answer : collection.at("answers"))
    if (!has_row(reread.at("answers"), answer)) say(answer, "is not what the records say");
  if (how == Reread::may_hold_more) return out;
  for (const auto& [record, row] : theirs)
    if (!mine.contains(record))
      out.push_back(fmt::format("call {} is in the records and not in the collection", record));
  for (const Json& answer : reread.at("answers"))
    if (!has_row(collection.at("answers"), answer)) say(answer, "is not in the collection");
  return out;
}

}  // namespace

std::vector<std::string> items_of_field(std::string_view group, std::string_view field) {
  for (const FieldRule& r : field_rules())
    if (r.group == group && r.field == field) return {r.items.begin(), r.items.end()};
  return {};
}

std::vector<std::string> scope_conflicts(const Json& collection, const CollectionPlan& plan) {
  return Comparison{collection, plan}.run();
}

std::vector<std::string> reading_conflicts(const Json& collection, const Json& reread, Reread how) {
  try {
    return compare_readings(collection, reread, how);
  } catch (const Json::exception&) {  // an altered file need not be one
    return {"it is not written as a collection is"};
  }
}

}  // namespace writ::cases
