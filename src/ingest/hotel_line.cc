// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/hotel_line.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace writ::ingest {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_ms_max{10'000}, send_ms_max{5'000}, connect_slice{50};

tl::unexpected<Error> line_error(std::string_view act, const std::string& where, int e) {
  return fail(Exit::failure, fmt::format("{} {}: {}", act, where, std::strerror(e)));
}

// 1 ready, 0 not, -1 error.
int wait_for(int fd, short events, milliseconds wait) {
  pollfd p{fd, events, 0};
  const int n = ::poll(&p, 1, static_cast<int>(wait.count()));
  return n < 0 && errno == EINTR ? 0 : n;
}

Result<Fd> connect_to(const addrinfo& a, const std::string& where, const StopFlag& stop) {
  Fd fd{::socket(a.ai_family, a.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a.ai_protocol)};
  if (!fd) return line_error("socket", where, errno);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(fd.get(), a.ai_addr, a.ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) return line_error("connect", where, errno);
  for (milliseconds waited{0}; waited < connect_ms_max && !stop; waited += connect_slice) {
    const int n = wait_for(fd.get(), POLLOUT, connect_slice);
    if (n == 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    if (n < 0 || ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return line_error("connect", where, error);
    return fd;
  }
  return line_error("connect", where, ETIMEDOUT);
}

Result<Fd> open_tcp(const HotelSettings& s, const StopFlag& stop) {
  const std::string where = fmt::format("{} port {}", s.host, s.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int e = ::getaddrinfo(s.host.c_str(), std::to_string(s.port).c_str(), &hints, &found); e != 0)
    return fail(Exit::failure, fmt::format("look up {}: {}", s.host, ::gai_strerror(e)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Result<Fd> fd = line_error("connect", where, EADDRNOTAVAIL);
  for (const addrinfo* a = found; a != nullptr && !fd && !stop; a = a->ai_next)
    fd = connect_to(*a, where, stop);
  return fd;
}

speed_t speed_of(int baud) {
  switch (baud) {
    case 1200:
      return B1200;
    case 2400:
      return B2400;
    case 4800:
      return B4800;
    case 19200:
      return B19200;
    case 38400:
      return B38400;
    case 57600:
      return B57600;
    case 115200:
      return B115200;
    default:
      return B9600;
  }
}

Result<Fd> open_serial(const HotelSettings& s) {
  Fd fd{::open(s.device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return line_error("open", s.device, errno);
  termios t{};
  if (::tcgetattr(fd.get(), &t) != 0) return line_error("serial line", s.device, errno);
  ::cfmakeraw(&t);
  t.c_cflag |= CLOCAL | CREAD;
  t.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS);
  t.c_cc[VMIN] = 1;
  t.c_cc[VTIME] = 0;
  ::cfsetispeed(&t, speed_of(s.baud));
  ::cfsetospeed(&t, speed_of(s.baud));
  // What lies in the driver's buffer is kept: a half frame in it is known as one.
  if (::tcsetattr(fd.get(), TCSANOW, &t) != 0) return line_error("serial line", s.device, errno);
  return fd;
}

}  // namespace

Result<HotelLine> HotelLine::open(const HotelSettings& s, const StopFlag& stop) {
  WRIT_TRY(fd, s.device.empty() ? open_tcp(s, stop) : open_serial(s));
  return HotelLine{std::move(fd)};
}

Result<View> HotelLine::read(milliseconds wait) {
  if (wait_for(fd_.get(), POLLIN, wait) == 0) return View{};
  const ssize_t n = ::read(fd_.get(), buffer_.data(), buffer_.size());
  if (n > 0) return View{buffer_.data(), static_cast<std::size_t>(n)};
  if (n == 0) return fail(Exit::failure, "the hotel closed the line");
  if (errno == EAGAIN || errno == EINTR) return View{};
  return fail(Exit::failure, fmt::format("read from the hotel: {}", std::strerror(errno)));
}

Status HotelLine::send(View bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK) n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EAGAIN && wait_for(fd_.get(), POLLOUT, send_ms_max) > 0) continue;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Exit::failure, fmt::format("send to the hotel: {}", std::strerror(errno)));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace writ::ingest
