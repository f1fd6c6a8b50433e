// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_names.hh"

#include <algorithm>
#include <utility>

#include "wire/text.hh"

namespace writ::wire {
namespace {

struct Named {
  std::string_view name;
  Header id;
};

// Sorted by length: a name is compared with the few of its own length only.
constexpr std::array<Named, 30> headers = {{
    {"to", Header::to},
    {"via", Header::via},
    {"from", Header::from},
    {"cseq", Header::cseq},
    {"route", Header::route},
    {"reason", Header::reason},
    {"server", Header::server},
    {"call-id", Header::call_id},
    {"contact", Header::contact},
    {"require", Header::require},
    {"expires", Header::expires},
    {"subject", Header::subject},
    {"refer-to", Header::refer_to},
    {"replaces", Header::replaces},
    {"diversion", Header::diversion},
    {"supported", Header::supported},
    {"user-agent", Header::user_agent},
    {"referred-by", Header::referred_by},
    {"content-type", Header::content_type},
    {"history-info", Header::history_info},
    {"record-route", Header::record_route},
    {"max-forwards", Header::max_forwards},
    {"authorization", Header::authorization},
    {"content-length", Header::content_length},
    {"remote-party-id", Header::remote_party_id},
    {"content-encoding", Header::content_encoding},
    {"p-called-party-id", Header::p_called_party_id},
    {"p-asserted-identity", Header::p_asserted_identity},
    {"proxy-authorization", Header::proxy_authorization},
    {"p-preferred-identity", Header::p_preferred_identity},
}};
static_assert(std::is_sorted(headers.begin(), headers.end(),
                             [](const Named& a, const Named& b) { return a.name.size() < b.name.size(); }));

constexpr std::size_t name_length_max = headers.back().name.size();

// first_of_length[n]: index of the first name of length n or more.
constexpr auto first_of_length = [] {
  std::array<std::uint8_t, name_length_max + 2> r{};
  for (std::size_t n = 0; n < r.size(); ++n) {
    while (r[n] < headers.size() && headers[r[n]].name.size() < n) ++r[n];
  }
  return r;
}();

constexpr std::pair<char, Header> compact[] = {
    {'i', Header::call_id},
    {'f', Header::from},
    {'t', Header::to},
    {'v', Header::via},
    {'m', Header::contact},
    {'c', Header::content_type},
    {'l', Header::content_length},
    {'e', Header::content_encoding},
    {'s', Header::subject},
    {'k', Header::supported},
    {'r', Header::refer_to},
    {'b', Header::referred_by},
};

constexpr std::pair<char, std::string_view> compact_other[] = {
    {'o', "event"},    {'u', "allow-events"},   {'x', "session-expires"},     {'j', "reject-contact"},
    {'y', "identity"}, {'a', "accept-contact"}, {'d', "request-disposition"}, {'n', "identity-info"},
};

constexpr std::pair<std::string_view, Method> methods[] = {
    {"INVITE", Method::invite}, {"ACK", Method::ack},         {"BYE", Method::bye},
    {"CANCEL", Method::cancel}, {"OPTIONS", Method::options}, {"REGISTER", Method::register_},
    {"PRACK", Method::prack},   {"UPDATE", Method::update},   {"INFO", Method::info},
    {"REFER", Method::refer},   {"MESSAGE", Method::message}, {"SUBSCRIBE", Method::subscribe},
    {"NOTIFY", Method::notify}, {"PUBLISH", Method::publish},
};

}  // namespace

Header header_of(std::string_view name) {
  if (name.size() == 1) {
    for (const auto& [letter, id] : compact) {
      if (lower(name[0]) == letter) return id;
    }
    return Header::other;
  }
  if (name.size() > name_length_max) return Header::other;
  for (std::size_t i = first_of_length[name.size()]; i < first_of_length[name.size() + 1]; ++i) {
    if (equal_ci(name, headers[i].name)) return headers[i].id;
  }
  return Header::other;
}

bool header_named(std::string_view written, std::string_view long_name) {
  if (equal_ci(written, long_name)) return true;
  if (written.size() != 1) return false;
  for (const auto& [letter, name] : compact_other) {
    if (lower(written[0]) == letter) return equal_ci(name, long_name);
  }
  return false;
}

Method method_of(std::string_view name) {
  // Case-sensitive by RFC 3261 7.1; a device that writes "Invite" still means a call.
  for (const auto& [text, method] : methods) {
    if (equal_ci(name, text)) return method;
  }
  return Method::other;
}

}  // namespace writ::wire
