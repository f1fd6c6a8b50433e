// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe_dir.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>

#include <cstring>

#include "authority/strict.hh"
#include "base/json.hh"

namespace writ::probe {
namespace {

constexpr std::size_t secret_bytes = 32;

Status forget(Bytes& secret, Status s) {
  explicit_bzero(secret.data(), secret.size());
  return s;
}

}  // namespace

Status make_probe(const fs::path& dir, const std::string& name, const fs::path& roots_file) {
  WRIT_TRY(roots_text, read_file(roots_file));
  WRIT_TRY(roots_json, parse_json(roots_text, roots_file.string()));
  WRIT_TRY(roots, authority::parse_roots(roots_json));
  if (name.empty()) return fail(Exit::usage, "a probe needs a name");
  WRIT_CHECK(make_dirs(dir, 0700));
  std::error_code ec;
  if (fs::exists(dir / "probe.key", ec)) {
    const auto have = load_probe(dir);
    if (have && have->name == name && authority::to_json(have->roots) == authority::to_json(roots))
      return {};  // the same command again
    return fail(Exit::refused, fmt::format("{} holds a probe's key already", dir.string()),
                "a key that was certified is never replaced silently", "a directory without a key",
                "give a new probe a directory of its own");
  }
  const crypto::SigningKey sign;
  const crypto::BoxKey box;
  Bytes secret;
  secret.reserve(2 * secret_bytes);
  put_bytes(secret, sign.seed());
  put_bytes(secret, box.secret());
  WRIT_CHECK(write_file(dir / "roots.json", canonical(authority::to_json(roots))));
  const Json request{{"schema", "writ.probe-request/1"},
                     {"name", name},
                     {"verify", sign.public_key().text()},
                     {"box", box.public_key().text()}};
  WRIT_CHECK(write_file(dir / "request.json", canonical(request)));
  return forget(secret, write_file(dir / "probe.key", secret, 0600));  // last: whose key is there, is whole
}

Result<Public> load_public(const fs::path& dir) {
  WRIT_TRY(request_text, read_file(dir / "request.json"));
  WRIT_TRY(request, parse_canonical(request_text, "request.json"));
  WRIT_TRY(name, field<std::string>(request, "name", "request.json"));
  WRIT_TRY(verify, authority::verify_key_field(request, "verify", "request.json"));
  WRIT_TRY(roots_text, read_file(dir / "roots.json"));
  WRIT_TRY(roots_json, parse_canonical(roots_text, "roots.json"));
  WRIT_TRY(roots, authority::parse_roots(roots_json));
  return Public{std::move(name), verify, std::move(roots)};
}

Result<Identity> load_probe(const fs::path& dir) {
  WRIT_TRY(known, load_public(dir));
  WRIT_TRY(secret, read_file(dir / "probe.key"));
  if (secret.size() != 2 * secret_bytes) return fail(Exit::integrity, "probe.key has a wrong size");
  const View both{secret};
  Identity id{std::move(known.name), crypto::SigningKey{both.first(secret_bytes)},
              crypto::BoxKey{both.last(secret_bytes)}, std::move(known.roots)};
  WRIT_CHECK(forget(secret, {}));
  if (id.sign.public_key() != known.verify)
    return fail(Exit::integrity, "probe.key does not fit request.json");
  return id;
}

Result<std::uint64_t> revocations_seen(const fs::path& dir) {
  std::error_code ec;
  if (!fs::exists(dir / "revocations.seen", ec)) return std::uint64_t{0};
  WRIT_TRY(text, read_file(dir / "revocations.seen"));
  WRIT_TRY(json, parse_canonical(text, "revocations.seen"));
  return field<std::uint64_t>(json, "sequence", "revocations.seen");
}

Status remember_revocations(const fs::path& dir, std::uint64_t sequence) {
  return write_file(dir / "revocations.seen",
                    canonical(Json{{"schema", "writ.revocations-seen/1"}, {"sequence", sequence}}));
}

Result<Fd> occupy(const fs::path& dir) {
  const fs::path file = dir / "lock";
  Fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("open", file));
  // A run that was killed just now may still be leaving: its processes end one after the other.
  constexpr int tries = 100, pause_ms = 20;
  int held = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  for (int n = 0; held != 0 && n < tries; ++n) {
    ::poll(nullptr, 0, pause_ms);
    held = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  }
  if (held != 0)
    return fail(Exit::unit, fmt::format("another writ-probe works in {}", dir.string()),
                "one process, one probe", {}, "stop it first");
  return fd;
}

}  // namespace writ::probe
