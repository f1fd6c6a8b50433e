// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/request.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace writ::process {
namespace {

using ::testing::HasSubstr;

const std::string toml = R"(schema = "writ.request/1"
kind = "wiretap"
instrument = "26-mc-0117"
court = "Fictional District Court"
judge = "Judge A"
issued = 2026-11-20T15:00:00-05:00
signed = true
prosecutor = "Prosecutor B"
offense = "an offense"
coordinated_before = true
cost_agreement = true
start = 2026-11-21T00:00:00-05:00
end = "2026-12-20T00:00:00-05:00"
contents = ["person", "facilities"]
seeks = ["call-identifying", "content"]

[officer]
name = "Officer C"
badge = "0001"
agency = "Agency"
phone = "+1 404 555 0170"
return_address = "1 Street"

[[targets]]
type = "number"
value = "(404) 555-0102"

[[targets]]
type = "extension"
value = "214"
property = "A-1"
)";

Result<Request> parse(const std::string& s) { return parse_request(view_of(s), "order.toml"); }

std::string replaced(std::string s, const std::string& what, const std::string& with) {
  const auto pos = s.find(what);
  EXPECT_NE(pos, std::string::npos) << what;
  return s.replace(pos, what.size(), with);
}

std::string error_of(const std::string& s) {
  const auto r = parse(s);
  return r ? "accepted" : to_text(r.error());
}

TEST(OrderFile, ReadsToml) {
  const auto r = parse(toml);
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->kind, "wiretap");
  EXPECT_TRUE(r->is_signed);
  EXPECT_EQ(rfc3339_seconds(r->issued), "2026-11-20T20:00:00Z");
  EXPECT_EQ(rfc3339_seconds(r->end), "2026-12-20T05:00:00Z");
  ASSERT_EQ(r->targets.size(), 2u);
  EXPECT_EQ(r->targets[1].property, "A-1");
  EXPECT_EQ(r->officer.badge, "0001");
}

TEST(OrderFile, JsonAndTomlOfTheSameOrderAreOne) {
  const auto a = parse(toml);
  ASSERT_TRUE(a);
  const std::string json = canonical(to_json(*a));
  const auto b = parse(json);
  ASSERT_TRUE(b) << to_text(b.error());
  EXPECT_EQ(canonical(to_json(*b)), json);
  const auto c = request_from_json(to_json(*a));
  ASSERT_TRUE(c) << to_text(c.error());
  EXPECT_EQ(*request_digest(*c), *request_digest(*a));
  auto other = *a;
  other.targets[1].value = "215";
  EXPECT_NE(*request_digest(other), *request_digest(*a));
  other = *a;
  other.document_sha256[0] = 1;
  EXPECT_EQ(request_from_json(to_json(other))->document_sha256, other.document_sha256);
}

TEST(OrderFile, NamesPlaceAndCureInToml) {
  const auto e = error_of(replaced(toml, "judge =", "judges ="));
  EXPECT_THAT(e, HasSubstr("order.toml:5:1: 'judges' is not known here"));
  EXPECT_THAT(e, HasSubstr("next: remove it, or use one of: carrier_named,"));
  EXPECT_THAT(error_of(replaced(toml, "signed = true", "signed = \"yes\"")),
              HasSubstr("order.toml:7:1: 'signed' must be true or false"));
  EXPECT_THAT(error_of(replaced(toml, "\"wiretap\"", "\"tap\"")),
              HasSubstr("next: write one of: wiretap, pen-register, trap-and-trace, pen-trap"));
  EXPECT_THAT(error_of(replaced(toml, "value = \"214\"", "value = 214")),
              HasSubstr("'targets[2].value' must be text"));
  EXPECT_THAT(error_of(replaced(toml, "15:00:00-05:00", "15:00:00")), HasSubstr("order.toml:6:1: 'issued'"));
  EXPECT_THAT(error_of(replaced(toml, "name = \"Officer C\"", "nickname = \"C\"")),
              HasSubstr("'officer.nickname' is not known"));
  EXPECT_THAT(error_of(replaced(toml, "court = ", "court = = ")), HasSubstr("order.toml:4:"));
  EXPECT_THAT(error_of(replaced(toml, "\"person\"", "5")), HasSubstr("'contents[1]' must be text"));
  EXPECT_THAT(error_of(replaced(toml, "\"content\"", "\"everything\"")), HasSubstr("'seeks'"));
  EXPECT_THAT(error_of(replaced(toml, "writ.request/1", "writ.request/9")), HasSubstr("'schema'"));
  EXPECT_THAT(error_of(replaced(toml, "Judge A", "Judge\\u001b[2J")), HasSubstr("control characters"));
}

TEST(OrderFile, PostCutThroughDigitsAreReportedOnlyWhereAnOrderForContentSeeksThem) {
  Request r = parse_request(view_of(toml), "order.toml").value();
  EXPECT_FALSE(grant_digits(r)) << "off by default";
  r.seeks.push_back("post-cut-through-digits");
  EXPECT_TRUE(grant_digits(r));
  for (const char* pen : {"pen-register", "trap-and-trace", "pen-trap"}) {
    r.kind = pen;
    EXPECT_FALSE(grant_digits(r)) << pen;
  }
}

TEST(OrderFile, NamesTheInputsAtWhichFromIsBelieved) {
  const auto with = [](const std::string& lines) {
    return parse(replaced(toml, "signed = true", "signed = true\n" + lines));
  };
  const auto r = with(R"(trust_from_at = ["eth1", "UDP:192.0.2.1:9060", "eth1"])");
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_THAT(r->trust_from_at, ::testing::ElementsAre("UDP:192.0.2.1:9060", "eth1"));
  const auto back = request_from_json(to_json(*r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->trust_from_at, r->trust_from_at);
  const auto without = parse(toml);
  ASSERT_TRUE(without);
  EXPECT_FALSE(to_json(*without).contains("trust_from_at")) << "requests that were signed keep their digest";
  struct Row {
    std::string lines, what, cure;
  };
  for (const Row& row :
       {Row{"trust_from = true\ntrust_from_at = [\"eth1\"]", "beside trust_from", "leave trust_from out"},
        Row{"trust_from_at = [\"eth 1\"]", "no input's name", "as the probe's command line does"},
        Row{"trust_from_at = [\"\"]", "", ""},
        Row{"trust_from_at = [\"any\"]", "every interface at once", "name the interfaces"}}) {
    const auto bad = with(row.lines);
    ASSERT_FALSE(bad) << row.lines;
    EXPECT_THAT(to_text(bad.error()), HasSubstr("order.toml:"));
    EXPECT_THAT(to_text(bad.error()), HasSubstr("trust_from_at"));
    EXPECT_THAT(to_text(bad.error()), HasSubstr(row.what));
    EXPECT_THAT(to_text(bad.error()), HasSubstr(row.cure));
  }
}

TEST(OrderFile, NamesPlaceAndCureInJson) {
  const std::string json =
      "{\n  \"schema\": \"writ.request/1\",\n  \"kind\": \"wiretap\",\n  \"targets\": [{\"type\": "
      "\"number\",\n    \"value\": 5}],\n  \"colour\": 1\n}";
  EXPECT_THAT(error_of(json), HasSubstr("order.toml:5:5: 'targets[1].value' must be text"));
  EXPECT_THAT(error_of(replaced(json, "5}", "\"+14045550102\"}")),
              HasSubstr("order.toml:6:3: 'colour' is not known"));
  EXPECT_THAT(error_of(replaced(json, "\"kind\": \"wiretap\",", "\"kind\": ,")), HasSubstr("line 3"));
  EXPECT_THAT(error_of(replaced(json, "\"colour\": 1", "\"kind\": \"wiretap\"")), HasSubstr("twice"));
}

TEST(OrderFile, BoundsWhatItTakes) {
  std::string many = toml;
  for (int i = 0; i < 63; ++i)
    many += fmt::format("[[targets]]\ntype = \"extension\"\nvalue = \"{}\"\nproperty = \"A\"\n", 300 + i);
  EXPECT_THAT(error_of(many), HasSubstr("names too many"));
  EXPECT_THAT(error_of("schema = \"writ.request/1\"\nkind = \"wiretap\"\n"), HasSubstr("names nobody"));
  EXPECT_FALSE(parse(std::string(2 << 20, ' ')));
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse(std::string(100000, '[')));
  EXPECT_FALSE(parse("{" + std::string(100000, '[')));
}

// Bytes of a mutated order and plain noise: an answer, never a crash; what is accepted is stable.
TEST(OrderFile, RandomBytesNeverBreakIt) {
  std::mt19937_64 rng(2518);
  const std::string json = canonical(to_json(*parse(toml)));
  std::size_t accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string s = i % 3 == 0 ? toml : i % 3 == 1 ? json : std::string();
    const auto edits = 1 + rng() % (s.empty() ? 64 : 4);
    for (std::size_t e = 0; e < edits; ++e) {
      const auto pos = s.empty() ? 0 : rng() % s.size();
      const char c = rng() % 2 == 0 ? static_cast<char>(rng()) : "{}[]\"'=,.:\\\n0"[rng() % 13];
      if (s.empty() || rng() % 3 == 0) {
        s.insert(s.begin() + static_cast<std::ptrdiff_t>(pos), c);
      } else if (rng() % 2 == 0) {
        s[pos] = c;
      } else {
        s.erase(pos, 1 + rng() % 5);
      }
    }
    const auto r = parse(s);
    if (!r) continue;
    ++accepted;
    const auto again = request_from_json(to_json(*r));
    ASSERT_TRUE(again) << s;
    ASSERT_EQ(*request_digest(*again), *request_digest(*r)) << s;
  }
  EXPECT_GT(accepted, 100u) << "the mutations must reach the reader";
}

}  // namespace
}  // namespace writ::process
