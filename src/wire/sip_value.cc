// SPDX-License-Identifier: GPL-3.0-or-later
// Values inside header fields: lists, name-addr, URIs, parameters, digest credentials.
#include <algorithm>

#include "wire/packet.hh"
#include "wire/sip.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

// Walks a value while knowing whether it stands inside a quoted string or <...>. From a quote that never
// closes on, quotes are ordinary characters: what follows is still read (and read once, whatever a sender
// makes up).
class Walk {
 public:
  explicit Walk(std::string_view s) : s_(s) {}
  bool unbalanced() const { return unbalanced_; }
  // The next position outside quotes and brackets where one of `stops` stands, from `at` on; npos at the end.
  std::size_t find(std::size_t at, std::string_view stops) {
    while (at < s_.size()) {
      const char c = s_[at];
      if (stops.find(c) != stops.npos) return at;
      if (c == '"' && !unbalanced_) {
        const std::size_t close = closing_quote(at);
        unbalanced_ = close == s_.npos;
        at = unbalanced_ ? at + 1 : close + 1;
      } else if (c == '<') {
        const std::size_t close = s_.find('>', at);
        at = close == s_.npos ? s_.size() : close + 1;
      } else {
        ++at;
      }
    }
    return s_.npos;
  }
  std::size_t closing_quote(std::size_t open) const {
    for (std::size_t i = open + 1; i < s_.size(); ++i) {
      if (s_[i] == '\\')
        ++i;
      else if (s_[i] == '"')
        return i;
    }
    return s_.npos;
  }

 private:
  std::string_view s_;
  bool unbalanced_ = false;
};

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string unescape(std::string_view s) {
  std::string r;
  r.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    const int high = s[i] == '%' && i + 2 < s.size() ? hex_digit(s[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(s[i + 2]) : -1;
    if (low >= 0) {
      r += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      r += s[i];
    }
  }
  return r;
}

std::string unquote(std::string_view s) {
  std::string r;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && i + 1 < s.size()) ++i;
    r += s[i];
  }
  return r;
}

std::string_view before(std::string_view s, std::string_view stops) {
  return s.substr(0, s.find_first_of(stops));
}

// An IPv6 address has many spellings and grants hold the shortest one. False when it is none.
bool one_ipv6_form(std::string& host) {
  Address a;
  if (host.find(':') == host.npos || !Address::parse(host, a)) return false;
  if (!a.is_v4()) host = a.text();
  return true;
}

void set_host(std::string_view s, SipUri& out) {
  s = trim(before(s, ";?>,"));
  std::string_view host = s, port;
  if (!s.empty() && s[0] == '[') {
    const std::size_t close = s.find(']');
    host = s.substr(1, close == s.npos ? s.npos : close - 1);
    if (close != s.npos && close + 1 < s.size() && s[close + 1] == ':') port = s.substr(close + 2);
  } else if (const std::size_t colon = s.find(':'); colon != s.npos && s.find(':', colon + 1) == s.npos) {
    host = s.substr(0, colon);  // with two colons it is an IPv6 address that lacks its brackets
    port = s.substr(colon + 1);
  }
  out.host = lower_text(unescape(trim(host)));
  if (!one_ipv6_form(out.host) && port.empty()) {
    // Without brackets a port can only be told where the whole is no address: eight groups and one more.
    const std::size_t colon = host.rfind(':');
    std::string shorter = colon == host.npos ? std::string{} : lower_text(trim(host.substr(0, colon)));
    if (one_ipv6_form(shorter)) {
      out.host = std::move(shorter);
      port = host.substr(colon + 1);
    }
  }
  std::uint64_t number = 0;
  port = trim(port);
  if (take_number(port, 65535, number)) out.port = static_cast<std::uint16_t>(number);
}

// What telephone numbers are written in; then what follows ';' are parameters of the number.
bool is_telephone(std::string_view user) {
  return !user.empty() && user.find_first_not_of("+0123456789*#-.() ") == user.npos;
}

// user[:password], the user with its escapes decoded. Parameters has a telephone number alone (";npdi"): in
// any other user ';' is a character like the others, and "user;par=x" is somebody else than "user" (RFC 3261
// 25.1, RFC 4475 semiuri).
std::string user_of(std::string_view userinfo) {
  const std::string_view user = trim(before(userinfo, ":"));
  std::string number = unescape(trim(before(user, ";")));
  return is_telephone(number) ? number : unescape(user);
}

// user[;param][:password]@host: the user part may itself hold ';', '?' and, from careless devices, '@'.
void set_user_and_host(std::string_view s, SipUri& out) {
  std::size_t at = s.find('@');
  if (at == s.npos) {
    set_host(s, out);
    return;
  }
  const std::size_t end = s.find_first_of(";?", at);
  at = s.substr(0, end).rfind('@');
  out.user = user_of(s.substr(0, at));
  set_host(s.substr(at + 1), out);
}

std::size_t scheme_length(std::string_view s) {
  std::size_t n = 0;
  while (n < s.size() &&
         (is_alpha(s[n]) || (n > 0 && (is_digit(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.'))))
    ++n;
  return n > 0 && n < s.size() && s[n] == ':' ? n : 0;
}

std::string_view unquoted(std::string_view s) {
  if (s.empty() || s[0] != '"') return s;
  const std::size_t close = Walk(s).closing_quote(0);
  return s.substr(1, close == s.npos ? s.npos : close - 1);
}

}  // namespace

std::optional<SipUri> parse_uri(std::string_view text) {
  const std::string_view s = trim(text);
  if (s.empty()) return std::nullopt;
  SipUri u;
  u.raw = s;
  const std::size_t scheme = scheme_length(s);
  if (scheme == 0) {  // "1001@192.0.2.1": written by devices that forget the scheme
    if (s.find('@') == s.npos) return std::nullopt;
    u.scheme = "sip";
    set_user_and_host(s, u);
    return u;
  }
  u.scheme = lower_text(s.substr(0, scheme));
  const std::string_view rest = s.substr(scheme + 1);
  if (u.scheme == "tel") {
    u.user = unescape(trim(before(rest, ";?")));
    u.host = lower_text(unescape(param(rest, "phone-context")));
  } else if (u.scheme == "sip" || u.scheme == "sips" || u.scheme == "im" || u.scheme == "pres") {
    set_user_and_host(rest, u);
  }  // of other schemes `raw` tells all: nothing in them is a user here
  return u;
}

std::optional<SipUri> parse_name_addr(std::string_view value) {
  const std::string_view s = trim(value);
  Walk walk(s);
  if (const std::size_t open = walk.find(0, "<"); open != s.npos) {
    const std::size_t close = s.find('>', open);
    return parse_uri(s.substr(open + 1, close == s.npos ? s.npos : close - open - 1));
  }
  // Without brackets parameters belong to the header (RFC 3261 20); a semicolon before '@' is part of the
  // user.
  const std::size_t at = s.find('@');
  const std::size_t comma = s.find(',');
  const bool user_first = at != s.npos && (comma == s.npos || at < comma);
  const std::size_t end = s.find_first_of(";,", user_first ? at : 0);
  return parse_uri(s.substr(0, end));
}

std::string uri_header(const SipUri& u, std::string_view name) {
  const std::size_t question = u.raw.find('?');
  std::string_view rest =
      question == u.raw.npos ? std::string_view{} : std::string_view(u.raw).substr(question + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&'), equals = rest.find('=');
    const std::string_view one = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    if (equals < one.size() && equal_ci(unescape(one.substr(0, equals)), name))
      return unescape(one.substr(equals + 1));
  }
  return {};
}

bool next_value(std::string_view& rest, std::string_view& value) {
  while (!rest.empty()) {
    Walk walk(rest);
    std::size_t comma = walk.find(0, ",");
    if (walk.unbalanced()) comma = rest.npos;  // where the values part cannot be known: one value
    value = trim(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    if (!value.empty()) return true;
  }
  return false;
}

std::string_view param(std::string_view value, std::string_view name) {
  Walk walk(value);
  std::size_t at = walk.find(0, ";,");
  while (at != value.npos && value[at] == ';') {
    const std::size_t end = walk.find(at + 1, ";,");
    const std::string_view one = value.substr(at + 1, end == value.npos ? value.npos : end - at - 1);
    const std::size_t equals = one.find('=');
    if (equal_ci(trim(one.substr(0, equals)), name)) {
      return equals == one.npos ? std::string_view{} : unquoted(trim(one.substr(equals + 1)));
    }
    at = end;
  }
  return {};
}

std::string_view tag_of(std::string_view from_or_to_value) { return param(from_or_to_value, "tag"); }

std::optional<DigestIdentity> digest_identity(std::string_view value) {
  std::string_view rest = trim(value);
  if (!equal_ci(take_word(rest), "Digest")) return std::nullopt;
  DigestIdentity d;
  bool named = false;
  for_each_value(rest, [&](std::string_view one) {
    const std::size_t equals = one.find('=');
    if (equals == one.npos) return;
    const std::string_view name = trim(one.substr(0, equals));
    const std::string_view text = unquoted(trim(one.substr(equals + 1)));
    if (equal_ci(name, "username") && !named) {
      d.username = unquote(text);
      named = true;
    } else if (equal_ci(name, "username*") && !named) {  // RFC 7616 3.4: UTF-8''percent%20escaped
      const std::size_t quote = text.rfind('\'');
      d.username = unescape(quote == text.npos ? text : text.substr(quote + 1));
      named = true;
    } else if (equal_ci(name, "realm") && d.realm.empty()) {
      d.realm = unquote(text);
    }
  });
  if (!named) return std::nullopt;
  return d;
}

}  // namespace writ::wire
