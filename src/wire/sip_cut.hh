// SPDX-License-Identifier: GPL-3.0-or-later
// Where messages begin and end in the bytes of a stream (RFC 3261 18.3, RFC 7118).
#pragma once
#include <string_view>

#include "base/bytes.hh"

namespace writ::wire {

inline constexpr std::size_t message_bytes_max = 256u << 10, headers_bytes_max = 64u << 10;

bool is_tls(View v);
// A start line or a WebSocket frame with one inside. Where nothing tells that a message begins, only a method
// by name or a status line does: a segment may begin within the word.
bool is_start(View v);
// The first bytes of a connection: can they become one? True of line ends and of a part of a method's name.
bool may_become_start(View v);
// A data frame's header and nothing else: some libraries write it by itself.
bool is_websocket_head(View v);
// A text in the middle of messages, by all of its lines.
bool smells_of_sip(View v);

// How many there are at the front. Between messages they are keep-alives; but behind a hole they may be the
// end of the message before.
std::size_t line_ends(View v);
// Behind a hole, or where a connection was joined, a message may begin in the middle of a segment: at a line
// that can be nothing but a start line, since a line of a header that we know follows it; 0: nowhere.
std::size_t hidden_start(View v);
// The same for a WebSocket frame that holds a start line.
std::size_t hidden_frame(View v);
// Where the headers of the message at the front end, behind the empty line; 0: not there yet.
std::size_t headers_end(std::string_view s);
// From a place where no message begins to the next line that can begin one; all of it when there is none.
std::size_t junk_length(View v);

enum class Found { message, incomplete, none };
// A SIP message at the front of `v`: its length, as far as the headers tell it already. One without a
// Content-Length, which is due in a stream, ends where its body does by the looks of it: `no_length`.
Found sip_message(View v, std::size_t& length, bool& no_length);
// A message in WebSocket data frames, control frames between them passed over. `compressed` goes in as
// whether frames of permessage-deflate (RFC 7692) count, and out as whether this was one: `message` is then
// what cannot be read.
Found websocket_message(View v, std::size_t& length, Bytes& message, bool& compressed);

}  // namespace writ::wire
