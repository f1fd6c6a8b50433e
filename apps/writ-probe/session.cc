// SPDX-License-Identifier: GPL-3.0-or-later
// A capture file is read by one process: what it missed can be read again, and a run that was killed is
// finished by the same command. What is live is read by several (stages.cc). Order of both: preparation,
// source, "probe.start" in the log, privileges away, packets.
#include "session.hh"

#include <fmt/format.h>

#include "capture/status_keeper.hh"
#include "preparation.hh"
#include "probe/confine.hh"
#include "sources.hh"
#include "stages.hh"
#include "summary.hh"

namespace writ::probe {
namespace {

Result<Exit> run_on_file(const RunOptions& o, const capture::RunSettings& settings) {
  WRIT_CHECK(become_owner(o.dir, false));
  WRIT_TRY(ready, prepare(o, [&] { return capture::source_identity(o.read, settings); }));
  capture::StatusKeeper status{o.dir, ready->grants, false, ready->wall, ready->boot};
  const Json source = describe(nullptr, o);
  WRIT_CHECK(ready->journal->write("probe.start", {{"grants", ready->grants.size()}, {"source", source}}));
  catch_signals();
  WRIT_CHECK(close_the_door({}));
  const capture::Watch watch = [&]() -> Status {
    if (stop_requested() != 0) return fail(Exit::failure, "stopped by a signal; run it again to finish");
    Status good = ready->orders->watch(ready->grants, *ready->spool);
    status.look(*ready->spool);
    return good;
  };
  auto result = capture::run_file(o.read, ready->grants, *ready->spool, watch, settings);
  const Exit exit = result ? judge(*result) : result.error().exit;
  status.end(*ready->spool, static_cast<int>(exit));
  Json counts = grant_counts(ready->grants, *ready->spool);
  const Status noted =
      ready->journal->write("probe.stop", {{"grants", counts}, {"exit", static_cast<int>(exit)}});
  if (!result) {  // what ended the run is said, also when that keeps the log from being written
    if (!noted) fmt::print(stderr, "{}", to_text(noted.error()));
    return tl::unexpected(std::move(result).error());
  }
  WRIT_CHECK(noted);
  Json said = summary(*result, std::move(counts), exit);
  said["source"] = source;
  print_summary(said, o.json);
  return exit;
}

}  // namespace

Result<Exit> run_session(const RunOptions& o) {
  WRIT_TRY(settings, settings_of(o));
  if (!o.read.empty() && o.read != "-") return run_on_file(o, settings);
  return run_in_stages(o, settings);
}

}  // namespace writ::probe
