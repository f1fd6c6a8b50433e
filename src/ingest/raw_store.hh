// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a switch as they came, kept before anything is made of them: <sha256>.zst (of the plain bytes)
// and <sha256>.json beside it: name, settings, when, what came of it. Whole or not there, whenever the
// process dies.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/io.hh"
#include "base/json.hh"
#include "base/time.hh"

namespace writ::ingest {

struct RawInfo {  // for retention: a raw file goes when the last of its months goes
  std::string id, name, feed, account;
  Instant kept{};
  std::uint64_t bytes = 0;          // plain
  bool complete = false;            // it was taken in to its end
  std::vector<std::string> months;  // of its records, "2026-11"; empty: no record came of it
};

class RawReader {  // the plain bytes again, streamed
 public:
  RawReader(RawReader&&) noexcept;
  ~RawReader();
  // Some bytes, valid until the next call; none at the end. Exit::integrity when the copy is damaged.
  Result<View> next();

 private:
  friend class RawStore;
  struct State;
  explicit RawReader(std::unique_ptr<State> s);
  std::unique_ptr<State> s_;
};

class RawStore {
 public:
  using Progress = std::function<void(std::uint64_t bytes)>;
  struct Kept {
    std::string id;
    std::uint64_t bytes = 0;
  };
  explicit RawStore(fs::path dir) : dir_(std::move(dir)) {}
  Result<Kept> keep(const fs::path& file, const Progress& progress = {}) const;
  Result<Kept> keep(View bytes) const;
  Result<RawReader> open(const std::string& id) const;
  // Null when there is none.
  Result<Json> notes(const std::string& id) const;
  Status write_notes(const std::string& id, const Json& notes) const;
  Result<std::vector<RawInfo>> list() const;
  // The copy, its notes and its quarantine (a directory; may be empty). Gone when it returns; nothing to
  // remove is no error.
  Status remove(const std::string& id, const fs::path& quarantine_dir) const;

 private:
  class Writer;
  Status sweep() const;
  fs::path dir_;
};

}  // namespace writ::ingest
