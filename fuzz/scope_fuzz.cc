// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile scope tickets. The first byte chooses: bytes that no counsel signed are never a ticket; a body that
// counsel did sign, whatever it says, is a ticket only when it is a lawful scope in canonical form.
#include "authority/scope.hh"
#include "fuzz/check.hh"

namespace {

using namespace writ;
using namespace writ::authority;

struct World {
  crypto::SigningKey a, b;
  Person counsel{"counsel1", {}, {}};
  TrustRoots roots;
  RoleCert cert;
  Instant now = *parse_rfc3339("2026-11-02T09:00:00Z");
  World() {
    roots = {"Example Hospitality Voice", a.public_key(), b.public_key(), counsel.box.public_key()};
    cert = {roots.carrier,
            counsel.user,
            {Role::counsel},
            counsel.sign.public_key(),
            counsel.box.public_key(),
            now - std::chrono::hours{24},
            now + std::chrono::days{365},
            {},
            {}};
    cert = *certify(cert, roots, a, b);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const World w;
  const View rest{data + 1, size - 1};
  if (data[0] % 2 == 0) {
    fuzz::check(!verify_scope(rest, w.cert, w.roots, w.now));
    return 0;
  }
  auto j = parse_json(rest, "scope");
  if (!j || !j->is_object()) return 0;
  (*j)["counsel"] = w.counsel.user;
  (*j)["key"] = w.cert.verify.text();
  j->erase("signature");
  (*j)["signature"] = crypto::hex(w.counsel.sign.sign("writ.scope/1", view_of(canonical(*j))));
  const std::string text = canonical(*j);
  if (const auto t = verify_scope(view_of(text), w.cert, w.roots, w.now)) {
    const Scope& s = t->scope();
    fuzz::check(canonical(to_json(s)) == text);
    fuzz::check(!s.subjects.empty() && !s.items.empty() && s.records_from < s.records_until);
    fuzz::check(s.at <= w.now && w.now < s.expires && s.carrier == w.roots.carrier);
    for (const ScopeSubject& x : s.subjects) fuzz::check(t->names(x));
  }
  return 0;
}
