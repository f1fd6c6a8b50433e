// SPDX-License-Identifier: GPL-3.0-or-later
// The book against the log. Three things can be taken back: rows (their leaves and the month's root tell),
// a whole month (the noted heads tell), and the desk's memory of the heads together with the month (the log
// itself tells; only an auditor can read it).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "desk/record_access.hh"
#include "desk/record_destruction.hh"
#include "desk/record_service.hh"

namespace writ::desk {
namespace {

using authority::Role;

constexpr std::size_t problems_max = 1000;

Json head_json(const records::MonthHead& h) {
  Json j{{"month", h.month},
         {"size", h.size},
         {"root", crypto::hex(h.root)},
         {"sealed", h.sealed},
         {"bytes", h.bytes}};
  if (h.size > 0) {
    j["first"] = rfc3339(h.first);
    j["last"] = rfc3339(h.last);
  }
  return j;
}

bool knows(const std::vector<NotedHead>& all, const NotedHead& h) {
  return std::any_of(all.begin(), all.end(), [&](const NotedHead& x) {
    return x.month == h.month && x.size == h.size && x.root == h.root && x.index == h.index;
  });
}

// Heads that the log has and the desk forgot; then the log's are what counts.
Result<std::vector<NotedHead>> heads_to_hold(Carrier& c, const Acting& who, bool is_auditor,
                                             std::vector<std::string>& problems) {
  auto kept = noted_heads(c);
  if (!kept && kept.error().exit != Exit::integrity) return kept;
  if (!kept) problems.push_back(kept.error().what);
  if (!is_auditor) return kept ? *kept : std::vector<NotedHead>{};
  WRIT_TRY(reader, c.audit_reader(who));
  WRIT_TRY(logged, logged_heads(c.data() / "audit", reader));
  if (kept)
    for (const NotedHead& h : logged)
      if (!knows(*kept, h)) {
        problems.push_back(fmt::format(
            "{}: audit entry {} notes {} records, and the desk's own table does not know it any more",
            h.month, h.index, h.size));
        break;
      }
  return logged;
}

void check_months(const std::vector<NotedHead>& noted, const std::set<std::string>& destroyed,
                  const std::vector<records::MonthHead>& is, std::vector<std::string>& problems) {
  std::set<std::string> told = destroyed;
  for (const NotedHead& h : noted) {
    const auto now = std::find_if(is.begin(), is.end(), [&](const auto& m) { return m.month == h.month; });
    if (now != is.end() || !told.insert(h.month).second) continue;
    problems.push_back(fmt::format(
        "{}: the month is gone, and no destruction record names it (audit entry {} notes {} records)",
        h.month, h.index, h.size));
  }
}

Result<Json> verify_book(Carrier& c, const Acting& who, bool is_auditor) {
  WRIT_TRY(store, RecordStore::open(c));
  std::vector<std::string> problems;
  WRIT_TRY(noted, heads_to_hold(c, who, is_auditor, problems));
  WRIT_TRY(destroyed, destroyed_months(c, problems));
  std::vector<records::MonthHead> known;
  for (const NotedHead& h : noted) {
    records::MonthHead m;
    m.month = h.month;
    m.size = h.size;
    m.root = h.root;
    known.push_back(std::move(m));
  }
  WRIT_TRY(found, store->cdrs().verify(known));
  check_months(noted, destroyed, found.heads, problems);
  problems.insert(problems.end(), found.problems.begin(), found.problems.end());
  std::uint64_t unnoted = 0;
  Json months = Json::array();
  for (const auto& h : found.heads) {
    months.push_back(head_json(h));
    std::uint64_t noted_size = 0;
    for (const NotedHead& n : noted)
      if (n.month == h.month) noted_size = std::max(noted_size, n.size);
    if (h.size > noted_size) unnoted += h.size - noted_size;
  }
  const std::size_t count = problems.size();
  if (problems.size() > problems_max) problems.resize(problems_max);
  WRIT_CHECK(c.note(who.person.user, "records.verified", "",
                    Json{{"rows", found.rows}, {"problems", count}, {"heads", noted.size()}}));
  return Json{{"schema", "writ.records-verify/1"},
              {"rows", found.rows},
              {"months", std::move(months)},
              {"against", is_auditor ? "the audit log" : "the desk's notes of the audit log"},
              {"heads", noted.size()},
              {"unnoted", unnoted},
              {"destroyed_months", destroyed.size()},
              {"problems", problems}};
}

}  // namespace

Result<Json> RecordService::verify(const Credentials& who) {
  WRIT_CHECK(c_->only_outside("verifying the records"));
  WRIT_TRY(by, c_->act_as_any(who, {Role::auditor, Role::counsel, Role::officer}));
  return c_->attempt(who.user, "records.verify", "", [&]() -> Result<Json> {
    WRIT_CHECK(c_->note(who.user, "records.verify", ""));
    const auto& roles = by.cert.roles;
    return verify_book(*c_, by, std::find(roles.begin(), roles.end(), Role::auditor) != roles.end());
  });
}

Result<Json> RecordService::heads(const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::auditor, Role::counsel, Role::officer, Role::intake}));
  WRIT_CHECK(c_->note(by.person.user, "records.heads", ""));
  WRIT_TRY(store, RecordStore::open(*c_));
  WRIT_TRY(heads, store->cdrs().heads());
  Json months = Json::array();
  for (const auto& h : heads) months.push_back(head_json(h));
  return Json{{"schema", "writ.record-heads/1"}, {"months", std::move(months)}};
}

}  // namespace writ::desk
