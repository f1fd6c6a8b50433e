// SPDX-License-Identifier: GPL-3.0-or-later
// writ incident: from detection to the letters (47 CFR 1.20003(c), 64.2011).
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/incident.hh"

namespace writ::cli {
namespace incident_commands {
namespace {

using authority::Role;

struct Args {
  std::string matter, what, kind, detected, how, finding, none_because, reason, out;
  std::vector<std::string> affected, targets;
  bool breach = false, authorised = false;
  std::string determined, description, method, data, from, until, loss;
  std::int64_t customers = 0;
  std::string agency, reference;
  std::string type, presented_by, signed_by, instrument, enabled, ended;
};

const std::vector<Role>& roles_for(const char* act) {
  return process::life_cycle(process::Cycle::incident).rule(act)->roles;
}

// A time that was not given is not guessed: the service says when one is needed.
Result<Instant> time_or_none(const std::string& text, const char* option) {
  WRIT_TRY(t, maybe_time_option(text, option));
  return t.value_or(Instant{});
}

template <class F>
Status step(Options& o, const char* act, F f) {
  return act_as_one_of(o, roles_for(act), [&](desk::Carrier& c, const desk::Acting& who) {
    return f(cases::IncidentService{c}, who);
  });
}

Status report(Options& o, const Args& a) {
  WRIT_TRY(detected, time_option(a.detected, "--detected"));
  return step(o, "file", [&](cases::IncidentService s, const desk::Acting& who) {
    return s.report({a.kind, a.what, detected}, who);
  });
}

Result<cases::IncidentAssessment> assessment(const Args& a) {
  cases::IncidentAssessment out;
  out.finding = a.finding;
  out.none_because = a.none_because;
  for (const std::string& text : a.affected) {
    const auto eq = text.find('=');
    if (eq == std::string::npos)
      return fail(Exit::usage, fmt::format("--affected {}: what of it was affected is not stated", text), {},
                  {}, "--affected MATTER=WHAT");
    out.affected.push_back({text.substr(0, eq), text.substr(eq + 1)});
  }
  if (!a.breach) return out;
  WRIT_TRY(determined, time_or_none(a.determined, "--determined"));
  WRIT_TRY(from, time_or_none(a.from, "--from"));
  WRIT_TRY(until, time_or_none(a.until, "--until"));
  out.breach = cases::Breach{determined, a.description, a.method, a.data, from, until, a.customers, a.loss};
  return out;
}

Status assess(Options& o, const Args& a) {
  WRIT_TRY(found, assessment(a));
  return step(o, "assess", [&](cases::IncidentService s, const desk::Acting& who) {
    return s.assess(a.matter, found, who);
  });
}

Status hold(Options& o, const Args& a) {
  WRIT_TRY(until, time_option(a.until, "--until"));
  return step(o, "hold-customer-notice", [&](cases::IncidentService s, const desk::Acting& who) {
    return s.hold_customer_notice(a.matter, {a.agency, a.reference, until}, who);
  });
}

Status record(Options& o, const Args& a) {
  WRIT_TRY(enabled, time_option(a.enabled, "--enabled"));
  std::optional<Instant> ended;
  if (!a.ended.empty()) {
    WRIT_TRY(at, time_option(a.ended, "--ended"));
    ended = at;
  }
  return step(o, "record-interception", [&](cases::IncidentService s, const desk::Acting& who) {
    return s.record_interception(
        a.matter,
        {a.targets, a.type, a.presented_by, a.signed_by, a.instrument, a.authorised, enabled, ended}, who);
  });
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(j, cases::IncidentService{c}.list());
  if (o.json) {
    print(j);
    return {};
  }
  for (const Json& i : j["incidents"])
    print(fmt::format("{} {:<18} {:<22} {}\n", i.value("matter", ""), i.value("state", ""),
                      i.value("kind", ""), i.value("what", "")));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  cases::IncidentService incidents{c};
  WRIT_TRY(j, incidents.show(a.matter));
  if (!a.out.empty()) {
    WRIT_TRY(who, person(o, c, roles_for("close")));
    WRIT_TRY(files, incidents.write_letters(a.matter, a.out, who));
    for (const fs::path& f : files) say(o, f.string());
  }
  if (o.json) {
    print(j);
    return {};
  }
  print(fmt::format("{} {}\n", a.matter, j["case"].value("state", "")));
  for (const Json& act : j["case"]["acts"])
    print(fmt::format("  {} {:<20} {}\n", act.value("at", ""), act.value("act", ""), act.value("user", "")));
  for (const Json& k : j["clocks"])
    print(fmt::format("  {}: {}{}\n", k.value("what", ""), k.value("late", false) ? "LATE: " : "",
                      k.value("arithmetic", "")));
  return {};
}

void add_assess(CLI::App* c, Args& a) {
  c->add_option("--finding", a.finding, "for the carrier's own record")->required();
  c->add_option("--affected", a.affected, "MATTER=WHAT of it was affected (goes into its agency's letter)");
  c->add_option("--none-because", a.none_because, "why no agency's matter was affected");
  c->add_flag("--breach", a.breach, "customers' information was breached (47 CFR 64.2011)");
  c->add_option("--determined", a.determined, "when the breach was determined");
  c->add_option("--description", a.description);
  c->add_option("--method", a.method, "method of compromise");
  c->add_option("--data-types", a.data, "types of data");
  c->add_option("--from", a.from);
  c->add_option("--until", a.until);
  c->add_option("--customers", a.customers, "about how many");
  c->add_option("--loss", a.loss, "estimate of financial loss, or \"none known\"");
}

void add_record(CLI::App* c, Args& a) {
  c->add_option("--target", a.targets, "telephone or circuit number")->required();
  c->add_option("--type", a.type, "type of interception")->required();
  c->add_option("--enabled", a.enabled, "when it began")->required();
  c->add_option("--ended", a.ended, "when it ended");
  c->add_option("--presented-by", a.presented_by, "the officer who presented an authorization, if any");
  c->add_option("--signed-by", a.signed_by, "who signed an authorization, if any");
  c->add_option("--instrument", a.instrument);
  c->add_flag("--authorized", a.authorised, "it had appropriate authorization");
}

}  // namespace
}  // namespace incident_commands

void add_incident_commands(CLI::App& app, Options& o) {
  using namespace incident_commands;
  const auto a = std::make_shared<Args>();
  auto* incident =
      app.add_subcommand("incident", "compromises, unlawful surveillance, breaches")->require_subcommand(1);
  const auto on = [&](const char* name, const char* help, std::function<Status()> f) {
    auto* c = command(incident, o, name, help, std::move(f));
    c->add_option("incident", a->matter, "number of the incident")->required();
    return c;
  };
  const auto simple = [&](const char* name, const char* help, const char* act, auto method) {
    return on(name, help, [&o, a, act, method] {
      return step(o, act, [&](cases::IncidentService s, const desk::Acting& who) {
        return (s.*method)(a->matter, who);
      });
    });
  };
  auto* r = command(incident, o, "report", "an incident was detected", [&o, a] { return report(o, *a); });
  r->add_option("--kind", a->kind, "compromise, unlawful-surveillance or customer-data")->required();
  r->add_option("--what", a->what, "for the carrier's own record")->required();
  r->add_option("--detected", a->detected, "when")->required();
  on("contain", "it goes on no longer (technician or officer)",
     [&o, a] {
       return step(o, "contain", [&](cases::IncidentService s, const desk::Acting& who) {
         return s.contain(a->matter, a->how, who);
       });
     })
      ->add_option("--how", a->how)
      ->required();
  add_assess(on("assess", "what was affected, and whether it is a breach", [&o, a] { return assess(o, *a); }),
             *a);
  simple("notify", "letters to the affected agencies", "notify-agencies",
         &cases::IncidentService::notify_agencies);
  simple("breach-notice", "notice to the Commission, the Secret Service and the FBI", "breach-notice",
         &cases::IncidentService::breach_notice);
  auto* h = on("hold", "an agency directs that customers are not told yet", [&o, a] { return hold(o, *a); });
  h->add_option("--agency", a->agency)->required();
  h->add_option("--reference", a->reference, "of its written direction")->required();
  h->add_option("--until", a->until)->required();
  simple("customer-notice", "notice to the customers", "customer-notice",
         &cases::IncidentService::customer_notice);
  add_record(on("record-interception", "certification of an interception that came to light (officer)",
                [&o, a] { return record(o, *a); }),
             *a);
  on("close", "nothing is owed (not by who assessed it)",
     [&o, a] {
       return step(o, "close", [&](cases::IncidentService s, const desk::Acting& who) {
         return s.close(a->matter, a->reason, who);
       });
     })
      ->add_option("--reason", a->reason)
      ->required();
  command(incident, o, "list", "all incidents", [&o] { return list(o); });
  on("show", "one incident and its clocks", [&o, a] {
    return show(o, *a);
  })->add_option("--out", a->out, "write the letters here (counsel or officer)");
}

}  // namespace writ::cli
