// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/user_to_user.hh"

#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::string_view uui_header = "User-to-User";

// "56a3...;encoding=hex", or quoted.
UserToUser uui_of(std::string_view value) {
  UserToUser u;
  std::string_view data = value;
  if (value.starts_with('"')) {
    const std::size_t close = value.find('"', 1);
    data = value.substr(1, close == value.npos ? value.npos : close - 1);
    value = close == value.npos ? std::string_view{} : value.substr(close + 1);
  } else {
    data = trim(value.substr(0, value.find(';')));
  }
  u.cut = data.size() > user_to_user_bytes_max;
  u.data = std::string(data.substr(0, user_to_user_bytes_max));
  constexpr std::size_t parameter_max = 64;
  u.encoding = param(value, "encoding").substr(0, parameter_max);
  u.purpose = param(value, "purpose").substr(0, parameter_max);
  u.content = param(value, "content").substr(0, parameter_max);
  return u;
}

void add_values(std::string_view values, std::vector<UserToUser>& out, bool& more) {
  for_each_value(values, [&](std::string_view one) {
    if (out.size() == user_to_user_max)
      more = true;
    else
      out.push_back(uui_of(one));
  });
}

void add_of_uris(std::string_view values, std::vector<UserToUser>& out, bool& more) {
  for_each_value(values, [&](std::string_view one) {
    if (const auto u = parse_name_addr(one)) add_values(uri_header(*u, uui_header), out, more);
  });
}

}  // namespace

std::vector<UserToUser> user_to_user(const SipMessage& m, bool& more) {
  std::vector<UserToUser> out;
  more = false;
  const std::string_view text = text_of(m.bytes);
  for (std::size_t i = 0; i < m.header_count; ++i) {
    const SipMessage::HeaderRef& h = m.headers[i];
    if (h.id == Header::other && equal_ci(text.substr(h.name, h.name_len), uui_header))
      add_values(trim(text.substr(h.value, h.value_len)), out, more);
  }
  if (m.is_request && m.method == Method::refer) add_of_uris(m.first(Header::refer_to), out, more);
  if (!m.is_request && m.status >= 300 && m.status < 400)
    for (std::size_t n = 0; n < SipMessage::headers_max; ++n) {
      const std::string_view contact = m.nth(Header::contact, n);
      if (contact.empty()) break;
      add_of_uris(contact, out, more);
    }
  return out;
}

}  // namespace writ::wire
