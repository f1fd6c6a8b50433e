// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "records/catalogue.hh"

namespace writ::records {
namespace {

constexpr std::size_t extension_bytes_max = 32, user_bytes_max = 128, host_bytes_max = 253;

// Never a part of it: a cut inside a UTF-8 character would not print.
std::string_view echo(std::string_view s) { return s.size() <= 253 ? s : "(a very long text)"; }

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool only(std::string_view s, std::string_view extra) {
  return std::all_of(s.begin(), s.end(),
                     [&](char c) { return is_alnum(c) || extra.find(c) != std::string_view::npos; });
}

Result<std::string> canonical_extension(std::string_view s) {
  if (s.empty() || s.size() > extension_bytes_max || !only(s, "*#._-"))
    return fail(Exit::usage, fmt::format("'{}' is not an extension", echo(s)), {}, {},
                "write it as it is dialled or registered, such as 214");
  return std::string(s);
}

Result<std::string> canonical_uri(std::string_view s) {
  for (const std::string_view scheme : {"sip:", "sips:"})
    if (lower(s.substr(0, scheme.size())) == scheme) s.remove_prefix(scheme.size());
  const auto at = s.rfind('@');
  const std::string_view user = s.substr(0, at);
  const auto bad = [&] {
    return fail(Exit::usage, fmt::format("'{}' is not a SIP address", echo(s)), "RFC 3261, 19.1", {},
                "write it as user@domain, without parameters");
  };
  if (at == std::string_view::npos || user.empty() || user.size() > user_bytes_max ||
      !only(user, "-_.!~*'()&=+$,;?/%#"))
    return bad();
  const auto host = canonical_host(s.substr(at + 1));
  if (!host) return bad();
  return std::string(user) + "@" + *host;
}

}  // namespace

Result<std::string> canonical_host(std::string_view s) {
  if (s.size() > 2 && s.front() == '[' && s.back() == ']') s = s.substr(1, s.size() - 2);
  const auto colons =
      std::count(s.begin(), s.end(), ':');  // one colon would be a port, an IPv6 address has two or more
  if (s.empty() || s.size() > host_bytes_max || !only(s, ".-_:") || colons == 1)
    return fail(Exit::usage, fmt::format("'{}' is not a host", echo(s)), {}, {},
                "write a domain or an address without port, such as pbx.hotel.example or 192.0.2.10");
  return lower(s);
}

Result<std::string> canonical_value(std::string_view kind, std::string_view value) {
  if (kind == "number") return to_e164(value);
  if (kind == "extension") return canonical_extension(value);
  if (kind == "uri") return canonical_uri(value);
  return fail(Exit::usage, fmt::format("'{}' is not a kind of identity", echo(kind)), {}, {},
              "write number, extension or uri");
}

}  // namespace writ::records
