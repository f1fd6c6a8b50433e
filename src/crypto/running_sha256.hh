// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 over bytes that keep coming, which can be asked in between.
#pragma once
#include "crypto/crypto.hh"

struct evp_md_ctx_st;

namespace writ::crypto {

class RunningSha256 {
 public:
  RunningSha256();
  RunningSha256(const RunningSha256& o);
  RunningSha256(RunningSha256&&) noexcept = default;
  RunningSha256& operator=(RunningSha256&&) noexcept = default;
  ~RunningSha256() = default;
  void update(View v);
  Digest so_far() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* c) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> c_;
};

}  // namespace writ::crypto
