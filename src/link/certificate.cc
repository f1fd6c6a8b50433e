// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/certificate.hh"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace writ::link {
namespace {

struct FreeX509 {
  void operator()(X509* x) const { X509_free(x); }
};
struct FreeBio {
  void operator()(BIO* b) const { BIO_free_all(b); }
};
struct FreePkey {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};
using X509Ptr = std::unique_ptr<X509, FreeX509>;
using BioPtr = std::unique_ptr<BIO, FreeBio>;

tl::unexpected<Error> openssl_failed(const char* act) {
  const unsigned long code = ERR_get_error();
  const char* why = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return fail(Exit::failure, fmt::format("{}: {}", act, why == nullptr ? "OpenSSL refuses" : why));
}

std::string text_in(BIO* b) {
  char* data = nullptr;
  const long n = BIO_get_mem_data(b, &data);
  return n > 0 ? std::string(data, static_cast<std::size_t>(n)) : std::string{};
}

Result<X509Ptr> read_certificate(const std::string& pem) {
  const BioPtr in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  X509Ptr x{in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr};
  if (!x) return openssl_failed("read a certificate");
  return x;
}

Result<std::string> print_certificate(X509* x) {
  const BioPtr out{BIO_new(BIO_s_mem())};
  if (!out || PEM_write_bio_X509(out.get(), x) != 1) return openssl_failed("write a certificate");
  return text_in(out.get());
}

// Organisation and common name; a carrier's name may be longer than X.520 lets a name be.
bool name_it(X509_NAME* n, const std::string& carrier, const std::string& common) {
  const auto add = [&](const char* key, std::string value) {
    value.resize(std::min<std::size_t>(value.size(), 60));
    return X509_NAME_add_entry_by_txt(n, key, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return (carrier.empty() || add("O", carrier)) && add("CN", common);
}

bool extend(X509* x, X509* issuer, std::initializer_list<std::pair<int, const char*>> extensions) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, x, nullptr, nullptr, 0);
  return std::all_of(extensions.begin(), extensions.end(), [&](const auto& e) {
    X509_EXTENSION* ext = X509V3_EXT_conf_nid(nullptr, &ctx, e.first, e.second);
    const bool done = ext != nullptr && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return done;
  });
}

bool date_it(X509* x, Instant now, std::chrono::days days) {
  const auto at = [](Instant t) { return static_cast<time_t>(to_ns(t) / 1'000'000'000); };
  return ASN1_TIME_set(X509_getm_notBefore(x), at(now - std::chrono::minutes{10})) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(x), at(now + days)) != nullptr;
}

bool number_it(X509* x) {
  Bytes n = crypto::random_bytes(16);
  n[0] &= 0x7f;
  BIGNUM* big = BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr);
  const bool done = big != nullptr && BN_to_ASN1_INTEGER(big, X509_get_serialNumber(x)) != nullptr;
  BN_free(big);
  return done;
}

constexpr std::chrono::days ca_days{7300}, leaf_days{730};

}  // namespace

void TlsKey::Free::operator()(evp_pkey_st* k) const { EVP_PKEY_free(k); }

Result<TlsKey> TlsKey::make() {
  EVP_PKEY* k = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (k == nullptr) return openssl_failed("make a key");
  return TlsKey{k};
}

Result<TlsKey> TlsKey::from_pem(std::string_view pem) {
  const BioPtr in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  EVP_PKEY* k = in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr;
  if (k == nullptr) return openssl_failed("read a key");
  return TlsKey{k};
}

Result<std::string> TlsKey::pem() const {
  const BioPtr out{BIO_new(BIO_s_mem())};
  if (!out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_failed("write a key");
  return text_in(out.get());
}

Result<Bytes> TlsKey::public_der() const {
  unsigned char* der = nullptr;
  const int n = i2d_PUBKEY(key_.get(), &der);
  if (n <= 0) return openssl_failed("write a public key");
  Bytes out(der, der + n);
  OPENSSL_free(der);
  return out;
}

Result<std::string> make_ca(const TlsKey& key, const std::string& carrier, Instant now) {
  const X509Ptr x{X509_new()};
  if (!x || X509_set_version(x.get(), 2) != 1 || !number_it(x.get()) || !date_it(x.get(), now, ca_days) ||
      !name_it(X509_get_subject_name(x.get()), carrier, "Writ link CA") ||
      X509_set_issuer_name(x.get(), X509_get_subject_name(x.get())) != 1 ||
      X509_set_pubkey(x.get(), key.get()) != 1 ||
      !extend(x.get(), x.get(),
              {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
               {NID_key_usage, "critical,keyCertSign"},
               {NID_subject_key_identifier, "hash"}}) ||
      X509_sign(x.get(), key.get(), nullptr) <= 0)
    return openssl_failed("make the CA's certificate");
  return print_certificate(x.get());
}

Result<std::string> issue_certificate(const TlsKey& ca_key, const std::string& ca, View public_der,
                                      const std::string& name, End end, Instant now) {
  WRIT_TRY(issuer, read_certificate(ca));
  const unsigned char* at = public_der.data();
  const std::unique_ptr<EVP_PKEY, FreePkey> key{
      d2i_PUBKEY(nullptr, &at, static_cast<long>(public_der.size()))};
  if (!key || at != public_der.data() + public_der.size() || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    ERR_clear_error();
    return fail(Exit::usage, "the request holds no Ed25519 key for TLS");
  }
  const X509Ptr x{X509_new()};
  const char* use = end == End::office ? "serverAuth" : "clientAuth";
  if (!x || X509_set_version(x.get(), 2) != 1 || !number_it(x.get()) || !date_it(x.get(), now, leaf_days) ||
      !name_it(X509_get_subject_name(x.get()), {}, name) ||
      X509_set_issuer_name(x.get(), X509_get_subject_name(issuer.get())) != 1 ||
      X509_set_pubkey(x.get(), key.get()) != 1 ||
      !extend(x.get(), issuer.get(),
              {{NID_basic_constraints, "critical,CA:FALSE"},
               {NID_key_usage, "critical,digitalSignature"},
               {NID_ext_key_usage, use},
               {NID_authority_key_identifier, "keyid"}}) ||
      X509_sign(x.get(), ca_key.get(), nullptr) <= 0)
    return openssl_failed("make a certificate");
  return print_certificate(x.get());
}

Result<Instant> end_of_certificate(const std::string& pem) {
  WRIT_TRY(x, read_certificate(pem));
  int days = 0, seconds = 0;
  const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> zero{ASN1_TIME_set(nullptr, 0), ASN1_TIME_free};
  if (!zero || ASN1_TIME_diff(&days, &seconds, zero.get(), X509_get0_notAfter(x.get())) != 1)
    return openssl_failed("read a certificate's end");
  return Instant{std::chrono::days{days} + std::chrono::seconds{seconds}};
}

}  // namespace writ::link
