// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/work_order.hh"

namespace writ::cli {
namespace work_commands {
namespace {

struct Args {
  std::string number, matter, equipment, note, port, out, bundle, record, not_wiped;
  cases::FieldSite site;
  cases::Retrieval retrieval;
  cases::Brought brought;
  std::string installed_at;
};

using MakeStep = std::function<desk::CaseStep(const cases::WorkOrders&, const Args&)>;

Status open_order(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(opened, cases::WorkOrders{c}.open(a.site, who[0]));
  return told(o, opened);
}

Status act(Options& o, const Args& a, const MakeStep& make) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(done, desk::CaseBook{c}.act(a.number, make(cases::WorkOrders{c}, a), who[0]));
  return told(o, done);
}

// The day, the medium and the hash as typed, or as the bundle's manifest says.
Status retrieve(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  cases::WorkOrders orders{c};
  cases::Retrieval r = a.retrieval;
  if (!a.bundle.empty()) {
    if (!r.day.empty() || !r.sha256.empty())
      return fail(Exit::usage, "a bundle says its day and its hash by itself", "S52", {},
                  "give --bundle without --day and --sha256");
    WRIT_TRY(said, orders.retrieval_of(a.number, a.bundle, r.media));
    r = std::move(said);
  } else if (r.day.empty() || r.media.empty()) {
    return fail(Exit::usage, "neither a bundle nor day and medium are named", "S52", {},
                "--bundle PATH, or --day YYYY-MM-DD --media LABEL");
  }
  WRIT_TRY(done, desk::CaseBook{c}.act(a.number, orders.retrieve(r), who[0]));
  return told(o, done);
}

// What lies on the medium; who put it into the probe is who signs, unless another is named.
Status bring_grants(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  cases::Brought b = a.brought;
  if (b.installed_by.empty()) b.installed_by = who[0].user;
  if (!a.installed_at.empty()) {
    WRIT_TRY(at, parse_rfc3339(a.installed_at));
    b.installed_at = at;
  }
  WRIT_TRY(step, cases::WorkOrders{c}.bring_grants(a.number, b));
  WRIT_TRY(done, desk::CaseBook{c}.act(a.number, std::move(step), who[0]));
  return told(o, done);
}

Status wiped(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(step, cases::WorkOrders{c}.wipe(a.number, a.record));
  WRIT_TRY(done, desk::CaseBook{c}.act(a.number, std::move(step), who[0]));
  return told(o, done);
}

Status list(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, cases::WorkOrders{c}.list(a.matter));
  if (o.json) {
    print(all);
    return {};
  }
  for (const Json& w : all["work_orders"])
    print(fmt::format(
        "{} {} {:<14} {}, {} port {}{}\n", w.value("number", ""), w.value("matter", ""), w.value("state", ""),
        w.value("site", ""), w.value("switch", ""), w.value("port", ""),
        w.value("missed", 0) > 0 ? fmt::format(", {} days not retrieved", w.value("missed", 0)) : ""));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(w, cases::WorkOrders{c}.show(a.number));
  if (o.json) {
    print(w);
    return {};
  }
  print(fmt::format("{} {}\n", a.number, w.value("state", "")));
  for (const Json& done : w["acts"])
    print(fmt::format("  {} {:<13} {:<16} {}\n", done.value("at", ""), done.value("act", ""),
                      done.value("user", ""), canonical(done["body"])));
  for (const Json& b : w["bundles"])
    if (!b.value("taken", false))
      print(fmt::format("  not taken in: bundle {} of {}\n", b.value("bundle", ""), b.value("day", "")));
  for (const Json& day : w["missed"]) print(fmt::format("  not retrieved: {}\n", day.get<std::string>()));
  print(fmt::format("  next: {}\n", w.value("next", "")));
  return {};
}

Status print_sheet(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_CHECK(cases::WorkOrders{c}.print(a.number, a.out));
  say(o, a.out);
  return {};
}

}  // namespace
}  // namespace work_commands

void add_work_commands(CLI::App& app, Options& o) {
  using namespace work_commands;
  const auto a = std::make_shared<Args>();
  auto* work = app.add_subcommand("work", "field work orders (S49-S53)")->require_subcommand(1);
  auto* open = command(work, o, "open", "for an interception that counsel and officer authorised",
                       [&o, a] { return open_order(o, *a); });
  open->add_option("matter", a->site.matter, "the interception")->required();
  open->add_option("--site", a->site.site, "where the equipment goes")->required();
  open->add_option("--switch", a->site.switch_name, "the switch that carries the traffic")->required();
  open->add_option("--port", a->site.port, "the port that is replicated")->required();

  const auto step = [&](const char* name, const char* help, const MakeStep& make) {
    auto* c = command(work, o, name, help, [&o, a, make] { return act(o, *a, make); });
    c->add_option("number", a->number, "W-...")->required();
    return c;
  };
  step("install", "equipment connected (technician)",
       [](const auto& w, const Args& x) { return w.install(x.equipment); })
      ->add_option("--equipment", a->equipment, "its serial number")
      ->required();
  auto* bring = command(work, o, "bring-grants", "grants came to the probe on a medium (technician)",
                        [&o, a] { return bring_grants(o, *a); });
  bring->add_option("number", a->number, "W-...")->required();
  bring->add_option("--from", a->brought.medium, "the medium: its grants are named by their digests")
      ->required();
  bring->add_option("--media", a->brought.label, "label of the medium")->required();
  bring->add_option("--carried-by", a->brought.carried_by, "who carried it")->required();
  bring->add_option("--installed-by", a->brought.installed_by, "who put them into the probe; else who signs");
  bring->add_option("--installed-at", a->installed_at, "when (RFC 3339); else now");
  step("visit", "a visit on site (technician)", [](const auto& w, const Args& x) { return w.visit(x.note); })
      ->add_option("--note", a->note)
      ->required();
  auto* retrieve_one = command(work, o, "retrieve", "the retrieval of a day (technician)",
                               [&o, a] { return retrieve(o, *a); });
  retrieve_one->add_option("number", a->number, "W-...")->required();
  retrieve_one->add_option("--bundle", a->bundle,
                           "the bundle that writ-probe retrieve wrote: says all by itself");
  retrieve_one->add_option("--day", a->retrieval.day, "YYYY-MM-DD, without a bundle");
  retrieve_one->add_option("--media", a->retrieval.media, "label of the medium");
  retrieve_one->add_option("--sha256", a->retrieval.sha256, "of what was retrieved, without a bundle");
  auto* wipe = command(work, o, "wipe", "the probe's record of what it destroyed (technician)",
                       [&o, a] { return wiped(o, *a); });
  wipe->add_option("number", a->number, "W-...")->required();
  wipe->add_option("--record", a->record, "the file that writ-probe wipe wrote")->required();
  step("remove", "equipment removed (technician)",
       [](const auto& w, const Args& x) { return w.remove(x.equipment); })
      ->add_option("--equipment", a->equipment, "its serial number")
      ->required();
  step("release-port", "the port is released (technician)",
       [](const auto& w, const Args& x) { return w.release_port(x.port); })
      ->add_option("--port", a->port)
      ->required();
  step("close", "the order is done (officer)", [](const auto& w, const Args& x) {
    return w.close(x.not_wiped);
  })->add_option("--not-wiped", a->not_wiped, "why no destruction at the probe is signed");
  command(work, o, "list", "all field work orders", [&o, a] {
    return list(o, *a);
  })->add_option("--matter", a->matter);
  command(work, o, "show", "one order: what was signed, what is missing, what is next",
          [&o, a] { return show(o, *a); })
      ->add_option("number", a->number)
      ->required();
  auto* sheet = command(work, o, "print", "the sheet as PDF", [&o, a] { return print_sheet(o, *a); });
  sheet->add_option("number", a->number)->required();
  sheet->add_option("--out", a->out, "the PDF")->required();
}

}  // namespace writ::cli
