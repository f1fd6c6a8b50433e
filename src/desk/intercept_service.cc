// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/intercept_service.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/case_book.hh"
#include "desk/grant_checks.hh"
#include "desk/outlets.hh"
#include "desk/record_store.hh"
#include "desk/suspension.hh"
#include "vault/segment_base.hh"

namespace writ::desk {
namespace {

using authority::Act;
using authority::Role;
using process::Step;

constexpr const char* certification_domain = "writ.certification/1";

Result<GrantRow> require_grant(const Orders& orders, const Order& o) {
  WRIT_TRY(g, orders.grant(o.matter, o.number));
  if (!g)
    return fail(Exit::refused, fmt::format("{} has no legal authorisation", o.matter),
                "47 CFR 1.20002: legal and carrier authorisation", "counsel's act",
                "counsel: writ request approve " + o.matter);
  return std::move(*g);
}

// Everything that an act builds upon, verified again from the signatures.
Status check_before_act(const Carrier& c, const Order& o, const GrantRow& g, std::size_t acts) {
  WRIT_CHECK(check_order_integrity(c, o, g.body));
  WRIT_CHECK(check_acts(c, o, g, acts));
  return check_matter_keys(c, g);
}

auto over(const GrantRow& g) {
  return fail(
      Exit::expired,
      fmt::format("the authorised period of {} ended {}", g.matter, rfc3339_seconds(g.body.not_after)),
      "I3: expiry always wins", "an authority that is still in force", "an extension from the court");
}

Result<std::string> issue(Carrier& c, const GrantRow& g) {
  std::vector<authority::RoleCert> certs;
  for (const authority::SignedAct& a : g.acts) {
    WRIT_TRY(cert, c.cert_of(a.user));
    certs.push_back(std::move(cert));
  }
  return authority::issue_grant(g.body, g.acts, std::move(certs), c.desk_cert(), c.desk_key(), c.roots());
}

Result<Armed> write_armed(Carrier& c, GrantRow g, const fs::path& out) {
  WRIT_CHECK(make_dirs(out));
  WRIT_CHECK(remember_outlet(c, g, out));
  const fs::path file = out / (g.id.substr(0, 16) + ".grant.json");
  WRIT_CHECK(write_file(file, *g.file));
  WRIT_CHECK(write_file(c.data() / "grants" / (g.id + ".grant.json"), *g.file));
  WRIT_TRY(list, write_revocations(c, out));
  return Armed{std::move(g), file, list};
}

Result<GrantRow> carrier_act(Carrier& c, const std::string& matter, const Acting& officer) {
  const std::string& user = officer.person.user;
  Orders orders{c};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(g, require_grant(orders, o));
  const auto done = o.done_by.find(Step::authorise_carrier);
  if (done != o.done_by.end() && done->second == user &&
      o.state != process::State::ended) {  // the same command again
    WRIT_CHECK(check_before_act(c, o, g, 2));
    return g;
  }
  WRIT_TRY(to, process::advance(o.state, Step::authorise_carrier, actor_of(officer), o.done_by));
  WRIT_CHECK(check_before_act(c, o, g, 1));
  const Instant at = c.now();
  if (at >= g.body.not_after) return over(g);
  g.acts.resize(1);
  g.acts.push_back(
      authority::sign_act(Act::carrier_authorisation, officer.person, authority::grant_id(g.body), at));
  WRIT_CHECK(check_acts(c, o, g, 2));
  WRIT_CHECK(c.note(user, "intercept.authorise", matter,
                    Json{{"order", o.number}, {"grant", g.id}, {"act", "carrier-authorisation"}}));
  WRIT_CHECK(orders.advance(o, to, Step::authorise_carrier, user, at, g));
  return g;
}

// A start first finishes every stop that is open: a tenant may have left since counsel signed.
Status finish_stops(Carrier& c, const std::string& matter) {
  WRIT_TRY(store, RecordStore::open_catalogue(c));
  WRIT_CHECK(c.note("desk", "records.lookup", matter, Json{{"purpose", "tenants of the grants in force"}}));
  const SuspensionReport r = Suspension{c}.catch_up(store->catalogue());
  if (r.troubles.empty()) return {};
  return fail(Exit::unit, "whether the tenants are still there cannot be told: " + r.troubles.front().what,
              "the end of a stay ends the grants on it; stop wins over start", "records and log that answer",
              "mend what is named above; the technician arms again");
}

Result<Armed> affirmative_act(Carrier& c, const std::string& matter, const fs::path& out,
                              const Acting& technician) {
  const std::string& user = technician.person.user;
  WRIT_CHECK(finish_stops(c, matter));
  Orders orders{c};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(g, require_grant(orders, o));
  const auto done = o.done_by.find(Step::arm);
  if (g.file && o.state == process::State::armed && done != o.done_by.end() &&
      done->second == user) {  // the same command again
    WRIT_CHECK(check_before_act(c, o, g, 3));
    WRIT_CHECK(check_in_force(c, g));
    return write_armed(c, std::move(g), out);
  }
  WRIT_TRY(to, process::advance(o.state, Step::arm, actor_of(technician), o.done_by));
  WRIT_CHECK(check_before_act(c, o, g, 2));
  const Instant at = c.now();
  if (at >= g.body.not_after) return over(g);
  g.acts.resize(2, authority::SignedAct{});
  g.acts.push_back(authority::sign_act(Act::arming, technician.person, authority::grant_id(g.body), at));
  WRIT_TRY(file, issue(c, g));
  g.file = std::move(file);
  WRIT_CHECK(check_in_force(c, g));
  WRIT_CHECK(c.note(user, "grant.arm", matter,
                    Json{{"order", o.number}, {"grant", g.id}, {"probe", g.body.probe_name}}));
  WRIT_CHECK(orders.advance(o, to, Step::arm, user, at, g));
  return write_armed(c, std::move(g), out);
}

// Nothing in a matter may stand in the way of a stop: not a faulty extension, not an edited row of another
// order.
Result<fs::path> stop_all(Carrier& c, const std::string& matter, const std::string& reason,
                          const fs::path& out, const Acting& by) {
  Orders orders{c};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(grants, orders.grants(matter));
  WRIT_TRY(list, orders.revocations());
  std::erase_if(grants, [&](const GrantRow& g) {
    return !g.file ||
           std::any_of(list.entries.begin(), list.entries.end(),
                       [&](const authority::Revocation& r) { return crypto::hex(r.grant) == g.id; });
  });
  if (grants.empty() && o.state == process::State::ended)
    return write_revocations(c, out);  // the same command again
  WRIT_TRY(to, process::advance(o.state, Step::stop, actor_of(by), o.done_by));
  const Instant at = c.now();
  WRIT_CHECK(revoke_grants(c, grants, reason, by.person.user));
  if (grants.empty())
    WRIT_CHECK(c.note(by.person.user, "matter.stop", matter, Json{{"order", o.number}, {"reason", reason}}));
  WRIT_CHECK(orders.advance(o, to, Step::stop, by.person.user, at));
  return write_revocations(c, out);
}

struct Source {
  fs::path dir;
  std::vector<fs::path> segments;
};

// The segments of one grant in the probe's spool, verified; empty when it ran elsewhere.
Result<Source> verified_spool(const GrantRow& g, const fs::path& probe_dir) {
  Source s{probe_dir / "spool" / g.id, {}};
  std::error_code ec;
  if (!g.file || !fs::is_directory(s.dir, ec)) return Source{};
  for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
    WRIT_TRY(verified, vault::verify_spool_stream(s.dir, stream, g.body.probe));
    if (std::any_of(verified.begin(), verified.end(),
                    [&](const vault::SegmentInfo& i) { return crypto::hex(i.grant) != g.id; }))
      return fail(Exit::integrity,
                  fmt::format("a segment in {} was sealed under another grant", s.dir.string()));
  }
  for (const auto& e : fs::directory_iterator(s.dir, ec))
    if (e.path().extension() == ".seg") s.segments.push_back(e.path());
  std::sort(s.segments.begin(), s.segments.end());
  return s;
}

// A segment that was open when it was taken in may have grown since; nothing else may have changed in it.
bool continues(View kept, View now) {
  return now.size() > kept.size() && std::equal(kept.begin(), kept.end(), now.begin());
}

Status take_segment(Carrier& c, const GrantRow& g, const fs::path& from, const fs::path& to, const Acting& by,
                    Imported& done) {
  WRIT_TRY(bytes, read_file(from));
  const fs::path kept = to / from.filename();
  if (const auto have = read_file(kept)) {
    if (*have == bytes) {
      ++done.already_there;
      return {};
    }
    if (!continues(*have, bytes))
      return fail(Exit::integrity,
                  fmt::format("{} differs from what was taken in before", from.filename().string()), {},
                  "a sealed frame never changes", "keep both and tell the auditor");
  } else if (have.error().exit != Exit::not_found) {
    return tl::unexpected(have.error());
  }
  WRIT_CHECK(c.note(by.person.user, "evidence.import", g.matter,
                    Json{{"grant", g.id},
                         {"segment", from.filename().string()},
                         {"sha256", crypto::hex(crypto::sha256(bytes))}}));
  WRIT_CHECK(write_file(kept, bytes, 0440));
  ++done.segments;
  return {};
}

Result<Imported> take_evidence(Carrier& c, const std::string& matter, const fs::path& probe_dir,
                               const Acting& by) {
  WRIT_TRY(grants, Orders{c}.grants(matter));
  Imported done;
  for (const GrantRow& g : grants) {
    WRIT_TRY(source, verified_spool(g, probe_dir));
    if (source.dir.empty()) continue;
    ++done.grants;
    const fs::path to = c.data() / "evidence" / matter / g.id;
    WRIT_CHECK(make_dirs(to, 0700));
    for (const fs::path& f : source.segments) WRIT_CHECK(take_segment(c, g, f, to, by, done));
  }
  if (done.grants == 0)
    return fail(Exit::not_found, fmt::format("{} holds no spool for {}", probe_dir.string(), matter), {},
                "a probe directory that ran this matter's grant");
  return done;
}

Result<produce::Certification> sign_certification(Carrier& c, const std::string& matter,
                                                  const Acting& officer) {
  WRIT_TRY(facts, matter_facts(c, matter));
  produce::Certification cert;
  cert.facts = std::move(facts);
  cert.signed_by = officer.person.user;
  cert.signed_title = c.policy().appointed_officer.title;
  cert.signed_at = from_ns(to_ns(c.now()) / 1000 * 1000);
  cert.key = officer.person.sign.public_key().text();
  const std::string statement = canonical(produce::certification_statement(cert));
  cert.signature = crypto::hex(officer.person.sign.sign(certification_domain, view_of(statement)));
  WRIT_CHECK(c.note(cert.signed_by, "intercept.certify", matter,
                    Json{{"statement_sha256", crypto::hex(crypto::sha256(view_of(statement)))}}));
  const Json body{{"by", cert.signed_by},
                  {"title", cert.signed_title},
                  {"at", rfc3339(cert.signed_at)},
                  {"key", cert.key},
                  {"signature", cert.signature}};
  WRIT_TRY(put, c.db().prepare("INSERT INTO certifications(matter, body) VALUES(?,?) ON CONFLICT(matter) DO "
                               "UPDATE SET body=excluded.body"));
  WRIT_CHECK(put.bind(1, matter).bind(2, canonical(body)).run());
  return cert;
}

// A port that still mirrors, or equipment that is still there, keeps the matter open.
Status check_field_work(const Carrier& c, const std::string& matter) {
  WRIT_TRY(orders, cases_about(c, process::Cycle::work_order, matter));
  for (const Case& w : orders)
    if (!is_over(w))
      return fail(Exit::refused, fmt::format("field work order {} of {} is {}", w.matter, matter, w.state),
                  "S53: the equipment is removed and the port released when the order is fulfilled",
                  "a closed field work order", "the technician: writ work show " + w.matter);
  return {};
}

Status close_matter(Carrier& c, const std::string& matter, const Acting& by) {
  Orders orders{c};
  WRIT_TRY(o, orders.newest(matter));
  if (o.state == process::State::closed) return {};  // the same command again
  const bool was_armed = o.state == process::State::armed || o.state == process::State::ended ||
                         o.state == process::State::certified;
  if (!was_armed)
    return fail(Exit::refused, fmt::format("{} is {}", matter, process::to_string(o.state)),
                "life cycles 3 and 4 (requirements, section 5)", "an interception that ran and is over",
                "writ request show " + matter);
  WRIT_TRY(end, interception_end(c, matter));
  if (o.state == process::State::armed && c.now() < end)
    return fail(Exit::refused,
                fmt::format("the interception of {} runs until {}", matter, rfc3339_seconds(end)),
                "life cycles 3 and 4 (requirements, section 5)", "its end, or a stop",
                "writ intercept stop " + matter);
  WRIT_CHECK(stored_certification(c, matter));
  WRIT_CHECK(check_field_work(c, matter));
  WRIT_TRY(to, process::advance(process::State::certified, Step::close, actor_of(by), o.done_by));
  WRIT_CHECK(c.note(by.person.user, "intercept.close", matter));
  return orders.advance(o, to, Step::close, by.person.user, c.now());
}

}  // namespace

Result<GrantRow> InterceptService::authorise(const std::string& matter, const Credentials& who) {
  WRIT_TRY(officer, c_->act_as(who, Role::officer));
  return c_->attempt(who.user, "intercept.authorise", matter,
                     [&] { return carrier_act(*c_, matter, officer); });
}

Result<Armed> InterceptService::arm(const std::string& matter, const fs::path& out, const Credentials& who) {
  WRIT_TRY(technician, c_->act_as(who, Role::technician));
  return c_->attempt(who.user, "intercept.arm", matter,
                     [&] { return affirmative_act(*c_, matter, out, technician); });
}

Result<fs::path> InterceptService::stop(const std::string& matter, const std::string& reason,
                                        const fs::path& out, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::counsel, Role::officer, Role::technician}));
  WRIT_CHECK(make_dirs(out));
  return c_->attempt(who.user, "intercept.stop", matter,
                     [&] { return stop_all(*c_, matter, reason, out, by); });
}

Result<Imported> InterceptService::import(const std::string& matter, const fs::path& probe_dir,
                                          const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::technician, Role::custodian}));
  return c_->attempt(who.user, "evidence.import", matter,
                     [&] { return take_evidence(*c_, matter, probe_dir, by); });
}

Result<produce::Certification> InterceptService::certify(const std::string& matter, const Credentials& who) {
  WRIT_TRY(officer, c_->act_as(who, Role::officer));
  if (auto have = stored_certification(*c_, matter)) return have;
  return c_->attempt(who.user, "intercept.certify", matter,
                     [&] { return sign_certification(*c_, matter, officer); });
}

Status InterceptService::close(const std::string& matter, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::counsel, Role::officer}));
  return c_->attempt(who.user, "intercept.close", matter, [&] { return close_matter(*c_, matter, by); });
}

Result<Json> InterceptService::status(const std::string& matter) const {
  Orders orders{*c_};
  WRIT_TRY(all, orders.all());
  WRIT_TRY(list, orders.revocations());
  Json out = Json::array();
  for (const Order& o : all) {
    if (!matter.empty() && o.matter != matter) continue;
    Json row{{"matter", o.matter},
             {"order", o.number},
             {"state", process::to_string(o.state)},
             {"kind", o.request.kind},
             {"start", rfc3339_seconds(o.request.start)},
             {"end", rfc3339_seconds(o.request.end)}};
    WRIT_TRY(g, orders.grant(o.matter, o.number));
    if (g) {
      Instant until = g->body.not_after;
      for (const auto& r : list.entries)
        if (crypto::hex(r.grant) == g->id) {
          until = std::min(until, r.at);
          row["stopped"] = Json{{"at", rfc3339(r.at)}, {"by", r.user}, {"reason", r.reason}};
        }
      row["grant"] = g->id;
      row["probe"] = g->body.probe_name;
      row["armed"] = g->file.has_value();
      row["authority_left_s"] =
          std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(until - c_->now()).count());
    }
    out.push_back(std::move(row));
  }
  if (out.empty() && !matter.empty())
    return fail(Exit::not_found, fmt::format("there is no matter '{}'", matter));
  return Json{{"schema", "writ.intercept-status/1"}, {"orders", std::move(out)}};
}

Result<produce::Certification> stored_certification(const Carrier& c, const std::string& matter) {
  WRIT_TRY(ask, c.db().prepare("SELECT body FROM certifications WHERE matter=?"));
  WRIT_TRY(found, ask.bind(1, matter).step());
  if (!found)
    return fail(Exit::refused, fmt::format("{} has no certification", matter), "47 CFR 1.20004(a)(1)",
                "the responsible person's signed certification",
                "the officer: writ intercept certify " + matter);
  WRIT_TRY(j, parse_canonical(view_of(ask.text(0)), "stored certification"));
  produce::Certification cert;
  WRIT_TRY(facts, matter_facts(c, matter));
  cert.facts = std::move(facts);
  WRIT_TRY(by, field<std::string>(j, "by", "certification"));
  WRIT_TRY(title, field<std::string>(j, "title", "certification"));
  WRIT_TRY(at_text, field<std::string>(j, "at", "certification"));
  WRIT_TRY(at, parse_rfc3339(at_text));
  WRIT_TRY(key, field<std::string>(j, "key", "certification"));
  WRIT_TRY(signature, field<std::string>(j, "signature", "certification"));
  cert.signed_by = by;
  cert.signed_title = title;
  cert.signed_at = at;
  cert.key = key;
  cert.signature = signature;
  WRIT_TRY(verify_key, crypto::VerifyKey::parse(key));
  WRIT_TRY(signature_bytes, crypto::unhex(signature));
  const auto person = c.cert_of(by);
  if (!person || person->verify != verify_key ||
      !authority::verify_cert(*person, c.roots(), Role::officer, at))
    return fail(Exit::integrity,
                fmt::format("the certification of {} is not signed by an officer of this carrier", matter),
                "47 CFR 1.20004(a)(1): signed by the responsible person", "the officer's own signature",
                "the officer certifies again");
  if (!crypto::verify(verify_key, certification_domain,
                      view_of(canonical(produce::certification_statement(cert))), signature_bytes))
    return fail(
        Exit::integrity, fmt::format("the certification of {} does not fit the matter any more", matter),
        "47 CFR 1.20004(a)(1)", "a certification of the facts as they are", "the officer certifies again");
  return cert;
}

}  // namespace writ::desk
