// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/sender.hh"

#include <poll.h>

#include <algorithm>

namespace writ::link {
namespace {

using namespace std::chrono_literals;
constexpr auto look_every = 100ms;
constexpr auto speak_every = 3s, silence_max = 20s, handshake_max = 10s;
constexpr std::chrono::milliseconds pause_min{200}, pause_max{2000};
constexpr std::size_t ahead_bytes_max = 4u << 20;
constexpr int wait_ms = 50;

}  // namespace

Sender::Sender(const SenderSetup& setup, const TlsSetup& tls, Clock& clock, Said said)
    : setup_(setup),
      tls_(tls),
      clock_(clock),
      said_(std::move(said)),
      inbox_(setup.grants, setup.roots, setup.probe),
      outgoing_(setup.spool, setup.papers, setup.probe, setup.admission.desk.verify) {}

void Sender::run(const StopFlag& stop) {
  auto pause = pause_min;
  std::string last;
  while (!stop) {
    const auto began = Steady::now();
    const Status s = connection(stop);
    if (stop) break;
    const std::string why = s ? "" : s.error().what;
    if (why != last || greeted_) said_("lost", Json{{"why", why}});
    last = why;
    // One that is lost again and again at once is not tried faster and faster.
    pause = greeted_ && Steady::now() - began > pause_max ? pause_min : std::min(2 * pause, pause_max);
    for (auto left = pause; left.count() > 0 && !stop; left -= 50ms) ::poll(nullptr, 0, wait_ms);
  }
}

Status Sender::connection(const StopFlag& stop) {
  greeted_ = asked_ = false;
  outgoing_.forget();
  WRIT_TRY(socket, connect_to(setup_.office));
  WRIT_TRY(channel, Channel::over(std::move(socket), tls_));
  const auto began = Steady::now();
  heard_ = spoke_ = began;
  while (!stop) {
    pollfd p{channel.fd(), channel.events(), 0};
    ::poll(&p, 1, wait_ms);
    const Status alive = channel.advance();
    if (channel.is_ready()) WRIT_CHECK(step(channel));  // what came before the end is read, too
    WRIT_CHECK(alive);
    if (!channel.is_ready() && Steady::now() - began > handshake_max)
      return fail(Exit::unit, "the office does not answer");
    WRIT_CHECK(channel.advance());
  }
  return {};
}

Status Sender::step(Channel& channel) {
  if (!asked_) {
    // Before a byte is said: the CA's word alone makes nobody the office.
    if (channel.peer() != setup_.admission.office)
      return fail(Exit::refused, "the other end has a certificate, but not the office's key",
                  "the office is the one whose key the desk signed for (docs/link.md)", "the office itself",
                  "tell the officer: somebody has a certificate of the carrier's CA");
    channel.send(Type::hello, view_of(protocol));
    asked_ = true;
  }
  for (;;) {
    WRIT_TRY(frame, channel.next());
    if (!frame) break;
    WRIT_CHECK(hear(channel, *frame));
  }
  const auto now = Steady::now();
  if (channel.received() != received_) heard_ = now;
  received_ = channel.received();
  if (now - heard_ > silence_max) return fail(Exit::unit, "nothing is heard of the office");
  if (greeted_) WRIT_CHECK(offer(channel));
  if (now - spoke_ > speak_every) {
    channel.send(Type::alive, {});
    spoke_ = now;
  }
  return {};
}

Status Sender::hear(Channel& channel, const Frame& f) {
  if (!greeted_) {
    if (f.type != Type::hello || text_of(f.payload) != protocol)
      return fail(Exit::usage, "the office does not speak " + std::string(protocol));
    greeted_ = true;
    said_("connected", Json{{"office", setup_.office.text()}});
    return {};
  }
  switch (f.type) {
    case Type::held: {
      WRIT_CHECK(outgoing_.held(f.payload));
      return offer(channel);
    }
    case Type::alive:
      return {};
    case Type::trouble: {
      // Its words are shown, so only letters that can do nothing to a terminal.
      std::string why(text_of(View{f.payload}.first(std::min<std::size_t>(f.payload.size(), 500))));
      std::replace_if(
          why.begin(), why.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
      said_("refused", Json{{"why", why}});
      return {};
    }
    default: {
      const auto written = inbox_.take(f.type, f.payload, clock_.now());
      if (!written && written.error().exit != Exit::refused) return tl::unexpected(written.error());
      if (!written) said_("paper-refused", Json{{"why", written.error().what}});
      if (written && !written->empty() && *written != lease_file) said_("paper", Json{{"file", *written}});
      return {};
    }
  }
}

Status Sender::offer(Channel& channel) {
  const auto now = Steady::now();
  if (now - looked_ > look_every) {
    looked_ = now;
    for (const StreamName& s : outgoing_.to_ask()) channel.send(Type::ask, encode_ask(s));
  }
  while (channel.unsent() < ahead_bytes_max) {
    WRIT_TRY(piece, outgoing_.next());
    if (!piece) return {};
    channel.send(Type::piece, *piece);
    spoke_ = now;
  }
  return {};
}

}  // namespace writ::link
