// SPDX-License-Identifier: GPL-3.0-or-later
// Whose turn it is on the line, and how much of it anybody gets at a time (Sherr et al., CCS 2009: one target
// floods the channel of all).
#include "link/outgoing.hh"

#include <gtest/gtest.h>

#include "custody/test_site.hh"
#include "vault/segment_growing.hh"

namespace writ::link {
namespace {

using namespace std::chrono_literals;
using custody::testing::SiteWorld;
using vault::Stream;

constexpr std::size_t kib = 1024;

// An office that says how far it holds what came.
class LineTest : public testing::Test {
 protected:
  LineTest() { EXPECT_TRUE(make_dirs(w.root / "held")); }
  fs::path lane_of(const authority::VerifiedGrant& g) const {
    return w.probe() / "spool" / crypto::hex(g.id());
  }
  vault::SegmentWriter writer_of(const authority::VerifiedGrant& g, Stream s = Stream::content) {
    EXPECT_TRUE(make_dirs(lane_of(g)));
    return vault::SegmentWriter::open(lane_of(g), g, s, w.carrier.probe(), w.clock).value();
  }
  static void write(vault::SegmentWriter& to, std::size_t bytes) {
    const Bytes record(bytes, 7);
    ASSERT_TRUE(to.append(record, ++mark()));
    ASSERT_TRUE(to.commit());
  }
  void begin() {
    for (const StreamName& s : out.to_ask()) say(s, 0);
  }
  std::optional<Piece> next() {
    auto payload = out.next(at).value();
    if (!payload) return std::nullopt;
    kept = std::move(*payload);
    return parse_piece(kept).value();
  }
  void arrives(const Piece& p) { say({p.segment.grant, p.segment.stream}, p.offset + p.bytes.size()); }
  void say(const StreamName& s, std::uint64_t bytes) {
    custody::Held h;
    h.segment = {s.grant, s.stream, 1};
    h.bytes = bytes;
    const std::string word = sign_held({w.carrier.probe().public_key(), h, w.epoch}, w.carrier.desk().sign);
    ASSERT_TRUE(out.held(view_of(word), at));
  }
  static std::uint64_t& mark() {
    static std::uint64_t m = 0;
    return m;
  }
  SiteWorld w{"link_line"};
  authority::VerifiedGrant other = w.carrier.grant(authority::Kind::content, "+14045550103").value();
  Outgoing out{w.probe() / "spool", w.root / "held", w.carrier.probe().public_key(),
               w.carrier.desk().sign.public_key()};
  Outgoing::Steady::time_point at{};
  Bytes kept;
};

TEST_F(LineTest, AFloodedGrantDelaysAnotherByOnePieceAtMost) {
  // Either of the two is the first in the order of names.
  for (const auto* flooded : {&w.grant, &other}) {
    const auto& quiet = flooded == &w.grant ? other : w.grant;
    for (const auto* g : {&w.grant, &other}) fs::remove_all(lane_of(*g));
    out.forget();
    auto flood = writer_of(*flooded), more = writer_of(*flooded, Stream::call_data), few = writer_of(quiet);
    for (int n = 0; n < 20; ++n) write(flood, 60 * kib), write(more, 60 * kib);
    write(few, 1 * kib);
    begin();
    for (int round = 0; round < 5; ++round) {
      std::optional<Piece> p = next();
      ASSERT_TRUE(p);
      if (p->segment.grant ==
          flooded->id()) {  // the quiet one's turn is the next, and not before there is room
        EXPECT_FALSE(next());
        at += 8s;
        arrives(*p);
        p = next();
        ASSERT_TRUE(p);
      }
      EXPECT_EQ(p->segment.grant, quiet.id()) << round;
      at += 1s;
      arrives(*p);
      write(few, 1 * kib);
    }
  }
}

TEST_F(LineTest, AThinLineGetsAFrameAtATimeAndAWideOneMuch) {
  auto to = writer_of(w.grant);
  for (int n = 0; n < 200; ++n) write(to, 60 * kib);
  begin();
  const auto piece_after = [&](std::chrono::milliseconds took) {
    const auto p = next();
    at += took;
    arrives(*p);
    return p->bytes.size();
  };
  for (int n = 0; n < 3; ++n) EXPECT_LT(piece_after(8s), 64 * kib) << "64 kbit/s";
  for (int n = 0; n < 5; ++n) piece_after(10ms);
  EXPECT_GT(piece_after(10ms), 900 * kib);
  piece_after(120s);
  EXPECT_LT(piece_after(8s), 64 * kib) << "it has become thin";
}

}  // namespace
}  // namespace writ::link
