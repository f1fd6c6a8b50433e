// SPDX-License-Identifier: GPL-3.0-or-later
// The sockets under the link.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "link/channel.hh"

namespace writ::link {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::optional<SocketAddress> address_of(const Where& w) {
  SocketAddress a;
  auto* four = reinterpret_cast<sockaddr_in*>(&a.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&a.storage);
  if (inet_pton(AF_INET, w.address.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(w.port);
    a.size = sizeof *four;
    return a;
  }
  if (inet_pton(AF_INET6, w.address.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(w.port);
    a.size = sizeof *six;
    return a;
  }
  return std::nullopt;
}

tl::unexpected<Error> socket_failed(const char* act, const std::string& where) {
  return fail(Exit::unit, fmt::format("{} {}: {}", act, where, std::strerror(errno)));
}

Result<Fd> socket_for(const SocketAddress& a, const std::string& where) {
  Fd fd{::socket(a.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return socket_failed("a socket for", where);
  return fd;
}

void at_once(int fd) {  // a stop must not wait for a fuller packet
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

std::string Where::text() const {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

Result<Where> parse_where(const std::string& text) {
  Where w;
  const auto colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  w.address = text.substr(0, colon == std::string::npos ? text.size() : colon);
  if (w.address.size() > 2 && w.address.front() == '[' && w.address.back() == ']')
    w.address = w.address.substr(1, w.address.size() - 2);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65'535 || !address_of(w))
    return fail(Exit::usage, fmt::format("'{}' is no address and port", text), {},
                "a numeric address: 192.0.2.1:7443 or [2001:db8::1]:7443");
  w.port = static_cast<std::uint16_t>(std::stoi(port));
  return w;
}

Result<Fd> listen_at(Where& where) {
  auto a = address_of(where);
  if (!a) return fail(Exit::usage, fmt::format("'{}' is no address", where.address));
  WRIT_TRY(fd, socket_for(*a, where.text()));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), a->get(), a->size) != 0 || ::listen(fd.get(), 64) != 0 ||
      ::getsockname(fd.get(), a->get(), &a->size) != 0)
    return socket_failed("listen at", where.text());
  where.port = ntohs(a->family() == AF_INET ? reinterpret_cast<sockaddr_in*>(&a->storage)->sin_port
                                            : reinterpret_cast<sockaddr_in6*>(&a->storage)->sin6_port);
  return fd;
}

Result<Fd> accept_from(const Fd& listener) {
  Fd fd{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (fd) {
    at_once(fd.get());
    return fd;
  }
  if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return fd;
  return socket_failed("accept", "a probe");
}

Result<Fd> connect_to(const Where& where) {
  const auto a = address_of(where);
  if (!a) return fail(Exit::usage, fmt::format("'{}' is no address", where.address));
  WRIT_TRY(fd, socket_for(*a, where.text()));
  at_once(fd.get());
  if (::connect(fd.get(), a->get(), a->size) != 0 && errno != EINPROGRESS)
    return socket_failed("connect to", where.text());
  return fd;
}

}  // namespace writ::link
