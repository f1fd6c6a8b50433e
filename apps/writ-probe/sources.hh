// SPDX-License-Identifier: GPL-3.0-or-later
// Where a run's packets come from: a capture file, standard input, or what is live.
#pragma once
#include <optional>

#include "base/json.hh"
#include "capture/live.hh"
#include "session.hh"

namespace writ::probe {

struct Source {
  std::optional<capture::LiveSource> live;
  std::optional<capture::ByteSource> stream;  // neither: the file RunOptions::read
  capture::RunSettings settings;
};

// Exit::usage.
Result<capture::RunSettings> settings_of(const RunOptions& o);
// Opens what is live, or names the file; the name is what a killed run is recognised by.
Result<std::string> open_source(const RunOptions& o, Source& s);
bool takes_connections(const RunOptions& o);
// For the log and the summary: {"kind": "file"|"stream"|"live", "parts": [...], "hep_from": [...]}.
Json describe(const Source& s, const RunOptions& o);

}  // namespace writ::probe
