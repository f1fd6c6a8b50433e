// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a named encoding to UTF-8, by ICU. Strict: a byte that does not convert is told, never replaced.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace writ::ingest {

class ToUtf8 {
 public:
  // Only encodings in which ASCII is itself: records are cut out of the raw bytes before they are converted.
  static Result<ToUtf8> open(std::string_view icu_name);
  ToUtf8(ToUtf8&&) noexcept;
  ~ToUtf8();
  // The error is the reason, with the byte and its place ("byte 0xE9 at position 17 is no UTF-8").
  tl::expected<std::string, std::string> convert(std::string_view bytes);

 private:
  struct State;
  explicit ToUtf8(std::unique_ptr<State> s);
  std::unique_ptr<State> s_;
};

}  // namespace writ::ingest
