// SPDX-License-Identifier: GPL-3.0-or-later
// What the office says of a call that it puts together.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Assemble, OnlyWhoAnswersTheSameCallerIsABranch) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  reinvite(c, 2, false, "sendonly");  // its answer has the caller's tag in To
  c.bye(4);
  EXPECT_THAT(b.sink.matter().calls.at(0).anomalies, Not(Contains(HasSubstr("branches"))));
  Bench forked(grants(spec()));
  Call f{forked};
  f.invite(0);
  f.answer(1);
  f.ttag = ";tag=other";
  f.response(1.1, 200, "INVITE", true);
  f.ttag = ";tag=tz";
  f.bye(4);
  EXPECT_THAT(forked.sink.matter().calls.at(0).anomalies, Contains(HasSubstr("answered by 2 branches")));
}

}  // namespace
}  // namespace writ::intercept
