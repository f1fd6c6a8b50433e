// SPDX-License-Identifier: GPL-3.0-or-later
// writ disclose: from the validated request to its delivery (docs/disclosure.md).
#include <fmt/format.h>

#include <memory>

#include "case_commands.hh"
#include "cases/disclosure.hh"
#include "cli.hh"

namespace writ::cli {
namespace disclosure_commands {
namespace {

using authority::Role;
using cases::Disclosure;

struct Args {
  std::string matter, statute, from, until, reason, out = ".", by;
  std::vector<std::string> silent, custodians;
};

Result<cases::Approval> approval_of(const Args& a) {
  cases::Approval out;
  WRIT_TRY(silent, silent_words(a.silent, "--approve-silent"));
  out.word.silent = std::move(silent);
  out.word.statute = a.statute;
  WRIT_TRY(from, maybe_time_option(a.from, "--from"));
  WRIT_TRY(until, maybe_time_option(a.until, "--until"));
  out.from = from.value_or(Instant{});
  out.until = until.value_or(Instant{});
  return out;
}

std::string decision_lines(const Json& items) {
  std::string out;
  for (const Json& i : items) {
    out +=
        fmt::format("  {:<7} {:<20} {}\n", i.value("verdict", ""), i.value("item", ""), i.value("rule", ""));
    if (i.value("verdict", "") != "permit")
      out += fmt::format("          {}; {}\n", i.value("fact", ""), i.value("cure", ""));
  }
  return out;
}

// The command that comes next, as it must be typed where this one was.
std::string disclose(const Options& o, const char* step, const std::string& matter) {
  const std::string inside = o.compartment.empty() ? "" : "--compartment " + o.compartment + " ";
  return fmt::format("writ {}disclose {} {}", inside, step, matter);
}

Status preview(Options& o, const Args& a) {
  WRIT_TRY(approval, approval_of(a));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::counsel}));
  WRIT_TRY(j, Disclosure{c}.preview(a.matter, approval, who));
  if (o.json)
    print(j);
  else
    print(decision_lines(j["items"]));
  return {};
}

Status approve(Options& o, const Args& a) {
  WRIT_TRY(approval, approval_of(a));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::counsel}));
  WRIT_TRY(done, Disclosure{c}.approve(a.matter, approval, who));
  say(o, decision_lines(done.newest("approve")->body["items"]));
  return told(o, done, "intake or officer: " + disclose(o, "collect", a.matter));
}

// The step, with the two custodians when they are named.
template <class Step>
Result<desk::Case> opened(desk::Carrier& c, const Args& a, Step step) {
  if (a.custodians.empty()) return step(nullptr);
  WRIT_TRY(keys, credentials(a.custodians, 2, "--custodian"));
  WRIT_TRY(first, c.act_as(keys[0], Role::custodian));
  WRIT_TRY(second, c.act_as(keys[1], Role::custodian));
  const cases::Openers openers{first, second};
  return step(&openers);
}

Status collect(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::intake, Role::officer}));
  WRIT_TRY(done,
           opened(c, a, [&](const cases::Openers* by) { return Disclosure{c}.collect(a.matter, who, by); }));
  const bool is_national = done.cycle == process::Cycle::national_security;
  return told(o, done, "a second person: " + disclose(o, is_national ? "produce" : "check", a.matter));
}

Status check(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::officer, Role::counsel, Role::intake}));
  WRIT_TRY(done, opened(c, a, [&](const cases::Openers* by) {
             return Disclosure{c}.check_scope(a.matter, who, by);
           }));
  return told(o, done, "intake or officer: " + disclose(o, "deliver", a.matter));
}

Status recollect(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::intake, Role::officer, Role::counsel}));
  WRIT_TRY(done, Disclosure{c}.recollect(a.matter, a.reason, who));
  return told(o, done, disclose(o, "collect", a.matter));
}

Status deliver(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::intake, Role::officer}));
  WRIT_TRY(done, Disclosure{c}.deliver(a.matter, a.out, who));
  say(o, fmt::format("the files are in {}", (fs::path(a.out) / a.matter).string()));
  return told(o, done, "when the agency has it: " + disclose(o, "acknowledge", a.matter));
}

Status produce(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::intake, Role::officer, Role::counsel}));
  WRIT_TRY(done, Disclosure{c}.produce(a.matter, a.out, who));
  say(o, fmt::format("the files are in {}", (fs::path(a.out) / a.matter).string()));
  return told(o, done, "counsel: writ national track " + o.compartment);
}

Status acknowledge(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::intake, Role::officer, Role::counsel}));
  WRIT_TRY(done, Disclosure{c}.acknowledge(a.matter, a.by, who));
  return told(o, done, "counsel or officer closes the request");
}

}  // namespace
}  // namespace disclosure_commands

void add_disclosure_commands(CLI::App& app, Options& o) {
  using namespace disclosure_commands;
  const auto a = std::make_shared<Args>();
  auto* group = app.add_subcommand("disclose", "records for a validated request")->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    CLI::App* c = command(group, o, name, help, [&o, a, f] { return f(o, *a); });
    c->add_option("matter", a->matter)->required();
    return c;
  };
  for (CLI::App* c : {add("preview", "what the matrix decides, item by item (counsel)", preview),
                      add("approve", "counsel: sign the decisions and the record scope", approve)}) {
    c->add_option("--approve-silent", a->silent, "ITEM=REASON: release where the matrix is silent");
    c->add_option("--statute-reason", a->statute,
                  "why the cited statute makes the summons an administrative subpoena");
    c->add_option("--from", a->from,
                  "narrow the period of the records, or state it where the document does not");
    c->add_option("--until", a->until, "the same, its end");
  }
  for (CLI::App* c :
       {add("collect", "read what is permitted (intake, officer)", collect),
        add("check", "a second person reads again and compares every row with scope and document", check)})
    c->add_option("--custodian", a->custodians,
                  "USER=PASSPHRASE_FILE, twice: to open the preserved snapshot that the request names");
  add("recollect", "give a collection up, to collect again", recollect)
      ->add_option("--reason", a->reason)
      ->required();
  for (CLI::App* c :
       {add("deliver", "letter, tables, manifest and proof", deliver),
        add("produce", "national security process, in its compartment: a second person checks and produces",
            produce)})
    c->add_option("--out", a->out, "directory; the files go to OUT/MATTER")->capture_default_str();
  add("acknowledge", "the agency has it", acknowledge)
      ->add_option("--by", a->by, "who said so, and how")
      ->required();
}

}  // namespace writ::cli
