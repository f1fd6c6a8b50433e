// SPDX-License-Identifier: GPL-3.0-or-later
// The scanner. A datagram is read once, line by line (memchr finds the ends), and each header line leaves one
// entry in a fixed index: which header, where its name and value stand. Nothing is copied and nothing
// allocated; a message of twenty headers costs about a microsecond. Whatever breaks the grammar sets an
// anomaly bit and the scan goes on: the receiver of that message may well have understood it, and the call it
// set up is then a call.
#include <algorithm>
#include <cstring>

#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::size_t junk_max = 256;  // bytes of CRLF, NUL and blanks before the start line
constexpr std::size_t start_line_max = 1024;
constexpr std::size_t method_max = 64;  // RFC 4475 3.1.1.2 shows 43

constexpr auto token_table = [] {
  std::array<bool, 256> t{};
  for (int c = 0; c < 256; ++c)
    t[static_cast<std::size_t>(c)] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  for (const char c : std::string_view("-.!%*_+`'~")) t[static_cast<unsigned char>(c)] = true;
  return t;
}();
constexpr bool is_token(char c) { return token_table[static_cast<unsigned char>(c)]; }

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::size_t junk_length(std::string_view s) {
  std::size_t n = s.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  while (n < s.size() && n < junk_max && (is_space(s[n]) || s[n] == '\0')) ++n;
  return n;
}

// "SIP/2.0" at the front: its length, else 0. Any version number is taken.
std::size_t version_length(std::string_view s) {
  if (!starts_ci(s, "SIP/")) return 0;
  std::size_t n = 4;
  while (n < s.size() && (is_digit(s[n]) || s[n] == '.')) ++n;
  return n > 4 ? n : 0;
}

struct Line {
  std::string_view text;  // without line end
  bool bare_lf = false;
  bool ended = false;
};

// Where lines end in CR alone.
Line take_cr_line(std::string_view& rest) {
  const std::size_t end = rest.find('\r');
  Line l{rest.substr(0, end), false, end != rest.npos};
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  if (rest.starts_with('\n')) rest.remove_prefix(1);
  return l;
}

Line take_line(std::string_view& rest) {
  Line l;
  const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
  if (end == nullptr) {
    l.text = rest;
    rest = {};
    if (!l.text.empty() && l.text.back() == '\r') l.text.remove_suffix(1);
    return l;
  }
  const auto n = static_cast<std::size_t>(static_cast<const char*>(end) - rest.data());
  l.ended = true;
  l.bare_lf = n == 0 || rest[n - 1] != '\r';
  l.text = rest.substr(0, n - (l.bare_lf ? 0 : 1));
  rest.remove_prefix(n + 1);
  return l;
}

struct StartLine {
  std::string_view method, uri, reason;
  int status = 0;
  bool odd = false, bare_cr = false;
};

bool scan_status_line(std::string_view s, std::size_t version, StartLine& out) {
  std::string_view rest = s.substr(version);
  out.odd = version != 7 || s.substr(0, 7) != "SIP/2.0" || rest.empty() || rest[0] != ' ';
  while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
  std::uint64_t code = 0;
  if (!take_number(rest, 999, code) || code < 100 || code > 699) return false;
  out.odd = out.odd || rest.empty() || rest[0] != ' ';  // the space is due even before an empty reason
  out.status = static_cast<int>(code);
  out.reason = trim(rest);
  return true;
}

bool is_known(std::string_view method) {
  const Method m = method_of(method);
  return m != Method::none && m != Method::other;
}

// "<sip:x@y>" and "\"x\" <sip:x@y>": devices that take a name-addr for a Request-URI.
std::string_view without_brackets(std::string_view uri) {
  const std::size_t open = uri.rfind('<'), close = uri.find('>', open);
  return open == uri.npos || close == uri.npos ? uri : trim(uri.substr(open + 1, close - open - 1));
}

// "METHOD SP uri SP SIP/2.0". Without a version the URI has to tell: of a line that the snap length cut
// (`ended` is false), or that stands there so, behind a method that is known.
bool scan_request_line(std::string_view s, bool ended, StartLine& out) {
  std::size_t n = 0;
  while (n < s.size() && n <= method_max && is_token(s[n])) ++n;
  if (n == 0 || n > method_max || n == s.size() || (s[n] != ' ' && s[n] != '\t')) return false;
  out.method = s.substr(0, n);
  const std::string_view rest = trim(s.substr(n));
  std::size_t gap = rest.size();  // the last blank, counted from one
  while (gap > 0 && rest[gap - 1] != ' ' && rest[gap - 1] != '\t') --gap;
  const std::string_view last = gap == 0 ? std::string_view{} : rest.substr(gap);
  if (version_length(last) == last.size() && !last.empty()) {
    out.uri = trim(rest.substr(0, gap));
    out.odd = last != "SIP/2.0" || s.size() != n + 1 + out.uri.size() + 1 + last.size() ||
              std::any_of(out.uri.begin(), out.uri.end(),
                          [](char c) { return c == ' ' || c == '\t' || c == '<' || c == '>'; });
    out.uri = without_brackets(out.uri);
    return !out.uri.empty();
  }
  if (ended && (gap != 0 || !is_known(out.method))) return false;
  if (!(starts_ci(rest, "sip:") || starts_ci(rest, "sips:") || starts_ci(rest, "tel:"))) return false;
  out.uri = rest.substr(0, rest.find_first_of(" \t"));
  out.odd = true;
  return true;
}

bool scan_ended_line(const Line& l, StartLine& out) {
  if (const std::size_t version = version_length(l.text); version != 0) {
    return scan_status_line(l.text, version, out);
  }
  return scan_request_line(l.text, l.ended, out);
}

// Lines may end in CR alone: then what came as one line is many.
bool scan_start_line(const Line& l, StartLine& out) {
  const std::size_t end = l.text.substr(0, start_line_max).find('\r');
  out.bare_cr = end < l.text.size() && end + 1 < l.text.size() && l.text[end + 1] != '\r' &&
                scan_ended_line({l.text.substr(0, end), false, true}, out);
  return out.bare_cr || scan_ended_line(l, out);
}

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

bool looks_like_sip(View payload) {
  // RTP and STUN end here, on the first byte.
  if (payload.empty() || (!is_token(static_cast<char>(payload[0])) && payload[0] > ' ' &&
                          !text_of(payload).starts_with(byte_order_mark)))
    return false;
  std::string_view s = text_of(payload);
  s.remove_prefix(junk_length(s));
  if (s.empty() || !is_token(s[0])) return false;
  StartLine line;
  return scan_start_line(take_line(s), line);
}

bool parse_sip(View payload, SipMessage& out) {
  reset(out);
  std::string_view all = text_of(payload);
  const std::size_t junk = junk_length(all);
  all.remove_prefix(junk);
  if (all.empty() || !is_token(all[0])) return false;
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

std::string_view SipMessage::nth(Header h, std::size_t n) const {
  for (std::size_t i = 0; i < header_count; ++i) {
    if (headers[i].id == h && n-- == 0) return text_of(bytes.subspan(headers[i].value, headers[i].value_len));
  }
  return {};
}

std::string_view SipMessage::first(Header h) const { return nth(h, 0); }

std::string_view SipMessage::by_name(std::string_view long_name) const {
  const Header id = header_of(long_name);
  if (id != Header::other) return first(id);
  for (std::size_t i = 0; i < header_count; ++i) {
    const HeaderRef& h = headers[i];
    if (h.id == Header::other && header_named(text_of(bytes.subspan(h.name, h.name_len)), long_name)) {
      return text_of(bytes.subspan(h.value, h.value_len));
    }
  }
  return {};
}

std::uint32_t SipMessage::cseq_number() const {
  std::string_view text = first(Header::cseq);
  std::uint64_t number = 0;
  return take_number(text, 0xffffffff, number) ? static_cast<std::uint32_t>(number) : 0;
}

std::string anomaly_text(std::uint32_t bits) {
  static constexpr std::pair<std::uint32_t, std::string_view> texts[] = {
      {anomaly_bare_lf, "bare LF line ends"},
      {anomaly_leading_junk, "bytes before the start line"},
      {anomaly_short_body, "body shorter than Content-Length"},
      {anomaly_trailing_bytes, "bytes after the body"},
      {anomaly_bad_content_length, "unusable Content-Length"},
      {anomaly_no_call_id, "no Call-ID"},
      {anomaly_duplicate_header, "a header that may stand once stands twice"},
      {anomaly_header_without_colon, "header line without colon"},
      {anomaly_too_many_headers, "more headers than are read"},
      {anomaly_bad_start_line, "irregular start line"},
      {anomaly_truncated, "message ends within its headers"},
      {anomaly_bad_cseq, "CSeq missing, irregular or of another method"},
      {anomaly_bare_cr, "bare CR line ends"},
      {anomaly_no_length, "no Content-Length in a stream"},
  };
  std::string r;
  for (const auto& [bit, text] : texts) {
    if ((bits & bit) == 0) continue;
    if (!r.empty()) r += "; ";
    r += text;
  }
  return r;
}

}  // namespace writ::wire
