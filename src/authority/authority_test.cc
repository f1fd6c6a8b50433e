// SPDX-License-Identifier: GPL-3.0-or-later
// The lawful path, tried from every side: what must be refused is a row; a row counts because the same world
// without the defect is accepted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "authority/grant_file.hh"
#include "base/io.hh"

namespace writ::authority {
namespace {

using namespace std::chrono_literals;

const Instant t0 = *parse_rfc3339("2026-11-02T09:00:00Z");

// A carrier with everybody it needs, and a grant that is right: each test breaks one thing.
struct World {
  crypto::SigningKey root_a, root_b, desk;
  TrustRoots roots;
  std::array<Person, 3> people{Person{"counsel1", {}, {}}, Person{"officer1", {}, {}},
                               Person{"tech1", {}, {}}};
  std::array<std::vector<Role>, 3> roles{{{Role::counsel}, {Role::officer}, {Role::technician}}};
  crypto::BoxKey box;
  crypto::SigningKey probe;
  GrantBody body;
  std::vector<RoleCert> certs;  // of the three
  RoleCert desk_cert;
  std::array<Instant, 3> times{t0, t0 + 1h, t0 + 2h};

  World() {
    roots = {"Example Hospitality Voice", root_a.public_key(), root_b.public_key(), box.public_key()};
    for (std::size_t i = 0; i < 3; ++i)
      certs.push_back(cert(people[i].user, roles[i], people[i].sign.public_key()));
    desk_cert = cert("desk", {Role::desk}, desk.public_key());
    body.carrier = roots.carrier;
    body.matter = "M-2026-0001";
    body.kind = Kind::content;
    body.basis = Basis::title_iii;
    body.targets = {{Target::Type::e164, "+14045550102", "", {}},
                    {Target::Type::extension, "214", "EX-1001", {"pbx.example.net", "192.0.2.7"}}};
    body.probe_name = "probe-1";
    body.probe = probe.public_key();
    body.not_before = t0;
    body.not_after = t0 + std::chrono::days{30};
    body.document_sha256.fill(1);
    body.request_sha256.fill(2);
    body.call_data_to = {box.public_key()};
    body.content_to = {box.public_key()};
    body.trusted_peers = {"192.0.2.1", "2001:db8::1"};
  }
  RoleCert unsigned_cert(const std::string& user, std::vector<Role> r, const crypto::VerifyKey& key) const {
    return {roots.carrier,
            user,
            std::move(r),
            key,
            box.public_key(),
            t0 - 24h,
            t0 + std::chrono::days{365},
            {},
            {}};
  }
  RoleCert cert(const std::string& user, std::vector<Role> r, const crypto::VerifyKey& key) const {
    return *certify(unsigned_cert(user, std::move(r), key), roots, root_a, root_b);
  }
  std::vector<SignedAct> acts() const {
    std::vector<SignedAct> out;
    constexpr std::array names{Act::legal_authorisation, Act::carrier_authorisation, Act::arming};
    for (std::size_t i = 0; i < 3; ++i)
      out.push_back(sign_act(names[i], people[i], grant_id(body), times[i]));
    return out;
  }
  Result<std::string> issue() const { return issue_grant(body, acts(), certs, desk_cert, desk, roots); }
  // As a desk that checks nothing would do.
  std::string forge(const std::vector<SignedAct>& a) const {
    GrantFile f{body, a, certs, desk.public_key(), {}};
    f.certs.push_back(desk_cert);
    f.issuer_signature = desk.sign(issuer_domain, view_of(issuer_text(f.body, f.acts)));
    return canonical(to_json(f));
  }
  RevocationList list(std::vector<Revocation> entries = {}, std::uint64_t sequence = 1) const {
    return {roots.carrier, sequence, t0, std::move(entries), desk_cert, {}};
  }
  Result<VerifiedGrant> check(std::string_view file, Instant now = t0 + 3h,
                              std::vector<Revocation> stops = {}) const {
    const RevocationList revocations = list(std::move(stops));
    return verify_grant(view_of(file), {&roots, &revocations, probe.public_key(), now});
  }
};

void expect_refusal(const Error& e, const std::string& row) {
  EXPECT_EQ(e.exit, Exit::refused) << row << "\n" << to_text(e);
  EXPECT_FALSE(e.what.empty() || e.rule.empty() || e.missing.empty() || e.next.empty()) << row << "\n"
                                                                                        << to_text(e);
}

TEST(Grant, OfThreePeopleIsAccepted) {
  const World w;
  const auto file = w.issue();
  ASSERT_TRUE(file) << to_text(file.error());
  const auto g = w.check(*file);
  ASSERT_TRUE(g) << to_text(g.error());
  EXPECT_EQ(g->id(), grant_id(w.body));
  EXPECT_EQ(g->from(), t0 + 2h) << "the technician's act comes after not_before";
  EXPECT_EQ(g->until(), w.body.not_after);
  EXPECT_FALSE(g->covers(g->from() - 1ns));
  EXPECT_TRUE(g->covers(g->from()));
  EXPECT_TRUE(g->covers(g->until() - 1ns));
  EXPECT_FALSE(g->covers(g->until()));
  EXPECT_EQ(canonical(to_json(*parse_grant_file(view_of(*file)))), *file);
}

TEST(Grant, MayBeLoadedBeforeItsWindowOpens) {
  World w;
  w.body.not_before = t0 + 48h;
  const auto g = w.check(*w.issue());
  ASSERT_TRUE(g) << to_text(g.error());
  EXPECT_EQ(g->from(), t0 + 48h);
}

TEST(Grant, EveryFlippedBitIsRefused) {
  const World w;
  const std::string good = *w.issue();
  const RevocationList none = w.list();
  const GrantCheck check{&w.roots, &none, w.probe.public_key(), t0 + 3h};
  ASSERT_TRUE(verify_grant(view_of(good), check));
  // One bit of every byte; all bits, a minute's work, with WRIT_LONG.
  const bool is_long = std::getenv("WRIT_LONG") != nullptr;
  std::size_t refused = 0, tried = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    if (!is_long && bit % 8 != (bit / 8 * 5 + 3) % 8) continue;
    ++tried;
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto r = verify_grant(view_of(bad), check);
    if (!r && r.error().exit == Exit::refused) ++refused;
  }
  EXPECT_EQ(refused, tried);
  EXPECT_GE(tried, good.size());
  RecordProperty("bits", static_cast<int>(tried));
}

TEST(Grant, TruncatedOrExtendedIsRefused) {
  const World w;
  const std::string good = *w.issue();
  for (std::size_t n = 0; n < good.size(); n += 17) EXPECT_FALSE(w.check(good.substr(0, n)));
  EXPECT_FALSE(w.check(good + "\n"));
  EXPECT_FALSE(w.check(" " + good));
  EXPECT_FALSE(w.check(std::string(limits::order_file_bytes_max + 1, 'a')));
}

struct BodyRow {
  const char* name;
  std::function<void(GrantBody&)> change;
};

void as_pen(GrantBody& b) {
  b.kind = Kind::pen_trap;
  b.basis = Basis::pen_trap;
  b.content_to.clear();
}

Target e164(std::string v) { return {Target::Type::e164, std::move(v), "", {}}; }
Target uri(std::string v) { return {Target::Type::uri, std::move(v), "", {}}; }
Target extension(std::string v, std::string p, std::vector<std::string> h) {
  return {Target::Type::extension, std::move(v), std::move(p), std::move(h)};
}

const std::vector<BodyRow>& lawful_bodies() {
  static const std::vector<BodyRow> rows{
      {"pen register", [](GrantBody& b) { as_pen(b), b.kind = Kind::pen; }},
      {"trap and trace", [](GrantBody& b) { as_pen(b), b.kind = Kind::trap; }},
      {"pen/trap of exactly 60 days",
       [](GrantBody& b) { as_pen(b), b.not_after = b.not_before + std::chrono::days{60}; }},
      {"wiretap of exactly 30 days",
       [](GrantBody& b) { b.not_after = b.not_before + std::chrono::days{30}; }},
      {"emergency of exactly 48 h",
       [](GrantBody& b) { b.basis = Basis::emergency_title_iii, b.not_after = b.not_before + 48h; }},
      {"emergency pen/trap of exactly 48 h",
       [](GrantBody& b) {
         as_pen(b), b.basis = Basis::emergency_pen_trap, b.not_after = b.not_before + 48h;
       }},
      {"renewal", [](GrantBody& b) { b.sequence = 2, b.previous = crypto::Digest{7}; }},
      {"digits on a wiretap", [](GrantBody& b) { b.post_cut_through_digits = true; }},
      {"URI targets",
       [](GrantBody& b) {
         b.targets = {uri("214@[2001:db8::7]"), uri("room.214@pbx.example.net")};
       }},
      {"shortest and longest numbers",
       [](GrantBody& b) {
         b.targets = {e164("+1234567"), e164("+123456789012345")};
       }},
  };
  return rows;
}

const std::vector<BodyRow>& unlawful_bodies() {
  static const std::vector<BodyRow> rows{
      {"other carrier", [](GrantBody& b) { b.carrier = "Another Carrier"; }},
      {"no matter", [](GrantBody& b) { b.matter = ""; }},
      {"no probe name", [](GrantBody& b) { b.probe_name = ""; }},
      {"control character in matter", [](GrantBody& b) { b.matter = "M\n1"; }},
      {"content on pen/trap basis", [](GrantBody& b) { b.basis = Basis::pen_trap; }},
      {"content on emergency pen/trap basis", [](GrantBody& b) { b.basis = Basis::emergency_pen_trap; }},
      {"pen on wiretap basis", [](GrantBody& b) { as_pen(b), b.basis = Basis::title_iii; }},
      {"content without recipient", [](GrantBody& b) { b.content_to.clear(); }},
      {"pen with recipient of content", [](GrantBody& b) { as_pen(b), b.content_to = b.call_data_to; }},
      {"trap with recipient of content",
       [](GrantBody& b) { as_pen(b), b.kind = Kind::trap, b.content_to = b.call_data_to; }},
      {"pen with post-cut-through digits", [](GrantBody& b) { as_pen(b), b.post_cut_through_digits = true; }},
      {"no recipient of call data", [](GrantBody& b) { b.call_data_to.clear(); }},
      {"recipient twice", [](GrantBody& b) { b.call_data_to.push_back(b.call_data_to[0]); }},
      {"no document", [](GrantBody& b) { b.document_sha256 = {}; }},
      {"no request", [](GrantBody& b) { b.request_sha256 = {}; }},
      {"sequence 0", [](GrantBody& b) { b.sequence = 0; }},
      {"first with previous", [](GrantBody& b) { b.previous = crypto::Digest{7}; }},
      {"emergency extended",
       [](GrantBody& b) {
         b.basis = Basis::emergency_title_iii, b.not_after = b.not_before + 48h, b.sequence = 2;
         b.previous = crypto::Digest{7};
       }},
      {"wiretap 30 days and 1 ns",
       [](GrantBody& b) { b.not_after = b.not_before + std::chrono::days{30} + 1ns; }},
      {"pen/trap 60 days and 1 ns",
       [](GrantBody& b) { as_pen(b), b.not_after = b.not_before + std::chrono::days{60} + 1ns; }},
      {"emergency 48 h and 1 ns",
       [](GrantBody& b) { b.basis = Basis::emergency_title_iii, b.not_after = b.not_before + 48h + 1ns; }},
      {"emergency pen/trap 48 h and 1 ns",
       [](GrantBody& b) {
         as_pen(b), b.basis = Basis::emergency_pen_trap, b.not_after = b.not_before + 48h + 1ns;
       }},
      {"empty window", [](GrantBody& b) { b.not_after = b.not_before; }},
      {"window backwards", [](GrantBody& b) { b.not_after = b.not_before - 1h; }},
      {"window of all time",
       [](GrantBody& b) { b.not_before = Instant::min(), b.not_after = Instant::max(); }},
      {"no target", [](GrantBody& b) { b.targets.clear(); }},
      {"unsorted targets", [](GrantBody& b) { std::swap(b.targets[0], b.targets[1]); }},
      {"target twice",
       [](GrantBody& b) {
         b.targets = {b.targets[0], b.targets[0]};
       }},
      {"too many targets",
       [](GrantBody& b) {
         b.targets.clear();
         for (int i = 0; i < 65; ++i) b.targets.push_back(e164("+14045550" + std::to_string(100 + i)));
       }},
      {"trusted peer by name", [](GrantBody& b) { b.trusted_peers = {"pbx.example.net"}; }},
      {"trusted peer as a network", [](GrantBody& b) { b.trusted_peers = {"192.0.2.0/24"}; }},
      {"trusted peer twice",
       [](GrantBody& b) {
         b.trusted_peers = {"192.0.2.1", "192.0.2.1"};
       }},
  };
  return rows;
}

TEST(GrantBody, LawfulRowsAreIssuedAndAccepted) {
  for (const BodyRow& row : lawful_bodies()) {
    World w;
    row.change(w.body);
    const auto file = w.issue();
    ASSERT_TRUE(file) << row.name << "\n" << to_text(file.error());
    EXPECT_TRUE(w.check(*file)) << row.name;
  }
}

TEST(GrantBody, UnlawfulRowsAreNeitherIssuedNorAcceptedFromADeskThatIssuedThem) {
  for (const BodyRow& row : unlawful_bodies()) {
    World w;
    row.change(w.body);
    const auto file = w.issue();
    ASSERT_FALSE(file) << row.name;
    expect_refusal(file.error(), row.name);
    if (std::string_view(row.name).find("1 ns") == std::string_view::npos) {
      const auto g = w.check(w.forge(w.acts()));
      ASSERT_FALSE(g) << row.name;
      expect_refusal(g.error(), row.name);
    }
  }
}

TEST(GrantBody, CapsHoldInTheFieldToTheMicrosecond) {
  World w;
  w.body.not_after += 1us;
  EXPECT_FALSE(w.check(w.forge(w.acts())));
}

TEST(GrantBody, InexactTargetsAreRefused) {
  for (const Target& t : {e164("14045550102"),
                          e164("+1404555*"),
                          e164("+140455"),
                          e164("+1404555010212345"),
                          e164("+1 4045550102"),
                          e164("+04045550102"),
                          e164("+"),
                          e164(""),
                          uri("*@example.net"),
                          uri("214@*.example.net"),
                          uri("21?@example.net"),
                          uri("21%@example.net"),
                          uri("@example.net"),
                          uri("214@"),
                          uri("214"),
                          uri("214@Example.net"),
                          uri("a@b@example.net"),
                          uri("sip:214@example.net"),
                          uri("21[0-9]@example.net"),
                          uri("214@example..net"),
                          uri("214@[::0001]"),
                          extension("", "EX-1001", {"192.0.2.7"}),
                          extension("21*", "EX-1001", {"192.0.2.7"}),
                          extension("214-219", "EX-1001", {"192.0.2.7"}),
                          extension("214", "", {"192.0.2.7"}),
                          extension("214", "EX-1001", {}),
                          extension("214", "EX-1001", {"*"}),
                          extension("214", "EX-1001", {"192.0.2.0/24"}),
                          extension("214", "EX-1001", {"192.0.2.7", "192.0.2.7"})}) {
    World w;
    w.body.targets = {t};
    const auto file = w.issue();
    ASSERT_FALSE(file) << t.value;
    expect_refusal(file.error(), t.value);
    EXPECT_TRUE(t.value.size() < 4 || to_text(file.error()).find(t.value) == std::string::npos)
        << "no target in logs";
    EXPECT_FALSE(w.check(w.forge(w.acts()))) << t.value;
  }
}

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
  if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl program";
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
