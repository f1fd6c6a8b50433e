// SPDX-License-Identifier: GPL-3.0-or-later
// Papers with a signature that fits, so that what stands behind the signature is reached.
#pragma once
#include "custody/paper.hh"

namespace writ::fuzz {

inline const crypto::SigningKey& own_key() {
  static const crypto::SigningKey key = [] {
    crypto::start();
    const Bytes seed(32, 7);
    return crypto::SigningKey{View{seed}};
  }();
  return key;
}

// The same paper, its body signed by the key of ours that `names` puts into it. Empty: it is no paper.
template <class Names>
std::string signed_again(View text, Names names) {
  const auto j = parse_json(text, "input");
  if (!j || !j->is_object() || !j->contains("body") || !(*j)["body"].is_object()) return {};
  Json body = (*j)["body"];
  names(body, own_key().public_key().text());
  const std::string schema = field<std::string>(*j, "schema", "input").value_or("");
  return custody::sign_paper(schema.c_str(), body, own_key());
}

}  // namespace writ::fuzz
