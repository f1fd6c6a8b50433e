// SPDX-License-Identifier: GPL-3.0-or-later
// Which calls announced this endpoint? Asked twice for every UDP packet of the network, answered "none"
// nearly always.
//
// First a bitmap of ports (8 KiB, stays in the first-level cache) says no for most packets without touching
// anything else; then one probe into an open-addressing table of 32-byte slots, two to a cache line. Nothing
// is allocated by a question. Several calls may announce one endpoint (port reuse, two legs): a slot heads a
// short chain of claims.
#pragma once
#include <cstdint>
#include <vector>

#include "wire/packet.hh"

namespace writ::intercept {

struct Dialog;

class MediaTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Claim {
    Dialog* dialog = nullptr;
    std::uint32_t end = 0;      // index into Dialog::ends
    std::uint32_t next = none;  // next claim of the same endpoint
  };

  MediaTable();
  bool maybe(std::uint16_t port) const { return (bits_[port >> 6] >> (port & 63) & 1) != 0; }
  std::uint32_t find(const wire::Endpoint& e) const;  // head of the chain, or none
  const Claim& claim(std::uint32_t i) const { return claims_[i]; }
  void add(const wire::Endpoint& e, Dialog* d, std::uint32_t end);
  void remove(const wire::Endpoint& e, const Dialog* d);
  std::size_t claims_of(const wire::Endpoint& e) const;
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    wire::Endpoint key;
    bool used = false;
    std::uint32_t head = none;
  };
  std::size_t locate(const wire::Endpoint& e) const;  // its slot, or the free slot where it would go
  void grow();
  void erase_slot(std::size_t i);
  void count_port(std::uint16_t port, int by);

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> port_count_;
  std::vector<Slot> slots_;
  std::vector<Claim> claims_;
  std::uint32_t free_ = none;
  std::size_t used_ = 0;
};

}  // namespace writ::intercept
