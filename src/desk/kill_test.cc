// SPDX-License-Identifier: GPL-3.0-or-later
// Policy edits and entries of the directory of agencies, killed between any two steps and given again: each
// is there once, whole, and signed by the people that it needs.
#include "desk/agency_directory.hh"
#include "desk/policy_service.hh"
#include "desk/test_kill.hh"
#include "desk/test_memory.hh"

namespace writ::desk {
namespace {

using namespace testing;

constexpr long few_steps = 8;  // a command that takes less was not killed where it matters

struct KilledHouse {
  std::unique_ptr<Desk> d = staffed();
  Acting who(const char* user) { return acting(*d, user); }
  void warm() {  // argon2id once, not in every child
    for (const char* user : {"intake-1", "officer-1", "officer-2", "counsel-1"}) who(user);
    d->close();
  }
};

struct KilledEdit : KilledHouse {
  fs::path dir = d->dir.path() / "edited";
  std::string matter;
  PolicyService service() { return PolicyService{d->carrier()}; }
  Instant tomorrow() const { return first_packet + 24h; }
  Result<Case> propose() {
    return service().propose(dir, tomorrow(), "the records are kept longer", who("counsel-1"));
  }
  static KilledEdit made(bool proposed) {
    KilledEdit e;
    EXPECT_TRUE(copy_policy(source_dir / "policies" / "sandbox", e.dir));
    std::string text = read_text(e.dir / "carrier.toml").value();
    text.replace(text.find("cdr_months = 24"), 15, "cdr_months = 36");
    EXPECT_TRUE(write_file(e.dir / "carrier.toml", text));
    if (proposed) e.matter = e.propose().value().matter;
    e.warm();
    return e;
  }
  std::size_t edits() { return read_cases(d->carrier(), process::Cycle::policy_edit).value().size(); }
};

TEST(KilledBetweenSteps, APolicyEdit) {
  const InMemory memory;
  const long proposal = killed_at_every_step([] { return KilledEdit::made(false); },
                                             [](KilledEdit& e) { return e.propose().has_value(); },
                                             [](KilledEdit& e) {
                                               EXPECT_EQ(e.edits(), 1u);
                                               const auto versions = e.service().versions().value();
                                               ASSERT_EQ(versions.size(), 2u);
                                               EXPECT_TRUE(versions[1].intact) << "its layers are kept whole";
                                               EXPECT_EQ(e.d->carrier().policy().records.cdr_months, 24);
                                             });
  EXPECT_GT(proposal, few_steps);
  const long approval = killed_at_every_step(
      [] { return KilledEdit::made(true); },
      [](KilledEdit& e) { return e.service().approve(e.matter, e.who("officer-1")).has_value(); },
      [](KilledEdit& e) {
        EXPECT_EQ(e.edits(), 1u);
        EXPECT_EQ(CaseBook{e.d->carrier()}.read(e.matter)->acts.size(), 2u);
        e.d->clock.set(e.tomorrow());
        ASSERT_TRUE(e.d->carrier().renew_policy());
        EXPECT_EQ(e.d->carrier().policy().records.cdr_months, 36);
      });
  EXPECT_GT(approval, few_steps);
}

Contact night_desk(const std::string& number) {
  return contact_of(ContactKind::agency, "Example County Sheriff", "Night desk", number);
}

struct KilledEntry : KilledHouse {
  std::string entry;
  AgencyDirectory directory() { return AgencyDirectory{d->carrier()}; }
  bool add() { return directory().add(night_desk("+14045550191"), who("intake-1")).has_value(); }
  bool confirm(const char* user) {
    return directory().confirm(entry, "called the main line", who(user)).has_value();
  }
  bool change() { return directory().change(entry, night_desk("+14045550192"), who("intake-1")).has_value(); }
  bool retire() { return directory().retire(entry, "moved", who("officer-1")).has_value(); }
  // How far it came: 1 added, 2 confirmed, 3 change proposed.
  static KilledEntry made(int steps) {
    KilledEntry l;
    l.entry = fmt::format("A-2026-{:04}", l.directory().all().value().size() + 1);
    EXPECT_TRUE(steps < 1 || l.add());
    EXPECT_TRUE(steps < 2 || l.confirm("officer-1"));
    EXPECT_TRUE(steps < 3 || l.change());
    l.warm();
    return l;
  }
  DirectoryEntry is() { return directory().read(entry).value(); }
  std::size_t acts() { return CaseBook{d->carrier()}.read(entry)->acts.size(); }
};

TEST(KilledBetweenSteps, AnEntryOfTheDirectory) {
  const InMemory memory;
  const auto look = [](std::size_t acts, const char* number) {
    return [acts, number](KilledEntry& l) {
      EXPECT_EQ(l.acts(), acts);
      EXPECT_EQ(l.directory().all()->size(), 3u) << "with the two that every carrier here has";
      const DirectoryEntry e = l.is();
      EXPECT_EQ(e.current() != nullptr ? e.current()->contact.number : "", number);
    };
  };
  EXPECT_GT(killed_at_every_step([] { return KilledEntry::made(0); }, [](KilledEntry& l) { return l.add(); },
                                 look(1, "")),
            few_steps);
  EXPECT_GT(
      killed_at_every_step([] { return KilledEntry::made(1); },
                           [](KilledEntry& l) { return l.confirm("officer-1"); }, look(2, "+14045550191")),
      few_steps);
  EXPECT_GT(killed_at_every_step([] { return KilledEntry::made(2); },
                                 [](KilledEntry& l) { return l.change(); }, look(3, "+14045550191")),
            few_steps);
  EXPECT_GT(
      killed_at_every_step([] { return KilledEntry::made(3); },
                           [](KilledEntry& l) { return l.confirm("officer-2"); }, look(4, "+14045550192")),
      few_steps);
  EXPECT_GT(killed_at_every_step([] { return KilledEntry::made(3); },
                                 [](KilledEntry& l) { return l.retire(); }, look(4, "")),
            few_steps);
}

}  // namespace
}  // namespace writ::desk
