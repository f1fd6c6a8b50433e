// SPDX-License-Identifier: GPL-3.0-or-later
// FreeSWITCH: mod_cdr_csv, whose template is the schema, and mod_json_cdr.
//
// Both tell channel variables; one record is one leg (uuid). The A leg is the one that nothing originated.
// Legs of one call share `linked`: the uuid of the leg that originated them, for an A leg its own. After a
// transfer the new B leg names the leg that it was made for (originating_leg_uuid, originator); a leg that
// was bridged without being originated by anybody (attended transfer) names the one it was bridged to
// (bridge_uuid, last_bridge_to). What cannot be decided from one record stays in `extra` under FreeSWITCH's
// own names.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/utf8.hh"
#include "ingest/values.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;

std::string_view first_of(const NamedValues& v, std::initializer_list<std::string_view> names) {
  for (const std::string_view n : names)
    if (const auto s = value_of(v, n); !s.empty()) return s;
  return {};
}

Disposition disposition_of(std::string_view cause, bool answered) {
  if (answered) return Disposition::answered;
  if (cause == "USER_BUSY") return Disposition::busy;
  if (cause == "ORIGINATOR_CANCEL" || cause == "LOSE_RACE" || cause == "PICKED_OFF")
    return Disposition::cancelled;
  if (cause == "NO_ANSWER" || cause == "NO_USER_RESPONSE" || cause == "ALLOTTED_TIMEOUT")
    return Disposition::no_answer;
  if (cause.ends_with("_CONGESTION")) return Disposition::congestion;
  // An unanswered leg that was cleared normally was given up by who called.
  if (cause == "NORMAL_CLEARING") return Disposition::cancelled;
  return cause.empty() || cause == "NONE" ? Disposition::unknown : Disposition::failed;
}

class Legs {
 public:
  Legs(const SourceSettings& s, Zone zone)
      : account_(s.account), times_(std::move(zone), s.repeated_hour), parties_(s.outside_prefix) {}

  Read<Cdr> record(const NamedValues& v) {
    Cdr c;
    c.account = account_;
    c.call_id = first_of(v, {"uuid", "call_uuid"});
    if (c.call_id.empty()) return unread("has no uuid");
    const auto began = time(v, "start", {});
    if (!began) return unread(began.error());
    if (!*began) return unread("has no start_uepoch, start_epoch or start_stamp");
    c.start = to_ms(**began);
    if (auto t = durations(v, c); !t) return unread(t.error());
    link(v, c);
    parties(v, c);
    return c;
  }

 private:
  // Of "start", "answer", "end": exact where the switch wrote an epoch, else the stamp on the local clock.
  Read<std::optional<Instant>> time(const NamedValues& v, const std::string& event,
                                    std::optional<Instant> near) const {
    const std::string names[3] = {event + "_uepoch", event + "_epoch", event + "_stamp"};
    for (int i = 0; i < 2; ++i) {
      const auto text = value_of(v, names[i]);
      if (text.empty() || text == "0") continue;
      const auto t = unix_time(text, i == 0 ? 1'000'000 : 1, names[i]);
      if (!t) return unread(t.error());
      return *t;
    }
    const auto stamp = value_of(v, names[2]);
    if (stamp.empty()) return std::nullopt;
    const auto t = times_.instant(stamp, near);
    if (!t) return unread(names[2] + ": " + t.error());
    return *t;
  }

  Read<int> durations(const NamedValues& v, Cdr& c) const {
    std::optional<std::int64_t> lasted, billed;
    for (const auto& [name, value] : {std::pair{"duration", &lasted}, std::pair{"billsec", &billed}}) {
      const auto text = value_of(v, name);
      if (text.empty()) continue;
      const auto ms = seconds_as_ms(text, name);
      if (!ms) return unread(ms.error());
      *value = *ms;
    }
    const auto near = [&](std::optional<std::int64_t> ms) {
      return ms ? std::optional<Instant>(c.start + Nanos{*ms * 1'000'000}) : std::nullopt;
    };
    const auto ended = time(v, "end", near(lasted));
    if (ended && *ended)
      c.duration_ms = ms_between(c.start, **ended);
    else if (lasted)
      c.duration_ms = *lasted;
    else if (!ended)
      return unread(ended.error());
    if (c.duration_ms < 0) return unread("ends before it starts");
    const auto answered = time(v, "answer", lasted && billed ? near(*lasted - *billed) : std::nullopt);
    if (answered && *answered)
      c.answer_ms = ms_between(c.start, **answered);
    else if (!answered && lasted && billed && *billed > 0)
      c.answer_ms = *lasted - *billed;
    else if (!answered)
      return unread(answered.error());
    if ((answered && *answered && c.answer_ms < 0) || c.answer_ms > c.duration_ms)
      return unread("is answered outside its duration");
    c.disposition = disposition_of(value_of(v, "hangup_cause"), c.answer_ms >= 0);
    return 0;
  }

  static void link(const NamedValues& v, Cdr& c) {
    const auto originator = first_of(v, {"originating_leg_uuid", "originator"});
    const bool outbound = value_of(v, "direction") == "outbound";
    c.leg = !originator.empty() || outbound ? "b" : "a";
    if (!originator.empty())
      c.linked = originator;
    else if (outbound)
      c.linked = first_of(v, {"bridge_uuid", "last_bridge_to", "signal_bond"});
    else
      c.linked = c.call_id;
  }

  void parties(const NamedValues& v, Cdr& c) {
    const auto caller = first_of(v, {"caller_id_number", "effective_caller_id_number", "ani"});
    const auto called = first_of(v, {"destination_number", "callee_id_number", "dialed_extension"});
    c.caller = parties_.caller(caller);
    c.called = parties_.called(called);
    c.redirecting = parties_.caller(first_of(v, {"rdnis", "sip_redirected_by", "last_redirecting"}));
    if (const auto e = value_of(v, "username"); c.leg == "a" && is_extension(e) && e != c.caller)
      c.caller_extension = e;
    if (const auto e = value_of(v, "dialed_user"); is_extension(e) && e != c.called) c.called_extension = e;
    Extra extra;
    for (const char* k :
         {"caller_id_name", "context", "hangup_cause", "accountcode", "bleg_uuid", "bridge_uuid",
          "last_bridge_to", "signal_bond", "transfer_source", "transfer_history", "endpoint_disposition",
          "read_codec", "sip_call_id", "sip_from_uri", "sip_to_uri", "first_destination"})
      extra.put(k, value_of(v, k));
    if (c.called != called) extra.put("dialled", called);
    c.extra = extra.text();
  }

  std::string account_;
  LocalTimes times_;
  Parties parties_;
};

// "${start_stamp}" -> start_stamp; "" when the column is something else (a constant, an expression).
std::string variable_of(std::string_view column) {
  column = trim(column);
  if (!column.starts_with("${") || column.find('}') != column.size() - 1) return {};
  return std::string(column.substr(2, column.size() - 3));
}

class FreeswitchCsv final : public Format {
 public:
  FreeswitchCsv(const SourceSettings& s, Zone zone, std::vector<std::string> columns)
      : legs_(s, std::move(zone)), columns_(std::move(columns)) {}
  std::unique_ptr<Splitter> splitter() const override { return split_lines(); }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    if (trim(text).empty()) return {};
    // The module doubles no quotes: a name with quotes in it is read loosely when the strict reading fails.
    auto fields = csv_fields(text, ',');
    if (!fields || fields->size() != columns_.size()) fields = csv_fields(text, ',', true);
    if (!fields || fields->size() != columns_.size()) {
      out.problem =
          fields ? fmt::format("{} columns where columns_template has {}", fields->size(), columns_.size())
                 : fields.error();
      return {};
    }
    NamedValues v;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (!columns_[i].empty()) v[columns_[i]] = std::move((*fields)[i]);
    return out.take(legs_.record(v), line);
  }

 private:
  Legs legs_;
  std::vector<std::string> columns_;
};

class FreeswitchJson final : public Format {
 public:
  FreeswitchJson(const SourceSettings& s, Zone zone) : legs_(s, std::move(zone)) {}
  std::unique_ptr<Splitter> splitter() const override { return split_json(); }
  bool whole_without_line_end(std::string_view) const override { return true; }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    auto v = variables(text);
    if (!v) {
      out.problem = v.error();
      return {};
    }
    return out.take(legs_.record(*v), line);
  }

 private:
  // The module sends a document as it is or as a form: [uuid=...&]cdr=<URL encoded>.
  static Read<Json> document(std::string_view text) {
    text = trim(text);
    std::string decoded;
    if (!text.starts_with('{')) {
      std::size_t at = text.starts_with("cdr=") ? 0 : text.find("&cdr=");
      if (at == std::string_view::npos) return unread("is neither a JSON document nor cdr=...");
      at += text[at] == '&' ? 5 : 4;
      decoded = url_decoded(text.substr(at, text.find('&', at) - at), true);
      if (!is_utf8(decoded)) return unread("does not decode to UTF-8");
      text = decoded;
    }
    auto doc = parse_json(view_of(text), "document", true);
    if (!doc) return unread(doc.error().what);
    if (!doc->is_object()) return unread("is no JSON object");
    return std::move(*doc);
  }

  static void put_all(const Json& from, NamedValues& v, bool encoded) {
    if (!from.is_object()) return;
    for (const auto& [key, value] : from.items()) {
      std::string text = value.is_string()           ? value.get<std::string>()
                         : value.is_number_integer() ? value.dump()
                                                     : std::string();
      if (encoded && text.find('%') != std::string::npos) text = utf8_or_escaped(url_decoded(text, false));
      if (!text.empty()) v.insert_or_assign(key, std::move(text));
    }
  }

  // The caller's view of the call: who called at first, and where it went at last.
  static void put_callflow(const Json& flow, NamedValues& v) {
    if (!flow.is_array() || flow.empty()) return;
    const auto index = [](const Json& f) {
      const auto it = f.is_object() ? f.find("profile_index") : f.end();
      if (!f.is_object() || it == f.end()) return 0;
      return it->is_string()           ? std::atoi(it->get<std::string>().c_str())
             : it->is_number_integer() ? it->get<int>()
                                       : 0;
    };
    const auto less = [&](const Json& a, const Json& b) { return index(a) < index(b); };
    const Json& first = *std::min_element(flow.begin(), flow.end(), less);
    const Json& last = *std::max_element(flow.begin(), flow.end(), less);
    NamedValues begin, end;
    put_all(first.value("caller_profile", Json::object()), begin, false);
    put_all(last.value("caller_profile", Json::object()), end, false);
    v.insert_or_assign("caller_id_number", std::string(value_of(begin, "caller_id_number")));
    v.insert_or_assign("caller_id_name", std::string(value_of(begin, "caller_id_name")));
    v.insert_or_assign("destination_number", std::string(value_of(end, "destination_number")));
    v.insert_or_assign("context", std::string(value_of(begin, "context")));
    for (const char* k : {"rdnis", "ani", "username"})
      if (const auto s = first_of(end, {k}); !s.empty()) v.try_emplace(k, std::string(s));
    if (value_of(begin, "destination_number") != value_of(end, "destination_number"))
      v.insert_or_assign("first_destination", std::string(value_of(begin, "destination_number")));
    if (!value_of(begin, "uuid").empty()) v.try_emplace("uuid", std::string(value_of(begin, "uuid")));
  }

  static void put_times(const Json& flow, NamedValues& v) {
    NamedValues times;
    if (!flow.is_array()) return;
    for (const Json& f : flow) {  // in order of profile_index or not: the extremes count
      NamedValues one;
      if (f.is_object()) put_all(f.value("times", Json::object()), one, false);
      const auto extreme = [&](const char* name, const char* as, bool smallest) {
        const auto t = whole_number(value_of(one, name), name);
        if (!t || *t <= 0) return;
        const auto have = whole_number(value_of(times, as), as);
        if (!have || (smallest ? *t < *have : *t > *have)) times[as] = std::to_string(*t);
      };
      extreme("created_time", "start_uepoch", true);
      extreme("answered_time", "answer_uepoch", true);
      extreme("hangup_time", "end_uepoch", false);
    }
    for (const auto& [name, value] : times)
      if (const auto have = value_of(v, name); have.empty() || have == "0") v.insert_or_assign(name, value);
  }

  static Read<NamedValues> variables(std::string_view text) {
    auto doc = document(text);
    if (!doc) return unread(doc.error());
    NamedValues v;
    put_all(doc->value("variables", Json::object()), v, true);
    const Json flow = doc->value("callflow", Json::array());
    put_callflow(flow, v);
    put_times(flow, v);
    return v;
  }

  Legs legs_;
};

}  // namespace

Result<std::unique_ptr<Format>> freeswitch_csv(const SourceSettings& s, Zone zone) {
  const auto columns = csv_fields(trim(s.columns_template), ',');
  std::vector<std::string> names;
  if (columns)
    for (const std::string& c : *columns) names.push_back(variable_of(c));
  if (std::find(names.begin(), names.end(), "uuid") == names.end())
    return fail(Exit::usage, "columns_template has no column that is ${uuid} alone",
                "the template is the schema of the file (docs/ingest.md)", {},
                "write it as in cdr_csv.conf.xml, columns separated by commas");
  return std::make_unique<FreeswitchCsv>(s, std::move(zone), std::move(names));
}
std::unique_ptr<Format> freeswitch_json(const SourceSettings& s, Zone zone) {
  return std::make_unique<FreeswitchJson>(s, std::move(zone));
}

}  // namespace writ::ingest
