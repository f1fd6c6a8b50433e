// SPDX-License-Identifier: GPL-3.0-or-later
// writ agency: the carrier's own directory of agencies and courts, and the calls that are made by it.
#include <fmt/format.h>

#include <memory>

#include "cases/verification.hh"
#include "cli.hh"

namespace writ::cli {
namespace agency_commands {
namespace {

using process::Cycle;

struct Args {
  desk::Contact contact;
  desk::Call call;
  std::string id, matter, kind, looked_up, reason, outcome;
};

Result<desk::Acting> acts(Options& o, desk::Carrier& c, Cycle cycle, std::string_view act) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  return c.act_as_any(who[0], process::life_cycle(cycle).rule(act)->roles);
}

std::string line(const desk::DirectoryEntry& e) {
  const desk::PastContact* now = e.current();
  const desk::Contact* c = now != nullptr ? &now->contact : e.proposed ? &*e.proposed : nullptr;
  if (c == nullptr) return fmt::format("{} {}\n", e.id, e.state);
  return fmt::format("{} {:<15} {:<11} {:<15} {} ({})\n", e.id, e.state, to_string(c->kind), c->number,
                     c->organisation, c->name);
}

Status told(Options& o, const desk::DirectoryEntry& e, const std::string& next) {
  print(o.json ? canonical(to_json(e)) + "\n" : e.id + "\n");
  say(o, fmt::format("{} is {}{}", e.id, e.state, next.empty() ? "" : "\nnext: " + next));
  return {};
}

Status add(Options& o, Args& a) {
  WRIT_TRY(kind, desk::parse_contact_kind(a.kind));
  a.contact.kind = kind;
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::directory, "file"));
  WRIT_TRY(e, desk::AgencyDirectory{c}.add(a.contact, who));
  return told(o, e, "a second person looks the number up: writ agency confirm " + e.id);
}

Status change(Options& o, Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::directory, "change"));
  WRIT_TRY(before, desk::read_entry(c, a.id));
  if (const desk::PastContact* now = before.current()) {  // what is not named stays
    const auto keep = [](std::string& field, const std::string& old) {
      if (field.empty()) field = old;
    };
    const desk::Contact& old = now->contact;
    a.contact.kind = old.kind;
    a.contact.organisation = old.organisation;
    keep(a.contact.name, old.name);
    keep(a.contact.number, old.number);
    keep(a.contact.fax, old.fax);
    keep(a.contact.mail_domain, old.mail_domain);
    keep(a.contact.address, old.address);
    keep(a.contact.jurisdiction, old.jurisdiction);
  }
  WRIT_TRY(e, desk::AgencyDirectory{c}.change(a.id, a.contact, who));
  return told(o, e, "until a second person confirms it the old contact counts: writ agency confirm " + e.id);
}

Status confirm(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::directory, "confirm"));
  WRIT_TRY(e, desk::AgencyDirectory{c}.confirm(a.id, a.looked_up, who));
  return told(o, e, "");
}

Status drop(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::directory, "drop-change"));
  WRIT_TRY(e, desk::AgencyDirectory{c}.drop_change(a.id, a.reason, who));
  return told(o, e, "");
}

Status retire(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::directory, "retire"));
  WRIT_TRY(e, desk::AgencyDirectory{c}.retire(a.id, a.reason, who));
  return told(o, e, "");
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, desk::AgencyDirectory{c}.all());
  Json rows = Json::array();
  for (const desk::DirectoryEntry& e : all) {
    rows.push_back(to_json(e));
    if (!o.json) print(line(e));
  }
  if (o.json) print(Json{{"schema", "writ.directory/1"}, {"entries", rows}});
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(e, desk::read_entry(c, a.id));
  if (o.json) {
    print(to_json(e));
    return {};
  }
  print(line(e));
  for (const desk::PastContact& p : e.history)
    print(fmt::format("  from {}  {}  fax {}  {}\n    found by {} ({}: {}), confirmed by {}\n",
                      rfc3339_seconds(p.confirmed_at), p.contact.number,
                      p.contact.fax.empty() ? "-" : p.contact.fax, p.contact.mail_domain, p.proposed_by,
                      p.contact.source_kind, p.contact.source, p.confirmed_by));
  if (e.proposed) print(fmt::format("  proposed  {}  ({})\n", e.proposed->number, e.proposed->source));
  return {};
}

Status verify(Options& o, Args& a) {
  WRIT_TRY(outcome, desk::parse_outcome(a.outcome));
  a.call.outcome = outcome;
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::order_check, "confirm"));
  WRIT_TRY(done, cases::verify_requester(c, a.matter, a.call, who));
  if (o.json) print(to_json(done));
  say(o, fmt::format("{}: {} by {}", a.matter, a.outcome, a.call.spoke_with));
  return {};
}

Status tell(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, acts(o, c, Cycle::order_check, "tell"));
  WRIT_TRY(done, desk::OrderCheck{c}.tell(a.matter, a.call.contact, a.call.spoke_with, who));
  if (o.json) print(to_json(done));
  say(o, fmt::format("{}: a second contact was told", a.matter));
  return {};
}

void add_contact_options(CLI::App* c, Args& a, bool is_new) {
  const auto option = [&](const char* name, std::string& to, const char* help, bool needed) {
    auto* made = c->add_option(name, to, help);
    if (needed) made->required();
  };
  if (is_new) {
    option("--kind", a.kind, "agency, court-clerk, prosecutor or office", true);
    option("--organisation", a.contact.organisation, "agency or court, exactly as its papers name it", true);
  }
  option("--name", a.contact.name, "of the desk that answers", is_new);
  option("--number", a.contact.number, "call-back number", is_new);
  option("--fax", a.contact.fax, "return fax", false);
  option("--mail-domain", a.contact.mail_domain, "the agency's own domain", false);
  option("--address", a.contact.address, "", false);
  option("--jurisdiction", a.contact.jurisdiction, "State, or US", is_new);
  option("--source-kind", a.contact.source_kind,
         "official-website, government-directory, telephone-directory, number-administrator or in-person",
         true);
  option("--source", a.contact.source, "where exactly the number was found; never the letter", true);
  option("--verified-on", a.contact.verified_on, "day of the look-up, YYYY-MM-DD", true);
}

void add_calls(CLI::App* agency, Options& o, const std::shared_ptr<Args>& a) {
  auto* v = command(agency, o, "verify", "call back: the requester, or the clerk of an order's court",
                    [&o, a] { return verify(o, *a); });
  v->add_option("matter", a->matter)->required();
  v->add_option("--contact", a->call.contact, "entry of the directory")->required();
  v->add_option("--spoke-with", a->call.spoke_with, "title, name or badge of who answered");
  v->add_option("--outcome", a->outcome, "confirmed, denied or not-reached")->required();
  v->add_flag("--fax-confirmed", a->call.fax_confirmed, "the return fax was confirmed, too (V19)");
  auto* t = command(agency, o, "tell", "tell a second contact of the agency of an interception",
                    [&o, a] { return tell(o, *a); });
  t->add_option("matter", a->matter)->required();
  t->add_option("--contact", a->call.contact, "entry of the directory")->required();
  t->add_option("--spoke-with", a->call.spoke_with, "who was told")->required();
}

}  // namespace
}  // namespace agency_commands

void add_agency_commands(CLI::App& app, Options& o) {
  using namespace agency_commands;
  const auto a = std::make_shared<Args>();
  auto* agency = app.add_subcommand("agency", "the carrier's own directory of agencies and courts")
                     ->require_subcommand(1);
  add_contact_options(command(agency, o, "add", "propose a contact", [&o, a] { return add(o, *a); }), *a,
                      true);
  auto* changed = command(agency, o, "change", "propose another number, fax, domain or address",
                          [&o, a] { return change(o, *a); });
  changed->add_option("entry", a->id)->required();
  add_contact_options(changed, *a, false);
  auto* confirmed = command(agency, o, "confirm", "a second person, who has looked the number up",
                            [&o, a] { return confirm(o, *a); });
  confirmed->add_option("entry", a->id)->required();
  confirmed->add_option("--looked-up", a->looked_up, "where")->required();
  for (const auto& [name, help, run] :
       std::initializer_list<std::tuple<const char*, const char*, Status (*)(Options&, const Args&)>>{
           {"drop-change", "a proposed change is not made", drop},
           {"retire", "a contact that no longer holds", retire}}) {
    auto* c = command(agency, o, name, help, [&o, a, f = run] { return f(o, *a); });
    c->add_option("entry", a->id)->required();
    c->add_option("--reason", a->reason)->required();
  }
  command(agency, o, "list", "all entries", [&o] { return list(o); });
  command(agency, o, "show", "one entry with its history", [&o, a] { return show(o, *a); })
      ->add_option("entry", a->id)
      ->required();
  add_calls(agency, o, a);
}

}  // namespace writ::cli
