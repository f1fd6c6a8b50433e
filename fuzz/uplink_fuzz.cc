// SPDX-License-Identifier: GPL-3.0-or-later
// What comes off the wire at either end of the link: frames, pieces, papers, and bytes of segments as they
// grow. First byte: what the rest is.
#include "fuzz/check.hh"
#include "fuzz/signed_again.hh"
#include "link/frame.hh"
#include "link/papers.hh"
#include "vault/segment_growing.hh"

namespace {

using namespace writ;

void frames(View in) {
  link::FrameReader whole{4096}, cut{4096};
  whole.feed(in);
  std::size_t a = 0, b = 0;
  for (auto f = whole.next(); f && *f; f = whole.next()) ++a;
  for (std::size_t at = 0; at < in.size(); at += 7) {
    cut.feed(in.subspan(at, std::min<std::size_t>(7, in.size() - at)));
    auto f = cut.next();
    for (; f && *f; f = cut.next()) ++b;
    if (!f) break;
  }
  fuzz::check(a == b);  // how it was cut says nothing
}

void pieces(View in) {
  if (const auto p = link::parse_piece(in)) {
    fuzz::check(p->segment.file().find('/') == std::string::npos);
    const Bytes again = link::encode_piece(*p);
    fuzz::check(std::equal(again.begin(), again.end(), in.begin(), in.end()));
  }
  if (const auto s = link::parse_ask(in)) fuzz::check(link::parse_ask(link::encode_ask(*s)).value() == *s);
}

// The same paper, its body signed by keys of ours that it is made to name.
void papers(View in, const crypto::SigningKey& key) {
  const auto read = [&](View text) {
    (void)link::parse_request(text, "input");
    if (link::verify_admission(text, {}, key.public_key())) std::abort();  // nobody holds the zero roots
    if (link::verify_lease(text, {}, key.public_key())) std::abort();
    (void)link::verify_held(text, key.public_key(), key.public_key());
  };
  read(in);
  const std::string of_both =
      fuzz::signed_again(in, [](Json& body, const std::string& we) { body["probe"] = body["desk"] = we; });
  if (of_both.empty()) return;
  read(view_of(of_both));
  read(view_of(fuzz::signed_again(in, [](Json& body, const std::string& we) {
    body.erase("desk");
    body["probe"] = we;
  })));
}

void segments(View in, const crypto::SigningKey& key) {
  vault::GrowingSegment g{{}, key.public_key()};
  const auto whole = vault::whole_frames(in, true, 64);
  fuzz::check(whole.bytes <= in.size());
  if (!g.take(in.first(whole.bytes))) fuzz::check(g.bytes() == 0);
  vault::GrowingSegment torn{{}, key.public_key()};
  const auto n = torn.take_whole(in);
  if (n) fuzz::check(*n <= in.size() && torn.bytes() == *n);
  (void)vault::whole_frames(in, false, 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const crypto::SigningKey& key = fuzz::own_key();
  if (size == 0) return 0;
  const View in{data + 1, size - 1};
  switch (data[0] % 4) {
    case 0:
      frames(in);
      break;
    case 1:
      pieces(in);
      break;
    case 2:
      papers(in, key);
      break;
    default:
      segments(in, key);
  }
  return 0;
}
