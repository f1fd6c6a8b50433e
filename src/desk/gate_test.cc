// SPDX-License-Identifier: GPL-3.0-or-later
// Every way around the three people that we could think of, one row each. A row begins at a stage of the
// lawful path, alters or leaves out something, and does an act. The act must be refused, and the auditor must
// find the refusal in the log. Add rows freely.
#include <gmock/gmock.h>

#include "desk/test_desk.hh"
#include "vault/matter_keys.hh"

namespace writ::desk::testing {
namespace {

using Refusal = std::optional<Error>;
template <class T>
Refusal of(const Result<T>& r) {
  return r ? Refusal{} : Refusal{r.error()};
}

Refusal approve(Desk& d, const std::string& user) { return of(d.requests().approve(matter, "", who(user))); }
Refusal authorise(Desk& d, const std::string& user) {
  return of(d.intercepts().authorise(matter, who(user)));
}
Refusal arm(Desk& d, const std::string& user) { return of(d.intercepts().arm(matter, d.out(), who(user))); }

RootPair roots(Desk& d) { return std::move(*unlock_roots(d.data(), d.carrier().roots(), both_roots())); }

void insert_user(Desk& d, const authority::Person& p, const std::string& passphrase,
                 const authority::RoleCert& cert) {
  auto db = store::Database::open(d.data() / "store.db");
  auto put = db->prepare("INSERT OR REPLACE INTO users(name, key_file, cert) VALUES(?,?,?)");
  put->bind(1, p.user)
      .bind(2, authority::lock_person(p, passphrase))
      .bind(3, canonical(authority::to_json(cert)));
  ASSERT_TRUE(put->run());
}

authority::RoleCert unsigned_cert(Desk& d, const authority::Person& p, Role role) {
  authority::RoleCert c;
  c.carrier = d.carrier().roots().carrier;
  c.user = p.user;
  c.roles = {role};
  c.verify = p.sign.public_key();
  c.box = p.box.public_key();
  c.not_before = d.clock.now() - 1h;
  c.not_after = d.clock.now() + std::chrono::days{365};
  return c;
}

void sign_cert(authority::RoleCert& c, const crypto::SigningKey& a, const crypto::SigningKey& b) {
  const std::string body = canonical(authority::body_json(c));
  c.by_a = a.sign("writ.role-cert/1", view_of(body));
  c.by_b = b.sign("writ.role-cert/1", view_of(body));
}

enum class Signers { first_root, invented, administrator };

// A person that somebody with the database wrote into it.
void invent(Desk& d, const std::string& user, Role role, Signers signers) {
  const authority::Person p{user, {}, {}};
  authority::RoleCert c = unsigned_cert(d, p, role);
  if (signers == Signers::first_root) {
    const RootPair pair = roots(d);
    sign_cert(c, pair.a.sign, pair.a.sign);
  } else {
    const crypto::SigningKey x, y;
    sign_cert(c, x, signers == Signers::administrator ? x : y);
  }
  insert_user(d, p, who(user).passphrase, c);
}

// Signed by both roots, but with a window of the test's choice.
void certify_for(Desk& d, const std::string& user, Role role, Instant from, Instant until) {
  const authority::Person p{user, {}, {}};
  authority::RoleCert c = unsigned_cert(d, p, role);
  c.not_before = from;
  c.not_after = until;
  const RootPair pair = roots(d);
  sign_cert(c, pair.a.sign, pair.b.sign);
  insert_user(d, p, who(user).passphrase, c);
}

// The root holders certify one key under a second name (misled: two names, one person).
void alias(Desk& d, const std::string& user, const std::string& of_user, Role role) {
  auto person = authority::unlock_person(d.value("SELECT key_file FROM users WHERE name='" + of_user + "'"),
                                         who(of_user).passphrase);
  ASSERT_TRUE(person);
  person->user = user;
  authority::RoleCert c = unsigned_cert(d, *person, role);
  const RootPair pair = roots(d);
  sign_cert(c, pair.a.sign, pair.b.sign);
  insert_user(d, *person, who(user).passphrase, c);
}

void replace_in_file(const fs::path& p, std::size_t at) {
  auto bytes = read_file(p);
  ASSERT_TRUE(bytes);
  ASSERT_GT(bytes->size(), at);
  (*bytes)[at] ^= 1;
  ASSERT_TRUE(write_file(p, *bytes));
}

fs::path document(Desk& d) { return d.data() / "documents" / d.value("SELECT document_sha256 FROM orders"); }

// A scan of other content, entered in place of the first by somebody with the store.
void swap_document(Desk& d) {
  const Bytes other = read_file(source_dir / "sandbox" / "pen-order.pdf").value();
  const std::string hash = crypto::hex(crypto::sha256(other));
  ASSERT_TRUE(write_file(d.data() / "documents" / hash, other));
  d.sql("UPDATE orders SET document_sha256='" + hash + "', request=json_set(request,'$.document_sha256','" +
        hash + "')");
}

void edit_grant_body(Desk& d, const std::string& from, const std::string& to) {
  d.sql("UPDATE grants SET body=replace(body,'" + from + "','" + to + "') WHERE instr(body,'" + from +
        "')>0");
}

// The edited body with an id that fits it: only the signatures can tell.
void edit_grant_body_and_id(Desk& d) {
  edit_grant_body(d, "+14045550102", "+14045550103");
  const auto body =
      authority::parse_grant_body(*parse_json(view_of(d.value("SELECT body FROM grants")), "body"));
  ASSERT_TRUE(body);
  d.sql("UPDATE grants SET id='" + crypto::hex(authority::grant_id(*body)) + "'");
}

void jump(Desk& d, const std::string& state, const std::vector<std::pair<std::string, std::string>>& steps) {
  d.sql("UPDATE orders SET state='" + state + "'");
  for (const auto& [step, user] : steps)
    d.sql("INSERT INTO steps(matter, number, step, user, at) VALUES('" + matter + "',1,'" + step + "','" +
          user + "','2026-11-25T03:00:00Z')");
}

void swap_vault_key(Desk& d) {
  ASSERT_TRUE(vault::destroy_matter_keys(d.data() / "vault", matter));
  std::vector<vault::Custodian> own;
  for (int i = 0; i < 3; ++i) own.push_back({fmt::format("custodian-{}", i), crypto::BoxKey{}.public_key()});
  const std::array<crypto::BoxPublic, 2> recovery{crypto::BoxKey{}.public_key(),
                                                  crypto::BoxKey{}.public_key()};
  for (const char* stream : {"call-data", "content"})
    ASSERT_TRUE(vault::make_matter_key(d.data() / "vault", matter, stream, own, recovery));
}

void change_certification_key(Desk& d) {
  ASSERT_TRUE(d.intercepts().certify(matter, who("officer-1")));
  const crypto::SigningKey own;
  auto cert = *stored_certification(d.carrier(), matter);
  const std::string statement = canonical(produce::certification_statement(cert));
  d.sql("UPDATE certifications SET body=json_set(body,'$.key','" + own.public_key().text() +
        "','$.signature','" + crypto::hex(own.sign("writ.certification/1", view_of(statement))) + "')");
}

Refusal produce_as(Desk& d, const std::string& a, const std::string& b) {
  return of(d.productions().make(matter, d.out(), {}, {who(a), who(b)}));
}

// Evidence in the house and certified; what is left is to open it.
void collect(Desk& d) {
  const auto captured = d.capture();
  ASSERT_TRUE(captured) << captured.error().what;
  ASSERT_TRUE(d.intercepts().import(matter, d.probe(), who("technician-1")));
  ASSERT_TRUE(d.intercepts().certify(matter, who("officer-1")));
}

fs::path first_segment(const fs::path& under) {
  for (const auto& e : fs::recursive_directory_iterator(under))
    if (e.path().extension() == ".seg") return e.path();
  return {};
}

struct Row {
  const char* name;
  Stage stage;
  Refusal (*act)(Desk&);
  Exit exit = Exit::refused;
};

void call_clerk(Desk& d, Outcome outcome) {
  const auto called =
      OrderCheck{d.carrier()}.verify(matter, {clerk, "deputy clerk", outcome, false}, acting(d, "intake-1"));
  ASSERT_TRUE(called) << to_text(called.error());
}

const Row rows[] = {
    // The clerk of the court, and a second contact of the agency.
    {"order that nobody confirmed", Stage::people, [](Desk& d) { EXPECT_TRUE(d.file_only({})); return approve(d, "counsel-1"); }},
    {"extension that nobody confirmed", Stage::armed,
     [](Desk& d) { EXPECT_TRUE(d.file_only({.instrument = "EX-WT-2", .extends = matter})); return approve(d, "counsel-1"); }},
    {"clerk not reached", Stage::people, [](Desk& d) { EXPECT_TRUE(d.file_only({})); call_clerk(d, Outcome::not_reached); return approve(d, "counsel-1"); }},
    {"clerk denies the order", Stage::people, [](Desk& d) { EXPECT_TRUE(d.file_only({})); call_clerk(d, Outcome::denied); return approve(d, "counsel-1"); }},
    {"clerk denies it later", Stage::filed, [](Desk& d) { call_clerk(d, Outcome::denied); return approve(d, "counsel-1"); }},
    {"nobody else was told", Stage::people, [](Desk& d) { EXPECT_TRUE(d.file_only({})); call_clerk(d, Outcome::confirmed); return approve(d, "counsel-1"); }},
    {"who asked is the second contact", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file_only({})); return of(OrderCheck{d.carrier()}.tell(matter, sheriff, "Case  officer", acting(d, "intake-1"))); }},
    {"who applied is the second contact", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file_only({})); return of(OrderCheck{d.carrier()}.tell(matter, sheriff, "District Attorney", acting(d, "intake-1"))); }},
    {"the agency is called for the court", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file_only({})); return of(OrderCheck{d.carrier()}.verify(matter, {sheriff, "watch commander", Outcome::confirmed, false}, acting(d, "intake-1"))); }},
    {"the court is told for the agency", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file_only({})); return of(OrderCheck{d.carrier()}.tell(matter, clerk, "deputy clerk", acting(d, "intake-1"))); }},
    {"counsel calls the clerk", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file_only({})); return of(OrderCheck{d.carrier()}.verify(matter, {clerk, "deputy clerk", Outcome::confirmed, false}, acting(d, "counsel-1"))); }},
    {"another court's clerk is called", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file_only({}));
       AgencyDirectory directory{d.carrier()};
       const auto added = directory.add(contact_of(ContactKind::court_clerk, "Superior Court of Other County", "Clerk", "+14045550183"), acting(d, "intake-1"));
       EXPECT_TRUE(directory.confirm(added->id, "main line", acting(d, "officer-1")));
       return of(OrderCheck{d.carrier()}.verify(matter, {added->id, "deputy clerk", Outcome::confirmed, false}, acting(d, "intake-1")));
     }},
    {"the clerk's number is the letter's, entered since", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file_only({}));
       AgencyDirectory directory{d.carrier()};
       const auto added = directory.add(contact_of(ContactKind::court_clerk, "Superior Court of Example County", "Clerk", "+14045550170"), acting(d, "intake-1"));
       EXPECT_TRUE(directory.confirm(added->id, "main line", acting(d, "officer-1")));
       d.clock.advance(1h);
       return of(OrderCheck{d.carrier()}.verify(matter, {added->id, "deputy clerk", Outcome::confirmed, false}, acting(d, "intake-1")));
     }},
    {"the confirmation of another filing", Stage::filed,
     [](Desk& d) { d.sql("UPDATE orders SET filed_at='2026-11-25T03:00:00.000001Z'"); return approve(d, "counsel-1"); }},
    {"the confirmation edited in the store", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file_only({}));
       call_clerk(d, Outcome::denied);
       d.sql("UPDATE case_acts SET body=replace(body,'\"act\":\"deny\"','\"act\":\"confirm\"') WHERE instr(body,'\"act\":\"deny\"')>0");
       return approve(d, "counsel-1");
     }, Exit::integrity},
    {"a denial taken out of the store", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file_only({}));
       call_clerk(d, Outcome::denied);
       d.sql("DELETE FROM case_acts WHERE seq=2 AND instr(body,'order-check')>0");
       return approve(d, "counsel-1");
     }},
    // A step left out, or out of order.
    {"authorise without counsel", Stage::filed, [](Desk& d) { return authorise(d, "officer-1"); }},
    {"arm a filed order", Stage::filed, [](Desk& d) { return arm(d, "technician-1"); }},
    {"arm without the officer", Stage::approved, [](Desk& d) { return arm(d, "technician-1"); }},
    {"certify what was never armed", Stage::authorised, [](Desk& d) { return of(d.intercepts().certify(matter, who("officer-1"))); }},
    {"invoice what was never armed", Stage::authorised, [](Desk& d) { return of(d.productions().invoice(matter, d.out() / "i.pdf", who("finance-1"))); }},
    {"extend what was never armed", Stage::authorised, [](Desk& d) { return of(d.file({.instrument = "EX-WT-2", .extends = matter})); }},
    {"extend what does not exist", Stage::people, [](Desk& d) { return of(d.file({.instrument = "EX-WT-2", .extends = "M-2026-0009"})); }},
    {"extend a wiretap by a pen register", Stage::armed,
     [](Desk& d) { return of(d.file({.kind = "pen-register", .instrument = "EX-WT-2", .extends = matter})); }},
    {"extend to another target", Stage::armed,
     [](Desk& d) {
       EXPECT_TRUE(d.file({.instrument = "EX-WT-2", .extends = matter, .target = "(404) 555-0103"}));
       return approve(d, "counsel-1");
     }},
    // The wrong person.
    {"counsel authorises for the carrier", Stage::approved, [](Desk& d) { return authorise(d, "counsel-1"); }},
    {"counsel arms", Stage::authorised, [](Desk& d) { return arm(d, "counsel-1"); }},
    {"officer arms", Stage::authorised, [](Desk& d) { return arm(d, "officer-1"); }},
    {"technician approves", Stage::filed, [](Desk& d) { return approve(d, "technician-1"); }},
    {"intake approves", Stage::filed, [](Desk& d) { return approve(d, "intake-1"); }},
    {"finance authorises", Stage::approved, [](Desk& d) { return authorise(d, "finance-1"); }},
    {"custodian arms", Stage::authorised, [](Desk& d) { return arm(d, "custodian-1"); }},
    {"admin approves", Stage::filed, [](Desk& d) { return approve(d, "admin-1"); }},
    {"admin authorises", Stage::approved, [](Desk& d) { return authorise(d, "admin-1"); }},
    {"admin arms", Stage::authorised, [](Desk& d) { return arm(d, "admin-1"); }},
    {"admin files", Stage::people, [](Desk& d) { return of(d.file({}, "admin-1")); }},
    {"auditor approves", Stage::filed, [](Desk& d) { return approve(d, "auditor-1"); }},
    {"auditor arms", Stage::authorised, [](Desk& d) { return arm(d, "auditor-1"); }},
    {"auditor stops", Stage::armed, [](Desk& d) { return of(d.intercepts().stop(matter, "x", d.out(), who("auditor-1"))); }},
    {"admin reads the log", Stage::people, [](Desk& d) { return of(AuditService{d.carrier()}.show("", who("admin-1"))); }},
    {"a root holder approves", Stage::filed, [](Desk& d) { return approve(d, "root-1"); }},
    {"the desk approves", Stage::filed, [](Desk& d) { return approve(d, "desk"); }},
    {"nobody approves", Stage::filed, [](Desk& d) { return approve(d, ""); }},
    {"a stranger approves", Stage::filed, [](Desk& d) { return approve(d, "stranger"); }},
    {"counsel files", Stage::people, [](Desk& d) { return of(d.file({}, "counsel-1")); }},
    {"wrong passphrase, counsel", Stage::filed, [](Desk& d) { return of(d.requests().approve(matter, "", {"counsel-1", "passphrase of counsel-2"})); }},
    {"wrong passphrase, officer", Stage::approved, [](Desk& d) { return of(d.intercepts().authorise(matter, {"officer-1", "not the passphrase"})); }},
    {"wrong passphrase, technician", Stage::authorised, [](Desk& d) { return of(d.intercepts().arm(matter, d.out(), {"technician-1", ""})); }},
    // One person in two places.
    {"one person as counsel and officer", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("both", "passphrase of both", {Role::counsel, Role::officer}, both_roots())); }},
    {"one person as officer and technician", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("both", "passphrase of both", {Role::officer, Role::technician}, both_roots())); }},
    {"one person as intake and counsel", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("both", "passphrase of both", {Role::intake, Role::counsel}, both_roots())); }},
    {"one person as admin and officer", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("both", "passphrase of both", {Role::admin, Role::officer}, both_roots())); }},
    {"officer files and authorises", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file({}, "officer-1"));
       EXPECT_FALSE(approve(d, "counsel-1"));
       return authorise(d, "officer-1");
     }},
    {"counsel again under the name of an officer", Stage::approved,
     [](Desk& d) {
       alias(d, "officer-9", "counsel-1", Role::officer);
       EXPECT_FALSE(authorise(d, "officer-9"));
       return arm(d, "technician-1");
     }},
    {"filer made to look like another", Stage::people,
     [](Desk& d) {
       EXPECT_TRUE(d.file({}, "officer-1"));
       d.sql("UPDATE orders SET filed_by='intake-1'");
       d.sql("UPDATE steps SET user='intake-1'");
       return approve(d, "counsel-1");
     },
     Exit::integrity},
    {"one root holder twice", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("new", "passphrase of new", {Role::officer}, {who("root-1"), who("root-1")})); }},
    {"one root holder alone", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("new", "passphrase of new", {Role::officer}, {who("root-1")})); }},
    {"an officer as root holder", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("new", "passphrase of new", {Role::officer}, {who("root-1"), who("officer-1")})); }},
    {"root holder with a wrong passphrase", Stage::people,
     [](Desk& d) { return of(d.carrier().add_user("new", "passphrase of new", {Role::officer}, {who("root-1"), {"root-2", "something else"}})); }},
    // People whom nobody certified.
    {"counsel certified by one root", Stage::filed,
     [](Desk& d) { invent(d, "counsel-9", Role::counsel, Signers::first_root); return approve(d, "counsel-9"); }},
    {"counsel certified by invented roots", Stage::filed,
     [](Desk& d) { invent(d, "counsel-9", Role::counsel, Signers::invented); return approve(d, "counsel-9"); }},
    {"three invented colleagues, the first", Stage::filed,
     [](Desk& d) { invent(d, "counsel-9", Role::counsel, Signers::administrator); return approve(d, "counsel-9"); }},
    {"three invented colleagues, the second", Stage::approved,
     [](Desk& d) { invent(d, "officer-9", Role::officer, Signers::administrator); return authorise(d, "officer-9"); }},
    {"three invented colleagues, the third", Stage::authorised,
     [](Desk& d) { invent(d, "technician-9", Role::technician, Signers::administrator); return arm(d, "technician-9"); }},
    {"counsel replaced after the act", Stage::approved,
     [](Desk& d) { invent(d, "counsel-1", Role::counsel, Signers::administrator); return authorise(d, "officer-1"); }},
    {"expired certificate", Stage::filed,
     [](Desk& d) { certify_for(d, "counsel-9", Role::counsel, d.clock.now() - 48h, d.clock.now() - 1h); return approve(d, "counsel-9"); }},
    {"certificate not valid yet", Stage::filed,
     [](Desk& d) { certify_for(d, "counsel-9", Role::counsel, d.clock.now() + 1h, d.clock.now() + 48h); return approve(d, "counsel-9"); }},
    {"certificate with an added role", Stage::approved,
     [](Desk& d) { d.sql("UPDATE users SET cert=replace(cert,'\"counsel\"','\"officer\"') WHERE name='counsel-1'"); return authorise(d, "counsel-1"); }},
    {"certificate prolonged by hand", Stage::filed,
     [](Desk& d) { d.sql("UPDATE users SET cert=replace(cert,'\"not_after\":\"203','\"not_after\":\"209') WHERE name='counsel-1'"); return approve(d, "counsel-1"); }},
    {"certificate that is no JSON", Stage::filed,
     [](Desk& d) { d.sql("UPDATE users SET cert='{' WHERE name='counsel-1'"); return approve(d, "counsel-1"); }},
    {"certificate of another person", Stage::filed,
     [](Desk& d) { d.sql("UPDATE users SET cert=(SELECT cert FROM users WHERE name='officer-1') WHERE name='counsel-1'"); return approve(d, "counsel-1"); }},
    {"key file of another person", Stage::approved,
     [](Desk& d) { d.sql("UPDATE users SET key_file=(SELECT key_file FROM users WHERE name='counsel-1') WHERE name='officer-1'");
       return of(d.intercepts().authorise(matter, {"officer-1", who("counsel-1").passphrase})); },
     Exit::integrity},
    {"key file with an own key", Stage::approved,
     [](Desk& d) {
       const std::string file = authority::lock_person(authority::Person{"officer-1", {}, {}}, "chosen by the admin");
       d.sql("UPDATE users SET key_file='" + file + "' WHERE name='officer-1'");
       return of(d.intercepts().authorise(matter, {"officer-1", "chosen by the admin"}));
     },
     Exit::integrity},
    {"key file that is no JSON", Stage::filed,
     [](Desk& d) { d.sql("UPDATE users SET key_file='x' WHERE name='counsel-1'"); return approve(d, "counsel-1"); }, Exit::integrity},
    // An altered order.
    {"order row altered before counsel", Stage::filed,
     [](Desk& d) { d.sql("UPDATE orders SET request=replace(request,'555-0102','555-0103')"); return approve(d, "counsel-1"); }, Exit::integrity},
    {"order row altered before the officer", Stage::approved,
     [](Desk& d) { d.sql("UPDATE orders SET request=replace(request,'555-0102','555-0103')"); return authorise(d, "officer-1"); }, Exit::integrity},
    {"order row altered before the technician", Stage::authorised,
     [](Desk& d) { d.sql("UPDATE orders SET request=replace(request,'extortion','jaywalking')"); return arm(d, "technician-1"); }, Exit::integrity},
    {"order row and its hash altered", Stage::filed,
     [](Desk& d) {
       d.sql("UPDATE orders SET request=replace(request,'555-0102','555-0103')");
       const auto changed = process::request_from_json(*parse_json(view_of(d.value("SELECT request FROM orders")), "r"));
       d.sql("UPDATE orders SET request_sha256='" + crypto::hex(*process::request_digest(*changed)) + "'");
       return approve(d, "counsel-1");
     },
     Exit::refused},  // the clerk's word was about the order with the other hash
    {"order row that is no JSON", Stage::approved,
     [](Desk& d) { d.sql("UPDATE orders SET request='{}'"); return authorise(d, "officer-1"); }, Exit::integrity},
    {"document altered before counsel", Stage::filed,
     [](Desk& d) { replace_in_file(document(d), 100); return approve(d, "counsel-1"); }, Exit::integrity},
    {"document altered before the officer", Stage::approved,
     [](Desk& d) { replace_in_file(document(d), 100); return authorise(d, "officer-1"); }, Exit::integrity},
    {"document altered before the technician", Stage::authorised,
     [](Desk& d) { replace_in_file(document(d), 100); return arm(d, "technician-1"); }, Exit::integrity},
    {"document missing", Stage::authorised, [](Desk& d) { fs::remove(document(d)); return arm(d, "technician-1"); }, Exit::integrity},
    {"document swapped before counsel", Stage::filed, [](Desk& d) { swap_document(d); return approve(d, "counsel-1"); }, Exit::integrity},
    {"document swapped before the technician", Stage::authorised, [](Desk& d) { swap_document(d); return arm(d, "technician-1"); }, Exit::integrity},
    {"a returned order set to validated", Stage::people,
     [](Desk& d) {
       EXPECT_EQ(d.file({.is_signed = false})->state, process::State::returned);
       d.sql("UPDATE orders SET state='validated', checks='[]'");
       return approve(d, "counsel-1");
     }},
    {"a returned order approved", Stage::people,
     [](Desk& d) { EXPECT_TRUE(d.file({.is_signed = false})); return approve(d, "counsel-1"); }},
    {"state set to legally authorised", Stage::filed, [](Desk& d) { jump(d, "legally-authorised", {}); return authorise(d, "officer-1"); }},
    {"state and step set to legally authorised", Stage::filed,
     [](Desk& d) { jump(d, "legally-authorised", {{"authorise-legal", "counsel-1"}}); return authorise(d, "officer-1"); }},
    {"state set to carrier authorised", Stage::approved, [](Desk& d) { jump(d, "carrier-authorised", {}); return arm(d, "technician-1"); }},
    {"state and step set to carrier authorised", Stage::approved,
     [](Desk& d) { jump(d, "carrier-authorised", {{"authorise-carrier", "officer-1"}}); return arm(d, "technician-1"); }},
    {"state and steps set by hand from filed", Stage::filed,
     [](Desk& d) { jump(d, "carrier-authorised", {{"authorise-legal", "counsel-1"}, {"authorise-carrier", "officer-1"}}); return arm(d, "technician-1"); }},
    {"state and steps set to armed", Stage::authorised,
     [](Desk& d) { jump(d, "armed", {{"arm", "technician-1"}}); return arm(d, "technician-1"); }},
    {"state of no meaning", Stage::filed, [](Desk& d) { jump(d, "blessed", {}); return approve(d, "counsel-1"); }, Exit::integrity},
    {"grant body altered before the officer", Stage::approved,
     [](Desk& d) { edit_grant_body(d, "+14045550102", "+14045550103"); return authorise(d, "officer-1"); }, Exit::integrity},
    {"grant body altered before the technician", Stage::authorised,
     [](Desk& d) { edit_grant_body(d, "+14045550102", "+14045550103"); return arm(d, "technician-1"); }, Exit::integrity},
    {"grant body and id altered", Stage::authorised, [](Desk& d) { edit_grant_body_and_id(d); return arm(d, "technician-1"); }, Exit::integrity},
    {"grant prolonged", Stage::authorised,
     [](Desk& d) { edit_grant_body(d, "2026-12-25T", "2026-12-24T"); return arm(d, "technician-1"); }, Exit::integrity},
    {"grant acts deleted", Stage::authorised, [](Desk& d) { d.sql("UPDATE grants SET acts='[]'"); return arm(d, "technician-1"); }},
    {"grant act of the officer deleted", Stage::authorised,
     [](Desk& d) { d.sql("UPDATE grants SET acts=json_remove(acts,'$[1]')"); return arm(d, "technician-1"); }},
    {"grant act of counsel twice", Stage::authorised,
     [](Desk& d) { d.sql("UPDATE grants SET acts=json_set(acts,'$[1]',json_extract(acts,'$[0]'))"); return arm(d, "technician-1"); }},
    {"grant act with another signature", Stage::approved,
     [](Desk& d) { d.sql("UPDATE grants SET acts=json_set(acts,'$[0].signature','" + std::string(128, 'a') + "')"); return authorise(d, "officer-1"); },
     Exit::integrity},
    {"grant act said to be another's", Stage::authorised,
     [](Desk& d) { d.sql("UPDATE grants SET acts=json_set(acts,'$[1].user','custodian-1')"); return arm(d, "technician-1"); }},
    {"grant act moved in time", Stage::approved,
     [](Desk& d) { d.sql("UPDATE grants SET acts=json_set(acts,'$[0].at','2026-11-25T03:06:39.000000Z')"); return authorise(d, "officer-1"); },
     Exit::integrity},
    {"grant row deleted", Stage::authorised, [](Desk& d) { d.sql("DELETE FROM grants"); return arm(d, "technician-1"); }},
    {"issued grant altered, armed again", Stage::armed,
     [](Desk& d) { d.sql("UPDATE grants SET file=replace(file,'+14045550102','+14045550103')"); return arm(d, "technician-1"); }},
    {"probe's certificate altered", Stage::filed,
     [](Desk& d) { d.sql("UPDATE probes SET cert=replace(cert,'\"not_after\":\"203','\"not_after\":\"209')"); return approve(d, "counsel-1"); }},
    {"recovery keys exchanged", Stage::filed,
     [](Desk& d) { replace_in_file(d.data() / "recovery.json", 20); return approve(d, "counsel-1"); }, Exit::integrity},
    {"vault key exchanged before the officer", Stage::approved, [](Desk& d) { swap_vault_key(d); return authorise(d, "officer-1"); }, Exit::integrity},
    {"vault key exchanged before the technician", Stage::authorised, [](Desk& d) { swap_vault_key(d); return arm(d, "technician-1"); }, Exit::integrity},
    {"vault key exchanged before an extension", Stage::armed,
     [](Desk& d) { swap_vault_key(d); EXPECT_TRUE(d.file({.instrument = "EX-WT-2", .extends = matter})); return approve(d, "counsel-1"); },
     Exit::integrity},
    {"vault key missing", Stage::authorised,
     [](Desk& d) { EXPECT_TRUE(vault::destroy_matter_keys(d.data() / "vault", matter)); return arm(d, "technician-1"); }, Exit::integrity},
    // Time and stop.
    {"period over before counsel", Stage::filed, [](Desk& d) { d.clock.advance(24h * 31); return approve(d, "counsel-1"); }, Exit::expired},
    {"period over before the officer", Stage::approved, [](Desk& d) { d.clock.advance(24h * 31); return authorise(d, "officer-1"); }, Exit::expired},
    {"period over before the technician", Stage::authorised, [](Desk& d) { d.clock.advance(24h * 31); return arm(d, "technician-1"); }, Exit::expired},
    {"period over, armed again", Stage::armed, [](Desk& d) { d.clock.advance(24h * 31); return arm(d, "technician-1"); }, Exit::expired},
    {"stopped before it was armed", Stage::authorised,
     [](Desk& d) { EXPECT_TRUE(d.intercepts().stop(matter, "early stop", d.out(), who("counsel-1"))); return arm(d, "technician-1"); }},
    {"stopped before the officer", Stage::approved,
     [](Desk& d) { EXPECT_TRUE(d.intercepts().stop(matter, "early stop", d.out(), who("counsel-1"))); return authorise(d, "officer-1"); }},
    {"stopped, then counsel again", Stage::filed,
     [](Desk& d) { EXPECT_TRUE(d.intercepts().stop(matter, "early stop", d.out(), who("counsel-1"))); return approve(d, "counsel-1"); }},
    {"stopped, then armed again", Stage::armed,
     [](Desk& d) { EXPECT_TRUE(d.intercepts().stop(matter, "early stop", d.out(), who("officer-1"))); return arm(d, "technician-1"); }},
    {"stopped, state set back to armed", Stage::armed,
     [](Desk& d) {
       EXPECT_TRUE(d.intercepts().stop(matter, "early stop", d.out(), who("technician-1")));
       d.sql("UPDATE orders SET state='armed'");
       return arm(d, "technician-1");
     },
     Exit::expired},
    {"stopped, state set back to carrier authorised", Stage::armed,
     [](Desk& d) {
       EXPECT_TRUE(d.intercepts().stop(matter, "revoked", d.out(), who("counsel-1")));
       d.sql("UPDATE orders SET state='carrier-authorised'");
       return arm(d, "technician-1");
     },
     Exit::expired},
    {"clock set back before counsel", Stage::filed, [](Desk& d) { d.carrier(); d.clock.advance(-2h); return approve(d, "counsel-1"); }},
    {"clock set back before the officer", Stage::approved, [](Desk& d) { d.carrier(); d.clock.advance(-60s); return authorise(d, "officer-1"); }},
    {"clock set back before the technician", Stage::authorised, [](Desk& d) { d.carrier(); d.clock.advance(-60s); return arm(d, "technician-1"); }},
    {"clock set back before the desk's own certificate", Stage::authorised,
     [](Desk& d) { d.clock.advance(-24h); return of(Carrier::open(d.data(), d.clock)); }},
    {"clock set back into an ended period", Stage::authorised,
     [](Desk& d) {
       d.clock.advance(24h * 31);
       EXPECT_TRUE(arm(d, "technician-1"));
       d.clock.advance(-24h * 31);
       return arm(d, "technician-1");
     }},
    // Opening and release.
    {"one custodian opens", Stage::armed, [](Desk& d) { collect(d); return of(d.productions().make(matter, d.out(), {}, {who("custodian-1")})); }},
    {"one custodian twice", Stage::armed, [](Desk& d) { collect(d); return produce_as(d, "custodian-1", "custodian-1"); }},
    {"an officer opens", Stage::armed, [](Desk& d) { collect(d); return produce_as(d, "custodian-1", "officer-1"); }},
    {"two invented custodians open", Stage::armed,
     [](Desk& d) {
       collect(d);
       invent(d, "custodian-8", Role::custodian, Signers::administrator);
       invent(d, "custodian-9", Role::custodian, Signers::administrator);
       return produce_as(d, "custodian-8", "custodian-9");
     }},
    {"custodians certified after the matter was made", Stage::armed,
     [](Desk& d) {
       collect(d);
       add_person(d, "custodian-8", {Role::custodian});
       return produce_as(d, "custodian-1", "custodian-8");
     }},
    {"no certification", Stage::armed,
     [](Desk& d) {
       EXPECT_TRUE(d.capture());
       EXPECT_TRUE(d.intercepts().import(matter, d.probe(), who("technician-1")));
       return produce_as(d, "custodian-1", "custodian-2");
     }},
    {"certification signed by another key", Stage::armed,
     [](Desk& d) { collect(d); change_certification_key(d); return produce_as(d, "custodian-1", "custodian-2"); }, Exit::integrity},
    {"issued grant altered before the opening", Stage::armed,
     [](Desk& d) { collect(d); d.sql("UPDATE grants SET file=replace(file,'+14045550102','+14045550103')"); return produce_as(d, "custodian-1", "custodian-2"); },
     Exit::integrity},
    {"acts shortened before the opening", Stage::armed,
     [](Desk& d) { collect(d); d.sql("UPDATE grants SET file=json_remove(file,'$.acts[2]')"); return produce_as(d, "custodian-1", "custodian-2"); },
     Exit::integrity},
    {"vault key exchanged before the opening", Stage::armed,
     [](Desk& d) { collect(d); swap_vault_key(d); return produce_as(d, "custodian-1", "custodian-2"); }},
    {"evidence altered before the opening", Stage::armed,
     [](Desk& d) {
       collect(d);
       replace_in_file(first_segment(d.data() / "evidence"), 2000);
       return produce_as(d, "custodian-1", "custodian-2");
     },
     Exit::integrity},
    {"spool altered before the import", Stage::armed,
     [](Desk& d) {
       EXPECT_TRUE(d.capture());
       replace_in_file(first_segment(d.probe() / "spool"), 2000);
       return of(d.intercepts().import(matter, d.probe(), who("technician-1")));
     },
     Exit::integrity},
};

bool holds_grant(const fs::path& dir) {
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(dir, ec))
    if (e.path().string().ends_with(".grant.json")) return true;
  return false;
}

TEST(Gate, EveryRowIsRefusedAndAudited) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    auto d = at(row.stage);
    const std::size_t before = d->count("refused"), armed_before = d->count("grant.arm");
    const Refusal refused = row.act(*d);
    if (!refused) {
      ADD_FAILURE() << "was let through";
      continue;
    }
    EXPECT_EQ(static_cast<int>(refused->exit), static_cast<int>(row.exit)) << to_text(*refused);
    EXPECT_GT(d->count("refused"), before) << "not in the log: " << to_text(*refused);
    EXPECT_EQ(d->count("grant.arm"), armed_before) << "a grant came to be";
    EXPECT_EQ(d->count("production.release"), 0u);
    EXPECT_TRUE(row.stage == Stage::armed || !(holds_grant(d->out()) || holds_grant(d->data() / "grants")));
  }
}

}  // namespace
}  // namespace writ::desk::testing
