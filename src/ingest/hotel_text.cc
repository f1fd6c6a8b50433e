// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/hotel_text.hh"

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <vector>

namespace writ::ingest {
namespace {

UConverter* converter_of(void* p) { return static_cast<UConverter*>(p); }

}  // namespace

void SiteText::Close::operator()(void* converter) const { ucnv_close(converter_of(converter)); }

Result<SiteText> SiteText::open(const std::string& icu_name) {
  UErrorCode code = U_ZERO_ERROR;
  UConverter* c = ucnv_open(icu_name.c_str(), &code);
  if (U_FAILURE(code) || icu_name.empty())
    return fail(Exit::usage, fmt::format("'{}' is not a character set", icu_name), "ICU converter names",
                "the character set that the hotel's system writes",
                "write for example \"windows-1252\", \"ISO-8859-1\", \"UTF-8\" or \"Shift_JIS\"");
  SiteText t{icu_name, c};
  constexpr std::string_view of_fias = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789|# ";
  if (t.read(of_fias).utf8 != of_fias)
    return fail(Exit::usage, fmt::format("FIAS cannot be written in '{}'", icu_name),
                "letters, digits and '|' are single ASCII bytes on the link",
                "a character set that extends ASCII",
                "ask the hotel's system vendor which character set the interface uses");
  return t;
}

SiteText::Text SiteText::read(std::string_view bytes) const {
  UConverter* const c = converter_of(converter_.get());
  ucnv_resetToUnicode(c);
  std::vector<UChar> wide(bytes.size() * 2 + 2);
  UErrorCode code = U_ZERO_ERROR;
  const int32_t n = ucnv_toUChars(c, wide.data(), static_cast<int32_t>(wide.size()), bytes.data(),
                                  static_cast<int32_t>(bytes.size()), &code);
  Text out;
  // A character of the set may be up to 3 UTF-16 units' worth of UTF-8 bytes.
  out.utf8.resize(static_cast<std::size_t>(n) * 3 + 1);
  int32_t length = 0;
  if (U_SUCCESS(code) || code == U_STRING_NOT_TERMINATED_WARNING)
    u_strToUTF8WithSub(out.utf8.data(), static_cast<int32_t>(out.utf8.size()), &length, wide.data(), n,
                       0xFFFD, nullptr, &code);
  if (U_FAILURE(code)) return {std::string{}, false};
  out.utf8.resize(static_cast<std::size_t>(length));
  out.whole = out.utf8.find("\xEF\xBF\xBD") == std::string::npos;
  return out;
}

}  // namespace writ::ingest
