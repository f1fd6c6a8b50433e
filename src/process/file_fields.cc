// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/file_fields.hh"

#include <algorithm>

namespace writ::process {

crypto::Digest read_digest(Fields& f, const char* key) {
  crypto::Digest d{};
  const std::string text = f.text(key);
  if (text.empty()) return d;
  const auto bytes = crypto::unhex(text);
  if (!bytes || bytes->size() != d.size() || crypto::hex(*bytes) != text) {
    f.refuse(key, "is not a SHA-256", "leave it out: it is filled in when the scanned document is filed");
    return d;
  }
  std::copy(bytes->begin(), bytes->end(), d.begin());
  return d;
}

std::string time_text(Instant t) { return t == Instant{} ? std::string() : rfc3339(t); }

std::string digest_text(const crypto::Digest& d) {
  return d == crypto::Digest{} ? std::string() : crypto::hex(d);
}

}  // namespace writ::process
