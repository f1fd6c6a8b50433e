// SPDX-License-Identifier: GPL-3.0-or-later
// The capture pipeline: source -> engine -> sealed spool. Authority is judged at packet time (engine) and at
// wall time (here, before the first packet and at least once a second): a run stops by itself when the last
// grant ends, is revoked, or when the wall clock goes back behind its persisted high-water mark
// (Exit::expired / Exit::refused).
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/io.hh"
#include "base/stop.hh"
#include "base/watched_file.hh"
#include "capture/byte_source.hh"
#include "capture/intake.hh"
#include "capture/matcher.hh"
#include "capture/spool.hh"

namespace writ::capture {

struct SourceEnd {  // how a file or stream came to its end
  bool truncated = false;
  std::string problem;     // "packet record at byte 1234 is broken", empty when none
  std::uint64_t lost = 0;  // frames that the card which wrote them says it lost
};

struct RunResult {
  intercept::EngineStats stats;
  std::uint64_t spool_bytes = 0;
  SourceEnd source;                  // files and streams
  std::uint64_t kernel_dropped = 0;  // live only
  std::uint64_t deaf_times = 0;      // how often a live source fell deaf: down, gone, without a link
  std::uint64_t duplicates = 0;      // removed
  // Resumed capture files: records already sealed by an earlier, killed run of the same source are not sealed
  // twice.
  std::uint64_t records_resumed = 0;
};

// `still_valid`: called at least once a second; an error ends the run in good order (spool closed) and is
// returned.
using Watch = std::function<Status()>;

// pcap, pcapng or ERF; mapped, or unpacked by stream when it is compressed (gzip, Zstandard).
class CaptureFile {
 public:
  // Its inputs: those of the settings, of which it is the first as a whole (one_input), or has them as
  // interfaces by their names (pcapng).
  static Result<CaptureFile> open(const fs::path& file, const RunSettings& settings = {});
  // All of it, once. Opens nothing more; an error is the intake's, or says that this is no capture file.
  Status read(Intake& intake, SourceEnd& end);

 private:
  CaptureFile(WatchedFile map, const RunSettings& settings)
      : map_(std::move(map)), inputs_(settings.engine.inputs), one_input_(settings.one_input) {}
  WatchedFile map_;
  std::vector<std::string> inputs_;
  bool one_input_;
  std::optional<ByteSource> packed_;
};
// The whole pipeline in this process. The spool must have been opened with source_identity(capture,
// settings), or without a source when nothing is to be resumed.
Result<RunResult> run_file(const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid, const RunSettings& settings = {});
// A stream that cannot be read again (standard input). Packets are judged as they come; stops in good order
// when stop is set.
Status run_stream(ByteSource source, Intake& intake, const StopFlag& stop, SourceEnd& end,
                  const RunSettings& settings = {});
// Which of these names a capture file has as interfaces, and which of them are several interfaces at once
// (place in `names` from 1). Reads to where all were found, else to the end.
struct FileInputs {
  wire::InputSet found = 0, ambiguous = 0;
};
Result<FileInputs> inputs_in(const fs::path& file, const std::vector<std::string>& names);

// Says whether a capture file is the one that an earlier run read, and was read in the same way: its size and
// a SHA-256 over both ends and evenly spaced blocks. Hashing all of it would cost more than reading it; what
// rests on this is resuming, not evidence. A compressed file is hashed as a whole: that costs less than
// unpacking it.
Result<std::string> source_identity(const fs::path& capture, const RunSettings& settings = {});

}  // namespace writ::capture
