// SPDX-License-Identifier: GPL-3.0-or-later
// A tolerant SIP scanner (RFC 3261, RFC 4475 in spirit): an index of header positions over the datagram,
// without allocation; values are parsed when asked for. An odd message is used and its oddity recorded, never
// dropped.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hh"

namespace writ::wire {

enum class Method : std::uint8_t {
  none,
  invite,
  ack,
  bye,
  cancel,
  options,
  register_,
  prack,
  update,
  info,
  refer,
  message,
  subscribe,
  notify,
  publish,
  other,
};

enum class Header : std::uint8_t {
  call_id,
  from,
  to,
  via,
  contact,
  cseq,
  content_type,
  content_length,
  content_encoding,
  p_asserted_identity,
  p_preferred_identity,
  remote_party_id,
  diversion,
  history_info,
  authorization,
  proxy_authorization,
  refer_to,
  referred_by,
  replaces,
  reason,
  require,
  supported,
  user_agent,
  server,
  expires,
  route,
  record_route,
  max_forwards,
  subject,
  p_called_party_id,
  other,
};

// Bits of SipMessage::anomalies.
enum Anomaly : std::uint32_t {
  anomaly_bare_lf = 1,
  anomaly_leading_junk = 2,
  anomaly_short_body = 4,
  anomaly_trailing_bytes = 8,
  anomaly_bad_content_length = 16,
  anomaly_no_call_id = 32,
  anomaly_duplicate_header = 64,
  anomaly_header_without_colon = 128,
  anomaly_too_many_headers = 256,
  anomaly_bad_start_line = 512,
  anomaly_truncated = 1024,
  anomaly_bad_cseq = 2048,
  anomaly_bare_cr = 4096,
  anomaly_no_length = 8192,  // in a stream; whoever has cut it says so
};
std::string anomaly_text(std::uint32_t bits);  // "bare LF line ends; body shorter than Content-Length"

struct SipMessage {
  static constexpr std::size_t headers_max = 128;
  struct HeaderRef {
    Header id;
    std::uint32_t name, name_len, value, value_len;
  };  // offsets into `bytes`

  View bytes;  // the message, leading CRLF and junk removed
  bool is_request = false;
  Method method = Method::none;  // of the request, or of the response's CSeq
  std::string_view method_text;  // as written
  std::string_view request_uri;
  int status = 0;  // responses: 100..699
  std::string_view reason_phrase;
  std::array<HeaderRef, headers_max> headers;
  std::size_t header_count = 0;
  View body;
  std::uint32_t anomalies = 0;

  std::string_view first(Header h) const;                      // trimmed, folding left in; empty when absent
  std::string_view nth(Header h, std::size_t n) const;         // n-th occurrence of the header line
  std::string_view by_name(std::string_view long_name) const;  // case-insensitive, for Header::other
  std::string_view call_id() const { return first(Header::call_id); }
  std::uint32_t cseq_number() const;
};

// Cheap test for the hot path: can these bytes be SIP at all? (start line shape; CRLF keepalives are not.)
bool looks_like_sip(View payload);
// False only where it is not SIP (noise, HTTP, RTP). `payload` must outlive the message.
bool parse_sip(View payload, SipMessage& out);

// A URI as found in a name-addr or addr-spec: sip:, sips:, tel:. %-escapes are decoded in `user` and `host`.
struct SipUri {
  std::string scheme;  // lower case
  std::string user;    // without password; of a telephone number without its parameters (";npdi" cut off)
  std::string host;    // lower case, IPv6 without brackets; for tel: the phone-context or empty
  std::uint16_t port = 0;
  std::string raw;  // the URI as written
};
std::optional<SipUri> parse_uri(std::string_view addr_spec);
// From, To, Contact, P-Asserted-Identity, Diversion, ... : the URI inside <...> or before ';'.
std::optional<SipUri> parse_name_addr(std::string_view value);
// Splits a comma-separated header value outside quotes and angle brackets. False at the end; empty elements
// are skipped.
bool next_value(std::string_view& rest, std::string_view& value);
// The same as a loop: calls f(std::string_view) for each.
template <class F>
void for_each_value(std::string_view value, F&& f) {
  for (std::string_view one; next_value(value, one);) f(one);
}
// The header that a URI asks for, as Replaces in Refer-To (RFC 3261 19.1.1), with %-escapes decoded.
std::string uri_header(const SipUri& u, std::string_view name);
std::string_view tag_of(std::string_view from_or_to_value);
// username="..." and realm="..." of an Authorization or Proxy-Authorization value.
struct DigestIdentity {
  std::string username, realm;
};
std::optional<DigestIdentity> digest_identity(std::string_view value);
std::string_view param(std::string_view value, std::string_view name);  // ;name=value outside <>, unquoted

}  // namespace writ::wire
