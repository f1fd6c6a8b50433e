// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/io.hh"
#include "produce/deficiency_letter.hh"

namespace writ::produce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const policy::Policy& the_policy() {
  static const policy::Policy p = *policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / "sandbox");
  return p;
}

DeficiencyLetter letter() {
  DeficiencyLetter l;
  l.matter = "M-2026-0001";
  l.kind_title = "Trial subpoena";
  l.instrument = "EX-TS-0044";
  l.issuer = "Clerk of the Superior Court";
  l.name = "Case Officer";
  l.badge = "4471";
  l.agency = "Example County Sheriff";
  l.address = "1 Court Square\nHarborview, GA 30001";
  l.issued = *parse_rfc3339("2026-11-20T15:00:00Z");
  l.received = *parse_rfc3339("2026-11-23T15:00:00Z");
  l.date = *parse_rfc3339("2026-11-24T15:00:00Z");
  l.deficiencies = {{"V2", "", "Unsigned or undated.", "the document is not signed", "a rule", "Sign it."},
                    {"V15", "subscriber-ssn", "Not reached.", "", "SSI plan (S21)", "Strike the item."}};
  return l;
}

TEST(DeficiencyLetter, NamesEachFaultWithRuleAndCure) {
  const std::string text = deficiency_text(the_policy(), letter());
  for (const char* part :
       {"Notice of deficiency", "Case Officer (Badge 4471)", "Harborview, GA 30001", "EX-TS-0044",
        "1.  Unsigned or undated.", "Found: the document is not signed", "Cure: Sign it.",
        "2.  Not reached. [subscriber-ssn]", "Rule: SSI plan (S21)", "does not say", "SANDBOX, fictional"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("Found: \n"))) << "nothing is said of what the letter may not tell";
}

TEST(DeficiencyLetter, ARejectionDoesNotAskForACorrection) {
  DeficiencyLetter l = letter();
  l.rejection = true;
  EXPECT_THAT(deficiency_text(the_policy(), l), HasSubstr("Notice of rejection"));
  EXPECT_THAT(deficiency_text(the_policy(), l), Not(HasSubstr("comes back corrected")));
}

TEST(DeficiencyLetter, WithoutAFailedCheckAPersonSaysWhy) {
  DeficiencyLetter l = letter();
  l.deficiencies.clear();
  l.remark = "The clerk of the court does not know this instrument.";
  EXPECT_THAT(deficiency_text(the_policy(), l), HasSubstr(l.remark));
}

TEST(DeficiencyLetter, SameLetterSameBytes) {
  const auto a = deficiency_pdf(the_policy(), letter()), b = deficiency_pdf(the_policy(), letter());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(*a, *b);
  DeficiencyLetter other = letter();
  other.matter = "M-2026-0002";
  EXPECT_NE(*a, *deficiency_pdf(the_policy(), other));
}

TEST(DeficiencyLetter, ControlCharactersDoNotReachThePaper) {
  DeficiencyLetter l = letter();
  l.name = "Case\x1b[2J Officer";
  EXPECT_THAT(deficiency_text(the_policy(), l), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace writ::produce
