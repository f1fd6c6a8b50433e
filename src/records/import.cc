// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/json.hh"
#include "base/utf8.hh"
#include "records/csv.hh"
#include "records/records.hh"

namespace writ::records {
namespace {

constexpr std::array<std::string_view, 12> columns = {"account", "subscriber", "street", "city",
                                                      "state",   "zip",        "tenant", "kind",
                                                      "value",   "hosts",      "from",   "until"};
enum Column : std::size_t {
  account,
  subscriber,
  street,
  city,
  state,
  zip,
  tenant,
  kind,
  value,
  hosts,
  from,
  until
};
constexpr std::size_t field_bytes_max = 1024;
constexpr std::size_t problems_max = 1000;

using Cells = std::array<std::string, columns.size()>;
using Order = std::array<std::size_t, columns.size()>;  // column -> position in the file

std::string trimmed(const std::string& s) {
  const auto b = s.find_first_not_of(" \t\r\n");
  return b == std::string::npos ? std::string() : s.substr(b, s.find_last_not_of(" \t\r\n") - b + 1);
}

Result<Order> read_header(CsvReader& in, std::string_view file_name) {
  CsvRow row;
  const bool there = in.next(row) && row.problem.empty();
  const auto bad = [&](const std::string& why) {
    return fail(Exit::usage, fmt::format("{}:1: {}", file_name, why), "RFC 4180 CSV in UTF-8, with a header",
                "the header line", fmt::format("let the first line be {}", fmt::join(columns, ",")));
  };
  if (!there) return bad("no header");
  Order order{};
  std::set<std::string> seen;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto it = std::find_if(row.fields.begin(), row.fields.end(),
                                 [&](const std::string& f) { return trimmed(f) == columns[c]; });
    if (it == row.fields.end()) return bad(fmt::format("no column '{}'", columns[c]));
    order[c] = static_cast<std::size_t>(it - row.fields.begin());
  }
  if (row.fields.size() != columns.size()) return bad("more columns than are known");
  return order;
}

// One row made fit for the store, or the reason (with its cure) why not.
struct Row {
  Holder holder;
  std::string hosts;  // joined, sorted
};

Result<Cells> read_cells(const CsvRow& row, const Order& order) {
  const auto bad = [](const std::string& what, const std::string& cure) {
    return fail(Exit::usage, what, {}, {}, cure);
  };
  if (!row.problem.empty()) return bad(row.problem, "double every quote inside a quoted field, and close it");
  if (row.fields.size() != columns.size())
    return bad(fmt::format("{} fields instead of {}", row.fields.size(), columns.size()),
               "quote fields that hold commas; leave unused fields empty");
  Cells cells;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    cells[c] = trimmed(row.fields[order[c]]);
    if (cells[c].size() > field_bytes_max)
      return bad(fmt::format("'{}' is too long", columns[c]), "shorten it");
    if (!is_utf8(cells[c]))
      return bad(fmt::format("'{}' is not UTF-8", columns[c]), "save the file as CSV UTF-8");
    for (char& ch : cells[c]) {
      if (ch == '\n' || ch == '\r' || ch == '\t')
        ch = ' ';  // an address written over two lines is still one address
      if (static_cast<unsigned char>(ch) < 0x20 || ch == 0x7f)
        return bad(fmt::format("'{}' holds control characters", columns[c]), "remove them");
    }
  }
  return cells;
}

Result<std::string> read_hosts(const std::string& cell, bool needed) {
  std::set<std::string> found;
  for (std::size_t pos = 0; pos < cell.size();) {
    const std::size_t bar = std::min(cell.find('|', pos), cell.size());
    const std::string one = trimmed(cell.substr(pos, bar - pos));
    if (!one.empty()) {
      WRIT_TRY(host, canonical_host(one));
      found.insert(host);
    }
    pos = bar + 1;
  }
  if (needed && found.empty())
    return fail(Exit::usage, "an extension without hosts", {}, {},
                "name the SIP domains or addresses of the property, separated by |");
  return fmt::format("{}", fmt::join(found, "|"));
}

Result<Row> read_row(const CsvRow& csv, const Order& order) {
  WRIT_TRY(c, read_cells(csv, order));
  for (const Column must : {account, subscriber, kind, value, from})
    if (c[must].empty())
      return fail(Exit::usage, fmt::format("'{}' is empty", columns[must]), {}, {},
                  fmt::format("fill in '{}'", columns[must]));
  Row row;
  WRIT_TRY(canonical, canonical_value(c[kind], c[value]));
  WRIT_TRY(joined, read_hosts(c[hosts], c[kind] == "extension"));
  WRIT_TRY(begin, parse_rfc3339(c[from]));
  row.hosts = joined;
  Holder& h = row.holder;
  h.account = c[account], h.subscriber = c[subscriber], h.tenant = c[tenant], h.kind = c[kind],
  h.value = canonical;
  std::string region = c[state];
  if (!c[zip].empty()) region += (region.empty() ? "" : " ") + c[zip];
  for (const std::string& part : {c[street], c[city], region})
    if (!part.empty()) h.address += (h.address.empty() ? "" : ", ") + part;
  h.from = begin;
  if (!c[until].empty()) {
    WRIT_TRY(end, parse_rfc3339(c[until]));
    if (end < begin) return fail(Exit::usage, "'until' is before 'from'", {}, {}, "correct one of them");
    h.until = end;
  }
  return row;
}

class Importer {
 public:
  static Result<Importer> make(store::Database& db, std::string_view source, Instant known_at) {
    WRIT_TRY(
        find,
        db.prepare(
            "SELECT id, subscriber, address, hosts, valid_until, known_from FROM holder WHERE kind = ?1 AND "
            "value = ?2 AND account = ?3 AND tenant = ?4 AND valid_from = ?5 AND known_until IS NULL"));
    WRIT_TRY(end, db.prepare("UPDATE holder SET known_until = ?2 WHERE id = ?1"));
    WRIT_TRY(add,
             db.prepare(
                 "INSERT INTO holder (kind, value, account, tenant, valid_from, subscriber, address, hosts, "
                 "valid_until, known_from, source) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"));
    return Importer(std::move(find), std::move(end), std::move(add), std::string(source), known_at);
  }

  // Errors are of the store or the clock, not of the row.
  Status put(const Row& row, std::size_t line, ImportReport& report) {
    const Holder& h = row.holder;
    const std::string key =
        fmt::format("{}\n{}\n{}\n{}\n{}", h.kind, h.value, h.account, h.tenant, to_ns(h.from));
    const auto [it, first] = lines_.emplace(key, line);
    WRIT_TRY(old, current(h));
    if (old.id != 0 && old.same(row)) {
      ++report.unchanged;
      return {};
    }
    if (!first) {
      note(report, fmt::format("{}:{}: says something else about the same as line {}; next: keep one of them",
                               source_, line, it->second));
      return {};
    }
    if (old.id != 0) {
      if (old.known_from > known_at_)
        return fail(Exit::refused, "records were imported at a later time than the clock shows now",
                    "a clock set back stops activity (I3)", "the right time",
                    "correct the clock of this machine and import again");
      WRIT_CHECK(end_.bind(1, old.id).bind(2, to_ns(known_at_)).run());
    }
    key_binds(add_, h).bind(6, h.subscriber).bind(7, h.address).bind(8, row.hosts);
    h.until ? add_.bind(9, to_ns(*h.until)) : add_.bind_null(9);
    WRIT_CHECK(add_.bind(10, to_ns(known_at_)).bind(11, fmt::format("{}:{}", source_, line)).run());
    ++(old.id != 0 ? report.changed : report.added);
    return {};
  }

  static void note(ImportReport& report, std::string problem) {
    if (report.problems.size() == problems_max)
      problem = "more problems are not listed; next: correct these and import again";
    if (report.problems.size() <= problems_max) report.problems.push_back(std::move(problem));
  }

 private:
  struct Old {
    std::int64_t id = 0;
    std::string subscriber, address, hosts;
    std::optional<Instant> until;
    Instant known_from{};
    bool same(const Row& r) const {
      return subscriber == r.holder.subscriber && address == r.holder.address && hosts == r.hosts &&
             until == r.holder.until;
    }
  };

  Importer(store::Statement find, store::Statement end, store::Statement add, std::string source,
           Instant known_at)
      : find_(std::move(find)),
        end_(std::move(end)),
        add_(std::move(add)),
        source_(std::move(source)),
        known_at_(known_at) {}

  static store::Statement& key_binds(store::Statement& s, const Holder& h) {
    return s.bind(1, h.kind).bind(2, h.value).bind(3, h.account).bind(4, h.tenant).bind(5, to_ns(h.from));
  }

  Result<Old> current(const Holder& h) {
    Old old;
    WRIT_TRY(there, key_binds(find_, h).step());
    if (there) {
      old = {find_.integer(0), find_.text(1), find_.text(2), find_.text(3), {}, from_ns(find_.integer(5))};
      if (!find_.is_null(4)) old.until = from_ns(find_.integer(4));
    }
    find_.reset();
    return old;
  }

  store::Statement find_, end_, add_;
  std::string source_;
  Instant known_at_;
  std::map<std::string, std::size_t> lines_;
};

}  // namespace

Result<ImportReport> RecordBook::import_csv(std::string_view csv, std::string_view file_name,
                                            Instant known_at) {
  CsvReader in(csv);
  WRIT_TRY(order, read_header(in, file_name));
  WRIT_TRY(tx, store::Transaction::begin(*db_));
  ImportReport report;
  {
    WRIT_TRY(importer, Importer::make(*db_, file_name, known_at));
    for (CsvRow line; in.next(line);) {
      ++report.rows;
      const auto row = read_row(line, order);
      if (row) {
        WRIT_CHECK(importer.put(*row, line.line, report));
      } else {
        Importer::note(report, fmt::format("{}:{}: {}; next: {}", file_name, line.line, row.error().what,
                                           row.error().next));
      }
    }
  }
  WRIT_CHECK(tx.commit());
  return report;
}

}  // namespace writ::records
