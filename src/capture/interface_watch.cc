// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/interface_watch.hh"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace writ::capture {
namespace {

// Of the interface that the socket is bound to: 0 for all of them, negative when it is gone.
int bound_index(int socket) {
  sockaddr_ll at{};
  socklen_t size = sizeof at;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0 ? at.sll_ifindex : 0;
}

}  // namespace

std::string InterfaceWatch::look(int socket) {
  int error = 0;  // one that is read is over: poll says so no more
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  const int bound = bound_index(socket);
  ifreq r{};
  if (hardware_ == 0 || bound < 0) {
    std::string gone = name_ + (hardware_ == 0 ? " is not there" : " is gone");
    name_.copy(r.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket, SIOCGIFINDEX, &r) != 0) return gone;
    if (!follow(socket, r.ifr_ifindex))
      return name_ + " was made anew and cannot be followed: start the probe again";
    return gone;  // till now
  }
  if (bound == 0) return {};  // all of them, or no interface of the network's at all
  r.ifr_ifindex = bound;      // an administrator may have given it another name
  if (::ioctl(socket, SIOCGIFNAME, &r) != 0 || ::ioctl(socket, SIOCGIFFLAGS, &r) != 0)
    return name_ + " is gone";
  if ((r.ifr_flags & IFF_UP) == 0) return name_ + " is down";
  if ((r.ifr_flags & IFF_RUNNING) == 0) return name_ + " has no link";
  return error == ENETDOWN ? name_ + " was down" : std::string{};
}

// False for rings that share (the kernel binds none of them anew), and for another kind of interface.
bool InterfaceWatch::follow(int socket, int index) {
  const unsigned short now = hardware_of(socket, name_);
  if (hardware_ == 0 ? !ring_reads(now) : now != hardware_) return false;
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ALL);
  to.sll_ifindex = index;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return false;
  packet_mreq all{};
  all.mr_ifindex = index;
  all.mr_type = PACKET_MR_PROMISC;
  if (now != ARPHRD_LOOPBACK) ::setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
  hardware_ = now;
  return true;
}

unsigned short InterfaceWatch::hardware_of(int socket, const std::string& name) {
  ifreq r{};
  if (name.size() >= IFNAMSIZ) return 0;
  name.copy(r.ifr_name, IFNAMSIZ - 1);
  return ::ioctl(socket, SIOCGIFHWADDR, &r) == 0 ? r.ifr_hwaddr.sa_family : 0;
}

bool InterfaceWatch::ring_reads(unsigned short hardware) {
  return hardware == ARPHRD_ETHER || hardware == ARPHRD_LOOPBACK || hardware == ARPHRD_NONE;
}

}  // namespace writ::capture
