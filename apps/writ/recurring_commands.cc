// SPDX-License-Identifier: GPL-3.0-or-later
// writ recurring: continuing delivery of call detail records (docs/recurring.md).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "case_commands.hh"
#include "cases/recurring.hh"
#include "request_commands.hh"

namespace writ::cli {
namespace recurring_commands {
namespace {

using cases::Recurring;
using desk::Acting;
using desk::Carrier;
using desk::Case;

struct Args {
  std::string file, document, matter, basis, by, reason, out = ".";
  std::vector<std::string> silent;
};

// One act: whoever the life cycle's table lets do it.
template <class Do>
Status act(Options& o, const char* name, const std::string& next, Do run) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, process::life_cycle(process::Cycle::recurring).rule(name)->roles));
  Result<Case> done = run(Recurring{c}, who);
  if (!done) return tl::unexpected(std::move(done).error());
  return told(o, *done, next);
}

std::string window_line(const Json& w) {
  return fmt::format("window {} ({}): {} to {}{}{}", w.value("number", 0), w.value("kind", ""),
                     w.value("from", ""), w.value("until", ""), w.value("missed", false) ? ", missed" : "",
                     w.value("last", false) ? ", the last" : "");
}

Status open(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, process::life_cycle(process::Cycle::recurring).rule("file")->roles));
  WRIT_TRY(text, read_file(a.file));
  WRIT_TRY(filed, Recurring{c}.open(text, a.file, a.document, who));
  if (o.json)
    print(cases::to_json(filed));
  else
    print(filed.matter + "\n");
  say(o, checks_text(filed.checks));
  if (process::acceptable(cases::deficiencies(filed.checks))) {
    say(o, "next: counsel: writ recurring approve " + filed.matter);
    return {};
  }
  return fail(Exit::refused, fmt::format("{} is kept, and has deficiencies", filed.matter),
              "requirements section 4", "the cures above",
              fmt::format("writ recurring stop {} --reason TEXT; the agency sends a corrected document",
                          filed.matter));
}

Status approve(Options& o, const Args& a) {
  cases::RecurringWord word;
  word.basis = a.basis;
  WRIT_TRY(silent, silent_words(a.silent, "--approve-silent"));
  word.items.silent = std::move(silent);
  return act(o, "approve", "when a window is over: writ recurring recheck " + a.matter,
             [&](Recurring r, const Acting& who) -> Result<Case> {
               WRIT_TRY(done, r.approve(a.matter, word, who));
               const Json& body = done.newest("approve")->body;
               say(o, fmt::format("{} to {} under {}, scope {} (to be approved again after 90 days)",
                                  body["period"].value("from", ""), body["period"].value("until", ""),
                                  body["authority"].value("matter", ""), body["scope"].value("sequence", 0)));
               return done;
             });
}

Status recheck(Options& o, const Args& a) {
  return act(o, "recheck", "writ recurring extract " + a.matter,
             [&](Recurring r, const Acting& who) -> Result<Case> {
               WRIT_TRY(done, r.recheck(a.matter, who));
               say(o, window_line(done.newest("recheck")->body["window"]));
               return done;
             });
}

Status extract(Options& o, const Args& a) {
  return act(o, "extract", "a second person: writ recurring check " + a.matter,
             [&](Recurring r, const Acting& who) -> Result<Case> {
               WRIT_TRY(done, r.extract(a.matter, who));
               const Json& calls = done.newest("extract")->body["calls"];
               say(o, fmt::format("{} calls of the window, {} late ones of earlier windows",
                                  calls.value("window", 0), calls.value("late", 0)));
               return done;
             });
}

Status check(Options& o, const Args& a) {
  return act(o, "check", "intake or officer: writ recurring deliver " + a.matter,
             [&](Recurring r, const Acting& who) { return r.check(a.matter, who); });
}

Status deliver(Options& o, const Args& a) {
  return act(
      o, "deliver", "when the agency has it: writ recurring acknowledge " + a.matter,
      [&](Recurring r, const Acting& who) -> Result<Case> {
        WRIT_TRY(done, r.deliver(a.matter, a.out, who));
        const Json& window = done.newest("deliver")->body["window"];
        say(o, window_line(window));
        say(o, fmt::format(
                   "the files are in {}",
                   cases::delivery_dir(a.out, a.matter, window.value("number", std::uint64_t{0})).string()));
        return done;
      });
}

Status acknowledge(Options& o, const Args& a) {
  return act(o, "acknowledge", "",
             [&](Recurring r, const Acting& who) { return r.acknowledge(a.matter, a.by, who); });
}

Status extra(Options& o, const Args& a) {
  return act(o, "order-extra", "writ recurring recheck " + a.matter,
             [&](Recurring r, const Acting& who) { return r.order_extra(a.matter, a.reason, who); });
}

Status stop(Options& o, const Args& a) {
  return act(o, "stop", "", [&](Recurring r, const Acting& who) -> Result<Case> {
    WRIT_TRY(done, r.stop(a.matter, a.reason, who));
    const Json left = done.newest("stop")->body.value("undelivered", Json());
    if (left.is_object())
      say(o, fmt::format("not delivered: {} to {}", left.value("from", ""), left.value("until", "")));
    return done;
  });
}

std::string row_text(const Json& r) {
  if (r.contains("trouble")) return fmt::format("{} ! {}\n", r.value("matter", ""), r.value("trouble", ""));
  std::string out = fmt::format("{} {:<10} under {}, {}", r.value("matter", ""), r.value("state", ""),
                                r.value("order", ""), r.value("agency", ""));
  if (!r.value("approved", false)) return out + ": not approved\n";
  out += fmt::format("\n  {} to {}: {} deliveries ({} weeks, {} further), delivered until {}\n",
                     r.value("from", ""), r.value("until", ""), r.value("deliveries", 0), r.value("weeks", 0),
                     r.value("extras", 0), r.value("delivered_until", ""));
  if (!r["authority"].value("stands", false))
    out += fmt::format("  ! no authority: {}\n", r["authority"].value("why", ""));
  for (const Json& w : r["open"]) out += "  ! to be delivered: " + window_line(w) + "\n";
  if (r.value("extra_wanted", false)) out += "  a further delivery is asked for\n";
  if (!r["unacknowledged"].empty())
    out += fmt::format("  not acknowledged: {}\n",
                       fmt::join(r["unacknowledged"].get<std::vector<std::uint64_t>>(), ", "));
  if (r.contains("next") && r["open"].empty()) out += fmt::format("  next: {}\n", r.value("next", ""));
  return out;
}

Status list(Options& o, const Args&) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(all, Recurring{c}.list());
  if (o.json) {
    print(all);
    return {};
  }
  for (const Json& r : all["recurring"]) print(row_text(r));
  return {};
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(r, Recurring{c}.show(a.matter));
  if (o.json) {
    print(r);
    return {};
  }
  print(row_text(r));
  for (const Json& d : r["delivered"])
    print(fmt::format("  {} delivered {}{}\n", window_line(d["window"]), d.value("at", ""),
                      d["acknowledged"].is_null() ? "" : ", acknowledged " + d.value("acknowledged", "")));
  for (const Json& x : r["acts"])
    print(fmt::format("  {} {:<12} {}\n", x.value("at", ""), x.value("act", ""), x.value("user", "")));
  return {};
}

}  // namespace
}  // namespace recurring_commands

void add_recurring_commands(CLI::App& app, Options& o) {
  using namespace recurring_commands;
  const auto a = std::make_shared<Args>();
  auto* group = app.add_subcommand("recurring", "call detail records week by week, under a continuing order")
                    ->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    CLI::App* c = command(group, o, name, help, [&o, a, f] { return f(o, *a); });
    if (f != open && f != list) c->add_option("matter", a->matter)->required();
    return c;
  };
  auto* opened =
      add("open", "take the document that asks for it in (kind cdr-delivery, of_matter: the order)", open);
  opened->add_option("file", a->file, "its fields as TOML or JSON (docs/process-file.md)")->required();
  opened->add_option("--document", a->document, "the scanned document, PDF or TIFF")->required();
  auto* approved =
      add("approve", "counsel: who, which calls, from when until when; signs the record scope", approve);
  approved->add_option("--basis", a->basis,
                       "under a court order of 18 USC 2703(d): why it reaches records to come (L13)");
  approved->add_option("--approve-silent", a->silent, "ITEM=REASON: release where the matrix is silent");
  add("recheck", "look at the authority, and take up the window that is over (intake, officer)", recheck);
  add("extract", "read the calls of the window, and late ones (intake, officer)", extract);
  add("check", "a second person compares every row and reads the records again", check);
  add("deliver", "letter, tables, manifest and proof", deliver)
      ->add_option("--out", a->out, "directory; the files go to OUT/MATTER/delivery-NNNN")
      ->capture_default_str();
  add("acknowledge", "the agency has all that was delivered", acknowledge)
      ->add_option("--by", a->by, "who said so, and how")
      ->required();
  for (CLI::App* c :
       {add("extra", "the agency asks for a delivery before the window is over (S63: priced)", extra),
        add("stop", "end it for good; says what was not delivered", stop)})
    c->add_option("--reason", a->reason)->required();
  add("list", "all of them: what is due, what was missed; no target", list);
  add("show", "one: its deliveries and its acts", show);
}

}  // namespace writ::cli
