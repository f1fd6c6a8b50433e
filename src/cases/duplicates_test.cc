// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/duplicates.hh"

#include <gtest/gtest.h>

namespace writ::cases {
namespace {

const std::vector<KnownDomain> known{{"sheriff.example", "Example County Sheriff"},
                                     {"agencies.example", "the office"},
                                     {"a.ex", "a short one"}};

TEST(Duplicates, DomainsOfMailAddresses) {
  EXPECT_EQ(domain_of("Officer@Sheriff.Example"), "sheriff.example");
  EXPECT_EQ(domain_of("Case Officer <officer@sheriff.example>"), "sheriff.example");
  EXPECT_EQ(domain_of("a@b@sheriff.example."), "sheriff.example");
  EXPECT_EQ(domain_of("no address"), "");
}

TEST(Duplicates, WhoImitatesWhom) {
  for (const char* fine : {"sheriff.example", "mail.sheriff.example", "SHERIFF.example", "police.example", "",
                           "b.ex", "xsheriffs.example"})
    EXPECT_EQ(imitates(fine, known), "") << fine;
  for (const char* false_one : {"sherif.example",           // one less
                                "sherifff.example",         // one more
                                "sheriff.examp1e",          // one other, and the same skeleton
                                "shreiff.example",          // exchanged
                                "sheriff.example.mail.ex",  // in front
                                "\xD1\x95heriff.example",   // Cyrillic dze
                                "xn--heriff-hvf.example",   // the same in ASCII (RFC 3492)
                                "agencles.example"})
    EXPECT_NE(imitates(false_one, known), "") << false_one;
  EXPECT_NE(imitates("sherif.example", known).find("Example County Sheriff"), std::string::npos);
  EXPECT_EQ(imitates(std::string(300, 'a'), known), "") << "no domain at all";
}

}  // namespace
}  // namespace writ::cases
