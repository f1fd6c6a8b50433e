// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/permessage_deflate.hh"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr int raw_window_bits = -15;  // the largest window: it reads what was written with a smaller one
// SIP that repeats the message before it shrinks to a hundredth; deflate can do a thousandth, of nothing.
constexpr std::size_t ratio_max = 256, ratio_floor = 4096;

// "permessage-deflate; server_no_context_takeover; client_max_window_bits=12", perhaps in a list.
bool agrees(std::string_view list, DeflateTerms& terms) {
  const std::string_view one = list.substr(0, list.find(','));
  bool is_first = true;
  for (std::string_view rest = one; is_first || !rest.empty(); is_first = false) {
    const std::size_t end = rest.find(';');
    const std::string_view word = trim(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    if (is_first && !equal_ci(word, "permessage-deflate")) return false;
    if (equal_ci(word, "client_no_context_takeover")) terms.by_client = false;
    if (equal_ci(word, "server_no_context_takeover")) terms.by_server = false;
  }
  return true;
}

}  // namespace

std::optional<DeflateTerms> agreed_deflate(View v) {
  std::string_view s = text_of(v);
  if (!s.starts_with("HTTP/1.1 101")) return std::nullopt;
  while (!s.empty()) {
    const std::size_t end = s.find('\n');
    const std::string_view line = trim(s.substr(0, end));
    s = end == s.npos ? std::string_view{} : s.substr(end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    DeflateTerms terms;
    if (colon != line.npos && equal_ci(trim(line.substr(0, colon)), "Sec-WebSocket-Extensions") &&
        agrees(line.substr(colon + 1), terms))
      return terms;
  }
  return std::nullopt;
}

struct Inflater::State {
  z_stream z{};
  bool ready = inflateInit2(&z, raw_window_bits) == Z_OK;
  State() = default;
  ~State() {
    if (ready) inflateEnd(&z);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // What `in` adds to `out`. False where it is damaged or becomes more than `most`.
  bool add(View in, std::size_t most, Bytes& out, bool& ended) {
    // zlib takes its input without const and does not write to it.
    z.next_in = const_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    while (!ended) {
      const std::size_t had = out.size();
      if (had > most) return false;
      out.resize(std::clamp<std::size_t>(had * 2, 2048, most + 1));
      z.next_out = out.data() + had;
      z.avail_out = static_cast<uInt>(out.size() - had);
      const int did = inflate(&z, Z_SYNC_FLUSH);
      const bool had_room = z.avail_out > 0;
      out.resize(out.size() - z.avail_out);
      ended = did == Z_STREAM_END;
      if (did != Z_OK && did != Z_BUF_ERROR && !ended) return false;
      if (had_room && !ended) return z.avail_in == 0 && out.size() <= most;
    }
    return out.size() <= most;
  }
};

Inflater::Inflater(bool goes_on) : goes_on_(goes_on) {}
Inflater::~Inflater() = default;

// RFC 7692 7.2.2: the sender took four bytes off the end. One whose last block says that it is the last
// (7.2.3.5) has no text for the next message to refer to.
std::optional<Bytes> Inflater::read(View payload) {
  constexpr std::array<std::uint8_t, 4> taken_off = {0, 0, 0xff, 0xff};
  if (broken_) return std::nullopt;
  if (!state_) state_ = std::make_unique<State>();
  const std::size_t most = std::min(inflated_bytes_max, ratio_floor + payload.size() * ratio_max);
  Bytes out;
  bool ended = false;
  const bool whole = state_->ready && state_->add(payload, most, out, ended) &&
                     (ended || state_->add(taken_off, most, out, ended));
  broken_ = goes_on_ && (!whole || ended);
  if (!goes_on_ || broken_) state_.reset();
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace writ::wire
