// SPDX-License-Identifier: GPL-3.0-or-later
// A compartment works as a desk for the named, and does not exist for the others: not in the store, not in
// the log, not on the disk in any readable form. Two desks side by side: src/cases/compartments_test.cc.
#include "desk/compartment.hh"

#include "desk/audit_service.hh"
#include "desk/retention_service.hh"
#include "desk/test_records.hh"
#include "desk/test_staff.hh"

namespace writ::desk {
namespace {

using namespace testing;
using process::Cycle;

const std::vector<std::string> named{"intake-1", "counsel-1", "auditor-1"};
const std::string canary = "CANARY-EX-7719";

CaseStep canary_filing() {
  return {"file", Json{{"demand", Json{{"instrument", canary}}}, {"named", named}}};
}

struct Compartment : ::testing::Test {
  std::unique_ptr<Desk> d = staffed();
  Compartments all() { return Compartments{d->carrier()}; }
  Carrier made(const std::string& name = "harbor-lantern") {
    auto c = all().create(name, named, acting(*d, "intake-1"));
    EXPECT_TRUE(c) << to_text(c.error());
    return std::move(*c);
  }
  Error refused(const std::string& name, const std::string& user) {
    const auto c = all().open(name, acting(*d, user));
    EXPECT_FALSE(c) << user << " opens " << name;
    return c ? Error{} : c.error();
  }
  std::string opened_case() {
    Carrier c = made();
    const auto filed = CaseBook{c}.open(Cycle::national_security, crypto::sha256(view_of("x")),
                                        canary_filing(), acting(*d, "intake-1"));
    EXPECT_TRUE(filed) << to_text(filed.error());
    return filed->matter;
  }
  bool on_disk(std::string_view what) {
    for (const auto& e : fs::recursive_directory_iterator(d->data() / "compartments")) {
      if (e.path().string().find(what) != std::string::npos) return true;
      if (!e.is_regular_file()) continue;
      const Bytes b = read_file(e.path()).value();
      if (std::search(b.begin(), b.end(), what.begin(), what.end()) != b.end()) return true;
    }
    return false;
  }
};

TEST_F(Compartment, IsADeskForTheNamed) {
  const std::string matter = opened_case();
  EXPECT_EQ(matter, "M-2026-0001");
  auto again = all().open("harbor-lantern", acting(*d, "counsel-1"));
  ASSERT_TRUE(again) << to_text(again.error());
  const auto read = CaseBook{*again}.read(matter);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->acts[0].body["demand"]["instrument"], canary);
  EXPECT_EQ(all().of(acting(*d, "auditor-1").person)->front().name, "harbor-lantern");
}

TEST_F(Compartment, DoesNotExistForTheOthers) {
  const std::uint64_t before = d->carrier().log().size();
  opened_case();
  EXPECT_EQ(d->carrier().log().size(), before);
  EXPECT_EQ(next_number(d->carrier(), "M").value(), "M-2026-0001");
  EXPECT_EQ(cases_filed(d->carrier()), 0u);
  for (const char* user : {"counsel-2", "officer-1", "admin-1", "finance-1"}) {
    Error there = refused("harbor-lantern", user), nowhere = refused("harbor-lanterm", user);
    there.what.back() = nowhere.what.back() = '.';
    std::replace(there.what.begin(), there.what.end(), 'n', 'm');
    std::replace(nowhere.what.begin(), nowhere.what.end(), 'n', 'm');
    EXPECT_EQ(to_text(there), to_text(nowhere));
    EXPECT_EQ(there.exit, Exit::not_found);
    EXPECT_TRUE(all().of(acting(*d, user).person)->empty());
  }
  const fs::path dir = fs::directory_iterator(d->data() / "compartments")->path();
  EXPECT_EQ(refused(dir.filename(), "counsel-2").exit, Exit::not_found);
  EXPECT_EQ(d->carrier().log().size(), before) << "a guess leaves no trace that tells one from the other";
}

TEST_F(Compartment, NothingOfItIsReadableOnTheDisk) {
  {
    Carrier c = made();
    ASSERT_TRUE(CaseBook{c}.open(Cycle::national_security, crypto::sha256(view_of("x")), canary_filing(),
                                 acting(*d, "intake-1")));
    ASSERT_TRUE(c.keep_file("documents/" + canary, view_of("text of " + canary)));
    EXPECT_EQ(text_of(c.kept_file("documents/" + canary).value()), "text of " + canary);
    EXPECT_FALSE(c.kept_file("documents/other"));
  }
  for (const std::string& word : {canary, std::string("harbor-lantern"), std::string("intake-1"),
                                  std::string("national"), std::string("M-2026"), std::string("documents")})
    EXPECT_FALSE(on_disk(word)) << word;
}

TEST_F(Compartment, TheDoorTellsNeitherWhoNorHowMany) {
  { const Carrier few = made("few"); }
  {
    auto more =
        all().create("more", {"intake-1", "intake-2", "counsel-1", "counsel-2", "officer-1", "auditor-1"},
                     acting(*d, "intake-1"));
    ASSERT_TRUE(more);
  }
  std::set<std::uintmax_t> sizes;
  for (const auto& e : fs::recursive_directory_iterator(d->data() / "compartments"))
    if (e.path().filename() == "door") sizes.insert(fs::file_size(e.path()));
  EXPECT_EQ(sizes.size(), 1u);
}

TEST_F(Compartment, WhoIsNotNamedDoesNothingInAnOpenOne) {
  Carrier c = made();
  CaseBook book{c};
  ASSERT_TRUE(book.open(Cycle::national_security, crypto::sha256(view_of("x")), canary_filing(),
                        acting(*d, "intake-1")));
  const CaseStep step{"compartment", Json{{"named", named}}};
  const auto stranger = book.act("M-2026-0001", step, acting(*d, "officer-1"));
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().exit, Exit::not_found);
  EXPECT_FALSE(c.act_as(who("officer-1"), Role::officer));
  EXPECT_TRUE(book.act("M-2026-0001", step, acting(*d, "counsel-1")));
  // Named later: opens it, and the earlier ones still do.
  ASSERT_TRUE(Compartments::name_people(c, named, {"officer-1"}));
  EXPECT_TRUE(c.act_as(who("officer-1"), Role::officer));
  EXPECT_TRUE(c.act_as(who("counsel-1"), Role::counsel));
}

TEST_F(Compartment, NamesAreChecked) {
  const auto by = acting(*d, "intake-1");
  EXPECT_EQ(all().create("x", {"intake-1", "counsel-1"}, by).error().what,
            "an auditor is not among the named persons");
  EXPECT_EQ(all().create("x", {"counsel-1", "auditor-1"}, by).error().exit, Exit::usage);
  EXPECT_EQ(all().create("x", {"intake-1", "nobody", "auditor-1"}, by).error().exit, Exit::usage);
  EXPECT_EQ(all().create("../x", named, by).error().exit, Exit::usage);
  std::error_code ec;
  EXPECT_FALSE(fs::exists(d->data() / "compartments", ec));
}

TEST_F(Compartment, ItsLogIsReadByTheNamedAuditorsOnly) {
  const std::string matter = opened_case();
  add_person(*d, "auditor-2", {Role::auditor});
  auto c = all().open("harbor-lantern", acting(*d, "auditor-1"));
  ASSERT_TRUE(c);
  const auto entries = AuditService{*c}.show("", who("auditor-1"));
  ASSERT_TRUE(entries) << to_text(entries.error());
  EXPECT_EQ(entries->at(0).entry["action"], "compartment.create");
  EXPECT_FALSE(AuditService{*c}.show("", who("auditor-2")));
  EXPECT_FALSE(c->audit_reader(acting(*d, "auditor-2")));
  EXPECT_FALSE(c->audit_reader(acting(*d, "counsel-1")));
  // The reading key of the desk outside opens none of it.
  std::size_t opened = 0;
  ASSERT_TRUE(audit::visit(c->data() / "audit", [&](std::uint64_t, View leaf) {
    opened += audit::open_leaf(leaf, *d->reader) ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(opened, 0u);
  const auto whole = verify_log(*c);
  ASSERT_TRUE(whole) << to_text(whole.error());
  EXPECT_EQ(whole->entries, c->log().size());
}

TEST_F(Compartment, AnAlteredStoreIsFound) {
  opened_case();
  const fs::path store = fs::directory_iterator(d->data() / "compartments")->path() / "store";
  Bytes b = read_file(store).value();
  b[b.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(store, b));
  const auto c = all().open("harbor-lantern", acting(*d, "counsel-1"));
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().exit, Exit::integrity);
}

TEST_F(Compartment, WhatOthersWouldSeeIsRefused) {
  Carrier c = made();
  EXPECT_EQ(RetentionService{c}.place_hold({}, who("counsel-1")).error().exit, Exit::refused);
  EXPECT_EQ(RetentionService{c}.purge(who("officer-1"), who("counsel-1")).error().exit, Exit::refused);
  EXPECT_EQ(RequestService{c}.file({}, "order.toml", "order.pdf", who("intake-1")).error().exit,
            Exit::refused);
  EXPECT_EQ(c.add_user("x", "passphrase of x", {Role::intake}, both_roots()).error().exit, Exit::refused);
}

TEST(CompartmentRecords, AreReadUnderItsScopeAndNotedInItAlone) {
  Hotel h;
  h.append({h.call(1, h.now - h.days(6))}, "k1");
  const std::uint64_t before = h.d->carrier().log().size();
  Compartments all{h.d->carrier()};
  auto c = all.create("harbor-lantern", named, acting(*h.d, "intake-1"));
  ASSERT_TRUE(c) << to_text(c.error());
  ASSERT_TRUE(CaseBook{*c}.open(Cycle::national_security, crypto::sha256(view_of("x")), canary_filing(),
                                acting(*h.d, "intake-1")));
  ScopeRequest r = h.request(
      {lodge_room}, {RecordItem::subscriber_name, RecordItem::subscriber_calls, RecordItem::tenant_calls});
  r.matter = "M-2026-0001";
  ASSERT_TRUE(RecordService{*c}.grant_scope(r, who("counsel-1")));
  std::size_t rows = 0;
  const auto read = RecordService{*c}.calls({"M-2026-0001", lodge_room, h.now - h.days(30), h.now, 0, ""},
                                            who("intake-1"), [&](const CallRow&) {
                                              ++rows;
                                              return Status{};
                                            });
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(rows, 1u);
  const auto proof = RecordService{*c}.prove("M-2026-0001", "2026-11", 0, who("intake-1"));
  EXPECT_TRUE(proof) << to_text(proof.error());
  EXPECT_EQ(h.d->carrier().log().size(), before) << "the log outside does not grow";
  EXPECT_EQ(h.d->value("SELECT count(*) FROM record_scopes"), "0");
  std::size_t notes = 0;
  ASSERT_TRUE(audit::visit(c->data() / "audit", [&](std::uint64_t, View) { return ++notes, true; }));
  EXPECT_GE(notes, 5u);
}

}  // namespace
}  // namespace writ::desk
