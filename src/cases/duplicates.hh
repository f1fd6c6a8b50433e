// SPDX-License-Identifier: GPL-3.0-or-later
// V38: what a new document repeats, and whose mail domain its sender imitates. Signatures on the page are not
// compared: a reused one is seen by a person, or not at all.
#pragma once
#include "desk/carrier.hh"
#include "process/demand.hh"

namespace writ::cases {

struct KnownDomain {
  std::string domain, whose;  // "agencies.example", "Example County Sheriff"
};
// Of the offices in the policy, and of the contacts in force in the carrier's own directory.
Result<std::vector<KnownDomain>> known_domains(desk::Carrier& c);

// "" for a domain that is known, or below one that is, and for one that resembles none; else what it
// imitates. Resembles: the same confusable skeleton (Unicode UTS 39), one letter more, less, other or
// exchanged, or a known domain in front of another one ("agency.example.mail.example").
std::string imitates(std::string_view domain, const std::vector<KnownDomain>& known);
std::string domain_of(std::string_view email);  // after the last '@', lower case, without final dot

// Cases and orders (other than `own`) with the same document, or with the same instrument of the same issuer
// or agency and another document. Cases are read and verified before they are named. In a compartment also
// those of the desk outside, which everybody may know; from outside nobody sees into a compartment (I8).
Result<std::vector<std::string>> repeats(const desk::Carrier& c, const process::Demand& d,
                                         const std::string& own);
// All of V38: what it repeats, and whom its sender imitates.
Result<std::vector<std::string>> repeats_or_imitates(desk::Carrier& c, const process::Demand& d,
                                                     const std::string& own);

}  // namespace writ::cases
