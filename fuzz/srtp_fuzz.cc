// SPDX-License-Identifier: GPL-3.0-or-later
// The SRTP worker's opening, in this process. Input: what the worker is opened with (src/media/worker.hh),
// after its length; then packets, each after a length byte.
#include "fuzz/check.hh"
#include "media/srtp_opener.hh"
#include "media/worker.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{View{data, size}};
  const View open = in.take(std::min<std::size_t>(in.u16(), 400));
  auto keys = media::decode_open_srtp(open);
  if (!keys || keys->empty() || keys->size() > 4) return 0;
  const std::size_t n = keys->size();
  auto opener = media::SrtpOpener::open(std::move(*keys));
  if (!opener) return 0;
  for (int packets = 0; !in.empty() && packets < 8; ++packets) {
    const View packet = in.take(std::min<std::size_t>(in.u8(), in.rest().size()));
    const media::OpenedPacket p = opener->take(packet);
    fuzz::check(p.opened ? p.key < n && p.rtp.size() <= packet.size() : p.rtp.empty());
  }
  return 0;
}
