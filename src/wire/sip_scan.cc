// SPDX-License-Identifier: GPL-3.0-or-later
// The scanner. A datagram is read once, line by line (memchr finds the ends), and each header line leaves one
// entry in a fixed index: which header, where its name and value stand. Nothing is copied and nothing
// allocated; a message of twenty headers costs about a microsecond. Whatever breaks the grammar sets an
// anomaly bit and the scan goes on: the receiver of that message may well have understood it, and the call it
// set up is then a call.
#include <algorithm>
#include <iterator>

#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/sip_start_line.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

void reset(SipMessage& m) {  // not the index: 2.5 kB that header_count guards
  m.bytes = m.body = {};
  m.is_request = false;
  m.method = Method::none;
  m.method_text = m.request_uri = m.reason_phrase = {};
  m.status = 0;
  m.header_count = 0;
  m.anomalies = 0;
}

constexpr bool single_valued(Header h) {
  return h == Header::call_id || h == Header::from || h == Header::to || h == Header::cseq ||
         h == Header::content_type || h == Header::content_length || h == Header::max_forwards;
}

constexpr bool is_looked_for(Header h) {
  switch (h) {
    case Header::other:
    case Header::via:
    case Header::route:
    case Header::record_route:
    case Header::require:
    case Header::supported:
    case Header::user_agent:
    case Header::server:
    case Header::max_forwards:
    case Header::subject:
    case Header::reason:
      return false;
    default:
      return true;
  }
}

class HeaderScan {
 public:
  HeaderScan(SipMessage& m, std::string_view all, std::string_view rest, bool bare_cr)
      : m_(m), all_(all), rest_(rest), bare_cr_(bare_cr) {}

  // Leaves the body (or nothing) in what it returns.
  std::string_view run() {
    for (;;) {
      if (rest_.empty()) {
        m_.anomalies |= anomaly_truncated;
        return rest_;
      }
      const Line l = bare_cr_ ? take_cr_line(rest_) : take_line(rest_);
      if (!l.ended) m_.anomalies |= anomaly_truncated;
      if (l.bare_lf) m_.anomalies |= anomaly_bare_lf;
      if (l.text.empty()) return rest_;
      add(l.text);
    }
  }

 private:
  std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - all_.data()); }

  void add(std::string_view line) {
    if (line[0] == ' ' || line[0] == '\t') {
      fold(line);
      return;
    }
    open_ = false;
    const std::size_t colon = line.find(':');
    if (colon == line.npos) {
      m_.anomalies |= anomaly_header_without_colon;
      return;
    }
    const std::string_view name = trim(line.substr(0, colon));
    const Header id = header_of(name);
    if (m_.header_count == SipMessage::headers_max) {
      m_.anomalies |= anomaly_too_many_headers;
      if (!make_room(id)) return;
    }
    if (single_valued(id)) {
      const std::uint32_t bit = 1u << static_cast<unsigned>(id);
      if (seen_ & bit) m_.anomalies |= anomaly_duplicate_header;
      seen_ |= bit;
    }
    const std::string_view value = trim(line.substr(colon + 1));
    m_.headers[m_.header_count++] = {id, offset(name.data()), static_cast<std::uint32_t>(name.size()),
                                     offset(value.data()), static_cast<std::uint32_t>(value.size())};
    open_ = true;
  }

  // Who pads a message with headers until the index is full must not hide behind them whose call it is: what
  // is looked for takes the place of what nobody asks for. Order is kept among the rest.
  bool make_room(Header id) {
    if (!is_looked_for(id)) return false;
    const auto end = m_.headers.begin() + static_cast<std::ptrdiff_t>(m_.header_count);
    auto last = std::find_if(std::make_reverse_iterator(end), m_.headers.rend(),
                             [](const SipMessage::HeaderRef& h) { return !is_looked_for(h.id); });
    if (last == m_.headers.rend()) return false;
    std::move(last.base(), end, last.base() - 1);
    --m_.header_count;
    return true;
  }

  void fold(std::string_view line) {
    if (!open_) {  // nothing before it to continue, or a line that was not kept
      if (m_.header_count == 0) m_.anomalies |= anomaly_header_without_colon;
      return;
    }
    SipMessage::HeaderRef& h = m_.headers[m_.header_count - 1];
    const std::string_view more = trim(line);
    if (more.empty()) return;
    if (h.value_len == 0) h.value = offset(more.data());
    h.value_len = offset(more.data()) + static_cast<std::uint32_t>(more.size()) - h.value;
  }

  SipMessage& m_;
  std::string_view all_, rest_;
  std::uint32_t seen_ = 0;
  bool open_ = false, bare_cr_ = false;
};

static_assert(static_cast<unsigned>(Header::other) < 32, "HeaderScan::seen_ has a bit for each");

// Over UDP the datagram ends the message (RFC 3261 18.3): a missing length means "to the end", a shorter one
// cuts.
void set_body(SipMessage& m, std::string_view rest) {
  m.body = view_of(rest);
  bool given = false;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < m.header_count; ++i) {
    const SipMessage::HeaderRef& h = m.headers[i];
    if (h.id != Header::content_length) continue;
    std::string_view text = text_of(m.bytes.subspan(h.value, h.value_len));
    std::uint64_t value = 0;
    if (!take_number(text, 1u << 30, value) || !trim(text).empty()) {
      m.anomalies |= anomaly_bad_content_length;
    } else if (given && value != length) {  // which of them is true is anybody's guess: keep all there is
      m.anomalies |= anomaly_bad_content_length;
      return;
    } else {
      given = true;
      length = value;
    }
  }
  if (!given) return;
  if (length > rest.size()) m.anomalies |= anomaly_short_body;
  if (length < rest.size()) {
    m.anomalies |= anomaly_trailing_bytes;
    m.body = view_of(rest.substr(0, static_cast<std::size_t>(length)));
  }
}

// CSeq: the method of a response, and a check of both parts.
void set_method(SipMessage& m) {
  std::string_view rest = m.first(Header::cseq);
  std::uint64_t number = 0;
  const bool numbered = take_number(rest, 0x7fffffff, number);
  if (!numbered) m.anomalies |= anomaly_bad_cseq;
  while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
  const std::string_view method = take_word(rest);
  if (method.empty()) m.anomalies |= anomaly_bad_cseq;
  if (m.is_request) {
    if (!equal_ci(method, m.method_text)) m.anomalies |= anomaly_bad_cseq;
    return;
  }
  m.method_text = method;
  m.method = method.empty() ? Method::none : method_of(method);
}

}  // namespace

bool parse_sip(View payload, SipMessage& out) {
  reset(out);
  std::string_view all = text_of(payload);
  std::size_t junk = 0;
  if (!begins_with_token(all, junk)) return false;
  all.remove_prefix(junk);
  std::string_view rest = all;
  const Line first = take_line(rest);
  StartLine line;
  if (!scan_start_line(first, line)) return false;
  out.bytes = view_of(all);
  out.is_request = line.status == 0;
  out.method_text = line.method;
  if (out.is_request) out.method = method_of(line.method);
  out.request_uri = line.uri;
  out.status = line.status;
  out.reason_phrase = line.reason;
  if (junk > 0) out.anomalies |= anomaly_leading_junk;
  if (line.odd) out.anomalies |= anomaly_bad_start_line;
  if (first.bare_lf) out.anomalies |= anomaly_bare_lf;
  if (line.bare_cr) {
    out.anomalies |= anomaly_bare_cr;
    rest = all;
    take_cr_line(rest);
  }
  set_body(out, HeaderScan(out, all, rest, line.bare_cr).run());
  set_method(out);
  if (out.call_id().empty()) out.anomalies |= anomaly_no_call_id;
  return true;
}

}  // namespace writ::wire
