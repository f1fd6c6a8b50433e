// SPDX-License-Identifier: GPL-3.0-or-later
// Appending, by several processes, so that a kill or a full disk at any moment loses nothing acknowledged.
//
// Under the lock each append first catches up with what others wrote, then: frame to `log`, sync; signed head
// to `checkpoints`, sync (from here the entry exists); `checkpoint` replaced. A kill before the second sync
// leaves bytes that no head covers: the next one in cuts them off. A refused write is cut back at once, and
// what is in memory is read again from the disk before the next append, since after a failed sync only the
// disk knows what it holds. Files are opened anew each time: a replaced file is noticed instead of written to
// behind its name. Cost: four syncs an append; opening reads and hashes the whole log once.
#include "audit/log.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "audit/files.hh"
#include "audit/leaf.hh"
#include "audit/merkle.hh"

namespace writ::audit {
namespace {

Result<Fd> open_file(const fs::path& p, int flags) {
  Fd fd{::open(p.c_str(), flags | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("open", p));
  return fd;
}

tl::unexpected<Error> cannot_write(const Error& cause) {
  return fail(Exit::failure, "the audit log cannot be written: " + cause.what,
              "an effect happens only after its log entry is durable (docs/design.md, Audit first)",
              "a log that takes the entry",
              "the administrator makes room or repairs the disk; then do it again");
}

Status write_synced(int fd, View data, const fs::path& p) {
  WRIT_CHECK(write_all(fd, data));
  if (::fdatasync(fd) != 0) return tl::unexpected(io_error("sync", p));
  return {};
}

Status cut(int fd, std::uint64_t size, const fs::path& p) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0 || ::fdatasync(fd) != 0)
    return tl::unexpected(io_error("cut", p));
  return {};
}

}  // namespace

struct Log::Impl {
  struct Known {  // what was read from the disk, or written to it
    Merkle tree;
    std::vector<std::uint64_t> offsets;  // of the frames
    std::uint64_t log_bytes = 0, heads_bytes = 0;
    std::optional<Checkpoint> head;
    Instant last_at{};
  };
  struct Files {
    Fd lock, log, heads;
  };

  Impl(fs::path d, const crypto::SigningKey& s, const crypto::BoxPublic& r, Clock& c)
      : dir(std::move(d)), signer(s.seed()), reader(r), clock(c) {}

  Result<Files> open_files() const;
  Status catch_up(const Files& f);
  Status read_heads(const Files& f, Known& k, std::uint64_t& torn) const;
  Status read_frames(const Files& f, Known& k) const;
  Status cut_tail(const Files& f, const Known& k) const;
  Status settle_checkpoint(const Known& k) const;
  Status commit(const Files& f, View leaf, const Checkpoint& next);

  fs::path dir;
  crypto::SigningKey signer;
  crypto::BoxPublic reader;
  Clock& clock;
  mutable std::mutex mutex;
  Known known;
  bool is_stale = false;
};

Result<Log::Impl::Files> Log::Impl::open_files() const {
  WRIT_TRY(lock, lock_file(dir / "lock"));
  WRIT_TRY(log, open_file(dir / "log", O_RDWR | O_CREAT | O_APPEND));
  WRIT_TRY(heads, open_file(dir / "checkpoints", O_RDWR | O_CREAT | O_APPEND));
  return Files{std::move(lock), std::move(log), std::move(heads)};
}

// Reads the lines that are new; the newest must be the next numbers' last, signed by our key.
Status Log::Impl::read_heads(const Files& f, Known& k, std::uint64_t& torn) const {
  const std::uint64_t count = k.head ? k.head->size + 1 : 0;
  WRIT_TRY(size, file_size(f.heads.get()));
  if (size < k.heads_bytes) return broken_at(count, "signed heads were taken away while the log was open");
  WRIT_TRY(text, read_range(f.heads.get(), k.heads_bytes, size));
  const auto last = text.rfind('\n');
  const std::size_t whole = last == std::string::npos ? 0 : last + 1;
  torn = text.size() - whole;
  if (whole == 0) return {};
  const auto lines = static_cast<std::uint64_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(whole), '\n'));
  const auto before = last == 0 ? std::string::npos : text.rfind('\n', last - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  WRIT_TRY(head, parse_head_line(std::string_view(text).substr(begin, last - begin)));
  if (head.key != signer.public_key())
    return broken_at(head.size, "the newest head is signed by another key");
  if (head.size != count + lines - 1) return broken_at(head.size, "signed heads are missing or doubled");
  k.head = head;
  k.heads_bytes += whole;
  return {};
}

Status Log::Impl::read_frames(const Files& f, Known& k) const {
  WRIT_TRY(size, file_size(f.log.get()));
  if (size < k.log_bytes) return broken_at(k.tree.size(), "entries were taken away while the log was open");
  const std::uint64_t signed_size = k.head ? k.head->size : 0;
  Bytes last;
  while (k.tree.size() < signed_size) {
    WRIT_TRY(frame, read_frame(f.log.get(), k.log_bytes, size));
    if (frame.state != Frame::State::whole) return broken_at(k.tree.size(), why(frame.state));
    k.offsets.push_back(k.log_bytes);
    k.tree.append(leaf_hash(frame.leaf));
    k.log_bytes = frame.next;
    last = std::move(frame.leaf);
  }
  if (k.head && k.tree.root() != k.head->root)
    return broken_at(signed_size,
                     "the entries before it are not those that the newest head signs ('writ audit verify' "
                     "names the first)");
  if (last.empty()) return {};
  WRIT_TRY(leaf, parse_leaf(last));
  k.last_at = leaf.at;
  return {};
}

Status Log::Impl::cut_tail(const Files& f, const Known& k) const {
  WRIT_TRY(size, file_size(f.log.get()));
  if (size == k.log_bytes) return {};
  // Without any head there was never an append; more than one frame no kill can leave.
  WRIT_TRY(frame, read_frame(f.log.get(), k.log_bytes, size));
  if (!k.head || frame.next != size || size - k.log_bytes > leaf_bytes_max + 8)
    return broken_at(k.tree.size(), "entries follow that no head signs");
  return cut(f.log.get(), k.log_bytes, dir / "log");
}

// `checkpoint` may be one behind after a kill; it is brought up to date before anything else is written.
Status Log::Impl::settle_checkpoint(const Known& k) const {
  const fs::path p = dir / "checkpoint";
  const std::string want = canonical(to_json(*k.head));
  auto have = read_text(p);
  if (have && *have == want) return {};
  if (have) {
    WRIT_TRY(c, parse_head_line(*have));
    if (c.key != k.head->key || c.size + 1 != k.head->size)
      return broken_at(k.head->size,
                       fmt::format("the file 'checkpoint' is for {} entries, the newest head for {}", c.size,
                                   k.head->size));
  } else if (have.error().exit != Exit::not_found) {
    return tl::unexpected<Error>(std::move(have).error());
  } else if (k.head->size != 0) {
    return broken_at(k.head->size, "the file 'checkpoint' is missing");
  }
  return write_file(p, want);
}

Status Log::Impl::catch_up(const Files& f) {
  if (is_stale) known = Known{};
  is_stale = true;  // until all of it fits
  std::uint64_t torn = 0;
  WRIT_CHECK(read_heads(f, known, torn));
  WRIT_CHECK(read_frames(f, known));
  WRIT_CHECK(cut_tail(f, known));
  if (torn > 0) WRIT_CHECK(cut(f.heads.get(), known.heads_bytes, dir / "checkpoints"));
  if (!known.head) {
    if (std::error_code ec; fs::exists(dir / "checkpoint", ec))
      return broken_at(0, "a file 'checkpoint' is there, but no list of signed heads");
    const Checkpoint first = sign_head(0, known.tree.root(), clock.now(), signer);
    const std::string line = head_line(first);
    if (const Status ok = write_synced(f.heads.get(), view_of(line), dir / "checkpoints"); !ok) {
      (void)cut(f.heads.get(), 0, dir / "checkpoints");
      return cannot_write(ok.error());
    }
    WRIT_CHECK(sync_dir(dir));
    known.head = first;
    known.heads_bytes = line.size();
  }
  WRIT_CHECK(settle_checkpoint(known));
  is_stale = false;
  return {};
}

Status Log::Impl::commit(const Files& f, View leaf, const Checkpoint& next) {
  const Bytes frame = make_frame(leaf);
  const std::string line = head_line(next);
  Status ok = write_synced(f.log.get(), frame, dir / "log");
  if (ok) {
    ok = write_synced(f.heads.get(), view_of(line), dir / "checkpoints");
    if (!ok) (void)cut(f.heads.get(), known.heads_bytes, dir / "checkpoints");
  }
  if (!ok) {
    (void)cut(f.log.get(), known.log_bytes, dir / "log");  // when even this fails, the next open does it
    is_stale = true;
    return cannot_write(ok.error());
  }
  known.offsets.push_back(known.log_bytes);
  known.log_bytes += frame.size();
  known.heads_bytes += line.size();
  known.head = next;
  known.last_at = next.at;
  // The entry exists. Should this fail, the next append tries it again and refuses if it still fails.
  (void)write_file(dir / "checkpoint", canonical(to_json(next)));
  return {};
}

Log::Log(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Log::Log(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::open(const fs::path& dir, const crypto::SigningKey& signer, const crypto::BoxPublic& reader,
                      Clock& clock) {
  WRIT_CHECK(make_dirs(dir));
  auto i = std::make_unique<Impl>(dir, signer, reader, clock);
  WRIT_TRY(files, i->open_files());
  WRIT_CHECK(i->catch_up(files));
  return Log{std::move(i)};
}

Result<Receipt> Log::append(const Entry& e) {
  std::string text;
  try {
    text = canonical(to_json(e));
  } catch (const Json::exception&) {
    return fail(Exit::usage, "a log entry is not valid UTF-8");
  }
  const std::lock_guard guard{i_->mutex};
  auto files = i_->open_files();
  if (!files) return cannot_write(files.error());
  WRIT_CHECK(i_->catch_up(*files));
  Impl::Known& k = i_->known;
  const Instant at = std::chrono::floor<std::chrono::microseconds>(i_->clock.now());
  const std::uint64_t index = k.tree.size();
  const std::uint64_t step = index > 0 && at < k.last_at
                                 ? static_cast<std::uint64_t>((k.last_at - at) / std::chrono::microseconds{1})
                                 : 0;
  crypto::Secret32 key;
  Bytes leaf = make_leaf(index, at, step, text, key, i_->reader);
  if (leaf.size() > leaf_bytes_max)
    return fail(Exit::usage, fmt::format("a log entry of {} bytes is too large", leaf.size()), {},
                fmt::format("at most {} bytes", leaf_bytes_max));
  const crypto::Digest hash = leaf_hash(leaf);
  WRIT_CHECK(i_->commit(*files, leaf, sign_head(index + 1, k.tree.root_after(hash), at, i_->signer)));
  k.tree.append(hash);
  return Receipt{index, std::move(leaf), std::move(key)};
}

std::uint64_t Log::size() const {
  const std::lock_guard guard{i_->mutex};
  return i_->known.tree.size();
}

crypto::Digest Log::root() const {
  const std::lock_guard guard{i_->mutex};
  return i_->known.tree.root();
}

Result<Checkpoint> Log::head() const {
  const std::lock_guard guard{i_->mutex};
  if (i_->is_stale || !i_->known.head)
    return fail(Exit::failure, "the audit log refused its last append and was not read again since", {}, {},
                "append again, or open the log again");
  return *i_->known.head;
}

Result<Proof> Log::prove(std::uint64_t index) const {
  WRIT_TRY(newest, head());
  const std::lock_guard guard{i_->mutex};
  const Impl::Known& k = i_->known;
  if (index >= k.tree.size())
    return fail(Exit::not_found, fmt::format("the audit log has no entry {}", index), {},
                fmt::format("a number below {}", k.tree.size()));
  WRIT_TRY(log, open_file(i_->dir / "log", O_RDONLY));
  WRIT_TRY(size, file_size(log.get()));
  const std::uint64_t offset = k.offsets[index];
  if (offset > size) return broken_at(index, why(Frame::State::end));
  WRIT_TRY(frame, read_frame(log.get(), offset, size));
  if (frame.state != Frame::State::whole) return broken_at(index, why(frame.state));
  if (leaf_hash(frame.leaf) != k.tree.leaf(index))
    return broken_at(index, "it is not the entry that was signed");
  return Proof{index, std::move(frame.leaf), k.tree.path(index), newest, {}};
}

Result<std::vector<crypto::Digest>> Log::consistency(std::uint64_t from, std::uint64_t to) const {
  const std::lock_guard guard{i_->mutex};
  if (from > to || to > i_->known.tree.size())
    return fail(Exit::not_found, fmt::format("the audit log has no sizes {} to {}", from, to), {},
                fmt::format("sizes up to {}, the smaller first", i_->known.tree.size()));
  return i_->known.tree.consistency(from, to);
}

}  // namespace writ::audit
