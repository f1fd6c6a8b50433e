// SPDX-License-Identifier: GPL-3.0-or-later
// Where HEP begins in a connection that was joined in the middle, or whose first pieces came late or small:
// segments that show none by themselves wait here, few and for a short time, until one beside them does.
#pragma once
#include <deque>
#include <optional>

#include "wire/packet.hh"

namespace writ::wire {

struct HepBeginning {
  std::uint32_t seq = 0;  // of the first byte of a message
  Bytes bytes;            // from there on, as far as they join
  InputSet inputs = 0;    // that they came in at
};

// A header whose length and first chunk fit each other, at the front of `v`.
bool begins_hep(View v);

class HepStrays {
 public:
  // Looks at the segment together with those beside it that wait; keeps it when nothing begins there.
  std::optional<HepBeginning> add(const TcpSegment& t);

 private:
  struct Stray {
    Endpoint src, dst;
    std::uint32_t seq = 0;
    Bytes bytes;
    InputSet inputs = 0;
    std::uint32_t end() const { return seq + static_cast<std::uint32_t>(bytes.size()); }
  };
  template <class Test>
  const Stray* find(const TcpSegment& t, Test test) const;

  std::deque<Stray> strays_;
  std::size_t bytes_ = 0;
};

}  // namespace writ::wire
