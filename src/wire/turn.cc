// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/turn.hh"

#include <algorithm>

namespace writ::wire {
namespace {

constexpr std::size_t channel_head = 4, stun_head = 20, attribute_head = 4;
constexpr std::uint16_t send_indication = 0x0016, data_indication = 0x0017, attribute_xor_peer = 0x0012,
                        attribute_data = 0x0013;
constexpr std::uint8_t family_v4 = 1, family_v6 = 2;
constexpr std::array<std::uint8_t, 4> cookie = {0x21, 0x12, 0xa4, 0x42};

std::optional<Relayed> on_channel(View udp) {
  const std::size_t n = load_be16(udp.data() + 2);
  if (n > udp.size() - channel_head || udp.size() - channel_head - n > 3) return std::nullopt;
  return Relayed{udp.subspan(channel_head, n), channel_head, {}, Relayed::How::channel};
}

// RFC 8489 14.2: the port is masked by the cookie's first bytes, the address by cookie and transaction.
std::optional<Endpoint> unmasked(View value, View mask) {
  Endpoint e;
  const std::size_t n = value.size() - std::min<std::size_t>(value.size(), 4);
  if (value.size() < 4 || n != (value[1] == family_v4 ? 4u : value[1] == family_v6 ? 16u : 0u) || n == 0)
    return std::nullopt;
  e.port = static_cast<std::uint16_t>(load_be16(value.data() + 2) ^ load_be16(mask.data()));
  if (n == 4) e.ip.b[10] = e.ip.b[11] = 0xff;
  for (std::size_t i = 0; i < n; ++i) e.ip.b[16 - n + i] = static_cast<std::uint8_t>(value[4 + i] ^ mask[i]);
  return e;
}

// Of an attribute that comes twice the first counts (RFC 8489 14).
std::optional<Relayed> in_indication(View udp) {
  const std::uint16_t type = load_be16(udp.data());
  if ((type != send_indication && type != data_indication) ||
      !std::equal(cookie.begin(), cookie.end(), udp.begin() + 4) ||
      load_be16(udp.data() + 2) != udp.size() - stun_head)
    return std::nullopt;
  std::optional<Endpoint> peer;
  std::optional<View> data;
  Reader r(udp.subspan(stun_head));
  while (r.rest().size() >= attribute_head) {
    const std::uint16_t attribute = r.u16(), length = r.u16();
    const View value = r.take(length);
    if (!r.ok()) return std::nullopt;
    if (attribute == attribute_xor_peer && !peer) {
      peer = unmasked(value, udp.subspan(4, 16));
      if (!peer) return std::nullopt;
    } else if (attribute == attribute_data && !data) {
      data = value;
    }
    r.take(std::min<std::size_t>((4u - length % 4u) % 4u, r.rest().size()));
  }
  if (!peer || !data) return std::nullopt;
  return Relayed{*data, static_cast<std::size_t>(data->data() - udp.data()), *peer,
                 type == send_indication ? Relayed::How::send : Relayed::How::data};
}

}  // namespace

std::optional<Relayed> relayed(View udp) {
  if (udp.size() >= channel_head && udp[0] >= 0x40 && udp[0] <= 0x4f) return on_channel(udp);
  if (udp.size() >= stun_head && udp[0] == 0) return in_indication(udp);
  return std::nullopt;
}

UdpPacket without_relay(const UdpPacket& udp, const Relayed& r) {
  UdpPacket inside = udp;
  inside.payload = r.payload;
  if (r.how == Relayed::How::send) inside.dst = r.peer;
  if (r.how == Relayed::How::data) inside.src = r.peer;
  return inside;
}

}  // namespace writ::wire
