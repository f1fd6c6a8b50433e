// SPDX-License-Identifier: GPL-3.0-or-later
// HEP over TCP. A message says its length (16 bits), so a stream is cut by lengths alone; after a hole the
// next "HEP3" with a first chunk that fits is taken for a beginning.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "wire/hep.hh"
#include "wire/hep_strays.hh"

namespace writ::wire {
namespace {

constexpr std::size_t hep_bytes_min = 12;  // a header and one empty chunk
constexpr std::size_t hep_flows_max = 256, hep_wait_bytes_max = 1u << 20, hep_pieces_max = 1024;
constexpr std::int64_t hep_jump_bytes_max = 4 << 20;
constexpr std::chrono::seconds hep_wait_s_max{10}, hep_idle_s_max{600};
constexpr std::uint8_t hep_magic[4] = {'H', 'E', 'P', '3'};

struct HepEarly {
  Bytes bytes;
  InputSet inputs = 0;
};

struct HepFlow {
  Address from;
  HepSplitter splitter;
  InputSet begun = 0;                      // inputs of what the splitter holds of a message
  std::uint32_t next = 0;                  // sequence number of the byte that comes next
  std::map<std::uint64_t, HepEarly> wait;  // by distance from `origin`, what came too early
  std::uint64_t used = 0;                  // bytes given to the splitter: position of `next`
  std::size_t wait_bytes = 0;
  Instant last{}, waiting_since{};
};

}  // namespace

void HepSplitter::add(View bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  put_bytes(buffer_, bytes);
}

void HepSplitter::gap() {
  if (at_ < buffer_.size() && !astray_) ++given_up_;
  buffer_.clear();
  at_ = 0;
}

bool HepSplitter::next(View& message) {
  for (;;) {
    const View rest = View(buffer_).subspan(at_);
    const std::size_t n = std::min(rest.size(), sizeof hep_magic);
    if (std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n), hep_magic)) {
      if (rest.size() < hep_bytes_min) return false;
      const std::size_t length = load_be16(rest.data() + 4), chunk = load_be16(rest.data() + 10);
      if (chunk >= 6 && chunk + 6 <= length) {
        if (length > rest.size()) return false;
        astray_ = false;
        message = rest.first(length);
        at_ += length;
        return true;
      }
    }
    if (!astray_) ++given_up_;
    astray_ = true;
    const auto found = std::search(rest.begin() + 1, rest.end(), std::begin(hep_magic), std::end(hep_magic));
    // The last three bytes may be the beginning of a magic.
    at_ += found != rest.end() ? static_cast<std::size_t>(found - rest.begin())
                               : std::max<std::size_t>(rest.size(), 4) - 3;
    if (found == rest.end()) {
      while (at_ < buffer_.size() &&
             !std::equal(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), buffer_.end(), hep_magic))
        ++at_;
      return false;
    }
  }
}

struct HepFlows::Impl {
  std::map<std::pair<Endpoint, Endpoint>, HepFlow> flows;
  HepStrays strays;
  std::uint64_t given_up = 0;

  void erase(std::map<std::pair<Endpoint, Endpoint>, HepFlow>::iterator it) {
    it->second.splitter.gap();
    given_up += it->second.splitter.given_up();
    flows.erase(it);
  }

  HepFlow* open(const TcpSegment& t, Instant at, std::vector<HepStreamed>& out) {
    const auto beginning = strays.add(t);
    if (!beginning) return nullptr;
    if (flows.size() >= hep_flows_max)
      erase(std::min_element(flows.begin(), flows.end(),
                             [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    HepFlow& f = flows[{t.src, t.dst}];
    f.from = t.src.ip;
    f.next = beginning->seq;
    f.last = at;
    give(f, beginning->bytes, beginning->inputs, out);
    return &f;
  }

  static void give(HepFlow& f, View bytes, InputSet inputs, std::vector<HepStreamed>& out) {
    f.splitter.add(bytes);
    f.next += static_cast<std::uint32_t>(bytes.size());
    f.used += bytes.size();
    f.begun |= inputs;
    for (View m; f.splitter.next(m); f.begun = inputs)  // what follows a message is of the bytes at hand
      out.push_back({f.from, Bytes(m.begin(), m.end()), f.begun});
  }

  // What waited and now follows; with `skip`, from the first piece on, whatever is missing before it.
  static void follow(HepFlow& f, bool skip, std::vector<HepStreamed>& out) {
    while (!f.wait.empty()) {
      const auto it = f.wait.begin();
      if (it->first > f.used) {
        if (!skip) return;
        skip = false;
        f.splitter.gap();
        f.next += static_cast<std::uint32_t>(it->first - f.used);
        f.used = it->first;
      }
      const auto [piece, inputs] = std::move(it->second);
      const std::uint64_t old = f.used - it->first;  // bytes of it that came meanwhile
      f.wait_bytes -= piece.size();
      f.wait.erase(it);
      if (old < piece.size()) give(f, View(piece).subspan(old), inputs, out);
    }
  }
};

HepFlows::HepFlows() : i_(std::make_unique<Impl>()) {}
HepFlows::~HepFlows() = default;

bool HepFlows::add(const TcpSegment& t, Instant at, std::vector<HepStreamed>& out) {
  const auto it = i_->flows.find({t.src, t.dst});
  HepFlow* f = it != i_->flows.end() ? &it->second : i_->open(t, at, out);
  if (f == nullptr) return false;
  constexpr std::uint8_t fin = 1, syn = 2, rst = 4;
  f->last = std::max(f->last, at);
  if ((t.flags & (syn | rst)) != 0) {  // the ports begin a new connection, or this one is over
    i_->erase(i_->flows.find({t.src, t.dst}));
    return true;
  }
  if (t.payload.empty()) return true;
  auto ahead = static_cast<std::int32_t>(t.seq - f->next);
  if (std::abs(std::int64_t{ahead}) > hep_jump_bytes_max && looks_like_hep(t.payload)) {
    Impl::follow(*f, true, out);  // another connection of the same ports, whose beginning was not seen
    f->splitter.gap();
    f->next = t.seq;
    ahead = 0;
  }
  if (ahead > 0) {
    if (f->wait.empty()) f->waiting_since = at;
    auto& [piece, inputs] = f->wait[f->used + static_cast<std::uint32_t>(ahead)];
    if (piece.size() < t.payload.size()) {
      f->wait_bytes += t.payload.size() - piece.size();
      piece.assign(t.payload.begin(), t.payload.end());
      inputs = t.inputs;
    }
  } else if (const std::size_t old = static_cast<std::size_t>(-std::int64_t{ahead}); old < t.payload.size()) {
    Impl::give(*f, t.payload.subspan(old), t.inputs, out);
  }
  Impl::follow(*f, f->wait_bytes > hep_wait_bytes_max || f->wait.size() > hep_pieces_max, out);
  if ((t.flags & fin) != 0 && f->wait.empty()) i_->erase(i_->flows.find({t.src, t.dst}));
  return true;
}

void HepFlows::expire(Instant now, std::vector<HepStreamed>& out) {
  for (auto it = i_->flows.begin(); it != i_->flows.end();) {
    const auto here = it++;
    HepFlow& f = here->second;
    if (!f.wait.empty() && now - f.waiting_since > hep_wait_s_max) {
      Impl::follow(f, true, out);
      f.waiting_since = now;
    }
    if (now - f.last > hep_idle_s_max) i_->erase(here);
  }
}

std::uint64_t HepFlows::given_up() const {
  std::uint64_t n = i_->given_up;
  for (const auto& [key, f] : i_->flows) n += f.splitter.given_up();
  return n;
}

}  // namespace writ::wire
