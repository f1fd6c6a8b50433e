// SPDX-License-Identifier: GPL-3.0-or-later
#include "case_commands.hh"

#include <fmt/format.h>

namespace writ::cli {

Result<desk::Acting> person(const Options& o, desk::Carrier& c, const std::vector<authority::Role>& any_of) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  return c.act_as_any(who[0], any_of);
}

Status told(const Options& o, const desk::Case& c, const std::string& next) {
  if (o.json)
    print(desk::to_json(c));
  else
    print(c.matter + " " + c.state + "\n");
  if (!next.empty()) say(o, "next: " + next);
  return {};
}

Result<std::map<std::string, std::string>> silent_words(const std::vector<std::string>& specs,
                                                        const char* option) {
  std::map<std::string, std::string> out;
  for (const std::string& s : specs) {
    const auto at = s.find('=');
    if (at == std::string::npos || at + 1 == s.size())
      return fail(Exit::usage, fmt::format("{} '{}' gives no reason", option, s), {}, {},
                  "write ITEM=REASON");
    out[s.substr(0, at)] = s.substr(at + 1);
  }
  return out;
}

Status act_as_one_of(Options& o, const std::vector<authority::Role>& roles, const ActingStep& f) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(by, person(o, c, roles));
  WRIT_TRY(done, f(c, by));
  return told(o, done);
}

}  // namespace writ::cli
