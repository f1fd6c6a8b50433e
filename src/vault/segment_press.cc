// SPDX-License-Identifier: GPL-3.0-or-later
// Promise: what a failed write or sync may have left is never taken for acknowledged. So the first failure
// latches: the kernel may have dropped the dirty pages and cleared the error, and a second fsync would answer
// "ok" about data that are gone. Cost per frame: one encryption, CRC, hash and write.
#include "vault/segment_press.hh"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace writ::vault {
namespace {

constexpr const char* free_the_disk =
    "free or replace the disk and start writ-probe again: it goes on after the last acknowledged record";

}  // namespace

Status SegmentPress::latch(Status s) {
  if (s) return s;
  Error e = std::move(s).error();
  e.what = fmt::format("the {} of grant {} cannot be written: {}", to_string(stream),
                       crypto::hex(grant).substr(0, 8), e.what);
  e.missing = "a disk that takes what is written to it";
  e.next = free_the_disk;
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = e;
  failed_ = true;
  return tl::unexpected(std::move(e));
}

Status SegmentPress::failure() const {
  if (!failed_) return {};
  const std::lock_guard lock(failure_mutex_);
  return tl::unexpected(*failure_);
}

Result<std::shared_ptr<SegmentWriter::NewFile>> SegmentPress::make_file() const {
  const crypto::Secret32 key;
  auto made = std::make_shared<SegmentWriter::NewFile>(key);
  format::Header h;
  h.grant = grant;
  h.stream = stream;
  h.number = number + 1;
  h.probe = probe->public_key();
  h.opened = rfc3339(clock->now());
  h.source = source;
  h.previous = previous;
  for (const crypto::BoxPublic& to : recipients) h.recipients.push_back({to, crypto::seal(to, key.view())});
  const View stream_header = made->push.header();
  h.stream_header.assign(stream_header.begin(), stream_header.end());
  made->number = h.number;
  made->head = format::encode_header(h, *probe);
  WRIT_TRY(created, create_segment_file(dir / format::file_name(stream, h.number), made->head));
  made->fd = std::move(created);
  return made;
}

void SegmentPress::start_segment(SegmentWriter::NewFile&& file) {
  push_.emplace(std::move(file.push));
  fd_ = std::move(file.fd);
  hash_ = std::make_unique<crypto::Sha256>();
  hash_->update(file.head);
  number = file.number;
  frames_ = records_ = 0;
  bytes_ = file.head.size();
  total_bytes_ += file.head.size();
}

void SegmentPress::press(const SealBatch& batch) {
  if (!failed()) static_cast<void>(latch(put(batch)));  // whoever asks next is told
}

Status SegmentPress::put(const SealBatch& batch) {
  if (!fd_) {
    WRIT_TRY(made, make_file());
    start_segment(std::move(*made));
  }
  const View plain = View(batch.plain).first(batch.used);
  thread_local Bytes frame;  // one stays in the processor's cache, one for each stream would not
  frame.resize(format::frame_header_bytes);
  push_->push(plain, false, frame);
  format::finish_frame(frame, frames_, batch.records, batch.mark);
  WRIT_CHECK(write_all(fd_.get(), frame));
  unsynced_ = true;
  hash_->update(frame);
  bytes_ += frame.size();
  total_bytes_ += frame.size();
  records_ += batch.records;
  through_ = batch.through;
  ++frames_;
  return bytes_ >= limits::segment_bytes_max ? end(false) : Status{};
}

Result<Fd> SegmentPress::unsynced() {
  WRIT_CHECK(failure());
  if (!unsynced_) return Fd{};
  Fd own{::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)};
  if (!own) {
    WRIT_CHECK(latch(fail(Exit::failure, fmt::format("duplicate: {}", std::strerror(errno)))));
  }
  unsynced_ = false;
  return own;
}

Status SegmentPress::end(bool final) {
  if (!fd_) return {};
  format::Trailer t;
  t.frames = frames_;
  t.records = records_;
  t.bytes = bytes_;
  t.sha256 = hash_->finish();
  t.closed = rfc3339(clock->now());
  t.final = final;
  WRIT_TRY(digest, append_trailer(fd_.get(), t, *probe));
  previous = digest;
  unsynced_ = false;
  ended_through_.store(through_, std::memory_order_release);
  fd_.reset();
  push_.reset();
  hash_.reset();
  return {};
}

}  // namespace writ::vault
