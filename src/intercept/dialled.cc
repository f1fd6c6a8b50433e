// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/dialled.hh"

#include <algorithm>
#include <string_view>

#include "intercept/identity.hh"

namespace writ::intercept {
namespace {

constexpr std::string_view figures = "0123456789", marks = ",;pPwWxX*#",
                           dialled = "0123456789+-.() ABCD,;pPwWxX*#";
constexpr std::size_t code_digits_max = 3;

// "*67", "#31#": a service code before the number is dialled to the switch.
std::size_t service_code(std::string_view user) {
  std::size_t n = user.find_first_not_of("*#");
  if (n == 0 || n == user.npos) return 0;
  const std::size_t first = n;
  while (n < user.size() && n - first < code_digits_max && figures.find(user[n]) != figures.npos) ++n;
  return n < user.size() && (user[n] == '*' || user[n] == '#') ? n + 1 : n;
}

// Identifiers of calls are no parties, whatever they look like.
bool names_call(std::string_view key) {
  return key == "transferred_from" || key == "new_call_id" || key == "replaces" || key == "leg_of" ||
         key == "call_id" || key == "previous" || key == "resulting";
}

}  // namespace

std::string without_later_keys(const std::string& party) {
  const std::size_t at = party.rfind('@');
  const std::string_view user = std::string_view(party).substr(0, at);
  if (user.empty() || user.find_first_not_of(dialled) != user.npos) return party;
  const std::size_t mark = user.find_first_of(marks, service_code(user));
  if (mark == user.npos || user.substr(0, mark).find_first_of(figures) == user.npos) return party;
  const std::string number(user.substr(0, mark));
  if (std::string canonical = canonical_e164(number); !canonical.empty()) return canonical;
  return at == party.npos ? number : number + party.substr(at);
}

void hide_later_keys(Json& detail) {
  if (detail.is_string()) {
    detail = without_later_keys(detail.get_ref<const std::string&>());
  } else if (detail.is_object()) {
    for (auto& [key, value] : detail.items())
      if (!names_call(key)) hide_later_keys(value);
  } else if (detail.is_array()) {
    for (Json& value : detail) hide_later_keys(value);
  }
}

}  // namespace writ::intercept
