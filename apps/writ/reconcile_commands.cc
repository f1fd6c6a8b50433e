// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli.hh"
#include "desk/reconciliation.hh"

namespace writ::cli {
namespace reconcile_commands {
namespace {

struct Args {
  std::string matter, day;
};

std::string finding_line(const desk::Finding& f) {
  return fmt::format("{:<14} {} {:<12} {}: {}\n", f.kind, rfc3339_seconds(f.at), desk::to_string(f.part),
                     f.ref, f.why);
}

Status reconcile(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 3, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(done, desk::Reconciliation{c}.run(a.matter, a.day, who));
  if (o.json)
    print(done.text + "\n");
  else
    for (const desk::Finding& f : done.result.findings) print(finding_line(f));
  for (const std::string& t : done.result.open) say(o, "open: " + t);
  for (const std::string& t : done.not_compared) say(o, "not compared: " + t);
  say(o, fmt::format(
             "{} {}: {} calls, {} records, {} matched, {} outside of the authority, {} findings\nsigned: {}",
             a.matter, done.day, done.result.seen, done.result.booked, done.result.matched,
             done.result.outside, done.result.findings.size(), done.file.string()));
  if (done.result.findings.empty() && done.result.open.empty()) return {};
  if (done.result.findings.empty())
    return fail(Exit::partial, fmt::format("{} is not wholly compared", done.day),
                "security: intercepted calls against call records, daily",
                fmt::format("{}", fmt::join(done.result.open, "; ")),
                "reconcile it again when that has come; it stays due");
  return fail(
      Exit::partial, fmt::format("{} findings on {}", done.result.findings.size(), done.day),
      "security: intercepted calls against call records, daily", "each call in both, or a reason",
      "technician: missed; counsel: over-collected; writ incident when something was done without right");
}

}  // namespace
}  // namespace reconcile_commands

void add_reconcile_command(CLI::App& intercept, Options& o) {
  using namespace reconcile_commands;
  const auto a = std::make_shared<Args>();
  auto* c =
      command(&intercept, o, "reconcile",
              "a day's intercepted calls against the call records (--as: counsel or officer, two custodians)",
              [&o, a] { return reconcile(o, *a); });
  c->add_option("matter", a->matter)->required();
  c->add_option("--day", a->day, "YYYY-MM-DD, of the profile's zone; yesterday");
}

}  // namespace writ::cli
