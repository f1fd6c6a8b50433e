// SPDX-License-Identifier: GPL-3.0-or-later
// writ serve: the desk's server process. It does what the clock does (cases/scheduler.hh), as nobody: it
// holds no passphrase, and no act of a person is in its reach.
#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include "cases/scheduler.hh"
#include "cli.hh"

namespace writ::cli {
namespace serve_command {
namespace {

// The store is opened for each round: one that was lost or changed under the loop is noticed.
Result<cases::SchedulerRun> round(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  return cases::Scheduler{c}.run_once();
}

void report(Options& o, const cases::SchedulerRun& r) {
  if (o.json) print(cases::to_json(r));
  for (const auto& d : r.done) say(o, fmt::format("{} {}: {}", d.matter, d.act, d.what));
  for (const auto& n : r.told) say(o, fmt::format("{} told: {}, {}", n.matter, n.what, n.arithmetic));
  for (const Error& e : r.troubles) say(o, to_text(e));
}

// Until `seconds` are over, or a signal.
bool sleep_until_signal(const sigset_t& set, std::int64_t seconds) {
  timespec wait{};
  wait.tv_sec = static_cast<time_t>(seconds);
  return sigtimedwait(&set, nullptr, &wait) > 0;
}

Status serve(Options& o, std::int64_t at_most) {
  if (at_most < 1)
    return fail(Exit::usage, "--at-most is a number of seconds", {}, "1 or more", "leave it out for 60");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  for (;;) {
    std::int64_t wait = at_most;
    if (const auto r = round(o)) {
      report(o, *r);
      if (!r->done.empty()) wait = 0;  // an end may begin something
      if (r->next)
        wait = std::clamp<std::int64_t>(
            std::chrono::ceil<std::chrono::seconds>(*r->next - o.clock.now()).count(), 0, wait);
    } else {
      say(o, to_text(r.error()));
    }
    if (sleep_until_signal(set, wait)) return {};
  }
}

}  // namespace
}  // namespace serve_command

void add_serve_command(CLI::App& app, Options& o) {
  const auto at_most = std::make_shared<std::int64_t>(60);
  CLI::App* serve =
      app.add_subcommand("serve", "the server process: does what the clock does, until SIGTERM");
  serve->add_option("--at-most", *at_most, "longest sleep between two rounds, in seconds")
      ->capture_default_str();
  serve->callback([&o, at_most] { o.run = [&o, at_most] { return serve_command::serve(o, *at_most); }; });
}

}  // namespace writ::cli
