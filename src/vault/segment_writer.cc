// SPDX-License-Identifier: GPL-3.0-or-later
// Writing a stream of segments. Promise: what commit() acknowledged survives anything but the loss of the
// disk. Records are gathered here, in the form that a frame has inside; a full batch goes to the press
// (segment_press.hh), on the line of work that the stream has with whoever has hands for it. Cost per record:
// one copy into the batch.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "vault/segment_base.hh"
#include "vault/segment_press.hh"

namespace writ::vault {

// What a round of commit syncs: found out when the frames before it are written.
struct SegmentWriter::Written::Found {
  Result<Fd> fd;
};

struct SegmentWriter::Impl {
  explicit Impl(SealHands* h) : hands(h), line(h) {}

  std::uint64_t resume_mark = 0;
  SealBatch batch;  // being filled
  std::uint64_t appended = 0, acknowledged = 0;
  bool has_file = false, closed = false;
  SealHands* hands;
  SegmentPress press;
  SealLine line;  // last: it ends before what it works on does

  Status usable() const;
  bool has_room(std::size_t record_bytes) const;
  std::uint8_t* room_for(std::size_t bytes);
  void start_batch();
  void hand_over(std::function<void()> then);
};

Status SegmentWriter::Impl::usable() const {
  if (press.failed()) return press.failure();
  if (!closed) return {};
  return fail(Exit::failure, fmt::format("the {} stream takes no more records", to_string(press.stream)),
              "it is closed (docs/design.md, spool)", "an open stream");
}

bool SegmentWriter::Impl::has_room(std::size_t record_bytes) const {
  return batch.records == 0 || batch.used + 4 + record_bytes <= limits::frame_bytes_max;
}

// A stream has memory only while it has something to say; one that says little takes little.
void SegmentWriter::Impl::start_batch() {
  constexpr std::size_t first_bytes = 4096;
  if (hands != nullptr) batch.plain = hands->memory.take();
  if (batch.plain.empty()) batch.plain.resize(first_bytes);
}

std::uint8_t* SegmentWriter::Impl::room_for(std::size_t bytes) {
  if (batch.plain.empty()) start_batch();
  const std::size_t end = batch.used + bytes;
  if (end > batch.plain.size())
    batch.plain.resize(std::max(end, std::min(2 * batch.plain.size(), limits::frame_bytes_max)));
  std::uint8_t* const here = batch.plain.data() + batch.used;
  batch.used = end;
  return here;
}

// What was appended goes to the press, and `then` is done after it.
void SegmentWriter::Impl::hand_over(std::function<void()> then) {
  if (batch.records == 0 && !then) return;
  batch.through = appended;
  auto full = std::make_shared<SealBatch>(std::exchange(batch, {}));
  has_file = has_file || full->records > 0;
  line.give([this, full = std::move(full), then = std::move(then)] {
    if (full->records > 0) {
      press.press(*full);
      if (hands != nullptr) hands->memory.give(std::move(full->plain));
    }
    if (then) then();
  });
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
                                          std::string source, SealHands* hands) {
  const authority::GrantBody& body = grant.body();
  auto i = std::make_unique<Impl>(hands);
  SegmentPress& press = i->press;
  press.recipients = stream == Stream::content ? body.content_to : body.call_data_to;
  if (press.recipients.empty() || (stream == Stream::content && !authority::yields_content(body.kind)))
    return fail(Exit::refused, fmt::format("the grant names nobody who may receive {}", to_string(stream)),
                "18 USC 3121(c), 3127(3): a pen register or trap and trace device takes no content",
                "a content grant with its recipients", "counsel can file for a wiretap order (18 USC 2518)");
  press.dir = dir;
  press.grant = grant.id();
  press.stream = stream;
  press.probe = &probe;
  press.clock = &clock;
  press.source = std::move(source);
  WRIT_CHECK(remove_leftovers(dir, stream));
  WRIT_TRY(base, read_base(dir, stream, probe.public_key()));
  WRIT_TRY(files, list_after(dir, base));
  if (base.through > 0) {
    if (base.grant != press.grant)
      return fail(Exit::integrity, fmt::format("{} does not belong to this grant", dir.string()));
    press.number = base.through;
    press.previous = base.trailer;
    if (const auto left = base.marks.find(press.source); left != base.marks.end() && !press.source.empty())
      i->resume_mark = left->second;
  }
  if (!files.empty()) {
    const fs::path& last = files.back().second;
    WRIT_CHECK(recover_segment(last, probe, clock));
    WRIT_TRY(info, verify_segment(last, probe.public_key()));
    if (info.grant != press.grant || info.number != files.back().first)
      return fail(Exit::integrity, fmt::format("{} does not belong to this grant and place", last.string()));
    press.number = info.number;
    press.previous = info.trailer;
    WRIT_TRY(mark, find_resume_mark(files, probe.public_key(), press.source));
    if (mark != 0) i->resume_mark = mark;
  }
  return SegmentWriter{std::move(i)};
}

SegmentWriter::SegmentWriter(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
SegmentWriter::SegmentWriter(SegmentWriter&&) noexcept = default;
SegmentWriter& SegmentWriter::operator=(SegmentWriter&&) noexcept = default;
// What was not committed is not written: its segment is left for `recover`, as after a crash.
SegmentWriter::~SegmentWriter() = default;

Status SegmentWriter::append(View record, std::uint64_t mark) { return append({}, record, mark); }

Status SegmentWriter::append(View head, View body, std::uint64_t mark) {
  if (i_->press.failed() || i_->closed) return i_->usable();
  const std::size_t size = head.size() + body.size();
  if (size > record_bytes_max)
    return fail(Exit::failure, fmt::format("a record of {} bytes is larger than a segment takes", size));
  if (!i_->has_room(size)) {
    i_->hand_over({});
    WRIT_CHECK(i_->press.failure());
  }
  std::uint8_t* to = i_->room_for(4 + size);
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(size >> shift);
  if (!head.empty()) std::memcpy(to, head.data(), head.size());
  if (!body.empty()) std::memcpy(to + head.size(), body.data(), body.size());
  ++i_->batch.records;
  i_->batch.mark = mark;
  ++i_->appended;
  return {};
}

Result<SegmentWriter::Written> SegmentWriter::begin_commit() {
  WRIT_CHECK(i_->usable());
  Written w;
  w.writer = i_.get();
  w.found = std::make_shared<Written::Found>();
  w.records = i_->appended;
  i_->hand_over([press = &i_->press, found = w.found] { found->fd = press->unsynced(); });
  w.piece = i_->line.given();
  WRIT_CHECK(i_->press.failure());
  return w;
}

Status SegmentWriter::sync_written(const Written& w) {
  w.writer->line.wait(w.piece);
  if (!w.found->fd) return tl::unexpected(w.found->fd.error());
  if (!*w.found->fd) return {};
  return w.writer->press.latch(sync_data(w.found->fd->get(), "segment"));
}

Status SegmentWriter::end_commit(const Written& w, Status synced) {
  WRIT_CHECK(std::move(synced));
  WRIT_CHECK(i_->usable());
  i_->acknowledged = std::max(i_->acknowledged, w.records);
  return {};
}

bool SegmentWriter::has_file() const { return i_->has_file; }
bool SegmentWriter::has_room(std::size_t record_bytes) const { return i_->has_room(record_bytes); }
Result<std::shared_ptr<SegmentWriter::NewFile>> SegmentWriter::make_file() const {
  return i_->press.make_file();
}

Status SegmentWriter::adopt(Result<std::shared_ptr<NewFile>> made) {
  WRIT_CHECK(i_->usable());
  if (!made) return i_->press.latch(tl::unexpected(std::move(made).error()));
  i_->press.start_segment(std::move(**made));
  i_->has_file = true;
  return {};
}

Status SegmentWriter::commit() {
  WRIT_TRY(w, begin_commit());
  return end_commit(w, sync_written(w));
}

// One sync, that of the trailer: it vouches for all before it, and nothing is acknowledged until then.
Status SegmentWriter::close() {
  WRIT_CHECK(i_->usable());
  i_->hand_over({});
  i_->line.wait(i_->line.given());
  WRIT_CHECK(i_->press.failure());
  WRIT_CHECK(i_->press.latch(i_->press.end(true)));
  i_->acknowledged = i_->appended;
  i_->closed = true;
  return {};
}

std::uint64_t SegmentWriter::records() const { return i_->appended; }
std::uint64_t SegmentWriter::records_acknowledged() const {
  return std::max(i_->acknowledged, i_->press.ended_through());
}
std::uint64_t SegmentWriter::bytes_written() const { return i_->press.bytes_written(); }
std::uint64_t SegmentWriter::resume_mark() const { return i_->resume_mark; }

}  // namespace writ::vault
