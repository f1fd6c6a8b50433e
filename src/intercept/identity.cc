// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/identity.hh"

#include <algorithm>

namespace writ::intercept {
namespace {

constexpr std::size_t e164_digits_min = 7, e164_digits_max = 15;

bool digit(char c) { return c >= '0' && c <= '9'; }

bool nanp(std::string_view d) { return d.size() == 10 && d[0] >= '2' && d[3] >= '2'; }

void append_once(std::vector<std::uint32_t>& out, std::uint32_t g) {
  if (std::find(out.begin(), out.end(), g) == out.end()) out.push_back(g);
}

std::string plus(std::string_view digits) {
  if (digits.size() < e164_digits_min || digits.size() > e164_digits_max || digits[0] == '0') return {};
  std::string out = "+";
  return out.append(digits);
}

}  // namespace

std::string canonical_e164(std::string_view user) {
  std::string d;
  bool international = false;
  for (std::size_t i = 0; i < user.size(); ++i) {
    const char c = user[i];
    if (digit(c)) {
      if (d.size() > e164_digits_max + 3) return {};
      d.push_back(c);
    } else if (c == '+' && i == 0) {
      international = true;
    } else if (c != '-' && c != '.' && c != '(' && c != ')' && c != ' ') {
      return {};
    }
  }
  const std::string_view v = d;
  if (international) return plus(v);
  if (v.starts_with("011")) return plus(v.substr(3));
  if (v.starts_with("00")) return plus(v.substr(2));
  if (v.size() == 11 && v[0] == '1' && nanp(v.substr(1))) return plus(v);
  if (nanp(v)) return "+1" + d;
  return {};
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string identity_text(const wire::SipUri& u) {
  std::string number = canonical_e164(u.user);
  if (!number.empty()) return number;
  if (u.user.empty()) return u.host;
  return u.host.empty() ? u.user : u.user + "@" + u.host;
}

std::string_view display_name(std::string_view value) {
  const std::size_t open = value.find('<');
  if (open == std::string_view::npos) return {};
  std::string_view name = value.substr(0, open);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t' || name.back() == '"'))
    name.remove_suffix(1);
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t' || name.front() == '"'))
    name.remove_prefix(1);
  return name;
}

void TargetIndex::add(std::uint32_t g, const authority::VerifiedGrant& grant) {
  for (const authority::Target& t : grant.body().targets) {
    switch (t.type) {
      case authority::Target::Type::e164:
        append_once(numbers_[t.value], g);
        break;
      case authority::Target::Type::uri: {
        const std::size_t at = t.value.rfind('@');
        std::string host = at == std::string::npos ? "" : lower(t.value.substr(at + 1));
        if (host.size() > 2 && host.front() == '[' && host.back() == ']')
          host = host.substr(1, host.size() - 2);
        append_once(uris_[t.value.substr(0, at) + "@" + host], g);
        break;
      }
      case authority::Target::Type::extension: {
        Extension e{g, {}};
        for (const std::string& h : t.hosts) e.hosts.push_back(lower(h));
        extensions_[t.value].push_back(std::move(e));
        break;
      }
    }
  }
}

void TargetIndex::by_number(std::string_view text, std::vector<std::uint32_t>& out) const {
  if (numbers_.empty()) return;
  const std::string n = canonical_e164(text);
  if (n.empty()) return;
  if (const auto it = numbers_.find(n); it != numbers_.end())
    for (const std::uint32_t g : it->second) append_once(out, g);
}

void TargetIndex::by_user_host(std::string_view user, std::string_view host,
                               std::vector<std::uint32_t>& out) const {
  if (!uris_.empty()) {
    std::string key(user);
    key.append("@").append(host);
    if (const auto it = uris_.find(key); it != uris_.end())
      for (const std::uint32_t g : it->second) append_once(out, g);
  }
  if (extensions_.empty()) return;
  if (const auto it = extensions_.find(user); it != extensions_.end())
    for (const Extension& e : it->second)
      if (std::find(e.hosts.begin(), e.hosts.end(), host) != e.hosts.end()) append_once(out, e.grant);
}

void TargetIndex::by_uri(const wire::SipUri& u, std::vector<std::uint32_t>& out) const {
  // "+12125550101@corp.example" as a user, the '@' escaped or not: whose number it is at home.
  by_number(std::string_view(u.user).substr(0, u.user.find('@')), out);
  by_user_host(u.user, u.host, out);
}

void TargetIndex::by_digest(const wire::DigestIdentity& d, std::vector<std::uint32_t>& out) const {
  const std::size_t at = d.username.rfind('@');
  const std::string_view user = std::string_view(d.username).substr(0, at);
  by_number(user, out);
  by_user_host(d.username, lower(d.realm), out);
  if (at != std::string::npos) by_user_host(user, lower(std::string_view(d.username).substr(at + 1)), out);
}

}  // namespace writ::intercept
