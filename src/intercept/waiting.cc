// SPDX-License-Identifier: GPL-3.0-or-later
// What waits for a proof of whose it is. Anybody can send it: a call that says it is the target's, four
// hundred a second, would fill whatever there is before the first of them is given up for good. So the oldest
// goes when there is no more room: a proof comes within a few round trips, and what goes is a review event.
#include <utility>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

Status Engine::Impl::make_room_to_wait() {
  while (!waiting.empty() &&
         (waiting.size() >= options.pending_dialogs_max || pending_bytes > options.pending_bytes_max)) {
    Dialog& d = *waiting.front();
    for (Attachment& a : d.attachments) WRIT_CHECK(give_up(d, a, "too many wait for a proof"));
  }
  return {};
}

void Engine::Impl::wait_for_proof(Dialog& d, Attachment& a) {
  waiting.push_back(&d);
  a.waits = std::prev(waiting.end());
}

void Engine::Impl::wait_no_more(Attachment& a) {
  pending_bytes -= std::exchange(a.pending_bytes, 0);
  if (a.waits) waiting.erase(*std::exchange(a.waits, std::nullopt));
}

}  // namespace writ::intercept
