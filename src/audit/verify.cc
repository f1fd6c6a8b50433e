// SPDX-License-Identifier: GPL-3.0-or-later
// The outsider's check of a whole log: no key but the public one, no help from the process that wrote it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>

#include "audit/files.hh"
#include "audit/leaf.hh"
#include "audit/merkle.hh"

namespace writ::audit {
namespace {

struct Snapshot {
  Fd log;
  std::uint64_t log_bytes = 0;
  std::string heads;                      // whole lines only
  std::size_t torn = 0;                   // bytes after the last of them
  std::optional<std::string> checkpoint;  // the file's text
};

// All three files as they are between two appends. A copy on read-only media has no lock to take.
Result<Snapshot> take_snapshot(const fs::path& dir) {
  const Fd lock{::open((dir / "lock").c_str(), O_RDONLY | O_CLOEXEC)};
  if (lock)
    while (::flock(lock.get(), LOCK_SH) != 0)
      if (errno != EINTR) return tl::unexpected(io_error("lock", dir / "lock"));
  Snapshot s;
  s.log = Fd{::open((dir / "log").c_str(), O_RDONLY | O_CLOEXEC)};
  if (!s.log) return tl::unexpected(io_error("open", dir / "log"));
  WRIT_TRY(size, file_size(s.log.get()));
  s.log_bytes = size;
  WRIT_TRY(heads, read_text(dir / "checkpoints"));
  const auto last = heads.rfind('\n');
  const std::size_t whole = last == std::string::npos ? 0 : last + 1;
  s.torn = heads.size() - whole;
  heads.resize(whole);
  s.heads = std::move(heads);
  auto checkpoint = read_text(dir / "checkpoint");
  if (checkpoint)
    s.checkpoint = std::move(*checkpoint);
  else if (checkpoint.error().exit != Exit::not_found)
    return tl::unexpected<Error>(std::move(checkpoint).error());
  return s;
}

std::uint64_t count_lines(const std::string& s) {
  return static_cast<std::uint64_t>(std::count(s.begin(), s.end(), '\n'));
}

class Verifier {
 public:
  Verifier(const Snapshot& s, const crypto::VerifyKey& key, const std::optional<Checkpoint>& witness)
      : s_(s), key_(key), witness_(witness) {}

  Result<VerifyReport> run() {
    const std::uint64_t lines = count_lines(s_.heads);
    if (lines == 0) return broken_at(0, "no head was ever signed");
    for (std::uint64_t size = 0; size < lines; ++size) {
      WRIT_CHECK(next_head(size));
      if (size > 0) WRIT_CHECK(next_entry(size - 1));
      if (tree_.root() != head_.root)
        return broken_at(size > 0 ? size - 1 : 0, "it is not the entry that was signed");
      if (witness_ && witness_->size == size && witness_->root != head_.root)
        return broken_at(size > 0 ? size - 1 : 0,
                         "the log was forked: a witness holds another head for this size");
    }
    WRIT_CHECK(check_witness());
    WRIT_CHECK(check_end());
    return VerifyReport{tree_.size(), lines, tree_.root(), s_.log_bytes - offset_ + s_.torn};
  }

 private:
  Status next_head(std::uint64_t size) {
    const std::size_t end = s_.heads.find('\n', line_);
    auto head = parse_head_line(std::string_view(s_.heads).substr(line_, end - line_));
    const std::uint64_t place = size > 0 ? size - 1 : 0;
    if (!head)
      return broken_at(place, fmt::format("its signed head, line {}: {}", size + 1, head.error().what));
    if (head->key != key_)
      return broken_at(place, fmt::format("its head, line {}, is signed by another key", size + 1));
    if (head->size != size)
      return broken_at(place,
                       fmt::format("line {} of the signed heads is for {} entries", size + 1, head->size));
    before_ = std::move(text_);
    text_ = s_.heads.substr(line_, end - line_);
    line_ = end + 1;
    head_ = *head;
    return {};
  }

  Status next_entry(std::uint64_t index) {
    WRIT_TRY(frame, read_frame(s_.log.get(), offset_, s_.log_bytes));
    if (frame.state != Frame::State::whole) return broken_at(index, why(frame.state));
    auto leaf = parse_leaf(frame.leaf);
    if (!leaf) return broken_at(index, leaf.error().what);
    if (leaf->seq != index)
      return broken_at(index, fmt::format("the entry in its place carries the number {}", leaf->seq));
    if (leaf->step_us > step_us_max ||
        (index > 0 &&
         leaf->at < last_at_ - std::chrono::microseconds{static_cast<std::int64_t>(leaf->step_us)}))
      return broken_at(index, "its time runs back further than it records");
    last_at_ = leaf->at;
    tree_.append(leaf_hash(frame.leaf));
    offset_ = frame.next;
    return {};
  }

  Status check_witness() const {
    if (!witness_) return {};
    if (witness_->key != key_)
      return fail(Exit::usage, "the witnessed head is of another log", {},
                  "a head that this log's key signed");
    WRIT_CHECK(parse_checkpoint(to_json(*witness_)));
    if (witness_->size > tree_.size())
      return broken_at(
          tree_.size(),
          fmt::format("the log was rolled back: a witness holds a head for {} entries", witness_->size));
    return {};
  }

  // What a kill can leave behind is not broken; anything more is.
  Status check_end() const {
    const std::uint64_t n = tree_.size();
    WRIT_TRY(frame, read_frame(s_.log.get(), offset_, s_.log_bytes));
    if (frame.next != s_.log_bytes || s_.log_bytes - offset_ > leaf_bytes_max + 8)
      return broken_at(n, "entries follow that no head signs");
    if (!s_.checkpoint && n > 0) return broken_at(n - 1, "the file 'checkpoint' is missing");
    if (s_.checkpoint && *s_.checkpoint != text_ && (n == 0 || *s_.checkpoint != before_))
      return broken_at(n > 0 ? n - 1 : 0, "the file 'checkpoint' is not the newest signed head");
    return {};
  }

  static constexpr std::uint64_t step_us_max =
      231ull * 366 * 86400 * 1'000'000;  // all that times can name (1970 to 2200)

  const Snapshot& s_;
  const crypto::VerifyKey& key_;
  const std::optional<Checkpoint>& witness_;
  Merkle tree_;
  Checkpoint head_;
  std::string text_, before_;  // lines of the newest head and of the one before
  std::size_t line_ = 0;
  std::uint64_t offset_ = 0;
  Instant last_at_{};
};

}  // namespace

Result<VerifyReport> verify_directory(const fs::path& dir, const crypto::VerifyKey& key,
                                      const std::optional<Checkpoint>& witness) {
  WRIT_TRY(s, take_snapshot(dir));
  return Verifier{s, key, witness}.run();
}

Status visit(const fs::path& dir, const LeafVisitor& f) {
  WRIT_TRY(s, take_snapshot(dir));
  const std::uint64_t lines = count_lines(s.heads);
  std::uint64_t offset = 0;
  for (std::uint64_t index = 0; index + 1 < lines; ++index) {
    WRIT_TRY(frame, read_frame(s.log.get(), offset, s.log_bytes));
    if (frame.state != Frame::State::whole) return broken_at(index, why(frame.state));
    if (!f(index, frame.leaf)) return {};
    offset = frame.next;
  }
  return {};
}

}  // namespace writ::audit
