// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/demand_questions.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/utf8.hh"
#include "base/zone.hh"

namespace writ::cases {
namespace {

using policy::ProcessKind;
using Type = Question::Type;

bool always(const ProcessKind&) { return true; }
bool of_court(const ProcessKind& k) { return k.needs_court; }
bool of_statute(const ProcessKind& k) { return k.needs_statute; }
bool numbered(const ProcessKind& k) { return k.needs_court || k.needs_statute; }
bool dated_return(const ProcessKind& k) { return k.needs_return_date; }
bool releasing(const ProcessKind& k) { return policy::releases(k); }
bool by_hand(const ProcessKind& k) { return k.by_hand; }
bool coordinated(const ProcessKind& k) { return k.needs_coordination; }
bool urgent(const ProcessKind& k) { return k.column == "emergency"; }
bool certified(const ProcessKind& k) { return k.column == "nsl"; }
bool cited(const ProcessKind& k) { return k.authority == "cited"; }
bool backup(const ProcessKind& k) { return k.cycle == "backup-preservation"; }
bool following(const ProcessKind& k) {
  return k.id == "extension" || k.id == "modification" || k.id == "withdrawal" || k.cycle == "recurring";
}

Result<Json> read_time(const std::string& answer, const policy::Policy& p) {
  if (const auto t = parse_rfc3339(answer)) return Json(rfc3339(*t));
  // A day, or a local time: by the carrier's own clock, and only when that reads one instant.
  const auto local = parse_local(answer.size() == 10 ? answer + " 00:00:00" : answer);
  if (!local)
    return fail(Exit::usage, fmt::format("'{}' is not a time", answer), {}, {},
                "write 2026-11-25, 2026-11-25 14:00:00, or 2026-11-25T14:00:00-05:00");
  WRIT_TRY(zone, Zone::find(p.hours.zone));
  const LocalInstants at = zone.instants(*local);
  if (at.second || at.in_gap)
    return fail(Exit::usage,
                fmt::format("the clocks of {} do not read '{}' exactly once", p.hours.zone, answer), {}, {},
                "write it with its offset: 2026-11-01T01:30:00-05:00");
  return Json(rfc3339(at.first));
}

Result<Json> read_flag(const std::string& answer) {
  for (const char* yes : {"y", "yes", "true"})
    if (answer == yes) return Json(true);
  for (const char* no : {"n", "no", "false"})
    if (answer == no) return Json(false);
  return fail(Exit::usage, fmt::format("'{}' is neither yes nor no", answer), {}, {}, "answer yes or no");
}

Result<Json> unknown_word(const std::string& answer, const std::vector<std::string>& words) {
  return fail(Exit::usage, fmt::format("'{}' is not known here", answer), {}, {},
              fmt::format("one of: {}", fmt::join(words, ", ")));
}

Result<Json> read_list(const std::string& answer, const std::vector<std::string>& words) {
  Json out = Json::array();
  for (std::size_t at = 0; at <= answer.size();) {
    const std::size_t end = std::min(answer.find(',', at), answer.size());
    std::string item = answer.substr(at, end - at);
    item.erase(0, item.find_first_not_of(' '));
    while (!item.empty() && item.back() == ' ') item.pop_back();
    at = end + 1;
    if (item.empty()) continue;
    if (std::find(words.begin(), words.end(), item) == words.end()) return unknown_word(item, words);
    out.push_back(item);
  }
  return out;
}

std::vector<std::string> office_ids(const policy::Policy& p) {
  std::vector<std::string> out;
  for (const auto& o : p.offices) out.push_back(o.id);
  return out;
}

}  // namespace

std::string Question::name() const {
  std::string out = pointer.substr(1);
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

std::string Question::help() const {
  switch (type) {
    case Type::flag:
      return "  yes or no";
    case Type::time:
      return "  a day (2026-11-25), a time by the carrier's clock (2026-11-25 14:00:00), or one with offset";
    case Type::word:
      return fmt::format("  one of: {}", fmt::join(words, ", "));
    case Type::list:
      return fmt::format("  some of, with commas: {}", fmt::join(words, ", "));
    case Type::text:
      break;
  }
  return "  as the document has it";
}

Result<Json> Question::parse(const std::string& answer, const policy::Policy& p) const {
  if (!is_utf8(answer)) return fail(Exit::usage, "the answer is not UTF-8", {}, {}, "enter it as UTF-8");
  switch (type) {
    case Type::flag:
      return read_flag(answer);
    case Type::time:
      return read_time(answer, p);
    case Type::list:
      return read_list(answer, words);
    case Type::word:
      if (std::find(words.begin(), words.end(), answer) == words.end()) return unknown_word(answer, words);
      break;
    case Type::text:
      break;
  }
  return Json(answer);
}

Question kind_question(const policy::Policy& p) {
  std::vector<std::string> ids;
  for (const auto& k : p.kinds)
    if (k.cycle != "interception") ids.push_back(k.id);
  return {"/kind", "kind of process", Type::word, std::move(ids), always, true};
}

std::vector<Question> demand_questions(const policy::Policy& p) {
  const auto items = policy::matrix_items(p);
  return {{"/instrument", "number of the instrument", Type::text, {}, numbered},
          {"/issuer", "issuer (judge, clerk, agency)", Type::text, {}, always},
          {"/issuer_title", "title of the issuer"},
          {"/court", "court", Type::text, {}, of_court},
          {"/jurisdiction", "jurisdiction (State in two letters, or US)", Type::text, {}, of_court},
          {"/statute", "statute under which it is issued", Type::text, {}, of_statute},
          {"/authority", "authority cited", Type::text, {}, cited},
          {"/issued", "dated", Type::time, {}, always},
          {"/received", "received (empty: now)", Type::time},
          {"/return_by", "return date", Type::time, {}, dated_return},
          {"/signed", "signed", Type::flag, {}, always},
          {"/requester/name", "requester's name", Type::text, {}, always},
          {"/requester/badge", "badge or identification number", Type::text, {}, always},
          {"/requester/agency", "agency", Type::text, {}, always},
          {"/requester/phone", "telephone", Type::text, {}, always},
          {"/requester/email", "e-mail"},
          {"/requester/return_address", "return address", Type::text, {}, always},
          {"/requester/fax", "return fax"},
          {"/requester/fax_confirmed", "fax confirmed with the officer", Type::flag},
          {"/requester/private", "a private or civil party", Type::flag},
          {"/requester/foreign", "a foreign authority", Type::flag},
          {"/delivery",
           "how it came",
           Type::word,
           {"fax", "mail", "portal", "e-mail", "hand", "walk-in", "service"},
           by_hand},
          {"/delivered_by", "delivered by", Type::text, {}, by_hand},
          {"/office", "through which office", Type::word, office_ids(p), by_hand},
          {"/state_service_needed", "must be served in its State of origin", Type::flag},
          {"/served_in_state", "was served in its State of origin", Type::flag},
          {"/items", "items asked for", Type::list, items, releasing},
          {"/expressly", "items expressly requested", Type::list, items},
          {"/records_from", "records from", Type::time},
          {"/records_until", "records until (not included)", Type::time},
          {"/wording", "what is asked, word for word"},
          {"/asks_release", "asks for release", Type::flag},
          {"/future_data", "asks for records not yet in being", Type::flag},
          {"/of_matter", "earlier matter", Type::text, {}, following},
          {"/underlying_process", "process under 2703(b)(2) that came with it", Type::text, {}, backup},
          {"/nature", "nature of the request", Type::text, {}, urgent},
          {"/circumstances", "circumstances", Type::text, {}, urgent},
          {"/danger_to_person", "immediate danger to a person is stated", Type::flag, {}, urgent},
          {"/designated_official", "designated official"},
          {"/certifier", "certified by", Type::text, {}, certified},
          {"/certifier_rank", "rank of the certifier", Type::text, {}, certified},
          {"/non_disclosure_issuer", "non-disclosure ordered by"},
          {"/non_disclosure_until", "non-disclosure until", Type::time},
          {"/coordinated_before", "coordinated with the carrier before", Type::flag, {}, coordinated},
          {"/cost_agreement", "cost agreed", Type::flag, {}, coordinated}};
}

const std::vector<std::string>& subject_kinds() {
  static const std::vector<std::string> kinds{"number",       "extension",      "account",
                                              "account-name", "street-address", "tenant-name"};
  return kinds;
}

std::vector<SubjectField> subject_fields(std::string_view kind) {
  std::vector<SubjectField> out;
  if (kind != "street-address") out.push_back({"/value", "as the document has it", true});
  if (kind == "extension" || kind == "account-name")
    out.push_back({"/property", "account number of the property"});
  if (kind == "tenant-name") out.push_back({"/subscriber", "name of the subscriber"});
  if (kind == "account-name" || kind == "street-address" || kind == "tenant-name")
    for (const auto& [pointer, label] : {std::pair{"/address/building", "building number"},
                                         {"/address/street", "street"},
                                         {"/address/city", "city"},
                                         {"/address/state", "State"},
                                         {"/address/zip", "ZIP"}})
      out.push_back({pointer, label});
  return out;
}

Json empty_subject() {
  process::Demand d;
  d.subjects.emplace_back();
  return process::to_json(d).at("subjects").at(0);
}

std::string shown(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) return fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ", "));
  return value.get<std::string>();
}

Json empty_like(const Json& value) {
  if (value.is_boolean()) return false;
  return value.is_array() ? Json::array() : Json("");
}

}  // namespace writ::cases
