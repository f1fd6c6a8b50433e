// SPDX-License-Identifier: GPL-3.0-or-later
// A grant that comes while the three processes run.
#include "probe/stages_for_test.hh"

namespace writ::probe {
namespace {

using namespace capture::test;
using test::StagesTest;
using vault::Stream;

// The offer of a grant goes from the sealer through a pipe to the owner, as in the probe.
class LateGrantTest : public StagesTest {
 protected:
  void SetUp() override {
    StagesTest::SetUp();
    const auto late = carrier_->body(Kind::content, {{authority::Target::Type::e164, other, {}, {}}});
    offer_ = carrier_->issue(late).value();
    list_ = authority::verify_revocations(view_of(carrier_->revocations(1)), carrier_->roots(), 1).value();
    ASSERT_EQ(::pipe(pipe_), 0);
    shared_.emplace(SharedMemory::make(4096).value());
    wanted_ = new (shared_->bytes().data()) std::atomic<int>(0);
    door_.verify = [this](View offer, Instant) { return verified(offer); };
    door_.next = [this]() -> std::optional<Bytes> {
      Bytes offer;
      if (!worker::read_frame(pipe_[0], 'N', 1u << 20, offer)) return {};
      return offer;
    };
    during_ = [this](capture::Spool& spool, Stage& stage) -> Status {
      if (*wanted_ == 0 || grants_.size() > 2) return {};
      WRIT_TRY(late_grant, verified(view_of(offer_)));
      WRIT_CHECK(spool.add(late_grant));
      grants_.push_back(std::move(late_grant));
      ++stage.board().offers;
      return write_all(pipe_[1], worker::encode_frame('N', view_of(offer_)));
    };
  }
  void TearDown() override {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    StagesTest::TearDown();
  }
  Result<authority::VerifiedGrant> verified(View offer) const {
    return authority::verify_grant(offer,
                                   {&carrier_->roots(), &list_, carrier_->probe().public_key(), epoch_});
  }
  // The grant comes before frame `at`; `and_then` is asked before each frame as in staged().
  template <class F>
  Told late(const std::string& name, std::size_t at, F&& and_then) {
    const Told t = staged(name, [&](Stage& stage, RingOwner& owner, std::size_t n) {
      if (n == at) {
        *wanted_ = 1;
        wait_until([&] {
          EXPECT_TRUE(owner.housekeeping());
          return grants_.size() == 3;
        });
      }
      and_then(stage, owner, n);
    });
    EXPECT_TRUE(t.good);
    EXPECT_EQ(t.refused, 0u);
    return t;
  }
  // The same by one process, without rings.
  void by_one(const std::string& name, std::size_t at) {
    auto spool = capture::Spool::open(dir_ / name, grants_, carrier_->probe(), clock_).value();
    capture::Matcher matcher{grants_, spool, {}};
    for (std::size_t n = 0; n < frames_.size(); ++n) {
      if (n == at) {
        grants_.push_back(verified(view_of(offer_)).value());
        ASSERT_TRUE(spool.add(grants_.back()));
        matcher.grants_added();
      }
      ASSERT_TRUE(matcher.feed(frames_[n]));
    }
    ASSERT_TRUE(matcher.finish());
    ASSERT_TRUE(spool.close());
    grants_.pop_back();
  }
  void expect_same(const std::string& a, const std::string& b) {
    ASSERT_EQ(grants_.size(), 3u);
    for (const authority::VerifiedGrant& g : grants_)
      for (const Stream s : {Stream::call_data, Stream::content})
        if (s == Stream::call_data || authority::yields_content(g.body().kind)) {
          EXPECT_TRUE(opened(g, dir_ / a, s) == opened(g, dir_ / b, s)) << vault::to_string(s);
        }
  }

  std::string offer_;
  authority::RevocationList list_;
  int pipe_[2] = {-1, -1};
  std::optional<SharedMemory> shared_;
  std::atomic<int>* wanted_ = nullptr;
};

TEST_F(LateGrantTest, CountsFromTheNextFrameAndDisturbsNobody) {
  const std::size_t at = frames_.size() / 2;
  by_one("plain", at);
  late("late", at, [](Stage&, RingOwner&, std::size_t) {});
  expect_same("late", "plain");
  const auto taken = opened(grants_[2], dir_ / "late", Stream::content);
  EXPECT_GT(taken.size(), 0u);
  EXPECT_LT(taken.size(), opened(grants_[0], dir_ / "late", Stream::content).size());
  // Its surveillance began when it became known, and not with the input.
  const auto first =
      intercept::decode_event(opened(grants_[2], dir_ / "late", Stream::call_data).at(0)).value();
  EXPECT_EQ(first.type, intercept::EventType::surveillance_status);
  EXPECT_EQ(first.at, frames_[at - 1].at);
}

TEST_F(LateGrantTest, IsKnownToTheCopyOfAParserThatIsKilled) {
  const std::size_t at = frames_.size() / 2;
  by_one("plain", at);
  std::size_t kills = 0;
  const Told t = late("late", at, [&](Stage& stage, RingOwner& owner, std::size_t n) {
    if (n < at || n % 20 != 0 || kills == 5) return;
    wait_until([&] {
      EXPECT_TRUE(owner.housekeeping());
      return stage.board().takeovers == kills && stage.board().standby != 0;
    });
    ASSERT_EQ(::kill(owner.parser(), SIGKILL), 0);
    ++kills;
  });
  EXPECT_EQ(kills, 5u);
  EXPECT_EQ(t.takeovers, 5u);
  EXPECT_EQ(t.fresh_starts, 0u);
  expect_same("late", "plain");
}

TEST_F(LateGrantTest, OneThatNobodySignedStopsTheOwner) {
  Stage stage = Stage::make(1u << 20, 1u << 20).value();
  during_ = {};
  const pid_t sealer = start_sealer(stage, dir_ / "forged");
  {
    RingOwner owner{stage, grants_, door_, {}, sealer, alarm_};
    ASSERT_TRUE(owner.begin());
    std::string forged = offer_;
    forged[forged.find("carrier")] = 'k';
    ASSERT_TRUE(write_all(pipe_[1], worker::encode_frame('N', view_of(forged))));
    ++stage.board().offers;
    const Status heard = owner.housekeeping();
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().exit, Exit::refused);
    EXPECT_EQ(grants_.size(), 2u);
    EXPECT_TRUE(owner.finish());
    EXPECT_EQ(owner.sealer_status(), 0);  // it writes into the directory that goes now
  }
}

}  // namespace
}  // namespace writ::probe
