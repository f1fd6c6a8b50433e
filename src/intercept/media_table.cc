// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/media_table.hh"

#include "intercept/hash_index.hh"

namespace writ::intercept {

MediaTable::MediaTable() : bits_(1024), port_count_(65536), slots_(64) {}

std::size_t MediaTable::locate(const wire::Endpoint& e) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = keyed_hash(e) & mask;
  while (slots_[i].used && slots_[i].key != e) i = (i + 1) & mask;
  return i;
}

std::uint32_t MediaTable::find(const wire::Endpoint& e) const {
  const Slot& s = slots_[locate(e)];
  return s.used ? s.head : none;
}

std::size_t MediaTable::claims_of(const wire::Endpoint& e) const {
  std::size_t n = 0;
  for (std::uint32_t i = find(e); i != none; i = claims_[i].next) ++n;
  return n;
}

void MediaTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& s : old)
    if (s.used) slots_[locate(s.key)] = s;
}

void MediaTable::count_port(std::uint16_t port, int by) {
  port_count_[port] += static_cast<std::uint32_t>(by);
  const std::uint64_t bit = std::uint64_t{1} << (port & 63);
  if (port_count_[port] != 0)
    bits_[port >> 6] |= bit;
  else
    bits_[port >> 6] &= ~bit;
}

void MediaTable::add(const wire::Endpoint& e, Dialog* d, std::uint32_t end) {
  if ((used_ + 1) * 2 > slots_.size()) grow();
  Slot& s = slots_[locate(e)];
  if (!s.used) {
    s = Slot{e, true, none};
    ++used_;
    count_port(e.port, 1);
  }
  std::uint32_t i = free_;
  if (i == none) {
    i = static_cast<std::uint32_t>(claims_.size());
    claims_.emplace_back();
  } else {
    free_ = claims_[i].next;
  }
  claims_[i] = Claim{d, end, s.head};
  s.head = i;
}

void MediaTable::remove(const wire::Endpoint& e, const Dialog* d) {
  const std::size_t at = locate(e);
  if (!slots_[at].used) return;
  std::uint32_t* link = &slots_[at].head;
  while (*link != none) {
    const std::uint32_t i = *link;
    if (claims_[i].dialog == d) {
      *link = claims_[i].next;
      claims_[i] = Claim{nullptr, 0, free_};
      free_ = i;
    } else {
      link = &claims_[i].next;
    }
  }
  if (slots_[at].head == none) erase_slot(at);
}

// Backward shift: no tombstones, so that a long-lived table stays as quick as a new one.
void MediaTable::erase_slot(std::size_t i) {
  count_port(slots_[i].key.port, -1);
  --used_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = i, j = i;
  for (;;) {
    j = (j + 1) & mask;
    if (!slots_[j].used) break;
    const std::size_t home = keyed_hash(slots_[j].key) & mask;
    if (((j - home) & mask) >= ((j - hole) & mask)) {
      slots_[hole] = slots_[j];
      hole = j;
    }
  }
  slots_[hole] = Slot{};
}

}  // namespace writ::intercept
