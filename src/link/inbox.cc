// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/inbox.hh"

#include <algorithm>

#include "link/papers.hh"

namespace writ::link {

Result<std::string> Inbox::put(const std::string& name, View text) {
  if (const auto there = read_file(dir_ / name);
      there && std::equal(there->begin(), there->end(), text.begin(), text.end()))
    return std::string{};
  WRIT_CHECK(write_file(dir_ / name, text));
  return name;
}

Result<std::string> Inbox::take_list(View text) {
  std::uint64_t have = 0;
  if (const auto there = read_file(dir_ / list_file))
    if (const auto list = authority::verify_revocations(*there, *roots_, 0)) have = list->sequence;
  WRIT_CHECK(authority::verify_revocations(text, *roots_, have));
  return put(list_file, text);
}

Result<std::string> Inbox::take_grant(View text, Instant now) {
  WRIT_TRY(list_text, read_file(dir_ / list_file));
  WRIT_TRY(list, authority::verify_revocations(list_text, *roots_, 0));
  // A clock that is a little behind the office's must not lose a grant: the run judges by its own time.
  if (const auto file = authority::parse_grant_file(text); file && file->acts.size() == 3)
    now = std::max(now, file->acts[2].at);
  const auto grant = authority::verify_grant(text, {roots_, &list, probe_, now});
  if (!grant && grant.error().exit == Exit::expired) return std::string{};  // stopped on its way
  if (!grant) return tl::unexpected(grant.error());
  return put(crypto::hex(grant->id()).substr(0, 16) + ".grant.json", text);
}

Result<std::string> Inbox::take_lease(View text) {
  WRIT_TRY(fresh, verify_lease(text, *roots_, probe_));
  if (const auto there = read_file(dir_ / lease_file))
    if (const auto old = verify_lease(*there, *roots_, probe_); old && old->until >= fresh.until)
      return std::string{};
  return put(lease_file, text);
}

Result<std::string> Inbox::take(Type type, View paper, Instant now) {
  switch (type) {
    case Type::revocations:
      return take_list(paper);
    case Type::grant:
      return take_grant(paper, now);
    case Type::lease:
      return take_lease(paper);
    default:
      return fail(Exit::usage, "the office sends what only a probe sends");
  }
}

}  // namespace writ::link
