// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/production_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/emergency_application.hh"
#include "desk/grant_checks.hh"
#include "media/render.hh"
#include "vault/matter_keys.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using authority::Role;

// What the production is made of, as one hash: segments' hashes in order. Equal evidence, equal production.
Result<crypto::Digest> evidence_digest(const fs::path& dir, const ProductionWish& wish,
                                       const std::string& certification) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& e : fs::recursive_directory_iterator(dir, ec))
    if (e.path().extension() == ".seg") files.push_back(e.path());
  if (files.empty())
    return fail(Exit::not_found,
                "there is no evidence of this matter in the house: nothing was imported, or the probe "
                "isolated nothing",
                {}, "sealed segments of this matter's grants",
                "writ-probe status says what the probe isolated; then writ intercept import");
  std::sort(files.begin(), files.end());
  crypto::Sha256 h;
  h.update(view_of(fmt::format("{}\n{}\n", wish.time_shift_s, certification)));
  if (wish.audio == media::Audio::wav) h.update(view_of("wav\n"));
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

Result<Keys> open_keys(const Carrier& c, const std::string& matter, bool content, const Acting& a,
                       const Acting& b) {
  const fs::path dir = c.data() / "vault";
  WRIT_TRY(call_data, vault::open_matter_key(dir, matter, "call-data", a.person.user, a.person.box,
                                             b.person.user, b.person.box));
  Keys keys{std::move(call_data), std::nullopt};
  if (content) {
    WRIT_TRY(key, vault::open_matter_key(dir, matter, "content", a.person.user, a.person.box, b.person.user,
                                         b.person.box));
    keys.content = std::move(key);
  }
  return keys;
}

Status open_grant(const fs::path& dir, const GrantRow& g, const Keys& keys, intercept::Matter& into) {
  std::vector<intercept::Event> events;
  std::vector<intercept::EvidencePacket> packets;
  WRIT_CHECK(vault::read_stream(dir, vault::Stream::call_data, g.body.probe, keys.call_data,
                                [&](View record) -> Status {
                                  WRIT_TRY(e, intercept::decode_event(record));
                                  events.push_back(std::move(e));
                                  return {};
                                }));
  if (keys.content)
    WRIT_CHECK(vault::read_stream(dir, vault::Stream::content, g.body.probe, *keys.content,
                                  [&](View record) -> Status {
                                    WRIT_TRY(p, intercept::decode_packet(record));
                                    packets.push_back(std::move(p));
                                    return {};
                                  }));
  const intercept::Keys pressed =
      g.body.post_cut_through_digits ? intercept::Keys::sought : intercept::Keys::withheld;
  intercept::append(into, intercept::assemble(g.id, std::move(events), std::move(packets), pressed));
  return {};
}

Status render(intercept::Matter& m, const fs::path& dir, media::Audio audio, Production& done) {
  WRIT_CHECK(make_dirs(
      dir.parent_path()));  // a pen register or trap has no recordings, and then no directory for them
  const auto name = [](const intercept::CallRecord& call, std::size_t n) {
    return fmt::format("{:03}-{}", n, call.direction);
  };
  WRIT_CHECK(media::render_calls(m, media::default_worker(), dir, name, audio));
  for (const intercept::CallRecord& call : m.calls) {
    if (!call.wav.empty()) ++done.recordings;
    for (const intercept::MediaStream& s : call.media) {
      const bool closed = s.encrypted && !s.opened;  // whole, or from some time on
      if (s.kind != "video" && !s.copy_of && (!s.decoded || closed)) ++done.undecodable;
      // The probe says what it knows to be closed; that keys of the signalling do not open a stream shows
      // here.
      if (s.encrypted && !s.opened && !s.copy_of && s.kind == "audio" && !call.srtp_keys.empty())
        m.unavailable.push_back("call " + call.call_id + ": " + s.why);
    }
  }
  done.calls = m.calls.size();
  done.reviews = m.reviews.size();
  done.gaps = m.gaps.size();
  return {};
}

// What left the house, with its three signatures, is what the store holds and what was kept beside it.
Result<std::string> verified_grant_file(const Carrier& c, const GrantRow& g) {
  WRIT_CHECK(issued_grant(c, g));
  const auto kept = read_text(c.data() / "grants" / (g.id + ".grant.json"));
  if (!kept || *kept != *g.file)
    return fail(Exit::integrity,
                fmt::format("{}: a stored grant differs from the one that was issued", g.matter));
  return *kept;
}

// The instant of this production: kept in the store so that a repeated run is the same production.
Result<Instant> start_of(const Carrier& c, const std::string& matter, const crypto::Digest& evidence) {
  WRIT_TRY(put, c.db().prepare(
                    "INSERT OR IGNORE INTO productions(matter, evidence_sha256, started) VALUES(?,?,?)"));
  WRIT_CHECK(put.bind(1, matter).bind(2, crypto::hex(evidence)).bind(3, rfc3339(c.now())).run());
  WRIT_TRY(ask, c.db().prepare("SELECT started FROM productions WHERE matter=? AND evidence_sha256=?"));
  WRIT_CHECK(ask.bind(1, matter).bind(2, crypto::hex(evidence)).step());
  return parse_rfc3339(ask.text(0));
}

}  // namespace

Result<Production> ProductionService::make(const std::string& matter, const fs::path& out,
                                           const ProductionWish& wish, const std::vector<Credentials>& who) {
  if (who.size() != 2 || who[0].user == who[1].user)
    return c_->refuse(who.empty() ? "nobody" : who[0].user, "produce.make", matter,
                      {Exit::refused, "two custodians open a matter", "I2: no delivery without two people",
                       "a second, different custodian", "give --as USER=PASSPHRASE_FILE twice"});
  WRIT_TRY(a, c_->act_as(who[0], Role::custodian));
  WRIT_TRY(b, c_->act_as(who[1], Role::custodian));
  return c_->attempt(a.person.user, "produce.make", matter,
                     [&] { return open_and_release(matter, out, wish, a, b); });
}

Result<Production> ProductionService::open_and_release(const std::string& matter, const fs::path& out,
                                                       const ProductionWish& wish, const Acting& a,
                                                       const Acting& b) {
  WRIT_CHECK(check_deliverable(*c_, matter));
  WRIT_TRY(grants, Orders{*c_}.grants(matter));
  std::erase_if(grants, [](const GrantRow& g) { return !g.file; });
  WRIT_TRY(certification, stored_certification(*c_, matter));
  produce::PackageInput in;
  for (const GrantRow& g : grants) {
    WRIT_TRY(file, verified_grant_file(*c_, g));
    in.grant_files.push_back(std::move(file));
  }
  const fs::path evidence = c_->data() / "evidence" / matter;
  WRIT_TRY(digest, evidence_digest(evidence, wish, certification.signature));
  intercept::Matter m;
  m.time_shift_s = wish.time_shift_s;
  WRIT_CHECK(open_evidence(matter, grants, digest, a, b, m));
  WRIT_TRY(started, start_of(*c_, matter, digest));

  WRIT_CHECK(make_dirs(out));
  const fs::path partial = out / fmt::format(".{}.partial", matter);
  std::error_code ec;
  fs::remove_all(partial, ec);
  Production done;
  WRIT_CHECK(render(m, partial / "recordings", wish.audio, done));

  in.facts = certification.facts;
  in.certification = certification;
  in.matter = &m;
  in.mp3 = wish.audio == media::Audio::wav_and_mp3;
  in.policy = &c_->policy();
  in.roots = c_->roots();
  in.certs = {c_->desk_cert(), a.cert, b.cert};
  WRIT_TRY(officer, c_->cert_of(certification.signed_by));
  in.certs.push_back(officer);
  in.signers = {&a.person, &b.person};
  in.now = started;
  WRIT_TRY(manifest, produce::write_production(partial, in));
  done.manifest = manifest;
  WRIT_CHECK(release(matter, partial, in, done, a, b));

  done.directory = out / matter;
  done.iso = out / (matter + ".iso");
  fs::remove_all(done.directory, ec);
  fs::rename(partial, done.directory, ec);
  if (ec) return fail(Exit::failure, fmt::format("rename {}: {}", partial.string(), ec.message()));
  WRIT_CHECK(sync_dir(out));
  WRIT_CHECK(produce::write_iso(done.directory, done.iso, matter, started));
  WRIT_TRY(put,
           c_->db().prepare("UPDATE productions SET manifest_sha256=? WHERE matter=? AND evidence_sha256=?"));
  WRIT_CHECK(put.bind(1, crypto::hex(manifest)).bind(2, matter).bind(3, crypto::hex(digest)).run());
  return done;
}

// Logged before the first secret is unwrapped.
Status ProductionService::open_evidence(const std::string& matter, const std::vector<GrantRow>& grants,
                                        const crypto::Digest& digest, const Acting& a, const Acting& b,
                                        intercept::Matter& into) {
  const bool content = authority::yields_content(grants.front().body.kind);
  WRIT_CHECK(c_->note(a.person.user, "evidence.open", matter,
                      Json{{"custodians", {a.person.user, b.person.user}},
                           {"evidence_sha256", crypto::hex(digest)},
                           {"streams", content ? Json{"call-data", "content"} : Json{"call-data"}}}));
  WRIT_TRY(keys, open_keys(*c_, matter, content, a, b));
  for (const GrantRow& g : grants) {
    const fs::path dir = c_->data() / "evidence" / matter / g.id;
    std::error_code ec;
    if (fs::is_directory(dir, ec)) WRIT_CHECK(open_grant(dir, g, keys, into));
  }
  return {};
}

// The release stands in the log before the package is whole; the package carries the proof of it.
Status ProductionService::release(const std::string& matter, const fs::path& dir,
                                  const produce::PackageInput& in, const Production& p, const Acting& a,
                                  const Acting& b) {
  WRIT_TRY(receipt, c_->note(a.person.user, "production.release", matter,
                             Json{{"manifest_sha256", crypto::hex(p.manifest)},
                                  {"custodians", {a.person.user, b.person.user}},
                                  {"calls", p.calls},
                                  {"recordings", p.recordings}}));
  WRIT_TRY(proof, c_->log().prove(receipt.index));
  const View opening = receipt.opening.view();
  proof.opening = Bytes(opening.begin(), opening.end());
  return produce::seal_production(dir, in, proof);
}

Result<produce::InvoiceFacts> ProductionService::invoice(const std::string& matter, const fs::path& pdf,
                                                         const Credentials& who) {
  WRIT_TRY(finance, c_->act_as(who, Role::finance));
  return invoice(matter, pdf, finance);
}

Result<produce::InvoiceFacts> ProductionService::invoice(const std::string& matter, const fs::path& pdf,
                                                         const Acting& finance) {
  return c_->attempt(finance.person.user, "invoice.make", matter, [&] { return bill(matter, pdf, finance); });
}

namespace {

// Fills in number, day and lines of the matter's last invoice; returns how many months all of them have
// billed.
Result<std::size_t> last_invoice(const Carrier& c, const std::string& matter, produce::InvoiceFacts& f) {
  std::size_t months = 0;
  WRIT_TRY(ask, c.db().prepare("SELECT number, body FROM invoices WHERE matter=? ORDER BY rowid"));
  ask.bind(1, matter);
  for (;;) {
    WRIT_TRY(row, ask.step());
    if (!row) return months;
    f.number = ask.text(0);
    WRIT_TRY(body, parse_canonical(view_of(ask.text(1)), "stored invoice"));
    WRIT_TRY(issued_text, field<std::string>(body, "issued", "stored invoice"));
    WRIT_TRY(issued, parse_rfc3339(issued_text));
    f.issued = issued;
    WRIT_TRY(lines, field<std::vector<Json>>(body, "lines", "stored invoice"));
    f.lines.clear();
    for (const Json& l : lines) {
      WRIT_TRY(text, field<std::string>(l, "text", "stored invoice"));
      WRIT_TRY(basis, field<std::string>(l, "basis", "stored invoice"));
      WRIT_TRY(cents, field<std::int64_t>(l, "cents", "stored invoice"));
      f.lines.push_back({text, basis, cents});
    }
    months += f.lines.size();
  }
}

Status issue_invoice(Carrier& c, const std::string& user, produce::InvoiceFacts& f) {
  WRIT_TRY(count, c.db().prepare("SELECT count(*) FROM invoices"));
  WRIT_CHECK(count.step());
  f.issued = std::chrono::floor<std::chrono::seconds>(c.now());
  f.number = fmt::format("INV-{}-{:04}", rfc3339(f.issued).substr(0, 4), count.integer(0) + 1);
  count.reset();
  WRIT_CHECK(c.note(user, "invoice.issue", f.matter,
                    Json{{"number", f.number}, {"cents", produce::total_cents(f)}}));
  Json lines = Json::array();
  for (const auto& l : f.lines)
    lines.push_back(Json{{"text", l.text}, {"basis", l.basis}, {"cents", l.cents}});
  WRIT_TRY(put, c.db().prepare("INSERT INTO invoices(number, matter, body) VALUES(?,?,?)"));
  return put.bind(1, f.number)
      .bind(2, f.matter)
      .bind(3, canonical(Json{{"issued", rfc3339_seconds(f.issued)}, {"lines", lines}}))
      .run();
}

}  // namespace

// Months that no invoice of the matter has billed yet.
Result<produce::InvoiceFacts> ProductionService::bill(const std::string& matter, const fs::path& pdf,
                                                      const Acting& finance) {
  WRIT_TRY(start, interception_start(*c_, matter));
  WRIT_TRY(planned_end, interception_end(*c_, matter));
  const Instant end = std::max(std::min(planned_end, c_->now()), start + std::chrono::seconds{1});
  Orders orders{*c_};
  WRIT_TRY(of, orders.of_matter(matter));
  produce::InvoiceFacts f;
  f.matter = matter;  // finance and the bill see the matter's number, never the target
  f.bill_to_agency = of.front().request.officer.agency;
  f.bill_to_address = of.front().request.officer.return_address;
  f.currency = c_->policy().fees.currency;
  f.citation = c_->policy().fees.citation;
  f.sandbox = c_->policy().sandbox;
  const auto fees = policy::intercept_fees(c_->policy().fees, start, end);
  WRIT_TRY(billed, last_invoice(*c_, matter, f));
  if (billed < fees.size()) {  // else nothing is new: the last invoice once more, as it was issued
    f.lines.assign(fees.begin() + static_cast<std::ptrdiff_t>(billed), fees.end());
    WRIT_CHECK(issue_invoice(*c_, finance.person.user, f));
  }
  WRIT_CHECK(produce::write_invoice(pdf, c_->policy(), f));
  return f;
}

}  // namespace writ::desk
