// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of cases that read records: the Pier Lodge of the desk's tests with two people of each role,
// and cases that others would have brought so far.
#pragma once
#include "cases/demand_case.hh"
#include "desk/test_records.hh"
#include "desk/test_staff.hh"

namespace writ::cases::testing {

using namespace desk::testing;
using desk::Case;
using desk::CaseBook;
using process::Cycle;
using process::Demand;
using process::DemandSubject;

struct Lodge : Hotel {
  Lodge() : Hotel(staffed()) {}
  desk::Carrier& c() { return d->carrier(); }
  desk::Acting who(const std::string& user) { return acting(*d, user); }

  static DemandSubject number(const std::string& value) { return {"number", value, "", "", {}}; }
  static DemandSubject room(const std::string& extension) { return {"extension", extension, lodge, "", {}}; }
  static DemandSubject tenant(const std::string& name) {
    return {"tenant-name", name, "", "Pier Lodge", {"5", "Pier Road", "Harborview", "GA", "30001"}};
  }
  static DemandSubject account() { return {"account", lodge, "", "", {}}; }

  Demand demand(const std::string& kind, std::vector<DemandSubject> subjects,
                std::vector<std::string> items) const {
    Demand x;
    x.kind = kind;
    x.instrument = "EX-" + kind;
    x.issuer = "Clerk";
    x.court = "Superior Court of Example County";
    x.issued = now - days(1);
    x.requester = {
        "Case Officer", "4471", "Example County Sheriff", "+14045550170", "", "1 Court Square", "", false,
        false,          false};
    x.subjects = std::move(subjects);
    x.items = std::move(items);
    x.records_from = now - days(30);
    x.records_until = now;
    return x;
  }

  Case open(Cycle cycle, const Demand& x, const std::string& by = "intake-1") {
    const auto opened =
        CaseBook{c()}.open(cycle, filing_key(x), {"file", Json{{"demand", to_json(x)}}}, who(by));
    EXPECT_TRUE(opened) << to_text(opened.error());
    return *opened;
  }
  Case act(const std::string& matter, const std::string& act, Json body, const std::string& by) {
    d->clock.advance(1min);
    const auto done = CaseBook{c()}.act(matter, {act, std::move(body)}, who(by));
    EXPECT_TRUE(done) << act << ": " << to_text(done.error());
    return done ? *done : Case{};
  }
  // As intake, verification and validation would have brought it.
  Case validated(const Demand& x) {
    const Case of = open(Cycle::request, x);
    act(of.matter, "verify-identity", Json{{"verification", {{"outcome", "confirmed"}}}}, "officer-1");
    return act(of.matter, "validate",
               Json{{"checks", {{"V2", true}}}, {"policy", crypto::hex(c().policy().hash)}}, "officer-1");
  }
  // Every act from now on is lost after its effect, as if the machine died there.
  void lose_acts() {
    exec("CREATE TRIGGER lose BEFORE INSERT ON case_acts BEGIN SELECT RAISE(ABORT, 'power'); END");
  }
  void keep_acts() { exec("DROP TRIGGER lose"); }
  void exec(const std::string& sql) {
    auto db = store::Database::open(d->data() / "store.db");
    ASSERT_TRUE(db);
    const auto done = db->exec(sql);
    ASSERT_TRUE(done) << done.error().what;
  }
  // Once lost after its effect, then repeated.
  template <class Step>
  Case twice(Step step) {
    lose_acts();
    const auto lost = step();
    EXPECT_FALSE(lost);
    keep_acts();
    const auto done = step();
    EXPECT_TRUE(done) << to_text(done.error());
    const auto again = step();  // and once more: nothing new
    EXPECT_TRUE(again) << to_text(again.error());
    if (done && again) {
      EXPECT_EQ(done->acts.size(), again->acts.size());
    }
    return done ? *done : Case{};
  }
};

inline std::string text_of_pdf(const fs::path& pdf) {
  const fs::path text = fs::path(pdf).replace_extension(".txt");
  const std::string command = "pdftotext -layout '" + pdf.string() + "' '" + text.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return read_text(text).value_or("");
}

}  // namespace writ::cases::testing
