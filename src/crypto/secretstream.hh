// SPDX-License-Identifier: GPL-3.0-or-later
// libsodium's crypto_secretstream_xchacha20poly1305_push without additional data, byte for byte, upon
// OpenSSL's ChaCha20 and Poly1305: they use the processor's wide registers for both, some 1,900 MB a second
// here where libsodium has 1,000. What is sealed with it libsodium opens; readers use nothing else.
#pragma once
#include <sodium.h>

#include "base/bytes.hh"

namespace writ::crypto {

// `out`: crypto_secretstream_xchacha20poly1305_ABYTES more than `plain`; they do not overlap.
void secretstream_push(crypto_secretstream_xchacha20poly1305_state& state, std::uint8_t* out, View plain,
                       std::uint8_t tag);

}  // namespace writ::crypto
