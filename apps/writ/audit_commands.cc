// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/audit_service.hh"

namespace writ::cli {
namespace audit_commands {
namespace {

struct Args {
  std::string matter, out, witness;
  std::uint64_t index = 0;
};

Status verify(Options& o, const Args& a) {
  std::optional<audit::Checkpoint> witness;
  if (!a.witness.empty()) {
    WRIT_TRY(text, read_file(a.witness));
    WRIT_TRY(j, parse_json(text, a.witness));
    WRIT_TRY(cp, audit::parse_checkpoint(j));
    witness = cp;
  }
  const auto verified = [&]() -> Result<audit::VerifyReport> {
    if (o.compartment.empty()) return desk::verify_log(o.data, witness);
    WRIT_TRY(c, open_carrier(o));
    return desk::verify_log(c, witness);
  };
  WRIT_TRY(r, verified());
  if (o.json)
    print(Json{{"schema", "writ.audit-verify/1"},
               {"entries", r.entries},
               {"checkpoints", r.checkpoints},
               {"root", crypto::hex(r.root)}});
  else
    print(fmt::format("verified {} entries, {} checkpoints, root {}\n", r.entries, r.checkpoints,
                      crypto::hex(r.root)));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(entries, desk::AuditService{c}.show(a.matter, who[0]));
  for (const auto& e : entries) {
    if (o.json)
      print(Json{{"index", e.index}, {"at", rfc3339(e.at)}, {"entry", e.entry}});
    else
      print(fmt::format("{:>6} {} {:<18} {:<22} {:<14} {}\n", e.index, rfc3339(e.at),
                        e.entry.value("actor", ""), e.entry.value("action", ""), e.entry.value("matter", ""),
                        e.entry.contains("detail") ? canonical(e.entry["detail"]) : ""));
  }
  return {};
}

Status check_cases(Options& o) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(r, desk::AuditService{c}.check_cases(who[0]));
  const std::size_t problems = r["problems"].size();
  if (o.json) print(r);
  for (const Json& p : r["problems"])
    if (!o.json)
      print(fmt::format("{} act {}: {}\n", p["matter"].get<std::string>(), p["act"].get<std::uint64_t>(),
                        p["what"].get<std::string>()));
  say(o, fmt::format("{} cases, {} acts, {} problems", r["cases"].get<std::uint64_t>(),
                     r["acts"].get<std::uint64_t>(), problems));
  if (problems == 0) return {};
  return fail(Exit::integrity, "cases and log do not agree", "I5: the audit log is append-only", {},
              "compare with a backup of store.db; an act that was killed may simply be repeated");
}

Status prove(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(p, desk::AuditService{c}.prove(a.index));
  WRIT_CHECK(write_file(a.out, canonical(audit::to_json(p))));
  say(o, fmt::format("entry {} is in the log of {} entries: {}", a.index, p.head.size, a.out));
  return {};
}

}  // namespace
}  // namespace audit_commands

void add_audit_commands(CLI::App& app, Options& o) {
  using namespace audit_commands;
  const auto a = std::make_shared<Args>();
  auto* audit = app.add_subcommand("audit", "the audit log")->require_subcommand(1);
  command(audit, o, "verify", "every entry, every checkpoint; names what is broken", [&o, a] {
    return verify(o, *a);
  })->add_option("--witness", a->witness, "a checkpoint kept from earlier");
  command(audit, o, "show", "read the log (auditor)", [&o, a] {
    return show(o, *a);
  })->add_option("--matter", a->matter);
  command(audit, o, "cases", "every case verified, and compared with the log (auditor)",
          [&o] { return check_cases(o); });
  auto* p = command(audit, o, "prove", "the inclusion proof of one entry", [&o, a] { return prove(o, *a); });
  p->add_option("index", a->index)->required();
  p->add_option("--out", a->out)->required();
}

}  // namespace writ::cli
