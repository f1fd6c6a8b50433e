// SPDX-License-Identifier: GPL-3.0-or-later
#include "orders.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace writ::probe {
namespace {

constexpr std::string_view grant_suffix = ".grant.json";

Result<std::vector<fs::path>> grant_files(const fs::path& dir) {
  std::vector<fs::path> out;
  std::error_code ec;
  fs::directory_iterator it{dir, ec};
  if (ec) return fail(Exit::not_found, fmt::format("read {}: {}", dir.string(), ec.message()));
  for (; it != fs::directory_iterator{}; it.increment(ec))
    if (it->path().filename().string().ends_with(grant_suffix)) out.push_back(it->path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

// An unreadable or older list is as good as none: nobody could be stopped any more. So it stops everything.
Status Orders::refresh_revocations() {
  auto bytes = read_file(grants_dir_ / "revocations.json");
  if (!bytes)
    return fail(Exit::refused, bytes.error().what, "stop wins over start: no list, no interception",
                "the desk's newest revocation list",
                "copy revocations.json from the desk into the grants directory");
  if (!list_bytes_.empty() && *bytes == list_bytes_) return {};
  WRIT_TRY(seen, revocations_seen(probe_dir_));
  auto list = authority::verify_revocations(*bytes, self_.roots, seen);
  if (!list) {
    Error e = std::move(list).error();
    e.exit = Exit::refused;
    return tl::unexpected(std::move(e));
  }
  if (list->sequence > seen) WRIT_CHECK(remember_revocations(probe_dir_, list->sequence));
  list_ = std::move(*list);
  list_bytes_ = std::move(*bytes);
  return {};
}

Result<std::vector<authority::VerifiedGrant>> Orders::load(const Report& report) {
  WRIT_TRY(now, wall_.now());
  WRIT_CHECK(refresh_revocations());
  WRIT_TRY(files, grant_files(grants_dir_));
  std::vector<authority::VerifiedGrant> grants;
  std::set<crypto::Digest> known;
  bool refused = false, all_expired = true;
  for (const fs::path& file : files) {
    WRIT_TRY(bytes, read_file(file));
    const std::string sha256 = crypto::hex(crypto::sha256(bytes));
    auto grant = authority::verify_grant(bytes, {&self_.roots, &list_, self_.sign.public_key(), now});
    if (grant && !known.insert(grant->id()).second) continue;
    WRIT_CHECK(report(sha256, grant ? std::optional{grant->id()} : std::nullopt,
                      grant ? std::nullopt : std::optional{grant.error()}));
    if (grant) {
      grants.push_back(std::move(*grant));
    } else {
      refused = true;
      all_expired = all_expired && grant.error().exit == Exit::expired;
    }
  }
  if (!grants.empty()) return grants;
  if (refused)
    return fail(all_expired ? Exit::expired : Exit::refused, "none of the grants may be used",
                "no interception without a grant: 47 USC 1004; 47 CFR 1.20003",
                "a grant that is alive and made for this probe",
                "each grant's own refusal stands above and says who can cure it");
  return fail(Exit::refused, fmt::format("{} holds no grant", grants_dir_.string()),
              "no interception without a grant: 47 USC 1004; 47 CFR 1.20003",
              "a *.grant.json made for this probe",
              "the technician arms the matter ('writ intercept arm') and brings the grant here");
}

Status Orders::watch(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool) {
  WRIT_TRY(now, wall_.now());
  WRIT_CHECK(refresh_revocations());
  bool alive = false;
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const bool revoked =
        std::any_of(list_.entries.begin(), list_.entries.end(),
                    [&](const authority::Revocation& r) { return r.grant == grants[g].id() && now >= r.at; });
    if (revoked || now >= grants[g].until()) WRIT_CHECK(spool.end_grant(g));
    alive = alive || !spool.ended(g);
  }
  if (alive) return {};
  return fail(Exit::expired, "the last grant has ended",
              "an interception ends with its authority: 18 USC 2518(4)(e), (5), 3123(c); 47 CFR 1.20003",
              "a grant that is alive",
              "an extension is a new order; what was acquired before is sealed in the spool");
}

Result<std::vector<authority::VerifiedGrant>> verify_again(const fs::path& probe_dir,
                                                           const fs::path& grants_dir,
                                                           const std::vector<std::string>& ids) {
  WRIT_TRY(pinned, load_public(probe_dir));
  WRIT_TRY(list_bytes, read_file(grants_dir / "revocations.json"));
  WRIT_TRY(list, authority::verify_revocations(list_bytes, pinned.roots, 0));
  WRIT_TRY(files, grant_files(grants_dir));
  const Instant now = SystemClock{}.now();
  std::map<std::string, authority::VerifiedGrant> found;
  for (const fs::path& file : files) {
    WRIT_TRY(bytes, read_file(file));
    auto grant = authority::verify_grant(bytes, {&pinned.roots, &list, pinned.verify, now});
    if (grant) found.emplace(crypto::hex(grant->id()), std::move(*grant));
  }
  std::vector<authority::VerifiedGrant> out;
  for (const std::string& id : ids) {
    const auto it = found.find(id);
    if (it == found.end())
      return fail(Exit::refused, fmt::format("grant {} changed while the probe started", id.substr(0, 8)),
                  "each of the probe's processes verifies each grant", {}, "start the probe again");
    out.push_back(std::move(it->second));
  }
  return out;
}

}  // namespace writ::probe
