// SPDX-License-Identifier: GPL-3.0-or-later
// Intake and preservation, killed between any two steps and given again: one case, its document, its acts,
// each once.
#include "cases/preservation.hh"
#include "cases/test_intake.hh"
#include "cases/test_lodge.hh"
#include "desk/test_kill.hh"
#include "desk/test_memory.hh"

namespace writ::cases {
namespace {

using namespace testing;

constexpr long few = 8;  // a command that takes less was not killed where it matters

struct Request : Office {
  std::string m;
  enum class At { nothing, received, verified, validated, returned, challenged };
  static Request made(At at, const process::Demand* other = nullptr) {
    Request r;
    process::Demand x = other == nullptr ? r.subpoena() : *other;
    if (at == At::returned) x.is_signed = false;
    if (at != At::nothing) r.m = r.filed(x);
    if (at == At::verified || at == At::validated || at == At::challenged) r.verify(r.m);
    if (at == At::validated || at == At::challenged) {
      EXPECT_TRUE(r.intake().validate(r.m, r.who("intake-1")));
    }
    if (at == At::returned) {
      EXPECT_TRUE(r.intake().returned(r.m, "", r.who("intake-1")));
    }
    if (at == At::challenged) {
      EXPECT_TRUE(r.intake().act(r.m, "challenge", "motion to quash", {}, r.who("counsel-1")));
    }
    for (const char* user : {"intake-1", "intake-2", "counsel-1"}) r.who(user);
    r.d->close();
    return r;
  }
  desk::Case is() { return book().read(m).value(); }
};
using At = Request::At;

// What has to be there after the command was given a second time.
auto once(const char* state, std::size_t acts) {
  return [state, acts](Request& r) {
    EXPECT_EQ(cases_filed(r.d->carrier()), 1u);
    if (r.m.empty()) r.m = "M-2026-0001";
    const desk::Case c = r.is();
    EXPECT_EQ(c.state, state);
    EXPECT_EQ(c.acts.size(), acts);
    for (const desk::CaseAct& a : c.acts) {
      if (a.body.contains("document_sha256")) {
        const auto kept = read_file(r.d->data() / "documents" / a.body["document_sha256"]);
        ASSERT_TRUE(kept) << a.act;
        EXPECT_EQ(crypto::hex(crypto::sha256(*kept)), a.body["document_sha256"]);
      }
      if (!a.body.contains("letter")) continue;
      const auto paper = read_file(r.d->data() / "case-files" / r.m / a.body["letter"]["pdf"]);
      ASSERT_TRUE(paper);
      EXPECT_EQ(crypto::hex(crypto::sha256(*paper)), a.body["letter"]["pdf_sha256"]);
    }
  };
}

TEST(KilledBetweenSteps, AFiling) {
  const InMemory memory;
  EXPECT_GT(
      killed_at_every_step([] { return Request::made(At::nothing); },
                           [](Request& r) { return r.file(r.subpoena()).has_value(); }, once("received", 1)),
      few);
}

TEST(KilledBetweenSteps, AValidation) {
  const InMemory memory;
  EXPECT_GT(
      killed_at_every_step([] { return Request::made(At::verified); },
                           [](Request& r) { return r.intake().validate(r.m, r.who("intake-1")).has_value(); },
                           once("validated", 3)),
      few);
}

TEST(KilledBetweenSteps, AReturnWithItsLetterAndTheCorrection) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step(
                [] { return Request::made(At::received); },
                [](Request& r) {
                  return r.intake().returned(r.m, "as counsel says", r.who("intake-1")).has_value();
                },
                once("returned", 2)),
            few);
  EXPECT_GT(killed_at_every_step([] { return Request::made(At::returned); },
                                 [](Request& r) {
                                   const std::string better = process::to_toml(r.subpoena());
                                   return r.intake()
                                       .correct(r.m, view_of(better), "d.toml", r.scan("signed"),
                                                r.who("intake-1"))
                                       .has_value();
                                 },
                                 once("received", 3)),
            few);
}

TEST(KilledBetweenSteps, APersonsWord) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step(
                [] {
                  Office o;
                  process::Demand x = o.subpoena();
                  x.kind = "civil-subpoena";
                  return Request::made(At::received, &x);
                },
                [](Request& r) {
                  return r.intake()
                      .opine(r.m, "a valid subpoena", r.scan("opinion"), r.who("counsel-1"))
                      .has_value();
                },
                once("received", 2)),
            few);
  EXPECT_GT(
      killed_at_every_step(
          [] { return Request::made(At::challenged); },
          [](Request& r) {
            return r.intake().act(r.m, "resume", "denied", r.scan("ruling"), r.who("counsel-1")).has_value();
          },
          once("validated", 5)),
      few);
}

struct Kept : Lodge {
  std::string m;
  static Kept made() {
    Kept k;
    k.append({k.call(1, k.now - Hotel::days(7))}, "a");
    k.m = k.open(Cycle::preservation, k.demand("preservation", {Lodge::number("+14045550160")}, {})).matter;
    k.store.reset();
    k.d->close();
    return k;
  }
};

TEST(KilledBetweenSteps, ASnapshot) {
  const InMemory memory;
  const long steps = killed_at_every_step(
      [] { return Kept::made(); },
      [](Kept& k) { return Preservation{k.c()}.take_snapshot(k.m, k.who("intake-1")).has_value(); },
      [](Kept& k) {
        const Case c = desk::read_case(k.c(), k.m).value();
        EXPECT_EQ(c.acts.size(), 2u);
        const Json named = c.acts.back().body["snapshot"];
        const auto kept = crypto::sha256_file((k.d->data() / "case-files" / k.m / named["file"]).string());
        ASSERT_TRUE(kept);
        EXPECT_EQ(crypto::hex(*kept), named["sha256"]);
      });
  EXPECT_GT(steps, few);
}

}  // namespace
}  // namespace writ::cases
