// SPDX-License-Identifier: GPL-3.0-or-later
// Files of a case: data/case-files/MATTER/; in a compartment sealed (desk::Carrier::keep_file). What an act
// names is written before the act is stored, under a name that tells its content, so that a repeated or late
// writer never spoils what another act names.
#pragma once
#include "desk/case_book.hh"

namespace writ::cases {

fs::path case_dir(const desk::Carrier& c, const std::string& matter);
// <prefix>-<first 16 hex digits of its SHA-256><suffix>; durable when it returns.
struct CaseFile {
  std::string name, sha256;
};
Result<CaseFile> keep_case_file(const desk::Carrier& c, const std::string& matter, const std::string& prefix,
                                const std::string& suffix, std::string_view text);
// Exit::integrity when it is missing or not what the act says.
Result<std::string> read_case_file(const desk::Carrier& c, const std::string& matter, const std::string& name,
                                   const std::string& sha256);
// The last act is this one, by this person: the command is a repeated one.
bool is_done(const desk::Case& c, std::string_view act, const std::string& user);
using desk::check_person;  // for what is done outside of an act

}  // namespace writ::cases
