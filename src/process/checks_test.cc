// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "process/matter.hh"
#include "process/request.hh"
#include "process/test_demands.hh"

namespace writ::process {
namespace {

using std::chrono::days;
using std::chrono::hours;
using ::testing::HasSubstr;

using namespace test;

Request order_base(const std::string& kind) {
  Request r;
  r.kind = kind;
  r.instrument = "26-mc-0117", r.court = "Fictional Court", r.judge = "Judge A";
  r.issued = at("2026-11-20T20:00:00Z");
  r.is_signed = true;
  r.officer = {"Officer C", "0001", "Agency", "+1 404 555 0170", "1 Street", "", false};
  r.coordinated_before = r.cost_agreement = r.carrier_named = true;
  r.targets = {{"number", "+14045550102", ""}};
  r.start = at("2026-11-21T00:00:00Z");
  r.end = at("2026-12-01T00:00:00Z");
  r.seeks = {"call-identifying"};
  r.contents = kind == "wiretap" ? the_policy().wiretap_contents : the_policy().pen_trap_contents;
  return r;
}
Request emergency_order(const std::string& kind) {
  Request r = order_base(kind);
  r.emergency = true;
  r.instrument = r.court = r.judge = "";
  r.contents = {};
  r.carrier_named = false;
  r.designated_official = "the designated official";
  r.end = r.start + hours{48};
  return r;
}

Outcome outcome(const std::vector<CheckResult>& results, const std::string& id, std::string* fact = nullptr) {
  for (const CheckResult& c : results)
    if (c.id == id) {
      EXPECT_FALSE(c.message.empty() || c.rule.empty() || c.cure.empty() || c.fact.empty()) << id;
      if (fact != nullptr) *fact = c.fact;
      return c.passed ? pass : fails;
    }
  return absent;
}

struct OrderCase {
  const char* id;
  const char* what;
  Request request;
  Outcome expected;
  const char* fact = "";
};

Request order_with(Request r, const std::function<void(Request&)>& edit) {
  edit(r);
  return r;
}

std::vector<OrderCase> document_cases() {
  const Request w = order_base("wiretap"), p = order_base("pen-trap"), ew = emergency_order("wiretap"),
                ep = emergency_order("pen-trap");
  const Nanos tick{1000};
  std::vector<OrderCase> all = {
      {"V2", "whole", w, pass, "26-mc-0117"},
      {"V2", "unsigned", order_with(w, [](Request& r) { r.is_signed = false; }), fails, "not signed"},
      {"V2", "undated", order_with(w, [](Request& r) { r.issued = {}; }), fails, "not dated"},
      {"V2", "no judge", order_with(w, [](Request& r) { r.judge = "  "; }), fails, "judge"},
      {"V2", "no court", order_with(w, [](Request& r) { r.court = ""; }), fails, "court"},
      {"V2", "no number", order_with(w, [](Request& r) { r.instrument = ""; }), fails, "number"},
      {"V2", "emergency without court", ew, pass},
      {"V2", "emergency unsigned", order_with(ew, [](Request& r) { r.is_signed = false; }), fails},
      {"V18", "whole", w, pass, "Officer C"},
      {"V18", "no badge", order_with(w, [](Request& r) { r.officer.badge = ""; }), fails, "badge"},
      {"V18", "no name", order_with(w, [](Request& r) { r.officer.name = ""; }), fails, "name"},
      {"V18", "no agency", order_with(w, [](Request& r) { r.officer.agency = ""; }), fails, "agency"},
      {"V18", "no phone", order_with(w, [](Request& r) { r.officer.phone = ""; }), fails, "phone"},
      {"V18", "no address", order_with(w, [](Request& r) { r.officer.return_address = "\t"; }), fails,
       "return address"},
      {"V19", "no fax", w, absent},
      {"V19", "confirmed",
       order_with(w, [](Request& r) { r.officer.fax = "+14045550171", r.officer.fax_confirmed = true; }),
       pass},
      {"V19", "not confirmed", order_with(w, [](Request& r) { r.officer.fax = "+14045550171"; }), fails,
       "+14045550171"},
      {"V24", "whole", p, pass, "all 4 contents"},
      {"V24", "wiretap", w, absent},
      {"V24", "60 days", order_with(p, [](Request& r) { r.end = r.start + days{60}; }), pass, "60 days"},
      {"V24", "60 days and a microsecond",
       order_with(p, [&](Request& r) { r.end = r.start + days{60} + tick; }), fails, "longer than 60 days"},
      {"V24", "no end", order_with(p, [](Request& r) { r.end = {}; }), fails, "no end"},
      {"V24", "no start", order_with(p, [](Request& r) { r.start = {}; }), fails, "no start"},
      {"V24", "empty period", order_with(p, [](Request& r) { r.end = r.start; }), fails, "before it starts"},
      {"V24", "foreign content", order_with(p, [](Request& r) { r.contents.push_back("person"); }), fails,
       "'person'"},
      {"V24", "emergency 48 h, no contents", ep, pass},
      {"V24", "emergency over 48 h", order_with(ep, [&](Request& r) { r.end += tick; }), fails, "48 hours"},
      {"V25", "call data", p, pass},
      {"V25", "wiretap", order_with(w, [](Request& r) { r.seeks = {"content"}; }), absent},
      {"V25", "content", order_with(p, [](Request& r) { r.seeks.push_back("content"); }), fails, "content"},
      {"V25", "digits", order_with(p, [](Request& r) { r.seeks = {"post-cut-through-digits"}; }), fails,
       "post-cut-through-digits"},
      {"V25", "location", order_with(p, [](Request& r) { r.seeks = {"location"}; }), fails, "location"},
      {"V25", "emergency", order_with(ep, [](Request& r) { r.seeks = {"content"}; }), fails},
      {"V26", "named", p, pass},
      {"V26", "certified",
       order_with(p, [](Request& r) { r.carrier_named = false, r.certification_3123 = true; }), pass},
      {"V26", "neither", order_with(p, [](Request& r) { r.carrier_named = false; }), fails, "does not name"},
      {"V26", "wiretap", order_with(w, [](Request& r) { r.carrier_named = false; }), absent},
      {"V27", "whole", w, pass, "all 5 contents"},
      {"V27", "pen-trap", p, absent},
      {"V27", "30 days", order_with(w, [](Request& r) { r.end = r.start + days{30}; }), pass},
      {"V27", "30 days and a microsecond",
       order_with(w, [&](Request& r) { r.end = r.start + days{30} + tick; }), fails, "longer than 30 days"},
      {"V27", "ends 40 days after the order",
       order_with(w, [](Request& r) { r.end = r.issued + days{40}, r.start = r.end - days{20}; }), pass},
      {"V27", "ends later than that",
       order_with(w, [&](Request& r) { r.end = r.issued + days{40} + tick, r.start = r.end - days{20}; }),
       fails, "10 days after the order"},
      {"V27", "no period", order_with(w, [](Request& r) { r.start = r.end = {}; }), fails,
       "no start, no end"},
      {"V27", "emergency 48 h", ew, pass},
      {"V27", "emergency over 48 h", order_with(ew, [&](Request& r) { r.end += tick; }), fails,
       "longer than 48 hours"},
      {"V28", "no emergency", w, absent},
      {"V28", "named", ew, pass},
      {"V28", "nobody", order_with(ew, [](Request& r) { r.designated_official = " "; }), fails},
      {"V28", "nobody, pen", order_with(ep, [](Request& r) { r.designated_official = ""; }), fails},
      {"V29", "coordinated", w, pass},
      {"V29", "not", order_with(w, [](Request& r) { r.coordinated_before = false; }), fails},
      {"V30", "agreed", w, pass},
      {"V30", "not", order_with(w, [](Request& r) { r.cost_agreement = false; }), fails},
  };
  for (const auto* names : {&the_policy().pen_trap_contents, &the_policy().wiretap_contents})
    for (const std::string& name : *names) {
      const bool pen = names == &the_policy().pen_trap_contents;
      Request r = pen ? p : w;
      std::erase(r.contents, name);
      all.push_back({pen ? "V24" : "V27", "one content missing", r, fails, name.c_str()});
    }
  return all;
}

TEST(Checks, PassFailAndBoundary) {
  for (const OrderCase& c : document_cases()) {
    std::string fact;
    EXPECT_EQ(outcome(check_document(c.request, the_policy()), c.id, &fact), c.expected)
        << c.id << ", " << c.what << ": " << fact;
    if (c.expected != absent) {
      EXPECT_THAT(fact, HasSubstr(c.fact)) << c.id << ", " << c.what;
    }
  }
}

TEST(Checks, TheTextsComeFromThePolicy) {
  policy::Policy p = the_policy();
  for (auto& rule : p.checks)
    rule.message = "M " + rule.id, rule.rule = "R " + rule.id, rule.cure = "C " + rule.id;
  for (const CheckResult& c : check_document(order_base("pen-trap"), p)) {
    EXPECT_EQ(c.message, "M " + c.id);
    EXPECT_EQ(c.rule, "R " + c.id);
    EXPECT_EQ(c.cure, "C " + c.id);
  }
  p.checks.clear();  // what no rule decides does not pass
  for (const CheckResult& c : check_document(order_base("pen-trap"), p)) EXPECT_FALSE(c.passed) << c.id;
}

TEST(Checks, WhereARequestGoes) {
  const auto judged = [](const Request& r) { return check_document(r, the_policy()); };
  for (const char* kind : {"wiretap", "pen-register", "trap-and-trace", "pen-trap"}) {
    EXPECT_TRUE(acceptable(judged(order_base(kind)))) << kind;
    EXPECT_TRUE(acceptable(judged(emergency_order(kind)))) << kind;
    EXPECT_EQ(state_after(judged(order_base(kind))), State::validated);
  }
  Request r = order_base("pen-trap");
  r.cost_agreement = false;  // warns, never delays
  EXPECT_TRUE(acceptable(judged(r)));
  r.coordinated_before = false;
  EXPECT_FALSE(acceptable(judged(r)));
  EXPECT_EQ(state_after(judged(r)), State::returned);
  r.seeks = {"content"};
  EXPECT_EQ(state_after(judged(r)), State::rejected);
}

class WithRecords : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = fs::path(::testing::TempDir()) /
            fmt::format("writ_checks_{}.db", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove(file_);
    db_.emplace(*store::Database::open(file_));
    book_.emplace(*records::Catalogue::open(*db_, crypto::Secret32{}));
    const auto r = book_->import_csv(
        "account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until\n"
        "A-1,Seaview,,,,,,number,+14045550102,,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n"
        "A-1,Seaview,,,,,,uri,Desk@pbx.example,,2020-01-01T00:00:00Z,\n"
        "A-1,Seaview,,,,,Guest,extension,214,b.example|a.example,2020-01-01T00:00:00Z,\n"
        "A-1,Seaview,,,,,Past,extension,215,a.example,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n"
        "B-2,Hillside,,,,,,extension,214,c.example,2020-01-01T00:00:00Z,\n",
        "r.csv", at("2026-01-01T00:00:00Z"));
    ASSERT_TRUE(r && r->problems.empty());
  }
  void TearDown() override {
    book_.reset();
    db_.reset();
    for (const char* tail : {"", "-wal", "-shm"}) fs::remove(file_.string() + tail);
  }
  void add(const std::string& lines) {
    const auto r = book_->import_csv(
        "account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until,trunk\n" + lines,
        "more.csv", at("2026-01-01T00:00:00Z"));
    ASSERT_TRUE(r && r->problems.empty());
  }
  Outcome check(const char* id, std::vector<TargetRequest> targets, std::string* fact = nullptr) {
    Request r = order_base("wiretap");
    r.targets = std::move(targets);
    return outcome(*check_records(r, the_policy(), *book_), id, fact);
  }
  fs::path file_;
  std::optional<store::Database> db_;
  std::optional<records::Catalogue> book_;
};

TEST_F(WithRecords, V4NumberServed) {
  EXPECT_EQ(check("V4", {{"number", "(404) 555-0102", ""}}), pass) << "served historically";
  std::string fact;
  EXPECT_EQ(check("V4", {{"number", "+14045550102", ""}, {"number", "+14045550103", ""}}, &fact), fails);
  EXPECT_THAT(fact, HasSubstr("number +14045550103 was never served"));
  EXPECT_EQ(check("V4", {{"number", "0102", ""}}, &fact), fails);
  EXPECT_EQ(check("V4", {{"uri", "Desk@PBX.example", ""}}), pass);
  EXPECT_EQ(check("V4", {{"uri", "desk@pbx.example", ""}}), fails) << "the user part is exact";
  EXPECT_EQ(check("V4", {{"extension", "214", "A-1"}}), pass);
  EXPECT_EQ(check("V4", {{"extension", "214", "C-3"}}), fails);
  EXPECT_EQ(check("V4", {{"extension", "214", ""}}), absent);
}

TEST_F(WithRecords, V11ExtensionWithProperty) {
  std::string fact;
  EXPECT_EQ(check("V11", {{"number", "+14045550102", ""}}), absent);
  EXPECT_EQ(check("V11", {{"extension", "214", "A-1"}}), pass);
  EXPECT_EQ(check("V11", {{"extension", "214", " "}}, &fact), fails);
  EXPECT_THAT(fact, HasSubstr("names no property"));
  EXPECT_EQ(check("V11", {{"extension", "215", "A-1"}}), fails) << "not held in the period";
}

TEST_F(WithRecords, ASharedTrunkIsNoTarget) {
  add("A-1,Seaview,,,,,,uri,trunk7@sbc.example,,2020-01-01T00:00:00Z,,yes\n"
      "A-1,Seaview,,,,,,number,+14045550160,,2020-01-01T00:00:00Z,,yes\n"
      "A-1,Seaview,,,,,,uri,own@sbc.example,,2020-01-01T00:00:00Z,,no\n"
      "A-1,Seaview,,,,,Guest,extension,300,a.example,2020-01-01T00:00:00Z,,yes\n");
  Request r = order_base("wiretap");
  for (const TargetRequest& t :
       {TargetRequest{"uri", "trunk7@sbc.example", ""}, TargetRequest{"number", "+14045550160", ""},
        TargetRequest{"extension", "300", "A-1"}}) {
    r.targets = {t};
    const auto refused = grant_targets(r, *book_);
    ASSERT_FALSE(refused) << t.value;
    EXPECT_EQ(refused.error().exit, Exit::refused);
    EXPECT_THAT(refused.error().what, HasSubstr("shared trunk"));
    EXPECT_THAT(refused.error().next, HasSubstr("the target's own number"));
    EXPECT_EQ(check("V11", {t}), fails);
  }
  r.targets = {{"uri", "own@sbc.example", ""}};
  EXPECT_TRUE(grant_targets(r, *book_)) << "the target's own line beside it";
}

TEST_F(WithRecords, AnExtensionOfTwoPropertiesAtOneHostIsNoTarget) {
  add("C-3,Lodge,,,,,,extension,214,A.example,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z,\n");
  Request r = order_base("wiretap");
  r.targets = {{"extension", "214", "A-1"}};
  EXPECT_TRUE(grant_targets(r, *book_)) << "not in the order's time";
  add("C-3,Lodge,,,,,,extension,214,A.example|d.example,2022-01-01T00:00:00Z,,\n");
  const auto refused = grant_targets(r, *book_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("at a.example C-3 has it as well as A-1"));
  std::string fact;
  EXPECT_EQ(check("V11", {{"extension", "214", "A-1"}}, &fact), fails);
  EXPECT_THAT(fact, HasSubstr("C-3"));
  r.targets = {{"extension", "214", "B-2"}};
  EXPECT_TRUE(grant_targets(r, *book_)) << "it has a host of its own";
}

TEST_F(WithRecords, TargetsAreExactSortedAndUnique) {
  Request r = order_base("wiretap");
  r.targets = {{"extension", "214", "A-1"},
               {"number", "404-555-0102", ""},
               {"number", "+14045550102", ""},
               {"uri", "sip:Desk@PBX.example", ""}};
  const auto t = grant_targets(r, *book_);
  ASSERT_TRUE(t) << to_text(t.error());
  ASSERT_EQ(t->size(), 3u);
  EXPECT_TRUE(std::is_sorted(t->begin(), t->end()));
  EXPECT_EQ(t->at(0).value, "+14045550102");
  EXPECT_EQ(t->at(1).value, "Desk@pbx.example");
  EXPECT_EQ(t->at(2).property, "A-1");
  EXPECT_THAT(t->at(2).hosts, ::testing::ElementsAre("a.example", "b.example"))
      << "never the other property's";
  r.targets = {{"extension", "214", ""}};
  EXPECT_FALSE(grant_targets(r, *book_));
  r.targets = {{"extension", "215", "A-1"}};
  EXPECT_FALSE(grant_targets(r, *book_));
  r.targets = {};
  EXPECT_FALSE(grant_targets(r, *book_));
}

// What the manual shows must pass what the manual describes.
TEST(Manual, ExamplesOfTheOrderFileAreAcceptable) {
  const std::string doc = *read_text(fs::path(WRIT_SOURCE_DIR) / "docs" / "order-file.md");
  std::size_t examples = 0;
  const std::string open = "```toml\n";
  for (auto pos = doc.find(open); pos != std::string::npos; pos = doc.find(open, pos)) {
    pos += open.size();
    const auto r = parse_request(view_of(doc).subspan(pos, doc.find("```", pos) - pos), "docs/order-file.md");
    ASSERT_TRUE(r) << to_text(r.error());
    for (const CheckResult& c : check_document(*r, the_policy()))
      EXPECT_TRUE(c.passed || c.id == "V30") << c.id << " " << c.fact;
    for (const std::string& name : r->contents) EXPECT_THAT(doc, HasSubstr("`" + name + "`"));
    ++examples;
  }
  EXPECT_EQ(examples, 2u);
}

TEST(ToGrant, KindAndBasis) {
  using authority::Basis;
  using authority::Kind;
  EXPECT_EQ(*grant_kind(order_base("wiretap")), Kind::content);
  EXPECT_EQ(*grant_kind(order_base("pen-register")), Kind::pen);
  EXPECT_EQ(*grant_kind(order_base("trap-and-trace")), Kind::trap);
  EXPECT_EQ(*grant_kind(order_base("pen-trap")), Kind::pen_trap);
  EXPECT_FALSE(grant_kind(order_base("everything")));
  EXPECT_EQ(*grant_basis(order_base("wiretap")), Basis::title_iii);
  EXPECT_EQ(*grant_basis(emergency_order("wiretap")), Basis::emergency_title_iii);
  EXPECT_EQ(*grant_basis(order_base("pen-register")), Basis::pen_trap);
  EXPECT_EQ(*grant_basis(emergency_order("trap-and-trace")), Basis::emergency_pen_trap);
}

}  // namespace
}  // namespace writ::process
