// SPDX-License-Identifier: GPL-3.0-or-later
#include "crypto/running_sha256.hh"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

namespace writ::crypto {
namespace {

void must_hash(bool done) {
  if (done) return;
  std::fputs("error: OpenSSL cannot compute SHA-256\n", stderr);
  std::abort();
}

}  // namespace

void RunningSha256::Free::operator()(evp_md_ctx_st* c) const { EVP_MD_CTX_free(c); }

RunningSha256::RunningSha256() : c_(EVP_MD_CTX_new()) {
  must_hash(c_ && EVP_DigestInit_ex2(c_.get(), EVP_sha256(), nullptr) == 1);
}

RunningSha256::RunningSha256(const RunningSha256& o) : c_(EVP_MD_CTX_new()) {
  must_hash(c_ && EVP_MD_CTX_copy_ex(c_.get(), o.c_.get()) == 1);
}

void RunningSha256::update(View v) { must_hash(EVP_DigestUpdate(c_.get(), v.data(), v.size()) == 1); }

Digest RunningSha256::so_far() const {
  const RunningSha256 copy{*this};
  Digest d{};
  must_hash(EVP_DigestFinal_ex(copy.c_.get(), d.data(), nullptr) == 1);
  return d;
}

}  // namespace writ::crypto
