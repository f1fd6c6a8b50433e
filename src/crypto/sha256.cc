// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 by OpenSSL, which uses the processor's instructions for it: some 1,400 MB a second here where
// libsodium, which does all else, has some 300. Everything that is sealed is hashed once, so that is the
// speed of the spool.
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

#include "base/watched_file.hh"
#include "crypto/crypto.hh"

namespace writ::crypto {
namespace {

[[noreturn]] void no_sha256() {
  std::fputs("error: OpenSSL cannot compute SHA-256\n", stderr);
  std::abort();
}

void must(int done) {
  if (done != 1) no_sha256();
}

const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = [] {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    const EVP_MD* found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (found == nullptr) no_sha256();
    return found;
  }();
  return fetched;
}
// Before main: what the probe and the workers give away afterwards (files, system calls) is not needed later.
[[maybe_unused]] const bool ready = algorithm() != nullptr;

class Context {
 public:
  Context() : c_(EVP_MD_CTX_new()) {
    if (c_ == nullptr) no_sha256();
  }
  Context(const Context& o) : Context() { must(EVP_MD_CTX_copy_ex(c_, o.c_)); }
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(c_); }
  void begin() { must(EVP_DigestInit_ex2(c_, algorithm(), nullptr)); }
  void update(View v) { must(EVP_DigestUpdate(c_, v.data(), v.size())); }
  Digest finish() {
    Digest d{};
    must(EVP_DigestFinal_ex(c_, d.data(), nullptr));
    return d;
  }

 private:
  EVP_MD_CTX* c_;
};

}  // namespace

Digest sha256(View v) {
  thread_local Context c;  // making one costs more than hashing a record
  c.begin();
  c.update(v);
  return c.finish();
}

struct Sha256::State {
  Context c;
};
Sha256::Sha256() : s_(std::make_unique<State>()) { s_->c.begin(); }
Sha256::~Sha256() = default;
Sha256::Sha256(const Sha256& o) : s_(std::make_unique<State>(*o.s_)) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::update(View v) { s_->c.update(v); }
Digest Sha256::finish() { return s_->c.finish(); }

Result<Digest> sha256_file(const std::string& path) {
  WRIT_TRY(file, WatchedFile::open(path));
  const Digest digest = sha256(file.bytes());
  WRIT_CHECK(file.still_there());
  return digest;
}

}  // namespace writ::crypto
