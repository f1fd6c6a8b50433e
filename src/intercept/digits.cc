// SPDX-License-Identifier: GPL-3.0-or-later
// Keys that are pressed during a call. Behind the cut-through they may be content (18 USC 3121(c)): they
// become an event only under a content grant that says so, and a pen register does not even learn that a key
// was pressed. The flash of the hook is a signal to the switch and is no digit.
#include "intercept/engine_impl.hh"
#include "wire/rtp.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

constexpr std::size_t digits_max = 32;  // in one event
constexpr std::uint16_t duration_full = 0xffff;

// The receiver's SDP says what its numbers mean (RFC 3264 5.1), one for each clock rate; a number that it
// does not list is the sender's own.
bool is_event(const End* to, const End* from, std::size_t type) {
  for (const End* e : {to, from}) {
    if (e == nullptr || e->encrypted) continue;
    if (e->event_types[type] || e->other_types[type]) return e->event_types[type];
  }
  return false;
}

}  // namespace

Status Engine::Impl::on_info(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender) {
  const char key = wire::info_signal(m);
  if (key == '\0') return {};
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || sender != a.target_side || !covers(a, g.at)) continue;
    if (key == '!')
      WRIT_CHECK(emit(a, EventType::subject_signal, g.at, d, {{"signal", "flash"}, {"source", "info"}}));
    else
      WRIT_CHECK(take_digit(d, a, key, "info", g.at));
  }
  return {};
}

// RFC 4733: three packets and more tell of one key; its timestamp tells it from the next. A key that is held
// longer than a duration can say goes on in another event (2.5.1.3).
Status Engine::Impl::hear_digit(Dialog& d, Attachment& a, const End* to, const End* from, const Datagram& g) {
  if (g.udp.payload.size() < 16 || !is_event(to, from, g.udp.payload[1] & 0x7f)) return {};
  const auto p = wire::parse_rtp(g.udp.payload);
  if (!p) return {};
  const auto e = wire::parse_telephone_event(p->payload);
  const char key = e ? wire::event_digit(e->event) : '\0';
  if (key == '\0') return {};
  Attachment::Digits& last = a.digits;
  const bool same = last.event != 255 && last.ssrc == p->ssrc && last.event == e->event &&
                    (last.timestamp == p->timestamp ||
                     (last.duration == duration_full && p->timestamp - last.timestamp == duration_full));
  // Late packets of an earlier key are not a new one.
  const bool late = last.event != 255 && last.ssrc == p->ssrc &&
                    static_cast<std::int32_t>(p->timestamp - last.timestamp) < 0;
  if (late) return {};
  last.ssrc = p->ssrc;
  last.timestamp = p->timestamp;
  last.duration = e->duration;
  last.event = e->event;
  if (same) return {};
  if (key == '!')
    return emit(a, EventType::subject_signal, g.at, d, {{"signal", "flash"}, {"source", "rfc4733"}});
  return take_digit(d, a, key, "rfc4733", g.at);
}

Status Engine::Impl::take_digit(Dialog& d, Attachment& a, char digit, const char* source, Instant at) {
  if (!a.content || !grants[a.grant].body().post_cut_through_digits) return {};
  Attachment::Digits& x = a.digits;
  if (!x.text.empty() && (x.text.size() >= digits_max || std::string_view(x.source) != source))
    WRIT_CHECK(flush_digits(d, a));
  if (x.text.empty()) x.first = at;
  x.text.push_back(digit);
  x.source = source;
  x.last = at;
  x.frame = frame;
  return {};
}

Status Engine::Impl::flush_digits(Dialog& d, Attachment& a) {
  Attachment::Digits& x = a.digits;
  if (x.text.empty()) return {};
  Json detail = {{"digits", x.text}, {"source", x.source}, {"from", rfc3339(x.first)}};
  x.text.clear();
  const AtFrame then(frame, x.frame);
  return emit(a, EventType::dialed_digit_extraction, x.last, d, std::move(detail));
}

}  // namespace writ::intercept
