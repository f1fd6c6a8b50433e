// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/workers.hh"

#include <algorithm>
#include <numeric>

#include "media/decoder.hh"

namespace writ::media {

Result<CodeWords> CodeWords::ask(worker::Program& program, const DecodeRequest& r) {
  WRIT_TRY(decoder, Decoder::start(program, r));
  CodeWords words;
  Bytes octets(words.samples_.size());
  std::iota(octets.begin(), octets.end(), std::uint8_t{0});
  WRIT_TRY(frame, decoder.decode(octets));
  if (frame.broken != 0 || frame.pcm.size() != octets.size())
    return fail(Exit::partial, "the codec worker does not know all code words of " + r.codec);
  std::ranges::copy(frame.pcm, words.samples_.begin());
  return words;
}

void CodeWords::decode(View payload, std::vector<std::int16_t>& out) const {
  const std::size_t before = out.size();
  out.resize(before + payload.size());
  std::ranges::transform(payload, out.begin() + static_cast<std::ptrdiff_t>(before),
                         [this](std::uint8_t octet) { return samples_[octet]; });
}

Result<const CodeWords*> Workers::code_words(const DecodeRequest& r, const CodecFacts& facts) {
  const bool mu = facts.kind == CodecKind::pcmu;
  if ((!mu && facts.kind != CodecKind::pcma) || facts.channels != 1) return nullptr;
  std::optional<CodeWords>& known = known_[mu ? 0 : 1];
  if (known) return &*known;
  auto words = CodeWords::ask(program_, r);
  if (!words && words.error().exit == Exit::unit) return tl::unexpected(words.error());
  if (!words) return nullptr;  // a worker for each stream says why
  return &known.emplace(*words);
}

fs::path default_worker() { return worker::beside("writ-decode"); }

}  // namespace writ::media
