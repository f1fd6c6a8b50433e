// SPDX-License-Identifier: GPL-3.0-or-later
// Names of parties: one canonical form, equality only. A number that merely begins like a target's is
// somebody else's.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "authority/grant.hh"
#include "wire/sip.hh"

namespace writ::intercept {

// "+14045550102" of a URI user part or digest user name; empty when it is no complete number. Visual
// separators are dropped; NANP 10 digits, 1 + 10 digits, and the prefixes 011 and 00 are brought to +.
std::string canonical_e164(std::string_view user);
// What people read: the canonical number, else user@host. Never the display name.
std::string identity_text(const wire::SipUri& u);
std::string lower(std::string_view s);
// The quoted or bare display name of a name-addr; empty when there is none.
std::string_view display_name(std::string_view value);

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class V>
using TextMap = std::unordered_map<std::string, V, TextHash, std::equal_to<>>;

// All targets of all grants, looked up by one identity at a time. The only place that holds target names.
class TargetIndex {
 public:
  void add(std::uint32_t index, const authority::VerifiedGrant& grant);
  // Appends the indices of the grants that name this identity (each once per call).
  void by_uri(const wire::SipUri& u, std::vector<std::uint32_t>& out) const;
  void by_digest(const wire::DigestIdentity& d, std::vector<std::uint32_t>& out) const;
  void by_number(std::string_view text, std::vector<std::uint32_t>& out) const;

 private:
  struct Extension {
    std::uint32_t grant;
    std::vector<std::string> hosts;
  };
  void by_user_host(std::string_view user, std::string_view host, std::vector<std::uint32_t>& out) const;
  TextMap<std::vector<std::uint32_t>> numbers_, uris_;
  TextMap<std::vector<Extension>> extensions_;
};

}  // namespace writ::intercept
