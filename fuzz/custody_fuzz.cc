// SPDX-License-Identifier: GPL-3.0-or-later
// The papers of evidence as they come off a medium: manifests, acknowledgements, records of destruction,
// bases of streams. First byte-for-byte, then with a signature that fits, so that what stands behind it is
// reached.
#include "custody/destruction.hh"
#include "fuzz/check.hh"
#include "fuzz/signed_again.hh"
#include "vault/segment_base.hh"

namespace {

using namespace writ;

void read_all(View text, const crypto::SigningKey& key) {
  if (const auto b = custody::parse_bundle(text, "input")) {
    fuzz::check(text_of(text) == b->text);
    for (const custody::Piece& p : b->bundle.pieces) {
      fuzz::check(p.file().find('/') == std::string::npos);
      fuzz::check(p.end() >= p.offset);
    }
    fuzz::check(b->bundle.name().find('/') == std::string::npos);
  }
  if (const auto d = custody::parse_destruction(text, "input"))
    for (const auto& one : d->destroyed) fuzz::check(one.segment.file().find('/') == std::string::npos);
  if (custody::verify_acknowledgement(text, {}, "input")) std::abort();  // nobody holds the zero roots
  (void)vault::parse_base(text, key.public_key(), "input");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const crypto::SigningKey& key = fuzz::own_key();
  const View text{data, size};
  read_all(text, key);
  const std::string again =
      fuzz::signed_again(text, [](Json& body, const std::string& we) { body["probe"] = we; });
  if (!again.empty()) read_all(view_of(again), key);
  return 0;
}
