// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cases/national_security.hh"
#include "cli.hh"

namespace writ::cli {
namespace national_commands {
namespace {

struct Args {
  std::string name, file, document, reason, issuer, instrument, until;
  std::vector<std::string> named;
};

Status tell(const Options& o, const Args& a, const desk::Case& c) {
  if (o.json)
    print(to_json(c));
  else
    print(fmt::format("{} {} {}\n", a.name, c.matter, c.state));
  return {};
}

// One step of one person, through the desk outside.
template <class Step>
Status as_person(Options& o, const Args& a, Step step) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, anybody(c, o));
  cases::NationalSecurity service{c};
  WRIT_TRY(done, step(service, who));
  return tell(o, a, done);
}

Status file(Options& o, const Args& a) {
  WRIT_TRY(demand, read_file(a.file));
  return as_person(o, a, [&](cases::NationalSecurity& s, const desk::Acting& who) {
    return s.file({a.name, a.named, demand, a.file, a.document}, who);
  });
}

Result<cases::NonDisclosure> order_of(const Args& a) {
  cases::NonDisclosure n{a.issuer, a.instrument, {}};
  if (a.until.empty()) return n;
  WRIT_TRY(at, time_option(a.until, "--until"));
  n.until = at;
  return n;
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, anybody(c, o));
  WRIT_TRY(mine, cases::NationalSecurity{c}.list(who));
  if (o.json) {
    print(mine);
    return {};
  }
  for (const Json& row : mine["compartments"])
    print(fmt::format("{:<24} {:<12} {:<22} {}\n", row.value("name", ""), row.value("matter", ""),
                      row.value("state", ""), row.value("id", "")));
  return {};
}

void add_order_options(CLI::App* c, Args& a) {
  c->add_option("--issuer", a.issuer, "court or official")->required();
  c->add_option("--instrument", a.instrument, "number of the order")->required();
}

CLI::App* on_compartment(CLI::App* parent, Options& o, const std::shared_ptr<Args>& a, const char* name,
                         const char* help, const std::function<Status()>& f) {
  CLI::App* c = command(parent, o, name, help, f);
  c->add_option("name", a->name, "name (or id) of the compartment")->required();
  return c;
}

}  // namespace
}  // namespace national_commands

void add_national_commands(CLI::App& app, Options& o) {
  using namespace national_commands;
  const auto a = std::make_shared<Args>();
  auto* n = app.add_subcommand("national", "national security process: each in a compartment of the named")
                ->require_subcommand(1);
  auto* f = on_compartment(n, o, a, "file", "take in a letter or order that was delivered by hand",
                           [&o, a] { return file(o, *a); });
  f->add_option("demand", a->file, "the document as TOML or JSON (docs/process-file.md)")->required();
  f->add_option("--document", a->document, "the scanned document")->required();
  f->add_option("--named", a->named, "who may know of it: users, separated by commas")
      ->delimiter(',')
      ->required();
  auto* name =
      on_compartment(n, o, a, "name", "confirm who is named, and name more (a second person)", [&o, a] {
        return as_person(o, *a,
                         [&](auto& s, const auto& who) { return s.compartment(a->name, a->named, who); });
      });
  name->add_option("--named", a->named, "further users, separated by commas")->delimiter(',');
  on_compartment(n, o, a, "check", "certifier, selector, items and authority (V33 to V36)", [&o, a] {
    return as_person(o, *a, [&](auto& s, const auto& who) { return s.check_certification(a->name, who); });
  });
  on_compartment(n, o, a, "reject", "counsel rejects it",
                 [&o, a] {
                   return as_person(
                       o, *a, [&](auto& s, const auto& who) { return s.reject(a->name, a->reason, who); });
                 })
      ->add_option("--reason", a->reason)
      ->required();
  auto* track =
      on_compartment(n, o, a, "track", "the non-disclosure that binds the carrier (counsel)", [&o, a] {
        return as_person(o, *a, [&](auto& s, const auto& who) -> Result<desk::Case> {
          WRIT_TRY(order, order_of(*a));
          return s.track(a->name, order, who);
        });
      });
  add_order_options(track, *a);
  track->add_option("--until", a->until, "its end, RFC 3339; none: it states none");
  auto* lift = on_compartment(n, o, a, "lift", "the order that ends the non-disclosure (counsel)", [&o, a] {
    return as_person(o, *a, [&](auto& s, const auto& who) -> Result<desk::Case> {
      WRIT_TRY(order, order_of(*a));
      return s.lift(a->name, order, who);
    });
  });
  add_order_options(lift, *a);
  on_compartment(n, o, a, "show", "one of yours", [&o, a] {
    return as_person(o, *a, [&](auto& s, const auto& who) { return s.show(a->name, who); });
  });
  command(n, o, "list", "the compartments that are yours", [&o] { return list(o); });
}

}  // namespace writ::cli
