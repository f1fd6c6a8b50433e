// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/work_order.hh"

namespace writ::cli {
namespace work_commands {
namespace {

struct Args {
  std::string number, matter, equipment, note, port, out;
  cases::FieldSite site;
  cases::Retrieval retrieval;
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
  step("visit", "a visit on site (technician)", [](const auto& w, const Args& x) { return w.visit(x.note); })
      ->add_option("--note", a->note)
      ->required();
  auto* retrieve = step("retrieve", "the retrieval of a day (technician)",
                        [](const auto& w, const Args& x) { return w.retrieve(x.retrieval); });
  retrieve->add_option("--day", a->retrieval.day, "YYYY-MM-DD")->required();
  retrieve->add_option("--media", a->retrieval.media, "label of the medium or name of the bundle")
      ->required();
  retrieve->add_option("--sha256", a->retrieval.sha256, "of the bundle");
  step("remove", "equipment removed (technician)",
       [](const auto& w, const Args& x) { return w.remove(x.equipment); })
      ->add_option("--equipment", a->equipment, "its serial number")
      ->required();
  step("release-port", "the port is released (technician)",
       [](const auto& w, const Args& x) { return w.release_port(x.port); })
      ->add_option("--port", a->port)
      ->required();
  step("close", "the order is done (officer)", [](const auto& w, const Args&) { return w.close(); });
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
