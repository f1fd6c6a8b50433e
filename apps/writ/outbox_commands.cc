// SPDX-License-Identifier: GPL-3.0-or-later
// writ outbox: what people of the carrier are to be told, and who has taken it.
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/outbox.hh"

namespace writ::cli {
namespace outbox_commands {
namespace {

struct Args {
  std::string id;
  bool all = false;
};

Status list(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(notices, desk::Outbox{c}.list(a.all));
  if (o.json) {
    print(notices);
    return {};
  }
  for (const Json& n : notices["notices"]) {
    const bool is_loud = n.value("severity", "") == "emergency" && !n.contains("taken_by");
    print(fmt::format("{}{} {} {}: {}\n    for {}{}\n", is_loud ? "! " : "", n.value("id", ""),
                      n.value("at", ""), n.value("matter", ""), n.value("what", ""), n.value("who", ""),
                      n.contains("taken_by")
                          ? fmt::format("; taken by {} {}", n.value("taken_by", ""), n.value("taken_at", ""))
                          : ""));
  }
  if (notices["notices"].empty()) say(o, "nothing waits");
  return {};
}

Status done(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, anybody(c, o));
  WRIT_CHECK(desk::Outbox{c}.done(a.id, who));
  say(o, fmt::format("taken by {}", who.person.user));
  return {};
}

}  // namespace
}  // namespace outbox_commands

void add_outbox_commands(CLI::App& app, Options& o) {
  using namespace outbox_commands;
  const auto a = std::make_shared<Args>();
  auto* outbox =
      app.add_subcommand("outbox", "notices to the carrier's people, until somebody has taken them")
          ->require_subcommand(1);
  command(outbox, o, "list", "those that nobody has taken, emergencies first", [&o, a] {
    return list(o, *a);
  })->add_flag("--all", a->all, "those that were taken, too");
  command(outbox, o, "done", "one was taken, by somebody whom it is for", [&o, a] { return done(o, *a); })
      ->add_option("id", a->id, "of the notice")
      ->required();
}

}  // namespace writ::cli
