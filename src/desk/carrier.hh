// SPDX-License-Identifier: GPL-3.0-or-later
// One carrier's data directory: policy, trust roots, people, store, audit log. Every service below works on
// it, and nothing reaches the store or the log around it.
//
//   roots.json recovery.json desk.cert.json   public, signed by both roots (recovery, certificate)
//   keys/desk.key                the desk's own signing key, mode 0600: alone it can authorise nothing
//   keys/root-USER.json          the two root keys, each locked under its holder's passphrase
//   keys/audit-reader.USER.box   the auditors' reading key, sealed to each auditor (and each root holder)
//   policy/ policy.json          the first profile and its layers (*.toml); its SHA-256, signed by both roots
//   policies/SHA256/             the later versions of the policy (policy_service.hh)
//   store.db audit/ vault/ documents/ evidence/ grants/ compartments/ (compartment.hh)
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "audit/log.hh"
#include "authority/grant.hh"
#include "base/io.hh"
#include "policy/policy.hh"
#include "records/catalogue.hh"
#include "store/database.hh"

namespace writ::desk {

struct Inside;  // compartment.hh

struct Credentials {
  std::string user;
  std::string passphrase;
};

struct InitOptions {
  fs::path data, policy_dir, recovery_out;
  std::string carrier;
  std::vector<Credentials> roots;  // exactly two different people
};

struct Acting {  // a person who has given the passphrase, with the certificate that gives the key its roles
  authority::Person person;
  authority::RoleCert cert;
};

class Carrier {
 public:
  // Leaves nothing that looks complete when it fails: roots.json is written last. Again by the same two
  // people: nothing more to do.
  static Status init(const InitOptions& o, Clock& clock);
  static Result<Carrier> open(const fs::path& data, Clock& clock);
  // A compartment: a desk of its own over the people, policy, roots and records of `outside`, which stays
  // where it is as long as this lives. Only Compartments (compartment.hh) has what this takes.
  static Result<Carrier> open_inside(Carrier& outside, std::unique_ptr<Inside> keys);
  Carrier(Carrier&&) noexcept;
  ~Carrier();

  Status add_user(const std::string& user, const std::string& passphrase,
                  const std::vector<authority::Role>& roles, const std::vector<Credentials>& roots);
  // The probe's request file -> certificate, both roots signing. Idempotent for the same key.
  Result<std::string> enroll_probe(const std::string& name, View request,
                                   const std::vector<Credentials>& roots);
  // Unlocks the person's key and verifies the certificate for `role` now. Refusals are audited.
  Result<Acting> act_as(const Credentials& c, authority::Role role);
  // As above for the first of `any_of` that the person holds.
  Result<Acting> act_as_any(const Credentials& c, const std::vector<authority::Role>& any_of);

  // Refused when the clock stands behind the newest entry of the log, or behind the mark (I3).
  Status check_clock() const;
  // Remembers that it was that late, also where nothing is noted. Never takes a later mark back.
  Status mark_clock(Instant t);

  Result<std::vector<authority::RoleCert>> people() const;
  Result<authority::RoleCert> cert_of(const std::string& user) const;
  Result<authority::RoleCert> probe_cert(const std::string& name) const;
  Result<std::vector<std::string>> probe_names() const;
  Result<std::array<crypto::BoxPublic, 2>> recovery_keys() const;  // verified against the roots
  Result<crypto::BoxKey> audit_reader(const Acting& auditor) const;

  // Durable before it returns; every effect comes after its entry. Refused when the log cannot be written.
  Result<audit::Receipt> note(const std::string& actor, const std::string& action, const std::string& matter,
                              Json detail = Json::object());
  // Notes the refusal and hands the error on. A refusal that cannot be noted is still a refusal.
  tl::unexpected<Error> refuse(const std::string& actor, const std::string& action, const std::string& matter,
                               Error e);

  // One act of one person: whatever it is refused for, the refusal is noted before the error is handed on.
  template <class Act>
  auto attempt(const std::string& actor, const std::string& action, const std::string& matter, Act act)
      -> decltype(act()) {
    auto done = act();
    if (done || !is_refusal(done.error().exit)) return done;
    return refuse(actor, action, matter, std::move(done).error());
  }

  // The desk whose people, probes and records these are: itself, or the one around the compartment.
  Carrier& outside();
  const Carrier& outside() const;
  const Inside* inside() const { return inside_.get(); }  // nullptr: not a compartment
  // Refuses what a compartment may not do, since others would see it.
  Status only_outside(std::string_view act) const;
  // The desk's own key, and in a compartment the named persons, whose key opens its door.
  Status admits(const Acting& who) const;

  // Files of a case: written whole and durably, read-only; in a compartment sealed, under a name that tells
  // nothing. `name` is relative: "documents/SHA256".
  Status keep_file(const fs::path& name, View content) const;
  Result<Bytes> kept_file(const fs::path& name) const;

  const fs::path& data() const { return data_; }
  // The version in force when the carrier was opened, or when it was last renewed.
  const policy::Policy& policy() const { return policy_; }
  // Takes up the version whose time has come (I7). Exit::integrity when it is not what was signed: then
  // nothing is decided under it.
  Status renew_policy();
  const authority::TrustRoots& roots() const { return roots_; }
  const authority::RoleCert& desk_cert() const { return desk_cert_; }
  const crypto::SigningKey& desk_key() const { return desk_key_; }
  store::Database& db() const { return *db_; }
  audit::Log& log() { return log_; }
  Clock& clock() const { return *clock_; }
  Instant now() const { return clock_->now(); }

 private:
  Result<Instant> latest_seen() const;
  void keep_latest();
  static bool is_refusal(Exit e) { return e == Exit::refused || e == Exit::expired || e == Exit::integrity; }
  Carrier(fs::path data, Clock& clock, policy::Policy p, authority::TrustRoots r, authority::RoleCert cert,
          crypto::SigningKey key, std::unique_ptr<store::Database> db, audit::Log log,
          std::unique_ptr<Inside> inside);
  fs::path data_;
  Clock* clock_;
  policy::Policy policy_;
  authority::TrustRoots roots_;
  authority::RoleCert desk_cert_;
  crypto::SigningKey desk_key_;
  std::unique_ptr<store::Database> db_;
  audit::Log log_;
  std::unique_ptr<Inside> inside_;
};

// Of who was unlocked before: the certified key, and one of these roles now.
Status check_person(const Carrier& c, const Acting& who, const std::vector<authority::Role>& any_of);

}  // namespace writ::desk
