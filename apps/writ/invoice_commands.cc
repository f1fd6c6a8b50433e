// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/invoices.hh"
#include "desk/production_service.hh"

namespace writ::cli {
namespace invoice_commands {
namespace {

using authority::Role;
using cases::Invoices;

struct Args {
  std::string matter, number, out, value;
  std::vector<std::string> text, basis;
  std::vector<std::int64_t> cents;
};

std::string amount(std::int64_t cents, const std::string& currency) {
  return fmt::format("{} {}.{:02}", currency, cents / 100, cents % 100);
}

Status make(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(f, desk::ProductionService{c}.invoice(a.matter, a.out, who[0]));
  const std::int64_t cents = produce::total_cents(f);
  if (o.json)
    print(Json{{"schema", "writ.invoice/1"},
               {"number", f.number},
               {"matter", f.matter},
               {"cents", cents},
               {"currency", f.currency}});
  say(o, fmt::format("{}: {} for {}, {}", f.number, amount(cents, f.currency), f.matter, a.out));
  return {};
}

Result<std::vector<policy::FeeLine>> own_lines(const Args& a) {
  if (a.text.size() != a.basis.size() || a.text.size() != a.cents.size())
    return fail(Exit::usage, "a line is not whole", {}, "--line, --basis and --cents for each line",
                "give all three");
  std::vector<policy::FeeLine> out;
  for (std::size_t i = 0; i < a.text.size(); ++i) out.push_back({a.text[i], a.basis[i], a.cents[i]});
  return out;
}

Status estimate(Options& o, const Args& a) {
  WRIT_TRY(own, own_lines(a));
  return act_as_one_of(o, {Role::finance},
                       [&](desk::Carrier& c, const desk::Acting& by) -> Result<desk::Case> {
                         WRIT_TRY(done, Invoices{c}.estimate(a.matter, own, by));
                         for (const Json& w : done.acts.front().body.value("warnings", Json::array()))
                           say(o, "warning: " + w.get<std::string>());
                         return done;
                       });
}

Status list(Options& o) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, Invoices{c}.list(who[0]));
  if (o.json) {
    print(all);
    return {};
  }
  for (const Json& i : all["invoices"])
    print(fmt::format("{} {} {:<20} {:<10} {}\n", i.value("number", ""), i.value("matter", ""),
                      i.value("kind", ""), i.value("state", ""),
                      amount(i.value("cents", std::int64_t{0}), i.value("currency", ""))));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(i, Invoices{c}.show(a.number, who[0]));
  if (o.json) {
    print(i);
    return {};
  }
  print(fmt::format("{} {} {}\n", a.number, i.value("kind", ""), i.value("state", "")));
  for (const Json& act : i["acts"])
    print(fmt::format("  {} {:<9} {:<14} {}\n", act.value("at", ""), act.value("act", ""),
                      act.value("user", ""), canonical(act["body"])));
  return {};
}

struct PlainStep {
  const char* act;
  const char* fact;
  const char* help;
};
constexpr PlainStep plain_steps[] = {
    {"discuss", "with", "with whom the cost was discussed (finance)"},
    {"defer", "reason", "why it is discussed afterwards (finance)"},
    {"agree", "by", "who agreed (finance)"},
    {"pay", "received", "what was received (finance)"},
    {"dispute", "reason", "what the agency disputes (finance)"},
    {"resolve", "reason", "how the dispute ends (counsel or officer)"},
    {"waive", "reason", "why nothing is asked (counsel or officer)"},
};

void add_plain_step(CLI::App* inv, Options& o, const std::shared_ptr<Args>& a, const PlainStep& s) {
  auto* c = command(inv, o, s.act, s.help, [&o, a, s] {
    return act_as_one_of(o, {Role::finance, Role::counsel, Role::officer},
                         [&](desk::Carrier& carrier, const desk::Acting& by) {
                           return desk::CaseBook{carrier}.act(a->number,
                                                              Invoices::step(s.act, s.fact, a->value), by);
                         });
  });
  c->add_option("number", a->number, "V-...")->required();
  c->add_option(std::string("--") + s.fact, a->value)->required();
}

}  // namespace
}  // namespace invoice_commands

void add_invoice_commands(CLI::App& app, Options& o) {
  using namespace invoice_commands;
  const auto a = std::make_shared<Args>();
  auto* inv = app.add_subcommand("invoice", "invoices")->require_subcommand(1);
  auto* m = command(inv, o, "make", "the fees of an interception by the profile's table",
                    [&o, a] { return make(o, *a); });
  m->add_option("matter", a->matter)->required();
  m->add_option("--out", a->out, "the PDF")->required();
  auto* e = command(inv, o, "estimate", "what it will cost (finance)", [&o, a] { return estimate(o, *a); });
  e->add_option("matter", a->matter)->required();
  e->add_option("--line", a->text, "a line of your own; with --basis and --cents");
  e->add_option("--basis", a->basis, "its legal basis");
  e->add_option("--cents", a->cents);
  for (const PlainStep& s : plain_steps) add_plain_step(inv, o, a, s);
  auto* accrue = command(inv, o, "accrue", "what has run until now (finance)", [&o, a] {
    return act_as_one_of(o, {Role::finance}, [&](desk::Carrier& c, const desk::Acting& by) {
      return Invoices{c}.accrue(a->number, by);
    });
  });
  accrue->add_option("number", a->number)->required();
  auto* issue = command(inv, o, "issue", "the bill as PDF (finance)", [&o, a] {
    return act_as_one_of(o, {Role::finance}, [&](desk::Carrier& c, const desk::Acting& by) {
      return Invoices{c}.issue(a->number, a->out, by);
    });
  });
  issue->add_option("number", a->number)->required();
  issue->add_option("--out", a->out, "the PDF")->required();
  command(inv, o, "list", "all invoices", [&o] { return list(o); });
  command(inv, o, "show", "one invoice", [&o, a] { return show(o, *a); })
      ->add_option("number", a->number)
      ->required();
}

}  // namespace writ::cli
