// SPDX-License-Identifier: GPL-3.0-or-later
// The words by which papers name kinds of process and items of the disclosure matrix: data, apart from the
// code that looks for them. Patterns are RE2, over lower case with single spaces.
#pragma once
#include <span>

namespace writ::scan {

struct KindWord {
  const char* kind;  // policy::ProcessKind::id
  const char* pattern;
  int weight;  // a title of the paper 10, what its text only says 2-4
};
std::span<const KindWord> kind_words();

struct ItemWord {
  const char* item;  // of the matrix, without "subscriber-" or "tenant-" when `of_party`
  bool of_party;
  const char* pattern;
};
std::span<const ItemWord> item_words();

// Who is meant: the subscriber of the service, or a tenant (guest) of the property.
inline constexpr const char* subscriber_words =
    R"(\b(?:subscriber|subscribers|account ?holder|customer|account owner|hotel|property owner)\b)";
inline constexpr const char* tenant_words =
    R"(\b(?:guest|guests|tenant|tenants|occupant|occupants|lodger|registrant)\b)";

}  // namespace writ::scan
