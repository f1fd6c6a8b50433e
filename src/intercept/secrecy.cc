// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/secrecy.hh"

namespace writ::intercept {

bool is_encrypted(const wire::SdpMedia* to, const wire::SdpMedia* from) {
  if (to == nullptr || from == nullptr)
    return to != nullptr ? to->encrypted : from != nullptr && from->encrypted;
  if (to->must_encrypt || from->must_encrypt) return true;
  return to->encrypted && from->encrypted;
}

std::string why_closed(const wire::SdpMedia* to, const wire::SdpMedia* from) {
  const auto either = [&](auto&& f) { return (to != nullptr && f(*to)) || (from != nullptr && f(*from)); };
  // An offer may have both keys and a fingerprint: what is in both lines was agreed.
  const auto both = [&](auto&& f) { return (to == nullptr || f(*to)) && (from == nullptr || f(*from)); };
  const auto keys = [](const wire::SdpMedia& m) { return !m.crypto.empty(); };
  const auto dtls = [](const wire::SdpMedia& m) { return m.dtls; };
  if (either(keys) && (both(keys) || !both(dtls))) return {};
  if (either(dtls)) return "captured, not decodable: encrypted, keys agreed by DTLS and unknown";
  if (either([](const wire::SdpMedia& m) { return m.mikey; }))
    return "captured, not decodable: encrypted, keys agreed by MIKEY and unknown";
  return {};
}

}  // namespace writ::intercept
