// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/encoding.hh"

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <algorithm>

#include "base/utf8.hh"

namespace writ::ingest {
namespace {

// Records are cut at these bytes.
constexpr std::string_view ascii_probe = "\n\r\t \"',;|<>/{}[]:\\=&%09AZaz";

}  // namespace

struct ToUtf8::State {
  std::string name;
  bool utf8 = false;
  UConverter* c = nullptr;
  std::u16string wide;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (c != nullptr) ucnv_close(c);
  }
};

ToUtf8::ToUtf8(std::unique_ptr<State> s) : s_(std::move(s)) {}
ToUtf8::ToUtf8(ToUtf8&&) noexcept = default;
ToUtf8::~ToUtf8() = default;

Result<ToUtf8> ToUtf8::open(std::string_view icu_name) {
  auto s = std::make_unique<State>();
  s->name = std::string(icu_name);
  UErrorCode e = U_ZERO_ERROR;
  s->c = icu_name.empty() ? nullptr : ucnv_open(s->name.c_str(), &e);
  if (s->c == nullptr || U_FAILURE(e))
    return fail(Exit::usage, fmt::format("is '{}', which is no encoding that ICU knows", icu_name), {}, {},
                "write for example UTF-8, ISO-8859-1 or windows-1252");
  e = U_ZERO_ERROR;
  ucnv_setToUCallBack(s->c, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &e);
  s->utf8 = ucnv_getType(s->c) == UCNV_UTF8;
  ToUtf8 out{std::move(s)};
  const auto same = out.convert(ascii_probe);
  if (!same || *same != ascii_probe)
    return fail(Exit::usage, fmt::format("is '{}', in which a line end is not the byte 0A", icu_name), {}, {},
                "let the switch write UTF-8, or convert a copy (iconv -f ... -t UTF-8) and import that");
  return out;
}

tl::expected<std::string, std::string> ToUtf8::convert(std::string_view bytes) {
  if (s_->utf8 && is_utf8(bytes)) return std::string(bytes);
  s_->wide.resize(bytes.size() * 2 + 8);
  UErrorCode e = U_ZERO_ERROR;
  ucnv_resetToUnicode(s_->c);
  const char* at = bytes.data();
  char16_t* to = s_->wide.data();
  ucnv_toUnicode(s_->c, &to, s_->wide.data() + s_->wide.size(), &at, bytes.data() + bytes.size(), nullptr,
                 true, &e);
  if (U_FAILURE(e)) {
    // What did not convert ends where the converter stopped.
    char bad[16];
    int8_t bad_bytes = sizeof bad;
    UErrorCode e2 = U_ZERO_ERROR;
    ucnv_getInvalidChars(s_->c, bad, &bad_bytes, &e2);
    const auto stopped = static_cast<std::size_t>(at - bytes.data());
    const std::size_t count = U_FAILURE(e2) || bad_bytes < 1 ? 1 : static_cast<std::size_t>(bad_bytes);
    const std::size_t place = stopped >= count ? stopped - count : 0;
    return tl::unexpected(fmt::format("byte 0x{:02X} at position {} is no {}",
                                      static_cast<unsigned char>(bytes[std::min(place, bytes.size() - 1)]),
                                      place + 1, s_->name));
  }
  const auto units = static_cast<int32_t>(to - s_->wide.data());
  std::string out(static_cast<std::size_t>(units) * 3 + 1, '\0');
  int32_t length = 0;
  u_strToUTF8(out.data(), static_cast<int32_t>(out.size()), &length, s_->wide.data(), units, &e);
  if (U_FAILURE(e)) return tl::unexpected(fmt::format("text that is no {}", s_->name));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace writ::ingest
