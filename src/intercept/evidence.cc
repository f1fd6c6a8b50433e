// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/evidence.hh"

#include <array>

#include "base/limits.hh"
#include "base/utf8.hh"

namespace writ::intercept {
namespace {

struct Name {
  EventType type;
  const char* text;
};
constexpr std::array<Name, 22> names{{
    {EventType::origination, "Origination"},
    {EventType::termination_attempt, "TerminationAttempt"},
    {EventType::answer, "Answer"},
    {EventType::release, "Release"},
    {EventType::redirection, "Redirection"},
    {EventType::cc_open, "CCOpen"},
    {EventType::cc_change, "CCChange"},
    {EventType::cc_close, "CCClose"},
    {EventType::cc_unavailable, "CCUnavailable"},
    {EventType::dialed_digit_extraction, "DialedDigitExtraction"},
    {EventType::network_signal, "NetworkSignal"},
    {EventType::subject_signal, "SubjectSignal"},
    {EventType::serving_system, "ServingSystem"},
    {EventType::surveillance_status, "SurveillanceStatus"},
    {EventType::connection, "Connection"},
    {EventType::connection_break, "ConnectionBreak"},
    {EventType::conf_party_change, "ConfPartyChange"},
    {EventType::change, "Change"},
    {EventType::feature_management, "FeatureManagement"},
    {EventType::uu_content, "UUContent"},
    {EventType::review, "Review"},
    {EventType::gap, "Gap"},
}};

constexpr std::uint8_t packet_record_version = 1;

// Devices send Latin-1 names and worse. The event says so and shows the bytes; it is never dropped for it.
bool make_utf8(Json& j) {
  bool odd = false;
  if (auto* s = j.get_ptr<std::string*>()) {
    odd = !is_utf8(*s);
    if (odd) *s = utf8_or_escaped(*s);
  } else if (j.is_structured()) {
    for (Json& each : j) odd = make_utf8(each) || odd;
  }
  return odd;
}

}  // namespace

const char* to_string(EventType t) {
  for (const Name& n : names)
    if (n.type == t) return n.text;
  return "Review";
}

Result<EventType> parse_event_type(std::string_view s) {
  for (const Name& n : names)
    if (s == n.text) return n.type;
  return fail(Exit::integrity, "unknown event type in an evidence record: " + std::string(s.substr(0, 40)));
}

Bytes encode(const Event& e) {
  Json j = {{"schema", "writ.event/1"}, {"type", to_string(e.type)}, {"at_ns", to_ns(e.at)},
            {"call", e.call},           {"call_id", e.call_id},      {"detail", e.detail}};
  if (e.frame != 0) j["frame"] = e.frame;
  if (make_utf8(j)) j["detail"]["oddity"] = "text that is not UTF-8; its bytes are shown as \\xhh";
  return bytes_of(canonical(j));
}

Result<Event> decode_event(View record) {
  WRIT_TRY(j, parse_json(record, "event record"));
  WRIT_TRY(schema, field<std::string>(j, "schema", "event record"));
  if (schema != "writ.event/1") return fail(Exit::integrity, "event record of unknown schema");
  WRIT_TRY(type_text, field<std::string>(j, "type", "event record"));
  WRIT_TRY(type, parse_event_type(type_text));
  WRIT_TRY(at, field<std::int64_t>(j, "at_ns", "event record"));
  WRIT_TRY(call, field<std::uint32_t>(j, "call", "event record"));
  WRIT_TRY(call_id, field<std::string>(j, "call_id", "event record"));
  WRIT_TRY(detail, field<Json>(j, "detail", "event record"));
  if (!detail.is_object()) return fail(Exit::integrity, "event record: detail is no object");
  std::uint64_t frame = 0;
  if (j.contains("frame")) {
    WRIT_TRY(number, field<std::uint64_t>(j, "frame", "event record"));
    frame = number;
  }
  return Event{type, from_ns(at), call, std::move(call_id), std::move(detail), frame};
}

PacketHead encode_head(const PacketTag& tag, const wire::RawPacket& p) {
  PacketHead head{packet_record_version, static_cast<std::uint8_t>(tag.role),
                  static_cast<std::uint8_t>(tag.direction)};
  std::size_t at = 4;
  const auto put = [&](std::uint64_t v, int width) {
    for (int i = width - 1; i >= 0; --i) head[at++] = static_cast<std::uint8_t>(v >> (8 * i));
  };
  put(tag.call, 4);
  put(static_cast<std::uint64_t>(to_ns(p.at)), 8);
  put(p.link_type, 4);
  put(p.wire_length, 4);
  return head;
}

void encode(const PacketTag& tag, const wire::RawPacket& p, Bytes& out) {
  const PacketHead head = encode_head(tag, p);
  out.clear();
  out.reserve(head.size() + p.bytes.size());
  put_bytes(out, head);
  put_bytes(out, p.bytes);
}

Result<EvidencePacket> decode_packet(View record) {
  Reader r(record);
  const std::uint8_t version = r.u8(), role = r.u8(), direction = r.u8(), zero = r.u8();
  EvidencePacket e;
  e.tag.call = r.u32();
  e.raw.at = from_ns(static_cast<std::int64_t>(r.u64()));
  e.raw.link_type = r.u32();
  e.raw.wire_length = r.u32();
  if (!r.ok() || version != packet_record_version || role < 1 || role > 4 || direction > 2 || zero != 0)
    return fail(Exit::integrity, "packet record is not of a known form");
  if (r.rest().size() > limits::packet_bytes_max)
    return fail(Exit::integrity, "packet record is longer than any packet");
  e.tag.role = static_cast<PacketRole>(role);
  e.tag.direction = static_cast<Direction>(direction);
  e.storage.assign(r.rest().begin(), r.rest().end());
  e.raw.bytes =
      e.storage;  // a vector's buffer moves with it, so the view stays good when the packet is moved
  return e;
}

}  // namespace writ::intercept
