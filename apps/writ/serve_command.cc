// SPDX-License-Identifier: GPL-3.0-or-later
// writ serve: the desk's server process. It does what the clock does (cases/scheduler.hh) and ends the grants
// whose stay or number ends (desk/end_watch.hh), as nobody: it holds no passphrase, and no act of a person is
// in its reach.
#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include "cases/scheduler.hh"
#include "cli.hh"
#include "desk/end_watch.hh"

namespace writ::cli {
namespace serve_command {
namespace {

void report(Options& o, const cases::SchedulerRun& r) {
  if (o.json) print(cases::to_json(r));
  for (const auto& d : r.done) say(o, fmt::format("{} {}: {}", d.matter, d.act, d.what));
  for (const auto& n : r.told) say(o, fmt::format("{} told: {}, {}", n.matter, n.what, n.arithmetic));
  for (const Error& e : r.troubles) say(o, to_text(e));
}

// One sleeper from signal to signal; a trouble that stays is said once.
class Watch {
 public:
  Watch(Options& o, const sigset_t& set) : o_(o), set_(set) {}

  // Until `seconds` are over, or a signal: then true. Meanwhile ends take effect as they come.
  bool until_signal(std::optional<desk::EndWatch>& ends, std::int64_t seconds) {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::seconds{seconds};
    for (;;) {
      if (ends) look(*ends);
      const auto left = std::clamp<clock::duration>(end - clock::now(), {}, desk::EndWatch::pause);
      timespec wait{};
      wait.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      if (sigtimedwait(&set_, nullptr, &wait) > 0) return true;
      if (clock::now() >= end) return false;
    }
  }

 private:
  void look(desk::EndWatch& ends) {
    const auto r = ends.look();
    if (!r) return;
    for (const desk::Suspended& s : r->stopped)
      o_.json ? print(Json{{"what", "suspended"}, {"suspension", desk::to_json(s)}})
              : say(o_, fmt::format("{} {}", s.matter, s.reason));
    const Status open = desk::to_status(*r);
    const std::string trouble = open ? "" : to_text(open.error());
    if (trouble != said_ && !open) say(o_, trouble);
    said_ = trouble;
  }

  Options& o_;
  const sigset_t& set_;
  std::string said_;
};

Status serve(Options& o, std::int64_t at_most) {
  if (at_most < 1)
    return fail(Exit::usage, "--at-most is a number of seconds", {}, "1 or more", "leave it out for 60");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  Watch watch{o, set};
  for (;;) {
    std::int64_t wait = at_most;
    // Opened for each round: a store that was lost or changed under the loop is noticed.
    auto c = open_carrier(o);
    std::optional<desk::EndWatch> ends;
    if (c) ends.emplace(*c);
    const auto r = c ? cases::Scheduler{*c}.run_once()
                     : Result<cases::SchedulerRun>{tl::unexpected(std::move(c).error())};
    if (r) {
      report(o, *r);
      if (!r->done.empty()) wait = 0;  // an end may begin something
      if (r->next)
        wait = std::clamp<std::int64_t>(
            std::chrono::ceil<std::chrono::seconds>(*r->next - o.clock.now()).count(), 0, wait);
    } else {
      say(o, to_text(r.error()));
    }
    if (watch.until_signal(ends, wait)) return {};
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
