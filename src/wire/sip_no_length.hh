// SPDX-License-Identifier: GPL-3.0-or-later
// The end of a body of which nothing says how long it is. In a stream a message has to (RFC 3261 18.3); some
// do not, and the receiver that knows their kind of body finds the end all the same.
#pragma once
#include <string_view>

#include "base/bytes.hh"

namespace writ::wire {

struct BodyLength {
  std::size_t bytes = 0;
  bool ended = true;  // false: what is there is not all of it yet
};
// `rest`: what stands behind the headers. Without a type there is no body. SDP ends where its lines do, a
// multipart with its last delimiter, everything at the next message's start line.
BodyLength body_by_its_looks(std::string_view content_type, View rest);

}  // namespace writ::wire
