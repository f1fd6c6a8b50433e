// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "capture/headroom.hh"
#include "capture/run.hh"
#include "capture/status_keeper.hh"
#include "preparation.hh"
#include "probe/confine.hh"
#include "probe/file_reader.hh"
#include "probe/ring_owner.hh"
#include "probe/sealer.hh"
#include "probe/trusted_inputs.hh"
#include "sources.hh"
#include "summary.hh"
#include "worker/frames.hh"

namespace writ::probe {
namespace {

constexpr std::uint8_t says_ready = 'R', says_source = 'S', says_go = 'G', says_end = 'D', says_grant = 'N';
constexpr std::size_t word_bytes_max = 16u << 20;

Status say(const Fd& to, std::uint8_t kind, const Json& what) {
  return write_all(to.get(), worker::encode_frame(kind, view_of(canonical(what))));
}

// nullopt: the other side is gone.
std::optional<Json> hear(const Fd& from, std::uint8_t kind) {
  Bytes body;
  if (!worker::read_frame(from.get(), kind, word_bytes_max, body)) return std::nullopt;
  auto j = parse_canonical(body, "the other process");
  return j ? std::optional{std::move(*j)} : std::nullopt;
}

// ---- the sealer

void leave_standard_input() {
  const Fd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (nothing) ::dup2(nothing.get(), STDIN_FILENO);
}

// How the sources ended, as the owner tells; what it does not tell any more is not known.
struct SourcesEnd {
  capture::SourceEnd source;
  std::optional<Error> error;
  Json description;
};

SourcesEnd sources_end(const Fd& owner, const Result<Sealed>& sealed, Json before) {
  SourcesEnd out;
  out.description = std::move(before);
  if (!sealed) return out;  // the owner is not asked, and sees that we end
  const auto said = hear(owner, says_end);
  if (!said) return out;
  out.source.truncated = said->value("truncated", false);
  out.source.problem = said->value("problem", "");
  out.source.lost = said->value("lost", std::uint64_t{0});
  if (said->contains("source")) out.description = said->at("source");
  if (const int exit = said->value("exit", 0); exit != 0)
    out.error = Error{static_cast<Exit>(exit), said->value("what", ""), said->value("rule", ""),
                      said->value("missing", ""), said->value("next", "")};
  return out;
}

// Status, log and summary of a run that is over; what it ended with.
Result<Exit> conclude(const RunOptions& o, Ready& ready, const Board& board, capture::StatusKeeper& status,
                      const Result<Sealed>& sealed, const SourcesEnd& end) {
  const capture::HeadroomUse room{o.dir};  // log and status must say how it ended; the spool is closed by now
  const Error* const error = !sealed ? &sealed.error() : end.error ? &*end.error : nullptr;
  capture::RunResult run;
  if (sealed) run = sealed->run;
  run.source = end.source;
  Exit exit = error != nullptr ? error->exit : judge(run);
  if (exit == Exit::ok && (sealed->refused > 0 || sealed->fresh_starts > 0)) exit = Exit::partial;
  status.end(*ready.spool, static_cast<int>(exit));
  if (o.is_file()) run.kernel_dropped = 0;  // what the card that wrote the file lost is told by the source
  Json counts = grant_counts(ready.grants, *ready.spool);
  const Json parser{{"takeovers", board.takeovers.load()},
                    {"fresh_starts", board.fresh_starts.load()},
                    {"findings_refused", sealed ? sealed->refused : 0}};
  const Status noted = ready.journal->write(
      "probe.stop", {{"grants", counts}, {"exit", static_cast<int>(exit)}, {"parser", parser}});
  if (error != nullptr) {  // what ended the run is said, also when that keeps the log from being written
    if (!noted) fmt::print(stderr, "{}", to_text(noted.error()));
    return tl::unexpected(*error);
  }
  WRIT_CHECK(noted);
  Json out = summary(run, std::move(counts), exit);
  out["source"] = end.description;  // by now it is known whose clock stamped the packets
  out["parser"] = parser;
  print_summary(out, o.json);
  return exit;
}

Result<Exit> seal_session(const RunOptions& o, const capture::RunSettings& settings, Stage& stage,
                          const Fd& owner, int owner_pid) {
  leave_the_network(true);
  WRIT_CHECK(become_owner(o.dir, false));
  WRIT_TRY(ready, prepare(o, settings));
  Json ids = Json::array();
  for (const auto& g : ready->grants) ids.push_back(crypto::hex(g.id()));
  const bool owner_is_there = bool(say(owner, says_ready, ids));
  const auto source = owner_is_there ? hear(owner, says_source) : std::nullopt;
  if (!source) return Exit::failure;  // the owner said why
  if (source->contains("refused")) {
    WRIT_CHECK(ready->journal->write("probe.refused", {{"exit", source->at("refused")}}));
    return Exit::refused;
  }
  capture::StatusKeeper status{o.dir, ready->grants, o.read.empty(), ready->wall, ready->boot};
  WRIT_CHECK(ready->journal->write("probe.start", {{"grants", ready->grants.size()}, {"source", *source}}));
  WRIT_CHECK(restrict_files({o.dir}, {o.grants}));
  WRIT_CHECK(close_the_door({}));
  WRIT_CHECK(say(owner, says_go, Json::object()));

  const auto hand_on = [&](View offer) -> Status {
    ++stage.board().offers;  // first: the owner reads what does not fit between us
    // An owner that is gone is noticed by the sealer, which then ends in good order.
    static_cast<void>(write_all(owner.get(), worker::encode_frame(says_grant, offer)));
    return {};
  };
  const capture::Watch watch = [&]() -> Status {
    Status good = ready->orders->watch(ready->grants, *ready->spool);
    if (good) good = take_in(*ready, o.dir, hand_on);
    status.office_unheard(ready->orders->unheard_since());
    status.look(*ready->spool);
    return good;
  };
  const capture::Watch last_word = [&] { return ready->orders->last_word(ready->grants, *ready->spool); };
  const std::function<void(const std::string&)> said = [](const std::string& line) {
    fmt::print(stderr, "{}\n", line);
  };
  const auto sealed = Sealer{stage, ready->grants, *ready->spool, watch, last_word, said, owner_pid}.run();
  return conclude(o, *ready, stage.board(), status, sealed, sources_end(owner, sealed, *source));
}

[[noreturn]] void be_sealer(const RunOptions& o, const capture::RunSettings& settings, Stage& stage,
                            const Fd& owner, int owner_pid) {
  ::prctl(PR_SET_NAME, "writ-sealer");
  leave_standard_input();
  // The owner is who is told to stop.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  const auto done = seal_session(o, settings, stage, owner, owner_pid);
  if (!done) fmt::print(stderr, "{}", to_text(done.error()));
  std::fflush(nullptr);
  ::_exit(static_cast<int>(done ? *done : done.error().exit));
}

// ---- the owner

// Dies as it did, so that whoever started us sees the same.
Exit exit_as(int status) {
  if (!WIFSIGNALED(status)) return static_cast<Exit>(WEXITSTATUS(status));
  ::signal(WTERMSIG(status), SIG_DFL);
  ::raise(WTERMSIG(status));
  return Exit::failure;
}

Exit wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_as(status);
}

// How the sources ended, for the sealer's summary.
void tell_end(const Fd& sealer, const capture::SourceEnd& end, const Status& worked, Json source) {
  Json said{{"truncated", end.truncated},
            {"problem", end.problem},
            {"lost", end.lost},
            {"source", std::move(source)}};
  if (!worked) {
    const Error& e = worked.error();
    said.update({{"exit", static_cast<int>(e.exit)},
                 {"what", e.what},
                 {"rule", e.rule},
                 {"missing", e.missing},
                 {"next", e.next}});
  }
  static_cast<void>(say(sealer, says_end, said));
}

// With the inputs that the grants name, as the file's interfaces.
Result<capture::RunSettings> settings_for_file(const RunOptions& o, capture::RunSettings s,
                                               const std::vector<authority::VerifiedGrant>& grants,
                                               const Fd& sealer) {
  if (s.one_input) return s;
  auto inputs = inputs_for(grants, o.read);
  if (!inputs) {  // for the log, which is not ours
    static_cast<void>(say(sealer, says_source, {{"refused", static_cast<int>(inputs.error().exit)}}));
    return tl::unexpected(std::move(inputs).error());
  }
  s.engine.inputs = std::move(*inputs);
  return s;
}

// Neither keys nor sockets: a file's bytes, and what grants say.
Result<Exit> own_file(const RunOptions& o, const capture::RunSettings& settings, Stage& stage,
                      const Fd& sealer, pid_t sealer_pid) {
  WRIT_CHECK(become_owner(o.dir, false));
  const auto ready = hear(sealer, says_ready);
  if (!ready) return wait_for(sealer_pid);  // it said why
  WRIT_TRY(pinned, load_public(o.dir));
  WRIT_TRY(grants, verify_again(pinned, o.grants, ready->get<std::vector<std::string>>()));
  WRIT_TRY(file_settings, settings_for_file(o, settings, grants, sealer));
  WRIT_TRY(file, capture::CaptureFile::open(o.read, file_settings));
  WRIT_CHECK(say(sealer, says_source, describe(nullptr, o, file_settings)));
  if (!hear(sealer, says_go)) return wait_for(sealer_pid);
  const StopFlag& stop = catch_signals();
  leave_the_network(false);
  WRIT_CHECK(restrict_files({}, {}));
  WRIT_CHECK(close_the_door({false, false, false}));
  FileReader reader{stage, grants, file_settings, stop, sealer_pid};
  capture::SourceEnd end;
  const Status worked = file.read(reader, end);
  // After an error, what came before it is whole, unless nobody seals any more.
  if (worked || (!reader.sealer_ended() && reader.abandon()))
    tell_end(sealer, end, worked, describe(nullptr, o, file_settings));
  return exit_as(reader.sealer_status());
}

Status run_sources(Source& s, const capture::RunSettings& settings, RingOwner& owner, const StopFlag& stop,
                   capture::SourceEnd& end) {
  if (s.stream) return capture::run_stream(std::move(*s.stream), owner, stop, end, settings);
  return capture::run_live(*s.live, owner, stop,
                           [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
}

Result<Exit> own_sources(const RunOptions& o, const capture::RunSettings& settings, Stage& stage,
                         const Fd& sealer, pid_t sealer_pid) {
  WRIT_CHECK(become_owner(o.dir, !o.interfaces.empty()));
  const auto ready = hear(sealer, says_ready);
  if (!ready) return wait_for(sealer_pid);  // it said why
  WRIT_TRY(pinned, load_public(o.dir));
  WRIT_TRY(grants, verify_again(pinned, o.grants, ready->get<std::vector<std::string>>()));
  WRIT_TRY(source, open_source(o, settings));
  WRIT_CHECK(say(sealer, says_source, describe(&source, o, settings)));
  if (!hear(sealer, says_go)) return wait_for(sealer_pid);
  const StopFlag& stop = catch_signals();
  leave_the_network(false);
  WRIT_CHECK(restrict_files({}, {}));
  WRIT_CHECK(close_the_door({takes_connections(o), true, false, !o.interfaces.empty()}));

  const std::function<void(const std::string&)> alarm = [](const std::string& line) {
    fmt::print(stderr, "{}\n", line);
  };
  const GrantDoor door{[&]() -> std::optional<Bytes> {
                         Bytes offer;
                         if (!worker::read_frame(sealer.get(), says_grant, word_bytes_max, offer)) return {};
                         return offer;
                       },
                       [&](View offer, Instant now) { return verify_offer(offer, pinned, now); }};
  RingOwner owner{stage, grants, door, settings, sealer_pid, alarm};
  capture::SourceEnd end;
  Status worked = run_sources(source, settings, owner, stop, end);
  if (!worked && owner.sealer_ended()) return exit_as(owner.sealer_status());
  // A source that fails ends the run in good order: what came before is whole.
  if (!worked)
    if (const Status finished = owner.finish(); !finished) return exit_as(owner.sealer_status());
  tell_end(sealer, end, worked, describe(&source, o, settings));
  return exit_as(owner.sealer_status());
}

}  // namespace

Result<Exit> run_session(const RunOptions& o) {
  WRIT_TRY(settings, settings_of(o));
  WRIT_TRY(stage, Stage::make(o.is_file() ? Stage::no_frames : Stage::frames_bytes));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(Exit::unit, fmt::format("connect the probe's processes: {}", std::strerror(errno)));
  Fd ours{ends[0]}, theirs{ends[1]};
  const int owner_pid = ::getpid();
  std::fflush(nullptr);
  const pid_t sealer = ::fork();
  if (sealer < 0) return fail(Exit::unit, fmt::format("start the sealer: {}", std::strerror(errno)));
  if (sealer == 0) {
    ours.reset();
    be_sealer(o, settings, stage, theirs, owner_pid);
  }
  theirs.reset();
  auto done = o.is_file() ? own_file(o, settings, stage, ours, sealer)
                          : own_sources(o, settings, stage, ours, sealer);
  if (done) return done;
  ours.reset();  // the sealer sees that nothing will come
  int status = 0;
  ::waitpid(sealer, &status, 0);
  return done;
}

}  // namespace writ::probe
