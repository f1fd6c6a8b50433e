// SPDX-License-Identifier: GPL-3.0-or-later
// The papers of a production as PDF (cairo + pango): cover letter, 47 CFR 1.20004 certification, invoice.
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"
#include "intercept/calls.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct MatterFacts {  // what the papers say about a matter; filled by the desk
  std::string matter, instrument, court, judge;
  std::string kind_text;  // "Title III interception of wire communications"
  std::string statute;    // "18 USC 2510-2522"
  std::string officer_name, officer_badge, officer_agency, officer_address, officer_phone;
  std::string legal_signer;          // person who signed the legal authorisation (the judge)
  std::vector<std::string> targets;  // telephone numbers or circuit identification numbers
  std::string document_sha256;
  Instant window_start{}, window_end{};
  Instant enabled{};                         // start date and time of the interception (arming)
  std::string counsel, officer, technician;  // user names of the three acts
  std::vector<std::string> grants;           // grant ids
  std::vector<std::string> custodians;  // who release; write_production fills it from the signers when empty
  bool sandbox = false;                 // prints "SANDBOX, fictional"
};

// 47 CFR 1.20004(a)(1): the facts, signed by the responsible person.
struct Certification {
  MatterFacts facts;
  std::string signed_by, signed_title;
  Instant signed_at{};
  std::string key, signature;  // hex Ed25519 over the canonical statement, domain "writ.certification/1"
};
Json certification_statement(const Certification& c);  // what is signed
Json to_json(const Certification& c);                  // statement, key, signature

struct InvoiceFacts {
  std::string number, matter, bill_to_agency, bill_to_address;
  Instant issued{};
  std::vector<policy::FeeLine> lines;
  std::string currency, citation;
  bool sandbox = false;
};
std::int64_t total_cents(const InvoiceFacts& f);

// Each writes a durable PDF/A-like file (fonts embedded, fixed creation date: same input, same bytes).
Status write_cover_letter(const fs::path& file, const policy::Policy& p, const MatterFacts& f,
                          const intercept::Matter& m, Instant date);
Status write_certification(const fs::path& file, const policy::Policy& p, const Certification& c);
Status write_invoice(const fs::path& file, const policy::Policy& p, const InvoiceFacts& f);

}  // namespace writ::produce
