// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of records: a small hotel, Pier Lodge, with one room, two guests one after the other, and its
// calls. Times count back from the desk's clock.
#pragma once
#include "desk/record_service.hh"
#include "desk/record_store.hh"
#include "desk/test_desk.hh"

namespace writ::desk::testing {

using authority::RecordItem;
using authority::ScopeSubject;

inline const std::string lodge = "PL-2001";
inline const ScopeSubject lodge_number{"number", "+14045550160", ""};
inline const ScopeSubject lodge_room{"extension", "7", lodge};

struct Hotel {
  explicit Hotel(Stage stage = Stage::filed) : Hotel(at(stage)) {}
  explicit Hotel(std::unique_ptr<Desk> desk) : d(std::move(desk)), now(d->clock.now()) {
    auto opened = RecordStore::open(d->carrier());
    if (!opened) throw std::runtime_error(to_text(opened.error()));
    store = std::move(*opened);
    const Instant long_ago = now - days(400);
    put(records::FactKind::account, lodge,
        {{"name", "Pier Lodge"}, {"class", "hospitality"}, {"zone", "America/New_York"}}, long_ago);
    put(records::FactKind::address, "",
        {{"building", "5"},
         {"street", "Pier Road"},
         {"city", "Harborview"},
         {"state", "GA"},
         {"zip", "30001"}},
        long_ago);
    put(records::FactKind::number, "+14045550160", {{"extension", "7"}}, long_ago);
    put(records::FactKind::extension, "7", {{"room", "7"}}, long_ago);
    put(records::FactKind::stay, "R-1",
        {{"room", "7"}, {"name", "Doe, James"}, {"kind", "guest"}, {"sharer", false}}, now - days(10),
        now - days(5));
    put(records::FactKind::stay, "R-2",
        {{"room", "7"}, {"name", "Roe, Ann"}, {"kind", "guest"}, {"sharer", false}}, now - days(5),
        now - days(1));
  }
  static Nanos days(int n) { return std::chrono::hours{24 * n}; }
  void put(records::FactKind kind, const std::string& key, Json body, Instant from,
           std::optional<Instant> until = {}) {
    records::Fact f;
    f.kind = kind;
    f.account = lodge;
    f.key = key;
    f.body = std::move(body);
    f.valid = {from, until};
    const auto done = store->catalogue().put(f, "test", now - days(1));
    ASSERT_TRUE(done) << to_text(done.error());
  }
  // A call from the room to the town.
  records::Cdr call(int id, Instant start) const {
    records::Cdr c;
    c.account = lodge;
    c.call_id = "c" + std::to_string(id);
    c.start = std::chrono::floor<std::chrono::milliseconds>(start);
    c.answer_ms = 2000;
    c.duration_ms = 60'000;
    c.caller = "7";
    c.caller_extension = "7";
    c.called = "+14045550199";
    c.call_class = records::CallClass::local;
    c.disposition = records::Disposition::answered;
    c.extra = R"({"clid":"Doe, James"})";
    c.source = "test";
    c.line = static_cast<std::uint64_t>(id);
    return c;
  }
  void append(const std::vector<records::Cdr>& calls, const std::string& key) {
    const auto r = store->cdrs().append(calls, key);
    ASSERT_TRUE(r) << to_text(r.error());
    const auto noted = note_heads(d->carrier(), store->cdrs(), r->months);
    ASSERT_TRUE(noted) << to_text(noted.error());
  }
  ScopeRequest request(std::vector<ScopeSubject> subjects, std::vector<RecordItem> items) const {
    return {matter, "subpoena EX-SP-0042", std::move(subjects), std::move(items), now - days(30), now, {}};
  }
  void scope(std::vector<ScopeSubject> subjects, std::vector<RecordItem> items) {
    const auto t = service().grant_scope(request(std::move(subjects), std::move(items)), who("counsel-1"));
    ASSERT_TRUE(t) << to_text(t.error());
  }
  RecordService service() { return RecordService{d->carrier()}; }
  struct Rows {
    std::vector<records::StoredCdr> rows;
    std::string next;
    std::vector<std::string> ids() const {
      std::vector<std::string> out;
      for (const auto& r : rows) out.push_back(r.cdr.call_id);
      return out;
    }
  };
  Result<Rows> calls(const ScopeSubject& s, std::size_t page = 0, const std::string& cursor = "",
                     const std::string& user = "intake-1") {
    Rows out;
    WRIT_TRY(next, service().calls({matter, s, now - days(30), now, page, cursor}, who(user),
                                   [&](const CallRow& r) {
                                     out.rows.push_back(r.row);
                                     return Status{};
                                   }));
    out.next = std::move(next);
    return out;
  }
  records::Ask by_number() const {
    records::Ask a;
    a.by = records::Ask::By::number;
    a.number = "(404) 555-0160";
    return a;
  }

  std::unique_ptr<Desk> d;
  Instant now;
  std::unique_ptr<RecordStore> store;
};

inline void expect_refused(const Error& e, const std::string& about) {
  EXPECT_EQ(e.exit, Exit::refused) << about << "\n" << to_text(e);
  EXPECT_FALSE(e.what.empty() || e.rule.empty() || e.missing.empty() || e.next.empty()) << about << "\n"
                                                                                        << to_text(e);
}

}  // namespace writ::desk::testing
