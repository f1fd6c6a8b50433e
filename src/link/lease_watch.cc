// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/lease_watch.hh"

#include <fmt/format.h>

#include "link/inbox.hh"

namespace writ::link {

Result<Admission> read_admission(const fs::path& probe_dir, const authority::TrustRoots& roots,
                                 const crypto::VerifyKey& probe) {
  WRIT_TRY(text, custody::read_paper(probe_dir / "link" / "admission.json"));
  return verify_admission(text, roots, probe);
}

Result<LeaseWatch> LeaseWatch::of(const fs::path& probe_dir, fs::path grants_dir,
                                  const authority::TrustRoots& roots, const crypto::VerifyKey& probe) {
  LeaseWatch w;
  w.grants_dir_ = std::move(grants_dir);
  w.roots_ = &roots;
  w.probe_ = probe;
  const auto a = read_admission(probe_dir, roots, probe);
  if (!a && a.error().exit != Exit::not_found) return tl::unexpected(a.error());
  w.needed_ = a && a->lease.count() > 0;
  return w;
}

Status LeaseWatch::check(Instant now, std::uint64_t list) {
  if (!needed_) return {};
  const auto over = [](std::string what) {
    return fail(Exit::expired, std::move(what),
                "what may be stopped from afar runs only while the office is heard of (docs/link.md)",
                "a lease that the office has renewed",
                "writ-probe connect brings it, when the office is there");
  };
  // One that cannot be read or is none takes nothing away from the one that was good.
  if (auto text = read_file(grants_dir_ / lease_file); text && *text != text_) {
    if (auto fresh = verify_lease(*text, *roots_, probe_);
        fresh && fresh->revocations <= list && (!lease_ || fresh->until > lease_->until)) {
      lease_ = std::move(*fresh);
      text_ = std::move(*text);
    }
  }
  if (!lease_) return over("there is no lease of the office");
  if (now >= lease_->until)
    return over(fmt::format("the office was not heard of; its lease ended {}", rfc3339(lease_->until)));
  return {};
}

}  // namespace writ::link
