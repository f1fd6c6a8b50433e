// SPDX-License-Identifier: GPL-3.0-or-later
// The cover letter of a disclosure of records: what is released and under which rule, what is refused and
// why, what is not there, the custodian's declaration (Fed. R. Evid. 902(11), 902(13)), and the SHA-256 of
// every file.
#pragma once
#include "base/io.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct ResponseItem {
  std::string title, rule;  // both layers' citations
  std::string reason;       // refused: why; released where the matrix is silent: counsel's word
  // Released: records responded; none did; a subject must be described more closely first.
  enum class Outcome { none, enclosed, unclear } outcome = Outcome::none;
};

struct ResponseFile {
  std::string name, what, sha256;
  std::uint64_t bytes = 0;
};

struct ResponseFacts {
  std::string matter, kind, instrument, issued_by;
  Instant issued{};
  std::string document_sha256;
  std::string requester, badge, agency, address, phone, return_by;  // return_by: "by fax to ..." (S42)
  Instant records_from{}, records_until{};
  std::vector<ResponseItem> released, refused;
  std::vector<std::string> outcomes;   // one text for each subject of the document, in its order
  std::vector<std::string> retention;  // what is no longer kept, in sentences
  std::vector<std::string> notes;      // what else is to be said of it, in sentences
  std::vector<std::string> sources;    // "records", "preservation M-2026-0001"
  std::vector<ResponseFile> files;
  std::string signer;
  bool sandbox = false;
};

Status write_response_letter(const fs::path& file, const policy::Policy& p, const ResponseFacts& f,
                             Instant date);

}  // namespace writ::produce
