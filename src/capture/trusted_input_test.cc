// SPDX-License-Identifier: GPL-3.0-or-later
// Which input the packets of a file came in at, and what a grant makes of it.
#include <gmock/gmock.h>

#include <cstdlib>

#include "capture/capture_for_test.hh"

namespace writ::capture {
namespace {

using namespace test;
using vault::Stream;

class TrustedInputTest : public CaptureTest {
 protected:
  static constexpr std::size_t call_packets = 44, voice = 40;
  // One call of the target at each interface, in turn.
  fs::path two_calls(const std::vector<std::string>& names) {
    Traffic t{epoch_};
    t.call(target, "first", 20000, voice);
    t.call(target, "second", 21000, voice);
    const fs::path file = dir_ / "two.pcapng";
    EXPECT_TRUE(write_file(file, pcapng_of(t, names, [&](std::size_t n) {
                             return n / call_packets % std::max<std::size_t>(names.size(), 1);
                           })));
    return file;
  }
  struct Found {
    std::vector<std::string> calls, reviews;
  };
  Found find(const fs::path& file, const authority::VerifiedGrant& g, const RunSettings& settings,
             const std::string& spool) {
    const auto ran = run_of(
        file, {g}, dir_ / spool, [] { return Status{}; }, settings);
    EXPECT_TRUE(ran) << to_text(ran.error());
    Found out;
    for (const Bytes& record : opened(g, dir_ / spool, Stream::call_data)) {
      const auto e = intercept::decode_event(record);
      if (e->type == intercept::EventType::origination) out.calls.push_back(e->call_id);
      if (e->type == intercept::EventType::review) out.reviews.push_back(e->call_id);
    }
    return out;
  }
  authority::VerifiedGrant at(std::vector<std::string> inputs) {
    return carrier_->grant_at(target, std::move(inputs)).value();
  }
  static RunSettings of(std::vector<std::string> inputs, bool one = false) {
    RunSettings s;
    s.engine.inputs = std::move(inputs);
    s.one_input = one;
    return s;
  }
};

TEST_F(TrustedInputTest, AForgedFromAtTheAccessPortIsAReviewAndTheTrunksIsACall) {
  const fs::path file = two_calls({"access", "trunk"});
  const Found f = find(file, at({"trunk"}), of({"trunk"}), "trunk");
  EXPECT_THAT(f.calls, testing::ElementsAre("second"));
  EXPECT_THAT(f.reviews, testing::ElementsAre("first"));
  const Found g = find(file, at({"access"}), of({"access"}), "access");
  EXPECT_THAT(g.calls, testing::ElementsAre("first"));
  EXPECT_THAT(g.reviews, testing::ElementsAre("second"));
}

TEST_F(TrustedInputTest, APackedFileIsReadTheSameWay) {
  const fs::path file = two_calls({"access", "trunk"});
  ASSERT_EQ(std::system(("gzip -k " + file.string()).c_str()), 0);
  const fs::path packed = file.string() + ".gz";
  EXPECT_THAT(find(packed, at({"trunk"}), of({"trunk"}), "packed").calls, testing::ElementsAre("second"));
  const auto in = inputs_in(packed, {"trunk", "other"});
  ASSERT_TRUE(in);
  EXPECT_EQ(in->found, wire::input_set(1));
}

TEST_F(TrustedInputTest, AWholeFileIsTheInputThatItIsSaidToBe) {
  EXPECT_EQ(find(capture_, at({"trunk"}), of({"trunk"}, true), "said").calls.size(), 6u);
  EXPECT_EQ(find(capture_, at({"trunk"}), of({"trunk"}), "unsaid").reviews.size(), 6u);
  // It tells of two interfaces: it cannot be one.
  EXPECT_EQ(find(two_calls({"access", "trunk"}), at({"trunk"}), of({"trunk"}, true), "two").calls.size(), 0u);
}

TEST_F(TrustedInputTest, AFileThatIsReadAsAnotherInputIsAnotherSource) {
  const auto plain = source_identity(capture_), one = source_identity(capture_, of({"a"}, true)),
             other = source_identity(capture_, of({"b"}, true));
  ASSERT_TRUE(plain && one && other);
  EXPECT_NE(*plain, *one);
  EXPECT_NE(*one, *other);
}

TEST_F(TrustedInputTest, AFileTellsWhichInputsItHas) {
  const auto in = inputs_in(two_calls({"access", "trunk", "access"}), {"access", "trunk", "other"});
  ASSERT_TRUE(in);
  EXPECT_EQ(in->found, wire::input_set(1) | wire::input_set(2));
  EXPECT_EQ(in->ambiguous, wire::input_set(1));
  const auto none = inputs_in(capture_, {"access"});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->found, 0u);
}

}  // namespace
}  // namespace writ::capture
