// SPDX-License-Identifier: GPL-3.0-or-later
#include "field.hh"

#include <fmt/format.h>

#include <memory>

#include "audit/log.hh"
#include "capture/headroom.hh"
#include "capture/spool.hh"
#include "custody/retrieve.hh"
#include "custody/wipe.hh"
#include "probe/confine.hh"
#include "probe_dir.hh"

namespace writ::probe {
namespace {

struct FieldArgs {
  fs::path dir, out, ack;
  std::string day, matter;
  bool again = false, json = false;
};

// The probe's key and log, for one act. The log may be a running probe's, too: appends take turns.
class FieldWork {
 public:
  static Result<std::unique_ptr<FieldWork>> open(const fs::path& dir) {
    WRIT_CHECK(become_owner(dir, false));
    WRIT_TRY(self, load_probe(dir));
    auto f = std::unique_ptr<FieldWork>(new FieldWork(dir, std::move(self)));
    WRIT_TRY(log, audit::Log::open(dir / "log", f->self_.sign, f->self_.roots.audit_reader, f->wall_));
    f->log_.emplace(std::move(log));
    f->site_ = {
        dir,
        f->self_.name,
        &f->self_.sign,
        &f->self_.roots,
        f->wall_.now(),
        [p = f.get()](const std::string& action, const Json& detail) { return p->note(action, detail); }};
    return f;
  }
  const custody::Site& site() const { return site_; }
  // Nothing that is still open is ever destroyed, and no run begins on a full disk to close it: so a
  // retrieval closes what a run left that is gone. What cannot be closed is retrieved all the same.
  void close_what_is_left() {
    const auto still = custody::lock_custody(site_.dir);
    if (!still) return;  // the retrieval says it
    const Status closed = capture::recover_spool(site_.spool(), self_.sign, wall_);
    const bool is_running = !closed && closed.error().exit == Exit::unit;
    if (!closed && !is_running) fmt::print(stderr, "{}", to_text(closed.error()));
  }

 private:
  FieldWork(const fs::path& dir, Identity self) : self_(std::move(self)), room_(dir) {}
  Status note(const std::string& action, const Json& detail) {
    return log_->append({"probe:" + self_.name, action, {}, detail}).map([](const auto&) {});
  }
  Identity self_;
  capture::HeadroomUse room_;
  SystemClock wall_;
  std::optional<audit::Log> log_;
  custody::Site site_;
};

Json retrieved_json(const custody::Retrieved& r) {
  return {{"matter", r.matter},
          {"sequence", r.sequence},
          {"sha256", crypto::hex(r.id)},
          {"bundle", r.bundle.string()},
          {"day", r.day},
          {"pieces", r.pieces},
          {"bytes", r.bytes},
          {"new", r.is_new}};
}

void tell_retrieved(const custody::Retrieved& r) {
  if (r.bundle.empty()) {
    fmt::print("{}: nothing new since bundle {} of {}\n", r.matter, r.sequence, r.day);
    return;
  }
  fmt::print("{}: bundle {} of {}: {} pieces, {} bytes, {}\n  {}\n  sha256 {}\n", r.matter, r.sequence, r.day,
             r.pieces, r.bytes, r.is_new ? "new" : "made before", r.bundle.string(), crypto::hex(r.id));
}

Result<Exit> retrieve_command(FieldArgs a) {
  WRIT_TRY(work, FieldWork::open(a.dir));
  work->close_what_is_left();
  if (a.day.empty()) a.day = rfc3339(work->site().now).substr(0, 10);
  WRIT_TRY(done, custody::retrieve(work->site(), {a.out, a.day, a.matter, a.again}));
  Json list = Json::array();
  for (const custody::Retrieved& r : done.bundles) list.push_back(retrieved_json(r));
  if (a.json)
    fmt::print("{}\n",
               canonical(Json{{"schema", "writ.retrieved/1"}, {"bundles", list}, {"unnamed", done.unnamed}}));
  else
    for (const custody::Retrieved& r : done.bundles) tell_retrieved(r);
  for (const std::string& g : done.unnamed)
    fmt::print(stderr, "grant {} is not retrieved: its matter is written down when the probe runs it again\n",
               g.substr(0, 16));
  return done.unnamed.empty() ? Exit::ok : Exit::partial;
}

Result<Exit> wipe_command(const FieldArgs& a) {
  if (a.ack.empty())
    return fail(Exit::refused, "nothing is destroyed without the office's acknowledgement",
                "evidence is destroyed at the probe only when the office holds it (docs/field-work.md)",
                "the acknowledgement that the import of a bundle writes",
                "writ intercept import MATTER --bundle PATH at the office; then --ack FILE here");
  WRIT_TRY(work, FieldWork::open(a.dir));
  WRIT_TRY(text, custody::read_paper(a.ack));
  WRIT_TRY(done, custody::wipe(work->site(), text));
  fs::path out = a.out;
  if (!done.record.empty() && !out.empty()) {
    std::error_code ec;
    if (fs::is_directory(out, ec)) out /= "writ-destruction-" + done.kept.filename().string();
    WRIT_CHECK(write_file(out, done.record));
  }
  const std::size_t n = done.destruction.destroyed.size();
  if (a.json) {
    fmt::print("{}\n", canonical(Json{{"schema", "writ.wiped/1"},
                                      {"segments", n},
                                      {"not_closed", done.not_closed},
                                      {"record", done.kept.string()}}));
    return Exit::ok;
  }
  if (done.record.empty())
    fmt::print("nothing to destroy: what is acknowledged is gone already, or still being written\n");
  else
    fmt::print("{} segments destroyed; the record: {}\n", n, (out.empty() ? done.kept : out).string());
  return Exit::ok;
}

}  // namespace

void add_field_commands(CLI::App& app, std::function<Result<Exit>()>& chosen) {
  const auto a = std::make_shared<FieldArgs>();
  auto* retrieve = app.add_subcommand("retrieve", "the day's sealed segments as a bundle on a medium");
  retrieve->add_option("--dir", a->dir, "the probe's directory")->required();
  retrieve->add_option("--out", a->out, "the medium: a directory")->required();
  retrieve->add_option("--day", a->day, "whose traffic: YYYY-MM-DD (today, UTC)");
  retrieve->add_option("--matter", a->matter, "of this matter only");
  retrieve->add_flag("--again", a->again, "also what lay whole on a medium before and is not acknowledged");
  retrieve->add_flag("--json", a->json);
  retrieve->callback([a, &chosen] { chosen = [a] { return retrieve_command(*a); }; });

  auto* wipe = app.add_subcommand("wipe", "destroys what the office has acknowledged");
  wipe->add_option("--dir", a->dir, "the probe's directory")->required();
  wipe->add_option("--ack", a->ack, "the office's acknowledgement");
  wipe->add_option("--out", a->out, "where a copy of the record of destruction goes");
  wipe->add_flag("--json", a->json);
  wipe->callback([a, &chosen] { chosen = [a] { return wipe_command(*a); }; });
}

}  // namespace writ::probe
