// SPDX-License-Identifier: GPL-3.0-or-later
// Between the grant's text (grant.cc) and its checks (grant_verify.cc).
#pragma once
#include "authority/grant.hh"

namespace writ::authority {

inline constexpr const char* issuer_domain = "writ.grant/1";

bool is_signed(const SignedAct& a);
std::string issuer_text(const GrantBody& body, const std::vector<SignedAct>& acts);  // what the issuer signs
Json to_json(const GrantFile& f);

}  // namespace writ::authority
