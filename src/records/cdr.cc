// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr.hh"

#include <fmt/format.h>

#include <array>

#include "records/cdr_pack.hh"

namespace writ::records {
namespace {

constexpr std::array class_names{"unknown",       "internal",  "local",     "local-toll", "long-distance",
                                 "international", "toll-free", "emergency", "service"};
constexpr std::array disposition_names{"unknown", "answered",  "no-answer", "busy",
                                       "failed",  "cancelled", "congestion"};
constexpr std::uint8_t encoding_version = 1;
constexpr std::int64_t ms_max = INT64_MAX / 1'000'000;

template <class Enum, std::size_t N>
Result<Enum> parse_name(std::string_view s, const std::array<const char*, N>& names, const char* what) {
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (s == names[i]) return static_cast<Enum>(i);
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return fail(Exit::usage, fmt::format("'{}' is no {}", s.substr(0, 80), what), {}, "one of: " + known);
}

// The texts in the order of their encoding: before the times, and after them.
template <class C, class F>
void identity_texts(C& c, F f) {
  f(c.account), f(c.call_id), f(c.leg), f(c.linked);
}
template <class C, class F>
void party_texts(C& c, F f) {
  f(c.caller), f(c.called), f(c.redirecting), f(c.caller_extension), f(c.called_extension);
}

Json extra_json(const std::string& extra) {
  auto parsed = parse_canonical(view_of(extra), "extra");
  return parsed && parsed->is_object() ? std::move(*parsed) : Json(extra);
}

Result<std::int64_t> milliseconds(const Json& j, const char* key) {
  if (!j.contains(key) || !j.at(key).is_number_integer())
    return fail(Exit::usage, fmt::format("call record: '{}' is not a whole number of milliseconds", key));
  return j.at(key).get<std::int64_t>();
}

}  // namespace

const char* to_string(CallClass c) { return class_names.at(static_cast<std::size_t>(c)); }
const char* to_string(Disposition d) { return disposition_names.at(static_cast<std::size_t>(d)); }
Result<CallClass> parse_call_class(std::string_view s) {
  return parse_name<CallClass>(s, class_names, "class of calls");
}
Result<Disposition> parse_disposition(std::string_view s) {
  return parse_name<Disposition>(s, disposition_names, "outcome of a call");
}

Json to_json(const Cdr& c) {
  Json j{{"schema", "writ.cdr/1"},
         {"account", c.account},
         {"call_id", c.call_id},
         {"leg", c.leg},
         {"linked", c.linked},
         {"start", rfc3339(c.start)},
         {"answer_ms", nullptr},
         {"duration_ms", c.duration_ms},
         {"caller", c.caller},
         {"called", c.called},
         {"redirecting", c.redirecting},
         {"caller_extension", c.caller_extension},
         {"called_extension", c.called_extension},
         {"class", to_string(c.call_class)},
         {"disposition", to_string(c.disposition)},
         {"source", c.source},
         {"line", c.line}};
  if (c.answer_ms != -1) j["answer_ms"] = c.answer_ms;
  if (!c.extra.empty()) j["extra"] = extra_json(c.extra);
  return j;
}

Result<Cdr> parse_cdr(const Json& j) {
  WRIT_TRY(schema, field<std::string>(j, "schema", "call record"));
  if (schema != "writ.cdr/1")
    return fail(Exit::usage, fmt::format("'{}' is not a call record that this version reads", schema), {},
                "writ.cdr/1");
  Cdr c;
  Status ok;
  const auto text = [&](const char* key, std::string& into) {
    if (!ok) return;
    auto v = field<std::string>(j, key, "call record");
    if (v)
      into = std::move(*v);
    else
      ok = tl::unexpected<Error>(std::move(v).error());
  };
  text("account", c.account), text("call_id", c.call_id), text("leg", c.leg), text("linked", c.linked);
  text("caller", c.caller), text("called", c.called), text("redirecting", c.redirecting);
  text("caller_extension", c.caller_extension), text("called_extension", c.called_extension);
  text("source", c.source);
  WRIT_CHECK(ok);
  WRIT_TRY(start, field<std::string>(j, "start", "call record"));
  WRIT_TRY(at, parse_rfc3339(start));
  c.start = at;
  if (!j.contains("answer_ms") || !j.at("answer_ms").is_null()) {
    WRIT_TRY(answer, milliseconds(j, "answer_ms"));
    c.answer_ms = answer;
  }
  WRIT_TRY(duration, milliseconds(j, "duration_ms"));
  c.duration_ms = duration;
  WRIT_TRY(class_name, field<std::string>(j, "class", "call record"));
  WRIT_TRY(call_class, parse_call_class(class_name));
  c.call_class = call_class;
  WRIT_TRY(outcome, field<std::string>(j, "disposition", "call record"));
  WRIT_TRY(disposition, parse_disposition(outcome));
  c.disposition = disposition;
  WRIT_TRY(line, field<std::uint64_t>(j, "line", "call record"));
  c.line = line;
  if (const auto extra = j.find("extra"); extra != j.end())
    c.extra = extra->is_string() ? extra->get<std::string>() : canonical(*extra);
  // One text a record: other spellings, fields that are not ours and parts of a millisecond end here.
  if (to_json(c) != j || c.start != std::chrono::floor<std::chrono::milliseconds>(c.start))
    return fail(Exit::usage, "call record: not in its one form");
  return c;
}

Bytes encode(const Cdr& c) {
  Bytes out;
  out.reserve(160);
  out.push_back(encoding_version);
  const auto text = [&](const std::string& s) { put_text(out, s); };
  identity_texts(c, text);
  put_signed(out, std::chrono::floor<std::chrono::milliseconds>(c.start).time_since_epoch().count());
  put_signed(out, c.answer_ms);
  put_signed(out, c.duration_ms);
  party_texts(c, text);
  out.push_back(static_cast<std::uint8_t>(c.call_class));
  out.push_back(static_cast<std::uint8_t>(c.disposition));
  text(c.extra);
  text(c.source);
  put_varint(out, c.line);
  return out;
}

Result<Cdr> decode_cdr(View bytes) {
  const auto damaged = [](const char* why) {
    return fail(Exit::integrity, fmt::format("a stored call record cannot be read: {}", why));
  };
  Unpacker in{bytes};
  if (in.u8() != encoding_version) return damaged("not an encoding of this version");
  Cdr c;
  const auto text = [&](std::string& s) { s = in.text(); };
  identity_texts(c, text);
  const std::int64_t start_ms = in.number();
  if (start_ms > ms_max || start_ms < -ms_max) return damaged("its start is no time");
  c.start = Instant{std::chrono::milliseconds{start_ms}};
  c.answer_ms = in.number();
  c.duration_ms = in.number();
  party_texts(c, text);
  const std::uint8_t call_class = in.u8(), disposition = in.u8();
  if (call_class >= class_names.size() || disposition >= disposition_names.size())
    return damaged("a class or an outcome that this version does not know");
  c.call_class = static_cast<CallClass>(call_class);
  c.disposition = static_cast<Disposition>(disposition);
  text(c.extra);
  text(c.source);
  c.line = in.varint();
  if (!in.done()) return damaged("it is cut off, or something follows");
  return c;
}

}  // namespace writ::records
