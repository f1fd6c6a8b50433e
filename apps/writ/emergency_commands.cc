// SPDX-License-Identifier: GPL-3.0-or-later
// writ emergency: emergency disclosure, from the letter to the process that comes later.
#include <fmt/format.h>

#include <memory>

#include "application_commands.hh"
#include "case_commands.hh"
#include "cases/disclosure.hh"
#include "cases/emergency.hh"
#include "cases/verification.hh"
#include "request_commands.hh"

namespace writ::cli {
namespace emergency_commands {
namespace {

using cases::EmergencyService;
using process::Cycle;

struct Args {
  std::string matter, whom, how, reason, later, from, until, outcome, out = ".";
  desk::Call call;
  cases::Assessment assessment;
  std::vector<std::string> silent;
};

// One act: the carrier, the person for it, the service's word.
template <class Do>
Status act(Options& o, std::string_view name, Do run) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(acting, c.act_as_any(who[0], process::life_cycle(Cycle::emergency).rule(name)->roles));
  WRIT_TRY(done, run(c, acting));
  if (o.json)
    print(to_json(done));
  else
    print(done.matter + "\n");
  say(o, fmt::format("{} is {}", done.matter, done.state));
  return {};
}

Status call_back(Options& o, Args& a) {
  WRIT_TRY(outcome, desk::parse_outcome(a.outcome));
  a.call.outcome = outcome;
  return act(o, "call-back", [&](desk::Carrier& c, const desk::Acting& who) {
    return cases::verify_requester(c, a.matter, a.call, who);
  });
}

Status assess(Options& o, Args& a) {
  if (!a.from.empty()) {
    WRIT_TRY(from, time_option(a.from, "--from"));
    WRIT_TRY(until, time_option(a.until, "--until"));
    a.assessment.from = from;
    a.assessment.until = until;
  }
  return act(o, "assess", [&](desk::Carrier& c, const desk::Acting& who) {
    return EmergencyService{c}.assess(a.matter, a.assessment, who);
  });
}

Status approve(Options& o, const Args& a, bool alone) {
  WRIT_TRY(silent, silent_words(a.silent, "--approve-silent"));
  return act(
      o, alone ? "approve-alone" : "approve",
      [&](desk::Carrier& c, const desk::Acting& who) -> Result<desk::Case> {
        EmergencyService service{c};
        WRIT_TRY(done, alone ? service.approve_alone(a.matter, who) : service.approve(a.matter, silent, who));
        for (const auto& d : cases::decisions_of(done))
          say(o, fmt::format("{:<8} {}  {}", d.permitted ? "release" : "refuse", d.item,
                             d.permitted ? d.rule : d.fact));
        if (alone)
          say(o,
              "BREAK-GLASS: approved by one person. The auditors and the other approvers are told "
              "(writ outbox list); an auditor reviews it (writ emergency review)");
        return done;
      });
}

Status release(Options& o, const Args& a) {
  return act(o, "release", [&](desk::Carrier& c, const desk::Acting& who) -> Result<desk::Case> {
    WRIT_TRY(done, EmergencyService{c}.release(a.matter, a.how, a.out, who));
    say(o, fmt::format("it goes {}\nthe files are in {}",
                       done.newest("release")->body["delivery"].value("return", ""),
                       (fs::path(a.out) / done.matter).string()));
    return done;
  });
}

Status reconcile(Options& o, const Args& a) {
  return act(o, "reconcile", [&](desk::Carrier& c, const desk::Acting& who) -> Result<desk::Case> {
    WRIT_TRY(done, EmergencyService{c}.reconcile(a.matter, a.later, who));
    for (const Json& d : done.newest("reconcile")->body["differences"]) say(o, "differs: " + canonical(d));
    return done;
  });
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, EmergencyService{c}.list());
  if (o.json) {
    print(all);
    return {};
  }
  for (const Json& e : all["emergencies"]) {
    print(fmt::format("{} {:<17} {} {}\n", e.value("matter", ""), e.value("state", ""), e.value("opened", ""),
                      e.value("agency", "")));
    if (e.value("awaits_review", false))
      print(fmt::format("  ! APPROVED BY ONE PERSON: review {}{}\n", e.value("arithmetic", ""),
                        e.value("overdue", false) ? " OVERDUE" : ""));
  }
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(one, desk::read_case(c, a.matter));
  if (o.json) {
    print(to_json(one));
    return {};
  }
  print(fmt::format("{} {} {}\n", one.matter, process::to_string(one.cycle), one.state));
  for (const desk::CaseAct& one_act : one.acts)
    print(fmt::format("  {:>2} {} {:<14} {}\n", one_act.seq, rfc3339_seconds(one_act.at), one_act.act,
                      one_act.user));
  return {};
}

// A sub-command on one matter.
template <class F>
CLI::App* on_matter(CLI::App* parent, Options& o, const std::shared_ptr<Args>& a, const char* name,
                    const char* help, F run) {
  auto* c = command(parent, o, name, help, [&o, a, run] { return run(o, *a); });
  c->add_option("matter", a->matter)->required();
  return c;
}

void add_decision(CLI::App* e, Options& o, const std::shared_ptr<Args>& a) {
  auto* call = on_matter(e, o, a, "call-back", "call the agency by the directory", call_back);
  call->add_option("--contact", a->call.contact, "entry of the directory")->required();
  call->add_option("--spoke-with", a->call.spoke_with, "title, name or badge of who answered");
  call->add_option("--outcome", a->outcome, "confirmed, denied or not-reached")->required();
  auto* s = on_matter(e, o, a, "assess", "the danger, and what it needs (S40)", assess);
  s->add_option("--danger", a->assessment.danger, "of what, and why it is immediate")->required();
  s->add_option("--person", a->assessment.person, "whose life or health")->required();
  s->add_option("--urgency", a->assessment.urgency, "why process would be too late")->required();
  s->add_option("--item", a->assessment.items, "needed items of the matrix")->required()->delimiter(',');
  auto* from = s->add_option("--from", a->from, "of the records (default: the letter's period)");
  auto* until = s->add_option("--until", a->until, "their end");
  from->needs(until);
  until->needs(from);
  on_matter(e, o, a, "approve", "a second person approves the minimum",
            [](Options& opt, const Args& args) { return approve(opt, args, false); })
      ->add_option("--approve-silent", a->silent,
                   "ITEM=REASON: counsel releases it where the matrix is silent");
  auto* t = on_matter(e, o, a, "try-approver", "the officer notes an attempt to reach a second approver",
                      [](Options& opt, const Args& args) {
                        return act(opt, "try-approver", [&](desk::Carrier& c, const desk::Acting& who) {
                          return EmergencyService{c}.try_approver(args.matter, args.whom, args.how, who);
                        });
                      });
  t->add_option("--whom", a->whom)->required();
  t->add_option("--how", a->how)->required();
  on_matter(e, o, a, "approve-alone",
            "break-glass: the officer, when no approver was reached; loud, reviewed",
            [](Options& opt, const Args& args) { return approve(opt, args, true); });
}

// Acts with one text.
void add_word(CLI::App* e, Options& o, const std::shared_ptr<Args>& a, const char* name, const char* help,
              const char* option,
              Result<desk::Case> (EmergencyService::*does)(const std::string&, const std::string&,
                                                           const desk::Acting&)) {
  on_matter(e, o, a, name, help,
            [name, does](Options& opt, const Args& args) {
              return act(opt, name, [&](desk::Carrier& c, const desk::Acting& who) {
                return (EmergencyService{c}.*does)(args.matter, args.reason, who);
              });
            })
      ->add_option(option, a->reason)
      ->required();
}

}  // namespace
}  // namespace emergency_commands

void add_emergency_commands(CLI::App& app, Options& o) {
  using namespace emergency_commands;
  const auto a = std::make_shared<Args>();
  auto* e = app.add_subcommand("emergency", "emergency disclosure (18 USC 2702(b)(8), (c)(4))")
                ->require_subcommand(1);
  add_file_command(*e, o, "take a demand letter in (as writ request file)");
  add_decision(e, o, a);
  add_word(e, o, a, "deny", "nothing is released", "--reason", &EmergencyService::deny);
  auto* r = on_matter(e, o, a, "release", "collect the minimum; letter, tables, manifest and proof", release);
  r->add_option("--by", a->how, "fax, telephone or in-person: to the contact that was called back")
      ->required();
  r->add_option("--out", a->out, "directory; the files go to OUT/MATTER")->capture_default_str();
  on_matter(e, o, a, "ask-process", "the letter that asks for process", [](Options& opt, const Args& args) {
    return act(opt, "ask-process", [&](desk::Carrier& c, const desk::Acting& who) {
      return EmergencyService{c}.ask_process(args.matter, who);
    });
  });
  on_matter(e, o, a, "reconcile", "compare the release with the later process", reconcile)
      ->add_option("--process", a->later, "matter of the later process")
      ->required();
  add_word(e, o, a, "flag", "doubt about a request", "--reason", &EmergencyService::flag);
  add_word(e, o, a, "review", "an auditor on what one person approved", "--finding",
           &EmergencyService::review);
  command(e, o, "list", "all emergencies, unreviewed ones first", [&o] { return list(o); });
  on_matter(e, o, a, "show", "one emergency and its acts", show);
  add_application_commands(*e, o);
}

}  // namespace writ::cli
