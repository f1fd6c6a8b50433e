// SPDX-License-Identifier: GPL-3.0-or-later
// What the grants say about the rest of the package.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "produce/manifest.hh"
#include "produce/verify_parts.hh"
#include "wire/pcap.hh"

namespace writ::produce {
namespace {

using authority::VerifiedGrant;

// The probe's own check, as at the moment of arming: that is when the authority had to be whole. Revocations
// ended a capture early, which the probe judged; they take nothing from what was captured before, so the list
// is empty here.
Result<VerifiedGrant> verify_as_armed(View bytes, const authority::TrustRoots& roots,
                                      authority::GrantFile& file) {
  WRIT_TRY(parsed, authority::parse_grant_file(bytes));
  file = std::move(parsed);
  if (file.acts.size() != 3) return fail(Exit::refused, "does not carry three acts");
  authority::RevocationList none;
  none.carrier = roots.carrier;
  return authority::verify_grant(bytes, {&roots, &none, file.body.probe, file.acts[2].at});
}

// `closed`: an ending may be stamped with the very end of the window.
bool within(const std::vector<VerifiedGrant>& grants, Instant t, bool content, bool closed) {
  return std::any_of(grants.begin(), grants.end(), [&](const VerifiedGrant& g) {
    if (content && !authority::yields_content(g.body().kind)) return false;
    return g.covers(t) || (closed && t == g.until());
  });
}

// Times in calls.json have microseconds, the window is kept exactly: a time may be cut below the first
// instant by less than one.
bool within_text(const Package& p, const Json& text, bool content, bool closed) {
  if (!text.is_string()) return false;
  const auto t = parse_rfc3339(text.get<std::string>());
  return t && (within(p.grants, *t, content, closed) ||
               within(p.grants, *t + std::chrono::nanoseconds(999), content, closed));
}

void check_time(Package& p, const std::string& call, const Json& holder, const char* key, bool content,
                bool closed) {
  const auto it = holder.find(key);
  if (it == holder.end() || it->is_null() || (it->is_string() && it->get<std::string>().empty())) return;
  if (!within_text(p, *it, content, closed))
    p.bad(fmt::format("calls.json: call {}: {} {} lies outside every grant", call, key, it->dump()));
}

void check_call(Package& p, const Json& c) {
  const std::string id = c.value("call_id", std::string("?"));
  check_time(p, id, c, "start", false, false);
  check_time(p, id, c, "answer", false, false);
  check_time(p, id, c, "end", false, true);
  for (const Json& m : c.value("media", Json::array())) {
    check_time(p, id, m, "first", true, false);
    check_time(p, id, m, "last", true, false);
  }
  for (const Json& m : c.value("media", Json::array())) {
    const auto file = m.find("file");
    if (file != m.end() && file->is_string() && !file->get<std::string>().empty() &&
        p.listing.files.count(file->get<std::string>()) == 0)
      p.bad(fmt::format("{}: a fax or stream of call {} is missing", file->get<std::string>(), id));
  }
  for (const Json& d : c.value("dtmf", Json::array())) check_time(p, id, d, "at", true, false);
  const auto wav = c.find("wav");
  if (wav != c.end() && wav->is_string() && !wav->get<std::string>().empty() &&
      p.listing.files.count(wav->get<std::string>()) == 0)
    p.bad(fmt::format("{}: the recording of call {} is missing", wav->get<std::string>(), id));
}

void check_capture(Package& p, const std::string& path, View bytes) {
  auto reader = wire::CaptureReader::open(bytes);
  if (!reader) return p.bad(path, reader.error());
  wire::RawPacket packet;
  std::uint64_t n = 0, outside = 0;
  for (; reader->next(packet); ++n)
    if (!within(p.grants, packet.at, true, false)) ++outside;
  if (reader->truncated() || !reader->broken().empty()) p.bad(path + ": the capture is broken");
  if (outside > 0)
    p.bad(fmt::format("{}: {} of {} packets lie outside every content grant", path, outside, n));
  else
    p.good(fmt::format("{}: {} packets, all within a content grant", path, n));
}

bool is_content_file(const std::string& path) {
  return path.rfind("recordings/", 0) == 0 ||
         (path.rfind("content", 0) == 0 && path.size() > 5 && path.compare(path.size() - 5, 5, ".pcap") == 0);
}

}  // namespace

void verify_grants(Package& p) {
  if (!p.roots) return p.bad("authority/roots.json: without trust roots no grant can be judged");
  Json ids = Json::array();
  for (std::size_t n = 1;; ++n) {
    const std::string path = fmt::format("authority/grant-{}.json", n);
    const auto it = p.listing.files.find(path);
    if (it == p.listing.files.end()) break;
    authority::GrantFile file;
    auto g = verify_as_armed(it->second, *p.roots, file);
    if (!g) {
      p.bad(path, g.error());
      continue;
    }
    ids.push_back(crypto::hex(g->id()));
    if (g->body().matter != p.fact("matter")) p.bad(path + ": is for another matter than manifest.json");
    p.legal_signers.push_back(file.acts[0].user);
    p.carrier_signers.push_back(file.acts[1].user);
    p.technicians.push_back(file.acts[2].user);
    p.good(fmt::format("{}: {} for {}, signed by {}, {} and {}", path, authority::to_string(g->body().kind),
                       g->body().matter, file.acts[0].user, file.acts[1].user, file.acts[2].user));
    p.grants.push_back(std::move(*g));
  }
  if (p.grants.empty()) p.bad("authority/grant-1.json: no valid grant; nothing may be produced without one");
  if (p.manifest.is_object() && p.manifest.value("grants", Json()) != ids)
    p.bad("manifest.json: its grants are not the ones under authority/");
}

void verify_certification(Package& p) {
  const std::string name = "certification.json";
  const auto j = p.json(name, true);
  if (!j) return;
  const std::size_t before = p.findings.size();
  const Json s = j->value("statement", Json::object());
  const std::string user = s.value("responsible", Json::object()).value("name", std::string{});
  const auto key = crypto::VerifyKey::parse(j->value("key", std::string{}));
  const auto signature = crypto::unhex(j->value("signature", std::string{}));
  const auto at = parse_rfc3339(s.value("signed_at", std::string{}));
  if (!key || !signature || !at ||
      !crypto::verify(*key, certification_domain, view_of(canonical(s)), *signature)) {
    p.bad(name + ": its signature does not fit its statement");
  } else {
    // The name on the paper may be a person's full name: the key decides, and it must be an officer's.
    const Status ok = p.certified_key(*key, authority::Role::officer, *at);
    if (!ok) p.bad(name, ok.error());
  }
  std::set<std::string> granted, certified;
  Json ids = Json::array();
  for (const VerifiedGrant& g : p.grants) {
    for (const authority::Target& t : g.body().targets) granted.insert(authority::target_text(t));
    ids.push_back(crypto::hex(g.id()));
    if (s.value("document_sha256", std::string{}) != crypto::hex(g.body().document_sha256) &&
        g.body().sequence == 1)
      p.bad(name + ": names another legal document than the grant");
  }
  for (const Json& t : s.value("targets", Json::array())) certified.insert(t.get<std::string>());
  if (granted != certified) p.bad(name + ": its targets are not those of the grants");
  if (s.value("matter", std::string{}) != p.fact("matter"))
    p.bad(name + ": is for another matter than manifest.json");
  if (s.value("grants", Json()) != ids) p.bad(name + ": its grants are not the ones under authority/");
  if (p.findings.size() == before)
    p.good(fmt::format("{}: signed by {}, agrees with the grants", name, user));
}

void verify_calls(Package& p) {
  const std::size_t before = p.findings.size();
  if (const auto j = p.json("calls.json", false)) {
    const Json calls = j->value("calls", Json::array());
    for (const Json& c : calls) check_call(p, c);
    if (p.findings.size() == before)
      p.good(fmt::format("calls.json: {} calls, all within the grants", calls.size()));
  }
  const bool content = std::any_of(p.grants.begin(), p.grants.end(), [](const VerifiedGrant& g) {
    return authority::yields_content(g.body().kind);
  });
  for (const auto& [path, bytes] : p.listing.files) {
    if (!is_content_file(path)) continue;
    if (!content)
      p.bad(path + ": content, but no grant authorizes content");
    else if (path.rfind("content", 0) == 0)
      check_capture(p, path, bytes);
  }
}

void verify_audit_proof(Package& p, const char* action) {
  const std::string name = "audit-proof.json";
  const auto j = p.json(name, true);
  if (!j) return;
  const auto proof = audit::parse_proof(*j);
  if (!proof) return p.bad(name, proof.error());
  const auto entry = audit::verify(*proof);
  if (!entry) return p.bad(name, entry.error());
  const std::size_t before = p.findings.size();
  const Status desk = p.certified_key(proof->head.key, authority::Role::desk, proof->head.at);
  if (!desk) p.bad(name, desk.error());
  if (!*entry) return p.bad(name + ": the entry is not opened, so it proves no release");
  const Json& e = **entry;
  if (e.value("action", Json()) != action)
    p.bad(fmt::format("{}: proves another entry than {}", name, action));
  if (e.value("matter", Json()) != p.fact("matter")) p.bad(name + ": proves a release of another matter");
  if (e.value("detail", Json::object()).value("manifest_sha256", Json()) != crypto::hex(p.manifest_digest))
    p.bad(name + ": proves the release of another manifest.json");
  if (p.findings.size() == before)
    p.good(fmt::format("{}: the release is entry {} of {} in the carrier's audit log", name, proof->index,
                       proof->head.size));
}

}  // namespace writ::produce
