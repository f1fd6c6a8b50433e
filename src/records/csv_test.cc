// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/csv.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "records/catalogue.hh"

namespace writ::records {
namespace {

using ::testing::ElementsAre;

TEST(Csv, CountsLinesInsideQuotes) {
  CsvReader in("a,\"b\r\nc\"\n\nd\n");
  CsvRow row;
  ASSERT_TRUE(in.next(row));
  EXPECT_THAT(row.fields, ElementsAre("a", "b\r\nc"));
  ASSERT_TRUE(in.next(row));
  EXPECT_EQ(row.line, 4u);
  EXPECT_FALSE(in.next(row));
}

TEST(Csv, AnOpenQuoteCostsItsLineOnly) {
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "x,\"open\n";  // in time linear in its size, or this test is felt
  many += "last,line\n";
  CsvReader in(many);
  CsvRow row;
  while (in.next(row)) {
  }
  EXPECT_THAT(row.fields, ElementsAre("last", "line"));
}

TEST(Identity, CanonicalForms) {
  for (const char* s :
       {"(404) 555-0102", "404.555.0102", "+1 404 555 0102", "14045550102", "tel:+14045550102"})
    EXPECT_EQ(*to_e164(s), "+14045550102") << s;
  EXPECT_EQ(*to_e164("+44 20 7946 0018"), "+442079460018");
  for (const char* s :
       {"", "5550102", "404 555 0102 x214", "1-800-FLOWERS", "+1404555010", "+140455501022", "214", "+"})
    EXPECT_FALSE(to_e164(s)) << s;
  EXPECT_EQ(*canonical_value("uri", "sip:Alice@Example.COM"), "Alice@example.com");
  for (const char* s : {"alice", "@example.com", "a b@example.com", "alice@", "alice@example.com:5060",
                        "alice@example.com;transport=tcp"})
    EXPECT_FALSE(canonical_value("uri", s)) << s;
  EXPECT_EQ(*canonical_value("extension", "214"), "214");
  for (const char* s : {"", "2 14", "214;x", "*%"}) EXPECT_FALSE(canonical_value("extension", s)) << s;
  EXPECT_FALSE(canonical_value("name", "x"));
  EXPECT_EQ(*canonical_host("[2001:DB8::1]"), "2001:db8::1");
  EXPECT_FALSE(canonical_host("192.0.2.1:5060"));
}

}  // namespace
}  // namespace writ::records
