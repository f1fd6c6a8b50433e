// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/carrier.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/case_book.hh"
#include "desk/compartment.hh"
#include "desk/grant_stays.hh"
#include "desk/policy_service.hh"
#include "desk/root_keys.hh"

namespace writ::desk {
namespace {

using authority::Role;

constexpr std::string_view carrier_tables[] = {R"sql(
  CREATE TABLE users(name TEXT PRIMARY KEY, key_file TEXT NOT NULL, cert TEXT NOT NULL) STRICT;
  CREATE TABLE probes(name TEXT PRIMARY KEY, cert TEXT NOT NULL) STRICT;
  CREATE TABLE orders(
    matter TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, request_sha256 TEXT NOT NULL,
    document_sha256 TEXT NOT NULL, checks TEXT NOT NULL, policy_sha256 TEXT NOT NULL, filed_by TEXT NOT NULL,
    filed_at TEXT NOT NULL, filed_signature TEXT NOT NULL, PRIMARY KEY(matter, number), UNIQUE(request_sha256)) STRICT;
  CREATE TABLE steps(matter TEXT NOT NULL, number INTEGER NOT NULL, step TEXT NOT NULL, user TEXT NOT NULL, at TEXT NOT NULL) STRICT;
  CREATE TABLE grants(
    id TEXT PRIMARY KEY, matter TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, acts TEXT NOT NULL,
    file TEXT, UNIQUE(matter, number)) STRICT;
  CREATE TABLE revocations(sequence INTEGER PRIMARY KEY, grant_id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, user TEXT NOT NULL,
    reason TEXT NOT NULL) STRICT;
  CREATE TABLE certifications(matter TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE productions(matter TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, started TEXT NOT NULL, manifest_sha256 TEXT,
    PRIMARY KEY(matter, evidence_sha256)) STRICT;
  CREATE TABLE invoices(number TEXT PRIMARY KEY, matter TEXT NOT NULL, body TEXT NOT NULL, UNIQUE(matter, body)) STRICT;
)sql"};

constexpr std::string_view clock_schema[] = {
    "CREATE TABLE clock_mark(one INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL) STRICT"};

Result<std::unique_ptr<store::Database>> with_tables(store::Database db) {
  WRIT_CHECK(db.migrate("desk", carrier_tables));
  WRIT_CHECK(db.migrate("clock", clock_schema));
  WRIT_CHECK(migrate_grant_stays(db));
  WRIT_CHECK(migrate_cases(db));
  return std::make_unique<store::Database>(std::move(db));
}

Result<std::unique_ptr<store::Database>> open_store(const fs::path& data) {
  WRIT_TRY(db, store::Database::open(data / "store.db"));
  return with_tables(std::move(db));
}

Result<crypto::SigningKey> read_desk_key(const fs::path& data) {
  WRIT_TRY(text, read_text(data / "keys" / "desk.key"));
  WRIT_TRY(seed, crypto::unhex(text));
  if (seed.size() != 32) return fail(Exit::integrity, "keys/desk.key is not a key");
  return crypto::SigningKey{View(seed)};
}

Result<authority::RoleCert> parse_cert_text(std::string_view text, std::string_view where) {
  WRIT_TRY(j, parse_canonical(view_of(text), where));
  return authority::parse_role_cert(j);
}

Status seal_reader(const fs::path& data, const std::string& user, const crypto::BoxPublic& to,
                   const crypto::BoxKey& reader) {
  return write_file(data / "keys" / fmt::format("audit-reader.{}.box", user),
                    crypto::seal(to, reader.secret()), 0600);
}

Result<crypto::BoxKey> open_reader(const fs::path& data, const authority::Person& p) {
  const auto sealed = read_file(data / "keys" / fmt::format("audit-reader.{}.box", p.user));
  if (!sealed)
    return fail(Exit::refused, fmt::format("{} cannot read the audit log", p.user),
                "I5: entries are sealed to the auditors", "the role auditor", "an auditor reads it");
  WRIT_TRY(secret, p.box.open(*sealed));
  return crypto::BoxKey{View(secret)};
}

tl::unexpected<Error> log_refuses(const Error& cause) {
  const Exit code = cause.exit == Exit::integrity ? Exit::integrity : Exit::refused;
  return fail(code, fmt::format("the audit log cannot be written: {}", cause.what),
              "audit first: an effect happens after its log entry is durable", "a writable, intact audit log",
              "see to the disk, then writ audit verify; nothing was done");
}

bool is_name(const std::string& s) {
  return !s.empty() && s.size() <= 64 &&
         s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos &&
         s.front() != '.';
}

Status check_user_name(const std::string& s) {
  if (is_name(s)) return {};
  return fail(Exit::usage, fmt::format("'{}' is not a user or probe name", s), {},
              "lower-case letters, digits, '-' and '.'");
}

// The same command again, perhaps after a kill behind the last write: both root holders prove that this
// carrier is theirs.
Status same_carrier(const InitOptions& o, Clock& clock) {
  const auto taken = fail(Exit::usage, fmt::format("{} already holds another carrier", o.data.string()), {},
                          {}, "choose another --data");
  WRIT_TRY(c, Carrier::open(o.data, clock));
  WRIT_TRY(policy, policy::load(o.policy_dir));
  WRIT_TRY(first_file, read_file(o.data / "policy.json"));
  WRIT_TRY(first, read_first_policy(first_file, c.roots()));
  if (crypto::hex(policy.hash) != first ||
      c.roots().carrier != (o.carrier.empty() ? policy.carrier : o.carrier))
    return taken;
  if (!unlock_roots(o.data, c.roots(), o.roots)) return taken;
  return {};
}

}  // namespace

Status Carrier::init(const InitOptions& o, Clock& clock) {
  std::error_code ec;
  if (fs::exists(o.data / "roots.json", ec)) return same_carrier(o, clock);
  if (o.roots.size() != 2 || o.roots[0].user == o.roots[1].user)
    return fail(Exit::usage, "two root holders are needed",
                "two carrier root keys are held by different people", {},
                "give --root USER=PASSPHRASE_FILE twice");
  WRIT_TRY(policy, policy::load(o.policy_dir));
  WRIT_CHECK(make_dirs(o.data, 0700));
  for (const char* d : {"keys", "vault", "documents", "evidence", "grants"})
    WRIT_CHECK(make_dirs(o.data / d, 0700));
  WRIT_CHECK(copy_policy(o.policy_dir, o.data / "policy"));

  RootPair pair;
  for (std::size_t i = 0; i < 2; ++i) {
    WRIT_CHECK(check_user_name(o.roots[i].user));
    WRIT_CHECK(check_passphrase(o.roots[i]));
    authority::Person& p = i == 0 ? pair.a : pair.b;
    p.user = o.roots[i].user;
    WRIT_CHECK(write_file(o.data / "keys" / fmt::format("root-{}.json", p.user),
                          authority::lock_person(p, o.roots[i].passphrase), 0600));
  }
  const crypto::BoxKey reader;
  const authority::TrustRoots roots{o.carrier.empty() ? policy.carrier : o.carrier, pair.a.sign.public_key(),
                                    pair.b.sign.public_key(), reader.public_key()};
  WRIT_CHECK(seal_reader(o.data, pair.a.user, pair.a.box.public_key(), reader));
  WRIT_CHECK(seal_reader(o.data, pair.b.user, pair.b.box.public_key(), reader));

  const std::array<crypto::BoxKey, 2> recovery;
  WRIT_CHECK(write_recovery_sheets(o.recovery_out, roots.carrier, recovery));
  WRIT_CHECK(write_file(o.data / "recovery.json",
                        sign_recovery(pair, {recovery[0].public_key(), recovery[1].public_key()})));

  WRIT_CHECK(write_file(o.data / "policy.json", sign_first_policy(pair, roots.carrier, policy.hash)));

  const crypto::SigningKey desk;
  const crypto::BoxKey desk_box;
  WRIT_TRY(cert, certify_key(roots, pair, "desk", {Role::desk}, desk.public_key(), desk_box.public_key(),
                             clock.now()));
  WRIT_CHECK(write_file(o.data / "keys" / "desk.key", crypto::hex(desk.seed()), 0600));
  WRIT_CHECK(write_file(o.data / "desk.cert.json", canonical(authority::to_json(cert))));
  WRIT_CHECK(open_store(o.data));
  fs::remove_all(o.data / "audit", ec);  // of an init that was killed: no effect has been logged there yet
  WRIT_TRY(log, audit::Log::open(o.data / "audit", desk, reader.public_key(), clock));
  WRIT_CHECK(log.append({"desk", "carrier.init", "",
                         Json{{"carrier", roots.carrier},
                              {"policy_sha256", crypto::hex(policy.hash)},
                              {"roots", {pair.a.user, pair.b.user}}}}));
  return write_file(o.data / "roots.json", canonical(authority::to_json(roots)));
}

Result<Carrier> Carrier::open(const fs::path& data, Clock& clock) {
  const auto roots_text = read_text(data / "roots.json");
  if (!roots_text)
    return fail(Exit::not_found, fmt::format("{} holds no carrier", data.string()), {}, "a data directory",
                "make one with writ init, or name it with --data or WRIT_DATA");
  WRIT_TRY(roots_json, parse_canonical(view_of(*roots_text), "roots.json"));
  WRIT_TRY(roots, authority::parse_roots(roots_json));
  WRIT_TRY(key, read_desk_key(data));
  WRIT_TRY(cert_text, read_text(data / "desk.cert.json"));
  WRIT_TRY(cert, parse_cert_text(cert_text, "desk.cert.json"));
  if (cert.verify != key.public_key())
    return fail(Exit::integrity, "keys/desk.key is not the key that the roots certified");
  // init makes the store before roots.json: an absent one was lost, and an empty one must not take its place.
  std::error_code ec;
  if (const auto size = fs::file_size(data / "store.db", ec); ec || size == 0)
    return fail(Exit::integrity, "the store of this carrier is gone",
                "the store holds every case; the log says what is in it", "store.db as it was",
                "restore store.db from backup; nothing was done");
  WRIT_TRY(db, open_store(data));
  auto log = audit::Log::open(data / "audit", key, roots.audit_reader, clock);
  if (!log) return log_refuses(log.error());
  if (auto ok = authority::verify_cert(cert, roots, Role::desk, clock.now()); !ok) {
    static_cast<void>(
        log->append({"desk", "refused", "", Json{{"action", "open"}, {"why", ok.error().what}}}));
    return tl::unexpected(std::move(ok).error());
  }
  Carrier c{data,           clock,         policy::Policy{}, std::move(roots), std::move(cert),
            std::move(key), std::move(db), std::move(*log),  nullptr};
  WRIT_CHECK(c.renew_policy());
  return c;
}

Status Carrier::renew_policy() {
  if (inside_ != nullptr) {
    WRIT_CHECK(outside().renew_policy());
    policy_ = outside().policy_;
    return {};
  }
  auto policy = policy_in_force(*this);
  if (!policy) return refuse("desk", "policy.renew", "", policy.error());
  policy_ = std::move(*policy);
  return {};
}

Result<Carrier> Carrier::open_inside(Carrier& outside, std::unique_ptr<Inside> keys) {
  WRIT_TRY(sealed, store::Database::open_sealed(keys->store()));
  WRIT_TRY(db, with_tables(std::move(sealed)));
  auto log = audit::Log::open(keys->dir / "audit", outside.desk_key_, keys->reader, *outside.clock_);
  if (!log) return log_refuses(log.error());
  const fs::path dir = keys->dir;
  return Carrier{dir,
                 *outside.clock_,
                 outside.policy_,
                 outside.roots_,
                 outside.desk_cert_,
                 crypto::SigningKey{outside.desk_key_.seed()},
                 std::move(db),
                 std::move(*log),
                 std::move(keys)};
}

Carrier::Carrier(fs::path data, Clock& clock, policy::Policy p, authority::TrustRoots r,
                 authority::RoleCert cert, crypto::SigningKey key, std::unique_ptr<store::Database> db,
                 audit::Log log, std::unique_ptr<Inside> inside)
    : data_(std::move(data)),
      clock_(&clock),
      policy_(std::move(p)),
      roots_(std::move(r)),
      desk_cert_(std::move(cert)),
      desk_key_(std::move(key)),
      db_(std::move(db)),
      log_(std::move(log)),
      inside_(std::move(inside)) {}
Carrier::Carrier(Carrier&&) noexcept = default;
Carrier::~Carrier() = default;

Carrier& Carrier::outside() { return inside_ ? *inside_->outside : *this; }
const Carrier& Carrier::outside() const { return inside_ ? *inside_->outside : *this; }

Status Carrier::add_user(const std::string& user, const std::string& passphrase,
                         const std::vector<Role>& roles, const std::vector<Credentials>& root_holders) {
  WRIT_CHECK(only_outside("adding a person"));
  WRIT_CHECK(check_user_name(user));
  WRIT_CHECK(check_passphrase({user, passphrase}));
  if (auto ok = authority::check_staffing(roles); !ok) return refuse("desk", "user.add", "", ok.error());
  for (const Role r : roles)
    if (r == Role::root || r == Role::desk || r == Role::probe)
      return fail(Exit::usage, fmt::format("the role {} is not given to people", authority::to_string(r)));
  auto pair = unlock_roots(data_, roots_, root_holders);
  if (!pair) return refuse("desk", "user.add", "", pair.error());
  if (const auto known = cert_of(user)) {
    WRIT_TRY(ask, db_->prepare("SELECT key_file FROM users WHERE name=?"));
    WRIT_CHECK(ask.bind(1, user).step());
    auto sorted = roles;
    std::sort(sorted.begin(), sorted.end());
    if (known->roles == sorted && authority::unlock_person(ask.text(0), passphrase))
      return {};  // the same command again
    return fail(Exit::usage, fmt::format("{} exists with other roles or another passphrase", user), {}, {},
                "give this person another name");
  }
  const authority::Person p{user, {}, {}};
  WRIT_TRY(cert, certify_key(roots_, *pair, user, roles, p.sign.public_key(), p.box.public_key(), now()));
  Json names = Json::array();
  for (const Role r : roles) names.push_back(authority::to_string(r));
  WRIT_CHECK(note("desk", "user.add", "",
                  Json{{"user", user}, {"roles", names}, {"roots", {pair->a.user, pair->b.user}}}));
  if (std::find(roles.begin(), roles.end(), Role::auditor) != roles.end()) {
    WRIT_TRY(reader, open_reader(data_, pair->a));
    WRIT_CHECK(seal_reader(data_, user, p.box.public_key(), reader));
  }
  WRIT_TRY(put, db_->prepare("INSERT INTO users(name, key_file, cert) VALUES(?,?,?)"));
  return put.bind(1, user)
      .bind(2, authority::lock_person(p, passphrase))
      .bind(3, canonical(authority::to_json(cert)))
      .run();
}

Result<std::string> Carrier::enroll_probe(const std::string& name, View request,
                                          const std::vector<Credentials>& root_holders) {
  WRIT_CHECK(only_outside("enrolling a probe"));
  WRIT_CHECK(check_user_name(name));
  WRIT_TRY(j, parse_canonical(request, "probe request"));
  WRIT_TRY(asked, field<std::string>(j, "name", "probe request"));
  WRIT_TRY(verify_text, field<std::string>(j, "verify", "probe request"));
  WRIT_TRY(box_text, field<std::string>(j, "box", "probe request"));
  WRIT_TRY(verify, crypto::VerifyKey::parse(verify_text));
  WRIT_TRY(box, crypto::BoxPublic::parse(box_text));
  if (asked != name)
    return fail(Exit::usage, fmt::format("the request is of probe '{}', not '{}'", asked, name));
  if (const auto known = probe_cert(name)) {
    if (known->verify == verify) return canonical(authority::to_json(*known));
    return fail(Exit::usage, fmt::format("a probe '{}' with another key is enrolled", name), {}, {},
                "give the probe a new name");
  }
  auto pair = unlock_roots(data_, roots_, root_holders);
  if (!pair) return refuse("desk", "probe.enroll", "", pair.error());
  WRIT_TRY(cert, certify_key(roots_, *pair, name, {Role::probe}, verify, box, now()));
  WRIT_CHECK(note("desk", "probe.enroll", "",
                  Json{{"probe", name}, {"key", verify.text()}, {"roots", {pair->a.user, pair->b.user}}}));
  std::string text = canonical(authority::to_json(cert));
  WRIT_TRY(put, db_->prepare("INSERT INTO probes(name, cert) VALUES(?,?)"));
  WRIT_CHECK(put.bind(1, name).bind(2, text).run());
  return text;
}

Result<Acting> Carrier::act_as(const Credentials& c, Role role) { return act_as_any(c, {role}); }

Result<Acting> Carrier::act_as_any(const Credentials& c, const std::vector<Role>& any_of) {
  std::string wanted;
  for (const Role r : any_of) wanted += (wanted.empty() ? "" : " or ") + std::string(authority::to_string(r));
  if (auto right = check_clock(); !right) return refuse(c.user, "act", "", right.error());
  WRIT_TRY(ask, outside().db_->prepare("SELECT key_file FROM users WHERE name=?"));
  WRIT_TRY(found, ask.bind(1, c.user).step());
  const auto cert = cert_of(c.user);
  if (!found || !cert)
    return refuse(c.user, "act", "",
                  {Exit::refused, fmt::format("{} is not a person of this carrier", c.user),
                   "only certified people act", "the role " + wanted,
                   "both root holders add the person (writ user add)"});
  auto person = authority::unlock_person(ask.text(0), c.passphrase);
  if (!person) {
    Error e = person.error();
    if (e.exit != Exit::refused)
      e.exit = Exit::integrity;  // a key file that cannot be read is an altered one
    return refuse(c.user, "act", "", std::move(e));
  }
  if (person->sign.public_key() != cert->verify || person->box.public_key() != cert->box)
    return refuse(c.user, "act", "",
                  {Exit::integrity,
                   fmt::format("the key of {} is not the one that the roots certified", c.user),
                   {},
                   {},
                   {}});
  Error last;
  for (const Role r : any_of) {
    auto ok = authority::verify_cert(*cert, roots_, r, now());
    if (ok) {
      Acting acting{std::move(*person), *cert};
      if (auto named = admits(acting); !named) return refuse(c.user, "act", "", named.error());
      return acting;
    }
    last = std::move(ok).error();
  }
  // Any of several roles would do: the last one asked for is not the one that is missing.
  if (std::none_of(any_of.begin(), any_of.end(), [&](Role r) {
        return std::find(cert->roles.begin(), cert->roles.end(), r) != cert->roles.end();
      })) {
    last.what = fmt::format("{} does not hold the role {}", c.user, wanted);
    last.missing = "a certificate with the role " + wanted;
    last.next = "somebody certified as " + wanted + " does it";
  }
  return refuse(c.user, "act", "", last);
}

Result<Instant> Carrier::latest_seen() const {
  Instant latest{};
  for (const Carrier* c : {this, &outside()}) {
    if (const auto head = c->log_.head(); head && head->size > 0) latest = std::max(latest, head->at);
    WRIT_TRY(ask, c->db_->prepare("SELECT at_ns FROM clock_mark WHERE one=1"));
    WRIT_TRY(marked, ask.step());
    if (marked) latest = std::max(latest, from_ns(ask.integer(0)));
  }
  return latest;
}

Status Carrier::check_clock() const {
  WRIT_TRY(latest, latest_seen());
  if (now() + std::chrono::seconds{1} < latest)
    return fail(Exit::refused, "the clock of this machine was set back behind the audit log",
                "I3: a clock set back stops activity", "the right time", "set the clock; nothing was done");
  return {};
}

Status Carrier::mark_clock(Instant t) {
  WRIT_TRY(put, db_->prepare("INSERT INTO clock_mark(one, at_ns) VALUES(1,?) ON CONFLICT(one) DO UPDATE SET "
                             "at_ns=excluded.at_ns WHERE at_ns<excluded.at_ns"));
  return put.bind(1, to_ns(t)).run();
}

// An entry that a clock set back dates becomes the log's newest: the mark keeps what was the latest.
void Carrier::keep_latest() {
  if (const auto head = log_.head(); head && head->size > 0 && now() < head->at)
    static_cast<void>(mark_clock(head->at));
}

Result<std::vector<authority::RoleCert>> Carrier::people() const {
  std::vector<authority::RoleCert> out;
  WRIT_TRY(ask, outside().db_->prepare("SELECT cert FROM users ORDER BY name"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    WRIT_TRY(cert, parse_cert_text(ask.text(0), "certificate"));
    out.push_back(std::move(cert));
  }
}

Result<authority::RoleCert> Carrier::cert_of(const std::string& user) const {
  WRIT_TRY(ask, outside().db_->prepare("SELECT cert FROM users WHERE name=?"));
  WRIT_TRY(row, ask.bind(1, user).step());
  if (!row) return fail(Exit::not_found, fmt::format("there is no user '{}'", user));
  WRIT_TRY(cert, parse_cert_text(ask.text(0), "certificate of " + user));
  if (cert.user != user)
    return fail(Exit::integrity, fmt::format("the certificate stored for {} is of {}", user, cert.user));
  return cert;
}

Result<authority::RoleCert> Carrier::probe_cert(const std::string& name) const {
  WRIT_TRY(ask, outside().db_->prepare("SELECT cert FROM probes WHERE name=?"));
  WRIT_TRY(row, ask.bind(1, name).step());
  if (!row)
    return fail(Exit::not_found, fmt::format("there is no probe '{}'", name), {}, "an enrolled probe",
                "writ-probe init, then writ probe enroll by both root holders");
  WRIT_TRY(cert, parse_cert_text(ask.text(0), "certificate of probe " + name));
  WRIT_CHECK(authority::verify_cert(cert, roots_, Role::probe, now()));
  return cert;
}

Result<std::vector<std::string>> Carrier::probe_names() const {
  std::vector<std::string> out;
  WRIT_TRY(ask, outside().db_->prepare("SELECT name FROM probes ORDER BY name"));
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.push_back(ask.text(0));
  }
}

Result<std::array<crypto::BoxPublic, 2>> Carrier::recovery_keys() const {
  WRIT_TRY(file, read_file(outside().data_ / "recovery.json"));
  return read_recovery(file, roots_);
}

Result<crypto::BoxKey> Carrier::audit_reader(const Acting& auditor) const {
  if (inside_) return inside_->open_reader(auditor.person);
  return open_reader(data_, auditor.person);
}

Result<audit::Receipt> Carrier::note(const std::string& actor, const std::string& action,
                                     const std::string& matter, Json detail) {
  keep_latest();
  auto receipt = log_.append({actor, action, matter, std::move(detail)});
  if (!receipt) return log_refuses(receipt.error());
  return receipt;
}

tl::unexpected<Error> Carrier::refuse(const std::string& actor, const std::string& action,
                                      const std::string& matter, Error e) {
  keep_latest();
  static_cast<void>(log_.append(
      {actor, "refused", matter,
       Json{{"action", action}, {"why", e.what}, {"rule", e.rule}, {"exit", static_cast<int>(e.exit)}}}));
  return tl::unexpected(std::move(e));
}

Status check_person(const Carrier& c, const Acting& who, const std::vector<Role>& any_of) {
  if (who.person.sign.public_key() != who.cert.verify)
    return fail(Exit::integrity,
                fmt::format("the key of {} is not the one that the roots certified", who.person.user));
  Status last;
  for (const Role r : any_of)
    if (last = authority::verify_cert(who.cert, c.roots(), r, c.now()); last) return {};
  return last;
}

}  // namespace writ::desk
