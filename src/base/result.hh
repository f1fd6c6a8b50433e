// SPDX-License-Identifier: GPL-3.0-or-later
// How every function of Writ reports failure: a value or an Error that a person can act on.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace writ {

// Process exit codes; part of the public contract (docs/cli.md).
enum class Exit : int {
  ok = 0,
  failure = 1,
  usage = 2,
  not_found = 3,
  integrity = 4,
  refused = 5,
  expired = 6,
  unit = 7,
  partial = 8,
};

// A refusal is four lines: what, the rule (with citation), what is missing, what to do next and who can.
struct Error {
  Exit exit = Exit::failure;
  std::string what;
  std::string rule;
  std::string missing;
  std::string next;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Exit exit, std::string what, std::string rule = {},
                                  std::string missing = {}, std::string next = {}) {
  return tl::unexpected<Error>(
      Error{exit, std::move(what), std::move(rule), std::move(missing), std::move(next)});
}

// "error: ...\nrule: ...\nmissing: ...\nnext: ...\n"; empty lines are left out.
std::string to_text(const Error& e);

}  // namespace writ

// WRIT_TRY(name, expr): `auto name = value of expr`, or return its error.  WRIT_CHECK(expr): for Status.
#define WRIT_TRY(name, expr)                                                          \
  auto name##_or = (expr);                                                            \
  if (!name##_or) return tl::unexpected<::writ::Error>(std::move(name##_or).error()); \
  auto name = std::move(*name##_or)
#define WRIT_CHECK(expr)                                                                    \
  do {                                                                                      \
    auto writ_status = (expr);                                                              \
    if (!writ_status) return tl::unexpected<::writ::Error>(std::move(writ_status).error()); \
  } while (false)
