// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/test_records.hh"

namespace writ::desk::testing {
namespace {

struct Proven : Hotel {
  Proven() {
    append({call(1, now - days(9)), call(2, now - days(3)), call(3, now - days(2)), call(4, now - 12h)}, "a");
    scope({lodge_room}, {RecordItem::tenant_calls});
  }
  records::StoredCdr row(const std::string& id) {
    const auto all = calls(lodge_room);
    for (const auto& r : all->rows)
      if (r.cdr.call_id == id) return r;
    throw std::runtime_error("no " + id);
  }
  Status check(const Json& proof) {
    return check_record_proof(proof, d->carrier().roots(), d->carrier().desk_cert());
  }
  std::vector<std::string> problems(const std::string& user) {
    const auto report = service().verify(who(user));
    EXPECT_TRUE(report) << to_text(report.error());
    return report ? (*report)["problems"].get<std::vector<std::string>>() : std::vector<std::string>{};
  }
};

TEST(RecordProof, a_row_is_proved_to_the_log) {
  Proven h;
  const auto r = h.row("c2");
  const auto proof = h.service().prove(matter, r.month, r.seq, who("officer-1"));
  ASSERT_TRUE(proof) << to_text(proof.error());
  const Status ok = h.check(*proof);
  EXPECT_TRUE(ok) << to_text(ok.error());
}

TEST(RecordProof, an_altered_proof_is_refused) {
  Proven h;
  const auto r = h.row("c2");
  const auto proof = h.service().prove(matter, r.month, r.seq, who("officer-1"));
  ASSERT_TRUE(proof) << to_text(proof.error());
  const std::string text = canonical(*proof);
  std::size_t tried = 0;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::string t = text;
    t[i] = static_cast<char>(t[i] ^ 1);
    const auto j = parse_canonical(view_of(t), "proof");
    if (!j || j->value("matter", "") != matter) continue;  // the matter is the desk's remark, not proved
    ++tried;
    EXPECT_FALSE(h.check(*j)) << "byte " << i << " of " << t;
  }
  EXPECT_GT(tried, 100u);
}

TEST(RecordProof, rows_outside_the_scope_and_rows_that_are_not_there_are_refused_alike) {
  Proven h;
  const std::string month = rfc3339(h.now - 12h).substr(0, 7);
  // c4 is of no tenant's time.
  const auto outside = h.service().prove(matter, month, 3, who("officer-1"));
  const auto absent = h.service().prove(matter, month, 9, who("officer-1"));
  ASSERT_FALSE(outside);
  ASSERT_FALSE(absent);
  expect_refused(outside.error(), "outside");
  std::string text = to_text(outside.error());
  text.replace(text.find("record 3"), 8, "record 9");
  EXPECT_EQ(text, to_text(absent.error()));
}

TEST(RecordVerify, an_untouched_book_has_no_problem) {
  Proven h;
  EXPECT_TRUE(h.problems("officer-1").empty());
  EXPECT_TRUE(h.problems("auditor-1").empty());
  EXPECT_FALSE(h.service().verify(who("admin-1")));
}

TEST(RecordVerify, a_month_taken_away_is_missed) {
  Proven h;
  h.store.reset();
  h.d->close();
  fs::remove_all(h.d->data() / "cdrs");
  const auto problems = h.problems("officer-1");
  ASSERT_FALSE(problems.empty());
  EXPECT_NE(problems.front().find("2026-11"), std::string::npos) << problems.front();
}

TEST(RecordVerify, a_book_set_back_with_the_desks_own_notes_is_missed_by_the_auditor) {
  Proven h;
  h.store.reset();
  h.d->close();
  const fs::path before = h.d->dir.path() / "cdrs-before";
  fs::copy(h.d->data() / "cdrs", before, fs::copy_options::recursive);
  const std::string notes_before = h.d->value("SELECT count(*) FROM record_heads");
  h.store = std::move(*RecordStore::open(h.d->carrier()));
  h.append({h.call(7, h.now - Hotel::days(2))}, "b");
  ASSERT_NE(h.d->value("SELECT count(*) FROM record_heads"), notes_before);
  h.store.reset();
  h.d->close();
  fs::remove_all(h.d->data() / "cdrs");
  fs::copy(before, h.d->data() / "cdrs", fs::copy_options::recursive);
  EXPECT_FALSE(h.problems("officer-1").empty()) << "the desk still knows the newer head";
  h.d->sql("DELETE FROM record_heads WHERE audit_index=(SELECT max(audit_index) FROM record_heads)");
  EXPECT_TRUE(h.problems("officer-1").empty()) << "book and notes were set back together";
  const auto problems = h.problems("auditor-1");
  ASSERT_FALSE(problems.empty()) << "the log itself knows";
}

TEST(RecordVerify, an_edited_note_of_a_head_is_found) {
  Proven h;
  h.d->sql("UPDATE record_heads SET size=1");
  EXPECT_FALSE(h.problems("officer-1").empty());
}

}  // namespace
}  // namespace writ::desk::testing
