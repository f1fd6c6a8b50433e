// SPDX-License-Identifier: GPL-3.0-or-later
// Text messages (RFC 3428): each is an event of its own, with its answer, also where several have one Call-ID
// or come inside of a call. The same CSeq of the same side is the same message, on another hop or again; the
// next after a challenge as well.
#include <algorithm>

#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t texts_max = 32;

bool is_challenge(int status) { return status == 401 || status == 407; }

// Whose message it is. Outside of a dialog each may have a tag of its own: there the parties tell.
Side text_sender(const Dialog& d, const wire::SipMessage& m) {
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  if (d.is_caller(from) || d.is_caller(to)) return d.is_caller(from) ? Side::caller : Side::callee;
  if (d.kind == DialogKind::call) return Side::unknown;
  const std::string who = party_text(m.first(Header::from)), whom = party_text(m.first(Header::to));
  for (const Attachment& a : d.attachments) {
    if (who == party_of(a, Side::caller) || whom == party_of(a, Side::callee)) return Side::caller;
    if (who == party_of(a, Side::callee) || whom == party_of(a, Side::caller)) return Side::callee;
  }
  return Side::unknown;
}

}  // namespace

Status Engine::Impl::on_message(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const Side by = text_sender(d, m);
  if (by == Side::unknown) return {};
  // A pen register has no part in what comes, a trap none in what goes.
  const auto hear = [&](const Json& detail) -> Status {
    for (Attachment& a : d.attachments) {
      const bool own = by == a.target_side;
      if (!judge.allowed(a.grant, own ? Role::from_target : Role::to_target)) continue;
      const bool sent = own && m.is_request;
      WRIT_CHECK(
          emit_or_hold(d, a, sent ? EventType::subject_signal : EventType::network_signal, g.at, detail));
    }
    return {};
  };
  auto text =
      std::ranges::find_if(d.texts, [&](const auto& x) { return x.by == by && x.cseq == m.cseq_number(); });
  if (!m.is_request) {
    if (text == d.texts.end() || text->answered || m.status < 200) return {};
    text->challenged = is_challenge(m.status);
    if (text->challenged) return {};
    text->answered = true;
    return hear({{"status", m.status}, {"reason", cause_text(m.status)}});
  }
  if (text != d.texts.end()) return {};
  text = std::ranges::find_if(d.texts, [&](const auto& x) { return x.by == by && x.challenged; });
  if (text != d.texts.end()) {
    *text = {by, m.cseq_number(), false, false};
    return {};
  }
  const bool opens = d.texts.empty() && d.kind == DialogKind::message && d.method == wire::Method::message;
  if (d.texts.size() >= texts_max) d.texts.erase(d.texts.begin());
  d.texts.push_back({by, m.cseq_number(), false, false});
  if (opens) return {};  // said with the opening (attach.cc)
  return hear({{"signal", "MESSAGE"},
               {"calling", party_text(m.first(Header::from))},
               {"called", party_text(m.first(Header::to))}});
}

}  // namespace writ::intercept
