// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that somebody else has taken over: what it offers is held against the grants.
#include "probe/stages_for_test.hh"

namespace writ::probe {
namespace {

using namespace capture::test;
using test::StagesTest;
using vault::Stream;

class ForgedTest : public StagesTest {
 protected:
  template <class F>
  Told forged(const std::string& name, F&& offer) {
    Stage stage = Stage::make(1u << 20, 1u << 20).value();
    const pid_t sealer = start_sealer(stage, dir_ / name);
    RingWriter w{stage.board().findings, stage.findings(), 0};
    offer(w, stage);
    w.publish();
    int status = -1;
    EXPECT_EQ(::waitpid(sealer, &status, 0), sealer);
    EXPECT_EQ(status, 0);
    return told(dir_ / name);
  }
  static void put(RingWriter& w, FindingRecord::Kind kind, std::uint32_t grant, View record) {
    const FindingRecord head{kind, grant};
    ASSERT_TRUE(w.put({bytes_of(head), record}));
  }
  static void finish(RingWriter& w) { put(w, FindingRecord::Kind::finished, 0, bytes_of(Finished{})); }
  Bytes packet(std::uint32_t call, Instant at) {
    Bytes out;
    wire::RawPacket p = frames_[3];
    p.at = at;
    intercept::encode({call, intercept::PacketRole::rtp, intercept::Direction::unknown}, p, out);
    return out;
  }
};

TEST_F(ForgedTest, WhatNoGrantAllowsIsNotSealed) {
  const Instant good = frames_[3].at;
  const Told t = forged("forged", [&](RingWriter& w, Stage&) {
    using Kind_ = FindingRecord::Kind;
    put(w, Kind_::packet, 0, packet(1, good));                          // this one is good
    put(w, Kind_::packet, 1, packet(1, good));                          // under a pen register
    put(w, Kind_::packet, 2, packet(1, good));                          // of no grant
    put(w, Kind_::packet, 0xFFFFFFFF, packet(1, good));                 //
    put(w, Kind_::packet, 0, packet(1, grants_[0].until()));            // too late
    put(w, Kind_::packet, 0, packet(1, grants_[0].from() - Nanos{1}));  // too early
    put(w, Kind_::packet, 0, packet(0xFFFFFFF0, good));                 // numbers used up
    put(w, Kind_::packet, 0, view_of("no packet"));                     //
    put(w, Kind_::event, 0, view_of("{}"));                             //
    put(w, Kind_::event, 1,
        intercept::encode(intercept::Event{
            //
            intercept::EventType::review, grants_[1].until(), 0, "", Json::object(), 0}));
    put(w, static_cast<Kind_>(77), 0, {});
    ASSERT_TRUE(w.put({view_of("x")}));
    finish(w);
  });
  EXPECT_TRUE(t.good);
  EXPECT_EQ(t.refused, 11u);
  EXPECT_EQ(opened(grants_[0], dir_ / "forged", Stream::content).size(), 1u);
  EXPECT_TRUE(opened(grants_[0], dir_ / "forged", Stream::call_data).empty());
  EXPECT_TRUE(opened(grants_[1], dir_ / "forged", Stream::call_data).empty());
}

TEST_F(ForgedTest, ARingThatIsNoneEndsTheRunAndWhatWasSealedStays) {
  const Told t = forged("broken", [&](RingWriter& w, Stage& stage) {
    put(w, FindingRecord::Kind::packet, 0, packet(1, frames_[3].at));
    w.publish();
    wait_until([&] { return stage.board().findings.released == stage.board().findings.written; });
    stage.board().findings.written += 1u << 30;
  });
  EXPECT_FALSE(t.good);
  EXPECT_EQ(t.exit, static_cast<int>(Exit::integrity));
  EXPECT_EQ(opened(grants_[0], dir_ / "broken", Stream::content).size(), 1u);
}

}  // namespace
}  // namespace writ::probe
