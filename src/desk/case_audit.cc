// SPDX-License-Identifier: GPL-3.0-or-later
// Cases against the log. A row of a case is signed, so it cannot be altered; but the newest rows could be
// taken away, and a case as a whole. The log has the SHA-256 of every act before it is stored, sealed to the
// auditors: only they can tell that something is gone.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "desk/audit_service.hh"
#include "desk/case_book.hh"

namespace writ::desk {
namespace {

using Noted =
    std::map<std::pair<std::string, std::uint64_t>, std::vector<std::string>>;  // case, act -> hashes

Noted noted_acts(const std::vector<audit::OpenedEntry>& entries) {
  Noted out;
  for (const auto& e : entries) {
    const Json detail = e.entry.value("detail", Json::object());
    if (!detail.contains("act_sha256") || !detail.contains("seq")) continue;
    out[{e.entry.value("matter", ""), detail["seq"].get<std::uint64_t>()}].push_back(
        detail["act_sha256"].get<std::string>());
  }
  return out;
}

Json problem(const std::string& matter, std::uint64_t seq, const std::string& what) {
  return Json{{"matter", matter}, {"act", seq}, {"what", what}};
}

}  // namespace

Result<Json> AuditService::check_cases(const Credentials& who) {
  WRIT_TRY(entries, show("", who));
  Noted noted = noted_acts(entries);
  Json problems = Json::array();
  std::uint64_t cases = 0, acts = 0;
  WRIT_TRY(ask, c_->db().prepare("SELECT matter FROM cases ORDER BY matter"));
  std::vector<std::string> matters;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    matters.push_back(ask.text(0));
  }
  for (const std::string& matter : matters) {
    ++cases;
    const auto c = read_case(*c_, matter);
    if (!c) {
      problems.push_back(problem(matter, 0, c.error().what));
      continue;
    }
    for (const CaseAct& a : c->acts) {
      ++acts;
      auto& hashes = noted[{matter, a.seq}];
      if (std::find(hashes.begin(), hashes.end(), crypto::hex(a.id)) == hashes.end())
        problems.push_back(problem(matter, a.seq, "the log does not have this act"));
      hashes.clear();
    }
  }
  for (const auto& [which, hashes] : noted)
    if (!hashes.empty())
      problems.push_back(
          problem(which.first, which.second,
                  "noted, and not stored: the command was killed before its end, or the act was "
                  "taken away"));
  return Json{{"schema", "writ.case-audit/1"}, {"cases", cases}, {"acts", acts}, {"problems", problems}};
}

}  // namespace writ::desk
