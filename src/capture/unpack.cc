// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/unpack.hh"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

namespace writ::capture {

Packing packing_of(View first) {
  if (first.size() >= 2 && first[0] == 0x1f && first[1] == 0x8b) return Packing::gzip;
  if (first.size() < 4) return Packing::none;
  const std::uint32_t magic = load_be32(first.data());
  // A frame, or a skippable frame before it (0x184D2A5?, little-endian), as parallel compressors write.
  if (magic == 0x28b52ffd || (magic & 0xf0ffffff) == 0x502a4d18) return Packing::zstd;
  return Packing::none;
}

struct Unpacker::Impl {
  Packing packing;
  z_stream gz{};
  bool gz_open = false;
  struct Free {
    void operator()(ZSTD_DStream* s) const { ZSTD_freeDStream(s); }
  };
  std::unique_ptr<ZSTD_DStream, Free> zstd;
  std::uint64_t taken = 0;
  bool within = false;  // a member or frame that is begun and not over
  std::string broken;

  explicit Impl(Packing p) : packing(p) {
    if (p == Packing::gzip) gz_open = inflateInit2(&gz, 15 + 16) == Z_OK;
    if (p == Packing::zstd) zstd.reset(ZSTD_createDStream());
    if ((p == Packing::gzip && !gz_open) || (p == Packing::zstd && !zstd)) stop("no memory");
  }
  Impl(const Impl&) = delete;
  ~Impl() {
    if (gz_open) inflateEnd(&gz);
  }
  void stop(std::string_view why) {
    broken = fmt::format("at byte {} of the compressed stream: {}", taken, why);
  }
  void take(View& in, std::size_t n) {
    in = in.subspan(n);
    taken += n;
  }
  std::size_t inflate_some(View& in, std::span<std::uint8_t> out);
  std::size_t zstd_some(View& in, std::span<std::uint8_t> out);
};

std::size_t Unpacker::Impl::inflate_some(View& in, std::span<std::uint8_t> out) {
  if (!within) {
    // Tapes and some tools fill the end up with zeros.
    while (!in.empty() && in[0] == 0 && taken > 0) take(in, 1);
    if (in.empty()) return 0;
    inflateReset(&gz);
    within = true;
  }
  gz.next_in = const_cast<Bytef*>(in.data());
  gz.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max()));
  gz.next_out = out.data();
  gz.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
  const uInt given = gz.avail_in, room = gz.avail_out;
  const int rc = inflate(&gz, Z_NO_FLUSH);
  take(in, given - gz.avail_in);
  if (rc == Z_STREAM_END)
    within = false;
  else if (rc != Z_OK && rc != Z_BUF_ERROR)
    stop(gz.msg != nullptr ? gz.msg : "no gzip");
  return room - gz.avail_out;
}

std::size_t Unpacker::Impl::zstd_some(View& in, std::span<std::uint8_t> out) {
  if (in.empty() && !within) return 0;  // asked for nothing, it would ask for the next frame
  ZSTD_inBuffer from{in.data(), in.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  const std::size_t rc = ZSTD_decompressStream(zstd.get(), &to, &from);
  take(in, from.pos);
  if (ZSTD_isError(rc) != 0)
    stop(ZSTD_getErrorName(rc));
  else
    within = rc != 0;
  return to.pos;
}

Unpacker::Unpacker(Packing p) : i_(std::make_unique<Impl>(p)) {}
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;
Unpacker::~Unpacker() = default;
const std::string& Unpacker::broken() const { return i_->broken; }

std::size_t Unpacker::step(View& in, std::span<std::uint8_t> out) {
  std::size_t written = 0;
  while (i_->broken.empty() && written < out.size()) {
    const std::size_t before = in.size();
    std::size_t n = 0;
    if (i_->packing == Packing::none) {
      n = std::min(in.size(), out.size() - written);
      std::copy_n(in.begin(), n, out.begin() + static_cast<std::ptrdiff_t>(written));
      i_->take(in, n);
    } else {
      n = i_->packing == Packing::gzip ? i_->inflate_some(in, out.subspan(written))
                                       : i_->zstd_some(in, out.subspan(written));
    }
    written += n;
    if (n == 0 && in.size() == before) break;  // it needs more than there is
  }
  return written;
}

void Unpacker::finish() {
  if (i_->broken.empty() && i_->within) i_->stop("it ends before its end");
}

}  // namespace writ::capture
