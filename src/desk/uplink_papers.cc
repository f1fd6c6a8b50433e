// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/uplink_papers.hh"

#include <algorithm>

#include "desk/grant_checks.hh"
#include "desk/outlets.hh"

namespace writ::desk {
namespace {

Result<std::int64_t> count_of(const Carrier& c, const char* sql) {
  WRIT_TRY(ask, c.db().prepare(sql));
  WRIT_TRY(row, ask.step());
  return row ? ask.integer(0) : std::int64_t{0};
}

}  // namespace

// Two ways lead here: the store has more revocations than our list, or somebody (a suspension, with a store
// that refuses perhaps) wrote a newer list into our outlet.
Status LinkPapers::look_at_lists() {
  WRIT_TRY(revocations, count_of(*c_, "SELECT count(*) FROM revocations"));
  const fs::path file = lists_ / "revocations.json";
  std::error_code ec;
  if (list_.empty() || revocations > revocations_) WRIT_CHECK(write_revocations(*c_, lists_));
  const auto time = fs::last_write_time(file, ec);
  if (ec) return tl::unexpected(io_error("look at", file));
  if (time != list_time_ || list_.empty() || revocations > revocations_) {
    WRIT_TRY(text, read_text(file));
    WRIT_TRY(list, authority::verify_revocations(view_of(text), c_->roots(), list_number_));
    list_ = std::move(text);
    list_number_ = list.sequence;
    list_time_ = time;
  }
  revocations_ = revocations;
  return {};
}

Status LinkPapers::look_at_grants() {
  WRIT_TRY(armed, count_of(*c_, "SELECT count(*) FROM grants WHERE file IS NOT NULL"));
  if (armed == armed_) return {};
  WRIT_TRY(ask, c_->db().prepare("SELECT DISTINCT matter FROM grants WHERE file IS NOT NULL"));
  std::vector<std::string> matters;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) break;
    matters.push_back(ask.text(0));
  }
  grants_.clear();
  for (const std::string& matter : matters) {
    const auto rows = Orders{*c_}.grants(matter);
    if (!rows) continue;  // an edited row stops nobody else's grant; the audit finds it
    for (const GrantRow& g : *rows)
      if (g.file && c_->now() < g.body.not_after) grants_.push_back({g.id, *g.file, g});
  }
  armed_ = armed;
  return {};
}

Status LinkPapers::look() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < std::chrono::milliseconds{100}) return good_;
  looked_ = now;
  good_ = look_at_lists();
  if (good_) good_ = look_at_grants();
  return good_;
}

std::vector<const LinkPapers::Armed*> LinkPapers::grants_of(const crypto::VerifyKey& probe) const {
  std::vector<const Armed*> out;
  for (const Armed& g : grants_)
    if (g.row.body.probe == probe) out.push_back(&g);
  return out;
}

bool LinkPapers::is_in_force(const Armed& g) const { return check_in_force(*c_, g.row).has_value(); }

Status LinkPapers::hand_out(const Armed& g, const std::string& probe) {
  WRIT_TRY(outlets, outlets_of(*c_, g.id));
  const fs::path here = fs::absolute(lists_).lexically_normal();
  if (std::find(outlets.begin(), outlets.end(), here) != outlets.end()) return {};
  WRIT_CHECK(c_->note("desk", "link.grant", g.row.matter, Json{{"grant", g.id}, {"probe", probe}}));
  return remember_outlet(*c_, g.row, lists_);
}

Result<std::string> LinkPapers::lease(const LinkProbe& probe) const {
  WRIT_CHECK(good_);
  const Instant now = c_->now();
  return link::sign_lease({probe.key, list_number_, now, now + probe.lease, c_->desk_cert()},
                          c_->roots().carrier, c_->desk_key());
}

}  // namespace writ::desk
