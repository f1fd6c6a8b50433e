// SPDX-License-Identifier: GPL-3.0-or-later
// pcapng: a file of sections, each with its own byte order and its own list of interfaces, each interface
// with its own link type, time resolution and time offset. Unknown blocks are skipped by their length.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/limits.hh"
#include "wire/pcap.hh"

namespace writ::wire {
namespace {

constexpr std::uint32_t block_section = 0x0a0d0d0a, block_interface = 1, block_packet_old = 2,
                        block_simple = 3, block_statistics = 5, block_packet = 6;
constexpr std::uint16_t option_tsresol = 9, option_tsoffset = 14, option_dropcount = 4, option_ifdrop = 5,
                        option_osdrop = 7, option_if_name = 2;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
// Larger than any block of packets, names or secrets that tools write (libpcap's own bound).
constexpr std::uint32_t block_bytes_max = 16u << 20;
constexpr std::size_t interfaces_max = 65536;

// Nanoseconds since 1970 of a tick count, without overflow: values that no clock could give end at the
// limits.
Instant instant_of(std::uint64_t ticks, std::uint64_t per_second, std::int64_t offset_s) {
  constexpr std::int64_t s_max = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  const auto whole = static_cast<std::int64_t>(std::min<std::uint64_t>(ticks / per_second, s_max));
  std::uint64_t part = ticks % per_second;
  if (per_second > 1'000'000'000 && per_second % 1'000'000'000 == 0) {
    part /= per_second / 1'000'000'000;
  } else {
    while (per_second > (1ull << 34)) {  // keeps the product below in 64 bits; costs less than a nanosecond
      per_second >>= 1;
      part >>= 1;
    }
    part = part * 1'000'000'000 / per_second;
  }
  const std::int64_t s = std::clamp(whole + std::clamp(offset_s, -s_max, s_max - whole), -s_max, s_max);
  return from_ns(s * 1'000'000'000 + static_cast<std::int64_t>(part));
}

}  // namespace

bool CaptureReader::next_block(Block& out) {
  const View rest = file_.subspan(at_);
  block_at_ = at_;
  if (rest.empty()) return last_ ? false : short_of_bytes();
  if (rest.size() < 12) return short_of_bytes();
  out.type = u32(rest, 0);
  if (out.type == block_section) {  // reads the same in both orders; what follows tells which one
    const std::uint32_t order = load_be32(rest.data() + 8);
    if (order != byte_order_magic && order != 0x4d3c2b1a)
      return stop("a section header without byte-order magic");
    swapped_ = order != byte_order_magic;
  }
  const std::uint32_t length = u32(rest, 4);
  if (length < 12 || length % 4 != 0) return stop(fmt::format("a block length of {}", length));
  if (length > block_bytes_max) return stop(fmt::format("a block of {} bytes", length));
  if (length > rest.size()) return short_of_bytes();
  if (u32(rest, length - 4) != length) return stop("the two lengths of a block differ");
  out.body = rest.subspan(8, length - 12);
  at_ += length;
  return true;
}

bool CaptureReader::start_section(View body) {
  if (body.size() < 16) return stop("a section header that is too short");
  if (u16(body, 4) != 1) return stop(fmt::format("pcapng version {}", u16(body, 4)));
  interfaces_.clear();
  return true;
}

// False when `f` says so, or when an option runs past the end.
template <class F>
bool CaptureReader::each_option(View options, F&& f) const {
  while (options.size() >= 4) {
    const std::uint16_t code = u16(options, 0);
    const std::size_t length = u16(options, 2);
    options = options.subspan(4);
    if (code == 0) break;
    if (length > options.size() || !f(code, options.first(length))) return false;
    options = options.subspan(std::min((length + 3) / 4 * 4, options.size()));
  }
  return true;
}

bool CaptureReader::interface_option(std::uint16_t code, View value, Interface& i) {
  if (code == option_tsresol && !value.empty()) {
    const unsigned power = value[0] & 0x7fu;
    const bool binary = (value[0] & 0x80) != 0;
    if (power > (binary ? 63u : 19u))
      return stop(fmt::format("a time resolution of {}^-{}", binary ? 2 : 10, power));
    i.ticks_per_second = 1;
    for (unsigned n = 0; n < power; ++n) i.ticks_per_second *= binary ? 2 : 10;
  } else if (code == option_tsoffset && value.size() >= 8) {
    i.offset_s = static_cast<std::int64_t>(u64(value));
  } else if (code == option_if_name && i.ingress == 0) {
    i.ingress = ingress_of(text_of(value));
  }
  return true;
}

std::uint32_t CaptureReader::ingress_of(std::string_view interface) const {
  while (interface.ends_with('\0')) interface.remove_suffix(1);  // some writers count their padding
  const auto it = std::find(inputs_.begin(), inputs_.end(), interface);
  return it == inputs_.end() ? 0 : static_cast<std::uint32_t>(it - inputs_.begin()) + 1;
}

// Of two interfaces with one name nobody can tell which of them is meant.
void CaptureReader::tell_input(const Interface& i) {
  if (i.ingress == 0) return;
  told_ |= input_set(i.ingress);
  for (Interface& other : interfaces_)
    if (&other != &i && other.ingress == i.ingress) ambiguous_ |= input_set(i.ingress);
}

bool CaptureReader::add_interface(View body) {
  if (body.size() < 8) return stop("an interface block that is too short");
  if (interfaces_.size() >= interfaces_max) return stop("too many interfaces");
  Interface i;
  i.link_type = u16(body, 0);
  i.snap_length = u32(body, 4);
  if (!each_option(body.subspan(8),
                   [&](std::uint16_t code, View value) { return interface_option(code, value, i); }))
    return broken_.empty() ? stop("an option that runs past its block") : false;
  interfaces_.push_back(i);
  tell_input(interfaces_.back());
  return true;
}

bool CaptureReader::fill(std::uint32_t interface, std::uint64_t ticks, View data, std::uint32_t wire_length,
                         RawPacket& out) {
  if (interface >= interfaces_.size())
    return stop(fmt::format("a packet of unknown interface {}", interface));
  const Interface& i = interfaces_[interface];
  out.at = instant_of(ticks, i.ticks_per_second, i.offset_s);
  out.link_type = i.link_type;
  out.bytes = data;
  out.wire_length = std::max(wire_length, static_cast<std::uint32_t>(data.size()));
  if (interfaces_.size() > 1) out.ingress = 0;  // not the one input that the whole file was said to be
  if (!whole_ && (ambiguous_ & input_set(i.ingress)) == 0) out.ingress = i.ingress;
  return true;
}

// Enhanced and obsolete packet blocks differ only in the width of the interface number.
bool CaptureReader::packet_of(const Block& b, RawPacket& out) {
  if (b.body.size() < 20) return stop("a packet block that is too short");
  const std::uint32_t interface = b.type == block_packet ? u32(b.body, 0) : u16(b.body, 0);
  const std::uint64_t ticks = static_cast<std::uint64_t>(u32(b.body, 4)) << 32 | u32(b.body, 8);
  const std::uint32_t captured = u32(b.body, 12);
  if (captured > limits::packet_bytes_max) return stop(fmt::format("a packet of {} bytes", captured));
  if (captured > b.body.size() - 20) return stop("a packet that is longer than its block");
  return fill(interface, ticks, b.body.subspan(20, captured), u32(b.body, 16), out);
}

void CaptureReader::grow_lost(const Interface& i, std::uint64_t before, Instant since) {
  const std::uint64_t now = std::max(i.lost_told, i.lost_counted);  // one loss may be told in both ways
  if (now <= before) return;
  lost_ += now - before;
  lost_since_ = lost_since_ == Instant{} ? since : std::min(lost_since_, since);
}

void CaptureReader::note_packet(const Block& b, Instant at) {
  Interface& i = interfaces_[b.type == block_packet ? u32(b.body, 0) : u16(b.body, 0)];
  const std::uint64_t before = std::max(i.lost_told, i.lost_counted);
  if (b.type == block_packet_old) {
    if (const std::uint16_t drops = u16(b.body, 2); drops != 0xffff) i.lost_told += drops;  // ones: unknown
  } else if (const std::size_t data = (std::size_t{u32(b.body, 12)} + 3) / 4 * 4 + 20; data < b.body.size()) {
    each_option(b.body.subspan(data), [&](std::uint16_t code, View value) {
      if (code == option_dropcount && value.size() >= 8) i.lost_told += u64(value);
      return true;
    });
  }
  if (i.last == Instant{}) i.last = i.counted = at;
  grow_lost(i, before, i.last);
  i.last = at;
}

// Sums since the capture began, mostly at its end.
void CaptureReader::note_statistics(View body) {
  if (body.size() < 12 || u32(body, 0) >= interfaces_.size()) return;
  Interface& i = interfaces_[u32(body, 0)];
  std::uint64_t counted = 0;
  each_option(body.subspan(12), [&](std::uint16_t code, View value) {
    if ((code == option_ifdrop || code == option_osdrop) && value.size() >= 8) counted += u64(value);
    return true;
  });
  const std::uint64_t before = std::max(i.lost_told, i.lost_counted);
  i.lost_counted = std::max(i.lost_counted, counted);
  grow_lost(i, before, i.counted);
  i.counted = i.last;
}

// Without a time of its own (it reads as the epoch) and always of the first interface.
bool CaptureReader::simple_packet(View body, RawPacket& out) {
  if (body.size() < 4) return stop("a simple packet block that is too short");
  if (interfaces_.empty()) return stop("a packet of unknown interface 0");
  const std::uint32_t wire_length = u32(body, 0);
  std::size_t captured = std::min<std::size_t>(wire_length, body.size() - 4);
  if (interfaces_[0].snap_length != 0) captured = std::min<std::size_t>(captured, interfaces_[0].snap_length);
  if (captured > limits::packet_bytes_max) return stop(fmt::format("a packet of {} bytes", captured));
  if (!fill(0, 0, body.subspan(4, captured), wire_length, out)) return false;
  out.at = Instant{};
  return true;
}

bool CaptureReader::next_ng(RawPacket& out) {
  if (std::exchange(lost_told_, false)) lost_since_ = {};
  for (Block b; next_block(b);) {
    switch (b.type) {
      case block_section:
        if (!start_section(b.body)) return false;
        break;
      case block_interface:
        if (!add_interface(b.body)) return false;
        break;
      case block_packet:
      case block_packet_old:
        if (!packet_of(b, out)) return false;
        note_packet(b, out.at);
        lost_told_ = true;
        return true;
      case block_statistics:
        note_statistics(b.body);
        break;
      case block_simple:
        return simple_packet(b.body, out);
      default:
        break;
    }
  }
  return false;
}

}  // namespace writ::wire
