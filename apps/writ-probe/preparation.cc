// SPDX-License-Identifier: GPL-3.0-or-later
#include "preparation.hh"

#include <fmt/format.h>

#include "capture/headroom.hh"
#include "capture/interruption.hh"
#include "capture/run.hh"
#include "custody/ledger.hh"

namespace writ::probe {
namespace {

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

}  // namespace

Result<std::unique_ptr<Ready>> prepare(const RunOptions& o, const capture::RunSettings& settings) {
  WRIT_TRY(lock, occupy(o.dir));
  WRIT_TRY(self, load_probe(o.dir));
  WRIT_CHECK(capture::keep_headroom(o.dir));
  auto r = std::make_unique<Ready>(Ready{std::move(lock), std::move(self), {}, {}, {}, {}, {}, {}, {}, {}});
  WRIT_TRY(log, audit::Log::open(o.dir / "log", r->self.sign, r->self.roots.audit_reader, r->wall));
  r->journal.emplace(std::move(log), r->self);
  r->guard.emplace(o.dir / "clock.mark", r->wall, r->boot);
  const auto refuse = [&](const Error& e) -> Result<std::unique_ptr<Ready>> {
    WRIT_CHECK(r->journal->write("probe.refused", {{"exit", static_cast<int>(e.exit)}}));
    return tl::unexpected(e);
  };
  const auto interrupted = capture::interruption_before(o.dir);
  const auto now = r->guard->now();
  if (!now) return refuse(now.error());
  if (const Status good = check_cert(o.cert, r->self, *now); !good) return refuse(good.error());
  const fs::path spool_dir = o.dir / "spool";
  auto still = custody::lock_custody(o.dir);  // nobody retrieves or destroys while the spool is opened
  if (!still) return tl::unexpected(std::move(still).error());
  WRIT_CHECK(capture::recover_spool(spool_dir, r->self.sign, r->wall));
  OrdersMode mode{!o.is_file(), o.wait};
  if (!o.is_file() || settings.one_input) mode.inputs = settings.engine.inputs;
  r->orders.emplace(r->self, o.dir, o.grants, *r->guard, std::move(mode));
  auto grants = r->orders->load(reporter(*r->journal));
  if (!grants) return refuse(grants.error());
  r->grants = std::move(*grants);
  std::string name;
  if (o.is_file()) {
    WRIT_TRY(identity, capture::source_identity(o.read, settings));
    name = std::move(identity);
  }
  WRIT_TRY(spool, capture::Spool::open(spool_dir, r->grants, r->self.sign, r->wall, name));
  r->spool.emplace(std::move(spool));
  for (const authority::VerifiedGrant& g : r->grants) WRIT_CHECK(custody::note_matter(spool_dir, g));
  if (name.empty() && interrupted) {
    WRIT_TRY(at, r->guard->now());
    WRIT_CHECK(capture::say_interruption(*interrupted, at, r->grants, spool_dir, r->self.sign.public_key(),
                                         *r->spool));
  }
  return r;
}

Status take_in(Ready& r, const fs::path& probe_dir, const std::function<Status(View offer)>& hand_on) {
  WRIT_TRY(news, r.orders->news(reporter(*r.journal)));
  std::move(news.begin(), news.end(), std::back_inserter(r.coming));
  if (r.coming.empty()) return {};
  const auto still = custody::lock_custody(probe_dir);
  if (!still) return {};  // a retrieval is under way; they wait for its end
  for (Offered& o : std::exchange(r.coming, {})) {
    WRIT_CHECK(r.spool->add(o.grant));
    WRIT_CHECK(custody::note_matter(probe_dir / "spool", o.grant));
    r.grants.push_back(std::move(o.grant));
    WRIT_CHECK(hand_on(o.offer));
  }
  return {};
}

}  // namespace writ::probe
