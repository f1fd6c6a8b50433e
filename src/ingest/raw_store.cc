// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/raw_store.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "crypto/crypto.hh"

namespace writ::ingest {
namespace {

constexpr std::size_t block_bytes = 256u << 10;
constexpr int zstd_level = 3;
constexpr std::string_view incoming = ".incoming-";

bool is_id(std::string_view s) {
  return s.size() == 64 && s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::size_t> read_some(int fd, Bytes& into, const fs::path& p) {
  for (;;) {
    const ssize_t n = ::read(fd, into.data(), into.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return tl::unexpected(io_error("read", p));
  }
}

}  // namespace

// Bytes in, compressed to a file of no name yet; named by their hash at the end. The file is locked while its
// writer lives, so that what a killed one left can be told from what is being written.
class RawStore::Writer {
 public:
  static Result<std::unique_ptr<Writer>> begin(const fs::path& dir) {
    WRIT_CHECK(make_dirs(dir));
    auto w = std::make_unique<Writer>();
    w->dir_ = dir;
    w->path_ = dir / fmt::format("{}{}", incoming, crypto::hex(crypto::random_bytes(8)));
    w->fd_ = Fd{::open(w->path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640)};
    if (!w->fd_) return tl::unexpected(io_error("create", w->path_));
    (void)::flock(w->fd_.get(), LOCK_EX | LOCK_NB);
    ZSTD_CCtx_setParameter(w->zstd_.get(), ZSTD_c_compressionLevel, zstd_level);
    ZSTD_CCtx_setParameter(w->zstd_.get(), ZSTD_c_checksumFlag, 1);
    return w;
  }
  ~Writer() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Status add(View bytes) {
    hash_.update(bytes);
    bytes_ += bytes.size();
    return compress(bytes, ZSTD_e_continue);
  }
  Result<Kept> finish() {
    WRIT_CHECK(compress({}, ZSTD_e_end));
    const std::string id = crypto::hex(hash_.finish());
    const fs::path to = dir_ / (id + ".zst");
    if (!fs::exists(to)) {
      if (::fsync(fd_.get()) != 0) return tl::unexpected(io_error("fsync", path_));
      if (::rename(path_.c_str(), to.c_str()) != 0) return tl::unexpected(io_error("rename", path_));
      path_.clear();
    }
    WRIT_CHECK(sync_dir(dir_));
    return Kept{id, bytes_};
  }

 private:
  Status compress(View bytes, ZSTD_EndDirective mode) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(zstd_.get(), &out, &in, mode);
      if (ZSTD_isError(left)) return fail(Exit::failure, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      if (auto s = write_all(fd_.get(), View(out_).first(out.pos)); !s)
        return tl::unexpected(full(s.error()));
      if (mode == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }
  Error full(Error e) const {
    e.what = fmt::format("the raw copy in {}: {}", dir_.string(), e.what);
    e.rule = "raw bytes are kept before the first record goes in";
    e.missing = "room for the copy; nothing of this file was taken in";
    e.next = "make room on that disk, then import the file again";
    return e;
  }
  struct FreeZstd {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  };
  fs::path dir_, path_;
  Fd fd_;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd_{ZSTD_createCCtx()};
  crypto::Sha256 hash_;
  Bytes out_ = Bytes(ZSTD_CStreamOutSize());
  std::uint64_t bytes_ = 0;
};

// What killed imports left behind.
Status RawStore::sweep() const {
  std::error_code ec;
  for (fs::directory_iterator it(dir_, ec), end; !ec && it != end; it.increment(ec)) {
    if (!it->path().filename().string().starts_with(incoming)) continue;
    const Fd fd{::open(it->path().c_str(), O_RDONLY | O_CLOEXEC)};
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(it->path().c_str());
  }
  return {};
}

Result<RawStore::Kept> RawStore::keep(const fs::path& file, const Progress& progress) const {
  const Fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!in) {
    Error e = io_error("open", file);
    e.exit = Exit::not_found;
    return tl::unexpected(e);
  }
  WRIT_CHECK(make_dirs(dir_));
  WRIT_CHECK(sweep());
  WRIT_TRY(writer, Writer::begin(dir_));
  Bytes block(block_bytes);
  std::uint64_t done = 0;
  for (;;) {
    WRIT_TRY(n, read_some(in.get(), block, file));
    if (n == 0) break;
    WRIT_CHECK(writer->add(View(block).first(n)));
    done += n;
    if (progress) progress(done);
  }
  return writer->finish();
}

Result<RawStore::Kept> RawStore::keep(View bytes) const {
  WRIT_TRY(writer, Writer::begin(dir_));
  WRIT_CHECK(writer->add(bytes));
  return writer->finish();
}

// --- reading ------------------------------------------------------------------------------------------

struct RawReader::State {
  fs::path path;
  Fd fd;
  struct Free {
    void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> zstd{ZSTD_createDCtx()};
  Bytes in = Bytes(block_bytes), out = Bytes(block_bytes);
  ZSTD_inBuffer input{nullptr, 0, 0};
  std::size_t hint = 0;  // 0: at the end of a frame
};

RawReader::RawReader(std::unique_ptr<State> s) : s_(std::move(s)) {}
RawReader::RawReader(RawReader&&) noexcept = default;
RawReader::~RawReader() = default;

Result<View> RawReader::next() {
  const auto damaged = [&](std::string_view why) {
    return fail(Exit::integrity, fmt::format("the raw copy {} is damaged: {}", s_->path.string(), why),
                "raw bytes stay as they came", {},
                "restore it from the backup, or import the switch's file again");
  };
  for (;;) {
    if (s_->input.pos == s_->input.size) {
      WRIT_TRY(n, read_some(s_->fd.get(), s_->in, s_->path));
      if (n == 0) {
        if (s_->hint != 0) return damaged("it ends too early");
        return View{};
      }
      s_->input = {s_->in.data(), n, 0};
    }
    ZSTD_outBuffer out{s_->out.data(), s_->out.size(), 0};
    s_->hint = ZSTD_decompressStream(s_->zstd.get(), &out, &s_->input);
    if (ZSTD_isError(s_->hint)) return damaged(ZSTD_getErrorName(s_->hint));
    if (out.pos > 0) return View(s_->out).first(out.pos);
  }
}

Result<RawReader> RawStore::open(const std::string& id) const {
  auto s = std::make_unique<RawReader::State>();
  s->path = dir_ / (id + ".zst");
  s->fd = Fd{::open(s->path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!is_id(id) || !s->fd) return tl::unexpected(io_error("open", s->path));
  s->hint = 1;  // an empty file is no frame
  return RawReader{std::move(s)};
}

// --- notes, list, removal -----------------------------------------------------------------------------

Result<Json> RawStore::notes(const std::string& id) const {
  const fs::path p = dir_ / (id + ".json");
  if (!fs::exists(p)) return Json();
  WRIT_TRY(text, read_text(p));
  return parse_json(view_of(text), p.filename().string());
}

Status RawStore::write_notes(const std::string& id, const Json& notes) const {
  return write_file(dir_ / (id + ".json"), std::string_view(canonical(notes)));
}

Result<std::vector<RawInfo>> RawStore::list() const {
  std::vector<RawInfo> out;
  std::error_code ec;
  for (fs::directory_iterator it(dir_, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string id = it->path().stem().string();
    if (it->path().extension() != ".zst" || !is_id(id)) continue;
    RawInfo r;
    r.id = id;
    WRIT_TRY(j, notes(id));
    if (!j.is_null()) {
      const std::string where = id + ".json";
      WRIT_TRY(name, field<std::string>(j, "name", where));
      WRIT_TRY(kept, field<std::string>(j, "kept", where));
      WRIT_TRY(bytes, field<std::uint64_t>(j, "bytes", where));
      WRIT_TRY(imports, field<Json>(j, "imports", where));
      WRIT_TRY(when, parse_rfc3339(kept));
      r.name = name;
      r.kept = when;
      r.bytes = bytes;
      r.complete = !imports.empty();
      for (const Json& i : imports) {
        WRIT_TRY(settings, field<Json>(i, "settings", where));
        WRIT_TRY(months, field<std::vector<std::string>>(i, "months", where));
        WRIT_TRY(done, field<bool>(i, "done", where));
        r.feed = settings.value("name", "");
        r.account = settings.value("account", "");
        r.complete = r.complete && done;
        r.months.insert(r.months.end(), months.begin(), months.end());
      }
      std::sort(r.months.begin(), r.months.end());
      r.months.erase(std::unique(r.months.begin(), r.months.end()), r.months.end());
    }
    out.push_back(std::move(r));
  }
  if (ec && ec != std::errc::no_such_file_or_directory)
    return fail(Exit::failure, fmt::format("read {}: {}", dir_.string(), ec.message()));
  std::sort(out.begin(), out.end(), [](const RawInfo& a, const RawInfo& b) { return a.id < b.id; });
  return out;
}

Status RawStore::remove(const std::string& id, const fs::path& quarantine_dir) const {
  if (!is_id(id)) return fail(Exit::usage, fmt::format("'{}' is no id of a raw file", id));
  // The notes go last: while they are there, a removal that was interrupted can be seen and done again.
  std::vector<std::pair<fs::path, fs::path>> files{{dir_, dir_ / (id + ".zst")}};
  if (!quarantine_dir.empty()) files.emplace_back(quarantine_dir, quarantine_dir / (id + ".jsonl"));
  files.emplace_back(dir_, dir_ / (id + ".json"));
  for (const auto& [dir, file] : files) {
    if (::unlink(file.c_str()) != 0) {
      if (errno == ENOENT) continue;
      return tl::unexpected(io_error("remove", file));
    }
    WRIT_CHECK(sync_dir(dir));
  }
  return {};
}

}  // namespace writ::ingest
