// SPDX-License-Identifier: GPL-3.0-or-later
// Keys and certificates for TLS (X.509, RFC 5280), by OpenSSL: Ed25519 throughout (RFC 8410). The CA is the
// carrier's own and signs nothing but the two ends of its links.
#pragma once
#include <memory>
#include <string>

#include "link/papers.hh"

struct evp_pkey_st;

namespace writ::link {

class TlsKey {
 public:
  static Result<TlsKey> make();
  static Result<TlsKey> from_pem(std::string_view pem);
  Result<std::string> pem() const;  // the secret; for a file of mode 0600
  Result<Bytes> public_der() const;
  evp_pkey_st* get() const { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* k) const;
  };
  explicit TlsKey(evp_pkey_st* k) : key_(k) {}
  std::unique_ptr<evp_pkey_st, Free> key_;
};

inline KeyDigest digest_of(View public_der) { return crypto::sha256(public_der); }

enum class End { office, probe };  // server, client
// PEM. The CA for twenty years, a leaf for two; both count from some minutes before `now`, as clocks differ.
Result<std::string> make_ca(const TlsKey& key, const std::string& carrier, Instant now);
Result<std::string> issue_certificate(const TlsKey& ca_key, const std::string& ca, View public_der,
                                      const std::string& name, End end, Instant now);
Result<Instant> end_of_certificate(const std::string& pem);

}  // namespace writ::link
