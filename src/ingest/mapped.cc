// SPDX-License-Identifier: GPL-3.0-or-later
// Any CSV with a header, by the mapping of the feed: field of a record -> header of the column.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "ingest/values.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;

// As switches and spreadsheets spell them, lower case, '-', '_' and ' ' alike.
Read<Disposition> read_disposition(std::string_view text) {
  std::string s;
  for (const char c : trim(text))
    s += c == '_' || c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (s.empty() || s == "unknown") return Disposition::unknown;
  if (s == "answered" || s == "answer" || s == "completed") return Disposition::answered;
  if (s == "no-answer" || s == "noanswer" || s == "missed") return Disposition::no_answer;
  if (s == "busy") return Disposition::busy;
  if (s == "failed") return Disposition::failed;
  if (s == "cancelled" || s == "canceled" || s == "cancel") return Disposition::cancelled;
  if (s == "congestion") return Disposition::congestion;
  return unread(
      fmt::format("disposition is '{}'; answered, no-answer, busy, failed, cancelled, congestion are known",
                  text.substr(0, 40)));
}

class Mapped final : public Format {
 public:
  Mapped(const SourceSettings& s, Zone zone)
      : s_(s), times_(std::move(zone), s.repeated_hour), parties_(s.outside_prefix) {}
  std::unique_ptr<Splitter> splitter() const override { return split_csv(s_.separator); }

  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    if (trim(text).empty()) return {};
    auto fields = csv_fields(text, s_.separator);
    if (!fields) {
      out.problem = fields.error();
      return {};
    }
    if (header_ == 0) return read_header(*fields);
    if (fields->size() != header_) {
      out.problem = fmt::format("{} columns where the header has {}", fields->size(), header_);
      return {};
    }
    return out.take(record(*fields), line);
  }

 private:
  Status read_header(const std::vector<std::string>& names) {
    for (const auto& [field, column] : s_.mapping) {
      const auto same = [&](const std::string& n) { return trim(n) == column; };
      const auto it = std::find_if(names.begin(), names.end(), same);
      if (it == names.end())
        return fail(Exit::usage, fmt::format("the file has no column '{}'", column),
                    "the mapping names columns of the file's header (docs/ingest.md)",
                    fmt::format("the column of '{}'", field),
                    fmt::format("correct [mapping] of the feed {}; the header is: {}", s_.name,
                                fmt::join(names, ", ")));
      if (std::find_if(it + 1, names.end(), same) != names.end())
        return fail(Exit::usage, fmt::format("the file has two columns '{}'", column), {}, {},
                    "let the switch name each column once");
      columns_[field] = static_cast<std::size_t>(it - names.begin());
    }
    header_ = names.size();
    return {};
  }

  std::string_view get(const std::vector<std::string>& row, std::string_view field) const {
    const auto it = columns_.find(field);
    return it == columns_.end() ? std::string_view{} : trim(row[it->second]);
  }

  Read<Instant> time(std::string_view text, std::string_view what, std::optional<Instant> near = {}) const {
    if (s_.time_format == "unix") return unix_time(text, 1, what);
    if (s_.time_format == "unix-ms") return unix_time(text, 1000, what);
    if (s_.time_format == "rfc3339") {
      const auto t = parse_rfc3339(text);
      if (!t) return unread(fmt::format("{} is '{}', not RFC 3339 with an offset", what, text.substr(0, 40)));
      return *t;
    }
    auto t = s_.time_format == "local" ? times_.instant(text, near) : by_pattern(text, near);
    if (!t) return unread(fmt::format("{}: {}", what, t.error()));
    return t;
  }

  Read<Instant> by_pattern(std::string_view text, std::optional<Instant> near) const {
    std::tm tm{};
    const std::string s{text};
    const char* end = ::strptime(s.c_str(), s_.time_format.c_str(), &tm);
    if (end == nullptr || *end != '\0')
      return unread(fmt::format("'{}' is not a time {}", s.substr(0, 40), s_.time_format));
    const std::chrono::year_month_day day{std::chrono::year{tm.tm_year + 1900},
                                          std::chrono::month{static_cast<unsigned>(tm.tm_mon + 1)},
                                          std::chrono::day{static_cast<unsigned>(tm.tm_mday)}};
    if (!day.ok() || tm.tm_year < -200 || tm.tm_year > 350)
      return unread(fmt::format("'{}' is no day of the calendar", s.substr(0, 40)));
    const std::chrono::local_time<Nanos> t = std::chrono::local_days{day} + std::chrono::hours{tm.tm_hour} +
                                             std::chrono::minutes{tm.tm_min} +
                                             std::chrono::seconds{tm.tm_sec};
    return times_.instant(t, text, near);
  }

  Read<Cdr> record(const std::vector<std::string>& row) {
    Cdr c;
    c.account = s_.account.empty() ? std::string(get(row, "account")) : s_.account;
    if (c.account.empty()) return unread("names no account");
    const auto began = time(get(row, "start"), "start");
    if (!began) return unread(began.error());
    c.start = to_ms(*began);
    const auto disposed = read_disposition(get(row, "disposition"));
    if (!disposed) return unread(disposed.error());
    c.disposition = *disposed;
    if (auto t = durations(row, c); !t) return unread(t.error());
    c.caller = parties_.caller(get(row, "caller"));
    c.called = parties_.called(get(row, "called"));
    c.redirecting = parties_.caller(get(row, "redirecting"));
    c.caller_extension = get(row, "caller_extension");
    c.called_extension = get(row, "called_extension");
    c.linked = get(row, "linked");
    c.leg = get(row, "leg");
    c.call_id = get(row, "call_id");
    if (c.call_id.empty()) c.call_id = "line-" + identity_of(row);
    Extra extra;
    if (c.called != get(row, "called")) extra.put("dialled", get(row, "called"));
    c.extra = extra.text();
    return c;
  }

  Read<int> durations(const std::vector<std::string>& row, Cdr& c) const {
    if (const auto ms = get(row, "duration_ms"); !ms.empty()) {
      const auto v = whole_number(ms, "duration_ms");
      if (!v || *v < 0 || *v > 366ll * 86'400'000)
        return unread(fmt::format("duration_ms is '{}'", ms.substr(0, 40)));
      c.duration_ms = *v;
    } else if (const auto s = get(row, "duration"); !s.empty()) {
      const auto v = seconds_as_ms(s, "duration");
      if (!v) return unread(v.error());
      c.duration_ms = *v;
    } else if (const auto e = get(row, "end"); !e.empty()) {
      const auto t = time(e, "end");
      if (!t) return unread(t.error());
      c.duration_ms = ms_between(c.start, *t);
    } else {
      return unread("has neither a duration nor an end");
    }
    if (c.duration_ms < 0) return unread("ends before it starts");
    if (const auto a = get(row, "answer"); !a.empty()) {
      const auto t = time(a, "answer", c.start);
      if (!t) return unread(t.error());
      c.answer_ms = ms_between(c.start, *t);
    } else if (const auto talk = get(row, "talk"); !talk.empty()) {
      const auto v = seconds_as_ms(talk, "talk");
      if (!v) return unread(v.error());
      if (*v > 0 || c.disposition == Disposition::answered) c.answer_ms = c.duration_ms - *v;
    } else if (c.disposition == Disposition::answered) {
      c.answer_ms = 0;  // answered, and nothing tells after how long
    }
    if (c.answer_ms != -1 && (c.answer_ms < 0 || c.answer_ms > c.duration_ms))
      return unread("is answered outside its duration");
    if (c.answer_ms >= 0 && c.disposition == Disposition::unknown) c.disposition = Disposition::answered;
    return 0;
  }

  SourceSettings s_;
  LocalTimes times_;
  Parties parties_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::size_t header_ = 0;  // columns of it; 0: not read yet
};

}  // namespace

std::unique_ptr<Format> mapped_csv(const SourceSettings& s, Zone zone) {
  return std::make_unique<Mapped>(s, std::move(zone));
}

}  // namespace writ::ingest
