// SPDX-License-Identifier: GPL-3.0-or-later
// What could not be read, with the place, the reason and the bytes: <id>.jsonl, one {"line","reason","raw"}
// each. The file is there whole or not at all; a later import of the same bytes (other settings) replaces it.
#pragma once
#include <string>
#include <string_view>

#include "base/io.hh"

namespace writ::ingest {

class Quarantine {
 public:
  Quarantine(fs::path dir, std::string id) : dir_(std::move(dir)), id_(std::move(id)) {}
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;
  ~Quarantine();
  Status add(std::uint64_t line, std::string_view reason, std::string_view raw);
  Status finish();  // durable

 private:
  Status flush();
  fs::path dir_, path_;
  std::string id_, buffer_;
  Fd fd_;
};

}  // namespace writ::ingest
