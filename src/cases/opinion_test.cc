// SPDX-License-Identifier: GPL-3.0-or-later
// V39: a civil subpoena goes on when counsel signs why it binds; and a challenge before the validation has a
// way back.
#include <gmock/gmock.h>

#include "cases/disclosure.hh"
#include "cases/test_intake.hh"

namespace writ::cases {
namespace {

using namespace testing;
using ::testing::HasSubstr;

struct CivilOffice : Office {
  std::string m;
  process::Demand subpoena_of(const char* kind) {
    process::Demand x = subpoena();
    x.kind = kind;
    return x;
  }
  explicit CivilOffice(const char* kind = "civil-subpoena") { m = filed(subpoena_of(kind)); }
  Result<desk::Case> opine(const char* user,
                           const std::string& reasons = "served, and in its court's reach") {
    return intake().opine(m, reasons, {}, who(user));
  }
  std::string v39(const Filed& f) {
    for (const auto& r : f.checks)
      if (r.id == "V39") return (r.passed ? "pass: " : "fail: ") + r.fact;
    return "none";
  }
};

TEST(Opinion, ACivilSubpoenaIsValidatedByCounselsSignedReasonsAlone) {
  CivilOffice c;
  c.verify(c.m);
  const auto stopped = c.intake().validate(c.m, c.who("intake-1"));
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().what, HasSubstr("V39"));
  EXPECT_THAT(stopped.error().next, HasSubstr("writ request opine " + c.m));
  EXPECT_EQ(c.opine("officer-1").error().exit, Exit::refused) << "counsel, and nobody else";
  EXPECT_EQ(c.opine("counsel-1", "").error().exit, Exit::refused) << "with reasons";
  const auto opined = c.opine("counsel-1");
  ASSERT_TRUE(opined) << to_text(opined.error());
  EXPECT_EQ(opined->state, "identity-verified") << "an opinion moves nothing by itself";
  EXPECT_EQ(c.opine("counsel-1")->acts.size(), opined->acts.size()) << "the same again";
  const auto valid = c.intake().validate(c.m, c.who("intake-1"));
  ASSERT_TRUE(valid) << to_text(valid.error());
  EXPECT_THAT(c.v39(*valid), HasSubstr("pass: a private or civil party; by the opinion of counsel-1"));
  const auto approved = Disclosure{c.d->carrier()}.approve(c.m, {}, c.who("counsel-1"));
  ASSERT_TRUE(approved) << to_text(approved.error());
}

TEST(Opinion, IsOfOneDocumentAndOfNoPublicOrForeignOne) {
  CivilOffice c;
  ASSERT_TRUE(c.opine("counsel-1")) << "before the call-back, too";
  ASSERT_TRUE(c.intake().returned(c.m, "the period is wrong", c.who("intake-1")));
  const std::string better = process::to_toml(c.subpoena_of("civil-subpoena"));
  const auto corrected =
      c.intake().correct(c.m, view_of(better), "d.toml", c.scan("corrected"), c.who("intake-1"));
  ASSERT_TRUE(corrected) << to_text(corrected.error());
  c.verify(c.m);
  EXPECT_FALSE(c.intake().validate(c.m, c.who("intake-1"))) << "another document, another opinion";

  CivilOffice open{"grand-jury-subpoena"};
  EXPECT_THAT(open.opine("counsel-1").error().what, HasSubstr("binds by itself"));
  process::Demand x = open.subpoena_of("civil-subpoena");
  x.requester.is_foreign = true;
  open.m = open.filed(x, "two");
  EXPECT_THAT(open.opine("counsel-1").error().missing, HasSubstr("treaty"));
  EXPECT_EQ(open.book().read(open.m)->acts.size(), 1u);
}

TEST(Challenge, BeforeTheValidationIsResumedAtItsBeginning) {
  for (const bool verified : {false, true}) {
    Office o;
    const std::string m = o.filed(o.subpoena());
    if (verified) o.verify(m);
    ASSERT_TRUE(o.intake().act(m, "challenge", "motion to quash", {}, o.who("counsel-1")));
    EXPECT_EQ(o.intake().act(m, "resume", "denied", {}, o.who("intake-1")).error().exit, Exit::refused);
    EXPECT_EQ(o.intake().act(m, "resume", "", {}, o.who("counsel-1")).error().exit, Exit::refused);
    const auto r = o.intake().act(m, "resume", "denied", {}, o.who("counsel-1"));
    ASSERT_TRUE(r) << to_text(r.error());
    EXPECT_EQ(r->state, "received");
    EXPECT_EQ(o.intake().act(m, "resume", "denied", {}, o.who("counsel-1"))->acts.size(), r->acts.size());
    o.verify(m);
    EXPECT_TRUE(o.intake().validate(m, o.who("intake-1")));
  }
}

TEST(Challenge, AfterTheApprovalLeavesNothingApproved) {
  Office o;
  const std::string m = o.filed(o.subpoena());
  o.verify(m);
  ASSERT_TRUE(o.intake().validate(m, o.who("intake-1")));
  ASSERT_TRUE(Disclosure{o.d->carrier()}.approve(m, {}, o.who("counsel-1")));
  ASSERT_TRUE(o.intake().act(m, "challenge", "motion to quash", {}, o.who("counsel-1")));
  const auto r = o.intake().act(m, "resume", "denied", {}, o.who("counsel-1"));
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->state, "validated");
  EXPECT_FALSE(Disclosure{o.d->carrier()}.collect(m, o.who("intake-1"))) << "the approvals are given again";
}

}  // namespace
}  // namespace writ::cases
