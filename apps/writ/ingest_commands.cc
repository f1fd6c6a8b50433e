// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "cli.hh"
#include "desk/ingest_service.hh"

namespace writ::cli {
namespace ingest_commands {
namespace {

struct Args {
  std::string file, source, listen = "127.0.0.1:8080", auth_file;
  bool progress = false, once = false;
};

Result<ingest::SourceSettings> read_source(const std::string& file) {
  WRIT_TRY(text, read_text(file));
  return ingest::parse_source(text, file);
}

std::string progress_line(const ingest::Progress& p) {
  const double rate = p.seconds > 0 ? static_cast<double>(p.rows) / p.seconds : 0;
  std::string out = fmt::format("{} rows, {:.0f} a second", p.rows, rate);
  if (p.bytes_total > 0 && p.bytes > 0 && p.bytes <= p.bytes_total)
    out +=
        fmt::format(", {:.0f} %, {:.0f} s left",
                    100.0 * static_cast<double>(p.bytes) / static_cast<double>(p.bytes_total),
                    p.seconds * static_cast<double>(p.bytes_total - p.bytes) / static_cast<double>(p.bytes));
  return out;
}

std::function<void(const ingest::Progress&)> progress_to(const Options& o, const Args& a) {
  if (a.progress) return [](const ingest::Progress& p) { std::cerr << progress_line(p) << "\n"; };
  if (o.quiet || isatty(STDERR_FILENO) == 0) return {};
  return [](const ingest::Progress& p) { std::cerr << "\r\033[K" << progress_line(p) << std::flush; };
}

Json to_json(const desk::CdrImport& done) {
  const ingest::ImportCounts& n = done.counts;
  return Json{{"schema", "writ.ingest/1"},
              {"source", n.source},
              {"rows", n.rows},
              {"added", n.added},
              {"duplicates", n.duplicates},
              {"quarantined", n.quarantined},
              {"already_there", n.already_there},
              {"months", n.months},
              {"suspended", done.suspended.stopped.size()},
              {"problems", n.first_problems}};
}

Status ingest_cdr(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(source, read_source(a.source));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(done, desk::IngestService{c}.import_cdrs(a.file, source, who[0], progress_to(o, a)));
  const ingest::ImportCounts& n = done.counts;
  if (!o.quiet && !a.progress && isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K";
  if (o.json) print(to_json(done));
  for (const std::string& p : n.first_problems) say(o, p);
  say(o, n.already_there ? fmt::format("{} was taken in before: nothing is changed", a.file)
                         : fmt::format("{} rows: {} added, {} there already, {} in quarantine", n.rows,
                                       n.added, n.duplicates, n.quarantined));
  for (const auto& s : done.suspended.stopped) say(o, "suspended: " + canonical(to_json(s)));
  WRIT_CHECK(desk::to_status(done.suspended));
  if (n.quarantined == 0 || n.already_there) return {};
  return fail(Exit::partial, fmt::format("{} records of {} are in quarantine", n.quarantined, a.file), {}, {},
              fmt::format("writ ingest quarantine {} names each line and reason; the rest is in",
                          n.source.substr(0, 16)));
}

// A running feed: one line for each thing that happens; JSON lines on stdout with --json.
desk::Talk talker(const Options& o) {
  return [&o](const std::string& what, const Json& detail) {
    if (o.json) {
      Json line = detail;
      line["what"] = what;
      std::cout << canonical(line) << "\n" << std::flush;
    }
    const bool loud = what == "trouble" || what == "suspended" || what == "resync.unnamed";
    if (loud && detail.contains("error"))
      std::cerr << detail["error"].get<std::string>() << std::flush;
    else if (loud || !o.quiet)
      std::cerr << what << " " << canonical(detail) << "\n";
  };
}

Status ingest_fias(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(text, read_text(a.file));
  WRIT_TRY(hotel, ingest::parse_hotel(text, a.file));
  WRIT_TRY(c, open_carrier(o));
  signal(SIGPIPE, SIG_IGN);
  return desk::IngestService{c}.run_fias(hotel, who[0], stop_on_signals(), a.once, talker(o));
}

Status ingest_http(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(source, read_source(a.source));
  ingest::ReceiverSettings at;
  const auto colon = a.listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : a.listen.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65'535)
    return fail(Exit::usage, fmt::format("'{}' is not an address to listen on", a.listen), {}, {},
                "write --listen 127.0.0.1:8080");
  at.address = a.listen.substr(0, colon);
  at.port = static_cast<std::uint16_t>(std::stoi(port));
  WRIT_TRY(auth, read_text(a.auth_file));
  const std::string line = auth.substr(0, auth.find('\n'));
  const auto at_colon = line.find(':');
  if (at_colon == 0 || at_colon == std::string::npos || at_colon + 1 == line.size())
    return fail(Exit::usage, fmt::format("{} holds no user and password", a.auth_file), {}, {},
                "write USER:PASSWORD into its first line, as the switch sends them");
  at.user = line.substr(0, at_colon);
  at.password = line.substr(at_colon + 1);
  WRIT_TRY(c, open_carrier(o));
  signal(SIGPIPE, SIG_IGN);
  return desk::IngestService{c}.run_receiver(source, at, who[0], stop_on_signals(), talker(o));
}

Status show_quarantine(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  return desk::IngestService{c}.quarantine(a.source, who[0], [&](const Json& row) -> Status {
    if (o.json)
      print(row);
    else
      print(fmt::format("{} line {}: {}\n", row.value("source", "").substr(0, 16), row["line"].dump(),
                        row.value("reason", "")));
    return {};
  });
}

}  // namespace
}  // namespace ingest_commands

void add_ingest_commands(CLI::App& app, Options& o) {
  using namespace ingest_commands;
  const auto a = std::make_shared<Args>();
  auto* in = app.add_subcommand("ingest", "call detail records and stays, from switches and hotels")
                 ->require_subcommand(1);
  auto* cdr = command(in, o, "cdr", "a file of call detail records", [&o, a] { return ingest_cdr(o, *a); });
  cdr->add_option("file", a->file)->required();
  cdr->add_option("--source", a->source, "how the switch writes it (docs/ingest.md)")->required();
  cdr->add_flag("--progress", a->progress, "a line a second on standard error: rows, rate, time left");

  auto* fias =
      command(in, o, "fias", "the link to a hotel's property system; a stay's end suspends its grants",
              [&o, a] { return ingest_fias(o, *a); });
  fias->add_option("hotel", a->file, "HOTEL.toml (docs/ingest-hotel.md)")->required();
  fias->add_flag("--once", a->once, "end when the first resync is done");

  auto* http =
      command(in, o, "http", "records that a switch posts over HTTP", [&o, a] { return ingest_http(o, *a); });
  http->add_option("source", a->source, "SOURCE.toml (docs/ingest.md)")->required();
  http->add_option("--listen", a->listen, "ADDRESS:PORT (default 127.0.0.1:8080)");
  http->add_option("--auth-file", a->auth_file, "USER:PASSWORD that the switch sends")->required();

  command(in, o, "quarantine", "which records were not taken in, and why", [&o, a] {
    return show_quarantine(o, *a);
  })->add_option("source", a->source, "beginning of a file's SHA-256 (default: all)");
}

}  // namespace writ::cli
