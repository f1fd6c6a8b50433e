// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a fictional carrier, its people, a content grant and a small opened matter.
#pragma once
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "produce/manifest.hh"
#include "produce/package.hh"

namespace writ::produce::sample {

inline const Instant armed = from_ns(1'795'000'000'000'000'000);  // 2026-11-18
inline const Instant produced = armed + std::chrono::hours(30);

struct Office {
  authority::Person root_a{"root.a", {}, {}}, root_b{"root.b", {}, {}}, counsel{"counsel", {}, {}},
      officer{"officer", {}, {}}, technician{"tech", {}, {}}, custodian_a{"custodian.a", {}, {}},
      custodian_b{"custodian.b", {}, {}}, desk{"desk", {}, {}};
  authority::TrustRoots roots;
  std::vector<authority::RoleCert> certs;

  Office() {
    crypto::start();
    roots = {"Harbor Voice", root_a.sign.public_key(), root_b.sign.public_key(),
             crypto::BoxKey().public_key()};
    using R = authority::Role;
    for (const auto& [p, role] : {std::pair{&counsel, R::counsel},
                                  {&officer, R::officer},
                                  {&technician, R::technician},
                                  {&desk, R::desk},
                                  {&custodian_a, R::custodian},
                                  {&custodian_b, R::custodian}})
      certs.push_back(cert(*p, role));
  }
  authority::RoleCert cert(const authority::Person& p, authority::Role role) const {
    authority::RoleCert c;
    c.carrier = roots.carrier;
    c.user = p.user;
    c.roles = {role};
    c.verify = p.sign.public_key();
    c.box = p.box.public_key();
    c.not_before = armed - std::chrono::days(100);
    c.not_after = armed + std::chrono::days(300);
    return authority::certify(c, roots, root_a.sign, root_b.sign).value();
  }
  std::string grant(authority::Kind kind) const {
    authority::GrantBody b;
    b.carrier = roots.carrier;
    b.matter = "M-2026-0001";
    b.kind = kind;
    b.basis = authority::yields_content(kind) ? authority::Basis::title_iii : authority::Basis::pen_trap;
    b.targets = {{authority::Target::Type::e164, "+14045550102", "", {}}};
    b.probe_name = "probe1";
    b.probe = crypto::SigningKey().public_key();
    b.not_before = armed - std::chrono::hours(1);
    b.not_after = armed + std::chrono::days(20);
    b.document_sha256 = crypto::sha256(view_of("the order"));
    b.request_sha256 = crypto::sha256(view_of("the request"));
    b.call_data_to = {crypto::BoxKey().public_key()};
    if (authority::yields_content(kind)) b.content_to = b.call_data_to;
    const crypto::Digest id = authority::grant_id(b);
    using A = authority::Act;
    const auto min = std::chrono::minutes(1);
    return authority::issue_grant(b,
                                  {authority::sign_act(A::legal_authorisation, counsel, id, armed - 2 * min),
                                   authority::sign_act(A::carrier_authorisation, officer, id, armed - min),
                                   authority::sign_act(A::arming, technician, id, armed)},
                                  {certs[0], certs[1], certs[2]}, certs[3], desk.sign, roots)
        .value();
  }
};

inline policy::Policy policy() {
  policy::Policy p;
  p.carrier = "Harbor Voice, Inc.";
  p.service_of_process = {"Custodian of Records", "+1 404 555 0100", "legal@harbor-voice.example",
                          "100 Example Plaza, Suite 400\nAtlanta, GA 30303"};
  p.appointed_officer = {"Director, Network Security", "+1 404 555 0101", "", ""};
  p.certification_retention = "two years from the end of the interception";
  return p;
}

inline MatterFacts facts(const std::string& grant_id) {
  MatterFacts f;
  f.matter = "M-2026-0001";
  f.instrument = "1:26-MC-0417";
  f.court = "United States District Court, Northern District of Georgia";
  f.judge = "A. Example";
  f.kind_text = "Title III interception of wire communications";
  f.statute = "18 USC 2510-2523";
  f.officer_name = "Special Agent R. Sample";
  f.officer_badge = "0000";
  f.officer_agency = "Example Bureau, Atlanta Field Office";
  f.officer_address = "1 Example Street\nAtlanta, GA 30301";
  f.officer_phone = "+1 404 555 0190";
  f.legal_signer = "A. Example, United States District Judge";
  f.targets = {"+14045550102"};
  f.document_sha256 = crypto::hex(crypto::sha256(view_of("the order")));
  f.window_start = armed - std::chrono::hours(1);
  f.window_end = armed + std::chrono::days(20);
  f.enabled = armed;
  f.counsel = "counsel";
  f.officer = "officer";
  f.technician = "tech";
  f.grants = {grant_id};
  f.sandbox = true;
  return f;
}

inline intercept::EvidencePacket packet(std::uint32_t call, Instant at, const std::string& text,
                                        std::uint32_t link = 1) {
  // Ethernet, IPv4, UDP 192.0.2.1:5060 -> 192.0.2.2:5060 (tshark takes it for SIP).
  Bytes b = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
  if (link != 1) b.clear();
  const std::size_t n = text.size();
  for (const int v : {0x45, 0}) b.push_back(static_cast<std::uint8_t>(v));
  put_be16(b, static_cast<std::uint16_t>(28 + n));
  for (const int v : {0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0xC4, 0x13, 0xC4})
    b.push_back(static_cast<std::uint8_t>(v));
  put_be16(b, static_cast<std::uint16_t>(8 + n));
  put_be16(b, 0);
  put_bytes(b, view_of(text));
  intercept::EvidencePacket p;
  p.tag.call = call;
  p.storage.assign(b.begin(), b.end());
  p.raw = {at, link, {}, static_cast<std::uint32_t>(b.size())};
  p.raw.bytes = p.storage;
  return p;
}

inline intercept::CallRecord call(std::uint32_t n, const std::string& grant_id) {
  intercept::CallRecord c;
  c.call_id = "call-" + std::to_string(n) + "@192.0.2.1";
  c.grant = grant_id;
  c.number = n;
  c.direction = n % 2 == 1 ? "from-target" : "to-target";
  c.from = n % 2 == 1 ? "+14045550102" : "+1404555" + std::to_string(110 + n % 80).insert(0, "0");
  c.to = n % 2 == 1 ? "+1404555" + std::to_string(110 + n % 80).insert(0, "0") : "+14045550102";
  c.start = armed + std::chrono::minutes(n * 7);
  c.answer = c.start + std::chrono::seconds(4);
  c.end = *c.answer + std::chrono::seconds(60 + n * 13);
  c.release_cause = "200 BYE by caller";
  if (n % 3 == 1)
    for (const char d : {'1', '2', '#'})
      c.dtmf.push_back({*c.answer + std::chrono::seconds(9), d, "rfc4733", true});
  return c;
}

inline intercept::Matter matter(std::uint32_t calls, const std::string& grant_id) {
  intercept::Matter m;
  for (std::uint32_t n = 1; n <= calls; ++n) {
    m.calls.push_back(call(n, grant_id));
    m.packets.push_back(
        packet(n, m.calls.back().start,
               "OPTIONS sip:a@192.0.2.2 SIP/2.0\r\nCall-ID: " + m.calls.back().call_id + "\r\n\r\n"));
  }
  return m;
}

// A directory that goes away with the test.
struct Scratch {
  fs::path path;
  Scratch() {
    std::string t = (fs::temp_directory_path() / "writ-produce-XXXXXX").string();
    path = ::mkdtemp(t.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ec;
    fs::remove_all(path, ec);
  }
};

inline std::string output_of(const std::string& command) {
  std::string out;
  FILE* f = ::popen(command.c_str(), "r");
  if (!f) return out;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) > 0;) out.append(buffer, n);
  const int status = ::pclose(f);
  return status == 0 ? out : "exit " + std::to_string(status) + ": " + out;
}

// A whole production in `dir`, sealed.
struct Production {
  Office office;
  std::string grant;
  policy::Policy rules = policy();
  intercept::Matter opened;
  PackageInput in;
  crypto::Digest manifest{};
  audit::Proof proof, other_proof;

  explicit Production(authority::Kind kind = authority::Kind::content, std::uint32_t calls = 3)
      : grant(office.grant(kind)) {
    const std::string id =
        crypto::hex(authority::grant_id(authority::parse_grant_file(view_of(grant)).value().body));
    opened = matter(calls, id);
    in.facts = facts(id);
    in.certification = {
        in.facts, "O. Example", "Director, Network Security", armed + std::chrono::hours(1), "", ""};
    certify();
    in.matter = &opened;
    in.policy = &rules;
    in.roots = office.roots;
    in.certs = office.certs;
    in.grant_files = {grant};
    in.signers = {&office.custodian_a, &office.custodian_b};
    in.now = produced;
  }
  void certify() {
    Certification& c = in.certification;
    c.key = office.officer.sign.public_key().text();
    c.signature = crypto::hex(
        office.officer.sign.sign(certification_domain, view_of(canonical(certification_statement(c)))));
  }
  void recordings(const fs::path& dir) {
    (void)make_dirs(dir / "recordings");
    (void)write_file(dir / "recordings/001-from-target.wav", std::string_view("RIFF, a recording"));
    opened.calls[0].wav = "001-from-target.wav";
    (void)write_file(dir / "recordings/002-to-target-fax1.tif", std::string_view("II*, pages"));
    intercept::MediaStream fax;
    fax.kind = "fax";
    fax.codec = "T38";
    fax.first = opened.calls[1].start;
    fax.last = *opened.calls[1].end;
    fax.pages = 2;
    fax.lost = 3;
    fax.file = "002-to-target-fax1.tif";
    opened.calls[1].media.push_back(fax);
  }
  void write(const fs::path& dir) {
    manifest = write_production(dir, in).value();
    const Scratch log_dir;
    ManualClock clock(produced);
    audit::Log log =
        audit::Log::open(log_dir.path / "log", office.desk.sign, office.roots.audit_reader, clock).value();
    const auto entry = [&](const char* action) {
      const audit::Receipt r =
          log.append({"desk", action, in.facts.matter, {{"manifest_sha256", crypto::hex(manifest)}}}).value();
      audit::Proof p = log.prove(r.index).value();
      p.opening = Bytes(r.opening.view().begin(), r.opening.view().end());
      return p;
    };
    other_proof = entry("evidence.open");
    proof = entry("production.release");
    if (!seal_production(dir, in, proof)) std::abort();
  }
};

}  // namespace writ::produce::sample
