// SPDX-License-Identifier: GPL-3.0-or-later
// Two custodians open a matter; its calls are assembled, decoded, packed, signed and released. Invoices.
#pragma once
#include "desk/intercept_service.hh"
#include "produce/package.hh"

namespace writ::desk {

struct Production {
  fs::path directory, iso;
  crypto::Digest manifest{};
  std::size_t calls = 0, recordings = 0, undecodable = 0, reviews = 0, gaps = 0;
  bool partial() const { return undecodable > 0; }
};

class ProductionService {
 public:
  explicit ProductionService(Carrier& c) : c_(&c) {}
  // Makes <out>/<matter>/ and <out>/<matter>.iso. The same evidence again gives the same production, byte for byte (same start
  // time in the store); a production that was killed half-way is made again from the evidence.
  Result<Production> make(const std::string& matter, const fs::path& out, std::int64_t time_shift_s,
                          const std::vector<Credentials>& custodians);
  Result<produce::InvoiceFacts> invoice(const std::string& matter, const fs::path& pdf, const Credentials& finance);

 private:
  Carrier* c_;
};

}  // namespace writ::desk
