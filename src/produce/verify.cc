// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "produce/manifest.hh"
#include "produce/verify_parts.hh"

namespace writ::produce {
namespace {

constexpr const char* outside_manifest[] = {"manifest.json", "manifest.sig", "audit-proof.json"};
constexpr const char* in_every_production[] = {
    "cover-letter.pdf", "certification.pdf", "certification.json",   "call-log.csv",
    "calls.json",       "README.txt",        "authority/roots.json", "authority/certs.json"};

struct Mapped {  // keeps the bytes alive that the listing points to
  std::vector<MappedFile> maps;
};

Status list_directory(const fs::path& dir, Listing& out, Mapped& keep) {
  std::error_code ec;
  fs::recursive_directory_iterator it(dir, ec), end;
  for (; !ec && it != end; it.increment(ec)) {
    const std::string path = it->path().lexically_relative(dir).generic_string();
    const fs::file_status st = it->symlink_status(ec);
    if (fs::is_directory(st)) {
      out.directories.push_back(path);
    } else if (!fs::is_regular_file(st)) {
      out.strange.push_back(path + ": a link or a special file");
    } else {
      WRIT_TRY(map, MappedFile::open(it->path()));
      out.files[path] = map.bytes();
      keep.maps.push_back(std::move(map));
    }
  }
  if (ec) return fail(Exit::failure, fmt::format("read {}: {}", dir.string(), ec.message()));
  return {};
}

// Windows reads the Joliet tree, others Rock Ridge: both must show the same files with the same bytes.
void compare_trees(Package& p, const Listing& joliet) {
  for (const auto& [path, view] : p.listing.files) {
    const auto other = joliet.files.find(path);
    if (other == joliet.files.end())
      p.bad(path + ": missing in the image's Joliet tree");
    else if (!std::equal(view.begin(), view.end(), other->second.begin(), other->second.end()))
      p.bad(path + ": the image's Joliet tree shows other bytes than its Rock Ridge tree");
  }
  for (const auto& [path, view] : joliet.files)
    if (p.listing.files.count(path) == 0) p.bad(path + ": only in the image's Joliet tree");
}

Status open_package(const fs::path& path, Package& p, Mapped& keep) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return fail(Exit::not_found, fmt::format("{} does not exist", path.string()));
  if (fs::is_directory(path, ec)) return list_directory(path, p.listing, keep);
  WRIT_TRY(image, MappedFile::open(path));
  const View bytes = image.bytes();
  keep.maps.push_back(std::move(image));
  WRIT_TRY(tree, list_iso(path, bytes, IsoTree::rock_ridge));
  p.listing = std::move(tree);
  WRIT_TRY(joliet, list_iso(path, bytes, IsoTree::joliet));
  compare_trees(p, joliet);
  return {};
}

// One line of "files"; returns the path when it can be compared.
std::optional<std::string> check_listed(Package& p, const Json& f) {
  const auto path = field<std::string>(f, "path", "manifest.json");
  const auto size = field<std::uint64_t>(f, "bytes", "manifest.json");
  const auto sha = field<std::string>(f, "sha256", "manifest.json");
  if (!path || !size || !sha) {
    p.bad("manifest.json: a line of \"files\" is malformed");
    return std::nullopt;
  }
  if (!is_package_path(*path)) {
    p.bad(fmt::format("manifest.json: the path '{}' leads out of the package", *path));
    return std::nullopt;
  }
  const auto it = p.listing.files.find(*path);
  if (it == p.listing.files.end()) {
    p.bad(*path + ": listed in the manifest, but missing");
  } else if (it->second.size() != *size) {
    p.bad(fmt::format("{}: {} bytes, the manifest says {}", *path, it->second.size(), *size));
  } else if (crypto::hex(crypto::sha256(it->second)) != *sha) {
    p.bad(*path + ": SHA-256 differs from manifest");
  }
  return *path;
}

// One signature of manifest.sig; returns (user, key) when it holds.
Result<std::pair<std::string, crypto::VerifyKey>> check_signature(const Package& p, const Json& s,
                                                                  View manifest, Instant at) {
  WRIT_TRY(user, field<std::string>(s, "user", "signature"));
  WRIT_TRY(key_text, field<std::string>(s, "key", "signature"));
  WRIT_TRY(key, crypto::VerifyKey::parse(key_text));
  WRIT_TRY(sig_text, field<std::string>(s, "signature", "signature"));
  WRIT_TRY(sig, crypto::unhex(sig_text));
  if (!crypto::verify(key, manifest_domain, manifest, sig))
    return fail(Exit::integrity, fmt::format("the signature of {} does not fit manifest.json", user));
  WRIT_CHECK(p.certified(user, key, authority::Role::custodian, at));
  return std::pair{user, key};
}

void check_signatures(Package& p, View manifest) {
  const auto sig = p.json("manifest.sig", true);
  if (!sig) return;
  if (sig->value("schema", Json()) != "writ.manifest-signature/1")
    p.bad("manifest.sig: not a writ.manifest-signature/1");
  if (sig->value("manifest_sha256", Json()) != crypto::hex(p.manifest_digest))
    p.bad("manifest.sig: signs another manifest.json than the one here");
  const auto at = parse_rfc3339(p.fact("produced"));
  if (!at) return p.bad("manifest.json: no time of production");
  const Json list = sig->value("signatures", Json::array());
  std::set<std::string> users;
  std::set<crypto::VerifyKey> keys;
  Json by = Json::array();
  for (const Json& s : list) {
    const auto good = check_signature(p, s, manifest, *at);
    if (!good) {
      p.bad("manifest.sig", good.error());
      continue;
    }
    users.insert(good->first);
    keys.insert(good->second);
    by.push_back(good->first);
  }
  if (list.size() != 2 || users.size() != 2 || keys.size() != 2)
    return p.bad("manifest.sig: not signed by exactly two different custodians with two keys");
  if (p.manifest.value("by", Json()) != by)
    return p.bad("manifest.sig: signed by others than manifest.json names");
  p.good(fmt::format("manifest.json: signed by the custodians {} and {}", by[0].get<std::string>(),
                     by[1].get<std::string>()));
}

}  // namespace

std::optional<Json> Package::json(const std::string& path, bool must_be_canonical) {
  const auto it = listing.files.find(path);
  if (it == listing.files.end()) return std::nullopt;  // said by verify_manifest
  auto j = must_be_canonical ? parse_canonical(it->second, path) : parse_json(it->second, path);
  if (j && j->is_object()) return std::move(*j);
  bad(j ? path + ": not a JSON object" : path + ": " + j.error().what);
  return std::nullopt;
}

Status Package::certified(const std::string& user, const crypto::VerifyKey& key, authority::Role role,
                          Instant at) const {
  if (!roots) return fail(Exit::refused, "no trust roots to judge by");
  Status last =
      fail(Exit::refused, fmt::format("the key of {} is not certified (authority/certs.json)", user));
  for (const authority::RoleCert& c : certs) {
    if (c.user != user || c.verify != key) continue;
    last = authority::verify_cert(c, *roots, role, at);
    if (last) return last;
  }
  return last;
}

Status Package::certified_key(const crypto::VerifyKey& key, authority::Role role, Instant at) const {
  for (const authority::RoleCert& c : certs)
    if (c.verify == key) return certified(c.user, key, role, at);
  return fail(Exit::refused, "the key is not certified (authority/certs.json)");
}

std::string Package::fact(const char* key) const {
  const auto it = manifest.is_object() ? manifest.find(key) : manifest.end();
  return it != manifest.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

void verify_roots(Package& p, const fs::path& kept_roots) {
  const auto j = p.json("authority/roots.json", true);
  if (j) {
    auto r = authority::parse_roots(*j);
    if (r)
      p.roots = std::move(*r);
    else
      p.bad("authority/roots.json", r.error());
  }
  if (!kept_roots.empty() && p.roots) {
    const auto text = read_file(kept_roots);
    const auto kept_json =
        text ? parse_json(*text, kept_roots.string()) : Result<Json>(tl::unexpected(text.error()));
    const auto kept = kept_json ? authority::parse_roots(*kept_json)
                                : Result<authority::TrustRoots>(tl::unexpected(kept_json.error()));
    if (!kept)
      p.bad("--roots", kept.error());
    else if (authority::fingerprint(*kept) != authority::fingerprint(*p.roots))
      p.bad(fmt::format("authority/roots.json: other trust roots than the ones you keep ({})",
                        authority::fingerprint(*kept)));
    else
      p.good("authority/roots.json: the trust roots are the ones you keep");
    if (kept) p.roots = *kept;
  }
  const auto certs = p.json("authority/certs.json", true);
  if (!certs) return;
  for (const Json& c : certs->value("certs", Json::array())) {
    auto cert = authority::parse_role_cert(c);
    if (cert)
      p.certs.push_back(std::move(*cert));
    else
      p.bad("authority/certs.json", cert.error());
  }
}

void check_files(Package& p, std::span<const char* const> required) {
  const auto it = p.manifest.find("files");
  if (it == p.manifest.end() || !it->is_array()) return p.bad("manifest.json: has no list of files");
  const std::size_t before = p.findings.size();
  std::set<std::string> listed;
  for (const Json& f : *it) {
    const auto path = check_listed(p, f);
    if (path && !listed.insert(*path).second) p.bad(*path + ": listed twice in the manifest");
  }
  std::set<std::string> known = listed;
  for (const char* name : outside_manifest) {
    known.insert(name);
    if (listed.count(name) != 0) p.bad(fmt::format("{}: a manifest cannot list it", name));
    if (p.listing.files.count(name) == 0) p.bad(fmt::format("{}: missing", name));
  }
  for (const char* name : required)
    if (listed.count(name) == 0)
      p.bad(fmt::format("{}: not in the manifest; every one of its kind has it", name));
  for (const auto& [path, view] : p.listing.files)
    if (known.count(path) == 0) p.bad(path + ": not in the manifest");
  for (const std::string& d : p.listing.directories)
    if (std::none_of(listed.begin(), listed.end(),
                     [&](const std::string& f) { return f.rfind(d + "/", 0) == 0; }))
      p.bad(d + "/: a directory that the manifest does not know");
  if (p.findings.size() == before)
    p.good(fmt::format("{} files: size and SHA-256 as in manifest.json, none missing, none added",
                       listed.size()));
}

bool read_manifest(Package& p, std::string_view schema) {
  for (const std::string& s : p.listing.strange) p.bad(s);
  const auto it = p.listing.files.find("manifest.json");
  if (it == p.listing.files.end()) {
    p.bad("manifest.json: missing; nothing is proven without it");
    return false;
  }
  p.manifest_digest = crypto::sha256(it->second);
  if (auto j = p.json("manifest.json", true)) p.manifest = std::move(*j);
  if (!p.manifest.is_object()) return false;
  if (p.fact("schema") != schema) p.bad(fmt::format("manifest.json: not a {}", schema));
  if (p.roots && p.fact("carrier") != p.roots->carrier)
    p.bad("manifest.json: names another carrier than the trust roots");
  if (p.roots && p.fact("roots") != authority::fingerprint(*p.roots))
    p.bad("manifest.json: names other trust roots");
  return true;
}

void verify_manifest(Package& p) {
  if (!read_manifest(p, manifest_domain)) return;
  check_files(p, in_every_production);
  check_signatures(p, p.listing.files.at("manifest.json"));
}

namespace {

// By its own word: what it says it is, is what it must prove to be.
bool is_response(const Package& p) {
  const auto it = p.listing.files.find("manifest.json");
  if (it == p.listing.files.end()) return false;
  const auto j = parse_json(it->second, "manifest.json");
  return j && j->is_object() && j->value("schema", Json()) == response_manifest_domain;
}

void verify_production(Package& p) {
  verify_manifest(p);
  verify_grants(p);
  verify_certification(p);
  verify_calls(p);
  verify_audit_proof(p, "production.release");
}

}  // namespace

Result<VerifyResult> verify_package(const fs::path& package, const fs::path& roots) {
  std::error_code ec;
  if (!roots.empty() && !fs::is_regular_file(roots, ec))
    return fail(Exit::not_found, fmt::format("{} does not exist", roots.string()));
  Mapped keep;
  Package p;
  WRIT_CHECK(open_package(package, p, keep));
  try {
    verify_roots(p, roots);
    if (is_response(p)) {
      verify_response(p);
      verify_audit_proof(p, "disclosure.release");
    } else {
      verify_production(p);
    }
  } catch (const Json::exception& e) {  // a field of an unexpected type in a forged file
    p.bad(fmt::format("{}: a file of the package is malformed: {}", package.filename().string(), e.what()));
  }
  VerifyResult r;
  r.ok = std::all_of(p.findings.begin(), p.findings.end(), [](const VerifyFinding& f) { return f.ok; });
  r.findings = std::move(p.findings);
  if (p.roots) r.roots_fingerprint = authority::fingerprint(*p.roots);
  return r;
}

}  // namespace writ::produce
