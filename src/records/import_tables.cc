// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/import_tables.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/zone.hh"

namespace writ::records {
namespace {

using As = Column::As;

const std::vector<Table>& tables() {
  static const Column account{"account", As::account, true}, tenant{"tenant"}, hosts{"hosts", As::hosts},
      trunk{"trunk", As::yes_no};
  static const std::vector<Table> all = {
      {"accounts", FactKind::account, {account, {"name", As::text, true}, {"class"}, {"zone"}}},
      {"addresses",
       FactKind::address,
       {account, {"building"}, {"street", As::text, true}, {"city", As::text, true}, {"state"}, {"zip"}}},
      {"numbers",
       FactKind::number,
       {account, {"number", As::key, true}, {"extension"}, tenant, hosts, trunk}},
      {"blocks", FactKind::block, {account, {"first", As::key, true}, {"last", As::text, true}}},
      {"ports",
       FactKind::port,
       {account, {"number", As::key, true}, {"direction", As::text, true}, {"carrier"}},
       true},
      {"extensions",
       FactKind::extension,
       {account, {"extension", As::key, true}, {"room"}, tenant, hosts, trunk}},
      {"uris", FactKind::uri, {account, {"uri", As::key, true}, tenant, hosts, trunk}},
      {"stays",
       FactKind::stay,
       {account,
        {"reservation", As::key, true},
        {"room", As::text, true},
        {"name"},
        {"kind"},
        {"sharer", As::yes_no}}},
      {"network-addresses",
       FactKind::network_address,
       {account, {"ip", As::key, true}, {"stay"}, {"extension"}, {"mac"}}},
      {"registrations",
       FactKind::registration,
       {account, {"device", As::key, true}, {"contact"}, {"user_agent"}, {"instance"}}},
      {"payments",
       FactKind::payment,
       {account, {"means", As::text, true}, {"payment_number", As::text, false, "number"}, {"holder"}}},
      {"balances", FactKind::balance, {account, {"cents", As::cents, true}, {"currency"}}},
  };
  return all;
}

bool fits(const Table& t, const std::set<std::string>& header) {
  std::set<std::string> known;
  for (const Column& c : t.columns) {
    if (c.required && !header.contains(c.name)) return false;
    known.insert(c.name);
  }
  const std::string begin = t.instant ? "at" : "from";
  if (header.contains(begin) == header.contains(begin + "_local")) return false;
  known.insert(begin);
  known.insert(begin + "_local");
  if (!t.instant) {
    if (header.contains("until") && header.contains("until_local")) return false;
    known.insert("until");
    known.insert("until_local");
  }
  return std::includes(known.begin(), known.end(), header.begin(), header.end());
}

Json split_hosts(const std::string& cell) {
  Json out = Json::array();
  for (std::size_t pos = 0; pos < cell.size();) {
    const std::size_t bar = std::min(cell.find('|', pos), cell.size());
    const std::string one = trimmed(cell.substr(pos, bar - pos));
    if (!one.empty()) out.push_back(one);
    pos = bar + 1;
  }
  return out;
}

Result<Json> read_cell(const Column& c, const std::string& cell) {
  switch (c.as) {
    case As::hosts:
      return split_hosts(cell);
    case As::yes_no:
      if (cell == "yes" || cell == "true" || cell == "1") return Json(true);
      if (cell.empty() || cell == "no" || cell == "false" || cell == "0") return Json(false);
      return bad_row(fmt::format("'{}' says '{}'", c.name, cell), "write yes or no");
    case As::cents: {
      std::int64_t v = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), v);
      if (error != std::errc() || end != cell.data() + cell.size())
        return bad_row(fmt::format("'{}' is not a number of cents", cell), "write 12500 for 125.00");
      return Json(v);
    }
    default:
      return Json(cell);
  }
}

// A clock on the wall reads some times twice and some never: then the line must say which instant it means.
Result<Instant> read_local(const std::string& cell, const std::string& account, const ZoneOf& zone_of) {
  WRIT_TRY(local, parse_local(cell));
  WRIT_TRY(name, zone_of(account));
  WRIT_TRY(zone, Zone::find(name));
  const LocalInstants t = zone.instants(local);
  if (t.in_gap)
    return bad_row(fmt::format("{} was never shown by the clocks of {}: they were set forward", cell, name),
                   fmt::format("correct it; the clocks jumped at {}", rfc3339_seconds(t.first)));
  if (t.second)
    return bad_row(fmt::format("{} was shown twice by the clocks of {}: they were set back", cell, name),
                   fmt::format("say which, in a column without _local: {} or {}", rfc3339_seconds(t.first),
                               rfc3339_seconds(*t.second)));
  return t.first;
}

Result<std::optional<Instant>> read_time(const Cells& cells, const std::string& column,
                                         const std::string& account, const ZoneOf& zone_of) {
  if (const auto it = cells.find(column); it != cells.end() && !it->second.empty()) {
    WRIT_TRY(t, parse_rfc3339(it->second));
    return std::optional(t);
  }
  if (const auto it = cells.find(column + "_local"); it != cells.end() && !it->second.empty()) {
    WRIT_TRY(t, read_local(it->second, account, zone_of));
    return std::optional(t);
  }
  return std::optional<Instant>();
}

Result<Period> read_period(const Cells& cells, bool instant, const std::string& account,
                           const ZoneOf& zone_of) {
  const std::string begin = instant ? "at" : "from";
  Period p;
  WRIT_TRY(from, read_time(cells, begin, account, zone_of));
  if (!from) return bad_row(fmt::format("'{}' is empty", begin), fmt::format("fill in '{}'", begin));
  p.from = *from;
  if (instant) return p;
  WRIT_TRY(until, read_time(cells, "until", account, zone_of));
  p.until = until;
  if (p.until && *p.until < p.from) return bad_row("'until' is before 'from'", "correct one of them");
  return p;
}

Status must(const Cells& cells, const char* column) {
  const auto it = cells.find(column);
  if (it != cells.end() && !it->second.empty()) return {};
  return bad_row(fmt::format("'{}' is empty", column), fmt::format("fill in '{}'", column));
}

// "12 Pier Street": the building's number stands first, or is not told.
void split_street(const std::string& line, Json& address) {
  const auto space = line.find(' ');
  const bool numbered = !line.empty() && line[0] >= '0' && line[0] <= '9' && space != std::string::npos;
  address["building"] = numbered ? line.substr(0, space) : "";
  address["street"] = numbered ? trimmed(line.substr(space)) : line;
}

}  // namespace

std::string trimmed(const std::string& cell) {
  const auto b = cell.find_first_not_of(" \t\r\n");
  return b == std::string::npos ? std::string() : cell.substr(b, cell.find_last_not_of(" \t\r\n") - b + 1);
}

Result<const Table*> table_of(const std::set<std::string>& header) {
  const std::set<std::string> combined(combined_columns.begin(), combined_columns.end());
  std::set<std::string> plain = header;
  plain.erase("trunk");
  if (plain == combined) return static_cast<const Table*>(nullptr);
  for (const Table& t : tables())
    if (fits(t, header)) return &t;
  std::set<std::string> missing;  // one common mistake is told by name
  std::set_difference(combined.begin(), combined.end(), header.begin(), header.end(),
                      std::inserter(missing, missing.end()));
  if (missing.size() <= 3)
    return bad_row(missing.empty() ? "more columns than are known"
                                   : fmt::format("no column '{}'", fmt::join(missing, "', '")),
                   fmt::format("let the first line be {}", fmt::join(combined_columns, ",")));
  return bad_row("the columns fit no kind of records file",
                 "write one of the headers in docs/records-csv.md, with commas, as CSV UTF-8");
}

Result<Fact> read_fact(const Table& table, const Cells& cells, const ZoneOf& zone_of) {
  Fact f;
  f.kind = table.kind;
  for (const Column& c : table.columns) {
    const auto it = cells.find(c.name);
    if (c.required) WRIT_CHECK(must(cells, c.name));
    if (it == cells.end()) continue;
    if (c.as == As::account) {
      f.account = it->second;
    } else if (c.as == As::key) {
      f.key = it->second;
    } else {
      WRIT_TRY(value, read_cell(c, it->second));
      f.body[c.slot != nullptr ? c.slot : c.name] = std::move(value);
    }
  }
  WRIT_TRY(valid, read_period(cells, table.instant, f.account, zone_of));
  f.valid = valid;
  return f;
}

Result<CombinedRow> read_combined(const Cells& cells, const ZoneOf& zone_of) {
  for (const char* column : {"account", "subscriber", "kind", "value", "from"})
    WRIT_CHECK(must(cells, column));
  CombinedRow row;
  row.subscriber = cells.at("subscriber");
  Fact& f = row.holding;
  const std::string& kind = cells.at("kind");
  WRIT_TRY(value, canonical_value(kind, cells.at("value")));
  WRIT_TRY(fact_kind, parse_fact_kind(kind));
  f.kind = fact_kind, f.account = cells.at("account"), f.key = value;
  const std::string& tenant = cells.at("tenant");
  f.body = Json{{"tenant", tenant}, {"hosts", split_hosts(cells.at("hosts"))}};
  if (const auto trunk = cells.find("trunk"); trunk != cells.end()) {
    WRIT_TRY(shared, read_cell({"trunk", As::yes_no}, trunk->second));
    f.body["trunk"] = shared;
  }
  if (kind == "extension") {
    if (f.body.at("hosts").empty())
      return bad_row("an extension without hosts",
                     "name the SIP domains or addresses of the property, separated by |");
    // "Room 7" is a room, not a person: its tenants come from the stays. An extension that names nobody
    // is the room's of its own number: an end too many suspends, an end too few records the next guest.
    f.body["room"] = "";
    if (tenant.starts_with("Room ")) f.body["room"] = trimmed(tenant.substr(5)), f.body["tenant"] = "";
    if (tenant.empty()) f.body["room"] = value;
  }
  WRIT_TRY(valid, read_period(cells, false, f.account, zone_of));
  f.valid = valid;
  if (cells.at("street") + cells.at("city") + cells.at("state") + cells.at("zip") != "") {
    row.address = Json{{"city", cells.at("city")}, {"state", cells.at("state")}, {"zip", cells.at("zip")}};
    split_street(cells.at("street"), row.address);
  }
  return row;
}

}  // namespace writ::records
