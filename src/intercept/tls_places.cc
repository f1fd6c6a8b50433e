// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/tls_places.hh"

#include "wire/sip_cut.hh"
#include "wire/text.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t tls_places_max = 1024;

bool is_secure(std::string_view transport) {
  return wire::equal_ci(transport, "tls") || wire::equal_ci(transport, "wss");
}

}  // namespace

bool TlsPlaces::are_in(const wire::TcpSegment& t) const {
  return wire::is_tls(t.payload) && (holds(t.src) || holds(t.dst));
}

void TlsPlaces::learn(const wire::SipMessage& m) {
  for (std::size_t i = 0; i < m.header_count; ++i) {
    const wire::SipMessage::HeaderRef& h = m.headers[i];
    const std::string_view value = text_of(m.bytes.subspan(h.value, h.value_len));
    if (h.id == wire::Header::via)
      learn_via(value);
    else if (h.id == wire::Header::contact || h.id == wire::Header::record_route)
      learn_uri(value);
  }
}

// "SIP/2.0/TLS 192.0.2.1:5081;branch=..."; the first of a line, since each hop writes its own.
void TlsPlaces::learn_via(std::string_view value) {
  constexpr std::string_view version = "SIP/2.0/";
  if (!wire::starts_ci(value, version)) return;
  value.remove_prefix(version.size());
  if (!is_secure(value.substr(0, 3))) return;
  std::string uri = "sip:";
  uri.append(wire::trim(value.substr(3, value.find_first_of(";,", 3) - 3)));
  if (const auto u = wire::parse_uri(uri)) add(u->host, u->port);
}

void TlsPlaces::learn_uri(std::string_view value) {
  if (value.find("transport=") == value.npos && value.find("sips:") == value.npos) return;
  const auto u = wire::parse_name_addr(value);
  if (u && (u->scheme == "sips" || is_secure(wire::param(u->raw, "transport")))) add(u->host, u->port);
}

void TlsPlaces::add(std::string_view host, std::uint16_t port) {
  wire::Endpoint e;
  if (port == 0 || !wire::Address::parse(host, e.ip)) return;
  e.port = port;
  if (!places_.insert(e).second) return;
  ports_[port] = true;
  by_age_.push_back(e);
  if (by_age_.size() <= tls_places_max) return;
  places_.erase(by_age_.front());
  by_age_.pop_front();
}

}  // namespace writ::intercept
