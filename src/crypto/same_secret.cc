// SPDX-License-Identifier: GPL-3.0-or-later
#include "crypto/same_secret.hh"

#include <sodium.h>

namespace writ::crypto {

bool same_secret(View a, View b) {
  return a.size() == b.size() && ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace writ::crypto
