// SPDX-License-Identifier: GPL-3.0-or-later
// The collection as tables that any spreadsheet opens, one value a line: subject, item, value, from, until.
#include <fmt/format.h>

#include <algorithm>

#include "base/csv_cell.hh"
#include "cases/collection.hh"

namespace writ::cases {
namespace {

using Cells = std::vector<std::string>;

struct Line {
  std::size_t subject = 0;
  std::string item, value, from, until;
  bool operator==(const Line&) const = default;
};

std::string address_text(const Json& a) {
  return fmt::format("{} {}, {}, {} {}", a.value("building", ""), a.value("street", ""), a.value("city", ""),
                     a.value("state", ""), a.value("zip", ""));
}

std::string value_text(const Json& v) {
  if (v.is_string()) return v.get<std::string>();
  if (v.contains("means"))
    return fmt::format("{} {} {}", v.value("means", ""), v.value("number", ""), v.value("holder", ""));
  if (v.contains("building")) return address_text(v);
  return canonical(v);
}

class Lines {
 public:
  explicit Lines(const Json& collection) {
    for (const Json& a : collection.value("answers", Json::array())) {
      subject_ = a.value("subject", std::size_t{0});
      for (const Json& ask : a.value("asks", Json::array()))
        for (const Json& one : ask["answer"].value("parties", Json::array())) party(one);
      for (const Json& one : a.value("holders", Json::array())) party(one);
    }
  }
  const std::vector<Line>& subscribers() const { return subscribers_; }
  const std::vector<Line>& tenants() const { return tenants_; }

 private:
  void party(const Json& p) {
    subscriber(p);
    if (p.contains("tenant")) tenant(p["tenant"]);
  }
  // Parties of one subject share their subscriber: each value is said once.
  void add(std::vector<Line>& to, const char* item, const std::string& value, const Json& dates) {
    Line line{subject_, item, value, dates.value("from", ""), dates.value("until", "")};
    if (std::find(to.begin(), to.end(), line) == to.end()) to.push_back(std::move(line));
  }
  void dated(std::vector<Line>& to, const Json& of, const char* field, const char* item) {
    for (const Json& row : of.value(field, Json::array()))
      add(to, item, row.contains("value") ? value_text(row["value"]) : "", row);
  }
  void subscriber(const Json& p) {
    if (p.contains("account")) add(subscribers_, "subscriber-number", p.value("account", ""), Json::object());
    dated(subscribers_, p, "names", "subscriber-name");
    dated(subscribers_, p, "addresses", "subscriber-address");
    dated(subscribers_, p, "service", "subscriber-service");
    dated(subscribers_, p, "numbers", "subscriber-number");
    dated(subscribers_, p, "blocks", "subscriber-number");
    dated(subscribers_, p, "payments", "subscriber-payment");
  }
  void tenant(const Json& t) {
    if (t.contains("name")) add(tenants_, "tenant-name", t.value("name", ""), Json::object());
    if (t.contains("service")) add(tenants_, "tenant-service", "", t["service"]);
    if (t.contains("reservation"))
      add(tenants_, "tenant-number", "reservation " + t.value("reservation", ""), Json::object());
    for (const Json& room : t.value("rooms", Json::array())) {
      add(tenants_, "tenant-address", "room " + room.value("room", ""), room);
      for (const Json& e : room.value("extensions", Json::array()))
        add(tenants_, "tenant-number", "extension " + e.get<std::string>(), room);
    }
    dated(tenants_, t, "network_addresses", "tenant-number");
  }

  std::size_t subject_ = 0;
  std::vector<Line> subscribers_, tenants_;
};

std::string lines_csv(const std::vector<Line>& lines) {
  std::string out = csv_line({"subject", "item", "value", "from", "until"});
  for (const Line& l : lines) out += csv_line({std::to_string(l.subject), l.item, l.value, l.from, l.until});
  return out;
}

std::string calls_csv(const Json& calls) {
  static const std::vector<const char*> columns{
      "start",  "answer_ms",   "duration_ms",      "caller",
      "called", "redirecting", "caller_extension", "called_extension",
      "class",  "disposition", "account",          "record"};
  Cells head{"subjects"};
  head.insert(head.end(), columns.begin(), columns.end());
  std::string out = csv_line(head);
  for (const Json& row : calls) {
    Cells cells{""};
    for (const Json& n : row["subjects"])
      cells[0] += (cells[0].empty() ? "" : " ") + std::to_string(n.get<std::size_t>());
    for (const char* c : columns) {
      const auto it = row.find(c);
      cells.push_back(it == row.end() ? "" : it->is_string() ? it->get<std::string>() : it->dump());
    }
    out += csv_line(cells);
  }
  return out;
}

bool names_item(const Json& collection, std::string_view prefix) {
  for (const Json& i : collection.value("items", Json::array()))
    if (i.get_ref<const std::string&>().starts_with(prefix)) return true;
  return false;
}

bool is_calls(std::string_view item) { return item == "subscriber-calls" || item == "tenant-calls"; }

}  // namespace

std::vector<Table> tables(const Json& collection) {
  const Lines lines{collection};
  std::vector<Table> out;
  if (names_item(collection, "subscriber-"))
    out.push_back({"subscribers.csv", lines_csv(lines.subscribers())});
  if (names_item(collection, "tenant-")) out.push_back({"tenants.csv", lines_csv(lines.tenants())});
  for (const Json& i : collection.value("items", Json::array()))
    if (is_calls(i.get_ref<const std::string&>())) {
      out.push_back({"calls.csv", calls_csv(collection["calls"])});
      break;
    }
  return out;
}

bool has_records(const Json& collection, const std::string& item) {
  if (is_calls(item)) return !collection["calls"].empty();
  const Lines lines{collection};
  for (const auto* list : {&lines.subscribers(), &lines.tenants()})
    for (const Line& l : *list)
      if (l.item == item) return true;
  return false;
}

}  // namespace writ::cases
