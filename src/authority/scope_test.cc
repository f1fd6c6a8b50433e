// SPDX-License-Identifier: GPL-3.0-or-later
#include "authority/scope.hh"

#include "authority/test_world.hh"

namespace writ::authority {
namespace {

constexpr std::chrono::days thirty{30};

Scope a_scope(const World& w) {
  Scope s;
  s.carrier = w.roots.carrier;
  s.matter = "M-2026-0001";
  s.purpose = "subpoena EX-SP-0042, item 1";
  s.subjects = {{"extension", "214", "EX-1001"}, {"number", "+14045550102", ""}};
  s.items = {RecordItem::subscriber_name, RecordItem::subscriber_calls};
  s.records_from = t0 - thirty;
  s.records_until = t0;
  s.expires = t0 + thirty;
  s.policy.fill(3);
  return s;
}

class ScopeTest : public ::testing::Test {
 protected:
  World w;
  std::string signed_text(const Scope& s) { return canonical(to_json(*sign_scope(s, w.people[0], t0))); }
  Result<ScopeTicket> check(std::string_view text, Instant now = t0 + 1h) {
    return verify_scope(view_of(text), w.certs[0], w.roots, now);
  }
};

TEST_F(ScopeTest, a_signed_scope_is_verified_and_allows_exactly_what_it_names) {
  const auto t = check(signed_text(a_scope(w)));
  ASSERT_TRUE(t) << to_text(t.error());
  EXPECT_TRUE(t->allows(RecordItem::subscriber_calls));
  EXPECT_FALSE(t->allows(RecordItem::tenant_name));
  EXPECT_TRUE(t->names({"number", "+14045550102", ""}));
  EXPECT_FALSE(t->names({"number", "+14045550103", ""}));
  EXPECT_TRUE(t->names({"extension", "214", "EX-1001"}));
  EXPECT_FALSE(t->names({"extension", "214", "EX-1002"})) << "another property has that extension too";
}

TEST_F(ScopeTest, every_flipped_bit_is_refused) {
  const std::string text = signed_text(a_scope(w));
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    std::string t = text;
    t[i / 8] = static_cast<char>(t[i / 8] ^ (1 << (i % 8)));
    const auto v = check(t);
    ASSERT_FALSE(v) << "bit " << i;
    ASSERT_EQ(v.error().exit, Exit::refused) << "bit " << i << "\n" << to_text(v.error());
  }
}

TEST_F(ScopeTest, every_cut_text_is_refused) {
  const std::string text = signed_text(a_scope(w));
  for (std::size_t n = 0; n < text.size(); ++n) ASSERT_FALSE(check(text.substr(0, n))) << n;
  EXPECT_FALSE(check(text + "\n"));
}

TEST_F(ScopeTest, only_counsel_signs_a_scope) {
  for (const std::size_t i : {1u, 2u}) {  // officer, technician, with their own valid certificates
    const std::string text = canonical(to_json(*sign_scope(a_scope(w), w.people[i], t0)));
    const auto v = verify_scope(view_of(text), w.certs[i], w.roots, t0 + 1h);
    ASSERT_FALSE(v);
    expect_refusal(v.error(), w.people[i].user);
    const auto as_counsel = check(text);
    ASSERT_FALSE(as_counsel);
    expect_refusal(as_counsel.error(), "counsel's certificate, another's key");
  }
}

TEST_F(ScopeTest, a_scope_ends_and_says_so) {
  const std::string text = signed_text(a_scope(w));
  EXPECT_TRUE(check(text, t0 + thirty - 1us));
  const auto v = check(text, t0 + thirty);
  ASSERT_FALSE(v);
  EXPECT_EQ(v.error().exit, Exit::expired);
  const auto early = check(text, t0 - 1us);
  ASSERT_FALSE(early);
  expect_refusal(early.error(), "signed in the future");
}

TEST_F(ScopeTest, a_certificate_that_was_not_valid_at_the_signing_is_refused) {
  const Instant later = t0 + std::chrono::days{400};
  Scope s = a_scope(w);
  s.expires = later + thirty;
  const std::string text = canonical(to_json(*sign_scope(s, w.people[0], later)));
  const auto v = check(text, later + 1h);
  ASSERT_FALSE(v);
  expect_refusal(v.error(), "expired certificate");
}

TEST_F(ScopeTest, a_scope_of_another_carrier_is_refused) {
  Scope s = a_scope(w);
  s.carrier = "Another Example Voice";
  const auto v = check(signed_text(s));
  ASSERT_FALSE(v);
  expect_refusal(v.error(), "carrier");
}

TEST_F(ScopeTest, what_no_scope_may_be_is_not_signed) {
  const std::vector<std::pair<std::string, std::function<void(Scope&)>>> rows{
      {"unsorted subjects", [](Scope& s) { std::swap(s.subjects[0], s.subjects[1]); }},
      {"subject twice", [](Scope& s) { s.subjects[1] = s.subjects[0]; }},
      {"no subject", [](Scope& s) { s.subjects.clear(); }},
      {"too many subjects",
       [](Scope& s) {
         s.subjects.clear();
         for (int i = 100; i < 165; ++i) s.subjects.push_back({"account", "EX-" + std::to_string(i), ""});
       }},
      {"unknown kind",
       [](Scope& s) {
         s.subjects = {{"everything", "*", ""}};
       }},
      {"empty value",
       [](Scope& s) {
         s.subjects = {{"number", "", ""}};
       }},
      {"line end in a value",
       [](Scope& s) {
         s.subjects = {{"tenant-name", "Doe\nJames", ""}};
       }},
      {"extension without property",
       [](Scope& s) {
         s.subjects = {{"extension", "214", ""}};
       }},
      {"number with property",
       [](Scope& s) {
         s.subjects = {{"number", "+14045550102", "EX-1001"}};
       }},
      {"address of four fields",
       [](Scope& s) {
         s.subjects = {{"street-address", "1|Quay|Harborview|GA", ""}};
       }},
      {"unsorted items", [](Scope& s) { std::swap(s.items[0], s.items[1]); }},
      {"item twice", [](Scope& s) { s.items[1] = s.items[0]; }},
      {"no item", [](Scope& s) { s.items.clear(); }},
      {"empty window", [](Scope& s) { s.records_until = s.records_from; }},
      {"more than 90 days", [](Scope& s) { s.expires = t0 + std::chrono::days{90} + 1us; }},
      {"over at once", [](Scope& s) { s.expires = t0; }},
      {"no purpose", [](Scope& s) { s.purpose.clear(); }},
      {"no matter", [](Scope& s) { s.matter.clear(); }},
      {"no number", [](Scope& s) { s.sequence = 0; }},
  };
  for (const auto& [name, breaks] : rows) {
    Scope s = a_scope(w);
    breaks(s);
    const auto v = sign_scope(s, w.people[0], t0);
    ASSERT_FALSE(v) << name;
    expect_refusal(v.error(), name);
  }
  Scope longest = a_scope(w);
  longest.expires = t0 + std::chrono::days{90};
  EXPECT_TRUE(sign_scope(longest, w.people[0], t0));
}

// Counsel's key alone, without sign_scope's checks: the verifier does not believe a signature blindly.
TEST_F(ScopeTest, what_no_scope_may_be_is_refused_though_counsel_signed_it) {
  Json body = to_json(*sign_scope(a_scope(w), w.people[0], t0));
  body.erase("signature");
  std::swap(body["items"][0], body["items"][1]);
  Json j = body;
  j["signature"] = crypto::hex(w.people[0].sign.sign("writ.scope/1", view_of(canonical(body))));
  const auto v = check(canonical(j));
  ASSERT_FALSE(v);
  expect_refusal(v.error(), "unsorted, signed");
  EXPECT_NE(v.error().what.find("items"), std::string::npos) << v.error().what;
}

TEST(RecordItems, names_read_back) {
  for (int i = 0; i <= static_cast<int>(RecordItem::tenant_calls); ++i) {
    const auto item = static_cast<RecordItem>(i);
    EXPECT_EQ(parse_record_item(to_string(item)).value(), item);
  }
  EXPECT_FALSE(parse_record_item("everything"));
}

}  // namespace
}  // namespace writ::authority
