// SPDX-License-Identifier: GPL-3.0-or-later
// Revocation lists, certificates, staffing, key files, roots; an act verified outside our code.
#include <gtest/gtest.h>

#include "authority/test_world.hh"

namespace writ::authority {
namespace {

TEST(Revocation, StopsFromItsTimeOnAndTheEarliestCounts) {
  const World w;
  const std::string file = *w.issue();
  const crypto::Digest id = grant_id(w.body);
  const Revocation stop{id, t0 + 5h, "counsel1", "early stop"}, later{id, t0 + 9h, "counsel1", "revoked"};
  const auto before = w.check(file, t0 + 3h, {later, stop});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->until(), t0 + 5h);
  EXPECT_FALSE(before->covers(t0 + 5h));
  EXPECT_EQ(w.check(file, t0 + 5h, {later, stop}).error().exit, Exit::expired);
  EXPECT_EQ(w.check(file, t0 + 3h, {{id, t0, "x", "revoked before it was armed"}}).error().exit,
            Exit::expired);
  const Revocation foreign{crypto::Digest{9}, t0, "counsel1", "revoked"};
  EXPECT_EQ(w.check(file, t0 + 6h, {foreign})->until(), w.body.not_after);
  const Revocation after_end{id, w.body.not_after + 1h, "x", "too late"};
  EXPECT_EQ(w.check(file, t0 + 6h, {after_end})->until(), w.body.not_after);
}

TEST(Revocation, ListIsCheckedAndCannotBeRolledBack) {
  const World w;
  const Revocation stop{grant_id(w.body), t0 + 5h, "counsel1", "early stop"};
  const std::string text = issue_revocations(w.list({stop}, 7), w.desk);
  const auto list = verify_revocations(view_of(text), w.roots, 7);
  ASSERT_TRUE(list) << to_text(list.error());
  EXPECT_EQ(list->entries.size(), 1u);
  EXPECT_TRUE(verify_revocations(view_of(text), w.roots, 6));
  EXPECT_EQ(verify_revocations(view_of(text), w.roots, 8).error().exit, Exit::refused);
  for (std::size_t bit = 0; bit < text.size() * 8; bit += std::getenv("WRIT_LONG") ? 1 : 3) {
    std::string bad = text;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(verify_revocations(view_of(bad), w.roots, 7)) << bit;
  }
  RevocationList by_probe = w.list({}, 8);
  by_probe.issuer_cert = w.cert("probe-1", {Role::probe}, w.desk.public_key());
  EXPECT_EQ(verify_revocations(view_of(issue_revocations(by_probe, w.desk)), w.roots, 0).error().exit,
            Exit::refused);
  EXPECT_FALSE(verify_revocations(view_of(issue_revocations(w.list(), w.probe)), w.roots, 0));
  const World other;
  EXPECT_FALSE(verify_revocations(view_of(text), other.roots, 0));
}

TEST(Revocation, WithoutThisCarriersListNothingIsJudged) {
  const World w;
  const std::string file = *w.issue();
  RevocationList other = w.list();
  other.carrier = "Another Carrier";
  EXPECT_FALSE(verify_grant(view_of(file), {&w.roots, nullptr, w.probe.public_key(), t0 + 3h}));
  EXPECT_FALSE(verify_grant(view_of(file), {&w.roots, &other, w.probe.public_key(), t0 + 3h}));
  EXPECT_FALSE(verify_grant(view_of(file), {nullptr, &other, w.probe.public_key(), t0 + 3h}));
}

TEST(Certify, NeedsBothRootKeysAndLawfulStaffing) {
  const World w;
  const RoleCert c = w.unsigned_cert("erin", {Role::counsel, Role::custodian}, w.probe.public_key());
  EXPECT_TRUE(certify(c, w.roots, w.root_a, w.root_b));
  expect_refusal(certify(c, w.roots, w.root_a, w.root_a).error(), "one root twice");
  expect_refusal(certify(c, w.roots, w.root_b, w.root_a).error(), "exchanged");
  RoleCert both = c;
  both.roles = {Role::counsel, Role::officer};
  expect_refusal(certify(both, w.roots, w.root_a, w.root_b).error(), "two approvers in one");
  // Even when both root holders sign it, the verifier refuses the combination.
  both = *certify(c, w.roots, w.root_a, w.root_b);
  both.roles = {Role::counsel, Role::officer};
  const std::string text = canonical(body_json(both));
  both.by_a = w.root_a.sign("writ.role-cert/1", view_of(text));
  both.by_b = w.root_b.sign("writ.role-cert/1", view_of(text));
  expect_refusal(verify_cert(both, w.roots, Role::counsel, t0).error(), "signed combination");
}

TEST(Staffing, TableIsTheDesigns) {
  constexpr std::array alone{Role::auditor, Role::admin, Role::desk, Role::probe};
  constexpr std::array all{Role::root,       Role::intake,    Role::counsel, Role::officer,
                           Role::technician, Role::custodian, Role::finance, Role::auditor,
                           Role::admin,      Role::desk,      Role::probe};
  for (const Role a : alone)
    for (const Role b : all) EXPECT_EQ(may_combine(a, b), a == b) << to_string(a) << to_string(b);
  for (const Role a : all)
    for (const Role b : all) EXPECT_EQ(may_combine(a, b), may_combine(b, a));
  const std::set<std::pair<Role, Role>> forbidden{{Role::counsel, Role::officer},
                                                  {Role::counsel, Role::technician},
                                                  {Role::officer, Role::technician},
                                                  {Role::intake, Role::counsel}};
  for (const Role a : {Role::root, Role::intake, Role::counsel, Role::officer, Role::technician,
                       Role::custodian, Role::finance})
    for (const Role b : {Role::root, Role::intake, Role::counsel, Role::officer, Role::technician,
                         Role::custodian, Role::finance})
      EXPECT_EQ(may_combine(a, b), !forbidden.contains({a, b}) && !forbidden.contains({b, a}))
          << to_string(a) << to_string(b);
  // The plan's two associates and a technician run it.
  EXPECT_TRUE(check_staffing({Role::counsel, Role::root, Role::custodian}));
  EXPECT_TRUE(check_staffing({Role::officer, Role::intake, Role::root, Role::custodian, Role::finance}));
  EXPECT_TRUE(check_staffing({Role::technician, Role::custodian}));
  EXPECT_FALSE(check_staffing({}));
  EXPECT_FALSE(check_staffing({Role::intake, Role::intake}));
  for (const Role r : all) EXPECT_NE(staffing_table().find(to_string(r)), std::string::npos);
}

TEST(KeyFile, OpensWithItsPassphraseOnlyAndUnchangedOnly) {
  const Person p{"erin", {}, {}};
  const std::string file = lock_person(p, "correct horse");
  EXPECT_EQ(read_person_public(file)->verify, p.sign.public_key());
  const auto opened = unlock_person(file, "correct horse");
  ASSERT_TRUE(opened) << to_text(opened.error());
  EXPECT_EQ(opened->sign.public_key(), p.sign.public_key());
  EXPECT_EQ(opened->box.public_key(), p.box.public_key());
  const auto wrong = unlock_person(file, "correct horsf");
  ASSERT_FALSE(wrong);
  expect_refusal(wrong.error(), "passphrase");
  std::string renamed = file;
  renamed.replace(renamed.find("\"erin\""), 6, "\"adam\"");
  EXPECT_EQ(unlock_person(renamed, "correct horse").error().exit, Exit::integrity);
  EXPECT_EQ(file.find(crypto::hex(p.sign.seed())), std::string::npos);
}

TEST(Roots, ReadBackAndAreTwo) {
  const World w;
  const auto back = parse_roots(to_json(w.roots));
  ASSERT_TRUE(back);
  EXPECT_EQ(fingerprint(*back), fingerprint(w.roots));
  EXPECT_EQ(fingerprint(w.roots).size(), 64u + 15u);
  TrustRoots one = w.roots;
  one.b = one.a;
  EXPECT_FALSE(parse_roots(to_json(one)));
}

// A signature of ours is an ordinary Ed25519 signature: another program, another library.
TEST(Openssl, VerifiesAnActOutsideOurCode) {
  ASSERT_EQ(std::system("openssl version >/dev/null 2>&1"), 0) << "scripts/deps.sh test installs openssl";
  const World w;
  const SignedAct a = w.acts()[0];
  Json j = to_json(a);
  j.erase("signature");
  Bytes message = bytes_of("writ.act/1");
  message.push_back(0);
  put_bytes(message, view_of(canonical(j)));
  Bytes spki = *crypto::unhex("302a300506032b6570032100");  // RFC 8410: SubjectPublicKeyInfo of Ed25519
  put_bytes(spki, a.key.k);
  const fs::path dir = fs::path(testing::TempDir()) / ("writ_openssl." + std::to_string(::getpid()));
  fs::create_directories(dir);
  ASSERT_TRUE(write_file(dir / "key.der", spki));
  ASSERT_TRUE(write_file(dir / "sig", View{a.signature}));
  const auto accepts = [&](const Bytes& m) {
    EXPECT_TRUE(write_file(dir / "msg", m));
    const std::string d = dir.string();
    return std::system(("openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey " + d +
                        "/key.der -sigfile " + d + "/sig -in " + d + "/msg >/dev/null 2>&1")
                           .c_str()) == 0;
  };
  EXPECT_TRUE(accepts(message));
  message.back() ^= 1;
  EXPECT_FALSE(accepts(message));
  fs::remove_all(dir);
}
}  // namespace
}  // namespace writ::authority
