// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/page_values.hh"

#include <fmt/format.h>

#include <set>

#include "base/zone.hh"
#include "process/demand.hh"

namespace writ::cases {
namespace {

const std::set<std::string> interception_kinds = {"wiretap", "pen-register", "trap-and-trace", "pen-trap"};
const std::set<std::string> end_days = {"records_until",
                                        "non_disclosure_until"};  // half open: to the next midnight
const std::set<std::string> days = {"issued",       "received",      "return_by",
                                    "records_from", "records_until", "non_disclosure_until"};

tl::unexpected<Error> unfit(const std::string& field, const std::string& value, const std::string& cure) {
  return fail(Exit::usage, fmt::format("{}: '{}' does not fit", field, value),
              "a process file holds exactly the fields that docs/process-file.md describes",
              "a value of the field's form", cure);
}

// A day, a day with an hour, or an instant. A day without an hour is its beginning, for a return date the end
// of the carrier's own hours.
Result<std::string> instant_text(const std::string& field, const std::string& value,
                                 const policy::Hours& hours) {
  if (const auto t = parse_rfc3339(value)) return rfc3339(*t);
  WRIT_TRY(zone, Zone::find(hours.zone));
  std::string local = value;
  if (value.size() == 10) local += "T" + (field == "return_by" ? hours.closes : std::string("00:00"));
  if (local.size() == 16) local += ":00";
  const auto read = parse_local(local);
  if (!read)
    return unfit(field, value,
                 fmt::format("write --set {}=YYYY-MM-DD, or YYYY-MM-DDTHH:MM in {}", field, hours.zone));
  auto at = *read;
  if (value.size() == 10 && end_days.contains(field)) at += std::chrono::days{1};
  const LocalInstants i = zone.instants(at);
  if (i.in_gap || i.second)
    return unfit(
        field, value,
        "the clocks were set at that hour: write the instant with its offset, 2026-03-08T02:30:00-05:00");
  return rfc3339(i.first);
}

Result<bool> flag(const std::string& field, const std::string& value) {
  if (value == "yes") return true;
  if (value == "no") return false;
  return unfit(field, value, fmt::format("write --set {}=yes or no", field));
}

Result<Json> subject_of(const std::string& field, const std::string& value) {
  const std::size_t space = value.find(' ');
  if (space == std::string::npos || space + 1 >= value.size())
    return unfit(
        field, value,
        "write the kind, a space, and the value: \"number +14045550142\" (docs/scan.md has all kinds)");
  Json s{{"kind", value.substr(0, space)}};
  std::string rest = value.substr(space + 1);
  if (s["kind"] != "street-address") {
    s["value"] = rest;
    return s;
  }
  Json address;
  for (const char* part : {"building", "street", "city", "state", "zip"}) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    address[part] = rest.substr(0, bar);
    rest.erase(0, std::min(bar + 1, rest.size()));
  }
  s["address"] = address;
  return s;
}

// Writes `value` where the template has a field of that name, in the template's own type.
Status put(Json& file, const std::string& field, const std::string& value, const policy::Hours& hours) {
  const std::size_t dot = field.find('.');
  const std::string head = field.substr(0, dot), tail = dot == std::string::npos ? "" : field.substr(dot + 1);
  const auto none = [&] {
    return unfit(field, value, "docs/scan.md names the fields; leave out what is none");
  };
  if (field == "pages") return {};  // of the paper, not of what it asks
  if (head == "items" || head == "expressly") {
    WRIT_TRY(wanted, flag(field, value));
    if (wanted) file[head].push_back(tail);
    return {};
  }
  if (head == "subjects") {
    WRIT_TRY(subject, subject_of(field, value));
    file[head].push_back(subject);
    return {};
  }
  if (days.contains(field)) {
    WRIT_TRY(text, instant_text(field, value, hours));
    file[field] = text;
    return {};
  }
  Json* place = &file;
  if (!tail.empty()) {
    if (head != "requester") return none();
    place = &file["requester"];
  }
  const std::string& key = tail.empty() ? head : tail;
  const auto it = place->find(key);
  if (it == place->end() || key == "schema" || key == "document_sha256" || key == "read_from") return none();
  if (it->is_boolean()) {
    WRIT_TRY(is, flag(field, value));
    *it = is;
  } else if (it->is_string()) {
    *it = value;
  } else {
    return none();
  }
  return {};
}

// The part of a demand that an order of an interception states too; the rest of docs/order-file.md is added
// by hand, and the checks of its filing say what lacks.
Result<Json> order_of(const process::Demand& d) {
  process::Request r;
  r.kind = d.kind;
  r.instrument = d.instrument;
  r.court = d.court;
  r.judge = d.issuer;
  r.issued = d.issued;
  r.is_signed = d.is_signed;
  r.officer = {d.requester.name,           d.requester.badge, d.requester.agency,       d.requester.phone,
               d.requester.return_address, d.requester.fax,   d.requester.fax_confirmed};
  r.start = d.records_from;
  r.end = d.records_until;
  for (const process::DemandSubject& s : d.subjects)
    if (s.kind == "number" || s.kind == "extension") r.targets.push_back({s.kind, s.value, s.property});
  return process::to_json(r);
}

}  // namespace

Result<Json> process_file_of(const PageValues& values, const policy::Hours& hours,
                             const std::string& read_from) {
  Json file = process::to_json(process::Demand{});
  for (const auto& [field, value] : values) WRIT_CHECK(put(file, field, value, hours));
  WRIT_TRY(d, process::demand_from_json(file));
  if (interception_kinds.contains(d.kind)) return order_of(d);
  d.read_from = read_from;
  return process::to_json(d);
}

}  // namespace writ::cases
