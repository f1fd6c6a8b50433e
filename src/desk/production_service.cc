// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/production_service.hh"

#include <fmt/format.h>

#include "desk/request_service.hh"
#include "media/render.hh"
#include "vault/matter_keys.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using authority::Role;

// What the production is made of, as one hash: segments' hashes in order. Equal evidence, equal production.
Result<crypto::Digest> evidence_digest(const fs::path& dir, std::int64_t time_shift_s, const std::string& certification) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& e : fs::recursive_directory_iterator(dir, ec))
    if (e.path().extension() == ".seg") files.push_back(e.path());
  if (files.empty())
    return fail(Exit::not_found, "there is no evidence of this matter in the house", {}, "imported segments", "writ intercept import");
  std::sort(files.begin(), files.end());
  crypto::Sha256 h;
  h.update(view_of(fmt::format("{}\n{}\n", time_shift_s, certification)));
  for (const fs::path& f : files) {
    WRIT_TRY(d, crypto::sha256_file(f.string()));
    h.update(view_of(f.lexically_relative(dir).string()));
    h.update(d);
  }
  return h.finish();
}

struct Keys {
  crypto::BoxKey call_data;
  std::optional<crypto::BoxKey> content;
};

Result<Keys> open_keys(const Carrier& c, const std::string& matter, bool content, const Acting& a, const Acting& b) {
  const fs::path dir = c.data() / "vault";
  WRIT_TRY(call_data, vault::open_matter_key(dir, matter, "call-data", a.person.user, a.person.box, b.person.user, b.person.box));
  Keys keys{std::move(call_data), std::nullopt};
  if (content) {
    WRIT_TRY(key, vault::open_matter_key(dir, matter, "content", a.person.user, a.person.box, b.person.user, b.person.box));
    keys.content = std::move(key);
  }
  return keys;
}

Status open_grant(const fs::path& dir, const GrantRow& g, const Keys& keys, intercept::Matter& into) {
  std::vector<intercept::Event> events;
  std::vector<intercept::EvidencePacket> packets;
  WRIT_CHECK(vault::read_stream(dir, vault::Stream::call_data, g.body.probe, keys.call_data, [&](View record) -> Status {
    WRIT_TRY(e, intercept::decode_event(record));
    events.push_back(std::move(e));
    return {};
  }));
  if (keys.content)
    WRIT_CHECK(vault::read_stream(dir, vault::Stream::content, g.body.probe, *keys.content, [&](View record) -> Status {
      WRIT_TRY(p, intercept::decode_packet(record));
      packets.push_back(std::move(p));
      return {};
    }));
  intercept::append(into, intercept::assemble(g.id, std::move(events), std::move(packets)));
  return {};
}

Status render(intercept::Matter& m, const fs::path& dir, Production& done) {
  WRIT_CHECK(make_dirs(dir));
  std::size_t number = 0;
  for (intercept::CallRecord& call : m.calls) {
    ++number;
    WRIT_CHECK(media::render_call(call, m.packets, media::default_worker(), dir, fmt::format("{:03}-{}", number, call.direction)));
    if (!call.wav.empty()) ++done.recordings;
    for (const intercept::MediaStream& s : call.media)
      if (s.kind != "video" && !s.copy_of && !s.decoded) ++done.undecodable;
  }
  done.calls = m.calls.size();
  done.reviews = m.reviews.size();
  done.gaps = m.gaps.size();
  return {};
}

Result<std::string> verified_grant_file(const Carrier& c, const GrantRow& g) {
  // What left the house is what the store holds: an edited row would not carry the three signatures any more.
  WRIT_TRY(file, authority::parse_grant_file(view_of(*g.file)));
  if (crypto::hex(authority::grant_id(file.body)) != g.id) return fail(Exit::integrity, "a stored grant was altered");
  WRIT_TRY(kept, read_text(c.data() / "grants" / (g.id + ".grant.json")));
  if (kept != *g.file) return fail(Exit::integrity, "a stored grant differs from the one that was issued");
  return kept;
}

// The instant of this production: kept in the store so that a repeated run is the same production.
Result<Instant> start_of(const Carrier& c, const std::string& matter, const crypto::Digest& evidence) {
  WRIT_TRY(put, c.db().prepare("INSERT OR IGNORE INTO productions(matter, evidence_sha256, started) VALUES(?,?,?)"));
  WRIT_CHECK(put.bind(1, matter).bind(2, crypto::hex(evidence)).bind(3, rfc3339(c.now())).run());
  WRIT_TRY(ask, c.db().prepare("SELECT started FROM productions WHERE matter=? AND evidence_sha256=?"));
  WRIT_CHECK(ask.bind(1, matter).bind(2, crypto::hex(evidence)).step());
  return parse_rfc3339(ask.text(0));
}

}  // namespace

Result<Production> ProductionService::make(const std::string& matter, const fs::path& out, std::int64_t time_shift_s,
                                           const std::vector<Credentials>& who) {
  if (who.size() != 2 || who[0].user == who[1].user)
    return c_->refuse(who.empty() ? "nobody" : who[0].user, "produce.make", matter,
                      {Exit::refused, "two custodians open a matter", "I2: no delivery without two people", "a second, different custodian",
                       "give --as USER=PASSPHRASE_FILE twice"});
  WRIT_TRY(a, c_->act_as(who[0], Role::custodian));
  WRIT_TRY(b, c_->act_as(who[1], Role::custodian));
  Orders orders{*c_};
  WRIT_TRY(orders_of, orders.of_matter(matter));
  WRIT_TRY(grants, orders.grants(matter));
  std::erase_if(grants, [](const GrantRow& g) { return !g.file; });
  auto certification = stored_certification(*c_, matter);
  if (!certification) return c_->refuse(a.person.user, "produce.make", matter, certification.error());
  std::vector<std::string> grant_files;
  for (const GrantRow& g : grants) {
    auto file = verified_grant_file(*c_, g);
    if (!file) return c_->refuse(a.person.user, "produce.make", matter, file.error());
    grant_files.push_back(std::move(*file));
  }
  const fs::path evidence = c_->data() / "evidence" / matter;
  WRIT_TRY(digest, evidence_digest(evidence, time_shift_s, certification->signature));
  WRIT_TRY(started, start_of(*c_, matter, digest));

  const bool content = authority::yields_content(grants.front().body.kind);
  WRIT_CHECK(c_->note(a.person.user, "evidence.open", matter,
                      Json{{"custodians", {a.person.user, b.person.user}}, {"evidence_sha256", crypto::hex(digest)},
                           {"streams", content ? Json{"call-data", "content"} : Json{"call-data"}}}));
  WRIT_TRY(keys, open_keys(*c_, matter, content, a, b));
  intercept::Matter m;
  m.time_shift_s = time_shift_s;
  for (const GrantRow& g : grants) {
    std::error_code ec;
    if (!fs::is_directory(evidence / g.id, ec)) continue;
    if (auto ok = open_grant(evidence / g.id, g, keys, m); !ok) return c_->refuse(a.person.user, "evidence.open", matter, ok.error());
  }

  WRIT_CHECK(make_dirs(out));
  const fs::path partial = out / fmt::format(".{}.partial", matter);
  std::error_code ec;
  fs::remove_all(partial, ec);
  Production done;
  WRIT_CHECK(render(m, partial / "recordings", done));

  produce::PackageInput in;
  in.facts = certification->facts;
  in.certification = *certification;
  in.matter = &m;
  in.policy = &c_->policy();
  in.roots = c_->roots();
  in.certs = {c_->desk_cert(), a.cert, b.cert};
  WRIT_TRY(officer, c_->cert_of(certification->signed_by));
  in.certs.push_back(officer);
  in.grant_files = std::move(grant_files);
  in.signers = {&a.person, &b.person};
  in.now = started;
  WRIT_TRY(manifest, produce::write_production(partial, in));
  done.manifest = manifest;

  WRIT_TRY(receipt, c_->note(a.person.user, "production.release", matter,
                             Json{{"manifest_sha256", crypto::hex(manifest)}, {"custodians", {a.person.user, b.person.user}},
                                  {"calls", done.calls}, {"recordings", done.recordings}}));
  WRIT_TRY(proof, c_->log().prove(receipt.index));
  const View opening = receipt.opening.view();
  proof.opening = Bytes(opening.begin(), opening.end());
  WRIT_CHECK(produce::seal_production(partial, in, proof));

  done.directory = out / matter;
  done.iso = out / (matter + ".iso");
  fs::remove_all(done.directory, ec);
  fs::rename(partial, done.directory, ec);
  if (ec) return fail(Exit::failure, fmt::format("rename {}: {}", partial.string(), ec.message()));
  WRIT_CHECK(sync_dir(out));
  WRIT_CHECK(produce::write_iso(done.directory, done.iso, matter, started));
  WRIT_TRY(put, c_->db().prepare("UPDATE productions SET manifest_sha256=? WHERE matter=? AND evidence_sha256=?"));
  WRIT_CHECK(put.bind(1, crypto::hex(manifest)).bind(2, matter).bind(3, crypto::hex(digest)).run());
  return done;
}

Result<produce::InvoiceFacts> ProductionService::invoice(const std::string& matter, const fs::path& pdf, const Credentials& who) {
  WRIT_TRY(finance, c_->act_as(who, Role::finance));
  WRIT_TRY(start, interception_start(*c_, matter));
  WRIT_TRY(planned_end, interception_end(*c_, matter));
  const Instant end = std::max(std::min(planned_end, c_->now()), start + std::chrono::seconds{1});
  Orders orders{*c_};
  WRIT_TRY(of, orders.of_matter(matter));
  produce::InvoiceFacts f;
  f.matter = matter;  // finance and the bill see the matter's number, never the target
  f.bill_to_agency = of.front().request.officer.agency;
  f.bill_to_address = of.front().request.officer.return_address;
  f.lines = policy::intercept_fees(c_->policy().fees, start, end);
  f.currency = c_->policy().fees.currency;
  f.citation = c_->policy().fees.citation;
  f.sandbox = c_->policy().profile_name.find("sandbox") != std::string::npos;
  Json lines = Json::array();
  for (const auto& l : f.lines) lines.push_back(Json{{"text", l.text}, {"basis", l.basis}, {"cents", l.cents}});
  const std::string body = canonical(lines);

  WRIT_TRY(known, c_->db().prepare("SELECT number FROM invoices WHERE matter=? AND json_extract(body,'$.lines')=?"));
  WRIT_TRY(found, known.bind(1, matter).bind(2, body).step());
  f.issued = std::chrono::floor<std::chrono::seconds>(c_->now());
  if (found) {  // the same months: the same invoice, not a second one
    f.number = known.text(0);
    WRIT_TRY(ask, c_->db().prepare("SELECT json_extract(body,'$.issued') FROM invoices WHERE number=?"));
    WRIT_CHECK(ask.bind(1, f.number).step());
    WRIT_TRY(issued, parse_rfc3339(ask.text(0)));
    f.issued = issued;
  } else {
    WRIT_TRY(count, c_->db().prepare("SELECT count(*) FROM invoices"));
    WRIT_CHECK(count.step());
    f.number = fmt::format("INV-{}-{:04}", rfc3339(f.issued).substr(0, 4), count.integer(0) + 1);
    WRIT_CHECK(c_->note(finance.person.user, "invoice.issue", matter, Json{{"number", f.number}, {"cents", produce::total_cents(f)}}));
    WRIT_TRY(put, c_->db().prepare("INSERT INTO invoices(number, matter, body) VALUES(?,?,?)"));
    WRIT_CHECK(put.bind(1, f.number).bind(2, matter).bind(3, canonical(Json{{"issued", rfc3339_seconds(f.issued)}, {"lines", lines}})).run());
  }
  WRIT_CHECK(produce::write_invoice(pdf, c_->policy(), f));
  return f;
}

}  // namespace writ::desk
