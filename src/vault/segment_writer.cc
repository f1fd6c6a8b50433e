// SPDX-License-Identifier: GPL-3.0-or-later
// Writing a stream of segments. Promise: what commit() acknowledged survives anything but the loss of the
// disk; what a failed write or sync may have left is never taken for acknowledged. So the first failure
// latches: the kernel may have dropped the dirty pages and cleared the error, and a second fsync would answer
// "ok" about data that are gone. Cost per record: one copy into the frame buffer; per frame: one encryption,
// CRC, hash and write.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vault/segment_base.hh"
#include "vault/segment_file.hh"

namespace writ::vault {
namespace {

constexpr const char* free_the_disk =
    "free or replace the disk and start writ-probe again: it goes on after the last acknowledged record";

}  // namespace

// A segment's file with nothing in it but its header.
struct SegmentWriter::NewFile {
  explicit NewFile(const crypto::Secret32& key) : push(key) {}
  std::uint64_t number = 0;
  crypto::StreamPush push;
  Bytes head;
  Fd fd;
};

struct SegmentWriter::Impl {
  fs::path dir;
  crypto::Digest grant{};
  std::vector<crypto::BoxPublic> recipients;
  Stream stream = Stream::call_data;
  const crypto::SigningKey* probe = nullptr;
  Clock* clock = nullptr;
  std::string source;
  std::uint64_t resume_mark = 0;

  std::uint64_t number = 0;  // of the segment that is open, or of the last one
  std::optional<crypto::Digest> previous;
  Fd fd;
  std::optional<crypto::StreamPush> push;
  std::unique_ptr<crypto::Sha256> hash;
  std::uint64_t frames = 0, frame_records = 0, bytes = 0;  // of the open segment

  Bytes plain, frame;
  std::uint32_t plain_records = 0;
  std::uint64_t plain_mark = 0;

  std::uint64_t appended = 0, acknowledged = 0, total_bytes = 0;
  bool failed = false, closed = false, unsynced = false;

  Status usable() const;
  Status latch(Status s);
  bool has_room(View record) const;
  Result<std::shared_ptr<NewFile>> make_file() const;
  void start_segment(NewFile&& file);
  Status flush();
  Status end_segment(bool final);
};

Status SegmentWriter::Impl::usable() const {
  if (!failed && !closed) return {};
  return fail(Exit::failure, fmt::format("the {} stream takes no more records", to_string(stream)),
              "after a failed write or sync nothing more is acknowledged (docs/design.md, spool)",
              closed ? "an open stream" : "a disk that takes what is written to it", free_the_disk);
}

Status SegmentWriter::Impl::latch(Status s) {
  if (s) return s;
  failed = true;
  Error e = std::move(s).error();
  e.what = fmt::format("the {} of grant {} cannot be written: {}", to_string(stream),
                       crypto::hex(grant).substr(0, 8), e.what);
  e.missing = "a disk that takes what is written to it";
  e.next = free_the_disk;
  return tl::unexpected(std::move(e));
}

bool SegmentWriter::Impl::has_room(View record) const {
  return plain_records == 0 || plain.size() + 4 + record.size() <= limits::frame_bytes_max;
}

Result<std::shared_ptr<SegmentWriter::NewFile>> SegmentWriter::Impl::make_file() const {
  const crypto::Secret32 key;
  auto made = std::make_shared<NewFile>(key);
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

void SegmentWriter::Impl::start_segment(NewFile&& file) {
  push.emplace(std::move(file.push));
  fd = std::move(file.fd);
  hash = std::make_unique<crypto::Sha256>();
  hash->update(file.head);
  number = file.number;
  frames = frame_records = 0;
  bytes = file.head.size();
  total_bytes += file.head.size();
}

Status SegmentWriter::Impl::flush() {
  if (plain_records == 0) return {};
  if (!fd) {
    WRIT_TRY(made, make_file());
    start_segment(std::move(*made));
  }
  frame.assign(format::frame_header_bytes, 0);
  push->push(plain, false, frame);
  format::finish_frame(frame, frames, plain_records, plain_mark);
  WRIT_CHECK(write_all(fd.get(), frame));
  hash->update(frame);
  bytes += frame.size();
  total_bytes += frame.size();
  frame_records += plain_records;
  ++frames;
  plain.clear();
  plain_records = 0;
  unsynced = true;
  return bytes >= limits::segment_bytes_max ? end_segment(false) : Status{};
}

Status SegmentWriter::Impl::end_segment(bool final) {
  format::Trailer t;
  t.frames = frames;
  t.records = frame_records;
  t.bytes = bytes;
  t.sha256 = hash->finish();
  t.closed = rfc3339(clock->now());
  t.final = final;
  WRIT_TRY(digest, append_trailer(fd.get(), t, *probe));
  previous = digest;
  unsynced = false;
  acknowledged = appended - plain_records;
  fd.reset();
  push.reset();
  hash.reset();
  return {};
}

namespace {

// The newest mark that `source` left. Only the ends are read: every closed segment's own trailer vouches for
// the rest.
Result<std::uint64_t> find_resume_mark(const std::vector<std::pair<std::uint64_t, fs::path>>& files,
                                       const crypto::VerifyKey& probe, const std::string& source) {
  if (source.empty()) return std::uint64_t{0};
  for (auto it = files.rbegin(); it != files.rend(); ++it) {
    WRIT_TRY(map, MappedFile::open(it->second));
    std::size_t end = 0;
    WRIT_TRY(header, format::parse_header(map.bytes(), probe, it->second.filename().string(), end));
    if (header.source != source) continue;
    WRIT_TRY(info, verify_segment(it->second, probe));
    if (info.last_mark != 0) return info.last_mark;
  }
  return std::uint64_t{0};
}

}  // namespace

Result<SegmentWriter> SegmentWriter::open(const fs::path& dir, const authority::VerifiedGrant& grant,
                                          Stream stream, const crypto::SigningKey& probe, Clock& clock,
                                          std::string source) {
  const authority::GrantBody& body = grant.body();
  auto i = std::make_unique<Impl>();
  i->recipients = stream == Stream::content ? body.content_to : body.call_data_to;
  if (i->recipients.empty() || (stream == Stream::content && !authority::yields_content(body.kind)))
    return fail(Exit::refused, fmt::format("the grant names nobody who may receive {}", to_string(stream)),
                "18 USC 3121(c), 3127(3): a pen register or trap and trace device takes no content",
                "a content grant with its recipients", "counsel can file for a wiretap order (18 USC 2518)");
  i->dir = dir;
  i->grant = grant.id();
  i->stream = stream;
  i->probe = &probe;
  i->clock = &clock;
  i->source = std::move(source);
  WRIT_CHECK(remove_leftovers(dir, stream));
  WRIT_TRY(base, read_base(dir, stream, probe.public_key()));
  WRIT_TRY(files, list_after(dir, base));
  if (base.through > 0) {
    if (base.grant != i->grant)
      return fail(Exit::integrity, fmt::format("{} does not belong to this grant", dir.string()));
    i->number = base.through;
    i->previous = base.trailer;
    if (const auto left = base.marks.find(i->source); left != base.marks.end() && !i->source.empty())
      i->resume_mark = left->second;
  }
  if (!files.empty()) {
    const fs::path& last = files.back().second;
    WRIT_CHECK(recover_segment(last, probe, clock));
    WRIT_TRY(info, verify_segment(last, probe.public_key()));
    if (info.grant != i->grant || info.number != files.back().first)
      return fail(Exit::integrity, fmt::format("{} does not belong to this grant and place", last.string()));
    i->number = info.number;
    i->previous = info.trailer;
    WRIT_TRY(mark, find_resume_mark(files, probe.public_key(), i->source));
    if (mark != 0) i->resume_mark = mark;
  }
  return SegmentWriter{std::move(i)};
}

SegmentWriter::SegmentWriter(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
SegmentWriter::SegmentWriter(SegmentWriter&&) noexcept = default;
SegmentWriter& SegmentWriter::operator=(SegmentWriter&&) noexcept = default;
// What was not committed is not written: its segment is left for `recover`, as after a crash.
SegmentWriter::~SegmentWriter() = default;

Status SegmentWriter::append(View record, std::uint64_t mark) {
  WRIT_CHECK(i_->usable());
  if (record.size() > record_bytes_max)
    return fail(Exit::failure,
                fmt::format("a record of {} bytes is larger than a segment takes", record.size()));
  if (!i_->has_room(record)) WRIT_CHECK(i_->latch(i_->flush()));
  if (i_->plain.capacity() == 0) i_->plain.reserve(4096);
  put_be32(i_->plain, static_cast<std::uint32_t>(record.size()));
  put_bytes(i_->plain, record);
  ++i_->plain_records;
  i_->plain_mark = mark;
  ++i_->appended;
  return {};
}

Result<SegmentWriter::Written> SegmentWriter::begin_commit() {
  WRIT_CHECK(i_->usable());
  WRIT_CHECK(i_->latch(i_->flush()));
  Written w;
  w.records = i_->appended;
  if (!i_->unsynced) return w;
  w.fd = Fd{::fcntl(i_->fd.get(), F_DUPFD_CLOEXEC, 0)};
  if (!w.fd)
    return tl::unexpected(
        i_->latch(fail(Exit::failure, fmt::format("duplicate: {}", std::strerror(errno)))).error());
  i_->unsynced = false;
  return w;
}

Status SegmentWriter::sync_written(const Written& w) {
  return w.fd ? sync_data(w.fd.get(), "segment") : Status{};
}

Status SegmentWriter::end_commit(const Written& w, Status synced) {
  WRIT_CHECK(i_->latch(std::move(synced)));
  WRIT_CHECK(i_->usable());
  i_->acknowledged = std::max(i_->acknowledged, w.records);
  return {};
}

bool SegmentWriter::has_file() const { return bool{i_->fd}; }
bool SegmentWriter::has_room(View record) const { return i_->has_room(record); }
Result<std::shared_ptr<SegmentWriter::NewFile>> SegmentWriter::make_file() const { return i_->make_file(); }

Status SegmentWriter::adopt(Result<std::shared_ptr<NewFile>> made) {
  WRIT_CHECK(i_->usable());
  if (!made) return i_->latch(tl::unexpected(std::move(made).error()));
  i_->start_segment(std::move(**made));
  return {};
}

Status SegmentWriter::commit() {
  WRIT_TRY(w, begin_commit());
  return end_commit(w, sync_written(w));
}

// One sync, that of the trailer: it vouches for all before it, and nothing is acknowledged until then.
Status SegmentWriter::close() {
  WRIT_CHECK(i_->usable());
  WRIT_CHECK(i_->latch(i_->flush()));
  if (i_->fd) WRIT_CHECK(i_->latch(i_->end_segment(true)));
  i_->acknowledged = i_->appended;
  i_->closed = true;
  return {};
}

std::uint64_t SegmentWriter::records() const { return i_->appended; }
std::uint64_t SegmentWriter::records_acknowledged() const { return i_->acknowledged; }
std::uint64_t SegmentWriter::bytes_written() const { return i_->total_bytes; }
std::uint64_t SegmentWriter::resume_mark() const { return i_->resume_mark; }

}  // namespace writ::vault
