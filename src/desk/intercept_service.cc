// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/intercept_service.hh"

#include <fmt/format.h>

#include "desk/request_service.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using authority::Act;
using authority::Role;
using process::Step;

process::Actor actor(const Acting& a) { return {a.person.user, a.cert.roles}; }

Result<GrantRow> require_grant(const Orders& orders, const Order& o) {
  WRIT_TRY(g, orders.grant(o.matter, o.number));
  if (!g)
    return fail(Exit::refused, fmt::format("{} has no legal authorisation", o.matter), "47 CFR 1.20002: legal and carrier authorisation",
                "counsel's act", "counsel: writ request approve " + o.matter);
  return std::move(*g);
}

// Everything that an act builds upon, verified again from the signatures.
Status check_before_act(const Carrier& c, const Order& o, const GrantRow& g) {
  WRIT_CHECK(check_order_integrity(c, o, g.body));
  return check_acts(c, o, g);
}

Result<fs::path> write_revocations(Carrier& c, const fs::path& out) {
  WRIT_TRY(list, Orders{c}.revocations());
  const fs::path file = out / "revocations.json";
  WRIT_CHECK(write_file(file, authority::issue_revocations(std::move(list), c.desk_key())));
  return file;
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
  const fs::path file = out / (g.id.substr(0, 16) + ".grant.json");
  WRIT_CHECK(write_file(file, *g.file));
  WRIT_CHECK(write_file(c.data() / "grants" / (g.id + ".grant.json"), *g.file));
  WRIT_TRY(list, write_revocations(c, out));
  return Armed{std::move(g), file, list};
}

}  // namespace

Result<GrantRow> InterceptService::authorise(const std::string& matter, const Credentials& who) {
  WRIT_TRY(officer, c_->act_as(who, Role::officer));
  Orders orders{*c_};
  WRIT_TRY(o, orders.newest(matter));
  auto g = require_grant(orders, o);
  if (!g) return c_->refuse(who.user, "intercept.authorise", matter, g.error());
  if (g->acts.size() >= 2 && g->acts[1].user == who.user && o.done_by.contains(Step::authorise_carrier)) return g;
  const auto to = process::advance(o.state, Step::authorise_carrier, actor(officer), o.done_by);
  if (!to) return c_->refuse(who.user, "intercept.authorise", matter, to.error());
  if (auto ok = check_before_act(*c_, o, *g); !ok) return c_->refuse(who.user, "intercept.authorise", matter, ok.error());
  const Instant at = c_->now();
  WRIT_CHECK(c_->note(who.user, "intercept.authorise", matter, Json{{"order", o.number}, {"grant", g->id}, {"act", "carrier-authorisation"}}));
  g->acts.resize(1);
  g->acts.push_back(authority::sign_act(Act::carrier_authorisation, officer.person, authority::grant_id(g->body), at));
  WRIT_CHECK(orders.put_grant(*g));
  WRIT_CHECK(orders.advance(o, *to, Step::authorise_carrier, who.user, at));
  return g;
}

Result<Armed> InterceptService::arm(const std::string& matter, const fs::path& out, const Credentials& who) {
  WRIT_TRY(technician, c_->act_as(who, Role::technician));
  Orders orders{*c_};
  WRIT_TRY(o, orders.newest(matter));
  auto g = require_grant(orders, o);
  if (!g) return c_->refuse(who.user, "intercept.arm", matter, g.error());
  if (g->file && o.done_by.contains(Step::arm) && o.done_by.at(Step::arm) == who.user) return write_armed(*c_, std::move(*g), out);
  const auto to = process::advance(o.state, Step::arm, actor(technician), o.done_by);
  if (!to) return c_->refuse(who.user, "intercept.arm", matter, to.error());
  if (auto ok = check_before_act(*c_, o, *g); !ok) return c_->refuse(who.user, "intercept.arm", matter, ok.error());
  const Instant at = c_->now();
  if (at >= g->body.not_after)
    return c_->refuse(who.user, "intercept.arm", matter,
                      {Exit::expired, fmt::format("the authorised period of {} ended {}", matter, rfc3339_seconds(g->body.not_after)),
                       "I3: expiry always wins", "an authority that is still in force", "an extension from the court"});
  g->acts.resize(2);
  g->acts.push_back(authority::sign_act(Act::arming, technician.person, authority::grant_id(g->body), at));
  auto file = issue(*c_, *g);
  if (!file) return c_->refuse(who.user, "intercept.arm", matter, file.error());
  WRIT_CHECK(c_->note(who.user, "grant.arm", matter, Json{{"order", o.number}, {"grant", g->id}, {"probe", g->body.probe_name}}));
  g->file = std::move(*file);
  WRIT_CHECK(orders.put_grant(*g));
  WRIT_CHECK(orders.advance(o, *to, Step::arm, who.user, at));
  return write_armed(*c_, std::move(*g), out);
}

Result<fs::path> InterceptService::stop(const std::string& matter, const std::string& reason, const fs::path& out, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::counsel, Role::officer, Role::technician}));
  Orders orders{*c_};
  WRIT_TRY(o, orders.newest(matter));
  WRIT_TRY(grants, orders.grants(matter));
  WRIT_TRY(list, orders.revocations());
  std::erase_if(grants, [&](const GrantRow& g) {
    return !g.file || std::any_of(list.entries.begin(), list.entries.end(),
                                  [&](const authority::Revocation& r) { return crypto::hex(r.grant) == g.id; });
  });
  if (grants.empty() && o.state == process::State::ended) return write_revocations(*c_, out);  // the same command again
  const auto to = process::advance(o.state, Step::stop, actor(by), o.done_by);
  if (!to) return c_->refuse(who.user, "intercept.stop", matter, to.error());
  const Instant at = c_->now();
  WRIT_CHECK(make_dirs(out));
  for (const GrantRow& g : grants) {
    WRIT_CHECK(c_->note(who.user, "grant.stop", matter, Json{{"grant", g.id}, {"reason", reason}}));
    WRIT_CHECK(orders.put_revocation({authority::grant_id(g.body), at, who.user, reason}));
  }
  WRIT_CHECK(orders.advance(o, *to, Step::stop, who.user, at));
  return write_revocations(*c_, out);
}

Result<Json> InterceptService::status(const std::string& matter) const {
  Orders orders{*c_};
  WRIT_TRY(all, orders.all());
  WRIT_TRY(list, orders.revocations());
  Json out = Json::array();
  for (const Order& o : all) {
    if (!matter.empty() && o.matter != matter) continue;
    Json row{{"matter", o.matter}, {"order", o.number}, {"state", process::to_string(o.state)}, {"kind", o.request.kind},
             {"start", rfc3339_seconds(o.request.start)}, {"end", rfc3339_seconds(o.request.end)}};
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
      row["authority_left_s"] = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(until - c_->now()).count());
    }
    out.push_back(std::move(row));
  }
  if (out.empty() && !matter.empty()) return fail(Exit::not_found, fmt::format("there is no matter '{}'", matter));
  return Json{{"schema", "writ.intercept-status/1"}, {"orders", std::move(out)}};
}

Result<Imported> InterceptService::import(const std::string& matter, const fs::path& probe_dir, const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::technician, Role::custodian}));
  Orders orders{*c_};
  WRIT_TRY(grants, orders.grants(matter));
  Imported done;
  for (const GrantRow& g : grants) {
    const fs::path from = probe_dir / "spool" / g.id;
    std::error_code ec;
    if (!g.file || !fs::is_directory(from, ec)) continue;
    ++done.grants;
    for (const vault::Stream s : {vault::Stream::call_data, vault::Stream::content}) {
      auto ok = vault::verify_stream(from, s, g.body.probe);
      if (!ok) return c_->refuse(by.person.user, "evidence.import", matter, ok.error());
    }
    std::vector<fs::path> files;
    for (const auto& e : fs::directory_iterator(from))
      if (e.path().extension() == ".seg") files.push_back(e.path());
    std::sort(files.begin(), files.end());
    const fs::path to = c_->data() / "evidence" / matter / g.id;
    WRIT_CHECK(make_dirs(to, 0700));
    for (const fs::path& f : files) {
      WRIT_TRY(bytes, read_file(f));
      const fs::path kept = to / f.filename();
      if (const auto have = read_file(kept); have && *have == bytes) {
        ++done.already_there;
        continue;
      }
      if (fs::exists(kept, ec))
        return c_->refuse(by.person.user, "evidence.import", matter,
                          {Exit::integrity, fmt::format("{} differs from what was taken in before", f.filename().string()), {},
                           "a closed segment never changes", "keep both and tell the auditor"});
      WRIT_CHECK(c_->note(by.person.user, "evidence.import", matter,
                          Json{{"grant", g.id}, {"segment", f.filename().string()}, {"sha256", crypto::hex(crypto::sha256(bytes))}}));
      WRIT_CHECK(write_file(kept, bytes, 0440));
      ++done.segments;
    }
  }
  if (done.grants == 0)
    return fail(Exit::not_found, fmt::format("{} holds no spool for {}", probe_dir.string(), matter), {}, "a probe directory that ran this matter's grant");
  return done;
}

Result<produce::Certification> stored_certification(const Carrier& c, const std::string& matter) {
  WRIT_TRY(ask, c.db().prepare("SELECT body FROM certifications WHERE matter=?"));
  WRIT_TRY(found, ask.bind(1, matter).step());
  if (!found)
    return fail(Exit::refused, fmt::format("{} has no certification", matter), "47 CFR 1.20004(a)(1)", "the responsible person's signed certification",
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
  if (!crypto::verify(verify_key, "writ.certification/1", view_of(canonical(produce::certification_statement(cert))), signature_bytes))
    return fail(Exit::integrity, fmt::format("the certification of {} does not fit the matter any more", matter), "47 CFR 1.20004(a)(1)",
                "a certification of the facts as they are", "the officer certifies again");
  return cert;
}

Result<produce::Certification> InterceptService::certify(const std::string& matter, const Credentials& who) {
  WRIT_TRY(officer, c_->act_as(who, Role::officer));
  if (auto have = stored_certification(*c_, matter)) return have;
  Orders orders{*c_};
  WRIT_TRY(grants, orders.grants(matter));
  if (std::none_of(grants.begin(), grants.end(), [](const GrantRow& g) { return g.file.has_value(); }))
    return c_->refuse(who.user, "intercept.certify", matter,
                      {Exit::refused, fmt::format("{} was never armed: there is nothing to certify", matter), "47 CFR 1.20004(a)(1)", "an interception", {}});
  produce::Certification cert;
  WRIT_TRY(facts, matter_facts(*c_, matter));
  cert.facts = std::move(facts);
  cert.signed_by = who.user;
  cert.signed_title = c_->policy().appointed_officer.title;
  cert.signed_at = from_ns(to_ns(c_->now()) / 1000 * 1000);
  cert.key = officer.person.sign.public_key().text();
  cert.signature = crypto::hex(officer.person.sign.sign("writ.certification/1", view_of(canonical(produce::certification_statement(cert)))));
  WRIT_CHECK(c_->note(who.user, "intercept.certify", matter, Json{{"statement_sha256", crypto::hex(crypto::sha256(view_of(canonical(produce::certification_statement(cert)))))}}));
  const Json body{{"by", cert.signed_by}, {"title", cert.signed_title}, {"at", rfc3339(cert.signed_at)}, {"key", cert.key}, {"signature", cert.signature}};
  WRIT_TRY(put, c_->db().prepare("INSERT INTO certifications(matter, body) VALUES(?,?) ON CONFLICT(matter) DO UPDATE SET body=excluded.body"));
  WRIT_CHECK(put.bind(1, matter).bind(2, canonical(body)).run());
  return cert;
}

}  // namespace writ::desk
