// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/lost_calls.hh"

#include <algorithm>
#include <unordered_map>

namespace writ::intercept {
namespace {

bool says_loss(const Event& e) {
  return e.type == EventType::gap && e.call == 0 && e.detail.value(calls_lost, false);
}

Instant loss_begins(const Event& e) {
  const auto from = parse_rfc3339(e.detail.value("from", ""));
  return from ? *from : e.at;
}

class Losses {
 public:
  explicit Losses(const std::vector<EvidencePacket>& packets) : takes_packets_(!packets.empty()) {
    for (const EvidencePacket& p : packets) {
      last_ = std::max(last_, p.raw.at);
      if (p.tag.role == PacketRole::sip) continue;
      const auto [first, is_new] = first_media_.try_emplace(p.tag.call, p.raw.at);
      if (!is_new) first->second = std::min(first->second, p.raw.at);
    }
  }

  void take(const Event& e) {
    last_ = std::max(last_, e.at);
    if (says_loss(e)) {
      for (auto& [id, call] : up_) lose(call, e);
      return;
    }
    if (e.call == 0) return;
    if (e.type == EventType::origination || e.type == EventType::termination_attempt)
      attached(e);
    else if (e.type == EventType::cc_open)
      heard_again(e);
    else if (e.type == EventType::release)
      released(e);
  }

  std::vector<LostCall> finish() {
    for (auto& [id, call] : up_)
      if (!find_again(call, Instant::max()) && call.lost) end(call, last_, ", and its end was not seen");
    std::ranges::sort(lost_, {}, &LostCall::number);
    return std::move(lost_);
  }

 private:
  struct Up {
    std::uint32_t number = 0;
    std::optional<LostCall> lost;
  };

  void lose(Up& call, const Event& e) {
    find_again(call, Instant::max());
    if (call.lost) return;
    call.lost = {call.number, {loss_begins(e), {}, e.detail.value("why", ""), 0}};
  }

  void attached(const Event& e) {
    Up& call = up_[e.call_id];
    call.number = e.call;
    if (call.lost && !takes_packets_) end(call, e.at, "");
  }

  void heard_again(const Event& e) {
    const auto it = up_.find(e.call_id);
    if (it != up_.end() && it->second.number == e.call) find_again(it->second, e.at);
  }

  void released(const Event& e) {
    const auto it = up_.find(e.call_id);
    if (it == up_.end() || it->second.number != e.call) return;
    find_again(it->second, e.at);
    up_.erase(it);
  }

  // It is known again, at the latest at `at`; with Instant::max() only when media of it were. Under the
  // number that it had it was never lost.
  bool find_again(Up& call, Instant at) {
    if (!call.lost || call.lost->number == call.number) return false;
    if (const auto media = first_media_.find(call.number); media != first_media_.end())
      at = std::min(at, media->second);
    if (at == Instant::max()) return false;
    end(call, at, "");
    return true;
  }

  void end(Up& call, Instant at, const char* how) {
    call.lost->gap.until = std::max(at, call.lost->gap.from);
    call.lost->gap.why =
        "it was up when the probe lost what it knew of it (" + call.lost->gap.why + ")" + how;
    lost_.push_back(std::move(*call.lost));
    call.lost.reset();
  }

  const bool takes_packets_;
  std::unordered_map<std::uint32_t, Instant> first_media_;  // by call
  std::unordered_map<std::string, Up> up_;                  // by Call-ID
  Instant last_{};
  std::vector<LostCall> lost_;
};

}  // namespace

std::vector<LostCall> lost_calls(const std::vector<Event>& events,
                                 const std::vector<EvidencePacket>& packets) {
  if (std::ranges::none_of(events, says_loss)) return {};
  Losses losses{packets};
  for (const Event& e : events) losses.take(e);
  return losses.finish();
}

}  // namespace writ::intercept
