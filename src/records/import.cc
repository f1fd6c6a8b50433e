// SPDX-License-Identifier: GPL-3.0-or-later
// Records files: RFC 4180 CSV whose header says which kind it is. A line either goes in whole or is a problem
// with its number and its cure. The combined file is read twice: what it says of a property's name and
// address is settled first (its first word stands), so that the order of its lines does not matter.
#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hh"
#include "records/fact_writer.hh"
#include "records/import_tables.hh"

namespace writ::records {
namespace {

constexpr std::size_t field_bytes_max = 1024;
constexpr std::size_t problems_max = 1000;

struct Layout {
  const Table* table = nullptr;  // null: the combined file
  std::vector<std::string> columns;
};

Result<Layout> read_header(CsvReader& in, std::string_view file_name) {
  const auto refused = [&](const std::string& why, const std::string& cure) {
    return fail(Exit::usage, fmt::format("{}:1: {}", file_name, why), "RFC 4180 CSV in UTF-8, with a header",
                "the header line", cure);
  };
  CsvRow row;
  if (!in.next(row) || !row.problem.empty())
    return refused("no header", "let the first line be one of the headers in docs/records-csv.md");
  Layout out;
  std::set<std::string> seen;
  for (const std::string& f : row.fields) {
    const std::string name = trimmed(f);
    if (!is_utf8(name) || name.find('\0') != std::string::npos)
      return refused("the header is not UTF-8", "save the file as CSV UTF-8");
    if (!seen.insert(name).second) return refused(fmt::format("two columns '{}'", name), "leave one out");
    out.columns.push_back(name);
  }
  const auto table = table_of(seen);
  if (!table) return refused(table.error().what, table.error().next);
  out.table = *table;
  return out;
}

Result<Cells> read_cells(const CsvRow& row, const Layout& layout) {
  if (!row.problem.empty())
    return bad_row(row.problem, "double every quote inside a quoted field, and close it");
  if (row.fields.size() != layout.columns.size())
    return bad_row(fmt::format("{} fields instead of {}", row.fields.size(), layout.columns.size()),
                   "quote fields that hold commas; leave unused fields empty; was the file cut off?");
  Cells cells;
  for (std::size_t c = 0; c < row.fields.size(); ++c) {
    const std::string& name = layout.columns[c];
    std::string cell = trimmed(row.fields[c]);
    if (cell.size() > field_bytes_max) return bad_row(fmt::format("'{}' is too long", name), "shorten it");
    if (!is_utf8(cell)) return bad_row(fmt::format("'{}' is not UTF-8", name), "save the file as CSV UTF-8");
    for (char& ch : cell) {
      if (ch == '\n' || ch == '\r' || ch == '\t') ch = ' ';  // an address over two lines is one address
      if (static_cast<unsigned char>(ch) < 0x20 || ch == 0x7f)
        return bad_row(fmt::format("'{}' holds control characters", name), "remove them");
    }
    cells.emplace(name, std::move(cell));
  }
  return cells;
}

struct Claim {  // what a combined file says of a property
  std::string name;
  Json address;
  std::size_t name_line = 0, address_line = 0;
  Instant from{};
  Catalogue::Put done = Catalogue::Put::unchanged;
};

class Importer {
 public:
  Importer(store::Database& db, FactWriter& writer, std::string_view file, ImportReport& report)
      : db_(&db), writer_(&writer), file_(file), report_(&report) {}

  Status run(std::string_view csv) {
    CsvReader head(csv);
    WRIT_TRY(layout, read_header(head, file_));
    layout_ = std::move(layout);
    if (layout_.table == nullptr) {
      CsvReader claims = head;
      for (CsvRow line; claims.next(line);) collect(line);
      for (auto& [account, claim] : claims_) WRIT_CHECK(settle(account, claim));
    }
    for (CsvRow line; head.next(line);) {
      ++report_->rows;
      WRIT_CHECK(take(line));
    }
    return {};
  }

 private:
  static std::string account_of(const Fact& f) { return name_as_written(f.account).value_or(""); }

  void note(std::size_t line, const Error& e) {
    if (report_->problems.size() > problems_max) return;
    report_->problems.push_back(report_->problems.size() == problems_max
                                    ? "more problems are not listed; next: correct these and import again"
                                    : fmt::format("{}:{}: {}; next: {}", file_, line, e.what, e.next));
  }

  ZoneOf zones() {
    return [this](const std::string& account) -> Result<std::string> {
      if (const auto it = zones_.find(account); it != zones_.end()) return it->second;
      WRIT_TRY(all, Select().kind(FactKind::account).account(account).within(*db_, {}));
      std::string zone;
      for (const FactVersion& v : all)
        if (const auto said = v.fact.body.value("zone", ""); !said.empty()) zone = said;
      if (zone.empty())
        return bad_row(fmt::format("the zone of account {} is not known", account),
                       "import its account with a zone first, or write the time with its offset in a column "
                       "without _local");
      return zones_.emplace(account, zone).first->second;
    };
  }

  Result<CombinedRow> combined(const CsvRow& line) {
    WRIT_TRY(cells, read_cells(line, layout_));
    WRIT_TRY(row, read_combined(cells, zones()));
    WRIT_CHECK(canonical_fact(row.holding).map([](const FactRow&) {}));
    return row;
  }

  void collect(const CsvRow& line) {
    const auto row = combined(line);
    if (!row) return;
    auto [it, first] = claims_.try_emplace(account_of(row->holding));
    Claim& c = it->second;
    if (first) c.name = row->subscriber, c.name_line = line.line, c.from = row->holding.valid.from;
    if (c.address.is_null() && !row->address.is_null()) c.address = row->address, c.address_line = line.line;
    c.from = std::min(c.from, row->holding.valid.from);
  }

  // The property is known from its first holding on; a name or address that differs corrects the last one.
  Status settle_fact(const std::string& account, FactKind kind, const Json& said, Claim& claim) {
    WRIT_TRY(known, Select().kind(kind).account(account).within(*db_, {}));
    Fact f{kind, account, "", said, {claim.from, {}}};
    Catalogue::Put done = Catalogue::Put::unchanged;
    if (!known.empty()) {
      Fact last = known.back().fact;
      last.body.update(said);
      WRIT_TRY(put, writer_->put(last));
      done = put;
      const Fact first = known.size() == 1 ? last : known.front().fact;
      if (first.valid.from <= claim.from) {
        if (done != Catalogue::Put::unchanged) claim.done = done;
        return {};
      }
      Fact never = first;
      never.valid.until = never.valid.from;
      WRIT_CHECK(writer_->put(never).map([](Catalogue::Put) {}));
      f.body = first.body;
      f.valid.until = first.valid.until;
    }
    WRIT_TRY(put, writer_->put(f));
    if (claim.done == Catalogue::Put::unchanged) claim.done = known.empty() ? put : Catalogue::Put::changed;
    return {};
  }

  Status settle(const std::string& account, Claim& c) {
    writer_->source(fmt::format("{}:{}", file_, c.name_line));
    WRIT_CHECK(settle_fact(account, FactKind::account, Json{{"name", c.name}}, c));
    if (c.address.is_null()) return {};
    writer_->source(fmt::format("{}:{}", file_, c.address_line));
    return settle_fact(account, FactKind::address, c.address, c);
  }

  Status agrees(const CombinedRow& row) const {
    const Claim& c = claims_.at(account_of(row.holding));
    const auto other = [&](std::size_t line) {
      return bad_row(fmt::format("says something else about the same as line {}", line), "keep one of them");
    };
    if (row.subscriber != c.name) return other(c.name_line);
    if (!row.address.is_null() && row.address != c.address) return other(c.address_line);
    return {};
  }

  // Errors are of the store or the clock, not of the line.
  Status take(const CsvRow& line) {
    const auto fact = fact_of(line);
    if (!fact) {
      note(line.line, fact.error());
      return {};
    }
    const auto row = canonical_fact(*fact);
    if (!row) {
      note(line.line, row.error());
      return {};
    }
    return put(*row, line.line);
  }

  Result<Fact> fact_of(const CsvRow& line) {
    if (layout_.table == nullptr) {
      WRIT_TRY(row, combined(line));
      WRIT_CHECK(agrees(row));
      return row.holding;
    }
    WRIT_TRY(cells, read_cells(line, layout_));
    return read_fact(*layout_.table, cells, zones());
  }

  Status put(const FactRow& row, std::size_t line) {
    const Fact& f = row.fact;
    const std::string thread = fmt::format("{}\n{}\n{}", f.account, f.key, to_ns(f.valid.from));
    const std::string says =
        fmt::format("{} {}", canonical(f.body), f.valid.until ? to_ns(*f.valid.until) : 0);
    const auto [it, first] = said_.emplace(thread, std::make_pair(line, std::hash<std::string>{}(says)));
    if (!first && it->second.second != std::hash<std::string>{}(says)) {
      note(line, bad_row(fmt::format("says something else about the same as line {}", it->second.first),
                         "keep one of them")
                     .value());
      return {};
    }
    writer_->source(fmt::format("{}:{}", file_, line));
    auto done = writer_->put(f);
    if (!done && done.error().exit == Exit::usage) {
      note(line, done.error());
      return {};
    }
    if (!done) return tl::unexpected(std::move(done).error());
    if (*done == Catalogue::Put::unchanged && layout_.table == nullptr) {
      Claim& c = claims_.at(f.account);
      if (c.name_line == line) *done = c.done;
    }
    ++(*done == Catalogue::Put::added     ? report_->added
       : *done == Catalogue::Put::changed ? report_->changed
                                          : report_->unchanged);
    return {};
  }

  store::Database* db_;
  FactWriter* writer_;
  std::string file_;
  ImportReport* report_;
  Layout layout_;
  std::map<std::string, Claim> claims_;
  std::map<std::string, std::string> zones_;
  std::map<std::string, std::pair<std::size_t, std::size_t>> said_;  // thread -> line, hash of what it said
};

// A check-out that is followed by another room of the same stay at the same instant was a move; a port away
// of a number that is back ended nothing.
Result<std::vector<HoldingEnded>> settled(const Catalogue& c, std::vector<HoldingEnded> all, Instant now) {
  std::vector<HoldingEnded> out;
  for (HoldingEnded& e : all) {
    if (e.why == HoldingEnded::Why::check_out) {
      WRIT_TRY(stays, c.facts(FactKind::stay, e.account, e.reservation, {e.at, e.at + Nanos{1}, {}}));
      for (const FactVersion& v : stays)
        if (v.fact.body.at("room") != e.room) e.why = HoldingEnded::Why::room_move;
    }
    if (e.why == HoldingEnded::Why::port_out) {
      WRIT_TRY(held, c.who_holds("number", e.numbers.front(), e.account, {now, now + Nanos{1}, {}}));
      if (!held.empty()) continue;
    }
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace

Result<ImportReport> Catalogue::import_csv(std::string_view csv, std::string_view file_name,
                                           Instant known_at) {
  ImportReport report;
  WRIT_TRY(tx, store::Transaction::begin(*db_));
  {
    WRIT_TRY(writer, FactWriter::make(*db_, fields_, std::string(file_name), known_at));
    WRIT_CHECK(Importer(*db_, writer, file_name, report).run(csv));
    WRIT_TRY(ended, settled(*this, writer.take_ended(), known_at));
    report.ended = std::move(ended);
  }
  WRIT_CHECK(tx.commit());
  return report;
}

}  // namespace writ::records
