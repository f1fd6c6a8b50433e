// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/result.hh"

namespace writ {

std::string to_text(const Error& e) {
  std::string out = "error: " + e.what + "\n";
  if (!e.rule.empty()) out += "rule: " + e.rule + "\n";
  if (!e.missing.empty()) out += "missing: " + e.missing + "\n";
  if (!e.next.empty()) out += "next: " + e.next + "\n";
  return out;
}

}  // namespace writ
