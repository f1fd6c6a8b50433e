// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/notice.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::cases {

Result<std::vector<std::string>> notify(const desk::Carrier& c, const Notice& n,
                                        const std::vector<authority::Role>& roles) {
  WRIT_TRY(people, c.people());
  WRIT_CHECK(make_dirs(c.data() / "outbox", 0700));
  std::vector<std::string> told;
  for (const authority::RoleCert& cert : people) {
    const bool meant = std::any_of(roles.begin(), roles.end(), [&](authority::Role r) {
      return authority::verify_cert(cert, c.roots(), r, c.now()).has_value();
    });
    if (!meant) continue;
    const Json notice{{"schema", "writ.notice/1"},
                      {"to", cert.user},
                      {"matter", n.matter},
                      {"what", n.what},
                      {"text", n.text},
                      {"at", rfc3339_seconds(n.at)}};
    WRIT_CHECK(write_file(c.data() / "outbox" / fmt::format("{}-{}-{}.json", n.matter, n.what, cert.user),
                          canonical(notice), 0600));
    told.push_back(cert.user);
  }
  std::sort(told.begin(), told.end());
  return told;
}

}  // namespace writ::cases
