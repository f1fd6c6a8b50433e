// SPDX-License-Identifier: GPL-3.0-or-later
// The grant: the only object that can cause an interception. 18 USC 2518, 3123; 47 USC 1002, 1004;
// 47 CFR 1.20003. Nothing but `verify_grant` makes a VerifiedGrant, and the target matcher, the sealer and
// the delivery take nothing else.
//
// A grant file is canonical JSON "writ.grant-file/1":
//   {"schema","grant":{body},"acts":[legal, carrier, arming],"certs":[...],"issuer":{"key","signature"}}
// Every act signs the hash of the canonical body, the act's name, its time and the signer's key. The file
// must be its own canonical form, so that every flipped bit is found.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "authority/person.hh"
#include "base/json.hh"
#include "base/limits.hh"
#include "base/time.hh"

namespace writ::authority {

enum class Kind {
  pen,
  trap,
  pen_trap,
  content
};  // pen: outgoing, trap: incoming (3127(3), (4)); content: both
const char* to_string(Kind k);
Result<Kind> parse_kind(std::string_view s);
inline bool yields_content(Kind k) { return k == Kind::content; }

enum class Basis { title_iii, pen_trap, emergency_title_iii, emergency_pen_trap };
const char* to_string(Basis b);  // "title-iii", "pen-trap", "emergency-title-iii", "emergency-pen-trap"
Result<Basis> parse_basis(std::string_view s);
Nanos duration_cap(Basis b);  // 30 d, 60 d, 48 h, 48 h

struct Target {
  enum class Type { e164, uri, extension };
  Type type = Type::e164;
  std::string value;     // "+14045550102"; "user@domain" (domain lower case); "214"
  std::string property;  // extension: the property's account number, for people
  std::vector<std::string>
      hosts;  // extension: SIP domains or addresses under which this property's extensions live
  auto operator<=>(const Target&) const = default;
};

// As papers and people name a target: "+14045550102", "214 at property HH-1001".
std::string target_text(const Target& t);

struct GrantBody {  // "writ.grant/1"
  std::string carrier, matter;
  Kind kind = Kind::pen;
  Basis basis = Basis::pen_trap;
  std::vector<Target> targets;  // sorted, unique, exact; no wildcard, no range, no prefix
  std::string probe_name;
  crypto::VerifyKey probe;
  Instant not_before{}, not_after{};  // packet time and wall time, half open [not_before, not_after)
  crypto::Digest document_sha256{};   // the scanned order
  crypto::Digest request_sha256{};    // the canonical request as it was checked
  std::vector<crypto::BoxPublic> call_data_to;
  std::vector<crypto::BoxPublic> content_to;  // empty unless yields_content(kind); then not empty
  bool trust_from = false;                    // this port's peers are trusted to set From
  std::vector<std::string> trust_from_at;     // or those at these inputs alone; sorted, unique
  std::vector<std::string> trusted_peers;     // addresses whose P-Asserted-Identity / Remote-Party-ID count
  bool post_cut_through_digits = false;       // never true for pen, trap (3121(c))
  std::uint64_t sequence = 1;                 // 1, 2 ... within the matter
  std::optional<crypto::Digest> previous;     // hash of the grant that this one extends
};
Json to_json(const GrantBody& g);
// What holds for a body alone, whoever signs it: exact targets, kind against basis and recipients, caps.
Status check_body(const GrantBody& g);
Result<GrantBody> parse_grant_body(const Json& j);
crypto::Digest grant_id(const GrantBody& g);  // SHA-256 of the canonical body

enum class Act { legal_authorisation, carrier_authorisation, arming };
const char* to_string(Act a);
Role required_role(Act a);  // counsel, officer, technician

struct SignedAct {  // signature domain "writ.act/1" over canonical {"act","at","grant","key","user"}
  Act act = Act::legal_authorisation;
  std::string user;
  crypto::VerifyKey key;
  crypto::Digest grant{};
  Instant at{};
  crypto::Signature signature{};
};
Json to_json(const SignedAct& a);
Result<SignedAct> parse_act(const Json& j);
SignedAct sign_act(Act act, const Person& p, const crypto::Digest& grant, Instant at);

struct GrantFile {
  GrantBody body;
  std::vector<SignedAct> acts;           // exactly three, in order
  std::vector<RoleCert> certs;           // of the three signers and the issuer, in that order
  crypto::VerifyKey issuer;              // the desk, certified as Role::desk
  crypto::Signature issuer_signature{};  // domain "writ.grant/1" over canonical {"acts","grant"}
};
// Checks the three people and their acts before it signs: refuses to issue what verify_grant would refuse.
Result<std::string> issue_grant(GrantBody body, std::vector<SignedAct> acts,
                                std::vector<RoleCert> signer_certs, const RoleCert& issuer_cert,
                                const crypto::SigningKey& issuer, const TrustRoots& roots);
Result<GrantFile> parse_grant_file(View bytes);

// Revocation list "writ.revocations/1": canonical JSON, signed by the desk (domain "writ.revocations/1").
// Stop wins over start: a listed grant is dead from its earliest `at`, whoever signed the entry. A list with
// a lower sequence than the highest ever seen by the reader is refused.
struct Revocation {
  crypto::Digest grant{};
  Instant at{};
  std::string user, reason;  // "early stop", "revoked", "suspended: check-out"
};
struct RevocationList {
  std::string carrier;
  std::uint64_t sequence = 0;
  Instant issued{};
  std::vector<Revocation> entries;
  RoleCert issuer_cert;
  crypto::Signature signature{};
};
inline constexpr std::size_t revocation_file_bytes_max = 16u << 20;  // some 60,000 entries
std::string issue_revocations(RevocationList unsigned_list, const crypto::SigningKey& issuer);
Result<RevocationList> verify_revocations(View bytes, const TrustRoots& roots, std::uint64_t sequence_min);

// Everything is checked: canonical form, roots, certificates and roles at the time of each act, three
// different people and keys, order of acts, issuer, kind against recipients, caps, probe, revocation, wall
// time.
class VerifiedGrant;
struct GrantCheck {
  const TrustRoots* roots = nullptr;
  const RevocationList* revocations = nullptr;  // required
  crypto::VerifyKey probe;
  Instant now{};
};
// Exit::expired (window over, revoked); Exit::refused for everything else that is not authorised, changed
// bytes included: to the caller a forged grant and no grant are the same.
Result<VerifiedGrant> verify_grant(View grant_file, const GrantCheck& check);

class VerifiedGrant {
 public:
  const GrantBody& body() const { return body_; }
  const crypto::Digest& id() const { return id_; }
  Instant armed() const { return armed_; }
  // The first packet time that counts: the later of not_before and the technician's act.
  Instant from() const { return armed_ > body_.not_before ? armed_ : body_.not_before; }
  // The first packet time that does not count any more.
  Instant until() const { return until_; }
  bool covers(Instant packet_time) const { return packet_time >= from() && packet_time < until_; }

 private:
  friend Result<VerifiedGrant> verify_grant(View, const GrantCheck&);
  VerifiedGrant() = default;
  GrantBody body_;
  crypto::Digest id_{};
  Instant armed_{}, until_{};
};

}  // namespace writ::authority
