// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/check.hh"
#include "wire/sip.hh"

using namespace writ;

namespace {

void read_value(std::string_view value) {
  wire::for_each_value(value, [&](std::string_view one) {
    fuzz::check(!one.empty() && fuzz::within(one, view_of(value)));
    (void)wire::parse_name_addr(one);
    fuzz::check(fuzz::within(wire::tag_of(one), view_of(one)));
  });
  (void)wire::parse_uri(value);
  (void)wire::parse_name_addr(value);
  (void)wire::digest_identity(value);
  fuzz::check(fuzz::within(wire::param(value, "branch"), view_of(value)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View payload(data, size);
  wire::SipMessage m;
  const bool sip = wire::parse_sip(payload, m);
  fuzz::check(sip == wire::looks_like_sip(payload));
  if (!sip) {
    read_value(text_of(payload));
    return 0;
  }
  fuzz::check(fuzz::within(m.bytes, payload) && fuzz::within(m.body, m.bytes));
  fuzz::check(fuzz::within(m.request_uri, m.bytes) && fuzz::within(m.method_text, m.bytes));
  fuzz::check(m.is_request ? m.method != wire::Method::none && m.status == 0
                           : m.status >= 100 && m.status <= 699);
  fuzz::check(m.header_count <= wire::SipMessage::headers_max);
  (void)wire::parse_uri(m.request_uri);
  for (std::size_t i = 0; i < m.header_count; ++i) {
    const auto& h = m.headers[i];
    fuzz::check(std::size_t{h.name} + h.name_len <= m.bytes.size());
    fuzz::check(std::size_t{h.value} + h.value_len <= m.bytes.size());
    read_value(text_of(m.bytes.subspan(h.value, h.value_len)));
    fuzz::check(fuzz::within(m.by_name(text_of(m.bytes.subspan(h.name, h.name_len))), m.bytes));
  }
  (void)m.cseq_number();
  (void)wire::anomaly_text(m.anomalies);
  return 0;
}
