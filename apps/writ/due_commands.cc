// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cases/deadlines.hh"
#include "cli.hh"
#include "desk/compartment.hh"

namespace writ::cli {
namespace due_commands {
namespace {

struct Args {
  std::string until;
};

// What is due inside the compartments of whoever asks stands with the rest, under the compartment's name.
Status add_inside(desk::Carrier& c, const desk::Acting& who, cases::DueList& all) {
  desk::Compartments compartments{c};
  WRIT_TRY(mine, compartments.of(who.person));
  for (const auto& m : mine) {
    WRIT_TRY(inside, compartments.open(m.id, who));
    WRIT_CHECK(inside.note(who.person.user, "due.list", ""));
    WRIT_TRY(more, cases::deadlines(inside));
    for (auto& d : more.due) {
      d.matter = m.name + "/" + d.matter;
      all.due.push_back(std::move(d));
    }
    all.troubles.insert(all.troubles.end(), more.troubles.begin(), more.troubles.end());
  }
  cases::sort_by_urgency(all.due);
  return {};
}

std::string line(const cases::Deadline& d, Instant now) {
  return fmt::format("{}{} {} {}: {}\n    {}\n    {}; {}{}\n",
                     d.severity == cases::Severity::emergency ? "EMERGENCY " : "",
                     d.at <= now ? "overdue" : "due", rfc3339_seconds(d.at), d.matter, d.what, d.arithmetic,
                     d.citation, d.who, d.act.empty() ? "" : fmt::format(" ({} by itself)", d.act));
}

void print_list(const cases::DueList& all, const cases::DueList& shown, Instant now) {
  for (const auto& d : shown.due) print(line(d, now));
  if (!shown.due.empty()) return;
  const auto next = std::min_element(all.due.begin(), all.due.end(),
                                     [](const auto& a, const auto& b) { return a.at < b.at; });
  print(next == all.due.end()
            ? std::string("nothing due; next: nothing\n")
            : fmt::format("nothing due; next: {} {}, {}\n", next->matter, next->what, next->arithmetic));
}

Status list(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, cases::deadlines(c));
  if (!o.as.empty() && o.compartment.empty()) {
    WRIT_TRY(who, anybody(c, o));
    WRIT_CHECK(add_inside(c, who, all));
  }
  cases::DueList shown = all;
  if (!a.until.empty()) {
    WRIT_TRY(until, time_option(a.until, "--until"));
    std::erase_if(shown.due,
                  [&](const auto& d) { return d.at > until && d.severity != cases::Severity::emergency; });
  }
  std::size_t waiting = 0;
  if (c.inside() == nullptr) {
    WRIT_TRY(told, desk::Outbox{c}.waiting());
    waiting = told;
  }
  if (o.json) {
    print(cases::to_json(shown, c.now()));
  } else {
    if (waiting > 0) print(fmt::format("! {} notices that nobody has taken: writ outbox list\n", waiting));
    print_list(all, shown, c.now());
  }
  for (const Error& e : all.troubles) say(o, to_text(e));
  if (!all.troubles.empty())
    return fail(Exit::partial, fmt::format("{} matters could not be looked at", all.troubles.size()), {}, {},
                "see what is said of each of them");
  return {};
}

}  // namespace
}  // namespace due_commands

void add_due_commands(CLI::App& app, Options& o) {
  using namespace due_commands;
  const auto a = std::make_shared<Args>();
  auto* due = command(&app, o, "due", "what is due, soonest first, with its arithmetic",
                      [&o, a] { return list(o, *a); });
  due->add_option("--until", a->until, "only what is due by then (RFC 3339), and emergencies");
}

}  // namespace writ::cli
