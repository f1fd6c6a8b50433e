// SPDX-License-Identifier: GPL-3.0-or-later
// writ emergency application: what became of the application for an interception without an order (18 USC
// 2518(7), 3125).
#include "application_commands.hh"

#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "desk/emergency_application.hh"

namespace writ::cli {
namespace application_commands {
namespace {

using desk::EmergencyApplication;

struct Args {
  std::string matter, made, text;
  desk::Application application;
  std::int64_t order = 0;
};

std::string what_follows(const desk::Case& c) {
  if (c.state == "applied")
    return "the court's order: writ emergency application granted MATTER --order N, or denied";
  if (c.state == "granted") return "counsel: writ request approve MATTER";
  return "bring the revocation list to the probe; nothing of the interception is delivered; the inventory is "
         "the court's: writ emergency application inventory MATTER";
}

template <class Do>
Status act(Options& o, const Args& a, std::string_view name, Do run) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, process::life_cycle(process::Cycle::emergency_application).rule(name)->roles));
  WRIT_TRY(done, run(EmergencyApplication{c}, who));
  if (const desk::CaseAct* last = &done.acts.back(); last->body.value("lists_to_write", 0) > 0)
    say(o, fmt::format("{} revocation lists could not be written: the scheduler tries again (writ serve); "
                       "stop those probes by hand",
                       last->body.value("lists_to_write", 0)));
  std::string next = what_follows(done);
  if (const auto at = next.find("MATTER"); at != std::string::npos) next.replace(at, 6, a.matter);
  return told(o, done, next);
}

Status applied(Options& o, Args& a) {
  WRIT_TRY(made, time_option(a.made, "--made"));
  a.application.made = made;
  return act(o, a, "apply", [&](EmergencyApplication s, const desk::Acting& who) {
    return s.applied(a.matter, a.application, who);
  });
}

Status granted(Options& o, Args& a) {
  return act(o, a, "grant", [&](EmergencyApplication s, const desk::Acting& who) {
    return s.granted(a.matter, a.order, who);
  });
}

Status denied(Options& o, Args& a) {
  return act(o, a, "deny", [&](EmergencyApplication s, const desk::Acting& who) {
    return s.denied(a.matter, a.text, who);
  });
}

Status not_sought(Options& o, Args& a) {
  return act(o, a, "not-seek", [&](EmergencyApplication s, const desk::Acting& who) {
    return s.not_sought(a.matter, a.text, who);
  });
}

Status inventory(Options& o, Args& a) {
  return act(o, a, "inventory", [&](EmergencyApplication s, const desk::Acting& who) {
    return s.inventory(a.matter, a.text, who);
  });
}

Status show(Options& o, Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(e, desk::emergency_interception(c, a.matter));
  if (!e)
    return fail(Exit::not_found, fmt::format("{} is no interception without an order", a.matter), {},
                "an emergency interception that was armed", "writ request list prints the matters");
  const bool is_open = desk::check_deliverable(c, a.matter).has_value();
  if (o.json) {
    print(Json{{"schema", "writ.emergency-application/1"},
               {"matter", a.matter},
               {"order", e->order.number},
               {"began", rfc3339_seconds(e->began)},
               {"due", rfc3339_seconds(e->due.at)},
               {"arithmetic", e->due.arithmetic},
               {"deliverable", is_open},
               {"application", e->application ? to_json(*e->application) : Json{}}});
    return {};
  }
  print(fmt::format("{} order {}: {}; {}\n{}\n", a.matter, e->order.number,
                    e->application ? e->state() : "no application is recorded",
                    is_open ? "may be delivered" : "NOT to be delivered (18 USC 2518(7))",
                    e->due.arithmetic));
  return {};
}

}  // namespace
}  // namespace application_commands

void add_application_commands(CLI::App& emergency, Options& o) {
  using namespace application_commands;
  const auto a = std::make_shared<Args>();
  auto* group = emergency
                    .add_subcommand("application",
                                    "an interception without an order: what became of the application "
                                    "(18 USC 2518(7), 3125)")
                    ->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Status (*f)(Options&, Args&)) {
    CLI::App* made = command(group, o, name, help, [&o, a, f] { return f(o, *a); });
    made->add_option("matter", a->matter, "of the interception")->required();
    return made;
  };
  auto* apply = add("applied", "the agency has applied, within 48 hours", applied);
  apply->add_option("--court", a->application.court, "to which court")->required();
  apply->add_option("--made", a->made, "when (RFC 3339)")->required();
  apply->add_option("--said-by", a->application.said_by, "who told the carrier, and how")->required();
  apply->add_option("--document", a->application.document, "a copy of the application, PDF or TIFF");
  add("granted", "the court's order, filed as an extension and confirmed with its clerk", granted)
      ->add_option("--order", a->order, "its number in the matter")
      ->required();
  add("denied", "the court denied it: the interception ends", denied)
      ->add_option("--reason", a->text, "who said so, and how")
      ->required();
  add("not-sought", "the agency makes none: the interception ends", not_sought)
      ->add_option("--reason", a->text, "who said so, and how")
      ->required();
  add("inventory", "the inventory was served (by the court, 2518(8)(d))", inventory)
      ->add_option("--served", a->text, "by whom, when, and who said so")
      ->required();
  add("show", "its state, when the time is over, and whether anything may be delivered", show);
}

}  // namespace writ::cli
