// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/case_files.hh"

#include <fmt/format.h>

namespace writ::cases {

fs::path case_dir(const desk::Carrier& c, const std::string& matter) {
  return c.data() / "case-files" / matter;
}

Result<CaseFile> keep_case_file(const desk::Carrier& c, const std::string& matter, const std::string& prefix,
                                const std::string& suffix, std::string_view text) {
  const std::string sha256 = crypto::hex(crypto::sha256(view_of(text)));
  CaseFile f{fmt::format("{}-{}{}", prefix, sha256.substr(0, 16), suffix), sha256};
  WRIT_CHECK(c.keep_file(fs::path{"case-files"} / matter / f.name, view_of(text)));
  return f;
}

Result<std::string> read_case_file(const desk::Carrier& c, const std::string& matter, const std::string& name,
                                   const std::string& sha256) {
  const auto kept = c.kept_file(fs::path{"case-files"} / matter / name);
  if (!kept || crypto::hex(crypto::sha256(*kept)) != sha256)
    return fail(Exit::integrity, fmt::format("{}: {} is missing or was altered", matter, name),
                "an act names its files by their SHA-256", "the file as it was written",
                "restore case-files/ from backup, or do the step again");
  return std::string(text_of(*kept));
}

bool is_done(const desk::Case& c, std::string_view act, const std::string& user) {
  return !c.acts.empty() && c.acts.back().act == act && c.acts.back().user == user;
}

}  // namespace writ::cases
