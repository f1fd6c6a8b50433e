// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/root_keys.hh"

#include <fmt/format.h>

namespace writ::desk {
namespace {

constexpr const char* recovery_domain = "writ.recovery/1";
constexpr const char* first_policy_domain = "writ.first-policy/1";
constexpr std::chrono::days cert_days{3650};

Json recovery_body(const std::array<crypto::BoxPublic, 2>& boxes) {
  return Json{{"schema", recovery_domain}, {"boxes", {boxes[0].text(), boxes[1].text()}}};
}

// The schema of a file that both roots sign is its domain too.
std::string sign_by_both(const RootPair& pair, const char* domain, Json j) {
  const std::string body = canonical(j);
  j["by_a"] = crypto::hex(pair.a.sign.sign(domain, view_of(body)));
  j["by_b"] = crypto::hex(pair.b.sign.sign(domain, view_of(body)));
  return canonical(j);
}

Result<bool> signed_by(const Json& j, const char* key, const crypto::VerifyKey& root, const char* domain,
                       const std::string& body) {
  WRIT_TRY(text, field<std::string>(j, key, domain));
  const auto signature = crypto::unhex(text);
  return signature && crypto::verify(root, domain, view_of(body), *signature);
}

Result<bool> signed_by_both(const Json& j, const authority::TrustRoots& roots, const char* domain,
                            const Json& body) {
  const std::string text = canonical(body);
  WRIT_TRY(a, signed_by(j, "by_a", roots.a, domain, text));
  WRIT_TRY(b, signed_by(j, "by_b", roots.b, domain, text));
  return a && b;
}

Json first_policy_body(const std::string& carrier, const std::string& sha256) {
  return Json{{"schema", first_policy_domain}, {"carrier", carrier}, {"sha256", sha256}};
}

}  // namespace

Status check_passphrase(const Credentials& c) {
  if (c.passphrase.size() < 12)
    return fail(Exit::usage, fmt::format("the passphrase of {} has fewer than 12 characters", c.user),
                "personal keys are locked under a passphrase (argon2id)", "a longer passphrase",
                "choose four words or more; put them into a file that only this person can read");
  return {};
}

Result<RootPair> unlock_roots(const fs::path& data, const authority::TrustRoots& roots,
                              const std::vector<Credentials>& c) {
  if (c.size() != 2 || c[0].user == c[1].user)
    return fail(Exit::refused, "both root holders must act",
                "a key counts only when both roots certify it (security.md)", "two different root holders",
                "give --root USER=PASSPHRASE_FILE twice");
  std::vector<authority::Person> people;
  for (const Credentials& who : c) {
    auto file = read_text(data / "keys" / fmt::format("root-{}.json", who.user));
    if (!file)
      return fail(Exit::refused, fmt::format("{} holds no root key of this carrier", who.user),
                  "a key counts only when both roots certify it (security.md)", "a root holder",
                  "name the two people of writ init: --root USER=PASSPHRASE_FILE twice");
    WRIT_TRY(person, authority::unlock_person(*file, who.passphrase));
    people.push_back(std::move(person));
  }
  if (people[0].sign.public_key() != roots.a) std::swap(people[0], people[1]);
  if (people[0].sign.public_key() != roots.a || people[1].sign.public_key() != roots.b)
    return fail(Exit::integrity, "these root keys are not the ones that roots.json pins");
  return RootPair{std::move(people[0]), std::move(people[1])};
}

Result<authority::RoleCert> certify_key(const authority::TrustRoots& roots, const RootPair& pair,
                                        const std::string& user, std::vector<authority::Role> roles,
                                        const crypto::VerifyKey& verify, const crypto::BoxPublic& box,
                                        Instant now) {
  authority::RoleCert c;
  c.carrier = roots.carrier;
  c.user = user;
  c.roles = std::move(roles);
  c.verify = verify;
  c.box = box;
  c.not_before = std::chrono::floor<std::chrono::seconds>(now);
  c.not_after = c.not_before + cert_days;
  return authority::certify(std::move(c), roots, pair.a.sign, pair.b.sign);
}

std::string sign_recovery(const RootPair& pair, const std::array<crypto::BoxPublic, 2>& boxes) {
  return sign_by_both(pair, recovery_domain, recovery_body(boxes));
}

Result<std::array<crypto::BoxPublic, 2>> read_recovery(View file, const authority::TrustRoots& roots) {
  WRIT_TRY(j, parse_canonical(file, "recovery.json"));
  WRIT_TRY(texts, field<std::vector<std::string>>(j, "boxes", "recovery.json"));
  if (texts.size() != 2) return fail(Exit::integrity, "recovery.json does not name two keys");
  std::array<crypto::BoxPublic, 2> out{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto key = crypto::BoxPublic::parse(texts[i]);
    if (!key) return fail(Exit::integrity, "recovery.json names what is not a key");
    out[i] = *key;
  }
  WRIT_TRY(both, signed_by_both(j, roots, recovery_domain, recovery_body(out)));
  if (!both)
    return fail(Exit::integrity, "the recovery keys are not signed by both roots",
                "matter keys are wrapped only to certified custodians and to the carrier's own recovery keys",
                "recovery.json as writ init wrote it", "restore the file from backup");
  return out;
}

std::string sign_first_policy(const RootPair& pair, const std::string& carrier, const crypto::Digest& hash) {
  return sign_by_both(pair, first_policy_domain, first_policy_body(carrier, crypto::hex(hash)));
}

Result<std::string> read_first_policy(View file, const authority::TrustRoots& roots) {
  WRIT_TRY(j, parse_canonical(file, "policy.json"));
  WRIT_TRY(hash, field<std::string>(j, "sha256", "policy.json"));
  WRIT_TRY(both, signed_by_both(j, roots, first_policy_domain, first_policy_body(roots.carrier, hash)));
  if (!both)
    return fail(Exit::integrity, "the carrier's first policy is not signed by both roots",
                "I7: nobody alone changes the policy", "policy.json as writ init wrote it",
                "restore the file from backup");
  return hash;
}

Status write_recovery_sheets(const fs::path& dir, const std::string& carrier,
                             const std::array<crypto::BoxKey, 2>& keys) {
  WRIT_CHECK(make_dirs(dir, 0700));
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string secret = crypto::hex(keys[i].secret());
    std::string grouped;
    for (std::size_t at = 0; at < secret.size(); at += 8)
      grouped += secret.substr(at, 8) + (at % 32 == 24 ? "\n" : " ");
    WRIT_CHECK(write_file(
        dir / fmt::format("recovery-{}.txt", i + 1),
        fmt::format("Writ recovery key {} of 2\ncarrier: {}\npublic key: {}\n\n{}\n"
                    "Print this sheet, lock it away apart from the other one, and delete the file.\n"
                    "Both sheets together open every matter; one alone opens nothing.\n",
                    i + 1, carrier, keys[i].public_key().text(), grouped),
        0600));
  }
  return {};
}

}  // namespace writ::desk
