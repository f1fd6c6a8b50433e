// SPDX-License-Identifier: GPL-3.0-or-later
// The codec worker's decoding, in this process. Input: one byte chooses the codec, then payloads, each after
// a length byte. Links: media (and through it intercept, wire, authority, crypto, base).
#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "media/codec.hh"
#include "media/worker.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  using namespace writ::media;
  static constexpr const char* names[] = {"PCMU", "PCMA",    "G722",         "G729", "GSM",  "OPUS",
                                          "L16",  "G726-16", "AAL2-G726-40", "G723", "ILBC", "SPEEX",
                                          "AMR",  "AMR-WB",  "DVI4",         "CN"};
  Reader in{View{data, size}};
  const std::uint8_t choice = in.u8();
  if (choice == 0xff) {  // the worker's own message from its parent
    (void)decode_open(in.rest());
    return 0;
  }
  const DecodeRequest request{names[choice % std::size(names)], choice & 0x80 ? 16000u : 8000u, 1, {}};
  auto codec = Codec::open(request);
  const auto facts = codec_facts(request);
  if (!codec || !facts) std::abort();
  std::vector<std::int16_t> pcm;
  for (int packets = 0; !in.empty() && packets < 16; ++packets) {
    const std::size_t n = std::min<std::size_t>(in.u8(), in.rest().size());
    const View payload = in.take(n);
    pcm.clear();
    const std::uint32_t broken = codec->decode(payload, pcm);
    const std::size_t max = std::size_t{facts->rate} * packet_seconds_max;
    if (pcm.size() > max) std::abort();
    std::vector<std::int16_t> more;
    codec->recover(payload, 960, more);
    if (more.size() > 960) std::abort();
    more.clear();
    codec->noise(160, more);
    if (more.size() != 160) std::abort();
    const std::uint32_t nominal = nominal_samples(*facts, payload);
    if (broken == 0 && nominal != 0 && facts->kind != CodecKind::speex &&
        pcm.size() != std::min<std::size_t>(max, nominal))
      std::abort();
  }
  return 0;
}
