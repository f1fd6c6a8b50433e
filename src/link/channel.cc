// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/channel.hh"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <cerrno>
#include <cstring>

namespace writ::link {
namespace {

constexpr const char* tls_rule =
    "the link is TLS 1.3 with a certificate of this carrier at both ends (docs/link.md)";

tl::unexpected<Error> tls_failed(const char* act, Exit exit = Exit::failure) {
  std::string why;
  while (const unsigned long code = ERR_get_error())
    if (const char* text = ERR_reason_error_string(code)) why = text;
  return fail(exit, fmt::format("{}: {}", act, why.empty() ? "TLS refuses" : why), tls_rule);
}

tl::unexpected<Error> end_is_gone(const std::string& why) {
  return fail(Exit::unit, "the other end of the link is gone: " + why, tls_rule);
}

using BioGuard = std::unique_ptr<BIO, int (*)(BIO*)>;
BioGuard memory_of(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

bool use_certificate(SSL_CTX* c, const std::string& pem) {
  const BioGuard in = memory_of(pem);
  X509* x = in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr;
  const bool done = x != nullptr && SSL_CTX_use_certificate(c, x) == 1;
  X509_free(x);
  return done;
}

bool trust_only(SSL_CTX* c, const std::string& pem) {
  const BioGuard in = memory_of(pem);
  X509* x = in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr;
  X509_STORE* store = X509_STORE_new();
  const bool done = x != nullptr && store != nullptr && X509_STORE_add_cert(store, x) == 1;
  X509_free(x);
  if (!done) {
    X509_STORE_free(store);
    return false;
  }
  SSL_CTX_set_cert_store(c, store);
  return true;
}

}  // namespace

void TlsSetup::Free::operator()(ssl_ctx_st* c) const { SSL_CTX_free(c); }

Result<TlsSetup> TlsSetup::make(End end, const std::string& key_pem, const std::string& cert_pem,
                                const std::string& ca_pem) {
  WRIT_TRY(key, TlsKey::from_pem(key_pem));
  SSL_CTX* c = SSL_CTX_new(end == End::office ? TLS_server_method() : TLS_client_method());
  if (c == nullptr) return tls_failed("set TLS up");
  TlsSetup s{end, c};
  if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 || SSL_CTX_set_num_tickets(c, 0) != 1 ||
      !use_certificate(c, cert_pem) || SSL_CTX_use_PrivateKey(c, key.get()) != 1 ||
      SSL_CTX_check_private_key(c) != 1 || !trust_only(c, ca_pem))
    return tls_failed("set TLS up");
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(c, 1);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return s;
}

void Channel::Free::operator()(ssl_st* s) const { SSL_free(s); }

Channel::Channel(Fd socket, ssl_st* s, std::size_t payload_max)
    : socket_(std::move(socket)), ssl_(s), reader_(payload_max) {}
Channel::Channel(Channel&&) noexcept = default;
Channel::~Channel() {
  if (ssl_ && ready_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

Result<Channel> Channel::over(Fd socket, const TlsSetup& setup) {
  SSL* s = SSL_new(setup.get());
  const bool office = setup.end() == End::office;
  if (s == nullptr || SSL_set_fd(s, socket.get()) != 1) {
    SSL_free(s);
    return tls_failed("begin TLS");
  }
  if (office)
    SSL_set_accept_state(s);
  else
    SSL_set_connect_state(s);
  return Channel{std::move(socket), s, office ? to_office_bytes_max : to_probe_bytes_max};
}

short Channel::events() const {
  return static_cast<short>(POLLIN | (wants_write_ || (ready_ && unsent() > 0) ? POLLOUT : 0));
}

Status Channel::shake_hands() {
  ERR_clear_error();
  errno = 0;
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    X509* x = SSL_get1_peer_certificate(ssl_.get());
    if (x == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK ||
        SSL_version(ssl_.get()) != TLS1_3_VERSION) {
      X509_free(x);
      return fail(Exit::refused, "the other end of the link shows no certificate", tls_rule);
    }
    unsigned char* der = nullptr;
    const int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    if (n > 0) peer_ = digest_of({der, static_cast<std::size_t>(n)});
    OPENSSL_free(der);
    X509_free(x);
    if (n <= 0) return tls_failed("read the other end's key", Exit::refused);
    ready_ = true;
    wants_write_ = false;
    return {};
  }
  const int why = SSL_get_error(ssl_.get(), done);
  wants_write_ = why == SSL_ERROR_WANT_WRITE;
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
  if (why == SSL_ERROR_SSL) return tls_failed("the handshake of the link", Exit::refused);
  return end_is_gone(errno != 0 ? std::strerror(errno) : "closed in the handshake");
}

Status Channel::read_some() {
  constexpr int rounds_max = 64;  // then the others get their turn
  std::array<std::uint8_t, 16384> buffer;
  for (int n = 0; n < rounds_max; ++n) {
    ERR_clear_error();
    errno = 0;
    const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) {
      reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
      received_ += static_cast<std::uint64_t>(got);
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), got);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
    if (why == SSL_ERROR_ZERO_RETURN) return end_is_gone("it closed the connection");
    if (why == SSL_ERROR_SSL) return tls_failed("read from the link", Exit::refused);
    return end_is_gone(errno != 0 ? std::strerror(errno) : "the connection broke off");
  }
  return {};
}

Status Channel::write_some() {
  while (unsent() > 0) {
    ERR_clear_error();
    errno = 0;
    const std::size_t most = std::min<std::size_t>(unsent(), 1u << 20);
    const int put = SSL_write(ssl_.get(), out_.data() + sent_, static_cast<int>(most));
    if (put > 0) {
      sent_ += static_cast<std::size_t>(put);
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), put);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
    if (why == SSL_ERROR_SSL) return tls_failed("write to the link", Exit::refused);
    return end_is_gone(errno != 0 ? std::strerror(errno) : "the connection broke off");
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > (4u << 20)) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  return {};
}

Status Channel::advance() {
  if (!ready_) WRIT_CHECK(shake_hands());
  if (!ready_) return {};
  WRIT_CHECK(write_some());
  WRIT_CHECK(read_some());
  return write_some();
}

void Channel::send(Type type, View payload) { put_frame(out_, type, payload); }

}  // namespace writ::link
