// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/outbox.hh"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "authority/strict.hh"

namespace writ::desk {
namespace {

using authority::Role;

constexpr std::string_view outbox_schema[] = {
    "CREATE TABLE outbox(id TEXT PRIMARY KEY, urgency INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT "
    "NULL, "
    "apart_from TEXT NOT NULL, taken_by TEXT, taken_at TEXT) STRICT"};

fs::path file_of(const std::string& id) { return fs::path{"outbox"} / (id + ".json"); }

// "intake, counsel or officer" -> the three. What the clock does concerns all who handle the matter.
std::vector<Role> roles_of(const std::string& who) {
  std::vector<Role> out;
  std::string words = who;
  std::replace(words.begin(), words.end(), ',', ' ');
  std::istringstream in(words);
  for (std::string word; in >> word;)
    if (const auto role = authority::parse_role(word)) out.push_back(*role);
  if (out.empty()) out = {Role::intake, Role::counsel, Role::officer};
  return out;
}

}  // namespace

const char* to_string(Severity s) {
  return s == Severity::emergency ? "emergency" : s == Severity::law ? "law" : "profile";
}

std::string id_of(const Notice& n) {
  const Json about{{"matter", n.matter}, {"subject", n.subject}, {"what", n.what},
                   {"who", n.who},       {"at", rfc3339(n.at)},  {"due", n.due ? rfc3339(*n.due) : ""}};
  return crypto::hex(crypto::sha256(view_of(canonical(about)))).substr(0, 32);
}

Json to_json(const Notice& n) {
  return Json{{"schema", "writ.notice/1"},
              {"id", id_of(n)},
              {"matter", n.matter},
              {"subject", n.subject},
              {"what", n.what},
              {"who", n.who},
              {"severity", to_string(n.severity)},
              {"at", rfc3339_seconds(n.at)},
              {"due", n.due ? Json(rfc3339_seconds(*n.due)) : Json{}},
              {"arithmetic", n.arithmetic},
              {"citation", n.citation}};
}

// What is due in a compartment is told to the named, and stands in no outbox (docs/compartments.md).
Status Outbox::migrate() {
  WRIT_CHECK(c_->only_outside("a notice in the outbox"));
  return c_->db().migrate("desk_outbox", outbox_schema);
}

Result<bool> Outbox::tell(const Notice& n) {
  WRIT_CHECK(migrate());
  const std::string id = id_of(n);
  WRIT_TRY(ask, c_->db().prepare("SELECT 1 FROM outbox WHERE id=?"));
  WRIT_TRY(told, ask.bind(1, id).step());
  if (told) return false;
  const Json body = to_json(n);
  WRIT_CHECK(c_->note("desk", "notice", n.matter, body));
  WRIT_CHECK(c_->keep_file(file_of(id), view_of(canonical(body))));
  WRIT_TRY(put, c_->db().prepare("INSERT INTO outbox(id, urgency, at, body, apart_from) VALUES(?,?,?,?,?) "
                                 "ON CONFLICT DO NOTHING"));
  WRIT_CHECK(put.bind(1, id)
                 .bind(2, static_cast<std::int64_t>(n.severity == Severity::emergency ? 0 : 1))
                 .bind(3, rfc3339(n.at))
                 .bind(4, canonical(body))
                 .bind(5, n.apart_from)
                 .run());
  return true;
}

Result<Json> Outbox::list(bool all) {
  WRIT_CHECK(migrate());
  WRIT_TRY(ask,
           c_->db().prepare(fmt::format("SELECT body, taken_by, taken_at FROM outbox {}ORDER BY urgency, "
                                        "at, id",
                                        all ? "" : "WHERE taken_by IS NULL ")));
  Json notices = Json::array();
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return Json{{"schema", "writ.outbox/1"}, {"notices", std::move(notices)}};
    WRIT_TRY(body, parse_canonical(view_of(ask.text(0)), "stored notice"));
    if (!ask.is_null(1)) {
      body["taken_by"] = ask.text(1);
      body["taken_at"] = ask.text(2);
    }
    notices.push_back(std::move(body));
  }
}

Result<std::size_t> Outbox::waiting() {
  WRIT_CHECK(migrate());
  WRIT_TRY(ask, c_->db().prepare("SELECT count(*) FROM outbox WHERE taken_by IS NULL"));
  WRIT_CHECK(ask.step());
  return static_cast<std::size_t>(ask.integer(0));
}

Status Outbox::done(const std::string& id, const Acting& who) {
  WRIT_CHECK(migrate());
  WRIT_TRY(ask, c_->db().prepare("SELECT body, apart_from, taken_by FROM outbox WHERE id=?"));
  WRIT_TRY(found, ask.bind(1, id).step());
  if (!found)
    return fail(Exit::not_found, fmt::format("there is no notice '{}'", id.substr(0, 40)), {},
                "the id of a notice", "writ outbox list prints them");
  WRIT_TRY(body, parse_canonical(view_of(ask.text(0)), "stored notice"));
  const std::string apart_from = ask.text(1);
  const bool is_taken = !ask.is_null(2);
  ask.reset();
  const std::string matter = body.value("matter", ""), roles = body.value("who", "");
  return c_->attempt(who.person.user, "notice.done", matter, [&]() -> Status {
    WRIT_CHECK(check_person(*c_, who, roles_of(roles)));
    if (!apart_from.empty() && authority::is_same_user(apart_from, who.person.user))
      return fail(Exit::refused, fmt::format("the notice is about what {} did", who.person.user),
                  "nobody approves their own work (requirements, section 5)",
                  fmt::format("another person who is {}", roles), "tell one of them");
    if (is_taken) return {};
    WRIT_CHECK(c_->note(who.person.user, "notice.done", matter, Json{{"notice", id}}));
    WRIT_TRY(put,
             c_->db().prepare("UPDATE outbox SET taken_by=?, taken_at=? WHERE id=? AND taken_by IS NULL"));
    return put.bind(1, who.person.user).bind(2, rfc3339_seconds(c_->now())).bind(3, id).run();
  });
}

}  // namespace writ::desk
