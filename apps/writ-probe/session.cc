// SPDX-License-Identifier: GPL-3.0-or-later
// Order of a run: own key and certificate, log, clock, revocations, grants (each logged before it is used),
// spool, source, "probe.start" in the log, privileges away, packets. If the log cannot be written nothing
// starts.
#include "session.hh"

#include <fmt/format.h>
#include <signal.h>

#include "audit/log.hh"
#include "capture/status_keeper.hh"
#include "custody/ledger.hh"
#include "orders.hh"
#include "sandbox.hh"
#include "sources.hh"

namespace writ::probe {
namespace {

// A signal handler can reach nothing but this.
volatile int stop_requested = 0;
void on_signal(int) { stop_requested = 1; }

Status check_cert(const fs::path& file, const Identity& self, Instant now) {
  WRIT_TRY(text, read_file(file));
  WRIT_TRY(json, parse_json(text, file.string()));
  WRIT_TRY(cert, authority::parse_role_cert(json));
  WRIT_CHECK(authority::verify_cert(cert, self.roots, authority::Role::probe, now));
  if (cert.verify == self.sign.public_key() && cert.box == self.box.public_key()) return {};
  return fail(Exit::refused, "the certificate is another probe's",
              "a key counts only when both carrier roots certified it",
              "the certificate that was made from this probe's request.json",
              "'writ probe enroll' certifies request.json; bring its output here");
}

// The log of this probe, under its name.
class Journal {
 public:
  Journal(audit::Log log, const Identity& self) : log_(std::move(log)), actor_("probe:" + self.name) {}
  Status write(const std::string& action, Json detail) {
    const auto receipt = log_.append({actor_, action, {}, std::move(detail)});
    if (receipt) return {};
    Error e = receipt.error();
    e.rule = "an effect happens after its log entry is durable (docs/design.md, audit first)";
    return tl::unexpected(std::move(e));
  }

 private:
  audit::Log log_;
  std::string actor_;
};

Json grant_counts(const std::vector<authority::VerifiedGrant>& grants, const capture::Spool& spool) {
  Json list = Json::array();
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const capture::LaneCounts c = spool.counts(g);
    list.push_back({{"grant", crypto::hex(grants[g].id())},
                    {"events", c.events},
                    {"packets", c.packets},
                    {"acknowledged", c.acknowledged},
                    {"resumed", c.resumed},
                    {"ended", spool.ended(g)}});
  }
  return list;
}

Json unread_json(const intercept::UnreadCounts& counts) {
  Json list = Json::array();
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] > 0)
      list.push_back({{"packets", counts[k]}, {"why", to_string(static_cast<intercept::Unread>(k))}});
  return list;
}

Json summary(const capture::RunResult& r, Json grants, Exit exit) {
  return {{"schema", "writ.probe-run/1"},
          {"grants", std::move(grants)},
          {"packets", r.stats.packets},
          {"bytes", r.stats.bytes},
          {"calls_isolated", r.stats.calls_isolated},
          {"packets_isolated", r.stats.packets_isolated},
          {"reviews", r.stats.reviews},
          {"unread", unread_json(r.stats.unread)},
          {"spool_bytes", r.spool_bytes},
          {"records_resumed", r.records_resumed},
          {"hep_messages", r.stats.hep},
          {"duplicates_removed", r.duplicates},
          {"source_lost", r.source_lost},
          {"kernel_dropped", r.kernel_dropped},
          {"source_truncated", r.source_truncated},
          {"source_problem", r.source_problem},
          {"exit", static_cast<int>(exit)}};
}

void print(const Json& s, bool json) {
  if (json) {
    fmt::print("{}\n", canonical(s));
    return;
  }
  fmt::print(
      "{} grants, {} packets read, {} calls isolated, {} packets isolated, {} reviews, {} bytes sealed\n",
      s["grants"].size(), s["packets"].get<std::uint64_t>(), s["calls_isolated"].get<std::uint64_t>(),
      s["packets_isolated"].get<std::uint64_t>(), s["reviews"].get<std::uint64_t>(),
      s["spool_bytes"].get<std::uint64_t>());
  if (const auto n = s["records_resumed"].get<std::uint64_t>(); n > 0)
    fmt::print("{} records were sealed by an earlier run already\n", n);
  if (const auto n = s["duplicates_removed"].get<std::uint64_t>(); n > 0)
    fmt::print("{} packets that came twice were taken once\n", n);
  if (const auto n = s["hep_messages"].get<std::uint64_t>(); n > 0)
    fmt::print("{} messages came by HEP from capture agents\n", n);
}

// Says on stderr what is missing; Exit::partial when something is.
Exit judge(const capture::RunResult& r) {
  if (r.source_truncated) fmt::print(stderr, "the capture file ends within a packet\n");
  if (!r.source_problem.empty()) fmt::print(stderr, "the capture file is broken: {}\n", r.source_problem);
  if (r.kernel_dropped > 0) fmt::print(stderr, "the kernel dropped {} packets\n", r.kernel_dropped);
  if (r.source_lost > 0) fmt::print(stderr, "the capturing card lost {} packets\n", r.source_lost);
  bool partial = r.source_truncated || !r.source_problem.empty() || r.kernel_dropped > 0 || r.source_lost > 0;
  for (std::size_t k = 0; k < r.stats.unread.size(); ++k) {
    if (r.stats.unread[k] == 0) continue;
    const auto what = static_cast<intercept::Unread>(k);
    fmt::print(stderr, "{} packets {}: {}\n", r.stats.unread[k],
               is_noise(what) ? "are damaged" : "were not read", to_string(what));
    partial = partial || !is_noise(what);
  }
  return partial ? Exit::partial : Exit::ok;
}

Report reporter(Journal& journal) {
  return [&journal](const std::string& sha256, const std::optional<crypto::Digest>& grant,
                    const std::optional<Error>& refusal) -> Status {
    if (!refusal)
      return journal.write("probe.grant.accepted", {{"grant", crypto::hex(*grant)}, {"file_sha256", sha256}});
    fmt::print(stderr, "{}", to_text(*refusal));
    return journal.write("probe.grant.refused",
                         {{"file_sha256", sha256}, {"exit", static_cast<int>(refusal->exit)}});
  };
}

void catch_signals() {
  struct sigaction act {};
  act.sa_handler = on_signal;
  sigaction(SIGINT, &act, nullptr);
  sigaction(SIGTERM, &act, nullptr);
}

struct Prepared {
  std::vector<authority::VerifiedGrant> grants;
  Source source;
};

Result<capture::RunResult> run_source(Source& s, const std::string& read,
                                      const std::vector<authority::VerifiedGrant>& grants,
                                      capture::Spool& spool, const capture::Watch& watch) {
  if (s.live) {
    const auto alarm = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
    return capture::run_live(*s.live, grants, spool, watch, s.settings, stop_requested, alarm);
  }
  if (s.stream)
    return capture::run_stream(std::move(*s.stream), grants, spool, watch, s.settings, stop_requested);
  return capture::run_file(read, grants, spool, watch, s.settings);
}

Result<Exit> capture_packets(const RunOptions& o, Journal& journal, Orders& orders, Prepared& p,
                             capture::Spool& spool, capture::StatusKeeper& status) {
  const bool is_file = !p.source.live && !p.source.stream;
  WRIT_CHECK(journal.write("probe.start", {{"grants", p.grants.size()}, {"source", describe(p.source, o)}}));
  catch_signals();
  WRIT_CHECK(close_the_door(takes_connections(o)));
  const capture::Watch watch = [&]() -> Status {
    if (is_file && stop_requested != 0)
      return fail(Exit::failure, "stopped by a signal; run it again to finish");
    Status good = orders.watch(p.grants, spool);
    status.look(spool);
    return good;
  };
  auto result = run_source(p.source, o.read, p.grants, spool, watch);
  const Exit exit = result ? judge(*result) : result.error().exit;
  status.end(spool, static_cast<int>(exit));
  Json counts = grant_counts(p.grants, spool);
  WRIT_CHECK(journal.write("probe.stop", {{"grants", counts}, {"exit", static_cast<int>(exit)}}));
  if (!result) return tl::unexpected(std::move(result).error());
  Json said = summary(*result, std::move(counts), exit);
  said["source"] = describe(p.source, o);  // by now it is known whose clock stamped the packets
  print(said, o.json);
  return exit;
}

}  // namespace

Result<Exit> run_session(const RunOptions& o) {
  WRIT_TRY(settings, settings_of(o));
  WRIT_CHECK(become_owner(o.dir, !o.interfaces.empty()));
  WRIT_TRY(lock, occupy(o.dir));
  WRIT_TRY(self, load_probe(o.dir));
  SystemClock wall;
  capture::BootClock boot;
  WRIT_TRY(log, audit::Log::open(o.dir / "log", self.sign, self.roots.audit_reader, wall));
  Journal journal{std::move(log), self};
  capture::WallGuard guard{o.dir / "clock.mark", wall, boot};
  const auto refuse = [&](const Error& e) -> Result<Exit> {
    WRIT_CHECK(journal.write("probe.refused", {{"exit", static_cast<int>(e.exit)}}));
    return tl::unexpected(e);
  };
  const auto now = guard.now();
  if (!now) return refuse(now.error());
  if (const Status good = check_cert(o.cert, self, *now); !good) return refuse(good.error());
  const fs::path spool_dir = o.dir / "spool";
  auto still = custody::lock_custody(o.dir);  // nobody retrieves or destroys while the spool is opened
  if (!still) return tl::unexpected(std::move(still).error());
  WRIT_CHECK(capture::recover_spool(spool_dir, self.sign, wall));
  Orders orders{self, o.dir, o.grants, guard};
  Prepared p;
  auto grants = orders.load(reporter(journal));
  if (!grants) return refuse(grants.error());
  p.grants = std::move(*grants);
  p.source.settings = std::move(settings);
  WRIT_TRY(source, open_source(o, p.source));
  WRIT_TRY(spool, capture::Spool::open(spool_dir, p.grants, self.sign, wall, source));
  for (const authority::VerifiedGrant& g : p.grants) WRIT_CHECK(custody::note_matter(spool_dir, g));
  still->reset();
  capture::StatusKeeper status{o.dir, p.grants, p.source.live.has_value(), wall, boot};
  return capture_packets(o, journal, orders, p, spool, status);
}

}  // namespace writ::probe
