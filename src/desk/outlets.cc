// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/outlets.hh"

#include <algorithm>

namespace writ::desk {

Result<fs::path> write_revocations(const Carrier& c, const fs::path& dir,
                                   const std::vector<authority::Revocation>& also) {
  WRIT_TRY(lock, lock_file(c.data() / "revocations.lock"));
  WRIT_TRY(list, Orders{c}.revocations());
  for (const authority::Revocation& r : also) {
    if (std::any_of(list.entries.begin(), list.entries.end(),
                    [&](const authority::Revocation& have) { return have.grant == r.grant; }))
      continue;
    list.entries.push_back(r);
    ++list.sequence;
  }
  fs::path file = dir / "revocations.json";
  WRIT_CHECK(write_file(file, authority::issue_revocations(std::move(list), c.desk_key())));
  return file;
}

Status revoke_grants(Carrier& c, const std::vector<GrantRow>& grants, const std::string& reason,
                     const std::string& by) {
  Orders orders{c};
  WRIT_TRY(list, orders.revocations());
  const Instant at = c.now();
  for (const GrantRow& g : grants) {
    if (std::any_of(list.entries.begin(), list.entries.end(),
                    [&](const authority::Revocation& r) { return crypto::hex(r.grant) == g.id; }))
      continue;
    WRIT_CHECK(c.note(by, "grant.stop", g.matter, Json{{"grant", g.id}, {"reason", reason}}));
    WRIT_CHECK(orders.put_revocation({authority::grant_id(g.body), at, by, reason}));
  }
  return {};
}

Status remember_outlet(const Carrier& c, const GrantRow& g, const fs::path& dir) {
  std::error_code ec;
  const fs::path whole = fs::absolute(dir, ec).lexically_normal();
  WRIT_TRY(put, c.db().prepare("INSERT INTO grant_outlet(grant_id, dir, until, told) VALUES(?,?,?,0) "
                               "ON CONFLICT(grant_id, dir) DO UPDATE SET told=0"));
  return put.bind(1, g.id).bind(2, whole.string()).bind(3, rfc3339(g.body.not_after)).run();
}

Result<std::vector<fs::path>> outlets_of(const Carrier& c, const std::string& grant) {
  WRIT_TRY(ask, c.db().prepare("SELECT dir FROM grant_outlet WHERE grant_id=? ORDER BY dir"));
  ask.bind(1, grant);
  std::vector<fs::path> out;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.emplace_back(ask.text(0));
  }
}

namespace {

struct Open {
  std::string grant, dir;
};

Result<std::vector<Open>> open_outlets(const Carrier& c) {
  WRIT_TRY(ask, c.db().prepare("SELECT o.grant_id, o.dir FROM grant_outlet o JOIN revocations r ON "
                               "r.grant_id = o.grant_id WHERE o.told = 0 AND o.until > ? ORDER BY o.dir"));
  ask.bind(1, rfc3339(c.now()));
  std::vector<Open> out;
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return out;
    out.push_back({ask.text(0), ask.text(1)});
  }
}

}  // namespace

Result<std::vector<Undelivered>> deliver_revocations(const Carrier& c) {
  WRIT_TRY(open, open_outlets(c));
  WRIT_TRY(done, c.db().prepare("UPDATE grant_outlet SET told=1 WHERE grant_id=? AND dir=?"));
  std::vector<Undelivered> left;
  std::string last;
  bool written = false;
  for (const Open& o : open) {
    if (o.dir != last) {
      auto list = write_revocations(c, o.dir);
      written = list.has_value();
      if (!list) left.push_back({o.dir, std::move(list).error()});
      last = o.dir;
    }
    // Not every revoked grant of the directory: one that was revoked meanwhile is not in that list.
    if (written) WRIT_CHECK(done.bind(1, o.grant).bind(2, o.dir).run());
  }
  return left;
}

}  // namespace writ::desk
