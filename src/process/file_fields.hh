// SPDX-License-Identifier: GPL-3.0-or-later
// Fields that order files (request.cc) and process files (demand.cc) have in common.
#pragma once
#include "base/sourced.hh"
#include "crypto/crypto.hh"

namespace writ::process {

// SHA-256 in hexadecimal; absent: zeros. Complains about anything else.
crypto::Digest read_digest(Fields& f, const char* key);
std::string time_text(Instant t);                  // RFC 3339; "" when not stated
std::string digest_text(const crypto::Digest& d);  // hexadecimal; "" for zeros

}  // namespace writ::process
