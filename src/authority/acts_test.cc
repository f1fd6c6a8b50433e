// SPDX-License-Identifier: GPL-3.0-or-later
// Three people, three acts: every way to lack one of them.
#include <gtest/gtest.h>

#include "authority/test_world.hh"

namespace writ::authority {
namespace {

struct ActRow {
  const char* name;
  std::function<std::string(World&)> file;
};

// What people, certificates and acts can lack. Every row is signed by a desk that does not look.
const std::vector<ActRow>& broken_acts() {
  static const std::vector<ActRow> rows{
      {"no counsel",
       [](World& w) {
         auto a = w.acts();
         a.erase(a.begin());
         return w.forge(a);
       }},
      {"no officer",
       [](World& w) {
         auto a = w.acts();
         a.erase(a.begin() + 1);
         return w.forge(a);
       }},
      {"no technician",
       [](World& w) {
         auto a = w.acts();
         a.pop_back();
         return w.forge(a);
       }},
      {"no acts", [](World& w) { return w.forge({}); }},
      {"arming twice",
       [](World& w) {
         auto a = w.acts();
         a.push_back(a[2]);
         return w.forge(a);
       }},
      {"counsel twice",
       [](World& w) {
         auto a = w.acts();
         a[1] = a[0];
         return w.forge(a);
       }},
      {"acts out of order",
       [](World& w) {
         auto a = w.acts();
         std::swap(a[0], a[1]);
         return w.forge(a);
       }},
      {"officer before counsel",
       [](World& w) {
         w.times = {t0 + 1h, t0, t0 + 2h};
         return w.forge(w.acts());
       }},
      {"arming before officer",
       [](World& w) {
         w.times = {t0, t0 + 2h, t0 + 2h - 1us};
         return w.forge(w.acts());
       }},
      {"act for another grant",
       [](World& w) {
         auto a = w.acts();
         a[0] = sign_act(Act::legal_authorisation, w.people[0], crypto::Digest{3}, t0);
         return w.forge(a);
       }},
      {"act's hash exchanged after signing",
       [](World& w) {
         auto a = w.acts();
         a[0] = sign_act(Act::legal_authorisation, w.people[0], crypto::Digest{3}, t0);
         a[0].grant = grant_id(w.body);
         return w.forge(a);
       }},
      {"act's time changed after signing",
       [](World& w) {
         auto a = w.acts();
         a[0].at += 1s;
         return w.forge(a);
       }},
      {"act renamed after signing",
       [](World& w) {
         auto a = w.acts();
         a[1] = sign_act(Act::legal_authorisation, w.people[1], grant_id(w.body), w.times[1]);
         a[1].act = Act::carrier_authorisation;
         return w.forge(a);
       }},
      {"act signed by another's key",
       [](World& w) {
         auto a = w.acts();
         a[1].signature = w.people[2].sign.sign("writ.act/1", view_of("x"));
         return w.forge(a);
       }},
      {"technician plays officer",
       [](World& w) {
         w.people[1] = {"tech1", crypto::SigningKey{w.people[2].sign.seed()}, {}};
         w.certs[1] = w.certs[2];
         return w.forge(w.acts());
       }},
      {"one person under two names",
       [](World& w) {
         w.people[1] = {"officer1", crypto::SigningKey{w.people[0].sign.seed()}, {}};
         w.certs[1] = w.cert("officer1", {Role::officer}, w.people[0].sign.public_key());
         return w.forge(w.acts());
       }},
      {"one name with two keys",
       [](World& w) {
         w.people[1].user = "counsel1";
         w.certs[1] = w.cert("counsel1", {Role::officer}, w.people[1].sign.public_key());
         return w.forge(w.acts());
       }},
      {"one name in two spellings",
       [](World& w) {
         w.people[1].user = "Counsel1";
         w.certs[1] = w.cert("Counsel1", {Role::officer}, w.people[1].sign.public_key());
         return w.forge(w.acts());
       }},
      {"desk's key also counsel's",
       [](World& w) {
         w.people[0].sign = crypto::SigningKey{w.desk.seed()};
         w.certs[0] = w.cert("counsel1", {Role::counsel}, w.desk.public_key());
         return w.forge(w.acts());
       }},
      {"certificate of somebody else",
       [](World& w) {
         w.certs[0] = w.cert("x", {Role::counsel}, w.probe.public_key());
         return w.forge(w.acts());
       }},
      {"a certificate too few",
       [](World& w) {
         w.certs.pop_back();
         return w.forge(w.acts());
       }},
      {"a certificate too many",
       [](World& w) {
         w.certs.push_back(w.certs[2]);
         return w.forge(w.acts());
       }},
      {"issuer is not a desk",
       [](World& w) {
         w.desk_cert = w.cert("x", {Role::probe}, w.desk.public_key());
         return w.forge(w.acts());
       }},
      {"issuer's certificate for another key",
       [](World& w) {
         w.desk_cert = w.cert("desk", {Role::desk}, w.probe.public_key());
         return w.forge(w.acts());
       }},
      {"grant for another probe",
       [](World& w) {
         w.body.probe = w.desk.public_key();
         return w.forge(w.acts());
       }},
      {"body changed after signing",
       [](World& w) {
         const auto a = w.acts();
         w.body.targets = {e164("+14045550199")};
         return w.forge(a);
       }},
  };
  return rows;
}

TEST(GrantActs, EveryBrokenRowIsRefused) {
  for (const ActRow& row : broken_acts()) {
    World w;
    const auto g = w.check(row.file(w));
    ASSERT_FALSE(g) << row.name;
    expect_refusal(g.error(), row.name);
  }
}

TEST(GrantActs, EveryRoleCombinationButTheRightOneIsRefused) {
  constexpr std::array all{Role::root,       Role::intake,    Role::counsel, Role::officer,
                           Role::technician, Role::custodian, Role::finance, Role::auditor,
                           Role::admin,      Role::desk,      Role::probe};
  int accepted = 0, tried = 0;
  World w;
  std::array<std::vector<RoleCert>, 3> certs;
  for (std::size_t i = 0; i < 3; ++i)
    for (const Role r : all) certs[i].push_back(w.cert(w.people[i].user, {r}, w.people[i].sign.public_key()));
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = 0; b < all.size(); ++b)
      for (std::size_t c = 0; c < all.size(); ++c) {
        w.certs = {certs[0][a], certs[1][b], certs[2][c]};
        const bool is_right =
            all[a] == Role::counsel && all[b] == Role::officer && all[c] == Role::technician;
        const bool is_accepted = w.issue().has_value();
        EXPECT_EQ(is_accepted, is_right);
        accepted += is_accepted;
        ++tried;
      }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(tried, 1331);
}

TEST(GrantCerts, DefectsOfEachSignersCertificateAreRefused) {
  using Change = std::function<RoleCert(World&, RoleCert)>;
  const std::vector<std::pair<const char*, Change>> defects{
      {"expired at the act",
       [](World& w, RoleCert c) {
         c.not_after = t0;
         return *certify(c, w.roots, w.root_a, w.root_b);
       }},
      {"not yet valid",
       [](World& w, RoleCert c) {
         c.not_before = t0 + 3h;
         return *certify(c, w.roots, w.root_a, w.root_b);
       }},
      {"first root only",
       [](World&, RoleCert c) {
         c.by_b = {};
         return c;
       }},
      {"second root only",
       [](World&, RoleCert c) {
         c.by_a = {};
         return c;
       }},
      {"first root twice",
       [](World&, RoleCert c) {
         c.by_b = c.by_a;
         return c;
       }},
      {"roots exchanged",
       [](World&, RoleCert c) {
         std::swap(c.by_a, c.by_b);
         return c;
       }},
      {"role changed after signing",
       [](World&, RoleCert c) {
         c.roles.push_back(Role::probe);
         return c;
       }},
      {"name changed after signing",
       [](World&, RoleCert c) {
         c.user += "x";
         return c;
       }},
      {"period changed after signing",
       [](World&, RoleCert c) {
         c.not_after += 24h;
         return c;
       }},
      {"box changed after signing",
       [](World& w, RoleCert c) {
         c.box.k = w.roots.a.k;
         return c;
       }},
      {"roots of an administrator's own",
       [](World& w, RoleCert c) {
         const crypto::SigningKey a, b;
         const TrustRoots own{w.roots.carrier, a.public_key(), b.public_key(), w.roots.audit_reader};
         return *certify(c, own, a, b);
       }},
      {"another carrier's",
       [](World& w, RoleCert c) {
         TrustRoots other = w.roots;
         c.carrier = other.carrier = "Another Carrier";
         return *certify(c, other, w.root_a, w.root_b);
       }},
  };
  for (const auto& [name, change] : defects)
    for (std::size_t who = 0; who < 4; ++who) {
      World w;
      RoleCert& c = who < 3 ? w.certs[who] : w.desk_cert;
      c = change(w, c);
      const auto file = w.issue();
      ASSERT_FALSE(file) << name << who;
      const auto g = w.check(w.forge(w.acts()));
      ASSERT_FALSE(g) << name << who;
      expect_refusal(g.error(), name);
    }
}

TEST(GrantCerts, ThreeInventedColleaguesOfOneAdministratorGetNothing) {
  const World real, invented;  // the same carrier's name, the same users, the administrator's own roots
  const std::string file = *invented.issue();
  const RevocationList none = real.list();
  const auto g = verify_grant(view_of(file), {&real.roots, &none, invented.probe.public_key(), t0 + 3h});
  ASSERT_FALSE(g);
  expect_refusal(g.error(), "invented");
  EXPECT_TRUE(invented.check(file)) << "the file itself is sound";
}

TEST(GrantClock, IsJudgedAtWallTime) {
  const World w;
  const std::string file = *w.issue();
  EXPECT_EQ(w.check(file, t0 + 2h - 1us).error().exit, Exit::refused) << "clock set back";
  EXPECT_TRUE(w.check(file, t0 + 2h));
  EXPECT_TRUE(w.check(file, w.body.not_after - 1ns));
  const auto over = w.check(file, w.body.not_after);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().exit, Exit::expired);
  EXPECT_FALSE(over.error().rule.empty() || over.error().missing.empty() || over.error().next.empty());
}

TEST(GrantClock, ArmingAfterTheWindowYieldsNothing) {
  World w;
  w.times[2] = w.body.not_after;
  EXPECT_FALSE(w.check(w.forge(w.acts()), w.body.not_after - 1h));
  EXPECT_EQ(w.check(w.forge(w.acts()), w.body.not_after + 1h).error().exit, Exit::expired);
}
}  // namespace
}  // namespace writ::authority
