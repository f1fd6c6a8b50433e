// SPDX-License-Identifier: GPL-3.0-or-later
// Kamailio's acc: one row a transaction. The INVITE tells the beginning of a call and the BYE its end;
// together they are one record. Rows as exported from the table (method, from_tag, to_tag, callid, sip_code,
// sip_reason, time, then the configured extras; or a header that names them) or as the module logs them
// ("ACC: transaction answered: timestamp=...;method=...").
//
// A BYE comes from either side, so the dialog is the call id with both tags in whichever order. An INVITE
// whose BYE is not in the file goes in as a record of its own kind (leg "... open", extra.missing = "bye")
// and is said; when a later file brings the whole call, that record joins it and does not collide. A BYE
// without its INVITE tells no beginning: quarantine. Calls that wait are bounded; the oldest one then counts
// as open.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "ingest/values.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;

constexpr std::size_t waiting_calls_max = 1u << 16;
constexpr std::size_t ended_calls_max = 1u << 14;

// RFC 3261 section 21
Disposition disposition_of(std::int64_t code) {
  if (code < 300) return Disposition::answered;
  if (code == 486 || code == 600) return Disposition::busy;
  if (code == 487) return Disposition::cancelled;
  if (code == 408 || code == 480) return Disposition::no_answer;
  return code == 503 ? Disposition::congestion : Disposition::failed;
}

std::string dialog_of(const NamedValues& r) {
  const auto a = value_of(r, "from_tag"), b = value_of(r, "to_tag");
  return fmt::format("{}\n{}\n{}", value_of(r, "callid"), std::min(a, b), std::max(a, b));
}

class Kamailio final : public Format {
 public:
  Kamailio(const SourceSettings& s, Zone zone)
      : account_(s.account),
        separator_(s.separator),
        times_(std::move(zone), s.repeated_hour),
        parties_(s.outside_prefix),
        columns_{"method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time"} {
    columns_.insert(columns_.end(), s.extras.begin(), s.extras.end());
  }
  std::unique_ptr<Splitter> splitter() const override { return split_lines(); }

  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    if (trim(text).empty()) return {};
    auto row = text.find("ACC: ") != std::string_view::npos ? logged(text) : exported(text);
    if (!row) {
      out.problem = row.error();
    } else if (!row->empty()) {
      if (auto done = transaction(std::move(*row), line, out); !done) out.problem = done.error();
    }
    return {};
  }

  void finish(Out& out) override {
    for (const Call& c : waiting_) open_call(c.cdr, out);
    waiting_.clear();
    dialogs_.clear();
  }

 private:
  // "...: ACC: transaction answered: timestamp=1700000000;method=INVITE;from_tag=a;...;code=200;reason=OK"
  static Read<NamedValues> logged(std::string_view text) {
    const std::size_t at = text.find("timestamp=");
    if (at == std::string_view::npos) return unread("an ACC line without timestamp=");
    NamedValues r;
    std::string_view rest = text.substr(at);
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      const std::size_t eq = item.find('=');
      if (eq == std::string_view::npos) continue;
      std::string name{trim(item.substr(0, eq))};
      if (name == "timestamp") name = "time";
      if (name == "call_id") name = "callid";
      if (name == "code") name = "sip_code";
      if (name == "reason") name = "sip_reason";
      r.insert_or_assign(std::move(name), std::string(trim(item.substr(eq + 1))));
    }
    return r;
  }

  Read<NamedValues> exported(std::string_view text) {
    auto fields = csv_fields(text, separator_);
    if (!fields) return unread(fields.error());
    if (std::find(fields->begin(), fields->end(), "method") != fields->end() &&
        std::find(fields->begin(), fields->end(), "callid") != fields->end()) {
      columns_ = std::move(*fields);  // a header: it names the columns of what follows
      return NamedValues{};
    }
    if (fields->size() != columns_.size())
      return unread(fmt::format("{} columns where acc has {} (with extras: {})", fields->size(),
                                columns_.size(), fmt::join(columns_, ",")));
    NamedValues r;
    for (std::size_t i = 0; i < columns_.size(); ++i) r[columns_[i]] = std::move((*fields)[i]);
    return r;
  }

  Read<Instant> time_of(const NamedValues& r) const {
    const auto text = value_of(r, "time");
    if (is_whole(text)) return unix_time(text, 1, "time");
    return times_.instant(text);
  }
  static bool is_whole(std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
  }

  Read<int> transaction(NamedValues r, std::uint64_t line, Out& out) {
    const auto method = value_of(r, "method");
    if (method.empty()) return unread("has no method");
    if (method != "INVITE" && method != "BYE") return 0;  // no call begins or ends with it
    if (value_of(r, "callid").empty()) return unread("has no callid");
    const auto at = time_of(r);
    if (!at) return unread("time: " + at.error());
    const auto code = whole_number(value_of(r, "sip_code"), "sip_code");
    if (!code || *code < 100 || *code > 699)
      return unread(fmt::format("sip_code is '{}'", value_of(r, "sip_code")));
    const std::string dialog = dialog_of(r);
    const auto it = dialogs_.find(dialog);
    if (method == "BYE") {
      // A BYE that was challenged or failed is sent again; the one that is answered ends the call. 481 says
      // that the other side had ended it already.
      if (*code >= 300 && *code != 481 && *code != 408) return 0;
      if (it == dialogs_.end()) {
        if (ended_.contains(dialog)) return 0;  // both sides hung up
        return unread(
            "a BYE without its INVITE: the call begins in another file, or the INVITE was not written");
      }
      return complete(it, to_ms(*at), out);
    }
    if (it != dialogs_.end() || ended_.contains(dialog)) return 0;  // a re-INVITE within the call
    return begin(r, dialog, *code, to_ms(*at), line, out);
  }

  struct Call {
    std::string dialog;
    Cdr cdr;
  };
  using Waiting = std::list<Call>;
  using Dialogs = std::unordered_map<std::string, Waiting::iterator>;

  Read<int> complete(Dialogs::iterator it, Instant at, Out& out) {
    Cdr c = it->second->cdr;
    c.duration_ms = ms_between(c.start, at);
    if (c.duration_ms < 0)
      return unread(fmt::format("the BYE lies before its INVITE of {}", rfc3339_seconds(c.start)));
    if (ended_.insert(it->first).second) ended_order_.push_back(it->first);
    if (ended_order_.size() > ended_calls_max) {
      ended_.erase(ended_order_.front());
      ended_order_.pop_front();
    }
    waiting_.erase(it->second);
    dialogs_.erase(it);
    out.records.push_back(std::move(c));
    return 0;
  }

  Read<int> begin(const NamedValues& r, const std::string& dialog, std::int64_t code, Instant at,
                  std::uint64_t line, Out& out) {
    Cdr c;
    c.account = account_;
    c.call_id = value_of(r, "callid");
    c.leg = value_of(r, "to_tag");
    c.start = at;
    c.line = line;
    c.disposition = disposition_of(code);
    parties(r, c);
    if (code >= 300) {
      if (code == 401 || code == 407) return 0;  // challenged: the same call comes again with credentials
      c.leg = fmt::format("{} {}", value_of(r, "from_tag"), code);
      out.records.push_back(std::move(c));
      return 0;
    }
    if (code < 200) return 0;
    c.answer_ms = 0;  // acc's time is that of the answer: ringing is not told
    if (waiting_.size() >= waiting_calls_max) {
      open_call(waiting_.front().cdr, out);
      dialogs_.erase(waiting_.front().dialog);
      waiting_.pop_front();
    }
    waiting_.push_back({dialog, std::move(c)});
    dialogs_[dialog] = std::prev(waiting_.end());
    return 0;
  }

  void parties(const NamedValues& r, Cdr& c) {
    static constexpr std::string_view core[] = {"method", "callid", "time", "sip_code", "id"};
    const auto first = [&](std::initializer_list<const char*> names) {
      for (const char* n : names)
        if (const auto s = value_of(r, n); !s.empty() && s != "<null>" && s != "NULL") return s;
      return std::string_view{};
    };
    c.caller = parties_.caller(first({"src_user", "caller", "from_user", "fU", "src"}));
    const auto called = first({"dst_ouser", "callee", "ruri_user", "dst_user", "to_user", "dst"});
    c.called = parties_.called(called);
    Extra extra;
    for (const auto& [name, value] : r)
      if (std::find(std::begin(core), std::end(core), name) == std::end(core) && value != called)
        extra.put(name.c_str(), value);
    if (c.called != called) extra.put("dialled", called);
    c.extra = extra.text();
  }

  static void open_call(const Cdr& waiting, Out& out) {
    Cdr c = waiting;
    c.leg += " open";
    Json extra = c.extra.empty() ? Json::object() : Json::parse(c.extra);
    extra["missing"] = "bye";
    c.extra = canonical(extra);
    out.notes.push_back(
        fmt::format("line {}: no BYE of this call is in the file; its duration is not known", c.line));
    out.records.push_back(std::move(c));
  }

  std::string account_;
  char separator_;
  LocalTimes times_;
  Parties parties_;
  std::vector<std::string> columns_;
  Waiting waiting_;  // answered, oldest first
  Dialogs dialogs_;
  std::unordered_set<std::string> ended_;  // the last ones: their second BYE is none of another call
  std::deque<std::string> ended_order_;
};

}  // namespace

std::unique_ptr<Format> kamailio_acc(const SourceSettings& s, Zone zone) {
  return std::make_unique<Kamailio>(s, std::move(zone));
}

}  // namespace writ::ingest
