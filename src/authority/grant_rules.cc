// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for a grant's body alone. The verifier on the probe enforces this whatever the desk believed.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "authority/grant.hh"
#include "authority/input_name.hh"
#include "authority/strict.hh"
#include "base/digits.hh"

namespace writ::authority {
namespace {

constexpr const char* ask_desk =
    "correct the request; counsel, the officer and the technician then sign the new grant";

auto refuse(std::string what, std::string rule, std::string missing) {
  return fail(Exit::refused, std::move(what), std::move(rule), std::move(missing), ask_desk);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

// An address in its one shortest form.
bool is_address(const std::string& s) {
  for (const int family : {AF_INET, AF_INET6}) {
    unsigned char raw[16];
    char back[INET6_ADDRSTRLEN];
    if (inet_pton(family, s.c_str(), raw) == 1 && inet_ntop(family, raw, back, sizeof back) && s == back)
      return true;
  }
  return false;
}

bool is_domain(const std::string& s) {
  if (s.empty() || s.size() > 253) return false;
  char before = '.';
  for (const char c : s) {
    if (!is_lower_alnum(c) && c != '-' && c != '.' && c != '_') return false;
    if (before == '.' && (c == '.' || c == '-')) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

// "pbx.example.net", "192.0.2.7", "2001:db8::7"; in a URI an IPv6 address stands in brackets.
bool is_host(const std::string& s) { return is_domain(s) || is_address(s); }
bool is_uri_host(const std::string& s) {
  if (s.size() > 2 && s.front() == '[' && s.back() == ']') {
    const std::string inner = s.substr(1, s.size() - 2);
    return inner.find(':') != std::string::npos && is_address(inner);
  }
  return is_domain(s);
}

// RFC 3261's user part without escapes, and without what any system reads as a pattern: * ? % [ ] ( ) $ ^ |
// \.
bool is_uri_user(std::string_view s) {
  return !s.empty() && s.size() <= 128 && std::all_of(s.begin(), s.end(), [](char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("-_.!~'&=+,;/#").find(c) != std::string_view::npos;
  });
}

bool is_exact(const Target& t) {
  if (t.type == Target::Type::extension)
    return all_digits(t.value) && t.value.size() <= 15 && is_plain_text(t.property) && !t.hosts.empty() &&
           std::all_of(t.hosts.begin(), t.hosts.end(), is_host);
  if (!t.property.empty() || !t.hosts.empty()) return false;
  if (t.type == Target::Type::e164) {
    const std::string_view digits = std::string_view(t.value).substr(t.value.empty() ? 0 : 1);
    return t.value.starts_with('+') && all_digits(digits) && digits.front() != '0' && digits.size() >= 7 &&
           digits.size() <= 15;
  }
  const auto at = t.value.find('@');
  return at != std::string::npos && is_uri_user(t.value.substr(0, at)) && is_uri_host(t.value.substr(at + 1));
}

template <class T>
bool has_duplicates(std::vector<T> v) {
  std::sort(v.begin(), v.end());
  return std::adjacent_find(v.begin(), v.end()) != v.end();
}

Status check_targets(const GrantBody& g) {
  constexpr const char* rule = "exact targets only: 18 USC 2518(4)(b), 3123(b)(1)(C); 47 USC 1002(a)(4)";
  if (g.targets.empty())
    return refuse("the grant names no target", rule,
                  "a number, an address or an extension with its property");
  if (g.targets.size() > limits::targets_per_grant_max)
    return refuse(fmt::format("the grant names {} targets", g.targets.size()), rule,
                  fmt::format("at most {} targets", limits::targets_per_grant_max));
  for (std::size_t i = 0; i < g.targets.size(); ++i) {
    const Target& t = g.targets[i];
    // The text of a target stays out of the error: no target in logs.
    if (!is_exact(t) || has_duplicates(t.hosts))
      return refuse(
          fmt::format("target {} of the grant is not exact", i + 1), rule,
          "'+' and 7 to 15 digits; user@domain with the domain in lower case; or an extension's digits "
          "with its property and that property's hosts; no wildcard, range or prefix");
    if (i > 0 && !(g.targets[i - 1] < t))
      return refuse("the grant's targets are not sorted, each once", rule, "one order of targets");
  }
  return {};
}

Status check_recipients(const GrantBody& g) {
  if (g.call_data_to.empty())
    return refuse("nobody could open the call data", "every grant seals its call data (47 USC 1002(a)(2))",
                  "a recipient of call data");
  if (has_duplicates(g.call_data_to) || has_duplicates(g.content_to))
    return refuse("a recipient is named twice", "recipients are pinned in the grant (47 CFR 1.20003)",
                  "each recipient once");
  if (yields_content(g.kind) && g.content_to.empty())
    return refuse("a content grant without a recipient of content", "18 USC 2518(4); 47 USC 1002(a)(1)",
                  "the matter's public key for content");
  if (!yields_content(g.kind) && !g.content_to.empty())
    return refuse(fmt::format("a {} grant with a recipient of content", to_string(g.kind)),
                  "a pen register or trap yields no content: 18 USC 3121(c), 3127(3), (4)",
                  "an empty list of content recipients");
  if (!yields_content(g.kind) && g.post_cut_through_digits)
    return refuse(fmt::format("a {} grant with post-cut-through digits", to_string(g.kind)),
                  "digits dialled after the call is set up may be content: 18 USC 3121(c)",
                  "digits switched off");
  for (const std::string& peer : g.trusted_peers)
    if (!is_address(peer))
      return refuse("a trusted peer is not an address",
                    "identity is taken from known equipment only (47 USC 1002(a)(4))",
                    "an IPv4 or IPv6 address in its shortest form");
  if (has_duplicates(g.trusted_peers))
    return refuse("a trusted peer is named twice",
                  "identity is taken from known equipment only (47 USC 1002(a)(4))", "each peer once");
  return {};
}

Status check_trust(const GrantBody& g) {
  const char* const rule =
      "From is written by the caller: where it may be believed is exact (47 USC 1002(a)(4))";
  if (g.trust_from && !g.trust_from_at.empty())
    return refuse("the grant trusts From at every input and at some", rule, "one of the two");
  if (g.trust_from_at.size() > limits::trusted_inputs_per_grant_max)
    return refuse(fmt::format("the grant trusts From at {} inputs", g.trust_from_at.size()), rule,
                  fmt::format("at most {}", limits::trusted_inputs_per_grant_max));
  for (std::size_t i = 0; i < g.trust_from_at.size(); ++i) {
    if (!is_input_name(g.trust_from_at[i]))
      return refuse(
          "an input at which the grant trusts From has no possible name", rule,
          fmt::format("1 to {} printing ASCII characters without blanks", limits::input_name_bytes_max));
    if (i > 0 && g.trust_from_at[i - 1] >= g.trust_from_at[i])
      return refuse("the grant's trusted inputs are not sorted, each once", rule, "one order of inputs");
  }
  return {};
}

const char* cap_rule(Basis b) {
  switch (b) {
    case Basis::title_iii:
      return "at most 30 days: 18 USC 2518(5)";
    case Basis::pen_trap:
      return "at most 60 days: 18 USC 3123(c)";
    case Basis::emergency_title_iii:
      return "at most 48 hours: 18 USC 2518(7)";
    case Basis::emergency_pen_trap:
      return "at most 48 hours: 18 USC 3125(a)";
  }
  return "";
}

Status check_window(const GrantBody& g) {
  if (g.not_before < Instant{} || g.not_after <= g.not_before)
    return refuse("the grant's window is empty", "an order states its period: 18 USC 2518(4)(e), 3123(c)",
                  "an end after the beginning");
  if (g.not_after - g.not_before > duration_cap(g.basis))
    return refuse(fmt::format("the window from {} to {} is too long for {}", rfc3339(g.not_before),
                              rfc3339(g.not_after), to_string(g.basis)),
                  cap_rule(g.basis), "a shorter window; an extension is a new order and a new grant");
  return {};
}

Status check_origin(const GrantBody& g) {
  if (!is_plain_text(g.carrier) || !is_plain_text(g.matter) || !is_plain_text(g.probe_name))
    return refuse("carrier, matter or probe is not named",
                  "an order states whom it binds: 18 USC 2518(4), 3123(b)", "the three names as plain text");
  const bool is_wiretap = g.basis == Basis::title_iii || g.basis == Basis::emergency_title_iii;
  if (is_wiretap != yields_content(g.kind))
    return refuse(fmt::format("a {} grant on the basis {}", to_string(g.kind), to_string(g.basis)),
                  "content needs 18 USC 2518; pen registers and traps rest on 18 USC 3123 or 3125",
                  "the basis that fits the kind");
  if (g.document_sha256 == crypto::Digest{} || g.request_sha256 == crypto::Digest{})
    return refuse("the order's document is not bound",
                  "no interception without the order itself: 47 USC 1004",
                  "the SHA-256 of the scanned order and of the request");
  if (g.sequence == 0 || (g.previous && g.sequence < 2))
    return refuse("the grant's number in its matter is not possible",
                  "grants are numbered from 1 (docs/design.md)",
                  "1 for the first, more for one that extends another");
  const bool is_emergency = g.basis == Basis::emergency_title_iii || g.basis == Basis::emergency_pen_trap;
  if (is_emergency && g.previous)
    return refuse("an emergency is not extended",
                  "within 48 hours the order follows: 18 USC 2518(7), 3125(a)",
                  "the court's order, as a new grant on its own basis");
  return {};
}

}  // namespace

Status check_body(const GrantBody& g) {
  WRIT_CHECK(check_origin(g));
  WRIT_CHECK(check_targets(g));
  WRIT_CHECK(check_recipients(g));
  WRIT_CHECK(check_trust(g));
  return check_window(g);
}

}  // namespace writ::authority
