// SPDX-License-Identifier: GPL-3.0-or-later
// writ preserve: 18 USC 2703(f), 2704 and 2258A (docs/preservation.md). Which of the three a matter is, its
// case says. Requests are taken in by writ request file.
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/backup_preservation.hh"
#include "cases/child_protection.hh"
#include "cases/preservation.hh"
#include "cli.hh"

namespace writ::cli {
namespace preserve_commands {
namespace {

using authority::Role;
using desk::Case;
using process::Cycle;

struct Args {
  std::string matter, text, other, when;
};

const std::vector<Role> handlers{Role::intake, Role::officer};
const std::vector<Role> deciders{Role::counsel, Role::officer};
const std::vector<Role> staff{Role::intake, Role::officer, Role::counsel};

tl::unexpected<Error> not_this(const Case& of, const char* what) {
  return fail(Exit::refused,
              fmt::format("{} is a {}: there is no {}", of.matter, process::to_string(of.cycle), what),
              process::life_cycle(of.cycle).citation.data(), "a matter of another kind",
              "writ preserve show MATTER prints what it is");
}

// One command: opens the carrier, reads the case, takes the person, does the step of its cycle.
template <class Step>
Status run(Options& o, const Args& a, const std::vector<Role>& roles, const std::string& next, Step step) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(of, desk::read_case(c, a.matter));
  WRIT_TRY(who, person(o, c, roles));
  Result<Case> done = step(c, of, who);
  if (!done) return tl::unexpected(std::move(done).error());
  return told(o, *done, next);
}

Status snapshot(Options& o, const Args& a) {
  return run(o, a, handlers, "writ preserve confirm " + a.matter,
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               if (of.cycle == Cycle::backup_preservation)
                 return cases::BackupPreservation{c}.copy(a.matter, who);
               if (of.cycle == Cycle::child_protection)
                 return cases::ChildProtection{c}.take_snapshot(a.matter, who);
               return cases::Preservation{c}.take_snapshot(a.matter, who);
             });
}

Status confirm(Options& o, const Args& a) {
  return run(o, a, handlers, "",
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               Result<Case> done = of.cycle == Cycle::backup_preservation
                                       ? cases::BackupPreservation{c}.confirm(a.matter, who)
                                       : cases::Preservation{c}.confirm(a.matter, who);
               if (!done) return done;
               const Json letter = done->newest("confirm")->body.value("letter", Json::object());
               say(o, fmt::format("the letter: {}",
                                  (c.data() / "case-files" / a.matter / letter.value("file", "")).string()));
               return done;
             });
}

Status extend(Options& o, const Args& a) {
  return run(o, a, staff, "", [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
    if (of.cycle != Cycle::preservation) return not_this(of, "extension");
    return cases::Preservation{c}.extend(a.matter, a.text, who);
  });
}

Status convert(Options& o, const Args& a) {
  return run(o, a, {Role::counsel}, "writ disclose collect " + a.other + " with two --custodian",
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               if (of.cycle == Cycle::backup_preservation)
                 return cases::BackupPreservation{c}.approve_release(a.matter, a.other, who);
               if (of.cycle == Cycle::child_protection)
                 return cases::ChildProtection{c}.convert(a.matter, a.other, who);
               return cases::Preservation{c}.convert(a.matter, a.other, who);
             });
}

Status release(Options& o, const Args& a) {
  return run(o, a, {Role::counsel}, "writ preserve propose-purge " + a.matter,
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               if (of.cycle == Cycle::backup_preservation)
                 return cases::BackupPreservation{c}.end(a.matter, a.text, who);
               if (of.cycle == Cycle::child_protection)
                 return not_this(of, "release before its year is over");
               return cases::Preservation{c}.release(a.matter, a.text, who);
             });
}

Status propose_purge(Options& o, const Args& a) {
  return run(o, a, handlers, "a second person, counsel or officer: writ preserve purge " + a.matter,
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               if (of.cycle == Cycle::backup_preservation)
                 return cases::BackupPreservation{c}.propose_destruction(a.matter, who);
               if (of.cycle == Cycle::child_protection)
                 return cases::ChildProtection{c}.propose_purge(a.matter, who);
               return cases::Preservation{c}.propose_purge(a.matter, who);
             });
}

Status purge(Options& o, const Args& a) {
  return run(o, a, deciders, "",
             [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
               if (of.cycle == Cycle::backup_preservation)
                 return cases::BackupPreservation{c}.destroy(a.matter, who);
               if (of.cycle == Cycle::child_protection) return cases::ChildProtection{c}.purge(a.matter, who);
               return cases::Preservation{c}.purge(a.matter, who);
             });
}

Status notice(Options& o, const Args& a) {
  WRIT_TRY(at, time_option(a.when, "--at"));
  return run(o, a, staff, "", [&](desk::Carrier& c, const Case& of, const desk::Acting& who) -> Result<Case> {
    if (of.cycle != Cycle::backup_preservation) return not_this(of, "notice to the subscriber");
    return cases::BackupPreservation{c}.record_notice(a.matter, at, a.text, who);
  });
}

Status challenge(Options& o, const Args& a) {
  return run(o, a, {Role::counsel}, "",
             [&](desk::Carrier& c, const Case&, const desk::Acting& who) -> Result<Case> {
               return cases::BackupPreservation{c}.challenge(a.matter, a.text, who);
             });
}

Status resolve(Options& o, const Args& a) {
  return run(o, a, {Role::counsel}, "",
             [&](desk::Carrier& c, const Case&, const desk::Acting& who) -> Result<Case> {
               return cases::BackupPreservation{c}.resolve(a.matter, a.text, who);
             });
}

Status delivered(Options& o, const Args& a) {
  return run(o, a, handlers, "", [&](desk::Carrier& c, const Case&, const desk::Acting& who) -> Result<Case> {
    return cases::BackupPreservation{c}.deliver(a.matter, who);
  });
}

Status report(Options& o, const Args& a) {
  return run(o, a, deciders, "writ preserve snapshot " + a.matter,
             [&](desk::Carrier& c, const Case&, const desk::Acting& who) -> Result<Case> {
               return cases::ChildProtection{c}.report(a.matter, a.other, a.text, who);
             });
}

Status reject(Options& o, const Args& a) {
  return run(o, a, staff, "", [&](desk::Carrier& c, const Case&, const desk::Acting& who) -> Result<Case> {
    return desk::CaseBook{c}.act(a.matter, {"reject", Json{{"reason", a.text}}}, who);
  });
}

// When it ends, or what runs; "" when nothing does any more.
std::string running_text(const policy::Policy& p, const Case& of) {
  if (process::is_final(process::life_cycle(of.cycle), of.state)) return "";
  if (of.cycle == Cycle::preservation) {
    const auto dates = cases::preservation_dates(p, of);
    return dates ? dates->arithmetic : dates.error().what;
  }
  if (of.cycle == Cycle::child_protection) {
    const auto end = cases::child_protection_end(p, of);
    return end ? end->arithmetic : "";
  }
  const auto dates = cases::backup_dates(p, of);
  if (!dates) return dates.error().what;
  return dates->release ? "released no sooner than: " + dates->release->arithmetic
                        : "copy " + dates->copy.arithmetic;
}

bool is_preservation(const Case& c) {
  return c.cycle == Cycle::preservation || c.cycle == Cycle::backup_preservation ||
         c.cycle == Cycle::child_protection;
}

Status list(Options& o, const Args&) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, desk::CaseBook{c}.all());
  Json rows = Json::array();
  for (const Case& of : all) {
    if (!is_preservation(of)) continue;
    const std::string runs = running_text(c.policy(), of);
    rows.push_back({{"matter", of.matter},
                    {"cycle", process::to_string(of.cycle)},
                    {"state", of.state},
                    {"clock", runs}});
    if (!o.json)
      print(fmt::format("{} {:<20} {:<16} {}\n", of.matter, process::to_string(of.cycle), of.state, runs));
  }
  if (o.json) print(Json{{"schema", "writ.preservations/1"}, {"preservations", rows}});
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(of, desk::read_case(c, a.matter));
  if (o.json) {
    print(desk::to_json(of));
    return {};
  }
  print(fmt::format("{} {}: {}\n  {}\n", of.matter, process::to_string(of.cycle), of.state,
                    is_preservation(of) ? running_text(c.policy(), of) : ""));
  for (const desk::CaseAct& act : of.acts)
    print(fmt::format("  {:>2} {:<18} {:<14} {}\n", act.seq, act.act, act.user, rfc3339_seconds(act.at)));
  return {};
}

}  // namespace
}  // namespace preserve_commands

void add_preserve_commands(CLI::App& app, Options& o) {
  using namespace preserve_commands;
  const auto a = std::make_shared<Args>();
  auto* group =
      app.add_subcommand("preserve", "preservation: 18 USC 2703(f), 2704, 2258A")->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    CLI::App* c = command(group, o, name, help, [&o, a, f] { return f(o, *a); });
    c->add_option("matter", a->matter)->required();
    return c;
  };
  const auto with_text = [&](CLI::App* c, const char* option, const char* help) {
    c->add_option(option, a->text, help)->required();
    return c;
  };
  command(group, o, "list", "all preservations with their clocks", [&o, a] { return list(o, *a); });
  add("show", "one preservation: state, clock, acts", show);
  add("snapshot", "freeze the records in being, sealed and unread (intake, officer)", snapshot);
  add("confirm", "the letter to the agency: preserved", confirm);
  with_text(add("extend", "2703(f): one extension, before the first period ends", extend), "--request",
            "what asks for it");
  add("convert", "counsel: later process is served from the snapshot", convert)
      ->add_option("--to", a->other, "the matter of that process")
      ->required();
  with_text(add("release", "counsel: it ends before its time", release), "--reason", "why");
  add("propose-purge", "the first of two people", propose_purge);
  add("purge", "the second person: snapshot and key are destroyed, with a certificate", purge);
  with_text(add("reject", "the request is not one", reject), "--reason", "why");
  auto* n = with_text(add("notice", "2704: the subscriber was notified", notice), "--how", "how");
  n->add_option("--at", a->when, "when, with its offset")->required();
  with_text(add("challenge", "2704: the subscriber moves to vacate", challenge), "--reason", "the motion");
  with_text(add("resolve", "2704: the ruling", resolve), "--ruling", "the ruling");
  add("delivered", "2704: the process it belongs to was delivered", delivered);
  auto* r = with_text(add("report", "2258A: reported to NCMEC", report), "--what", "what was reported");
  r->add_option("--reference", a->other, "number of the report")->required();
}

}  // namespace writ::cli
