// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of national security process: a letter or an order that passes every check, and its filing.
#pragma once
#include "cases/national_security.hh"
#include "desk/test_desk.hh"

namespace writ::cases::testing {

inline const std::vector<std::string> named{"intake-1", "counsel-1", "auditor-1"};

struct LetterText {
  std::string delivery = "hand", rank = "Special Agent in Charge";
  std::string kind = "nsl", authority = "", instrument = "NSL-CANARY-1";
  std::string items = "\"tenant-name\", \"tenant-calls\", \"subscriber-payment\"";
  std::string text() const {
    return fmt::format(
        "schema = \"writ.demand/1\"\nkind = \"{}\"\ninstrument = \"{}\"\nissuer = \"Field "
        "Office\"\nissuer_title = \"Special Agent in Charge\"\njurisdiction = \"US\"\nstatute = \"18 USC "
        "2709\"\nauthority = \"{}\"\nwording = \"name and toll billing records of the tenant of room "
        "7\"\nissued = 2026-11-24T15:00:00Z\nreceived = 2026-11-25T01:00:00Z\nreturn_by = "
        "2026-12-20T17:00:00Z\nsigned = true\ndelivery = \"{}\"\ndelivered_by = \"a special agent\"\noffice "
        "= "
        "\"fbi-field-office\"\ncertifier = \"the certifier\"\ncertifier_rank = \"{}\"\nitems = "
        "[{}]\nrecords_from = 2026-11-01T00:00:00Z\nrecords_until = "
        "2026-11-24T00:00:00Z\ncoordinated_before = true\ncost_agreement = true\n[requester]\nname = \"Case "
        "Officer\"\nbadge = \"4471\"\nagency = \"Field Office\"\nphone = \"+14045550170\"\nemail = "
        "\"officer@agencies.example\"\nreturn_address = \"1 Court Square, Harborview, GA 30001\"\n"
        "[[subjects]]\nkind = \"extension\"\nvalue = \"7\"\nproperty = \"PL-2001\"\n",
        kind, instrument, authority, delivery, rank, items);
  }
};

inline const fs::path letter_scan = desk::testing::source_dir / "sandbox" / "order.pdf";

inline NationalFiling filing(const LetterText& letter = {}) {
  const std::string text = letter.text();
  NationalFiling f;
  f.compartment = "harbor-lantern";
  f.named = named;
  f.demand = Bytes(text.begin(), text.end());
  f.demand_name = "letter.toml";
  f.document = letter_scan;
  return f;
}

}  // namespace writ::cases::testing
