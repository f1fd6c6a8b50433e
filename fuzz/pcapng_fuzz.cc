// SPDX-License-Identifier: GPL-3.0-or-later
// pcapng, block by block: the input says which blocks are written here (draft-ietf-opsawg-pcapng), in either
// byte order, with options, several interfaces and sections, unknown blocks between. What is read must be
// what was written; after a block that lies, what was before.
#include "fuzz/check.hh"
#include "wire/pcap.hh"

using namespace writ;

namespace {

class File {
 public:
  Bytes bytes;
  std::vector<View> packets;
  unsigned interfaces = 0;

  void section(bool swapped) {
    swapped_ = swapped;
    interfaces = 0;
    Bytes& b = body();
    u32(b, 0x1a2b3c4d);
    u16(b, 1);
    u16(b, 0);
    u32(b, 0xffffffff);
    u32(b, 0xffffffff);
    block(0x0a0d0d0a, b);
  }
  void interface(std::uint8_t resolution, View comment) {
    Bytes& b = body();
    u16(b, 1);
    u16(b, 0);
    u32(b, 0);
    option(b, 1, comment);
    // Decimal and binary ticks that a clock may have; outlandish ones are the plain pcap target's.
    const std::uint8_t value =
        (resolution & 0x80) != 0 ? static_cast<std::uint8_t>(0x80 | resolution % 32) : resolution % 10;
    option(b, 9, View(&value, 1));
    option(b, 0, {});
    block(1, b);
    ++interfaces;
  }
  void enhanced(unsigned interface, View data, View comment) {
    Bytes& b = body();
    u32(b, interface);
    u32(b, 0);
    u32(b, 77);
    u32(b, static_cast<std::uint32_t>(data.size()));
    u32(b, static_cast<std::uint32_t>(data.size()));
    padded(b, data);
    if (!comment.empty()) {
      option(b, 1, comment);
      option(b, 0, {});
    }
    block(6, b);
    packets.push_back(data);
  }
  void simple(View data) {
    Bytes& b = body();
    u32(b, static_cast<std::uint32_t>(data.size()));
    padded(b, data);
    block(3, b);
    packets.push_back(data);
  }
  void unknown(std::uint8_t type, View data) {
    Bytes& b = body();
    padded(b, data);
    block(0x4000u + type, b);
  }

 private:
  // One for all blocks: memory asked for byte by byte would cost more than the reader does.
  Bytes& body() {
    body_.clear();
    return body_;
  }
  void u16(Bytes& b, std::uint16_t v) const { put_be16(b, swapped_ ? __builtin_bswap16(v) : v); }
  void u32(Bytes& b, std::uint32_t v) const { put_be32(b, swapped_ ? __builtin_bswap32(v) : v); }
  static void padded(Bytes& b, View data) {
    put_bytes(b, data);
    while (b.size() % 4 != 0) b.push_back(0);
  }
  void option(Bytes& b, std::uint16_t code, View value) const {
    u16(b, code);
    u16(b, static_cast<std::uint16_t>(value.size()));
    padded(b, value);
  }
  void block(std::uint32_t type, const Bytes& body) {
    u32(bytes, type);
    u32(bytes, static_cast<std::uint32_t>(body.size() + 12));
    put_bytes(bytes, body);
    u32(bytes, static_cast<std::uint32_t>(body.size() + 12));
  }
  bool swapped_ = false;
  Bytes body_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  const auto some = [&] { return in.take(std::min<std::size_t>(in.u8(), in.rest().size())); };
  File f;
  f.section(in.u8() & 1);
  f.interface(in.u8(), {});
  bool lies = false;
  while (!in.empty() && !lies) {
    const std::uint8_t op = in.u8();
    switch (op % 8) {
      case 0:
        f.section(op & 8);
        f.interface(in.u8(), some());
        break;
      case 1:
        f.interface(in.u8(), some());
        break;
      case 2:
        f.simple(some());
        break;
      case 3:
        f.unknown(op, some());
        break;
      case 4: {  // anything may follow
        const View raw = some();
        put_bytes(f.bytes, raw);
        lies = !raw.empty();
        break;
      }
      default: {
        const View packet = some();
        f.enhanced(op % f.interfaces, packet, (op & 64) != 0 ? some() : View{});
      }
    }
  }
  if (lies) put_bytes(f.bytes, in.rest());
  auto reader = wire::CaptureReader::open(f.bytes);
  fuzz::check(reader.has_value() && reader->is_ng());
  std::size_t n = 0;
  for (wire::RawPacket p; reader->next(p); ++n) {
    fuzz::check(fuzz::within(p.bytes, f.bytes) && p.wire_length >= p.bytes.size());
    if (n < f.packets.size())
      fuzz::check(std::equal(p.bytes.begin(), p.bytes.end(), f.packets[n].begin(), f.packets[n].end()));
  }
  fuzz::check(n >= f.packets.size());
  fuzz::check(lies || (n == f.packets.size() && reader->broken().empty() && !reader->truncated()));
  return 0;
}
