// SPDX-License-Identifier: GPL-3.0-or-later
// Over UDP a sender can write any address into its datagrams: the allow-list is worth what the network before
// this socket makes sure of. The time of a packet is when the kernel took it in (UDP), or when it was read
// (TCP).
#include "capture/hep_tap.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/io.hh"
#include "wire/hep.hh"
#include "wire/made_frame.hh"

namespace writ::capture {
namespace {

constexpr std::size_t hep_batch_max = 256, hep_datagram_max = 65535;
constexpr std::size_t hep_agents_max = 64, hep_strangers_max = 4;  // connections
constexpr std::chrono::seconds hep_quiet_s{60};  // after so long another may take a connection's place

struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketName name_of(const wire::Endpoint& e) {
  SocketName n;
  if (e.ip.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(e.port);
    std::memcpy(&v4.sin_addr, e.ip.b.data() + 12, 4);
    std::memcpy(&n.storage, &v4, n.size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(e.port);
    std::memcpy(&v6.sin6_addr, e.ip.b.data(), 16);
    std::memcpy(&n.storage, &v6, n.size = sizeof v6);
  }
  return n;
}

wire::Endpoint endpoint_of(const SocketName& n) {
  wire::Endpoint e;
  if (n.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &n.storage, sizeof v4);
    e.port = ntohs(v4.sin_port);
    e.ip.b[10] = e.ip.b[11] = 0xff;
    std::memcpy(e.ip.b.data() + 12, &v4.sin_addr, 4);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &n.storage, sizeof v6);
    e.port = ntohs(v6.sin6_port);
    std::memcpy(e.ip.b.data(), &v6.sin6_addr, 16);
  }
  return e;
}

Result<Fd> hep_socket(const HepListen& where) {
  const auto refuse = [&](std::string_view act) {
    return fail(Exit::unit,
                fmt::format("listen for HEP on {}: {}: {}", where.at.text(), act, std::strerror(errno)));
  };
  Fd fd{::socket(where.at.ip.is_v4() ? AF_INET : AF_INET6,
                 (where.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return refuse("socket");
  const int on = 1, buffer_bytes = 16 << 20;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  if (!where.tcp) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  }
  SocketName name = name_of(where.at);
  if (::bind(fd.get(), name.get(), name.size) != 0) return refuse("bind");
  if (where.tcp && ::listen(fd.get(), 16) != 0) return refuse("listen");
  return fd;
}

wire::Endpoint own_name(int fd) {
  SocketName n;
  ::getsockname(fd, n.get(), &n.size);
  return endpoint_of(n);
}

class HepTap : public Tap {
 public:
  explicit HepTap(Fd fd) : fd_(std::move(fd)), own_(own_name(fd_.get())) {}
  void release() override { store_.clear(); }
  std::uint64_t newly_lost() override { return std::exchange(lost_, 0); }

 protected:
  void give(const wire::Endpoint& from, View message, Instant at) {
    if (message.size() > wire::udp_payload_bytes_max) {
      ++lost_;
      return;
    }
    store_.add(wire::udp_frame(from, own_, message, at, scratch_));
  }
  Fd fd_;
  wire::Endpoint own_;
  FrameStore store_;
  Bytes scratch_;
  std::uint64_t lost_ = 0;
};

class HepUdpTap final : public HepTap {
 public:
  explicit HepUdpTap(Fd fd) : HepTap(std::move(fd)), buffer_(hep_datagram_max) {}
  Result<std::span<const wire::RawPacket>> batch() override {
    if (store_.empty())
      while (store_.size() < hep_batch_max && receive()) {
      }
    return store_.frames();
  }
  std::string lost_why() const override { return "the kernel dropped HEP datagrams for " + own_.text(); }
  void poll_on(std::vector<pollfd>& out) const override { out.push_back({fd_.get(), POLLIN, 0}); }
  std::string describe() const override { return "HEP over UDP at " + own_.text(); }

 private:
  bool receive() {
    SocketName from;
    iovec part{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::uint8_t control[256];
    msghdr m{};
    m.msg_name = from.get();
    m.msg_namelen = from.size;
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(fd_.get(), &m, MSG_DONTWAIT);
    if (n < 0) return errno == EINTR || errno == ECONNREFUSED;
    Instant at = SystemClock{}.now();
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level != SOL_SOCKET) continue;
      if (c->cmsg_type == SO_TIMESTAMPNS) {
        timespec t{};
        std::memcpy(&t, CMSG_DATA(c), sizeof t);
        at = from_ns(std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec);
      } else if (c->cmsg_type == SO_RXQ_OVFL) {  // since the socket was made, 32 bits wide
        std::uint32_t total = 0;
        std::memcpy(&total, CMSG_DATA(c), sizeof total);
        lost_ += total - overflows_;
        overflows_ = total;
      }
    }
    const View datagram = View(buffer_).first(static_cast<std::size_t>(n));
    if (wire::looks_like_hep(datagram) || wire::looks_like_old_hep(datagram))
      give(endpoint_of(from), datagram, at);
    return true;
  }
  Bytes buffer_;
  std::uint32_t overflows_ = 0;
};

// An agent whose machine lost its power says no end: the kernel finds out within two minutes.
void keep_alive(int fd) {
  const int on = 1, idle_s = 60, every_s = 15, times = 4;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

class HepTcpTap final : public HepTap {
 public:
  HepTcpTap(Fd fd, std::vector<wire::Address> agents)
      : HepTap(std::move(fd)), agents_(std::move(agents)), buffer_(64u << 10) {}
  Result<std::span<const wire::RawPacket>> batch() override {
    if (!store_.empty()) return store_.frames();
    for (std::size_t n = 0; n < hep_agents_max && take_connection(); ++n) {
    }
    for (std::size_t i = 0; i < connections_.size() && store_.size() < hep_batch_max;) {
      if (receive(connections_[i])) {
        ++i;
        continue;
      }
      end(i);
    }
    return store_.frames();
  }
  std::string lost_why() const override {
    return "HEP connections to " + own_.text() + " that broke off or sent what is none";
  }
  void poll_on(std::vector<pollfd>& out) const override {
    out.push_back({fd_.get(), POLLIN, 0});
    for (const Connection& c : connections_) out.push_back({c.fd.get(), POLLIN, 0});
  }
  std::string describe() const override { return "HEP over TCP at " + own_.text(); }

 private:
  struct Connection {
    Fd fd;
    wire::Endpoint from;
    wire::HepSplitter splitter;
    bool listed = false;
    Instant heard{};
  };
  bool take_connection() {
    SocketName from;
    Fd fd{::accept4(fd_.get(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!fd) return false;
    const wire::Endpoint peer = endpoint_of(from);
    const bool listed = std::find(agents_.begin(), agents_.end(), peer.ip) != agents_.end();
    const Instant now = SystemClock{}.now();
    if (!make_room(listed, now)) {
      if (listed) ++lost_;  // closed at once; an agent tries again
      return true;
    }
    keep_alive(fd.get());
    connections_.push_back({std::move(fd), peer, {}, listed, now});
    return true;
  }
  // Agents and strangers take nothing from each other. What has been quiet for longest goes: of agents when
  // it may well be dead, of strangers at once.
  bool make_room(bool listed, Instant now) {
    std::size_t same = 0, quietest = connections_.size();
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (connections_[i].listed != listed) continue;
      ++same;
      if (quietest == connections_.size() || connections_[i].heard < connections_[quietest].heard)
        quietest = i;
    }
    if (same < (listed ? hep_agents_max : hep_strangers_max)) return true;
    if (listed && now - connections_[quietest].heard < hep_quiet_s) return false;
    end(quietest);
    return true;
  }
  void end(std::size_t i) {
    Connection& c = connections_[i];
    c.splitter.gap();  // what it had begun
    if (c.listed) lost_ += c.splitter.given_up();
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  // False when the connection is over.
  bool receive(Connection& c) {
    const ssize_t n = ::recv(c.fd.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0) return false;
    const Instant at = c.heard = SystemClock{}.now();
    c.splitter.add(View(buffer_).first(static_cast<std::size_t>(n)));
    for (View m; c.splitter.next(m);) give(c.from, m, at);
    return true;
  }
  const std::vector<wire::Address> agents_;
  Bytes buffer_;
  std::vector<Connection> connections_;
};

}  // namespace

Result<HepListen> HepListen::parse(const std::string& text) {
  const auto refuse = [&] {
    return fail(Exit::usage, fmt::format("'{}' names no place to listen for HEP", text), {},
                "UDP:ADDRESS:PORT or TCP:ADDRESS:PORT; an IPv6 address in brackets");
  };
  HepListen l;
  l.tcp = text.starts_with("TCP:");
  const std::size_t colon = text.rfind(':');
  if ((!l.tcp && !text.starts_with("UDP:")) || colon <= 4) return refuse();
  std::string address = text.substr(4, colon - 4);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, l.at.port);
  if (!wire::Address::parse(address, l.at.ip) || parsed.ec != std::errc{} || parsed.ptr != end)
    return refuse();
  return l;
}

Result<std::unique_ptr<Tap>> open_hep(const HepListen& where, const std::vector<wire::Address>& from) {
  WRIT_TRY(fd, hep_socket(where));
  if (where.tcp) return std::make_unique<HepTcpTap>(std::move(fd), from);
  return std::make_unique<HepUdpTap>(std::move(fd));
}

}  // namespace writ::capture
