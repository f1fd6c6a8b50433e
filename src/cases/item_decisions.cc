// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/item_decisions.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::cases {
namespace {

constexpr const char* decision_rule = "an item is released when the carrier's profile AND the law permit it";

bool has(const std::vector<std::string>& list, const std::string& s) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

std::string title_of(const policy::Policy& p, const std::string& item) {
  for (const auto* matrix : {&p.plan_matrix, &p.law_matrix})
    for (const policy::MatrixRow& r : *matrix)
      if (r.item == item && !r.title.empty()) return r.title;
  return item;
}

Result<const policy::ProcessKind*> releasing_kind(const policy::Policy& p, const process::Demand& d) {
  const policy::ProcessKind* kind = policy::process_kind(p, d.kind);
  if (kind == nullptr)
    return fail(Exit::refused, fmt::format("the policy knows no process '{}'", d.kind), decision_rule,
                "a kind of process that the policy lists", "writ policy show prints them");
  if (!policy::releases(*kind))
    return fail(Exit::refused, fmt::format("a {} releases nothing", kind->title), kind->citation,
                "valid process for the release (S26)", "the agency serves a subpoena, order or warrant");
  return kind;
}

policy::Situation situation_of(const process::Demand& d, const std::string& item, const CounselWord& word) {
  return {has(d.expressly, item), !d.statute.empty() && !word.statute.empty(), word.silent.contains(item)};
}

ItemDecision decide_one(const policy::Policy& p, const policy::ProcessKind& kind, const process::Demand& d,
                        const std::string& item, const CounselWord& word) {
  const policy::Situation s = situation_of(d, item, word);
  const policy::Decision x = policy::decide(p, item, kind, s);
  ItemDecision out{item,
                   title_of(p, item),
                   x.verdict == policy::Verdict::permit,
                   policy::to_string(x.plan),
                   policy::to_string(x.law),
                   x.rule,
                   x.fact,
                   x.cure,
                   ""};
  if (kind.by_order) out.rule += fmt::format(" ({})", d.instrument);
  if (s.counsel_approved) out.reason = word.silent.at(item);
  if (x.verdict == policy::Verdict::needs_counsel && out.fact.empty())
    out.fact = "the matrix is silent, and counsel has not approved this item";
  return out;
}

}  // namespace

Json to_json(const ItemDecision& d) {
  Json j{{"item", d.item}, {"title", d.title}, {"verdict", d.permitted ? "permit" : "refuse"},
         {"plan", d.plan}, {"law", d.law},     {"rule", d.rule}};
  if (!d.permitted) {
    j["fact"] = d.fact;
    j["cure"] = d.cure;
  }
  if (!d.reason.empty()) j["reason"] = d.reason;
  return j;
}

Json to_json(const std::vector<ItemDecision>& all) {
  Json out = Json::array();
  for (const ItemDecision& d : all) out.push_back(to_json(d));
  return out;
}

Result<std::vector<ItemDecision>> decide_items(const policy::Policy& p, const process::Demand& d,
                                               const CounselWord& word) {
  WRIT_TRY(kind, releasing_kind(p, d));
  std::vector<std::string> items;
  for (const std::string& i : d.items)
    if (!has(items, i)) items.push_back(i);
  if (items.empty())
    return fail(Exit::refused, "the document asks for no item", "S38: nothing is assumed",
                "exactly what is wanted", "return it for correction (writ request return)");
  if (kind->by_order && d.instrument.empty())
    return fail(Exit::refused, "the order bears no number that counsel could cite", kind->citation,
                "the number of the order", "file it anew with `instrument`");
  for (const auto& [item, reason] : word.silent) {
    if (reason.empty() || !has(items, item))
      return fail(Exit::refused,
                  fmt::format("counsel's word on {} has no reason, or nobody asks for it", item),
                  decision_rule, "an item of the document, with the reason",
                  "name only what is asked for, each with why");
    policy::Situation unsaid = situation_of(d, item, word);
    unsaid.counsel_approved = false;
    const auto without = policy::decide(p, item, *kind, unsaid);
    if (without.verdict != policy::Verdict::needs_counsel)
      return fail(Exit::refused, fmt::format("the matrix is not silent on {}", item), without.rule,
                  "a silent cell", "leave the item out: counsel decides where the matrix is silent only");
  }
  std::vector<ItemDecision> out;
  for (const std::string& i : items) out.push_back(decide_one(p, *kind, d, i, word));
  return out;
}

PermittedItems permitted(const std::vector<ItemDecision>& decisions) {
  PermittedItems out;
  for (const ItemDecision& d : decisions) {
    if (!d.permitted) continue;
    if (const auto item = authority::parse_record_item(d.item))
      out.records.push_back(*item);
    else
      out.not_kept.push_back(d.item);
  }
  std::sort(out.records.begin(), out.records.end());
  return out;
}

}  // namespace writ::cases
