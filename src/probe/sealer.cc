// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/sealer.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace writ::probe {
namespace {

// The engine counts by one; a call that was never sealed (its authority had ended) leaves a gap.
constexpr std::uint32_t calls_ahead_max = 1u << 16;

}  // namespace

Sealer::Sealer(Stage& stage, const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool,
               const capture::Watch& still_valid, const capture::Watch& last_word,
               const std::function<void(const std::string&)>& said, int owner)
    : board_(stage.board()),
      findings_(board_.findings, stage.findings(), 0),
      grants_(grants),
      spool_(spool),
      still_valid_(still_valid),
      last_word_(last_word),
      said_(said),
      owner_(owner) {}

Result<Sealed> Sealer::run() {
  const Status worked = work();
  // Not in a source that is read again: what is said here would stand where the next run's record belongs.
  if (!worked && worked.error().exit == Exit::failure && place_ == 0) say_early_end(worked.error().what);
  Status last = last_word_();
  // What was acquired under authority is kept, whatever ended the run.
  Status closed = spool_.close();
  if (!worked) return tl::unexpected(worked.error());
  if (!closed) return tl::unexpected(std::move(closed).error());
  if (!last) return tl::unexpected(std::move(last).error());
  sealed_.run.spool_bytes = spool_.bytes_written();
  sealed_.run.kernel_dropped = board_.dropped;
  sealed_.run.deaf_times = board_.deaf_times;
  for (std::size_t g = 0; g < spool_.grants(); ++g) sealed_.run.records_resumed += spool_.counts(g).resumed;
  return sealed_;
}

// A stream that failed may not be the one that can say so: the others do, as far as they can.
void Sealer::say_early_end(const std::string& why) {
  for (std::size_t g = 0; g < grants_.size(); ++g) {
    if (!grants_[g].covers(last_at_)) continue;
    Json detail{{"why", "the run ended early: " + why},
                {"from", rfc3339(last_at_)},
                {"until", rfc3339(last_at_)},
                {intercept::calls_lost, true}};
    static_cast<void>(spool_.event(g, {intercept::EventType::gap, last_at_, 0, "", std::move(detail)}));
  }
}

Status Sealer::work() {
  WRIT_CHECK(still_valid_());
  for (;;) {
    // Before the last look: what they left is here by then.
    const bool given_up = board_.given_up, orphan = ::getppid() != owner_;
    WRIT_CHECK(take_some());
    WRIT_CHECK(spool_.maybe_commit());
    WRIT_CHECK(look());
    if (finished_) return {};
    if (findings_.position() != board_.findings.written.load(std::memory_order_acquire)) continue;
    if (given_up)
      return fail(Exit::unit, "the parser cannot go on; what it had found is sealed", {}, {},
                  "start the probe again, and tell its makers");
    if (orphan)
      return fail(Exit::unit, "the process that owns the sources ended; what it had handed on is sealed", {},
                  {}, "start the probe again");
    constexpr int wait_ms = 10;
    findings_.wait(wait_ms);
  }
}

Status Sealer::take_some() {
  constexpr int findings_max = 512;
  for (int n = 0; n < findings_max && !finished_; ++n) {
    const auto record = findings_.next();
    if (!record) break;
    WRIT_CHECK(take(*record));
  }
  if (findings_.broken())
    return fail(Exit::integrity, "the parser's findings are no findings any more",
                "the sealer follows nothing that it does not understand", {}, "start the probe again");
  findings_.release();
  return {};
}

// The record lies in memory that the parser may change at any time: the decoders below copy before they look.
Status Sealer::take(View record) {
  FindingRecord head;
  if (!take_head(record, head)) return refuse("it has no head");
  place_ = head.place;
  spool_.at(place_);
  switch (head.kind) {
    case FindingRecord::Kind::event:
      return take_event(head.grant, record);
    case FindingRecord::Kind::packet:
      return take_packet(head.grant, record);
    case FindingRecord::Kind::finished:
      Finished f;
      if (!take_head(record, f)) return refuse("its summary is too short");
      sealed_.run.stats = f.stats;
      sealed_.run.duplicates = f.duplicates;
      finished_ = true;
      return {};
  }
  return refuse("it is of an unknown kind");
}

bool Sealer::fits(std::uint32_t grant, std::uint32_t call, Instant at) {
  if (grant >= grants_.size() || !grants_[grant].covers(at)) return false;
  if (highest_call_.size() < grants_.size()) highest_call_.resize(grants_.size(), 0);
  std::uint32_t& highest = highest_call_[grant];
  if (call > highest + calls_ahead_max) return false;
  highest = std::max(highest, call);
  last_at_ = std::max(last_at_, at);
  return true;
}

Status Sealer::take_event(std::uint32_t grant, View record) {
  const Bytes own(record.begin(), record.end());
  const auto e = intercept::decode_event(own);
  if (!e) return refuse("it is no event");
  if (!fits(grant, e->call, e->at)) return refuse("an event outside of every grant");
  return spool_.event(grant, *e);
}

Status Sealer::take_packet(std::uint32_t grant, View record) {
  const Bytes own(record.begin(), record.end());
  const auto p = intercept::decode_packet(own);
  if (!p) return refuse("it is no packet");
  if (!fits(grant, p->tag.call, p->raw.at) || !authority::yields_content(grants_[grant].body().kind))
    return refuse("a packet outside of every grant");
  return spool_.packet(grant, p->tag, p->raw);
}

Status Sealer::refuse(const char* why) {
  if (sealed_.refused++ == 0)
    said_(fmt::format("the parser offered what no grant allows, not sealed: {}", why));
  return {};
}

Status Sealer::look() {
  const auto now = std::chrono::steady_clock::now();
  // A stay's end must stop the probe within a second of the hotel's message: the desk takes a part of that.
  if (now - looked_ < std::chrono::milliseconds{200} && !finished_) return {};
  looked_ = now;
  capture::RunProgress& p = spool_.progress();
  p.packets = board_.packets;
  p.bytes = board_.bytes;
  p.packets_isolated = board_.packets_isolated;
  p.calls_isolated = board_.calls_isolated;
  p.reviews = board_.reviews;
  p.dropped = board_.dropped;
  p.deaf = board_.deaf;
  p.deaf_times = board_.deaf_times;
  if (const std::uint32_t n = board_.takeovers; n != sealed_.takeovers) {
    sealed_.takeovers = n;
    said_(fmt::format("the parser died and its copy went on, nothing was lost ({} times by now)", n));
  }
  if (const std::uint32_t n = board_.fresh_starts; n != sealed_.fresh_starts) {
    sealed_.fresh_starts = n;
    said_(fmt::format("the parser was lost with what it knew and began anew ({} times by now)", n));
  }
  return still_valid_();
}

}  // namespace writ::probe
