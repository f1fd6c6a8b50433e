// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of intake: a staffed carrier, a scanned page, and a subpoena that passes every check.
#pragma once
#include "cases/demand_case.hh"
#include "cases/intake.hh"
#include "desk/test_staff.hh"

namespace writ::cases::testing {

using namespace desk::testing;

struct Office {
  std::unique_ptr<Desk> d = staffed();
  desk::Acting who(const char* user) { return acting(*d, user); }
  Intake intake() { return Intake{d->carrier()}; }
  desk::CaseBook book() { return desk::CaseBook{d->carrier()}; }
  fs::path scan(const std::string& content = "one") {
    const fs::path p = d->dir.path() / (content + ".pdf");
    EXPECT_TRUE(write_file(p, "%PDF-1.4\n% " + content + "\n"));
    return p;
  }
  process::Demand subpoena() {
    process::Demand x;
    x.kind = "grand-jury-subpoena";
    x.instrument = "EX-SP-0042";
    x.issuer = "Clerk of the Superior Court";
    x.court = "Superior Court of Example County";
    x.jurisdiction = "GA";
    x.wording = "the subscriber's name and call detail records";
    x.issued = d->clock.now() - 24h;
    x.received = d->clock.now() - 1h;
    x.return_by = d->clock.now() + 240h;
    x.is_signed = true;
    x.requester = {"Case Officer",
                   "4471",
                   "Example County Sheriff",
                   "+14045550170",
                   "officer@sheriff.example",
                   "1 Court Square, Harborview, GA 30001",
                   "",
                   false,
                   false,
                   false};
    x.delivery = "mail";
    x.subjects = {{"number", "(404) 555-0102", "", "", {}}};
    x.items = {"subscriber-name", "subscriber-calls"};
    x.records_from = d->clock.now() - 720h;
    x.records_until = d->clock.now() - 24h;
    return x;
  }
  Result<Filed> file(const process::Demand& x, const std::string& content = "one",
                     const char* user = "intake-1") {
    const std::string toml = process::to_toml(x);
    return intake().file(view_of(toml), "demand.toml", scan(content), who(user));
  }
  std::string filed(const process::Demand& x, const std::string& content = "one") {
    const auto f = file(x, content);
    EXPECT_TRUE(f) << to_text(f.error());
    return f ? f->matter : "";
  }
  void verify(const std::string& matter) {
    const auto done = book().act(
        matter,
        {"verify-identity", Json{{"verification", {{"contact", "A-2026-0001"}, {"outcome", "confirmed"}}}}},
        who("intake-2"));
    ASSERT_TRUE(done) << to_text(done.error());
  }
};

}  // namespace writ::cases::testing
