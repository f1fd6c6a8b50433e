// SPDX-License-Identifier: GPL-3.0-or-later
// BroadWorks accounting records, XML (release 19 and those of its shape) and CSV.
//
// Times are GMT: "20160419210005.247"; userTimeZone is the user's offset and shifts nothing (in the sample of
// release 19 the call id of the same call tells the local time, two hours later, which is the offset
// written). A record is one user's side of a call: the recordId is unique and becomes the leg, the local call
// id names the call, relatedCallId the call that it continues. Records of the server itself (Start, End) and
// interim records of long calls (Duration) are no calls: the final one, Normal, tells the whole call.
#include <fmt/format.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <pugixml.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <algorithm>
#include <array>
#include <map>

#include "ingest/values.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;

std::string_view trimmed_value(const NamedValues& v, std::string_view name) {
  return trim(value_of(v, name));
}

// "20160419210005.247", GMT.
Read<Instant> gmt(std::string_view s, std::string_view what) {
  const bool shape = s.size() >= 14 &&
                     s.substr(0, 14).find_first_not_of("0123456789") == std::string_view::npos &&
                     (s.size() == 14 || s[14] == '.');
  if (!shape) return unread(fmt::format("{} is '{}', not YYYYMMDDhhmmss.mmm", what, s.substr(0, 40)));
  const auto t =
      parse_rfc3339(fmt::format("{}-{}-{}T{}:{}:{}{}Z", s.substr(0, 4), s.substr(4, 2), s.substr(6, 2),
                                s.substr(8, 2), s.substr(10, 2), s.substr(12, 2), s.substr(14)));
  if (!t) return unread(fmt::format("{} is '{}', which is no time", what, s.substr(0, 40)));
  return *t;
}

// ITU-T Q.850
Disposition disposition_of(bool answered, std::string_view cause) {
  if (answered) return Disposition::answered;
  const auto q = whole_number(cause, "terminationCause");
  if (!q) return Disposition::unknown;
  switch (*q) {
    case 16:
      return Disposition::cancelled;
    case 17:
      return Disposition::busy;
    case 18:
    case 19:
      return Disposition::no_answer;
    case 34:
    case 38:
    case 41:
    case 42:
    case 44:
      return Disposition::congestion;
    default:
      return Disposition::failed;
  }
}

class Accounting {
 public:
  explicit Accounting(const SourceSettings& s) : account_(s.account), parties_(s.outside_prefix) {}

  // Nothing: no record of a call.
  Read<std::optional<Cdr>> record(const NamedValues& f) {
    const auto type = trimmed_value(f, "type");
    if (type == "Start" || type == "End" || type == "Duration" || type == "Failover") return std::nullopt;
    if (type.empty()) return unread("has no type: are these BroadWorks accounting records?");
    Cdr c;
    c.account = account_;
    c.leg = trimmed_value(f, "recordId");
    c.call_id = trimmed_value(f, "localCallId").empty() ? trimmed_value(f, "recordId")
                                                        : trimmed_value(f, "localCallId");
    if (c.leg.empty()) return unread("has no recordId");
    const auto began = gmt(trimmed_value(f, "startTime"), "startTime");
    if (!began) return unread(began.error());
    c.start = to_ms(*began);
    if (auto t = durations(f, c); !t) return unread(t.error());
    for (const char* k : {"relatedCallId", "transfer_relatedCallId", "transferRelatedCallId"})
      if (c.linked.empty()) c.linked = trimmed_value(f, k);
    parties(f, c);
    return c;
  }

 private:
  static Read<int> durations(const NamedValues& f, Cdr& c) {
    const auto released = gmt(trimmed_value(f, "releaseTime"), "releaseTime");
    if (!released) return unread(released.error());
    c.duration_ms = ms_between(c.start, *released);
    const auto indicator = trimmed_value(f, "answerIndicator");
    const bool answered = indicator.starts_with("Yes");
    if (answered) {
      const auto at = gmt(trimmed_value(f, "answerTime"), "answerTime");
      if (!at) return unread(at.error());
      c.answer_ms = ms_between(c.start, *at);
    }
    if (c.duration_ms < 0 || (answered && (c.answer_ms < 0 || c.answer_ms > c.duration_ms)))
      return unread("start, answer and release are out of order");
    c.disposition = disposition_of(answered, trimmed_value(f, "terminationCause"));
    return 0;
  }

  void parties(const NamedValues& f, Cdr& c) {
    const auto dialled = trimmed_value(f, "dialedDigits");
    const auto called = trimmed_value(f, "calledNumber").empty() ? dialled : trimmed_value(f, "calledNumber");
    c.caller = parties_.caller(trimmed_value(f, "callingNumber"));
    c.called = parties_.called(called);
    c.redirecting = parties_.caller(trimmed_value(f, "redirectingNumber"));
    Extra extra;
    for (const char* k : {"userNumber",
                          "groupNumber",
                          "direction",
                          "callingPresentationIndicator",
                          "terminationCause",
                          "networkCallID",
                          "accessCallID",
                          "accessDeviceAddress",
                          "route",
                          "userId",
                          "group",
                          "serviceProvider",
                          "originalCalledNumber",
                          "originalCalledReason",
                          "redirectingReason",
                          "callCategory",
                          "networkCallType",
                          "releasingParty",
                          "userTimeZone",
                          "accountCode"})
      extra.put(k, trimmed_value(f, k));
    if (!dialled.empty() && dialled != c.called)
      extra.put("dialled", dialled);
    else if (c.called != called)
      extra.put("dialled", called);
    c.extra = extra.text();
  }

  std::string account_;
  Parties parties_;
};

void give(Read<std::optional<Cdr>> r, std::uint64_t line, Out& out) {
  if (!r) {
    out.problem = r.error();
  } else if (*r) {
    (*r)->line = line;
    out.records.push_back(std::move(**r));
  }
}

class Xml final : public Format {
 public:
  explicit Xml(const SourceSettings& s) : accounting_(s) {}
  std::unique_ptr<Splitter> splitter() const override { return split_elements("cdrData"); }
  bool whole_without_line_end(std::string_view) const override { return true; }
  // <?xml version="1.0" encoding="ISO-8859-1"?>: the file's own word counts.
  std::string encoding(std::string_view first) const override {
    const std::size_t end = first.find("?>");
    const std::size_t at = first.find("encoding=");
    if (!first.starts_with("<?xml") || at == std::string_view::npos || at > end) return {};
    const char quote = at + 9 < first.size() ? first[at + 9] : '\0';
    const std::size_t close =
        quote == '"' || quote == '\'' ? first.find(quote, at + 10) : std::string_view::npos;
    return close == std::string_view::npos ? std::string()
                                           : std::string(first.substr(at + 10, close - at - 10));
  }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    pugi::xml_document doc;
    // No document type is read: nothing of a record can make another record larger.
    const auto r = doc.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!r) {
      out.problem = fmt::format("is no XML: {} at byte {} of the record", r.description(), r.offset);
      return {};
    }
    NamedValues f;
    const pugi::xml_node data = doc.child("cdrData");
    const pugi::xml_node id = data.child("headerModule").child("recordId");
    if (id)
      f["recordId"] = fmt::format("{}.{}.{}", id.child_value("eventCounter"), id.child_value("systemId"),
                                  id.child_value("date"));
    for (const pugi::xml_node module : data.children())
      for (const pugi::xml_node field : module.children())
        if (std::string_view(field.name()) != "recordId" && *field.child_value() != '\0')
          f.try_emplace(field.name(), field.child_value());
    give(accounting_.record(f), line, out);
    return {};
  }

 private:
  Accounting accounting_;
};

// The fixed order of the CSV form, as far as a call's facts go; what follows differs between releases.
constexpr std::array csv_order{"recordId",
                               "serviceProvider",
                               "type",
                               "userNumber",
                               "groupNumber",
                               "direction",
                               "callingNumber",
                               "callingPresentationIndicator",
                               "calledNumber",
                               "startTime",
                               "userTimeZone",
                               "answerIndicator",
                               "answerTime",
                               "releaseTime",
                               "terminationCause",
                               "networkType",
                               "carrierIdentificationCode",
                               "dialedDigits",
                               "callCategory",
                               "networkCallType",
                               "networkTranslatedNumber",
                               "networkTranslatedGroup",
                               "releasingParty",
                               "route",
                               "networkCallID",
                               "codec",
                               "accessDeviceAddress",
                               "accessCallID"};

class Csv final : public Format {
 public:
  explicit Csv(const SourceSettings& s) : accounting_(s) {}
  std::unique_ptr<Splitter> splitter() const override { return split_lines(); }
  Status read(std::string_view text, std::uint64_t line, Out& out) override {
    if (trim(text).empty() || text.starts_with("version="))
      return {};  // the file begins by naming its version
    const auto fields = csv_fields(text, ',');
    if (!fields) {
      out.problem = fields.error();
      return {};
    }
    NamedValues f;
    for (std::size_t i = 0; i < std::min(fields->size(), csv_order.size()); ++i)
      f[csv_order[i]] = (*fields)[i];
    const auto type = trimmed_value(f, "type");
    if (fields->size() < csv_order.size() && (type == "Normal" || type.empty())) {
      out.problem =
          fmt::format("{} columns where a record has at least {}", fields->size(), csv_order.size());
      return {};
    }
    give(accounting_.record(f), line, out);
    return {};
  }

 private:
  Accounting accounting_;
};

}  // namespace

std::unique_ptr<Format> broadworks_xml(const SourceSettings& s) { return std::make_unique<Xml>(s); }
std::unique_ptr<Format> broadworks_csv(const SourceSettings& s) { return std::make_unique<Csv>(s); }

}  // namespace writ::ingest
