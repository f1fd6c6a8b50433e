// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/udptl.hh"

namespace writ::wire {
namespace {

constexpr std::size_t secondary_max = 64;

// PER's length determinant; fragments of 16 Ki (11......) are not sent in datagrams.
std::optional<std::size_t> per_length(Reader& r) {
  const std::uint8_t first = r.u8();
  if (!r.ok() || first >= 0xc0) return std::nullopt;
  if (first < 0x80) return first;
  const std::size_t n = (first & 0x3fu) << 8 | r.u8();
  return r.ok() ? std::optional<std::size_t>{n} : std::nullopt;
}

std::optional<View> open_type(Reader& r) {
  const auto n = per_length(r);
  if (!n) return std::nullopt;
  const View v = r.take(*n);
  return r.ok() ? std::optional<View>{v} : std::nullopt;
}

// fec-info: how many packets the parities span (an INTEGER with its length), then the parities.
bool read_fec(Reader& r, Udptl& out) {
  if (!open_type(r)) return false;
  const auto n = per_length(r);
  for (std::size_t i = 0; n && i < *n; ++i) {
    if (!open_type(r)) return false;
    ++out.fec_packets;
  }
  return n.has_value();
}

bool read_secondary(Reader& r, Udptl& out) {
  const auto n = per_length(r);
  for (std::size_t i = 0; n && i < *n && i < secondary_max; ++i) {
    const auto v = open_type(r);
    if (!v) return false;
    out.secondary.push_back(*v);
  }
  return n && *n <= secondary_max;
}

// One element of the data field: presence and type in the first bits, then a 16-bit length less one.
bool read_field(Reader& r, int version, T38Packet& out) {
  const std::uint8_t head = r.u8();
  unsigned type = 0;
  if (version <= 0) {
    type = head >> 4 & 7;
  } else if (head & 0x40) {
    r.u8();
    type = static_cast<unsigned>(T38Field::other);
  } else {
    type = head >> 3 & 7;
  }
  T38Packet::Field f{static_cast<T38Field>(type), {}};
  if (head & 0x80) f.data = r.take(r.u16() + std::size_t{1});
  if (!r.ok()) return false;
  out.fields.push_back(f);
  return true;
}

}  // namespace

std::optional<Udptl> parse_udptl(View payload) {
  Reader r{payload};
  Udptl out;
  out.sequence = r.u16();
  const auto primary = open_type(r);
  if (!r.ok() || !primary || primary->empty()) return std::nullopt;
  out.primary = *primary;
  const std::uint8_t recovery = r.u8();
  const bool whole = r.ok() && (recovery & 0x80 ? read_fec(r, out) : read_secondary(r, out));
  out.exact = whole && r.empty();
  return out;
}

std::optional<T38Packet> parse_t38(View ifp, int version) {
  Reader r{ifp};
  const std::uint8_t head = r.u8();
  if (!r.ok()) return std::nullopt;
  T38Packet out;
  out.is_indicator = (head & 0x40) == 0;
  const bool extended = (head & 0x20) != 0;
  if (extended) {
    const std::uint8_t more = r.u8();
    if (!r.ok()) return std::nullopt;
    out.code = static_cast<std::uint8_t>((out.is_indicator ? 16 : 9) + ((head << 2 & 0x3c) | more >> 6));
  } else {
    out.code = head >> 1 & 15;
  }
  if ((head & 0x80) == 0) return out;
  const auto count = per_length(r);
  if (!count || *count > t38_fields_max) return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i)
    if (!read_field(r, version, out)) return std::nullopt;
  return out;
}

}  // namespace writ::wire
