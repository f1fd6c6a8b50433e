// SPDX-License-Identifier: GPL-3.0-or-later
// User-to-user information (RFC 7433): what one user's application tells the other's, in a header of the
// message or in a URI that asks for one (Refer-To, the Contact of a 3xx; section 4). The network carries it
// unread: it is content.
#pragma once
#include <string>
#include <vector>

#include "wire/sip.hh"

namespace writ::wire {

inline constexpr std::size_t user_to_user_max = 8;               // of one message
inline constexpr std::size_t user_to_user_bytes_max = 4u << 10;  // of one value

struct UserToUser {
  std::string data;                        // as written, unquoted: by default hexadecimal digits
  std::string encoding, purpose, content;  // parameters, empty where absent
  bool cut = false;                        // longer than user_to_user_bytes_max
  bool operator==(const UserToUser&) const = default;
};

// All of a message, in its order; what is more than user_to_user_max is left out and `more` set.
std::vector<UserToUser> user_to_user(const SipMessage& m, bool& more);

}  // namespace writ::wire
