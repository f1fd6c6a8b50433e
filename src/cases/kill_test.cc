// SPDX-License-Identifier: GPL-3.0-or-later
// Intake and preservation, killed between any two steps and given again: one case, its document, its acts,
// each stands_once.
#include "cases/preservation.hh"
#include "cases/test_intake.hh"
#include "cases/test_lodge.hh"
#include "desk/test_kill.hh"
#include "desk/test_memory.hh"

namespace writ::cases {
namespace {

using namespace testing;

constexpr long few_steps = 8;  // a command that takes less was not killed where it matters

struct KilledRequest : Office {
  std::string m;
  enum class At { nothing, received, verified, validated, returned, challenged };
  static KilledRequest made(At at, const process::Demand* other = nullptr) {
    KilledRequest r;
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
using KilledAt = KilledRequest::At;

// What has to be there after the command was given a second time.
auto stands_once(const char* state, std::size_t acts) {
  return [state, acts](KilledRequest& r) {
    EXPECT_EQ(cases_filed(r.d->carrier()), 1u);
    if (r.m.empty()) r.m = "M-2026-0001";
    const desk::Case c = r.is();
    EXPECT_EQ(c.state, state);
    EXPECT_EQ(c.acts.size(), acts);
    for (const desk::CaseAct& a : c.acts) {
      if (a.body.contains("document_sha256")) {
        const auto kept = read_file(r.d->data() / "documents" / a.body["document_sha256"]);
        ASSERT_TRUE(kept) << a.act;
        EXPECT_EQ(crypto::hex(crypto::sha256(*kept)), a.body.value("document_sha256", ""));
      }
      if (!a.body.contains("letter")) continue;
      const auto paper = read_file(r.d->data() / "case-files" / r.m / a.body["letter"]["pdf"]);
      ASSERT_TRUE(paper);
      EXPECT_EQ(crypto::hex(crypto::sha256(*paper)), a.body["letter"].value("pdf_sha256", ""));
    }
  };
}

TEST(KilledBetweenSteps, AFiling) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step([] { return KilledRequest::made(KilledAt::nothing); },
                                 [](KilledRequest& r) { return r.file(r.subpoena()).has_value(); },
                                 stands_once("received", 1)),
            few_steps);
}

TEST(KilledBetweenSteps, AValidation) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step(
                [] { return KilledRequest::made(KilledAt::verified); },
                [](KilledRequest& r) { return r.intake().validate(r.m, r.who("intake-1")).has_value(); },
                stands_once("validated", 3)),
            few_steps);
}

TEST(KilledBetweenSteps, AReturnWithItsLetterAndTheCorrection) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step(
                [] { return KilledRequest::made(KilledAt::received); },
                [](KilledRequest& r) {
                  return r.intake().returned(r.m, "as counsel says", r.who("intake-1")).has_value();
                },
                stands_once("returned", 2)),
            few_steps);
  EXPECT_GT(killed_at_every_step([] { return KilledRequest::made(KilledAt::returned); },
                                 [](KilledRequest& r) {
                                   const std::string better = process::to_toml(r.subpoena());
                                   return r.intake()
                                       .correct(r.m, view_of(better), "d.toml", r.scan("signed"),
                                                r.who("intake-1"))
                                       .has_value();
                                 },
                                 stands_once("received", 3)),
            few_steps);
}

TEST(KilledBetweenSteps, APersonsWord) {
  const InMemory memory;
  EXPECT_GT(killed_at_every_step(
                [] {
                  Office o;
                  process::Demand x = o.subpoena();
                  x.kind = "civil-subpoena";
                  return KilledRequest::made(KilledAt::received, &x);
                },
                [](KilledRequest& r) {
                  return r.intake()
                      .opine(r.m, "a valid subpoena", r.scan("opinion"), r.who("counsel-1"))
                      .has_value();
                },
                stands_once("received", 2)),
            few_steps);
  EXPECT_GT(
      killed_at_every_step(
          [] { return KilledRequest::made(KilledAt::challenged); },
          [](KilledRequest& r) {
            return r.intake().act(r.m, "resume", "denied", r.scan("ruling"), r.who("counsel-1")).has_value();
          },
          stands_once("validated", 5)),
      few_steps);
}

struct KilledSnapshot : Lodge {
  std::string m;
  static KilledSnapshot made() {
    KilledSnapshot k;
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
      [] { return KilledSnapshot::made(); },
      [](KilledSnapshot& k) { return Preservation{k.c()}.take_snapshot(k.m, k.who("intake-1")).has_value(); },
      [](KilledSnapshot& k) {
        const Case c = desk::read_case(k.c(), k.m).value();
        EXPECT_EQ(c.acts.size(), 2u);
        const Json named = c.acts.back().body["snapshot"];
        const auto kept = crypto::sha256_file((k.d->data() / "case-files" / k.m / named["file"]).string());
        ASSERT_TRUE(kept);
        EXPECT_EQ(crypto::hex(*kept), named.value("sha256", ""));
      });
  EXPECT_GT(steps, few_steps);
}

}  // namespace
}  // namespace writ::cases
