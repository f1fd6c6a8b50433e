// SPDX-License-Identifier: GPL-3.0-or-later
// One connection of the link: TLS 1.3 with certificates at both ends (RFC 8446), and frames inside. The only
// place of the product that speaks TLS; no header of OpenSSL is seen outside. Nothing here blocks: the owner
// polls.
#pragma once
#include <memory>

#include "base/io.hh"
#include "link/certificate.hh"
#include "link/frame.hh"

struct ssl_ctx_st;
struct ssl_st;

namespace writ::link {

// Which end we are, and what we show: no other version than 1.3, no resumption, no early data; the other
// end's certificate must be of `ca`, in its time, and for its end.
class TlsSetup {
 public:
  static Result<TlsSetup> make(End end, const std::string& key_pem, const std::string& cert_pem,
                               const std::string& ca_pem);
  End end() const { return end_; }
  ssl_ctx_st* get() const { return ctx_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* c) const;
  };
  TlsSetup(End end, ssl_ctx_st* c) : end_(end), ctx_(c) {}
  End end_;
  std::unique_ptr<ssl_ctx_st, Free> ctx_;
};

class Channel {
 public:
  // `socket`: connected (or connecting) and non-blocking.
  static Result<Channel> over(Fd socket, const TlsSetup& setup);
  Channel(Channel&&) noexcept;
  ~Channel();
  int fd() const { return socket_.get(); }
  short events() const;  // what to poll for
  // Shakes hands, reads, writes, as far as it goes now. Exit::unit: the other end is gone; Exit::refused: its
  // certificate is none, or ours is none to it.
  Status advance();
  bool is_ready() const { return ready_; }
  // The other end's key, once it is ready. That it is certified says nothing yet: papers.hh.
  const KeyDigest& peer() const { return peer_; }
  Result<std::optional<Frame>> next() { return reader_.next(); }
  void send(Type type, View payload);
  std::uint64_t received() const { return received_; }  // bytes, also of a frame that is not whole yet
  std::size_t unsent() const { return out_.size() - sent_; }

 private:
  struct Free {
    void operator()(ssl_st* s) const;
  };
  Channel(Fd socket, ssl_st* s, std::size_t payload_max);
  Status shake_hands();
  Status read_some();
  Status write_some();
  Fd socket_;
  std::unique_ptr<ssl_st, Free> ssl_;
  FrameReader reader_;
  Bytes out_;
  std::size_t sent_ = 0;
  std::uint64_t received_ = 0;
  KeyDigest peer_{};
  bool ready_ = false, wants_write_ = false;
};

struct Where {
  std::string address;  // numeric; nothing is looked up
  std::uint16_t port = 0;
  std::string text() const;
};
Result<Where> parse_where(const std::string& text);  // "192.0.2.1:7443", "[2001:db8::1]:7443"
Result<Fd> listen_at(Where& where);                  // port 0: any; then it is filled in
Result<Fd> accept_from(const Fd& listener);          // no Fd in it: nobody is there
Result<Fd> connect_to(const Where& where);           // begins; the channel finishes

}  // namespace writ::link
