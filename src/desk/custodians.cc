// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/custodians.hh"

namespace writ::desk {

Result<std::vector<vault::Custodian>> custodians_now(const Carrier& c) {
  std::vector<vault::Custodian> out;
  WRIT_TRY(people, c.people());
  for (const auto& cert : people)
    if (authority::verify_cert(cert, c.roots(), authority::Role::custodian, c.now()))
      out.push_back({cert.user, cert.box});
  return out;
}

Result<crypto::BoxPublic> matter_key(const Carrier& c, const std::string& matter, const std::string& stream) {
  WRIT_TRY(custodians, custodians_now(c));
  WRIT_TRY(recovery, c.recovery_keys());
  return vault::make_matter_key(c.data() / "vault", matter, stream, custodians, recovery);
}

}  // namespace writ::desk
