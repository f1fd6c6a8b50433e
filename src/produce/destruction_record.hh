// SPDX-License-Identifier: GPL-3.0-or-later
// The record that two people destroyed something: what it was (by hash), why it had to go, who and when.
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct DestructionRecord {
  std::string number, matter, proposed_by, destroyed_by, rule;
  Instant at{};
  std::string act_sha256;  // of the second person's signed act
  struct Item {
    std::string what;
    std::uint64_t bytes = 0;
    std::string sha256;
  };
  std::vector<Item> items;
};
Status write_destruction_record(const fs::path& file, const policy::Policy& p, const DestructionRecord& r);

}  // namespace writ::produce
