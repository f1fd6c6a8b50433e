// SPDX-License-Identifier: GPL-3.0-or-later
// send FILE INTERFACE [--rate PACKETS | --as-recorded] [--count N] [--seconds S]: the Ethernet frames of a
// capture file onto an interface, sixteen to a system call, paced every millisecond. --rate 0: as fast as it
// goes. Begins anew at the end of the file until N packets are sent or S seconds are over. Prints what it
// sent and how fast. For bench/live; sends nothing but to an Ethernet interface that is named.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/io.hh"
#include "wire/pcap.hh"

namespace {

using namespace writ;
using Monotonic = std::chrono::steady_clock;

struct Options {
  std::string file, interface;
  double rate = 0, seconds = 1e9;
  std::uint64_t count = ~std::uint64_t{0};
  bool as_recorded = false;
};

Result<Fd> open_interface(const std::string& name) {
  Fd fd{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_IP);
  to.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
  const int straight = 1;  // past the queueing discipline
  if (!fd || to.sll_ifindex == 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::setsockopt(fd.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &straight, sizeof straight) != 0)
    return fail(Exit::unit, fmt::format("send on {}: {}", name, std::strerror(errno)));
  return fd;
}

class Sender {
 public:
  explicit Sender(int fd) : fd_(fd) {}
  bool full() const { return n_ == parts_.size(); }
  void add(View frame) {
    parts_[n_] = {const_cast<std::uint8_t*>(frame.data()), frame.size()};
    messages_[n_] = {};
    messages_[n_].msg_hdr.msg_iov = &parts_[n_];
    messages_[n_].msg_hdr.msg_iovlen = 1;
    ++n_;
  }
  Status flush() {
    for (unsigned at = 0; at < n_;) {
      const int sent = ::sendmmsg(fd_, &messages_[at], n_ - at, 0);
      if (sent > 0)
        at += static_cast<unsigned>(sent);
      else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
        return fail(Exit::unit, fmt::format("send: {}", std::strerror(errno)));
    }
    n_ = 0;
    return {};
  }

 private:
  int fd_;
  unsigned n_ = 0;
  std::array<iovec, 16> parts_{};
  std::array<mmsghdr, 16> messages_{};
};

Status run(const Options& o) {
  WRIT_TRY(map, MappedFile::open(o.file));
  WRIT_TRY(fd, open_interface(o.interface));
  Sender sender{fd.get()};
  const auto begun = Monotonic::now();
  std::uint64_t sent = 0;
  double now = 0;
  const auto look = [&] { now = std::chrono::duration<double>(Monotonic::now() - begun).count(); };
  while (sent < o.count && now < o.seconds) {
    WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
    wire::RawPacket p;
    std::optional<Instant> first;
    const double at_start = now;
    while (sent < o.count && now < o.seconds && reader.next(p)) {
      if (!first) first = p.at;
      double due = 0;
      if (o.as_recorded)
        due = at_start + std::chrono::duration<double>(p.at - *first).count();
      else if (o.rate > 0)
        due = static_cast<double>(sent) / o.rate;
      if (due > now) {
        WRIT_CHECK(sender.flush());
        for (look(); due > now; look()) std::this_thread::sleep_for(std::chrono::microseconds{500});
      }
      sender.add(p.bytes);
      ++sent;
      if (!sender.full()) continue;
      WRIT_CHECK(sender.flush());
      look();
    }
  }
  WRIT_CHECK(sender.flush());
  look();
  fmt::print("{{\"sent\":{},\"seconds\":{:.3f},\"packets_per_second\":{:.0f}}}\n", sent, now,
             static_cast<double>(sent) / now);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sends the frames of a capture file"};
  Options o;
  app.add_option("FILE", o.file, "pcap or pcapng, Ethernet")->required();
  app.add_option("INTERFACE", o.interface)->required();
  app.add_option("--rate", o.rate, "packets a second");
  app.add_flag("--as-recorded", o.as_recorded, "by the file's own times");
  app.add_option("--count", o.count, "packets in all");
  app.add_option("--seconds", o.seconds, "at most");
  CLI11_PARSE(app, argc, argv);
  const Status done = run(o);
  if (done) return 0;
  fmt::print(stderr, "{}", to_text(done.error()));
  return static_cast<int>(done.error().exit);
}
