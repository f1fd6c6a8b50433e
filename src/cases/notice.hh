// SPDX-License-Identifier: GPL-3.0-or-later
// A notice to a person of the carrier, for who takes it to them (mail, the console): one durable file each in
// outbox/, keyed by what it is about, so that a repeated step writes the same file and nobody is told twice.
#pragma once
#include "desk/carrier.hh"

namespace writ::cases {

struct Notice {
  std::string matter, what, text;  // what: "break-glass" ...; text: one plain sentence, no target, no number
  Instant at{};
};
// "writ.notice/1" to everyone who now holds one of `roles`; their names, sorted.
Result<std::vector<std::string>> notify(const desk::Carrier& c, const Notice& n,
                                        const std::vector<authority::Role>& roles);

}  // namespace writ::cases
