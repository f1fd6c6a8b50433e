// SPDX-License-Identifier: GPL-3.0-or-later
// One thread serves all connections. A record is made durable inline, which costs some milliseconds in which
// the others wait; a switch that posts a record for each call does not come near to that. In return records
// come one after the other and the caller needs no lock.
//
// The header is judged before the body is read: who has no business here is told so without being listened
// to. After a refusal the connection is closed, but not at once: what the client is still sending is read
// away for a moment, since a close with unread bytes would reset the connection and take the answer with it.
#include "ingest/http_receiver.hh"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <set>
#include <utility>  // Asio 1.74 forgets it

#include "crypto/crypto.hh"
#include "crypto/same_secret.hh"

namespace writ::ingest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::uint32_t header_bytes_max = 16u << 10;
constexpr std::size_t connections_max = 256;
constexpr milliseconds accept_slice{20}, last_answers{120};
constexpr std::chrono::seconds read_away_s{2};
constexpr std::size_t read_away_bytes_max = 4u << 20;

// Hashed first: nor does the time say how long the expected one is.
bool same_secret(std::string_view a, std::string_view b) {
  return crypto::same_secret(crypto::sha256(view_of(a)), crypto::sha256(view_of(b)));
}

class Session;

struct Shared {
  const ReceiverSettings& settings;
  const ReceiverCallbacks& callbacks;
  std::string credentials;  // base64 of "user:password"
  std::set<std::shared_ptr<Session>> sessions;
  bool is_stopping = false;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {}
  void start() { read_header(); }
  bool is_busy() const { return is_answering_; }
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_header();
  void on_header(error_code e);
  void on_body(error_code e);
  void on_read_error(error_code e);
  // What is wrong with the header; nothing when the body may come.
  std::optional<http::status> objection() const;
  bool is_authorised() const;
  void answer(http::status status, std::string text, bool is_last);
  void on_answered(bool is_last);
  void read_away(std::size_t total);
  void expire() { stream_.expires_after(shared_.settings.idle_s_max); }
  void gone() { shared_.sessions.erase(shared_from_this()); }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response<http::empty_body>> go_on_;
  std::array<char, 16384> away_{};
  bool is_answering_ = false;
};

void Session::read_header() {
  if (shared_.is_stopping) return gone();
  parser_.emplace();
  parser_->header_limit(header_bytes_max);
  parser_->body_limit(shared_.settings.body_bytes_max);
  expire();
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code e, std::size_t) {
    e ? self->on_read_error(e) : self->on_header(e);
  });
}

bool Session::is_authorised() const {
  const auto field = parser_->get()[http::field::authorization];
  constexpr std::string_view scheme = "basic ";
  if (field.size() < scheme.size() ||
      !beast::iequals(field.substr(0, scheme.size()), {scheme.data(), scheme.size()}))
    return false;
  const std::string_view given{field.data() + scheme.size(), field.size() - scheme.size()};
  return same_secret(given, shared_.credentials);
}

std::optional<http::status> Session::objection() const {
  if (!is_authorised()) return http::status::unauthorized;
  if (parser_->get().method() != http::verb::post) return http::status::method_not_allowed;
  return {};
}

void Session::on_header(error_code) {
  if (const auto status = objection())
    return answer(*status, *status == http::status::unauthorized ? "user and password, please" : "POST only",
                  true);
  if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    go_on_.emplace(http::status::continue_, 11);
    error_code e;
    // Some ten bytes into an empty buffer of the kernel: they do not block.
    http::write(stream_, *go_on_, e);
    if (e) return gone();
  }
  expire();
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code e, std::size_t) { self->on_body(e); });
}

void Session::on_read_error(error_code e) {
  if (e == http::error::body_limit) {
    // Beast meets a length that is too great in the header already; a stranger is not told that we would
    // have listened.
    if (const auto status = objection()) return answer(*status, "no", true);
    return answer(http::status::payload_too_large,
                  fmt::format("a record has {} bytes at most", shared_.settings.body_bytes_max), true);
  }
  if (e == http::error::header_limit)
    return answer(http::status::request_header_fields_too_large, "header too large", true);
  // Closed between two records, gone in the middle of one, or too slow: there is nobody to answer.
  if (e == http::error::end_of_stream || e == http::error::partial_message || e == beast::error::timeout ||
      e.category() == asio::error::get_system_category() || e == asio::error::eof)
    return gone();
  answer(http::status::bad_request, "not HTTP: " + e.message(), true);
}

void Session::on_body(error_code e) {
  if (e) return on_read_error(e);
  const auto& request = parser_->get();
  if (request.body().empty()) return answer(http::status::bad_request, "the body is empty", false);
  const auto type = request[http::field::content_type];
  const Status taken = shared_.callbacks.record(request.body(), {type.data(), type.size()});
  if (taken) return answer(http::status::ok, "durable", false);
  const bool is_its_fault = taken.error().exit == Exit::usage;
  answer(is_its_fault ? http::status::bad_request : http::status::service_unavailable, taken.error().what,
         false);
}

void Session::answer(http::status status, std::string text, bool is_last) {
  is_last = is_last || !parser_->get().keep_alive() || shared_.is_stopping;
  response_ = {status, 11};
  response_.set(http::field::content_type, "text/plain; charset=utf-8");
  if (status == http::status::unauthorized)
    response_.set(http::field::www_authenticate, "Basic realm=\"writ\"");
  if (status == http::status::method_not_allowed) response_.set(http::field::allow, "POST");
  if (status == http::status::service_unavailable) response_.set(http::field::retry_after, "5");
  response_.keep_alive(!is_last);
  response_.body() = std::move(text) + "\n";
  response_.prepare_payload();
  is_answering_ = true;
  expire();
  http::async_write(stream_, response_, [self = shared_from_this(), is_last](error_code e, std::size_t) {
    self->is_answering_ = false;
    if (e) return self->gone();
    self->on_answered(is_last);
  });
}

void Session::on_answered(bool is_last) {
  if (!is_last) return read_header();
  error_code e;
  stream_.socket().shutdown(tcp::socket::shutdown_send, e);
  if (e) return gone();
  stream_.expires_after(read_away_s);
  read_away(0);
}

void Session::read_away(std::size_t total) {
  stream_.async_read_some(asio::buffer(away_),
                          [self = shared_from_this(), total](error_code e, std::size_t n) {
                            if (e || total + n > read_away_bytes_max) return self->gone();
                            self->read_away(total + n);
                          });
}

class Receiver {
 public:
  Receiver(asio::io_context& io, Shared& shared) : io_(io), shared_(shared), acceptor_(io), pause_(io) {}

  Status listen();
  void accept();
  void accept_later();
  void stop();

 private:
  asio::io_context& io_;
  Shared& shared_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
};

Status Receiver::listen() {
  const ReceiverSettings& s = shared_.settings;
  error_code e;
  const auto address = asio::ip::make_address(s.address, e);
  if (e)
    return fail(Exit::usage, fmt::format("'{}' is not an address", s.address), {}, {},
                "write an IP address of this machine, for example 127.0.0.1");
  const tcp::endpoint where{address, s.port};
  acceptor_.open(where.protocol(), e);
  if (!e) acceptor_.set_option(asio::socket_base::reuse_address(true), e);
  if (!e) acceptor_.bind(where, e);
  if (!e) acceptor_.listen(asio::socket_base::max_listen_connections, e);
  if (e)
    return fail(Exit::failure, fmt::format("listen on {} port {}: {}", s.address, s.port, e.message()), {},
                {}, "choose an address of this machine and a port that is free");
  if (shared_.callbacks.listening) shared_.callbacks.listening(acceptor_.local_endpoint().port());
  return {};
}

void Receiver::accept() {
  if (shared_.sessions.size() >= connections_max) return accept_later();
  acceptor_.async_accept([this](error_code e, tcp::socket socket) {
    if (shared_.is_stopping || e == asio::error::operation_aborted) return;
    if (e) return accept_later();  // no descriptor is free, or the client has gone again
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), shared_);
    shared_.sessions.insert(session);
    session->start();
    accept();
  });
}

// Those that wait in the kernel's queue get their turn.
void Receiver::accept_later() {
  pause_.expires_after(milliseconds{50});
  pause_.async_wait([this](error_code e) {
    if (!e && !shared_.is_stopping) accept();
  });
}

void Receiver::stop() {
  shared_.is_stopping = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  const auto end = std::chrono::steady_clock::now() + last_answers;
  const auto is_busy = [&] {
    return std::any_of(shared_.sessions.begin(), shared_.sessions.end(),
                       [](const auto& s) { return s->is_busy(); });
  };
  while (is_busy() && std::chrono::steady_clock::now() < end) io_.run_for(accept_slice);
  for (const auto& s : std::set<std::shared_ptr<Session>>(shared_.sessions)) s->close();
  io_.restart();
  io_.run_for(accept_slice);  // the closed ones let go of themselves
  shared_.sessions.clear();
}

}  // namespace

Status run_receiver(const ReceiverSettings& s, const ReceiverCallbacks& c, const StopFlag& stop) {
  if (s.user.empty() || s.password.empty() || s.user.find(':') != std::string::npos)
    return fail(Exit::usage, "the receiver has no user and password",
                "who can post records could write a guest's calls", "a user without ':' and a password",
                "write both into the file of credentials");
  asio::io_context io{1};
  Shared shared{s, c, crypto::base64(view_of(s.user + ":" + s.password)), {}, false};
  Receiver receiver(io, shared);
  WRIT_CHECK(receiver.listen());
  receiver.accept();
  while (!stop) {
    io.run_for(accept_slice);
    if (io.stopped()) io.restart();
  }
  receiver.stop();
  return {};
}

}  // namespace writ::ingest
