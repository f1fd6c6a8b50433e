// SPDX-License-Identifier: GPL-3.0-or-later
// Two readings of the same bytes of a stream: one of them the receiver never saw. The frames of a message
// hold the reading that was taken, so that there was another is said while it is known.
#include "intercept/engine_impl.hh"

namespace writ::intercept {

Status Engine::Impl::say_disagreement(std::string_view call_id, Instant at) {
  Dialog* d = find(call_id);
  if (d == nullptr || d->said.disagreement) return {};
  d->said.disagreement = true;
  return emit_live(*d, EventType::gap, at,
                   {{"why", "TCP segments of the signalling disagree: one reading was taken"},
                    {"from", rfc3339(at)},
                    {"until", rfc3339(at)}});
}

}  // namespace writ::intercept
