// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/evidence_bundles.hh"
#include "desk/intercept_service.hh"

namespace writ::cli {
namespace intercept_commands {
namespace {

struct Args {
  std::string matter, out, reason, probe_dir, bundle, ack;
};

Status authorise(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(g, desk::InterceptService{c}.authorise(a.matter, who[0]));
  if (o.json)
    print(Json{{"schema", "writ.grant-draft/1"}, {"grant", g.id}, {"body", authority::to_json(g.body)}});
  say(o, fmt::format("carrier authorisation by {} over grant {}\nnext: a technician: writ intercept arm {}",
                     who[0].user, g.id, a.matter));
  return {};
}

Status arm(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(armed, desk::InterceptService{c}.arm(a.matter, a.out, who[0]));
  if (o.json)
    print(Json{{"schema", "writ.armed/1"},
               {"grant", armed.grant.id},
               {"file", armed.grant_file.string()},
               {"revocations", armed.revocation_file.string()}});
  say(o, fmt::format("armed by {}: {}\nbring {} and {} to probe {}", who[0].user, armed.grant.id,
                     armed.grant_file.string(), armed.revocation_file.string(), armed.grant.body.probe_name));
  return {};
}

Status stop(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(list, desk::InterceptService{c}.stop(a.matter, a.reason, a.out, who[0]));
  say(o, fmt::format("stopped by {}; bring {} to the probe", who[0].user, list.string()));
  return {};
}

Status close(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_CHECK(desk::InterceptService{c}.close(a.matter, who[0]));
  say(o, fmt::format("{} closed by {}", a.matter, who[0].user));
  return {};
}

Status status(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(j, desk::InterceptService{c}.status(a.matter));
  if (o.json) {
    print(j);
    return {};
  }
  for (const Json& r : j["orders"])
    print(fmt::format("{} {} {:<20} until {} authority left {} s\n", r.value("matter", ""),
                      r.value("order", 0), r.value("state", ""), r.value("end", ""),
                      r.value("authority_left_s", 0)));
  return {};
}

Status import_bundle(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(done, desk::EvidenceBundles{c}.import(a.matter, a.bundle, who[0]));
  if (!a.ack.empty()) WRIT_CHECK(write_file(a.ack, done.acknowledgement));
  const std::string ack = a.ack.empty() ? done.kept.string() : a.ack;
  if (o.json)
    print(Json{{"schema", "writ.bundle-import/1"},
               {"sequence", done.sequence},
               {"day", done.day},
               {"pieces", done.pieces},
               {"already_there", done.already_there},
               {"again", done.again},
               {"acknowledgement", ack}});
  say(o, fmt::format("bundle {} of {} {}: {} pieces, {} were there already\nfor the probe: {}", done.sequence,
                     done.day, done.again ? "was taken in before" : "taken in", done.pieces,
                     done.already_there, ack));
  return {};
}

Status import(Options& o, const Args& a) {
  if (!a.bundle.empty()) return import_bundle(o, a);
  if (a.probe_dir.empty())
    return fail(Exit::usage, "neither a bundle nor a probe's directory is named", {}, {},
                "--bundle PATH or --probe-dir DIR");
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(done, desk::InterceptService{c}.import(a.matter, a.probe_dir, who[0]));
  if (o.json)
    print(Json{{"schema", "writ.evidence-import/1"},
               {"grants", done.grants},
               {"segments", done.segments},
               {"already_there", done.already_there}});
  say(o,
      fmt::format("{} sealed segments taken in, {} were there already", done.segments, done.already_there));
  return {};
}

Status certify(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(cert, desk::InterceptService{c}.certify(a.matter, who[0]));
  if (o.json) print(produce::to_json(cert));
  say(o, fmt::format("47 CFR 1.20004 certification of {} signed by {} at {}", a.matter, cert.signed_by,
                     rfc3339_seconds(cert.signed_at)));
  return {};
}

}  // namespace
}  // namespace intercept_commands

void add_intercept_commands(CLI::App& app, Options& o) {
  using namespace intercept_commands;
  const auto a = std::make_shared<Args>();
  auto* intercept = app.add_subcommand("intercept", "interceptions")->require_subcommand(1);
  const auto on_matter = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    auto* c = command(intercept, o, name, help, [&o, a, f] { return f(o, *a); });
    c->add_option("matter", a->matter)->required();
    return c;
  };
  on_matter("authorise", "carrier authorisation (appointed officer, signature 2 of 3)", authorise);
  on_matter("arm", "the affirmative act (technician, signature 3 of 3): makes the grant", arm)
      ->add_option("--out", a->out, "where grant and revocation list go")
      ->required();
  auto* s = on_matter("stop", "early stop or revocation: counsel, officer or technician alone", stop);
  s->add_option("--reason", a->reason)->required();
  s->add_option("--out", a->out, "where the revocation list goes")->required();
  on_matter("close", "the interception is over, certified, and its field work done", close);
  command(intercept, o, "status", "state, period, authority left", [&o, a] {
    return status(o, *a);
  })->add_option("matter", a->matter);
  auto* i = on_matter("import", "take the probe's sealed segments into evidence", import);
  auto* probe_dir = i->add_option("--probe-dir", a->probe_dir, "of a probe in the house");
  i->add_option("--bundle", a->bundle, "from the field: what writ-probe retrieve wrote")->excludes(probe_dir);
  i->add_option("--ack", a->ack, "where the acknowledgement for the probe goes");
  add_reconcile_command(*intercept, o);
  on_matter("certify", "47 CFR 1.20004 certification, signed by the responsible person", certify);
}

}  // namespace writ::cli
