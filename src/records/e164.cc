// SPDX-License-Identifier: GPL-3.0-or-later
// The only place that includes libphonenumber (a heavy header, with protobuf behind it).
#include <fmt/format.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif
#include <phonenumbers/phonenumberutil.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "records/catalogue.hh"

namespace writ::records {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t number_bytes_max = 64;

// Letters would be taken for a vanity number or an extension: a number of an order is digits as written.
bool is_number_text(std::string_view s) {
  if (s.empty() || s.size() > number_bytes_max) return false;
  return s.find_first_not_of("0123456789+-.() /") == std::string_view::npos;
}

}  // namespace

Result<std::string> to_e164(std::string_view text) {
  std::string_view s = text;
  if (s.substr(0, 4) == "tel:") s.remove_prefix(4);
  PhoneNumber number;
  const auto* util = PhoneNumberUtil::GetInstance();
  if (!is_number_text(s) || util->Parse(std::string(s), "US", &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      util->IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE)
    return fail(Exit::usage,
                fmt::format("'{}' is not a complete telephone number",
                            text.size() <= number_bytes_max ? text : "(a very long text)"),
                "ITU-T E.164; complete numbers only", "a number with area code",
                "write it as +14045550102 or (404) 555-0102; an extension is a target of its own");
  std::string out;
  util->Format(number, PhoneNumberUtil::E164, &out);
  return out;
}

}  // namespace writ::records
