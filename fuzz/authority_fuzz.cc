// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile grant files, revocation lists, certificates, proofs and log leaves; the first byte chooses. What is
// accepted as text must print back to itself.
#include <cstdlib>

#include "audit/log.hh"
#include "authority/grant.hh"

namespace {

using namespace writ;

template <class T>
void must_print_back(const Json& j, const Result<T>& parsed) {
  if (parsed && canonical(to_json(*parsed)) != canonical(j)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const View rest{data + 1, size - 1};
  static const authority::TrustRoots roots = [] {
    authority::TrustRoots r;
    r.carrier = "Example Hospitality Voice";
    r.a.k.fill(1);
    r.b.k.fill(2);
    return r;
  }();
  switch (data[0] % 5) {
    case 0: {
      const authority::RevocationList none{roots.carrier, 1, {}, {}, {}, {}};
      (void)authority::parse_grant_file(rest);
      if (authority::verify_grant(rest, {&roots, &none, {}, {}})) std::abort();
      break;
    }
    case 1:
      if (authority::verify_revocations(rest, roots, 0)) std::abort();
      break;
    case 2:
      if (const auto j = parse_json(rest, "certificate")) must_print_back(*j, authority::parse_role_cert(*j));
      break;
    case 3:
      if (const auto j = parse_json(rest, "proof")) {
        const auto p = audit::parse_proof(*j);
        must_print_back(*j, p);
        if (p) (void)audit::verify(*p);
      }
      break;
    default: {
      static const crypto::BoxKey reader;
      (void)audit::open_leaf(rest, reader);
    }
  }
  return 0;
}
