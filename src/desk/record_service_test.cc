// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/test_records.hh"

namespace writ::desk::testing {
namespace {

// What the log says of records, from the first scope on.
std::vector<std::string> actions(Desk& d) {
  std::vector<std::string> out;
  for (const Json& e : d.log()) {
    const std::string a = e.value("action", "");
    if (a == "records.scope" || (!out.empty() && a.starts_with("records."))) out.push_back(a);
  }
  return out;
}

TEST(RecordService, nothing_is_read_without_a_scope_and_the_refusal_is_noted) {
  Hotel h;
  const auto answer = h.service().whois(matter, h.by_number(), who("intake-1"));
  ASSERT_FALSE(answer);
  expect_refused(answer.error(), "no scope");
  const auto none = h.service().whois("M-2026-0099", h.by_number(), who("intake-1"));
  ASSERT_FALSE(none);
  expect_refused(none.error(), "no matter");
  EXPECT_EQ(h.d->count("refused"), 2u);
  EXPECT_EQ(h.d->count("records.read"), 0u);
}

TEST(RecordService, whoever_does_not_work_on_cases_is_refused_and_noted) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  for (const char* user : {"admin-1", "finance-1", "technician-1", "auditor-1"}) {
    const auto before = h.d->count("refused");
    EXPECT_FALSE(h.service().whois(matter, h.by_number(), who(user))) << user;
    EXPECT_FALSE(h.calls(lodge_number, 0, "", user)) << user;
    EXPECT_EQ(h.d->count("refused"), before + 2) << user;
  }
  EXPECT_EQ(h.d->count("records.read"), 0u);
  for (const char* user : {"intake-1", "officer-1", "technician-1"})
    EXPECT_FALSE(h.service().grant_scope(h.request({lodge_number}, {RecordItem::tenant_name}), who(user)))
        << user << " signed a scope";
}

TEST(RecordService, an_answer_holds_the_items_of_the_scope_and_no_other) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  const auto name = h.service().whois(matter, h.by_number(), who("intake-1"));
  ASSERT_TRUE(name) << to_text(name.error());
  const std::string text = canonical(*name);
  EXPECT_EQ((*name)["answer"]["outcome"], "match") << text;
  EXPECT_NE(text.find("Pier Lodge"), std::string::npos) << text;
  for (const char* hidden : {"Pier Road", "Doe", "Roe", "+14045550160", "PL-2001", "R-1"})
    EXPECT_EQ(text.find(hidden), std::string::npos) << hidden << "\n" << text;

  h.scope({lodge_number}, {RecordItem::subscriber_address, RecordItem::subscriber_number});
  const auto address = h.service().whois(matter, h.by_number(), who("intake-1"));
  ASSERT_TRUE(address) << to_text(address.error());
  EXPECT_NE(canonical(*address).find("Pier Road"), std::string::npos);
  EXPECT_NE(canonical(*address).find("PL-2001"), std::string::npos);
  EXPECT_EQ(canonical(*address).find("Pier Lodge"), std::string::npos) << "the newest scope counts";
}

TEST(RecordService, a_tenant_is_named_when_the_scope_says_so) {
  Hotel h;
  h.scope({lodge_room}, {RecordItem::tenant_name, RecordItem::tenant_service});
  records::Ask a;
  a.by = records::Ask::By::tenant_extension;
  a.extension = "7";
  a.property = lodge;
  a.from = h.now - Hotel::days(9);
  a.until = h.now - Hotel::days(8);
  const auto answer = h.service().whois(matter, a, who("officer-1"));
  ASSERT_TRUE(answer) << to_text(answer.error());
  const std::string text = canonical(*answer);
  EXPECT_NE(text.find("Doe, James"), std::string::npos) << text;
  EXPECT_EQ(text.find("Roe"), std::string::npos) << text;
  EXPECT_EQ(text.find("Pier Lodge"), std::string::npos) << text;
}

TEST(RecordService, a_near_match_and_no_match_are_the_same_bytes) {
  Hotel h;
  const std::vector<std::string> names{"Doe, Jim", "Doe, James", "Doe, J.", "Nobody, Nowhere"};
  std::vector<ScopeSubject> subjects;
  for (const auto& n : names) subjects.push_back({"tenant-name", n, ""});
  h.scope(subjects, {RecordItem::tenant_name});
  std::map<std::string, std::string> said;
  for (const auto& n : names) {
    records::Ask a;
    a.by = records::Ask::By::tenant_name;
    a.tenant_name = n;
    a.account_name = "Pier Lodge";
    a.address = {"5", "Pier Road", "Harborview", "GA", "30001"};
    a.from = h.now - Hotel::days(20);
    a.until = h.now;
    const auto answer = h.service().whois(matter, a, who("intake-1"));
    ASSERT_TRUE(answer) << to_text(answer.error());
    said[n] = canonical(*answer);
  }
  EXPECT_EQ(said["Doe, Jim"], said["Nobody, Nowhere"]);
  EXPECT_EQ(said["Doe, J."], said["Nobody, Nowhere"]);
  EXPECT_NE(said["Doe, James"], said["Nobody, Nowhere"]) << "the exact name must be found";
  EXPECT_EQ(h.d->count("records.answer"), names.size()) << "empty answers are noted as well";
}

TEST(RecordService, what_the_scope_does_not_name_is_refused_before_it_is_read) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  records::Ask other = h.by_number();
  other.number = "+14045550102";  // of another subscriber
  records::Ask early = h.by_number();
  early.from = h.now - Hotel::days(31);
  early.until = h.now;
  for (const auto& ask : {other, early}) {
    const auto answer = h.service().whois(matter, ask, who("intake-1"));
    ASSERT_FALSE(answer);
    expect_refused(answer.error(), canonical(records::to_json(ask)));
  }
  const auto calls = h.calls(lodge_number);
  ASSERT_FALSE(calls) << "calls are not among the items";
  expect_refused(calls.error(), "calls");
  EXPECT_EQ(h.d->count("records.read"), 0u);
  EXPECT_EQ(h.d->count("refused"), 3u);
}

TEST(RecordService, a_scope_that_was_edited_in_the_database_is_refused) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  ASSERT_TRUE(h.service().whois(matter, h.by_number(), who("intake-1")));
  h.d->sql("UPDATE record_scopes SET ticket=replace(ticket, 'subscriber-name', 'tenant-name')");
  const auto answer = h.service().whois(matter, h.by_number(), who("intake-1"));
  ASSERT_FALSE(answer);
  expect_refused(answer.error(), "edited");
}

TEST(RecordService, a_scope_moved_to_another_matter_or_number_is_refused) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  h.d->sql("UPDATE record_scopes SET sequence=2");
  EXPECT_FALSE(h.service().whois(matter, h.by_number(), who("intake-1")));
}

TEST(RecordService, a_scope_ends) {
  Hotel h;
  h.scope({lodge_number}, {RecordItem::subscriber_name});
  h.d->clock.advance(Hotel::days(31));
  const auto answer = h.service().whois(matter, h.by_number(), who("intake-1"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().exit, Exit::expired);
}

TEST(RecordService, every_read_is_noted_before_and_its_answer_after) {
  Hotel h;
  h.scope({lodge_room}, {RecordItem::tenant_name, RecordItem::tenant_calls});
  ASSERT_TRUE(h.calls(lodge_room));
  ASSERT_TRUE(h.service().stays(matter, lodge, "7", h.now - Hotel::days(30), h.now, {}, who("intake-1")));
  EXPECT_EQ(actions(*h.d), (std::vector<std::string>{"records.scope", "records.read", "records.answer",
                                                     "records.read", "records.answer"}));
  for (const Json& e : h.d->log())
    if (e["action"] == "records.read") {
      EXPECT_EQ(e["matter"], matter);
      EXPECT_EQ(e["detail"]["purpose"], "subpoena EX-SP-0042");
    }
}

TEST(RecordService, when_the_log_takes_nothing_nothing_is_read) {
  Hotel h;
  h.append({h.call(1, h.now - Hotel::days(3))}, "a");
  h.scope({lodge_room}, {RecordItem::tenant_calls});
  const fs::path log = h.d->data() / "audit" / "log";
  fs::rename(log, log.string() + ".away");
  fs::create_directory(log);
  const auto rows = h.calls(lodge_room);
  ASSERT_FALSE(rows);
}

TEST(RecordService, stays_are_told_with_the_items_of_the_scope) {
  Hotel h;
  h.scope({lodge_room}, {RecordItem::tenant_name, RecordItem::tenant_service});
  const auto both =
      h.service().stays(matter, lodge, "7", h.now - Hotel::days(30), h.now, {}, who("intake-1"));
  ASSERT_TRUE(both) << to_text(both.error());
  ASSERT_EQ((*both)["stays"].size(), 2u) << canonical(*both);
  EXPECT_EQ((*both)["stays"][0]["name"], "Doe, James");
  EXPECT_FALSE((*both)["stays"][0].contains("reservation"));
  const auto later =
      h.service().stays(matter, lodge, "7", h.now - Hotel::days(4), h.now, {}, who("intake-1"));
  ASSERT_TRUE(later);
  ASSERT_EQ((*later)["stays"].size(), 1u);
  EXPECT_EQ((*later)["stays"][0]["name"], "Roe, Ann");
  EXPECT_FALSE(h.service().stays(matter, lodge, "8", h.now - Hotel::days(4), h.now, {}, who("intake-1")));
}

TEST(RecordService, a_scope_for_tenants_reaches_the_calls_of_their_time_only) {
  Hotel h;
  // Before the first guest, of the first, of the second, after the last.
  h.append({h.call(1, h.now - Hotel::days(12)), h.call(2, h.now - Hotel::days(9)),
            h.call(3, h.now - Hotel::days(3)), h.call(4, h.now - 12h)},
           "a");
  h.scope({lodge_room}, {RecordItem::tenant_calls});
  auto rows = h.calls(lodge_room);
  ASSERT_TRUE(rows) << to_text(rows.error());
  EXPECT_EQ(rows->ids(), (std::vector<std::string>{"c2", "c3"}));
  h.scope({lodge_room}, {RecordItem::subscriber_calls});
  rows = h.calls(lodge_room);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->ids(), (std::vector<std::string>{"c1", "c4"}));
  h.scope({lodge_room}, {RecordItem::subscriber_calls, RecordItem::tenant_calls});
  rows = h.calls(lodge_room);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->ids(), (std::vector<std::string>{"c1", "c2", "c3", "c4"}));
  for (const auto& r : rows->rows) EXPECT_EQ(r.cdr.extra, "") << "what the switch adds names people";
}

TEST(RecordService, the_calls_of_a_stay_are_those_of_its_room_in_its_time_each_once) {
  Hotel h;
  records::Cdr in = h.call(5, h.now - Hotel::days(8));  // to the room's number: found by number and extension
  in.caller = "+14045550199";
  in.caller_extension = "";
  in.called = "+14045550160";
  in.called_extension = "7";
  h.append({h.call(1, h.now - Hotel::days(12)), h.call(2, h.now - Hotel::days(9)), in,
            h.call(3, h.now - Hotel::days(3))},
           "a");
  h.scope({{"tenant-name", "Doe, James", ""}}, {RecordItem::tenant_calls});
  const auto rows = h.calls({"stay", "R-1", lodge});
  ASSERT_TRUE(rows) << to_text(rows.error());
  EXPECT_EQ(rows->ids(), (std::vector<std::string>{"c2", "c5"}));
  const auto other = h.calls({"stay", "R-2", lodge}), none = h.calls({"stay", "R-9", lodge});
  ASSERT_FALSE(other);
  ASSERT_FALSE(none);
  EXPECT_EQ(to_text(other.error()).replace(to_text(other.error()).find("R-2"), 3, "R-9"),
            to_text(none.error()))
      << "a stay of somebody else is as one that is not there";
}

TEST(RecordService, pages_give_the_same_rows_as_one_stream) {
  Hotel h;
  std::vector<records::Cdr> calls;
  for (int i = 0; i < 57; ++i)  // many at one instant: the cursor must not lose or double them
    calls.push_back(h.call(i, h.now - Hotel::days(20) + std::chrono::minutes{i / 10}));
  h.append(calls, "a");
  h.scope({lodge_room}, {RecordItem::subscriber_calls, RecordItem::tenant_calls});
  const auto all = h.calls(lodge_room);
  ASSERT_TRUE(all) << to_text(all.error());
  ASSERT_EQ(all->rows.size(), 57u);
  EXPECT_EQ(all->next, "");
  std::vector<std::string> paged;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = h.calls(lodge_room, 19, cursor);
    ASSERT_TRUE(page) << to_text(page.error());
    for (const auto& id : page->ids()) paged.push_back(id);
    cursor = page->next;
    ++pages;
  } while (!cursor.empty() && pages < 10);
  EXPECT_EQ(paged, all->ids());
  EXPECT_EQ(pages, 3);
  const auto first = h.calls(lodge_room, 19);
  const auto bad = h.service().calls({matter, lodge_room, h.now - Hotel::days(29), h.now, 19, first->next},
                                     who("intake-1"), [](const CallRow&) { return Status{}; });
  ASSERT_FALSE(bad) << "a cursor belongs to its question";
  EXPECT_EQ(bad.error().exit, Exit::usage);
}

TEST(RecordService, an_answer_that_was_broken_off_is_noted_as_such) {
  Hotel h;
  h.append({h.call(1, h.now - Hotel::days(3)), h.call(2, h.now - Hotel::days(2))}, "a");
  h.scope({lodge_room}, {RecordItem::tenant_calls});
  int rows = 0;
  const auto broken = h.service().calls(
      {matter, lodge_room, h.now - Hotel::days(30), h.now, 0, ""}, who("intake-1"),
      [&](const CallRow&) { return ++rows == 2 ? Status{fail(Exit::failure, "pipe")} : Status{}; });
  ASSERT_FALSE(broken);
  const Json last = h.d->log().back();
  EXPECT_EQ(last["action"], "records.answer");
  EXPECT_EQ(last["detail"]["rows"], 1);
  EXPECT_EQ(last["detail"]["whole"], false);
}

}  // namespace
}  // namespace writ::desk::testing
