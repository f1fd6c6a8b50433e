// SPDX-License-Identifier: GPL-3.0-or-later
// Two custodians open a matter; its calls are assembled, decoded, packed, signed and released. Invoices.
#pragma once
#include "desk/intercept_service.hh"
#include "media/recording.hh"
#include "produce/package.hh"

namespace writ::desk {

struct ProductionWish {
  std::int64_t time_shift_s = 0;  // by which the capture was shifted before it was read
  media::Audio audio = media::Audio::wav_and_mp3;
};

struct Production {
  fs::path directory, iso;
  crypto::Digest manifest{};
  std::size_t calls = 0, recordings = 0, undecodable = 0, reviews = 0, gaps = 0;
  bool partial() const { return undecodable > 0; }
};

class ProductionService {
 public:
  explicit ProductionService(Carrier& c) : c_(&c) {}
  // Makes <out>/<matter>/ and <out>/<matter>.iso. The same evidence and wish again give the same production
  // (same start time in the store), byte for byte but for the MP3 encoder's whims, and is logged as another
  // opening and release; a production that was killed half-way is made again from the evidence.
  Result<Production> make(const std::string& matter, const fs::path& out, const ProductionWish& wish,
                          const std::vector<Credentials>& custodians);
  Result<produce::InvoiceFacts> invoice(const std::string& matter, const fs::path& pdf,
                                        const Credentials& finance);
  Result<produce::InvoiceFacts> invoice(const std::string& matter, const fs::path& pdf,
                                        const Acting& finance);

 private:
  Result<Production> open_and_release(const std::string& matter, const fs::path& out,
                                      const ProductionWish& wish, const Acting& a, const Acting& b);
  Status open_evidence(const std::string& matter, const std::vector<GrantRow>& grants,
                       const crypto::Digest& digest, const Acting& a, const Acting& b,
                       intercept::Matter& into);
  Status release(const std::string& matter, const fs::path& dir, const produce::PackageInput& in,
                 const Production& p, const Acting& a, const Acting& b);
  Result<produce::InvoiceFacts> bill(const std::string& matter, const fs::path& pdf, const Acting& finance);
  Carrier* c_;
};

}  // namespace writ::desk
