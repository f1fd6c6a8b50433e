// SPDX-License-Identifier: GPL-3.0-or-later
// What every engine of the book must do: one suite over both. The oracle is a plain list that is looked
// through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "records/cdr_test_data.hh"
#include "records/cdr_test_tamper.hh"
#include "store/test_engines.hh"

namespace writ::records {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using By = CdrQuery::By;

class CdrBookTest : public store::EngineTest {
 protected:
  std::unique_ptr<CdrBook> book() {
    auto b = GetParam() == store::Engine::sqlite ? open_embedded_cdrs(dir() / "cdrs", test_master())
                                                 : open_postgres_cdrs(conninfo(), test_master());
    EXPECT_TRUE(b) << to_text(b.error());
    return b ? std::move(*b) : nullptr;
  }
  void tamper(Tamper what, const std::string& month, std::uint64_t seq) {
    const Status ok = GetParam() == store::Engine::sqlite ? tamper_embedded(dir() / "cdrs", what, month, seq)
                                                          : tamper_postgres(conninfo(), what, month, seq);
    ASSERT_TRUE(ok) << to_text(ok.error());
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CdrBookTest, store::both_engines, store::engine_name);

Cdr call(std::string id, std::string start, std::string caller, std::string called) {
  Cdr c;
  c.account = "A-1";
  c.call_id = std::move(id);
  c.start = at(start);
  c.caller = std::move(caller);
  c.called = std::move(called);
  c.source = "feed-1";
  return c;
}

CdrQuery number(std::string value, std::string_view from = "2026-01-01T00:00:00Z",
                std::string_view until = "2027-01-01T00:00:00Z") {
  CdrQuery q;
  q.value = std::move(value);
  q.from = at(from);
  q.until = at(until);
  return q;
}

std::vector<std::string> ids(const Result<CdrPage>& p) {
  std::vector<std::string> out;
  EXPECT_TRUE(p) << to_text(p.error());
  if (p)
    for (const StoredCdr& r : p->rows) out.push_back(r.cdr.call_id);
  return out;
}

const std::string ann = "+14045550101", bob = "+14045550102", cid = "+14045550103";

AppendReceipt must_append(CdrBook& b, const std::vector<Cdr>& batch, const std::string& key) {
  const auto r = b.append(batch, key);
  EXPECT_TRUE(r) << to_text(r.error());
  return r.value_or(AppendReceipt{});
}

TEST_P(CdrBookTest, FindsAPartyInEveryRoleInOrderOfStart) {
  auto b = book();
  Cdr forwarded = call("f", "2026-03-03T00:00:00Z", bob, cid);
  forwarded.redirecting = ann;
  must_append(*b,
              {call("late", "2026-04-01T00:00:00Z", bob, ann), call("out", "2026-03-01T00:00:00Z", ann, bob),
               forwarded, call("self", "2026-03-02T00:00:00Z", ann, ann),
               call("other", "2026-03-02T00:00:00Z", bob, cid)},
              "k1");
  EXPECT_THAT(ids(b->find(number(ann))), ElementsAre("out", "self", "f", "late"));
  CdrQuery q = number(ann);
  q.as_called = q.as_redirecting = false;
  EXPECT_THAT(ids(b->find(q)), ElementsAre("out", "self"));
  q = number(ann, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z");
  EXPECT_THAT(ids(b->find(q)), ElementsAre("self")) << "from is inside, until is not";
  EXPECT_THAT(ids(b->find(number("+14045550199"))), ElementsAre());
}

TEST_P(CdrBookTest, AnExtensionIsOneOfItsPropertyOnly) {
  auto b = book();
  Cdr here = call("here", "2026-03-01T00:00:00Z", "101", "0101");
  Cdr there = call("there", "2026-03-01T00:00:01Z", "101", bob);
  there.account = "A-2";
  Cdr told = call("told", "2026-03-01T00:00:02Z", ann, bob);
  told.called_extension = "101";
  must_append(*b, {here, there, told}, "k");
  CdrQuery q = number("101");
  q.by = By::extension;
  q.account = "A-1";
  EXPECT_THAT(ids(b->find(q)), ElementsAre("here", "told"));
  q.value = "0101";
  EXPECT_THAT(ids(b->find(q)), ElementsAre("here"));
  q.account = "A-9";
  EXPECT_THAT(ids(b->find(q)), ElementsAre());
  q.by = By::account;
  q.account = "A-2";
  EXPECT_THAT(ids(b->find(q)), ElementsAre("there"));
  q = number(bob);
  q.account = "A-2";
  EXPECT_THAT(ids(b->find(q)), ElementsAre("there"));
}

TEST_P(CdrBookTest, TheSameKeyAgainDoesNothingAndTheSameRecordsAreDoubles) {
  std::vector<Cdr> batch = {call("a", "2026-03-01T00:00:00Z", ann, bob),
                            call("b", "2026-03-02T00:00:00Z", ann, bob)};
  {
    auto b = book();
    batch.push_back(batch[0]);
    const auto first = must_append(*b, batch, "file-1");
    EXPECT_EQ(first.added, 2u);
    EXPECT_EQ(first.duplicates, 1u) << "within the batch";
    EXPECT_FALSE(first.repeated);
    EXPECT_THAT(first.months, ElementsAre("2026-03"));
  }
  auto b = book();  // another process
  const auto again = must_append(*b, batch, "file-1");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.added, 2u);
  batch[0].duration_ms = 5;  // same identity
  batch[1].leg = "2";        // another leg
  const auto second = must_append(*b, {batch[0], batch[1]}, "file-2");
  EXPECT_EQ(second.added, 1u);
  EXPECT_EQ(second.duplicates, 1u);
  EXPECT_THAT(ids(b->find(number(ann))), ElementsAre("a", "b", "b"));
}

TEST_P(CdrBookTest, WhatCannotBeKeptIsRefusedWithItsPlaceAndNothingIsKept) {
  auto b = book();
  Cdr bad = call("bad", "2026-03-01T00:00:00Z", ann, "\xff\xfe");
  bad.line = 17;
  const auto r = b->append(std::vector{call("good", "2026-03-01T00:00:00Z", ann, bob), bad}, "k");
  ASSERT_FALSE(r);
  EXPECT_THAT(to_text(r.error()), HasSubstr("record 2 of the batch (feed-1 line 17)"));
  bad.called = bob;
  bad.start += Nanos{1};
  EXPECT_FALSE(b->append(std::vector{bad}, "k"));
  EXPECT_FALSE(b->append(std::vector{call("good", "2026-03-01T00:00:00Z", ann, bob)}, ""));
  EXPECT_TRUE(b->heads()->empty());
}

TEST_P(CdrBookTest, PagesJoinToTheWholeAndACursorServesItsQueryOnly) {
  auto b = book();
  std::vector<Cdr> batch;
  for (int i = 0; i < 25; ++i)  // many within one millisecond, over two months
    batch.push_back(call(fmt::format("{:02}", i),
                         i < 10 ? "2026-03-31T23:59:59.999Z" : "2026-04-01T00:00:00Z", ann, bob));
  must_append(*b, batch, "k");
  CdrQuery q = number(ann);
  q.limit = 4;
  std::vector<std::string> all;
  std::set<std::string> cursors;
  do {
    const auto page = b->find(q);
    ASSERT_TRUE(page);
    for (const auto& r : page->rows) all.push_back(r.cdr.call_id);
    q.cursor = page->next;
    EXPECT_TRUE(cursors.insert(page->next).second);
  } while (!q.cursor.empty());
  ASSERT_EQ(all.size(), 25u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  q.limit = 4;
  q.cursor = b->find(q)->next;
  CdrQuery other = q;
  other.value = bob;
  const auto refused = b->find(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::usage);
  q.cursor.back() = q.cursor.back() == '0' ? '1' : '0';
  EXPECT_FALSE(b->find(q));
  q.cursor = "made up";
  EXPECT_FALSE(b->find(q));
}

TEST_P(CdrBookTest, QueriesThatNameNobodyAreRefused) {
  auto b = book();
  must_append(*b, {call("a", "2026-03-01T00:00:00Z", ann, bob)}, "k");
  CdrQuery q = number("");
  EXPECT_FALSE(b->find(q));
  q = number("101");
  EXPECT_FALSE(b->find(q)) << "an extension asked for as a number";
  q.by = By::extension;
  EXPECT_FALSE(b->find(q)) << "of which property?";
  q = number(ann, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z");
  EXPECT_FALSE(b->find(q));
}

TEST_P(CdrBookTest, EveryRowIsProvenAgainstTheHeadAlsoAfterLateRecords) {
  auto b = book();
  Random r{5};
  std::vector<Cdr> batch;
  for (int i = 0; i < 333; ++i)
    batch.push_back(some_cdr(r, at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")));
  must_append(*b, batch, "k");
  ASSERT_TRUE(b->seal("2026-03"));
  must_append(*b, {call("late", "2026-03-01T00:00:00Z", ann, bob)}, "k2");
  const auto heads = b->heads();
  ASSERT_EQ(heads->size(), 1u);
  EXPECT_TRUE(heads->front().sealed);
  EXPECT_GT(heads->front().bytes, 0u);
  EXPECT_EQ(heads->front().first, at("2026-03-01T00:00:00Z"));
  for (std::uint64_t seq = 0; seq < heads->front().size; ++seq) {
    auto p = b->prove("2026-03", seq);
    ASSERT_TRUE(p) << to_text(p.error());
    EXPECT_TRUE(verify(*p));
    EXPECT_EQ(p->root, heads->front().root);
    const auto parsed = parse_cdr_proof(to_json(*p));
    ASSERT_TRUE(parsed) << to_text(parsed.error());
    EXPECT_TRUE(verify(*parsed));
    p->row.cdr.duration_ms += 1;
    EXPECT_FALSE(verify(*p));
  }
  EXPECT_EQ(b->prove("2026-03", 334).error().exit, Exit::not_found);
  EXPECT_EQ(b->prove("2026-05", 0).error().exit, Exit::not_found);
  EXPECT_EQ(b->seal("2026-05").error().exit, Exit::not_found);
}

TEST_P(CdrBookTest, AnotherMasterKeyOpensNothing) {
  { must_append(*book(), {call("a", "2026-03-01T00:00:00Z", ann, bob)}, "k"); }
  auto b = GetParam() == store::Engine::sqlite
               ? open_embedded_cdrs(dir() / "cdrs", crypto::Secret32{Bytes(32, 8)})
               : open_postgres_cdrs(conninfo(), crypto::Secret32{Bytes(32, 8)});
  ASSERT_TRUE(b);
  EXPECT_EQ((*b)->find(number(ann)).error().exit, Exit::integrity);
}

// --- against a plain list ----------------------------------------------------------------------------------

bool plainly(const CdrQuery& q, const Cdr& c) {
  const auto is = [&](const std::string& s) { return s == q.value; };
  bool party = q.by == By::account;
  if (q.as_caller) party |= is(c.caller) || (q.by == By::extension && is(c.caller_extension));
  if (q.as_called) party |= is(c.called) || (q.by == By::extension && is(c.called_extension));
  if (q.as_redirecting) party |= is(c.redirecting);
  return party && (q.account.empty() || q.account == c.account) && c.start >= q.from && c.start < q.until;
}

CdrQuery some_query(Random& r, const std::vector<Cdr>& stored) {
  CdrQuery q;
  const Cdr& c = stored[pick(r, stored.size())];
  q.by = static_cast<By>(pick(r, 3));
  q.account = q.by == By::number && pick(r, 2) == 0 ? "" : c.account;
  const bool plain = !c.caller.empty() && c.caller.find_first_not_of("0123456789") != std::string::npos;
  if (q.by == By::number) q.value = plain ? c.caller : ann;
  if (q.by == By::extension) q.value = c.called_extension.empty() ? "101" : c.called_extension;
  q.from = at("2026-01-01T00:00:00Z") + std::chrono::hours{pick(r, 3000)};
  q.until = q.from + std::chrono::hours{1 + pick(r, 3000)};
  q.as_caller = pick(r, 4) != 0;
  q.as_called = pick(r, 4) != 0;
  q.as_redirecting = true;
  q.limit = 1 + pick(r, 40);
  return q;
}

void expect_same(CdrBook& b, CdrQuery q, const std::vector<Cdr>& stored) {
  std::vector<Cdr> want, got;
  std::copy_if(stored.begin(), stored.end(), std::back_inserter(want),
               [&](const Cdr& c) { return plainly(q, c); });
  std::stable_sort(want.begin(), want.end(), [](const Cdr& x, const Cdr& y) { return x.start < y.start; });
  do {
    auto page = b.find(q);
    ASSERT_TRUE(page) << to_text(page.error());
    ASSERT_LE(page->rows.size(), q.limit);
    for (auto& row : page->rows) got.push_back(std::move(row.cdr));
    q.cursor = page->next;
  } while (!q.cursor.empty());
  ASSERT_EQ(got, want);
}

TEST_P(CdrBookTest, AnswersAsAPlainListDoes) {
  const bool is_long = std::getenv("WRIT_LONG") != nullptr;
  Random r{20261126};
  auto b = book();
  std::vector<Cdr> stored;
  for (int round = 0; round < (is_long ? 100 : 12); ++round) {
    std::vector<Cdr> batch;
    for (std::uint64_t i = 0, n = pick(r, 400); i < n; ++i)
      batch.push_back(!stored.empty() && pick(r, 10) == 0
                          ? stored[pick(r, stored.size())]
                          : some_cdr(r, at("2026-01-15T00:00:00Z"), at("2026-05-01T00:00:00Z")));
    std::uint64_t added = 0;
    for (const Cdr& c : batch) {
      const bool there = std::any_of(stored.begin(), stored.end(), [&](const Cdr& s) {
        return s.account == c.account && s.call_id == c.call_id && s.leg == c.leg;
      });
      if (!there) stored.push_back(c), ++added;
    }
    const auto receipt = must_append(*b, batch, fmt::format("batch {}", round));
    ASSERT_EQ(receipt.added, added);
    ASSERT_EQ(receipt.duplicates, batch.size() - added);
    if (round == 5) {
      ASSERT_TRUE(b->seal("2026-02"));
    }
    if (round == 7) b = book();
    for (int i = 0; i < 8 && !stored.empty(); ++i) {
      expect_same(*b, some_query(r, stored), stored);
      if (HasFatalFailure()) return;
    }
  }
  const auto report = b->verify(*b->heads());
  ASSERT_TRUE(report);
  EXPECT_THAT(report->problems, ElementsAre());
  EXPECT_EQ(report->rows, stored.size());
}

// --- the end of a month ------------------------------------------------------------------------------------

TEST_P(CdrBookTest, PurgeKeepsHeldRowsWithTheirProofsAndNothingElse) {
  auto b = book();
  must_append(*b,
              {call("held", "2026-01-10T00:00:00Z", ann, bob), call("gone", "2026-01-11T00:00:00Z", bob, cid),
               call("kept", "2026-02-01T00:00:00Z", ann, bob)},
              "k");
  const auto known = *b->heads();
  CdrHold hold{"H-1", By::number, ann, "", at("2026-01-01T00:00:00Z"), at("2026-06-01T00:00:00Z")};
  const auto nothing = b->purge(at("2026-01-31T23:59:59Z"), {hold}, false);
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->months.empty()) << "the month had not ended";
  const auto dry = b->purge(at("2026-02-01T00:00:00Z"), {hold}, true);
  ASSERT_TRUE(dry);
  EXPECT_THAT(ids(b->find(number(bob))), ElementsAre("held", "gone", "kept")) << "a dry run changes nothing";
  const auto report = b->purge(at("2026-02-01T00:00:00Z"), {hold}, false);
  ASSERT_TRUE(report) << to_text(report.error());
  ASSERT_EQ(report->months.size(), 1u);
  const auto& m = report->months.front();
  EXPECT_EQ(m.month, "2026-01");
  EXPECT_EQ(m.rows, 1u);
  EXPECT_EQ(m.held, 1u);
  EXPECT_EQ(m.root, known[0].root);
  ASSERT_EQ(dry->months.size(), 1u);
  EXPECT_EQ(dry->months[0].rows, m.rows);
  EXPECT_EQ(dry->months[0].held, m.held);
  EXPECT_EQ(dry->months[0].bytes, m.bytes);

  b = book();
  EXPECT_THAT(ids(b->find(number(bob))), ElementsAre("held", "kept"));
  CdrQuery paged = number(bob);
  paged.limit = 1;
  const auto first = b->find(paged);
  ASSERT_TRUE(first);
  paged.cursor = first->next;
  EXPECT_THAT(ids(b->find(paged)), ElementsAre("kept"));
  const auto& row = first->rows.front();
  const auto proof = b->prove(row.month, row.seq);
  ASSERT_TRUE(proof) << to_text(proof.error());
  EXPECT_TRUE(verify(*proof));
  EXPECT_EQ(proof->root, known[0].root);
  EXPECT_FALSE(b->prove("2026-01", row.seq + 1));
  const auto verified = b->verify(known);
  ASSERT_TRUE(verified);
  EXPECT_THAT(verified->problems, ElementsAre());

  const auto released = b->purge(at("2026-02-01T00:00:00Z"), {}, false);
  ASSERT_TRUE(released);
  ASSERT_EQ(released->months.size(), 1u);
  EXPECT_EQ(released->months[0].rows, 1u) << "the hold ended";
  EXPECT_THAT(ids(b->find(number(bob))), ElementsAre("kept"));
}

TEST_P(CdrBookTest, LateRecordsOfADestroyedMonthBeginATreeOfTheirOwn) {
  auto b = book();
  must_append(*b, {call("old", "2026-01-10T00:00:00Z", ann, bob)}, "k");
  const CdrHold hold{"H-1", By::account, "", "A-1", at("2026-01-01T00:00:00Z"), at("2026-06-01T00:00:00Z")};
  ASSERT_TRUE(b->purge(at("2026-02-01T00:00:00Z"), {hold}, false));
  EXPECT_THAT(must_append(*b, {call("late", "2026-01-09T00:00:00Z", ann, bob)}, "k2").months,
              ElementsAre("2026-01.2"));
  EXPECT_THAT(ids(b->find(number(ann))), ElementsAre("late", "old"));
  EXPECT_TRUE(verify(*b->prove("2026-01", 0)));
  EXPECT_TRUE(verify(*b->prove("2026-01.2", 0)));
  EXPECT_THAT(b->verify({})->problems, ElementsAre());
  ASSERT_TRUE(b->purge(at("2026-02-01T00:00:00Z"), {}, false));
  EXPECT_THAT(ids(b->find(number(ann))), ElementsAre());
}

// --- verification ------------------------------------------------------------------------------------------

class CdrTamperTest : public CdrBookTest {
 protected:
  std::vector<MonthHead> fill() {
    auto b = book();
    Random r{9};
    std::vector<Cdr> batch;
    for (int i = 0; i < 40; ++i)
      batch.push_back(some_cdr(r, at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")));
    must_append(*b, batch, "k");
    EXPECT_THAT(b->verify(*b->heads())->problems, ElementsAre());
    return *b->heads();
  }
  std::string problem(const std::vector<MonthHead>& known = {}) {
    auto b = book();
    const auto v = b->verify(known);
    EXPECT_TRUE(v) << to_text(v.error());
    return v && !v->problems.empty() ? v->problems.front() : "";
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CdrTamperTest, store::both_engines, store::engine_name);

TEST_P(CdrTamperTest, AChangedRowIsNamed) {
  fill();
  tamper(Tamper::body, "2026-03", 17);
  EXPECT_THAT(problem(), HasSubstr("2026-03: record 17"));
}
TEST_P(CdrTamperTest, AChangedPartyIsNamed) {
  fill();
  tamper(Tamper::caller, "2026-03", 39);
  EXPECT_THAT(problem(), HasSubstr("2026-03: record 39 is not what its leaf says"));
}
TEST_P(CdrTamperTest, ADeletedRowIsNamed) {
  fill();
  tamper(Tamper::remove, "2026-03", 5);
  EXPECT_EQ(problem(), "2026-03: record 5 is missing");
}
TEST_P(CdrTamperTest, ATruncatedMonthIsNamed) {
  fill();
  tamper(Tamper::remove, "2026-03", 39);
  EXPECT_EQ(problem(), "2026-03: record 39 is missing");
}
TEST_P(CdrTamperTest, ReorderedRowsAreNamed) {
  fill();
  tamper(Tamper::swap, "2026-03", 7);
  EXPECT_THAT(problem(), HasSubstr("2026-03: record 7"));
}
TEST_P(CdrTamperTest, AChangedTreeIsNamedAndProvesNothing) {
  fill();
  tamper(Tamper::node, "2026-03", 0);
  EXPECT_EQ(problem(), "2026-03: the stored tree is wrong above records 0 to 15");
  const auto proof = book()->prove("2026-03", 20);  // its path leads over that node
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().exit, Exit::integrity);
}
TEST_P(CdrTamperTest, ABookThatWasSetBackIsFoundByTheAuditLogsHeads) {
  auto heads = fill();
  heads[0].size += 1;
  EXPECT_THAT(problem(heads), HasSubstr("the book has 40 records, the audit log knows 41"));
  heads[0].size = 40;
  heads[0].root[3] ^= 1;
  EXPECT_EQ(problem(heads), "2026-03: its first 40 records are not those that the audit log knows");
  heads[0].month = "2026-04";
  EXPECT_EQ(problem(heads), "2026-04: the audit log knows 40 records, the book none");
}
TEST_P(CdrTamperTest, HeadsOfEarlierDaysMustBePrefixes) {
  const auto early = fill();
  auto b = book();
  must_append(*b, {call("x", "2026-03-05T00:00:00Z", ann, bob)}, "k2");
  EXPECT_EQ(problem(early), "");
}
TEST_P(CdrTamperTest, AChangedHeldRowIsNamed) {
  fill();
  const CdrHold hold{"H", By::account, "", "A-001", at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
  ASSERT_TRUE(book()->purge(at("2026-04-01T00:00:00Z"), {hold}, false));
  EXPECT_EQ(problem(), "");
  tamper(Tamper::held, "2026-03", 0);
  EXPECT_THAT(problem(), HasSubstr("2026-03: held record"));
}

}  // namespace
}  // namespace writ::records
