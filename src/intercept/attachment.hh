// SPDX-License-Identifier: GPL-3.0-or-later
// One grant's part in a dialog: how far its claim is proven, and what it still waits for.
#pragma once
#include <array>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "intercept/end.hh"
#include "intercept/evidence.hh"
#include "intercept/judge.hh"

namespace writ::intercept {

// A packet that waits for a proof of identity.
struct Pending {
  PacketRole role = PacketRole::sip;
  Side speaker = Side::unknown;
  Instant at{};
  std::uint32_t link_type = 1, wire_length = 0;
  Bytes bytes;
};

struct Dialog;

// One grant's part in a dialog.
struct Attachment {
  enum class Stage : std::uint8_t { claimed, digest, live, dropped };
  std::uint32_t grant = 0, number = 0;
  Stage stage = Stage::claimed;
  bool content = false;
  Role role = Role::from_target;
  Source source = Source::from;
  Side target_side = Side::caller;
  std::string identity;  // canonical text of the claim, for a review
  wire::Endpoint claimed_from;
  wire::InputSet claimed_at = 0;  // the inputs of all messages that claimed it
  Instant began{};
  std::uint64_t began_frame = 0;
  Json opening = Json::object();  // detail of the Origination or TerminationAttempt
  std::vector<Pending> pending;
  std::size_t pending_bytes = 0;
  std::uint64_t pending_dropped = 0;
  std::vector<Event> held;  // events that wait with them
  // The INVITE that carries the digest, to recognise the answer that accepts it.
  std::uint32_t digest_cseq = 0;
  wire::Method digest_method = wire::Method::invite;
  std::optional<std::list<Dialog*>::iterator> waits;  // its place in Impl::waiting
  wire::Endpoint digest_src, digest_dst;
  bool opened = false, end_said = false, closed_said = false, transfers_said = false;
  std::vector<std::string> unavailable_said;  // what of: unavailable.cc
  std::uint64_t media_packets = 0;
  std::array<std::uint8_t, media_kinds> due{};  // as Dialog::heard: who was to send, before it was changed
  // Who asserts on each hop to be which side, and of each side who was said last to be there instead.
  struct Asserted {
    Side side;
    std::string hop, who;
  };
  std::vector<Asserted> asserted;
  std::array<std::string, 2> connected;
  // Post-cut-through digits on their way into one event.
  struct Digits {
    std::string text;
    const char* source = "";
    Instant first{}, last{};
    std::uint64_t frame = 0;
    std::uint32_t ssrc = 0, timestamp = 0;  // of the key that was heard last
    std::uint16_t duration = 0;
    std::uint8_t event = 255;
  } digits;
};

}  // namespace writ::intercept
