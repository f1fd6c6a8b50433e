// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.hh"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace writ::probe {

namespace {

Result<capture::LiveSettings> live_settings(const RunOptions& o, const std::vector<wire::Address>& hep_from) {
  capture::LiveSettings live{o.interfaces, {}, o.rings, hep_from};
  for (const std::string& text : o.hep) {
    WRIT_TRY(where, capture::HepListen::parse(text));
    live.hep.push_back(where);
  }
  return live;
}

// A capture file without a name of its own has those of its interfaces, which only who reads it knows.
Status name_inputs(const RunOptions& o, capture::RunSettings& s) {
  if (!o.read.empty()) {
    s.one_input = !o.input.empty();
    if (s.one_input) s.engine.inputs = {o.input};
    return {};
  }
  WRIT_TRY(live, live_settings(o, s.engine.hep_from));
  s.engine.inputs = capture::inputs_of(live);
  if (s.engine.inputs.size() <= wire::inputs_max) return {};
  return fail(Exit::usage, fmt::format("{} inputs for one probe", s.engine.inputs.size()), {},
              fmt::format("at most {}", wire::inputs_max), "divide them among several probes");
}

}  // namespace

Result<capture::RunSettings> settings_of(const RunOptions& o) {
  capture::RunSettings s;
  for (const std::string& text : o.hep_from) {
    wire::Address a;
    if (!wire::Address::parse(text, a))
      return fail(Exit::usage, fmt::format("--hep-from: '{}' is no address", text), {},
                  "an IPv4 or IPv6 address");
    s.engine.hep_from.push_back(a);
  }
  if (!o.hep.empty() && o.hep_from.empty())
    return fail(Exit::usage, "--hep without --hep-from: nobody's messages would be read",
                "only capture agents of the allow-list may tell the probe of calls",
                "--hep-from ADDRESS[,ADDRESS]");
  s.drop_duplicates = o.duplicates.empty() ? o.read.empty() : o.duplicates == "remove";
  WRIT_CHECK(name_inputs(o, s));
  return s;
}

Result<Source> open_source(const RunOptions& o, const capture::RunSettings& settings) {
  Source s;
  if (o.read == "-") {
    s.stream.emplace(capture::ByteSource::of(Fd{::dup(STDIN_FILENO)}));
    return s;
  }
  WRIT_TRY(live, live_settings(o, settings.engine.hep_from));
  WRIT_TRY(source, capture::LiveSource::open(
                       live, [](const std::string& line) { fmt::print(stderr, "{}\n", line); }));
  s.live.emplace(std::move(source));
  return s;
}

bool takes_connections(const RunOptions& o) {
  return std::any_of(o.hep.begin(), o.hep.end(), [](const std::string& h) { return h.starts_with("TCP:"); });
}

Json describe(const Source* s, const RunOptions& o, const capture::RunSettings& settings) {
  Json parts = Json::array();
  if (s != nullptr && s->live)
    for (const std::string& part : s->live->describe()) parts.push_back(part);
  return {{"kind", s == nullptr ? "file"
                   : s->live    ? "live"
                                : "stream"},
          {"parts", std::move(parts)},
          {"inputs", settings.engine.inputs},
          {"hep_from", o.hep_from}};
}

const StopFlag& catch_signals() {
  signal(SIGPIPE, SIG_IGN);  // a sealer that is gone is told by its end, and says why itself
  return stop_on_signals();
}

}  // namespace writ::probe
