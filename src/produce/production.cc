// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "produce/manifest.hh"
#include "produce/package.hh"

namespace writ::produce {
namespace {

constexpr const char* readme = R"(WRIT PRODUCTION

What is what
  cover-letter.pdf      what is produced, what is missing, the custodian's declaration
  certification.pdf     certification under 47 CFR 1.20004(a)
  certification.json    the same facts with their Ed25519 signature
  call-log.csv          one line per call (RFC 4180). Times are UTC. duration_s runs from answer to release and is 0 for a
                        call that was not answered, empty where the end is not known. packets counts packets on the wire
                        (a proxy's port may show a stream twice), lost is counted once per stream. further_files: pages
                        of a fax, recordings of streams that the call did not announce. A field that a
                        spreadsheet could take for a formula has an apostrophe in front; numbers such as +14045550102
                        have none.
  calls.json            every call with its events, media streams, digits, gaps and anomalies
  content.pcap          the intercepted packets as captured (only where content was authorized); content-N.pcap holds
                        those of link type N where there are several
  recordings/           one WAV per call, and an MP3 of it unless WAV alone was wanted: left the target, right the
                        other party, silence where packets are missing; a fax is a TIFF (Group 4) with a directory for each page;
                        NNN-...-streamN.wav is a stream from an address that the call did not announce
  authority/            roots.json (the carrier's two root keys), certs.json (who may sign what), grant-N.json (the signed
                        grants)
  manifest.json         size and SHA-256 of every file
  manifest.sig          two custodians' signatures over manifest.json
  audit-proof.json      the release's entry in the carrier's audit log, with its Merkle inclusion proof

How to verify
  writ-verify DIRECTORY|IMAGE.iso [--roots roots.json]
  It needs no network. It ends with 0 when the production is proven, with 4 when it is refuted, and names what was changed.
  It prints the fingerprint of the trust roots: compare it with the one that the carrier gives you by telephone, or give
  a roots.json that you kept from before.

By hand
  sha256sum of any file against manifest.json. The signatures are Ed25519 over the text "writ.manifest/1", a zero byte,
  and the bytes of manifest.json.
)";

std::string digest_hex(const crypto::Digest& d) { return crypto::hex(d); }

// Only what a killed write_file left behind; anything else that is not ours is a reason to stop.
bool is_leftover(const std::string& name) {
  const auto at = name.rfind(".tmp.");
  return at != std::string::npos && at + 5 < name.size() &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(at + 5), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::vector<std::string>> files_below(const fs::path& dir) {
  std::vector<std::string> out;
  std::error_code ec;
  std::vector<fs::path> leftovers;
  for (fs::recursive_directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec)) {
    const fs::file_status st = it->symlink_status(ec);
    const std::string path = it->path().lexically_relative(dir).generic_string();
    if (fs::is_directory(st)) continue;
    if (!fs::is_regular_file(st))
      return fail(Exit::usage, fmt::format("{} is neither a file nor a directory", path));
    if (is_leftover(path))
      leftovers.push_back(it->path());
    else
      out.push_back(path);
  }
  if (ec) return fail(Exit::failure, fmt::format("read {}: {}", dir.string(), ec.message()));
  for (const fs::path& p : leftovers) fs::remove(p, ec);
  std::sort(out.begin(), out.end());
  return out;
}

// calls.json names recordings and faxes as they lie in the package.
Status settle_recordings(const fs::path& dir, intercept::Matter& m, bool mp3,
                         std::set<std::string>& expected) {
  std::error_code ec;
  for (intercept::CallRecord& c : m.calls) {
    std::vector<std::string*> names{&c.wav, &c.mp3};
    std::vector<std::string> mp3s;
    for (intercept::MediaStream& s : c.media) {
      names.push_back(&s.file);
      if (mp3 && s.foreign && !s.file.empty())
        mp3s.push_back(fs::path(s.file).replace_extension(".mp3").string());
    }
    for (std::string& m3 : mp3s) names.push_back(&m3);
    for (std::string* name : names) {
      if (name->empty()) continue;
      if (name->find('/') == std::string::npos) *name = "recordings/" + *name;
      if (!is_package_path(*name) || !fs::is_regular_file(dir / *name, ec))
        return fail(Exit::failure, fmt::format("call {}: its recording {} is not there", c.call_id, *name),
                    {}, *name, "render the matter again into the same directory");
      expected.insert(*name);
    }
  }
  return {};
}

std::string calls_text(const intercept::Matter& m) {
  // SIP headers may hold anything; what is not UTF-8 is replaced and stays visible as such.
  return intercept::calls_json(m).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

class Writer {
 public:
  Writer(const fs::path& dir, std::set<std::string>& expected) : dir_(dir), expected_(expected) {}
  Status put(const std::string& path, View bytes) {
    expected_.insert(path);
    return write_file(dir_ / path, bytes);
  }
  Status put(const std::string& path, std::string_view text) { return put(path, view_of(text)); }
  fs::path expect(const std::string& path) {
    expected_.insert(path);
    return dir_ / path;
  }

 private:
  const fs::path& dir_;
  std::set<std::string>& expected_;
};

Status write_authority(Writer& w, const PackageInput& in) {
  Json certs = Json::array();
  for (const authority::RoleCert& c : in.certs) certs.push_back(authority::to_json(c));
  WRIT_CHECK(w.put("authority/roots.json", canonical(authority::to_json(in.roots))));
  WRIT_CHECK(w.put("authority/certs.json", canonical({{"schema", "writ.certs/1"}, {"certs", certs}})));
  for (std::size_t i = 0; i < in.grant_files.size(); ++i)
    WRIT_CHECK(w.put(fmt::format("authority/grant-{}.json", i + 1), in.grant_files[i]));
  return {};
}

Status write_papers(Writer& w, const PackageInput& in) {
  MatterFacts facts = in.facts;
  if (facts.custodians.empty())
    for (const authority::Person* p : in.signers) facts.custodians.push_back(p->user);
  WRIT_CHECK(write_cover_letter(w.expect("cover-letter.pdf"), *in.policy, facts, *in.matter, in.now));
  WRIT_CHECK(write_certification(w.expect("certification.pdf"), *in.policy, in.certification));
  WRIT_CHECK(w.put("certification.json", canonical(to_json(in.certification))));
  return w.put("README.txt", readme);
}

Status check_input(const PackageInput& in) {
  if (!in.matter || !in.policy)
    return fail(Exit::usage, "a production needs the opened matter and the policy");
  if (in.signers.size() != 2 || in.signers[0]->user == in.signers[1]->user ||
      in.signers[0]->sign.public_key() == in.signers[1]->sign.public_key())
    return fail(Exit::refused, "a production is released by two custodians",
                "two people release (docs/design.md)", "two different custodians",
                "give --as twice, with two custodians");
  return {};
}

Result<std::string> manifest_text(const fs::path& dir, const PackageInput& in,
                                  const std::vector<std::string>& paths) {
  Json files = Json::array(), grants = Json::array(), by = Json::array();
  for (const std::string& path : paths) {
    WRIT_TRY(map, MappedFile::open(dir / path));
    files.push_back(
        {{"path", path}, {"bytes", map.bytes().size()}, {"sha256", digest_hex(crypto::sha256(map.bytes()))}});
  }
  for (const std::string& text : in.grant_files) {
    WRIT_TRY(g, authority::parse_grant_file(view_of(text)));
    grants.push_back(digest_hex(authority::grant_id(g.body)));
  }
  for (const authority::Person* p : in.signers) by.push_back(p->user);
  return canonical({{"schema", "writ.manifest/1"},
                    {"matter", in.facts.matter},
                    {"carrier", in.roots.carrier},
                    {"produced", rfc3339(in.now)},
                    {"files", files},
                    {"grants", grants},
                    {"roots", authority::fingerprint(in.roots)},
                    {"by", by}});
}

Status check_listing(const std::vector<std::string>& paths, const std::set<std::string>& expected) {
  for (const std::string& p : paths)
    if (expected.count(p) == 0)
      return fail(Exit::failure, fmt::format("{} does not belong to this production", p), {}, {},
                  "move it away, or produce into an empty directory");
  return {};
}

Result<crypto::Digest> produce_into(const fs::path& dir, const PackageInput& in) {
  WRIT_CHECK(check_input(in));
  WRIT_CHECK(make_dirs(dir / "authority"));
  std::error_code ec;
  for (const char* stale : {"manifest.json", "manifest.sig", "audit-proof.json"}) fs::remove(dir / stale, ec);
  std::set<std::string> expected;
  WRIT_CHECK(settle_recordings(dir, *in.matter, in.mp3, expected));
  Writer w(dir, expected);
  WRIT_CHECK(w.put("call-log.csv", call_log_csv(*in.matter)));
  WRIT_CHECK(w.put("calls.json", calls_text(*in.matter)));
  for (const NamedCapture& c : content_pcaps(*in.matter)) WRIT_CHECK(w.put(c.name, c.bytes));
  WRIT_CHECK(write_authority(w, in));
  WRIT_CHECK(write_papers(w, in));
  WRIT_TRY(paths, files_below(dir));
  WRIT_CHECK(check_listing(paths, expected));
  WRIT_TRY(manifest, manifest_text(dir, in, paths));
  WRIT_CHECK(write_file(dir / "manifest.json", manifest));
  return crypto::sha256(view_of(manifest));
}

}  // namespace

bool is_package_path(std::string_view path) {
  if (path.empty() || path.size() > 512 || path.front() == '/' || path.back() == '/') return false;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, slash - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = slash + 1;
  }
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '\\'; });
}

Result<crypto::Digest> write_production(const fs::path& dir, const PackageInput& in) {
  try {
    return produce_into(dir, in);
  } catch (const Json::exception& e) {  // a text of the caller that is not UTF-8
    return fail(Exit::usage, fmt::format("the production's facts cannot be written: {}", e.what()));
  }
}

Status seal_production(const fs::path& dir, const PackageInput& in, const audit::Proof& proof) {
  WRIT_CHECK(check_input(in));
  WRIT_TRY(manifest, read_file(dir / "manifest.json"));
  Json signatures = Json::array();
  for (const authority::Person* p : in.signers)
    signatures.push_back({{"user", p->user},
                          {"key", p->sign.public_key().text()},
                          {"signature", crypto::hex(p->sign.sign(manifest_domain, manifest))}});
  WRIT_CHECK(write_file(dir / "audit-proof.json", canonical(audit::to_json(proof))));
  return write_file(dir / "manifest.sig",
                    canonical({{"schema", "writ.manifest-signature/1"},
                               {"manifest_sha256", digest_hex(crypto::sha256(manifest))},
                               {"signatures", signatures}}));
}

}  // namespace writ::produce
