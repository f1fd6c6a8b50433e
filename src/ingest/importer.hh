// SPDX-License-Identifier: GPL-3.0-or-later
// A file of call detail records into the book: streamed in constant memory, raw bytes kept first, bad records
// to the quarantine with file, line and reason, the rest in. Killed anywhere and run again: the same result.
// The same file twice: nothing changes.
#pragma once
#include <functional>

#include "ingest/rating.hh"
#include "ingest/source.hh"
#include "records/cdr_book.hh"

namespace writ::ingest {

struct Progress {
  std::uint64_t rows = 0, bytes = 0, bytes_total = 0;
  double seconds = 0;  // rate and ETA follow from these
};

struct ImportCounts {
  std::string source;  // id of the raw file: its SHA-256, hex
  std::uint64_t rows = 0, added = 0, duplicates = 0, quarantined = 0;
  std::uint64_t too_old = 0;        // before ImportTo::oldest: not taken in
  bool already_there = false;       // the whole file was taken in before
  std::vector<std::string> months;  // touched
  std::vector<std::string>
      first_problems;  // "cdr.csv:17: ...", twenty at most; all of them are in the quarantine
};

struct ImportTo {
  records::CdrBook& book;
  const Rating& rating;
  fs::path raw_dir;         // <sha256>.zst and <sha256>.json (settings, name, when)
  fs::path quarantine_dir;  // <sha256>.jsonl: {"line","reason","raw"(base64)}
  Instant now{};            // future-dated: more than a day after this
  Instant oldest{};         // records that retention would purge at once are not taken in (counted, said)
  std::function<void(const Progress&)> progress;  // about once a second; may be empty
};

Result<ImportCounts> import_cdr_file(const fs::path& file, const SourceSettings& settings,
                                     const ImportTo& to);
// One message of a live feed (FreeSWITCH json_cdr over HTTP): raw kept, in, durable. Idempotent on uuid and
// leg.
Result<ImportCounts> import_cdr_message(std::string_view body, const SourceSettings& settings,
                                        const ImportTo& to);

}  // namespace writ::ingest
