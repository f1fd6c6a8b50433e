// SPDX-License-Identifier: GPL-3.0-or-later
// Asterisk's cdr_csv (columns as in cdr.conf) and the JSON that its cdr_custom templates and cdr_beanstalkd
// write. Both tell the same fields.
//
// What they mean: `start`, `answer` and `end` have whole seconds of the switch's local clock (or GMT);
// `duration` and `billsec` are counted by the switch, so they hold when the clocks are set back during the
// call, when end - start does not. `answer` is also written for calls that failed: the disposition decides. A
// unique id is the channel's, not the record's: one channel gives several records (forks, transfers), so a
// record's own number (`sequence`) or, without one, a digest of its fields is the leg.
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "ingest/values.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;

enum Column : std::size_t {
  accountcode,
  src,
  dst,
  dcontext,
  clid,
  channel,
  dstchannel,
  lastapp,
  lastdata,
  start,
  answer,
  end_,
  duration,
  billsec,
  disposition,
  amaflags,
  uniqueid,
  userfield,
  peeraccount,
  linkedid,
  sequence,
  columns_count
};

struct Name {
  const char* name;
  const char* long_name;  // as events and cdr_beanstalkd spell it, in lower case
};
constexpr std::array<Name, columns_count> column_names{{
    {"accountcode", "accountcode"},
    {"src", "source"},
    {"dst", "destination"},
    {"dcontext", "destinationcontext"},
    {"clid", "callerid"},
    {"channel", "channel"},
    {"dstchannel", "destinationchannel"},
    {"lastapp", "lastapplication"},
    {"lastdata", "lastdata"},
    {"start", "starttime"},
    {"answer", "answertime"},
    {"end", "endtime"},
    {"duration", "duration"},
    {"billsec", "billableseconds"},
    {"disposition", "disposition"},
    {"amaflags", "amaflags"},
    {"uniqueid", "uniqueid"},
    {"userfield", "userfield"},
    {"peeraccount", "peeraccount"},
    {"linkedid", "linkedid"},
    {"sequence", "sequence"},
}};

using Row = std::array<std::string, columns_count>;

Read<Disposition> read_disposition(std::string_view s) {
  if (s == "ANSWERED") return Disposition::answered;
  if (s == "NO ANSWER") return Disposition::no_answer;
  if (s == "BUSY") return Disposition::busy;
  if (s == "FAILED") return Disposition::failed;
  if (s == "CONGESTION") return Disposition::congestion;
  if (s.empty() || s == "UNKNOWN") return Disposition::unknown;
  return unread(fmt::format(
      "the disposition is '{}', which Asterisk does not write: are the columns set right?", s.substr(0, 40)));
}

// "[system-]1231977075.0": when the channel was made, in UTC.
std::optional<Instant> instant_of(std::string_view unique_id) {
  unique_id = unique_id.substr(unique_id.rfind('-') + 1);
  const std::size_t point = unique_id.find('.');
  if (point == std::string_view::npos) return {};
  const auto t = unix_time(unique_id.substr(0, point), 1, "uniqueid");
  if (!t) return {};
  return *t;
}

class AsteriskRows {
 public:
  AsteriskRows(const SourceSettings& s, Zone zone)
      : account_(s.account),
        times_(s.gmt ? Zone::utc() : std::move(zone), s.repeated_hour),
        parties_(s.outside_prefix) {}

  Read<Cdr> record(const Row& r) {
    Cdr c;
    c.account = account_;
    const auto disposed = read_disposition(r[disposition]);
    if (!disposed) return unread(disposed.error());
    c.disposition = *disposed;
    const auto began = times_.instant(r[start], instant_of(r[uniqueid]));
    if (!began) return unread("start: " + began.error());
    c.start = to_ms(*began);
    if (auto done = durations(r, c); !done) return unread(done.error());
    parties(r, c);
    identity(r, c);
    return c;
  }

 private:
  Read<int> durations(const Row& r, Cdr& c) {
    const auto lasted = seconds_as_ms(r[duration], "duration");
    if (!lasted) return unread(lasted.error());
    c.duration_ms = *lasted;
    const auto ended = r[end_].empty() ? Read<Instant>(c.start)
                                       : times_.instant(r[end_], c.start + Nanos{*lasted * 1'000'000});
    if (ended && ms_between(c.start, *ended) < 0)
      return unread(fmt::format("end {} lies before start {}", r[end_], r[start]));
    if (c.disposition != Disposition::answered) return 0;
    const auto billed = seconds_as_ms(r[billsec], "billsec");
    const auto by_count = c.start + Nanos{(*lasted - billed.value_or(0)) * 1'000'000};
    if (!r[answer].empty()) {
      const auto answered = times_.instant(r[answer], by_count);
      if (answered && ms_between(c.start, *answered) >= 0) {
        c.answer_ms = ms_between(c.start, *answered);
        return 0;
      }
      if (answered) return unread(fmt::format("answer {} lies before start {}", r[answer], r[start]));
    }
    if (!billed) return unread(billed.error());
    if (*billed > *lasted)
      return unread(fmt::format("billsec {} is more than duration {}", r[billsec], r[duration]));
    c.answer_ms = *lasted - *billed;
    return 0;
  }

  void parties(const Row& r, Cdr& c) {
    c.caller = parties_.caller(r[src]);
    c.called = parties_.called(r[dst]);
    if (const auto e = extension_of_channel(r[channel]); e != c.caller) c.caller_extension = e;
    if (const auto e = extension_of_channel(r[dstchannel]); e != c.called) c.called_extension = e;
    Extra extra;
    for (const Column k : {accountcode, dcontext, clid, channel, dstchannel, lastapp, lastdata, billsec,
                           amaflags, userfield, peeraccount})
      extra.put(column_names[k].name, r[k]);
    if (c.called != r[dst]) extra.put("dialled", r[dst]);
    c.extra = extra.text();
  }

  static void identity(const Row& r, Cdr& c) {
    const std::string digest =
        r[uniqueid].empty() || r[sequence].empty() ? identity_of({r.begin(), r.end()}) : std::string();
    c.call_id = r[uniqueid].empty() ? "line-" + digest : r[uniqueid];
    if (!r[uniqueid].empty()) c.leg = r[sequence].empty() ? digest.substr(0, 16) : r[sequence];
    c.linked = r[linkedid];
  }

  std::string account_;
  LocalTimes times_;
  Parties parties_;
};

class AsteriskCsv final : public Format {
 public:
  AsteriskCsv(const SourceSettings& s, Zone zone) : rows_(s, std::move(zone)), settings_(s) {
    for (std::size_t i = 0; i < 16; ++i) order_.push_back(static_cast<Column>(i));
    if (s.unique_id) order_.push_back(uniqueid);
    if (s.user_field) order_.push_back(userfield);
    if (s.new_columns) order_.insert(order_.end(), {peeraccount, linkedid, sequence});
  }
  std::unique_ptr<Splitter> splitter() const override { return split_lines(); }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    if (trim(text).empty()) return {};
    const auto fields = csv_fields(text, ',');
    if (!fields) {
      out.problem = fields.error();
      return {};
    }
    if (fields->size() != order_.size()) {
      out.problem =
          fmt::format("{} columns where the feed says {} (cdr.conf: unique_id, user_field, new_columns)",
                      fields->size(), order_.size());
      return {};
    }
    Row row;
    for (std::size_t i = 0; i < order_.size(); ++i) row[order_[i]] = (*fields)[i];
    return out.take(rows_.record(row), line);
  }

 private:
  AsteriskRows rows_;
  SourceSettings settings_;
  std::vector<Column> order_;
};

std::string lower(std::string_view s) {
  std::string out{s};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Read<std::string> scalar(const Json& v, const std::string& key) {
  if (v.is_string()) return v.get<std::string>();
  if (v.is_number_integer()) return v.dump();
  if (v.is_null()) return std::string();
  return unread(fmt::format("'{}' is neither text nor a whole number", key));
}

class AsteriskJson final : public Format {
 public:
  AsteriskJson(const SourceSettings& s, Zone zone) : rows_(s, std::move(zone)) {}
  std::unique_ptr<Splitter> splitter() const override { return split_json(); }
  bool whole_without_line_end(std::string_view) const override { return true; }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    const auto doc = parse_json(view_of(text), "record", true);
    if (!doc || !doc->is_object()) {
      out.problem = doc ? "is no JSON object" : doc.error().what;
      return {};
    }
    Row row;
    for (const auto& [key, value] : doc->items()) {
      const std::string k = lower(key);
      for (std::size_t i = 0; i < column_names.size(); ++i) {
        if (k != column_names[i].name && k != column_names[i].long_name) continue;
        const auto v = scalar(value, key);
        if (!v) {
          out.problem = v.error();
          return {};
        }
        row[i] = *v;
      }
    }
    return out.take(row[start].empty() ? unread("has no 'start'") : rows_.record(row), line);
  }

 private:
  AsteriskRows rows_;
};

}  // namespace

std::unique_ptr<Format> asterisk_csv(const SourceSettings& s, Zone zone) {
  return std::make_unique<AsteriskCsv>(s, std::move(zone));
}
std::unique_ptr<Format> asterisk_json(const SourceSettings& s, Zone zone) {
  return std::make_unique<AsteriskJson>(s, std::move(zone));
}

}  // namespace writ::ingest
