// SPDX-License-Identifier: GPL-3.0-or-later
// Forged emergency requests as they were tried elsewhere, and what an insider could try, one row each,
// between genuine ones. A forger goes on through all the steps whatever is refused on the way. Nothing of a
// forged letter is released; every genuine one is, in time. Add rows freely.
#include <gmock/gmock.h>

#include "cases/test_emergency.hh"
#include "desk/record_service.hh"

namespace writ::cases::testing {
namespace {

using desk::Case;
using desk::Outcome;
using namespace std::chrono_literals;

constexpr int victim = 0;  // the agency that forgers pretend to be

// What the forger does at each step. The lawful values stand here, a row changes what it tries.
struct Forgery {
  explicit Forgery(Town& town, int row)
      : t(town),
        letter(letter_from(victim, fmt::format("FORGED-{}", row), town.d->clock.now())),
        scan(fmt::format("forged letter {}", row)),
        entry(town.entries[victim]) {}
  Town& t;
  process::Demand letter;
  std::string scan, entry;
  Outcome answer = Outcome::confirmed;
  Assessment assessed = assessment();
  std::string filer = "intake-1", caller = "intake-1", assessor = "intake-1", approver = "counsel-1",
              releaser = "intake-2";
  std::function<void(const std::string& matter)> after_filing = [](const auto&) {};
  std::function<void(const std::string& matter)> approve = {};  // instead of a second person's approval
  bool calls_back = true, assesses = true;

  // The number of the case; every step is tried.
  std::string run() {
    const auto filed = t.file(letter, scan, filer);
    if (!filed) return "";
    const std::string m = filed->matter;
    after_filing(m);
    t.d->clock.advance(2min);
    if (calls_back) static_cast<void>(t.call(m, entry, answer, caller));
    t.d->clock.advance(2min);
    if (assesses) static_cast<void>(t.service().assess(m, assessed, t.as(assessor)));
    t.d->clock.advance(2min);
    if (approve)
      approve(m);
    else
      static_cast<void>(t.service().approve(m, {}, t.as(approver)));
    t.d->clock.advance(2min);
    static_cast<void>(t.release(m, "fax", releaser));
    return m;
  }
};

desk::Contact from_the_letter(const Forgery& f) {
  desk::Contact c = agency_contact(victim);
  c.number = f.letter.requester.phone;
  c.fax.clear();
  return c;
}

void try_all(Forgery& f, const std::string& m, const std::string& officer, Nanos wait,
             std::initializer_list<const char*> whom) {
  for (int round = 0; round < 2; ++round) {
    for (const char* who : whom)
      static_cast<void>(f.t.service().try_approver(m, who, "telephone, no answer", f.t.as(officer)));
    f.t.d->clock.advance(wait / 2);
  }
  static_cast<void>(f.t.service().approve_alone(m, f.t.as(officer)));
}

void replace_scan(Forgery& f) {
  const fs::path kept =
      f.t.d->data() / "documents" / crypto::hex(crypto::sha256(view_of("%PDF-1.4\n" + f.scan)));
  EXPECT_TRUE(write_file(kept, "%PDF-1.4\na letter that says more"));
}

// Reads under an emergency that nobody has approved, with whatever ticket.
void read_without_approval(Forgery& f, const std::string& m, const std::string& signer,
                           const std::string& purpose) {
  const desk::ScopeRequest r{m,
                             purpose,
                             {{"number", "+14045550102", ""}},
                             {authority::RecordItem::subscriber_name},
                             f.letter.records_from,
                             f.letter.records_until,
                             f.t.d->clock.now() + 24h};
  static_cast<void>(desk::RecordService{f.t.carrier()}.grant_scope(r, f.t.as(signer)));
  records::Ask ask;
  ask.number = "+14045550102";
  const auto read = desk::RecordService{f.t.carrier()}.whois(m, ask, f.t.as("intake-1"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().exit, Exit::refused) << to_text(read.error());
}

struct Row {
  const char* name;
  void (*change)(Forgery&);
};

const Row rows[] = {
    // Outsiders.
    {"compromised mailbox: the agency denies it", [](Forgery& f) { f.answer = Outcome::denied; }},
    {"compromised mailbox: nobody is reached at the agency",
     [](Forgery& f) { f.answer = Outcome::not_reached; }},
    {"look-alike domain", [](Forgery& f) { f.letter.requester.email = "sergeant@town0.examp1e"; }},
    {"look-alike domain in another script",
     [](Forgery& f) { f.letter.requester.email = "sergeant@t\xD0\xBEwn0.example"; }},
    {"the agency's domain as a sub-domain",
     [](Forgery& f) { f.letter.requester.email = "sergeant@town0.example.mail.example"; }},
    {"free mail", [](Forgery& f) { f.letter.requester.email = "town0.example@mail.example"; }},
    {"look-alike agency", [](Forgery& f) { f.letter.requester.agency = "Police of Example T0wn 0"; }},
    {"agency that nobody knows",
     [](Forgery& f) { f.letter.requester.agency = "Federal Bureau of Examples"; }},
    {"no agency", [](Forgery& f) { f.letter.requester.agency = ""; }},
    {"urgent tone, no circumstances",
     [](Forgery& f) {
       f.letter.circumstances = "";
       f.letter.nature = "URGENT!! LIFE OR DEATH, ANSWER NOW";
     }},
    {"urgent tone, no nature", [](Forgery& f) { f.letter.nature = ""; }},
    {"danger to property",
     [](Forgery& f) {
       f.letter.danger_to_person = false;
       f.letter.nature = "a warehouse may burn";
     }},
    {"unsigned", [](Forgery& f) { f.letter.is_signed = false; }},
    {"no badge", [](Forgery& f) { f.letter.requester.badge = ""; }},
    {"no telephone", [](Forgery& f) { f.letter.requester.phone = ""; }},
    {"no name", [](Forgery& f) { f.letter.requester.name = ""; }},
    {"whatever you have", [](Forgery& f) { f.letter.items.clear(); }},
    {"about nobody in particular", [](Forgery& f) { f.letter.subjects.clear(); }},
    {"no period", [](Forgery& f) { f.letter.records_from = f.letter.records_until = Instant{}; }},
    {"content and numbers of identity only",
     [](Forgery& f) {
       f.letter.items = f.assessed.items = {"stored-content", "subscriber-ssn", "tenant-ssn"};
       f.letter.expressly = f.letter.items;
     }},
    {"payment that is not expressly needed",
     [](Forgery& f) { f.letter.items = f.assessed.items = {"subscriber-payment"}; }},
    {"call detail, on which the plan is silent",
     [](Forgery& f) { f.letter.items = f.assessed.items = {"subscriber-calls"}; }},
    {"replayed letter, its scan under another number", [](Forgery& f) { f.scan = "genuine letter 1"; }},
    {"replayed letter, scanned again",
     [](Forgery& f) {
       f.letter.requester = letter_from(1, "", {}).requester;
       f.letter.instrument = "GENUINE-1";
       f.entry = f.t.entries[1];
     }},
    {"altered scan after filing",
     [](Forgery& f) { f.after_filing = [&f](const auto&) { replace_scan(f); }; }},
    {"scan taken away after filing",
     [](Forgery& f) {
       f.after_filing = [&f](const auto&) {
         fs::remove(f.t.d->data() / "documents" /
                    crypto::hex(crypto::sha256(view_of("%PDF-1.4\n" + f.scan))));
       };
     }},
    // The number to call.
    {"another agency is called", [](Forgery& f) { f.entry = f.t.entries[3]; }},
    {"a court is called", [](Forgery& f) { f.entry = clerk; }},
    {"number of the letter, proposed only",
     [](Forgery& f) {
       f.after_filing = [&f](const auto&) { f.entry = f.t.enter(from_the_letter(f), "intake-1", ""); };
     }},
    {"number of the letter, entered an hour ago by two misled people",
     [](Forgery& f) {
       f.after_filing = [&f](const auto&) {
         f.entry = f.t.enter(from_the_letter(f));
         f.t.d->clock.advance(1h);
       };
     }},
    {"number of the letter, written otherwise",
     [](Forgery& f) {
       f.letter.requester.phone = "(404) 555-0171";
       f.after_filing = [&f](const auto&) {
         desk::Contact c = from_the_letter(f);
         c.number = "404.555.0171";
         f.entry = f.t.enter(c);
       };
     }},
    {"number whose source is a letter",
     [](Forgery& f) {
       f.after_filing = [&f](const auto&) {
         desk::Contact c = from_the_letter(f);
         c.source_kind = "letter";
         f.entry = f.t.enter(c);
         EXPECT_EQ(f.entry, "");
       };
     }},
    {"number whose source is this letter's domain",
     [](Forgery& f) {
       f.letter.requester.email = "sergeant@town-police.example";
       f.after_filing = [&f](const auto&) {
         desk::Contact c = from_the_letter(f);
         c.source_kind = "official-website";
         c.source = "https://www.town-police.example/contact";
         f.entry = f.t.enter(c);
         EXPECT_EQ(f.entry, "");
       };
     }},
    {"one person enters and confirms the contact",
     [](Forgery& f) {
       f.after_filing = [&f](const auto&) {
         desk::Contact c = from_the_letter(f);
         c.number = "+14045550172";
         f.entry = f.t.enter(c, "intake-1", "intake-1");
       };
     }},
    {"the agency's contact is changed to the letter's number",
     [](Forgery& f) {
       f.entry = f.t.entries[9];
       f.letter.requester.agency = agency_name(9);
       f.letter.requester.email = "";
       f.after_filing = [&f](const auto&) {
         desk::Contact c = agency_contact(9);
         c.number = f.letter.requester.phone;
         EXPECT_TRUE(f.t.directory().change(f.entry, c, f.t.as("intake-1")));
         EXPECT_TRUE(f.t.directory().confirm(f.entry, "the sergeant said so", f.t.as("officer-1")));
       };
     }},
    {"a retired contact is called",
     [](Forgery& f) {
       desk::Contact c = agency_contact(victim);
       c.number = "+14045550173";
       f.entry = f.t.enter(c);
       EXPECT_TRUE(f.t.directory().retire(f.entry, "moved", f.t.as("officer-1")));
     }},
    // Insiders.
    {"nobody is called", [](Forgery& f) { f.calls_back = false; }},
    {"nobody assesses", [](Forgery& f) { f.assesses = false; }},
    {"assessor and approver are one", [](Forgery& f) { f.assessor = f.approver = "officer-1"; }},
    {"who filed approves", [](Forgery& f) { f.filer = f.approver = "officer-2"; }},
    {"intake approves", [](Forgery& f) { f.approver = "intake-2"; }},
    {"technician approves", [](Forgery& f) { f.approver = "technician-1"; }},
    {"auditor approves", [](Forgery& f) { f.approver = "auditor-1"; }},
    {"auditor assesses and releases", [](Forgery& f) { f.assessor = f.releaser = "auditor-1"; }},
    {"administrator releases what nobody approved", [](Forgery& f) { f.approver = f.releaser = "admin-1"; }},
    {"technician releases", [](Forgery& f) { f.releaser = "technician-1"; }},
    {"items that the letter does not ask for",
     [](Forgery& f) {
       f.assessed.items = {"subscriber-name", "tenant-name"};
     }},
    {"a period beyond the letter's",
     [](Forgery& f) {
       f.assessed.from = f.letter.records_from - 48h;
       f.assessed.until = f.letter.records_until;
     }},
    {"break-glass without an attempt",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) {
         static_cast<void>(f.t.service().approve_alone(m, f.t.as("officer-1")));
       };
     }},
    {"break-glass within fourteen minutes",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) {
         try_all(f, m, "officer-1", 14min, {"counsel-1", "counsel-2", "officer-2"});
       };
     }},
    {"break-glass with one approver never tried",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) { try_all(f, m, "officer-1", 30min, {"counsel-1", "officer-2"}); };
     }},
    {"break-glass with attempts to reach oneself and the auditor",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) { try_all(f, m, "officer-1", 30min, {"officer-1", "auditor-1"}); };
     }},
    {"break-glass by counsel",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) {
         try_all(f, m, "counsel-1", 30min, {"counsel-2", "officer-1", "officer-2"});
       };
     }},
    {"break-glass on another officer's attempts",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) {
         for (const char* who : {"counsel-1", "counsel-2", "officer-1"})
           static_cast<void>(f.t.service().try_approver(m, who, "telephone", f.t.as("officer-2")));
         f.t.d->clock.advance(1h);
         static_cast<void>(f.t.service().approve_alone(m, f.t.as("officer-1")));
       };
     }},
    {"counsel's ordinary scope over an emergency",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) { read_without_approval(f, m, "counsel-1", "subpoena"); };
     }},
    {"the officer's scope without an approval",
     [](Forgery& f) {
       f.approve = [&f](const auto& m) { read_without_approval(f, m, "officer-1", "emergency"); };
     }},
};

// A genuine one, by different people of the carrier each time; when it was released.
struct Genuine {
  std::string matter;
  Instant filed{}, released{};
};
Genuine genuine(Town& t, int agency) {
  Genuine g;
  const auto letter = letter_from(agency, fmt::format("GENUINE-{}", agency), t.d->clock.now());
  const auto filed = t.file(letter, fmt::format("genuine letter {}", agency));
  EXPECT_TRUE(filed) << to_text(filed.error());
  g.matter = filed->matter;
  g.filed = t.d->clock.now();
  t.d->clock.advance(4min);
  const auto called = t.call(g.matter, t.entries[static_cast<std::size_t>(agency)]);
  EXPECT_TRUE(called) << to_text(called.error());
  t.d->clock.advance(3min);
  const auto assessed = t.service().assess(g.matter, assessment(), t.as("intake-2"));
  EXPECT_TRUE(assessed) << to_text(assessed.error());
  t.d->clock.advance(3min);
  const auto approved = t.service().approve(g.matter, {}, t.as(agency % 2 == 0 ? "counsel-1" : "officer-1"));
  EXPECT_TRUE(approved) << to_text(approved.error());
  t.d->clock.advance(1min);
  const auto released = t.release(g.matter, "fax", "intake-1");
  EXPECT_TRUE(released) << to_text(released.error());
  g.released = t.d->clock.now();
  return g;
}

TEST(ForgedEmergency, NothingIsReleasedAndGenuineOnesAreInTime) {
  Town t;
  std::vector<Genuine> good;
  std::size_t forged = 0, next = 1;
  for (const Row& row : rows) {
    if (forged % 6 == 0 && next <= 8) good.push_back(genuine(t, static_cast<int>(next++)));
    const std::size_t before = t.released();
    const std::uint64_t entries = t.carrier().log().head()->size;
    Forgery f{t, static_cast<int>(forged)};
    row.change(f);
    const std::string m = f.run();
    EXPECT_EQ(t.released(), before) << row.name;
    EXPECT_GT(t.carrier().log().head()->size, entries) << row.name << ": nothing of it in the log";
    if (!m.empty()) {
      const auto now = desk::read_case(t.carrier(), m);
      ASSERT_TRUE(now) << row.name << "\n" << to_text(now.error());
      EXPECT_EQ(now->newest("release"), nullptr) << row.name;
      EXPECT_EQ(approval_of(*now) != nullptr, std::string_view(row.name) == "technician releases")
          << row.name;
    }
    ++forged;
    t.d->clock.advance(7min);
  }
  EXPECT_GE(forged, 40u);
  while (good.size() < 10) {  // two more, of agencies that wrote before
    t.d->clock.advance(25h);
    good.push_back(genuine(t, good.size() == 8 ? 9 : 0));
  }
  EXPECT_EQ(t.released(), good.size());
  EXPECT_EQ(t.d->count("emergency.release.done"), good.size());
  for (const Genuine& g : good) EXPECT_LE(g.released - g.filed, 15min) << g.matter;
  EXPECT_GE(t.d->count("refused"), forged);
}

TEST(ForgedEmergency, TheFourthOfOneRequesterWithinADayNeedsProcess) {
  Town t;
  const auto push = [&](int n) {
    Forgery f{t, n};
    return desk::read_case(t.carrier(), f.run()).value().newest("release") != nullptr;
  };
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(push(n)) << n;
  EXPECT_FALSE(push(3));
  Forgery other{t, 4};  // another person of the same agency still may
  other.letter.requester.name = "Duty Captain";
  other.letter.requester.badge = "11";
  EXPECT_NE(desk::read_case(t.carrier(), other.run()).value().newest("release"), nullptr);
  t.d->clock.advance(25h);
  EXPECT_TRUE(push(5));
}

}  // namespace
}  // namespace writ::cases::testing
