// SPDX-License-Identifier: GPL-3.0-or-later
#include "status.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include <memory>

#include "base/stop.hh"
#include "capture/status_keeper.hh"
#include "probe_dir.hh"
#include "vault/segment_base.hh"

namespace writ::probe {
namespace {

struct StatusArgs {
  fs::path dir;
  bool json = false, watch = false;
  int disk_hours = 24, authority_hours = 24;
};

struct Look {
  std::optional<capture::RunStatus> run;  // none yet
  bool alive = false;
  Instant now{};
  std::vector<capture::Alarm> alarms;
};

// A run holds the lock of its directory as long as it lives.
bool somebody_works_in(const fs::path& dir) {
  const Fd fd{::open((dir / "lock").c_str(), O_RDONLY | O_CLOEXEC)};
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
}

Result<Look> look_at(const StatusArgs& a) {
  Look l;
  SystemClock wall;
  l.alive = somebody_works_in(a.dir);
  WRIT_TRY(run, capture::read_run_status(a.dir));
  l.run = std::move(run);
  l.now = wall.now();
  if (l.run)
    l.alarms = capture::alarms_of(*l.run, l.alive, l.now,
                                  {std::chrono::hours{a.disk_hours}, std::chrono::hours{a.authority_hours}});
  return l;
}

Exit exit_of(const Look& l) { return l.alarms.empty() ? Exit::ok : Exit::partial; }

// --- what the spool holds
// -----------------------------------------------------------------------------------

Result<Json> stream_status(const fs::path& dir, vault::Stream stream, const crypto::VerifyKey& key,
                           bool alive) {
  WRIT_TRY(base, vault::read_base(dir, stream, key));
  WRIT_TRY(files, vault::list_after(dir, base));
  std::uint64_t records = 0, bytes = 0, cut = 0;
  bool final = false;
  for (const auto& [number, file] : files) {
    // The last one of a running probe grows while we look; one that was killed left it as it was.
    if (number == files.back().first) {
      WRIT_TRY(map, MappedFile::open(file));
      WRIT_TRY(part, vault::whole_part(map.bytes(), key, file.filename().string()));
      if (alive || !part.closed) {
        bytes += part.bytes;
        records += part.records;
        continue;
      }
    }
    WRIT_TRY(s, vault::verify_segment(file, key));
    records += s.records;
    bytes += s.bytes;
    cut += s.cut;
    final = s.final;
  }
  return Json{{"segments", files.size()}, {"records", records},
              {"bytes", bytes},           {"cut", cut},
              {"final", final},           {"destroyed_through", base.through}};
}

Result<Json> spool_status(const fs::path& dir, const crypto::VerifyKey& key, bool alive) {
  Json list = Json::array();
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(dir / "spool", ec)) {
    if (!entry.is_directory(ec)) continue;
    WRIT_TRY(call_data, stream_status(entry.path(), vault::Stream::call_data, key, alive));
    WRIT_TRY(content, stream_status(entry.path(), vault::Stream::content, key, alive));
    list.push_back(
        {{"grant", entry.path().filename().string()}, {"call_data", call_data}, {"content", content}});
  }
  return list;
}

Json look_json(const Look& l) {
  Json alarms = Json::array();
  for (const capture::Alarm& a : l.alarms) alarms.push_back({{"kind", a.kind}, {"what", a.what}});
  Json run = l.run ? capture::to_json(*l.run) : Json{};
  if (l.run) {
    const auto hours = capture::disk_hours(*l.run);
    run["disk_hours"] = hours ? Json(*hours) : Json{};
  }
  return Json{{"alive", l.alive}, {"alarms", std::move(alarms)}, {"run", std::move(run)}};
}

void print_spool(const Json& spool) {
  for (const Json& g : spool)
    fmt::print("spool of {}: call data {} records in {} segments, content {} records in {} segments\n",
               g["grant"].get<std::string>().substr(0, 8), g["call_data"]["records"].get<std::uint64_t>(),
               g["call_data"]["segments"].get<std::uint64_t>(), g["content"]["records"].get<std::uint64_t>(),
               g["content"]["segments"].get<std::uint64_t>());
}

Result<Exit> status_once(const StatusArgs& a) {
  WRIT_TRY(self, load_probe(a.dir));
  const crypto::VerifyKey key = self.sign.public_key();
  WRIT_TRY(l, look_at(a));
  WRIT_TRY(spool, spool_status(a.dir, key, l.alive));
  if (a.json) {
    Json j = look_json(l);
    j["schema"] = "writ.probe-status/1";
    j["name"] = self.name;
    j["key"] = key.text();
    j["grants"] = spool;
    fmt::print("{}\n", canonical(j));
    return exit_of(l);
  }
  fmt::print("probe {}, key {}\nroots {}\n", self.name, key.text(), authority::fingerprint(self.roots));
  if (l.run)
    fmt::print("{}", capture::status_text(*l.run, l.alarms, l.alive, l.now));
  else
    fmt::print("no run yet\n");
  print_spool(spool);
  return exit_of(l);
}

// --- the live screen
// ----------------------------------------------------------------------------------------

// Keys without their line end and without echo, as long as this lives.
class RawKeys {
 public:
  RawKeys() {
    is_terminal_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_) return;
    termios raw = before_;
    raw.c_lflag &= static_cast<tcflag_t>(~static_cast<tcflag_t>(ICANON | ECHO));
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawKeys() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;
  // Waits a second; whether the watcher wants to leave.
  bool left() const {
    if (!is_terminal_) {
      ::poll(nullptr, 0, 1000);
      return false;
    }
    pollfd key{STDIN_FILENO, POLLIN, 0};
    char c = 0;
    if (::poll(&key, 1, 1000) < 0) return true;  // a signal
    return (key.revents & POLLIN) != 0 && (::read(STDIN_FILENO, &c, 1) != 1 || c == 'q' || c == 3 || c == 4);
  }

 private:
  termios before_{};
  bool is_terminal_ = false;
};

// What is shown of one look; line ends clear the rest of what stood there before.
std::string screen(const std::string& name, const Look& l) {
  std::string text =
      fmt::format("probe {}   {}\n\n{}\nq: leave\n", name, rfc3339_seconds(l.now),
                  l.run ? capture::status_text(*l.run, l.alarms, l.alive, l.now) : "no run yet\n");
  std::string out = "\x1b[H";
  for (const char c : text) out += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return out + "\x1b[J";
}

Result<Exit> status_watch(const StatusArgs& a) {
  WRIT_TRY(self, load_probe(a.dir));
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const StopFlag& stop = stop_on_signals();
  const RawKeys keys;
  Exit exit = Exit::ok;
  if (terminal) fmt::print("\x1b[2J");
  while (!stop) {
    WRIT_TRY(l, look_at(a));
    exit = exit_of(l);
    if (a.json)
      fmt::print("{}\n", canonical(look_json(l)));
    else if (terminal)
      fmt::print("{}", screen(self.name, l));
    else
      fmt::print("{}\n", l.run ? capture::status_text(*l.run, l.alarms, l.alive, l.now) : "no run yet\n");
    if (std::fflush(stdout) != 0) break;  // who read it has gone
    if (keys.left()) break;
  }
  return exit;
}

Result<Exit> metrics(const StatusArgs& a) {
  WRIT_CHECK(load_public(a.dir).map([](const auto&) {}));  // a wrong directory is no probe without alarms
  WRIT_TRY(l, look_at(a));
  if (!l.run) l.run.emplace();
  if (l.run->at == Instant{}) l.run->at = l.now;
  fmt::print("{}", capture::status_metrics(*l.run, l.alarms, l.alive, l.now));
  return exit_of(l);
}

}  // namespace

void add_status_commands(CLI::App& app, std::function<Result<Exit>()>& chosen) {
  const auto a = std::make_shared<StatusArgs>();
  const auto add = [&](const char* name, const char* help, Result<Exit> (*f)(const StatusArgs&)) {
    auto* c = app.add_subcommand(name, help);
    c->add_option("--dir", a->dir, "the probe's directory")->required();
    c->add_option("--disk-hours", a->disk_hours, "alarm when the disk is full earlier (24)")
        ->check(CLI::Range(0, 100'000));
    c->add_option("--authority-hours", a->authority_hours, "alarm when an authority ends earlier (24)")
        ->check(CLI::Range(0, 100'000));
    c->callback([a, f, &chosen] { chosen = [a, f] { return f(*a); }; });
    return c;
  };
  auto* status = add("status", "the run, its alarms, and what the spool holds; exit 8: an alarm stands",
                     [](const StatusArgs& s) { return s.watch ? status_watch(s) : status_once(s); });
  status->add_flag("--json", a->json);
  status->add_flag("--watch", a->watch, "each second, until q");
  add("metrics", "the run in the text form of Prometheus; exit 8: an alarm stands", metrics);
}

}  // namespace writ::probe
