// SPDX-License-Identifier: GPL-3.0-or-later
// The end of a stream that touches the disk: seals batches of records and writes them into the segment that
// is open. The writer (segment_writer.cc) gathers records and hands batches over, maybe to another thread;
// here one batch is at work at a time. Used by the writer only.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>

#include "vault/segment_file.hh"

namespace writ::vault {

// Records as they stand in a frame: be32 length, record.
struct SealBatch {
  Bytes plain;  // `used` bytes of it
  std::size_t used = 0;
  std::uint32_t records = 0;
  std::uint64_t mark = 0;     // of the last record
  std::uint64_t through = 0;  // so many records of the stream have been handed over with it
};

// A segment's file with nothing in it but its header.
struct SegmentWriter::NewFile {
  explicit NewFile(const crypto::Secret32& key) : push(key) {}
  std::uint64_t number = 0;
  crypto::StreamPush push;
  Bytes head;
  Fd fd;
};

class SegmentPress {
 public:
  fs::path dir;
  crypto::Digest grant{};
  std::vector<crypto::BoxPublic> recipients;
  Stream stream = Stream::call_data;
  const crypto::SigningKey* probe = nullptr;
  Clock* clock = nullptr;
  std::string source;
  std::uint64_t number = 0;  // of the segment that is open, or of the last one
  std::optional<crypto::Digest> previous;

  Result<std::shared_ptr<SegmentWriter::NewFile>> make_file() const;
  void start_segment(SegmentWriter::NewFile&& file);
  // One frame; nothing when an earlier failure latched. Makes a file where there is none, and ends the
  // segment that is full.
  void press(const SealBatch& batch);
  // A descriptor of its own of the open segment, to be synced; none when everything is. By whoever presses.
  Result<Fd> unsynced();
  Status end(bool final);  // trailer and sync of the segment that is open

  // Below: on any thread. The first failure stays, with what it was.
  Status failure() const;
  Status latch(Status s);
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_written() const { return total_bytes_.load(std::memory_order_relaxed); }
  // Records that lie in segments with a trailer.
  std::uint64_t ended_through() const { return ended_through_.load(std::memory_order_acquire); }

 private:
  Status put(const SealBatch& batch);

  Fd fd_;
  std::optional<crypto::StreamPush> push_;
  std::unique_ptr<crypto::Sha256> hash_;
  std::uint64_t frames_ = 0, records_ = 0, bytes_ = 0;  // of the open segment
  std::uint64_t through_ = 0;
  bool unsynced_ = false;
  std::atomic<std::uint64_t> total_bytes_{0}, ended_through_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

}  // namespace writ::vault
