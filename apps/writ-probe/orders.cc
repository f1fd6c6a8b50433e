// SPDX-License-Identifier: GPL-3.0-or-later
#include "orders.hh"

#include <fmt/format.h>

#include <algorithm>

#include "probe/trusted_inputs.hh"

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

Status Orders::check_lease(Instant now) {
  if (!mode_.live) return {};
  if (!lease_) {
    WRIT_TRY(watch, link::LeaseWatch::of(probe_dir_, grants_dir_, self_.roots, self_.sign.public_key()));
    lease_ = std::move(watch);
  }
  return lease_->check(now, list_.sequence);
}

Result<authority::VerifiedGrant> Orders::judge(View file, Instant now) const {
  WRIT_TRY(grant, authority::verify_grant(file, {&self_.roots, &list_, self_.sign.public_key(), now}));
  if (mode_.inputs) WRIT_CHECK(check_inputs(grant.body(), *mode_.inputs));
  return grant;
}

Result<Orders::Judged> Orders::judge_files(Instant now, const Report& report) {
  WRIT_TRY(files, grant_files(grants_dir_));
  Judged out;
  for (const fs::path& file : files) {
    std::error_code ec;
    const std::pair as_is{fs::file_size(file, ec), fs::last_write_time(file, ec)};
    const auto [seen, is_new] = judged_.try_emplace(file.filename().string(), as_is);
    if (!is_new && seen->second == as_is) continue;
    seen->second = as_is;
    const auto bytes = read_file(file);
    const auto grant =
        bytes ? judge(*bytes, now) : Result<authority::VerifiedGrant>{tl::unexpected(bytes.error())};
    if (grant && !known_.insert(grant->id()).second) continue;
    WRIT_CHECK(report(bytes ? crypto::hex(crypto::sha256(*bytes)) : std::string{},
                      grant ? std::optional{grant->id()} : std::nullopt,
                      grant ? std::nullopt : std::optional{grant.error()}));
    if (grant) {
      const Json offer{{"grant", text_of(*bytes)}, {"revocations", text_of(list_bytes_)}};
      const std::string text = canonical(offer);
      out.good.push_back({*grant, Bytes(text.begin(), text.end())});
    } else {
      out.refused = true;
      out.all_expired = out.all_expired && grant.error().exit == Exit::expired;
    }
  }
  return out;
}

Result<std::vector<authority::VerifiedGrant>> Orders::load(const Report& report) {
  WRIT_TRY(now, wall_.now());
  WRIT_CHECK(refresh_revocations());
  if (!mode_.waits) WRIT_CHECK(check_lease(now));
  WRIT_TRY(judged, judge_files(now, report));
  std::vector<authority::VerifiedGrant> grants;
  for (Offered& o : judged.good) grants.push_back(std::move(o.grant));
  if (!grants.empty() || mode_.waits) return grants;
  if (judged.refused)
    return fail(judged.all_expired ? Exit::expired : Exit::refused, "none of the grants may be used",
                "no interception without a grant: 47 USC 1004; 47 CFR 1.20003",
                "a grant that is alive and made for this probe",
                "each grant's own refusal stands above and says who can cure it");
  return fail(Exit::refused, fmt::format("{} holds no grant", grants_dir_.string()),
              "no interception without a grant: 47 USC 1004; 47 CFR 1.20003",
              "a *.grant.json made for this probe",
              "the technician arms the matter ('writ intercept arm') and brings the grant here");
}

Result<std::vector<Offered>> Orders::news(const Report& report) {
  WRIT_TRY(now, wall_.now());
  WRIT_TRY(judged, judge_files(now, report));
  return std::move(judged.good);
}

namespace {

Status say_gap(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool, Instant from,
               Instant until, const std::string& why) {
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const Instant f = std::max(from, grants[g].from());
    const Instant u = std::min(until, grants[g].until() - Nanos{1});
    if (spool.ended(g) || f > u) continue;
    WRIT_CHECK(spool.event(g, {intercept::EventType::gap, u, 0, "",
                               Json{{"why", why}, {"from", rfc3339(f)}, {"until", rfc3339(u)}}}));
  }
  return {};
}

}  // namespace

Status Orders::heed_lease(Instant now, const std::vector<authority::VerifiedGrant>& grants,
                          capture::Spool& spool) {
  const Status heard = check_lease(now);
  if (heard) return unheard_since_ ? heard_again(now, grants, spool) : Status{};
  if (unheard_since_) return {};
  unheard_since_ = now;
  WRIT_CHECK(say_gap(grants, spool, now, now, "stopped: " + heard.error().what));
  if (!mode_.waits) return tl::unexpected(heard.error());
  spool.pause(true);
  fmt::print(stderr, "{}; nothing is sealed until it is\n", heard.error().what);
  return {};
}

Status Orders::heard_again(Instant now, const std::vector<authority::VerifiedGrant>& grants,
                           capture::Spool& spool) {
  const Instant since = *std::exchange(unheard_since_, std::nullopt);
  spool.pause(false);
  WRIT_CHECK(say_gap(grants, spool, since, now, "the office was not heard of: nothing was sealed"));
  fmt::print(stderr, "the office is heard of again\n");
  return {};
}

Status Orders::last_word(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool) {
  if (!unheard_since_ || !mode_.waits) return {};
  WRIT_TRY(now, wall_.now());
  return heard_again(now, grants, spool);
}

// Why it is over; null while it is not. What the list gives as the reason may be about the tenant, and is not
// for the agency.
const char* Orders::end_of(const authority::VerifiedGrant& grant, Instant now) const {
  for (const authority::Revocation& r : list_.entries)
    if (r.grant == grant.id() && now >= r.at)
      return r.reason.starts_with("suspended") ? "the authority was suspended" : "the authority was revoked";
  return now >= grant.until() ? "the authority's window ended" : nullptr;
}

Status Orders::watch(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool) {
  WRIT_TRY(now, wall_.now());
  WRIT_CHECK(refresh_revocations());
  bool alive = false;
  for (std::size_t g = 0; g < grants.size(); ++g) {
    if (const char* why = end_of(grants[g], now))
      WRIT_CHECK(spool.end_grant(g, std::min(now, grants[g].until() - Nanos{1}), why));
    alive = alive || !spool.ended(g);
  }
  WRIT_CHECK(heed_lease(now, grants, spool));
  if (!alive && mode_.waits && !said_waiting_)
    fmt::print(stderr, "no grant is in force: waiting for one, nothing is kept\n");
  said_waiting_ = !alive;
  if (alive || mode_.waits) return {};
  return fail(Exit::expired, "the last grant has ended",
              "an interception ends with its authority: 18 USC 2518(4)(e), (5), 3123(c); 47 CFR 1.20003",
              "a grant that is alive",
              "an extension is a new order; what was acquired before is sealed in the spool");
}

Result<std::vector<authority::VerifiedGrant>> verify_again(const Public& pinned, const fs::path& grants_dir,
                                                           const std::vector<std::string>& ids) {
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

Result<authority::VerifiedGrant> verify_offer(View offer, const Public& pinned, Instant now) {
  WRIT_TRY(json, parse_canonical(offer, "offer"));
  WRIT_TRY(grant, field<std::string>(json, "grant", "offer"));
  WRIT_TRY(list_text, field<std::string>(json, "revocations", "offer"));
  WRIT_TRY(list, authority::verify_revocations(view_of(list_text), pinned.roots, 0));
  return authority::verify_grant(view_of(grant), {&pinned.roots, &list, pinned.verify, now});
}

}  // namespace writ::probe
