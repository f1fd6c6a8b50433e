// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/matter_keys.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "base/limits.hh"

namespace writ::vault {
namespace {

constexpr const char* schema = "writ.matter-key/1";
constexpr const char* two_rule = "no single person opens a matter (docs/design.md, Trust and staffing)";

struct Wrap {  // sealed to the custodian a inside, to b outside; a < b by name
  std::string a, b;
  Bytes box;
};

struct KeyFile {
  std::string matter, stream;
  crypto::BoxPublic public_key;
  std::vector<Custodian> custodians;  // by name
  std::array<crypto::BoxPublic, 2> recovery{};
  std::vector<Wrap> wraps;
  Bytes recovery_wrap;
};

// Names become file names: nothing that leaves the directory, and no dot in a stream, so that
// "<matter>.<stream>" reads one way.
bool is_file_name(std::string_view s, bool may_have_dots) {
  return !s.empty() && s.size() <= 100 && s.front() != '.' && std::all_of(s.begin(), s.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || (c == '.' && may_have_dots);
  });
}

Result<fs::path> path_of(const fs::path& dir, const std::string& matter, const std::string& stream) {
  if (!is_file_name(matter, true) || !is_file_name(stream, false))
    return fail(Exit::usage, fmt::format("'{}' and '{}' cannot name a key file", matter, stream), {},
                "letters, digits, '-' and '_' (and '.' within a matter's name)");
  return dir / fmt::format("{}.{}.json", matter, stream);
}

Json to_json(const KeyFile& f) {
  Json custodians = Json::array(), wraps = Json::array();
  for (const Custodian& c : f.custodians) custodians.push_back({{"user", c.user}, {"box", c.box.text()}});
  for (const Wrap& w : f.wraps) wraps.push_back({{"a", w.a}, {"b", w.b}, {"box", crypto::base64(w.box)}});
  return Json{{"schema", schema},
              {"matter", f.matter},
              {"stream", f.stream},
              {"public", f.public_key.text()},
              {"custodians", std::move(custodians)},
              {"recovery", {f.recovery[0].text(), f.recovery[1].text()}},
              {"wraps", std::move(wraps)},
              {"recovery_wrap", crypto::base64(f.recovery_wrap)}};
}

Result<crypto::BoxPublic> box_field(const Json& j, const char* key) {
  WRIT_TRY(text, field<std::string>(j, key, schema));
  return crypto::BoxPublic::parse(text);
}

Result<Bytes> base64_field(const Json& j, const char* key) {
  WRIT_TRY(text, field<std::string>(j, key, schema));
  return crypto::unbase64(text);
}

Status parse_lists(const Json& j, KeyFile& f) {
  WRIT_TRY(custodians, field<std::vector<Json>>(j, "custodians", schema));
  for (const Json& c : custodians) {
    WRIT_TRY(user, field<std::string>(c, "user", schema));
    WRIT_TRY(box, box_field(c, "box"));
    f.custodians.push_back({std::move(user), box});
  }
  WRIT_TRY(recovery, field<std::vector<std::string>>(j, "recovery", schema));
  if (recovery.size() != 2) return fail(Exit::usage, "a matter key has two recovery keys");
  for (std::size_t i = 0; i < 2; ++i) {
    WRIT_TRY(box, crypto::BoxPublic::parse(recovery[i]));
    f.recovery[i] = box;
  }
  WRIT_TRY(wraps, field<std::vector<Json>>(j, "wraps", schema));
  for (const Json& w : wraps) {
    WRIT_TRY(a, field<std::string>(w, "a", schema));
    WRIT_TRY(b, field<std::string>(w, "b", schema));
    WRIT_TRY(box, base64_field(w, "box"));
    f.wraps.push_back({std::move(a), std::move(b), std::move(box)});
  }
  return {};
}

Result<KeyFile> parse_key_file(const Json& j) {
  KeyFile f;
  WRIT_TRY(matter, field<std::string>(j, "matter", schema));
  WRIT_TRY(stream, field<std::string>(j, "stream", schema));
  WRIT_TRY(public_key, box_field(j, "public"));
  WRIT_TRY(recovery_wrap, base64_field(j, "recovery_wrap"));
  f.matter = std::move(matter);
  f.stream = std::move(stream);
  f.public_key = public_key;
  f.recovery_wrap = std::move(recovery_wrap);
  WRIT_CHECK(parse_lists(j, f));
  if (to_json(f) != j) return fail(Exit::usage, "unknown fields");
  return f;
}

Result<KeyFile> read_key_file(const fs::path& p, const std::string& matter, const std::string& stream) {
  WRIT_TRY(bytes, read_file(p));
  auto f = parse_canonical(bytes, "matter key file").and_then(parse_key_file);
  if (!f || f->matter != matter || f->stream != stream)
    return fail(Exit::integrity, fmt::format("the key file of {} ({}) is damaged", matter, stream), two_rule,
                "the file as it was made", "restore the store of wrapped keys from its backup");
  return f;
}

Bytes wrap(View secret, const crypto::BoxPublic& inner, const crypto::BoxPublic& outer) {
  return crypto::seal(outer, crypto::seal(inner, secret));
}

Result<crypto::BoxKey> unwrap(View wrapped, const crypto::BoxKey& inner, const crypto::BoxKey& outer,
                              const crypto::BoxPublic& expected) {
  WRIT_TRY(middle, outer.open(wrapped));
  WRIT_TRY(secret, inner.open(middle));
  if (secret.size() != 32) return fail(Exit::integrity, "a wrapped matter key has the wrong size", two_rule);
  crypto::BoxKey key{View{secret}};
  explicit_bzero(secret.data(), secret.size());
  if (key.public_key() != expected)
    return fail(Exit::integrity, "a wrapped matter key does not fit its public key", two_rule,
                "the file as it was made", "restore the store of wrapped keys from its backup");
  return key;
}

Status check_holders(const std::vector<Custodian>& custodians,
                     const std::array<crypto::BoxPublic, 2>& recovery) {
  if (custodians.size() < limits::custodians_min)
    return fail(Exit::refused, fmt::format("{} custodians for a matter key", custodians.size()), two_rule,
                fmt::format("at least {} custodians", limits::custodians_min),
                "the root holders certify more custodians");
  std::vector<crypto::BoxPublic> boxes{recovery.begin(), recovery.end()};
  std::vector<std::string> users;
  for (const Custodian& c : custodians) {
    boxes.push_back(c.box);
    users.push_back(c.user);
  }
  std::sort(boxes.begin(), boxes.end());
  std::sort(users.begin(), users.end());
  if (std::adjacent_find(boxes.begin(), boxes.end()) != boxes.end() ||
      std::adjacent_find(users.begin(), users.end()) != users.end())
    return fail(Exit::refused, "a custodian or a key is named twice", two_rule,
                "different people with different keys",
                "name each custodian once; the two recovery keys are keys of their own");
  return {};
}

// Overwritten before it goes, so that a copy in the file's blocks is gone too where the disk writes in place.
Status shred(const fs::path& p) {
  {
    const Fd fd{::open(p.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd) return tl::unexpected(io_error("open", p));
    std::error_code ec;
    const auto size = fs::file_size(p, ec);
    if (ec) return tl::unexpected(io_error("stat", p));
    WRIT_CHECK(write_all(fd.get(), crypto::random_bytes(static_cast<std::size_t>(size))));
    if (::fsync(fd.get()) != 0) return tl::unexpected(io_error("sync", p));
  }
  if (::unlink(p.c_str()) != 0) return tl::unexpected(io_error("remove", p));
  return {};
}

// "<matter>.<stream>.json", or what an interrupted write left of it.
bool belongs_to(std::string_view name, std::string_view matter) {
  if (const auto tmp = name.find(".json.tmp."); tmp != std::string_view::npos) name = name.substr(0, tmp + 5);
  if (!name.ends_with(".json")) return false;
  name.remove_suffix(5);
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && name.substr(0, dot) == matter;
}

}  // namespace

Result<crypto::BoxPublic> make_matter_key(const fs::path& dir, const std::string& matter,
                                          const std::string& stream, const std::vector<Custodian>& custodians,
                                          const std::array<crypto::BoxPublic, 2>& recovery) {
  WRIT_TRY(path, path_of(dir, matter, stream));
  WRIT_CHECK(check_holders(custodians, recovery));
  WRIT_CHECK(make_dirs(dir, 0700));
  const auto lock = lock_file(dir / "lock");  // two processes must not make two keys
  if (!lock) return tl::unexpected<Error>(lock.error());
  std::error_code ec;
  if (fs::exists(path, ec)) {
    WRIT_TRY(made, read_key_file(path, matter, stream));
    return made.public_key;
  }
  const crypto::BoxKey key;
  KeyFile f{matter,
            stream,
            key.public_key(),
            custodians,
            recovery,
            {},
            wrap(key.secret(), recovery[0], recovery[1])};
  std::sort(f.custodians.begin(), f.custodians.end(),
            [](const Custodian& x, const Custodian& y) { return x.user < y.user; });
  for (std::size_t i = 0; i < f.custodians.size(); ++i)
    for (std::size_t k = i + 1; k < f.custodians.size(); ++k) {
      const Custodian &a = f.custodians[i], &b = f.custodians[k];
      f.wraps.push_back({a.user, b.user, wrap(key.secret(), a.box, b.box)});
    }
  try {
    WRIT_CHECK(write_file(path, canonical(to_json(f)), 0600));
  } catch (const Json::exception&) {
    return fail(Exit::usage, "a custodian's name is not valid UTF-8");
  }
  return f.public_key;
}

Result<crypto::BoxPublic> matter_key_public(const fs::path& dir, const std::string& matter,
                                            const std::string& stream) {
  WRIT_TRY(path, path_of(dir, matter, stream));
  WRIT_TRY(f, read_key_file(path, matter, stream));
  return f.public_key;
}

Result<crypto::BoxKey> open_matter_key(const fs::path& dir, const std::string& matter,
                                       const std::string& stream, const std::string& user_a,
                                       const crypto::BoxKey& a, const std::string& user_b,
                                       const crypto::BoxKey& b) {
  WRIT_TRY(path, path_of(dir, matter, stream));
  WRIT_TRY(f, read_key_file(path, matter, stream));
  const crypto::BoxPublic key_a = a.public_key(), key_b = b.public_key();
  if (key_a == f.recovery[0] && key_b == f.recovery[1]) return unwrap(f.recovery_wrap, a, b, f.public_key);
  if (key_a == f.recovery[1] && key_b == f.recovery[0]) return unwrap(f.recovery_wrap, b, a, f.public_key);
  const auto is_custodian = [&](const std::string& user, const crypto::BoxPublic& key) {
    return std::any_of(f.custodians.begin(), f.custodians.end(),
                       [&](const Custodian& c) { return c.user == user && c.box == key; });
  };
  if (user_a == user_b || key_a == key_b || !is_custodian(user_a, key_a) || !is_custodian(user_b, key_b))
    return fail(Exit::refused, fmt::format("{} and {} do not open {} ({})", user_a, user_b, matter, stream),
                two_rule,
                "two different custodians of this matter, each with an own key, or both recovery keys",
                "two of the matter's custodians open it together");
  const bool is_in_order = user_a < user_b;
  for (const Wrap& w : f.wraps)
    if (w.a == (is_in_order ? user_a : user_b) && w.b == (is_in_order ? user_b : user_a))
      return unwrap(w.box, is_in_order ? a : b, is_in_order ? b : a, f.public_key);
  return fail(Exit::integrity,
              fmt::format("{} ({}) is not wrapped for {} and {}", matter, stream, user_a, user_b), two_rule,
              "the file as it was made", "restore the store of wrapped keys from its backup");
}

Status destroy_matter_keys(const fs::path& dir, const std::string& matter) {
  WRIT_CHECK(path_of(dir, matter, "any"));
  std::error_code ec;
  if (!fs::is_directory(dir, ec)) return {};
  const auto lock = lock_file(dir / "lock");
  if (!lock) return tl::unexpected<Error>(lock.error());
  std::vector<fs::path> gone;
  for (fs::directory_iterator it{dir, ec}; !ec && it != fs::directory_iterator{}; it.increment(ec))
    if (belongs_to(it->path().filename().string(), matter)) gone.push_back(it->path());
  if (ec) return fail(Exit::failure, fmt::format("read {}: {}", dir.string(), ec.message()));
  for (const fs::path& p : gone) WRIT_CHECK(shred(p));
  return sync_dir(dir);
}

}  // namespace writ::vault
