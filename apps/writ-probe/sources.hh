// SPDX-License-Identifier: GPL-3.0-or-later
// Where a run's packets come from, and what asks for its end.
#pragma once
#include <optional>

#include "base/json.hh"
#include "capture/live.hh"
#include "capture/run.hh"
#include "session.hh"

namespace writ::probe {

struct Source {
  std::optional<capture::LiveSource> live;
  std::optional<capture::ByteSource> stream;
};

// Exit::usage.
Result<capture::RunSettings> settings_of(const RunOptions& o);
Result<Source> open_source(const RunOptions& o, const capture::RunSettings& settings);
bool takes_connections(const RunOptions& o);
// For the log and the summary: {"kind": "file"|"stream"|"live", "parts": [...], "inputs": [...], "hep_from":
// [...]}. nullptr: the file RunOptions::read.
Json describe(const Source* s, const RunOptions& o, const capture::RunSettings& settings);

// SIGINT and SIGTERM ask for a stop in good order.
const StopFlag& catch_signals();

}  // namespace writ::probe
