// SPDX-License-Identifier: GPL-3.0-or-later
// The lawful path, tried from every side: what must be refused is a row; a row counts because the same world
// without the defect is accepted.
#include <gtest/gtest.h>

#include "authority/test_world.hh"

namespace writ::authority {
namespace {

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
      {"From trusted at some inputs",
       [](GrantBody& b) {
         b.trust_from_at = {"UDP:192.0.2.1:9060", "eth1"};
       }},
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
      {"From trusted everywhere and at some inputs",
       [](GrantBody& b) { b.trust_from = true, b.trust_from_at = {"eth1"}; }},
      {"trusted inputs unsorted",
       [](GrantBody& b) {
         b.trust_from_at = {"eth2", "eth1"};
       }},
      {"trusted input twice",
       [](GrantBody& b) {
         b.trust_from_at = {"eth1", "eth1"};
       }},
      {"trusted input without a name", [](GrantBody& b) { b.trust_from_at = {""}; }},
      {"trusted input with a blank", [](GrantBody& b) { b.trust_from_at = {"eth 1"}; }},
      {"trusted input of 65 bytes", [](GrantBody& b) { b.trust_from_at = {std::string(65, 'e')}; }},
      {"too many trusted inputs",
       [](GrantBody& b) {
         for (int i = 10; i < 43; ++i) b.trust_from_at.push_back("eth" + std::to_string(i));
       }},
      {"trusted peer twice",
       [](GrantBody& b) {
         b.trusted_peers = {"192.0.2.1", "192.0.2.1"};
       }},
  };
  return rows;
}

// What was signed before there were lists of inputs stays as it was, to the byte.
TEST(GrantBody, WithoutTrustedInputsTheBytesAreThoseOfBefore) {
  GrantBody b;
  b.carrier = "Example Hospitality Voice";
  b.matter = "M-2026-0001";
  b.targets = {{Target::Type::e164, "+14045550102", "", {}}};
  b.probe_name = "probe-1";
  b.not_before = t0;
  b.not_after = t0 + 24h;
  b.trust_from = true;
  const std::string none(64, '0');
  EXPECT_EQ(
      canonical(to_json(b)),
      R"({"basis":"pen-trap","call_data_to":[],"carrier":"Example Hospitality Voice","content_to":[],"document_sha256":")" +
          none +
          R"(","kind":"pen","matter":"M-2026-0001","not_after":"2026-11-03T09:00:00.000000Z","not_before":"2026-11-02T09:00:00.000000Z","post_cut_through_digits":false,"probe":")" +
          none + R"(","probe_name":"probe-1","request_sha256":")" + none +
          R"(","schema":"writ.grant/1","sequence":1,"targets":[{"type":"e164","value":"+14045550102"}],"trust_from":true,"trusted_peers":[]})");
  EXPECT_EQ(crypto::hex(grant_id(b)), "0b29b38224c6410514ef20c2fb57edb9f80e1f1f0d7c42a9fbeee68b52bf4244");
  b.trust_from = false;
  b.trust_from_at = {"UDP:192.0.2.1:9060", "eth1"};
  const Json with = to_json(b);
  EXPECT_EQ(with["trust_from_at"], Json::array({"UDP:192.0.2.1:9060", "eth1"}));
  const auto back = parse_grant_body(with);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->trust_from_at, b.trust_from_at);
  Json empty = with;
  empty["trust_from_at"] = Json::array();
  EXPECT_FALSE(parse_grant_body(empty)) << "one text for each grant";
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
}  // namespace
}  // namespace writ::authority
