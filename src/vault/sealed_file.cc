// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/sealed_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

namespace writ::vault {
namespace {

constexpr std::string_view magic = "writ.sealed/1\n";
constexpr std::size_t frame_bytes = 64u << 10;
constexpr std::uint32_t frame_bytes_max = 64u << 20;

Bytes u32(std::size_t n) {
  Bytes out;
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(n) >> shift));
  return out;
}

tl::unexpected<Error> damaged(const fs::path& p) {
  return fail(Exit::integrity, fmt::format("{} is damaged, or not whole", p.filename().string()),
              "a sealed file is read whole or not at all", "the file as it was written",
              "restore it from backup");
}

class Parts {  // of the mapped file
 public:
  explicit Parts(View v) : rest_(v) {}
  std::optional<View> take(std::size_t n) {
    if (n > rest_.size()) return {};
    const View out = rest_.subspan(0, n);
    rest_ = rest_.subspan(n);
    return out;
  }
  std::optional<View> counted() {
    const auto n = take(4);
    if (!n) return {};
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= static_cast<std::uint32_t>((*n)[i]) << (8 * i);
    if (size > frame_bytes_max) return {};
    return take(size);
  }
  bool empty() const { return rest_.empty(); }

 private:
  View rest_;
};

Status each_line(const Bytes& frame, const std::function<Status(std::string_view)>& line) {
  std::string_view text{reinterpret_cast<const char*>(frame.data()), frame.size()};
  while (!text.empty()) {
    const auto end = text.find('\n');
    WRIT_CHECK(line(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {};
}

}  // namespace

Result<SealedWriter> SealedWriter::create(const fs::path& file, const crypto::BoxPublic& to) {
  Fd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!fd) return tl::unexpected(io_error("create", file));
  const crypto::Secret32 key;
  SealedWriter w{std::move(fd), crypto::StreamPush{key}};
  const Bytes box = crypto::seal(to, key.view());
  WRIT_CHECK(w.put(view_of(magic)));
  WRIT_CHECK(w.put(u32(box.size())));
  WRIT_CHECK(w.put(box));
  WRIT_CHECK(w.put(w.stream_.header()));
  return w;
}

Status SealedWriter::put(View bytes) {
  sha_->update(bytes);
  return write_all(fd_.get(), bytes);
}

Status SealedWriter::frame(bool final) {
  Bytes sealed;
  stream_.push(waiting_, final, sealed);
  if (!waiting_.empty()) explicit_bzero(waiting_.data(), waiting_.size());
  waiting_.clear();
  WRIT_CHECK(put(u32(sealed.size())));
  return put(sealed);
}

Status SealedWriter::line(std::string_view text) {
  waiting_.insert(waiting_.end(), text.begin(), text.end());
  waiting_.push_back('\n');
  return waiting_.size() < frame_bytes ? Status{} : frame(false);
}

Result<crypto::Digest> SealedWriter::finish() {
  WRIT_CHECK(frame(true));
  if (::fsync(fd_.get()) != 0) return fail(Exit::failure, fmt::format("sync: {}", strerror(errno)));
  fd_.reset();
  return sha_->finish();
}

Status read_sealed(const fs::path& file, const crypto::BoxKey& key,
                   const std::function<Status(std::string_view)>& line) {
  WRIT_TRY(mapped, MappedFile::open(file));
  Parts parts{mapped.bytes()};
  const auto name = parts.take(magic.size());
  const auto box = name ? parts.counted() : std::nullopt;
  const auto header = box ? parts.take(crypto::stream_header_bytes) : std::nullopt;
  if (!header || !std::equal(name->begin(), name->end(), magic.begin())) return damaged(file);
  const auto secret = key.open(*box);
  if (!secret || secret->size() != 32) return damaged(file);
  crypto::StreamPull stream{crypto::Secret32{View{*secret}}, *header};
  for (bool final = false; !final;) {
    const auto sealed = parts.counted();
    if (!sealed) return damaged(file);
    const auto frame = stream.pull(*sealed, final);
    if (!frame) return damaged(file);
    WRIT_CHECK(each_line(*frame, line));
  }
  return parts.empty() ? Status{} : damaged(file);
}

}  // namespace writ::vault
