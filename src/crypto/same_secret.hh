// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "base/bytes.hh"

namespace writ::crypto {

// Whether two secrets are the same; the time it takes tells no more than whether their lengths are.
bool same_secret(View a, View b);

}  // namespace writ::crypto
