// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's ring, read in place
// ================================
// TPACKET_V3 (packet(7), Documentation/networking/packet_mmap): the kernel fills blocks of a shared mapping
// and hands each over when it is full or 10 ms old; we read its frames where they lie and hand it back. What
// comes while every block is ours is dropped and counted by the kernel.
//
// Time. The kernel stamps with the card's clock when the card stamps what it receives (an administrator
// switches that on, `hwstamp_ctl -r 1`; the probe has no privilege to), else with its own. Authority is
// judged by these stamps, and a card's clock may run in TAI, or never have been set: one that is more than
// two seconds ahead of the system, or a minute behind, is not believed, the system's time is taken, and the
// summary says so.
//
// The kernel takes VLAN tags off and keeps them beside the frame; they are put back into the four bytes that
// are reserved before it, so that evidence shows the frame as it was on the wire.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/io.hh"
#include "base/limits.hh"
#include "capture/interface_watch.hh"
#include "capture/tap.hh"

namespace writ::capture {
namespace {

constexpr unsigned ring_block_bytes = 1u << 20, ring_total_bytes = 64u << 20, ring_frame_bytes = 2048,
                   ring_retire_ms = 10, vlan_tag_bytes = 4;

tl::unexpected<Error> ring_error(const std::string& interface, std::string_view act) {
  return fail(Exit::unit, fmt::format("open interface {}: {}: {}", interface, act, std::strerror(errno)));
}

class RingTap final : public Tap {
 public:
  RingTap(Fd fd, std::string name, unsigned short hardware, unsigned blocks, std::uint8_t* ring)
      : fd_(std::move(fd)), name_(std::move(name)), watch_(name_, hardware), blocks_(blocks), ring_(ring) {}
  RingTap(const RingTap&) = delete;
  ~RingTap() override { ::munmap(ring_, std::size_t{blocks_} * ring_block_bytes); }

  Result<std::span<const wire::RawPacket>> batch() override {
    while (!held_) {
      tpacket_block_desc* const b = block();
      const std::uint32_t status =
          std::atomic_ref<std::uint32_t>(b->hdr.bh1.block_status).load(std::memory_order_acquire);
      if ((status & TP_STATUS_USER) == 0) break;
      held_ = true;
      read_block(*b);
      if (frames_.empty()) release();  // nothing but our own side of the loopback
    }
    return std::span<const wire::RawPacket>(frames_);
  }
  void release() override {
    if (!held_) return;
    frames_.clear();
    held_ = false;
    std::atomic_ref<std::uint32_t>(block()->hdr.bh1.block_status)
        .store(TP_STATUS_KERNEL, std::memory_order_release);
    current_ = (current_ + 1) % blocks_;
  }
  std::uint64_t newly_lost() override {
    tpacket_stats_v3 st{};
    socklen_t size = sizeof st;
    // The kernel sets its counters to zero with each asking.
    if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &st, &size) != 0) return 0;
    return st.tp_drops;
  }
  std::string lost_why() const override { return "the kernel dropped packets on " + name_; }
  std::string deaf() override { return watch_.look(fd_.get()); }
  void poll_on(std::vector<pollfd>& out) const override { out.push_back({fd_.get(), POLLIN, 0}); }
  std::string describe() const override {
    return fmt::format("{}: ring, time stamps of {}", name_,
                       disbelieved_ > 0 ? "the system (the card's clock is off)"
                       : by_card_       ? "the card"
                                        : "the kernel");
  }

 private:
  tpacket_block_desc* block() const {
    return reinterpret_cast<tpacket_block_desc*>(ring_ + std::size_t{current_} * ring_block_bytes);
  }
  void read_block(tpacket_block_desc& b) {
    SystemClock clock;
    const Instant now = clock.now();
    auto* at = reinterpret_cast<std::uint8_t*>(&b) + b.hdr.bh1.offset_to_first_pkt;
    for (std::uint32_t n = b.hdr.bh1.num_pkts; n > 0; --n) {
      auto& h = *reinterpret_cast<tpacket3_hdr*>(at);
      take(h, at, now);
      at += h.tp_next_offset;
    }
  }
  void take(const tpacket3_hdr& h, std::uint8_t* at, Instant now) {
    const auto& from = *reinterpret_cast<const sockaddr_ll*>(at + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
    if (watch_.hardware() == ARPHRD_LOOPBACK && from.sll_pkttype == PACKET_OUTGOING)
      return;  // it comes in again
    std::uint8_t* frame = at + h.tp_mac;
    std::uint32_t length = h.tp_snaplen, wire_length = h.tp_len;
    if ((h.tp_status & TP_STATUS_VLAN_VALID) != 0 && length >= 12) {
      std::memmove(frame - vlan_tag_bytes, frame, 12);
      frame -= vlan_tag_bytes;
      const std::uint16_t type =
          (h.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? h.hv1.tp_vlan_tpid : std::uint16_t{ETH_P_8021Q};
      frame[12] = static_cast<std::uint8_t>(type >> 8);
      frame[13] = static_cast<std::uint8_t>(type);
      frame[14] = static_cast<std::uint8_t>(h.hv1.tp_vlan_tci >> 8);
      frame[15] = static_cast<std::uint8_t>(h.hv1.tp_vlan_tci);
      length += vlan_tag_bytes;
      wire_length += vlan_tag_bytes;
    }
    Instant stamp = from_ns(std::int64_t{h.tp_sec} * 1'000'000'000 + h.tp_nsec);
    if ((h.tp_status & TP_STATUS_TS_RAW_HARDWARE) != 0) {
      by_card_ = true;
      if (stamp > now + std::chrono::seconds{2} || stamp < now - std::chrono::seconds{60}) {
        ++disbelieved_;
        stamp = now;
      }
    }
    const auto link = watch_.hardware() == ARPHRD_NONE ? wire::LinkType::raw : wire::LinkType::ethernet;
    frames_.push_back({stamp, static_cast<std::uint32_t>(link), {frame, length}, wire_length});
  }

  Fd fd_;
  std::string name_;
  InterfaceWatch watch_;
  bool held_ = false, by_card_ = false;
  unsigned blocks_, current_ = 0;
  std::uint8_t* ring_;
  std::uint64_t disbelieved_ = 0;
  std::vector<wire::RawPacket> frames_;
};

Status join_group(int fd, const std::string& interface, RingGroup& group) {
  if (group.members < 2) return {};
  const unsigned how = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_ROLLOVER |
                       (group.id < 0 ? static_cast<unsigned>(PACKET_FANOUT_FLAG_UNIQUEID) : 0u);
  const unsigned id = group.id < 0 ? 0u : static_cast<unsigned>(group.id);
  unsigned value = id | how << 16;
  if (::setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof value) != 0)
    return ring_error(interface, "share it among rings");
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &size) != 0)
    return ring_error(interface, "share it among rings");
  group.id = static_cast<int>(value & 0xffff);
  return {};
}

template <class T>
bool set_packet_option(int fd, int option, const T& value) {
  return ::setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0;
}

Result<Fd> packet_socket(const std::string& interface) {
  Fd fd{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return ring_error(interface, "packet socket");
  return fd;
}

// It hears nothing until it is bound.
Result<std::unique_ptr<RingTap>> make_ring(Fd fd, const std::string& interface, unsigned short hardware,
                                           unsigned members) {
  const unsigned blocks = std::max(ring_total_bytes / ring_block_bytes / members, 8u);
  tpacket_req3 q{};
  q.tp_block_size = ring_block_bytes;
  q.tp_block_nr = blocks;
  q.tp_frame_size = ring_frame_bytes;
  q.tp_frame_nr = blocks * (ring_block_bytes / ring_frame_bytes);
  q.tp_retire_blk_tov = ring_retire_ms;
  if (!set_packet_option(fd.get(), PACKET_VERSION, int{TPACKET_V3}) ||
      !set_packet_option(fd.get(), PACKET_RESERVE, vlan_tag_bytes) ||
      !set_packet_option(fd.get(), PACKET_RX_RING, q))
    return ring_error(interface, "ring");
  // Without them the kernel's own stamps remain.
  set_packet_option(fd.get(), PACKET_TIMESTAMP,
                    int{SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_SOFTWARE});
  if (hardware == ARPHRD_LOOPBACK) set_packet_option(fd.get(), PACKET_IGNORE_OUTGOING, int{1});
  void* const ring = ::mmap(nullptr, std::size_t{blocks} * ring_block_bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED, fd.get(), 0);
  if (ring == MAP_FAILED) return ring_error(interface, "map its ring");
  ::madvise(ring, std::size_t{blocks} * ring_block_bytes,
            MADV_DONTFORK);  // processes made later have no part
  return std::make_unique<RingTap>(std::move(fd), interface, hardware, blocks,
                                   static_cast<std::uint8_t*>(ring));
}

}  // namespace

Result<std::unique_ptr<Tap>> open_ring(const std::string& interface, RingGroup& group) {
  WRIT_TRY(fd, packet_socket(interface));
  const int socket = fd.get();
  const unsigned short hardware = InterfaceWatch::hardware_of(socket, interface);
  if (hardware == 0) return ring_error(interface, "look it up");
  if (!InterfaceWatch::ring_reads(hardware))
    return fail(Exit::unit, fmt::format("open interface {}: it is no Ethernet", interface));
  const unsigned index = ::if_nametoindex(interface.c_str());
  WRIT_TRY(tap, make_ring(std::move(fd), interface, hardware, group.members));
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ALL);
  to.sll_ifindex = static_cast<int>(index);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return ring_error(interface, "bind");
  WRIT_CHECK(join_group(socket, interface, group));
  packet_mreq all{};
  all.mr_ifindex = static_cast<int>(index);
  all.mr_type = PACKET_MR_PROMISC;
  if (hardware == ARPHRD_ETHER && !set_packet_option(socket, PACKET_ADD_MEMBERSHIP, all))
    return ring_error(interface, "hear what is for others");
  return tap;
}

Result<std::unique_ptr<Tap>> await_ring(const std::string& interface) {
  WRIT_TRY(fd, packet_socket(interface));
  return make_ring(std::move(fd), interface, 0, 1);
}

}  // namespace writ::capture
