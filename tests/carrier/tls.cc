// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TLS by OpenSSL: a client and a server that hand each other their records through memory, and show
// each to the mirror. Its chance comes from the seed, so that the same run gives the same bytes.
#define OPENSSL_SUPPRESS_DEPRECATED  // the one way to give OpenSSL a chance of our own without a provider
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "pipe.hh"

namespace carrier {
namespace {

struct Shared {
  Random chance{0};
  std::ofstream keys;
  SSL_CTX* client = nullptr;
  SSL_CTX* server = nullptr;
};
Shared& shared() {
  static Shared s;
  return s;
}

int random_bytes(unsigned char* out, int n) {
  for (int i = 0; i < n; ++i) out[i] = static_cast<unsigned char>(shared().chance.next());
  return 1;
}
int random_ready() { return 1; }

// A certificate of the registrar's: P-256, for a fixed time.
void certify(SSL_CTX* c) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20200101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "20400101000000Z");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("carrier.example"), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  X509_set_pubkey(x, key);
  if (X509_sign(x, key, EVP_sha256()) == 0 || SSL_CTX_use_certificate(c, x) != 1 ||
      SSL_CTX_use_PrivateKey(c, key) != 1)
    throw std::runtime_error("no certificate");
  X509_free(x);
  EVP_PKEY_free(key);
}

}  // namespace

void Tls::start(std::uint64_t seed, const fs::path& key_log) {
  Shared& s = shared();
  s.chance = Random(mix(seed, 0x715));
  s.keys.open(key_log);
  static const RAND_METHOD method{nullptr, random_bytes, nullptr, nullptr, random_bytes, random_ready};
  RAND_set_rand_method(&method);
  s.client = SSL_CTX_new(TLS_client_method());
  s.server = SSL_CTX_new(TLS_server_method());
  certify(s.server);
  SSL_CTX_set_keylog_callback(s.client, [](const SSL*, const char* line) { shared().keys << line << '\n'; });
  SSL_CTX_set_num_tickets(s.server, 0);  // they hold the time of day
  SSL_CTX_set_options(s.server, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(s.server, SSL_SESS_CACHE_OFF);
}

struct Tls::Impl {
  Mirror& mirror;
  Tcp tcp;
  Time last = 0;  // flights follow each other
  SSL *client = SSL_new(shared().client), *server = SSL_new(shared().server);

  Impl(Mirror& m, const Endpoint& c, const Endpoint& s, Wire w, std::uint64_t seed, bool newest)
      : mirror(m), tcp(m, c, s, w, {1448, 0, 0, 0, true}, seed) {
    for (SSL* x : {client, server}) {
      SSL_set_bio(x, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      if (!newest) SSL_set_max_proto_version(x, TLS1_2_VERSION);
    }
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
  }
  ~Impl() {
    SSL_free(client);
    SSL_free(server);
  }
  // What one side has written goes over the wire and to the other side.
  bool carry(bool from_client) {
    SSL *from = from_client ? client : server, *to = from_client ? server : client;
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(from)), '\0');
    if (bytes.empty()) return false;
    BIO_read(SSL_get_wbio(from), bytes.data(), static_cast<int>(bytes.size()));
    BIO_write(SSL_get_rbio(to), bytes.data(), static_cast<int>(bytes.size()));
    last = std::max(last, mirror.now()) + 700;
    mirror.call_at(last, [this, from_client, bytes] { tcp.send(from_client, bytes, {}); });
    return true;
  }
};

Tls::Tls(Mirror& m, const Endpoint& client, const Endpoint& server, Wire w, std::uint64_t seed, bool newest)
    : i_(std::make_unique<Impl>(m, client, server, w, seed, newest)) {}
Tls::~Tls() = default;

void Tls::open() {
  i_->tcp.open();
  for (bool moving = true; moving;) {
    SSL_do_handshake(i_->client);
    moving = i_->carry(true);
    SSL_do_handshake(i_->server);
    moving = i_->carry(false) || moving;
  }
  if (SSL_is_init_finished(i_->client) == 0 || SSL_is_init_finished(i_->server) == 0)
    throw std::runtime_error("no TLS handshake");
}

void Tls::send(bool from_client, const std::string& message) {
  SSL* from = from_client ? i_->client : i_->server;
  if (SSL_write(from, message.data(), static_cast<int>(message.size())) <= 0)
    throw std::runtime_error("SSL_write");
  i_->carry(from_client);
  std::array<char, 4096> sink{};
  while (SSL_read(from_client ? i_->server : i_->client, sink.data(), sink.size()) > 0) {
  }
}

void Tls::close() {
  i_->mirror.call_at(i_->last + 2000, [this] { i_->tcp.close(); });
}

}  // namespace carrier
