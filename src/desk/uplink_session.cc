// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/uplink_session.hh"

#include <fmt/format.h>

namespace writ::desk {
namespace {

using link::Type;
using namespace std::chrono_literals;

constexpr auto handshake_max = 10s, silence_max = 20s, speak_every = 3s, settle_every = 1s, rest = 2s;
// A probe that does not read what we send is one that is gone.
constexpr std::size_t unsent_max = 64u << 20;

}  // namespace

LinkSession::LinkSession(Carrier& c, link::Channel channel)
    : c_(&c), channel_(std::move(channel)), began_(Steady::now()), heard_(began_), spoke_(began_) {}

void LinkSession::send(Type type, View payload) {
  channel_.send(type, payload);
  spoke_ = Steady::now();
}

// The reason is sent, so that the probe's log has it, and the connection ends once it is out.
void LinkSession::close_with(Error e) {
  if (channel_.is_ready() && greeted_) send(Type::trouble, view_of(e.what));
  why_ = std::move(e);
  closing_ = true;
}

void LinkSession::work(LinkPapers& papers) {
  if (over_) return;
  if (const Status s = channel_.advance(); !s) {
    const bool by_itself = channel_.is_ready() && s.error().exit == Exit::unit;
    if (!by_itself && !why_) why_ = s.error();
    over_ = true;
    return;
  }
  if (!closing_)
    if (Status s = step(papers); !s) close_with(std::move(s).error());
  static_cast<void>(channel_.advance());
  if (closing_ && (channel_.unsent() == 0 || Steady::now() - spoke_ > 2s)) over_ = true;
}

Status LinkSession::step(LinkPapers& papers) {
  const auto now = Steady::now();
  if (!channel_.is_ready())
    return now - began_ < handshake_max ? Status{} : fail(Exit::unit, "the handshake takes too long");
  if (!probe_) WRIT_CHECK(meet());
  for (;;) {
    WRIT_TRY(frame, channel_.next());
    if (!frame) break;
    WRIT_CHECK(answer(*frame));
    WRIT_CHECK(channel_.advance());
  }
  // A frame may take a thin line longer than that.
  if (channel_.received() != received_) heard_ = now;
  received_ = channel_.received();
  if (now - heard_ > silence_max) return fail(Exit::unit, "nothing was heard for too long");
  if (channel_.unsent() > unsent_max) return fail(Exit::unit, "it does not read what it is sent");
  if (greeted_) WRIT_CHECK(give(papers));
  if (now - spoke_ > speak_every) send(Type::alive, {});
  if (now > settle_due_ && evidence_) {
    settle_due_ = now + settle_every;
    WRIT_CHECK(evidence_->settle(rest));
  }
  return {};
}

Status LinkSession::meet() {
  auto who = LinkRegister{*c_}.whose(channel_.peer());
  if (!who) return c_->refuse("desk", "link.connect", "", std::move(who).error());
  probe_ = std::move(*who);
  WRIT_CHECK(c_->note("desk", "link.connect", "", Json{{"probe", probe_->name}}));
  evidence_.emplace(*c_, probe_->name, probe_->key);
  return {};
}

void LinkSession::send_held(const custody::Held& held) {
  const std::string text = link::sign_held({probe_->key, held, c_->now()}, c_->desk_key());
  send(Type::held, view_of(text));
}

Status LinkSession::answer(const link::Frame& f) {
  if (!greeted_) {
    if (f.type != Type::hello || text_of(f.payload) != link::protocol)
      return fail(Exit::usage, "the probe does not speak " + std::string(link::protocol));
    greeted_ = true;
    send(Type::hello, view_of(link::protocol));
    return {};
  }
  const auto noted = [&](auto done) -> Status {
    if (done) {
      send_held(*done);
      return {};
    }
    const Exit e = done.error().exit;
    if (e != Exit::integrity && e != Exit::refused) return tl::unexpected(std::move(done).error());
    return c_->refuse("desk", "link.upload", "", std::move(done).error());
  };
  switch (f.type) {
    case Type::ask: {
      WRIT_TRY(stream, link::parse_ask(f.payload));
      return noted(evidence_->open(stream));
    }
    case Type::piece: {
      WRIT_TRY(piece, link::parse_piece(f.payload));
      return noted(evidence_->take(piece));
    }
    case Type::alive:
      return {};
    default:
      return fail(Exit::usage, "the probe sends what only an office sends");
  }
}

// The list first: a grant that it stops is not given, and a lease names it.
Status LinkSession::give(LinkPapers& papers) {
  if (papers.list_number() > list_given_) {
    send(Type::revocations, view_of(papers.list()));
    list_given_ = papers.list_number();
  }
  if (list_given_ == 0) return {};
  for (const LinkPapers::Armed* g : papers.grants_of(probe_->key)) {
    if (!given_.insert(g->id).second || !papers.is_in_force(*g)) continue;
    WRIT_CHECK(papers.hand_out(*g, probe_->name));
    send(Type::grant, view_of(g->file));
  }
  const auto now = Steady::now();
  if (probe_->lease == 0s || now < lease_due_) return {};
  const auto lease = papers.lease(*probe_);
  if (!lease) return {};  // what is not known to be new must not be said to be
  send(Type::lease, view_of(*lease));
  lease_due_ = now + std::chrono::duration_cast<std::chrono::milliseconds>(probe_->lease) / 3;
  return {};
}

void LinkSession::end() {
  if (evidence_)
    if (const Status s = evidence_->settle(0ms); !s && !why_) why_ = s.error();
  over_ = true;
}

}  // namespace writ::desk
