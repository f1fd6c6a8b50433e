// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of a message that was read (sip_scan.cc).
#include <utility>

#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/text.hh"

namespace writ::wire {

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
