// SPDX-License-Identifier: GPL-3.0-or-later
// Names as they are written. Two spellings that Unicode calls canonically equivalent ("é" as one code point
// or two) are the same writing; nothing else is: not another case, an initial or a nickname (S10, S16).
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/utf8.hh"
#include "records/catalogue.hh"

namespace writ::records {
namespace {

constexpr std::size_t name_bytes_max = 1024;

}  // namespace

Result<std::string> name_as_written(std::string_view text) {
  const auto bad = [](const char* what, const char* cure) {
    return fail(Exit::usage, what, "Unicode NFC in UTF-8; as written", {}, cure);
  };
  if (text.size() > name_bytes_max) return bad("a text is too long", "shorten it to 1024 bytes");
  if (!is_utf8(text)) return bad("a text is not UTF-8", "save or type it as UTF-8");
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(code);
  if (U_FAILURE(code)) return fail(Exit::failure, "Unicode normalisation cannot start");
  const auto composed = nfc->normalize(
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()))),
      code);
  if (U_FAILURE(code)) return fail(Exit::failure, "Unicode normalisation failed");
  icu::UnicodeString out;
  bool space = false;
  for (std::int32_t i = 0; i < composed.length();) {
    const UChar32 c = composed.char32At(i);
    i += U16_LENGTH(c);
    if (u_isUWhiteSpace(c)) {
      space = true;
      continue;
    }
    if (u_iscntrl(c)) return bad("a text holds control characters", "remove them");
    if (space && !out.isEmpty()) out.append(UChar32{' '});
    space = false;
    out.append(c);
  }
  std::string utf8;
  out.toUTF8String(utf8);
  return utf8;
}

}  // namespace writ::records
