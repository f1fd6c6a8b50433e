// SPDX-License-Identifier: GPL-3.0-or-later
#include "record_args.hh"

#include <fmt/format.h>

namespace writ::cli {

Result<authority::ScopeSubject> parse_subject(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos)
    return fail(Exit::usage, fmt::format("'{}' names no subject", text), {}, {},
                "write KIND:VALUE, as number:+14045550102, extension:214@ACCOUNT, account:ACCOUNT, "
                "account-name:NAME, tenant-name:NAME[@ACCOUNT], street-address:'1|Quay Road|City|GA|30001', "
                "stay:RESERVATION@ACCOUNT");
  authority::ScopeSubject s{text.substr(0, colon), text.substr(colon + 1), ""};
  const bool at_property = s.kind == "extension" || s.kind == "tenant-name" || s.kind == "stay";
  if (const auto at = s.value.rfind('@'); at_property && at != std::string::npos) {
    s.property = s.value.substr(at + 1);
    s.value.resize(at);
  }
  return s;
}

void add_period(CLI::App* c, std::string& from, std::string& until, bool required) {
  auto* first = c->add_option("--from", from, "first instant, RFC 3339 with offset");
  auto* after = c->add_option("--until", until, "first instant after it");
  if (required) {
    first->required();
    after->required();
  }
}

}  // namespace writ::cli
