// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/fax.hh"

#include <fmt/format.h>
#include <tiffio.h>
#include <unistd.h>

#include "media/worker.hh"

namespace writ::media {
namespace {

using intercept::MediaStream;

constexpr std::chrono::seconds page_answer_max{60};

void note(std::string& why, const std::string& more) {
  if (!why.empty()) why += "; ";
  why += more;
}

struct CloseFile {
  void operator()(TIFF* t) const { TIFFClose(t); }
};

// Group 4: the pixels as they came out, whatever coding they were sent in.
bool write_page(TIFF* t, const FaxFormat& f, const FaxImage& image, std::uint32_t number) {
  const std::size_t row_bytes = (f.width + 7) / 8;
  bool good = TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE) == 1 &&
              TIFFSetField(t, TIFFTAG_IMAGEWIDTH, f.width) == 1 &&
              TIFFSetField(t, TIFFTAG_IMAGELENGTH, image.rows) == 1 &&
              TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1) == 1 &&
              TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 &&
              TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, image.rows) == 1 &&
              TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4) == 1 &&
              TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) == 1 &&
              TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == 1 &&
              TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == 1 &&
              TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) == 1 &&
              TIFFSetField(t, TIFFTAG_XRESOLUTION, static_cast<double>(f.x_dpi)) == 1 &&
              TIFFSetField(t, TIFFTAG_YRESOLUTION, static_cast<double>(f.y_dpi)) == 1 &&
              TIFFSetField(t, TIFFTAG_PAGENUMBER, number, 0) == 1;
  Bytes pixels = image.pixels;  // libtiff wants them writable
  return good && pixels.size() == row_bytes * image.rows &&
         TIFFWriteEncodedStrip(t, 0, pixels.data(), static_cast<tmsize_t>(pixels.size())) >= 0 &&
         TIFFWriteDirectory(t) == 1;
}

// A TIFF under a temporary name until it is whole.
class FaxFile {
 public:
  ~FaxFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  Status open(const fs::path& name) {
    name_ = name;
    WRIT_CHECK(make_dirs(name.parent_path()));
    const fs::path temporary = fmt::format("{}.tmp.{}", name.string(), ::getpid());
    // Handlers are the whole process's.
    [[maybe_unused]] static const bool quiet =
        (TIFFSetErrorHandler(nullptr), TIFFSetWarningHandler(nullptr), true);
    tiff_.reset(TIFFOpen(temporary.c_str(), "w"));
    if (!tiff_) return fail(Exit::failure, fmt::format("{}: cannot be created", temporary.string()));
    temporary_ = temporary;
    return {};
  }
  bool is_open() const { return tiff_ != nullptr; }
  Status add(const FaxFormat& f, const FaxImage& image, std::uint32_t number) {
    if (write_page(tiff_.get(), f, image, number)) return {};
    return fail(Exit::failure, fmt::format("{}: the page cannot be written", name_.string()));
  }
  Status commit() {
    TIFFFlush(tiff_.get());
    if (::fsync(TIFFFileno(tiff_.get())) != 0) return tl::unexpected(io_error("sync", temporary_));
    tiff_.reset();
    if (::rename(temporary_.c_str(), name_.c_str()) != 0)
      return tl::unexpected(io_error("rename", temporary_));
    temporary_.clear();
    return sync_dir(name_.parent_path());
  }

 private:
  fs::path name_, temporary_;
  std::unique_ptr<TIFF, CloseFile> tiff_;
};

class PageWorker {
 public:
  explicit PageWorker(worker::Program& program) : program_(program) {}

  // Exit::unit when it does not start, Exit::partial when this page cost the worker its life.
  Result<FaxImage> decode(const FaxPage& p) {
    if (!talk_) WRIT_CHECK(start());
    Bytes body{static_cast<std::uint8_t>(p.format.coding)};
    put_be32(body, p.format.width);
    put_bytes(body, View{p.data}.first(std::min(p.data.size(), fax_data_max)));
    auto answer = talk_->ask(frame_page, body, page_answer_max);
    if (!answer) {
      talk_.reset();
      program_.renew();
      return tl::unexpected(answer.error());
    }
    Reader in{answer->body};
    FaxImage image;
    image.rows = in.u32();
    image.bad_rows = in.u32();
    image.whole = in.u8() == 1;
    const std::size_t row_bytes = (p.format.width + 7) / 8;
    if (answer->kind != frame_pixels || !in.ok() || in.rest().size() != std::size_t{image.rows} * row_bytes)
      return talk_->lost();
    image.pixels.assign(in.rest().begin(), in.rest().end());
    return image;
  }

 private:
  Status start() {
    WRIT_TRY(job, start_job(program_, "the fax worker", pixels_bytes_max, Bytes{job_fax}, page_answer_max));
    talk_.emplace(std::move(job.talk));
    return {};
  }
  worker::Program& program_;
  std::optional<worker::Conversation> talk_;
};

void say_page(std::string& why, std::size_t number, const FaxPage& p, const FaxImage& image) {
  const auto say = [&](const std::string& what) { note(why, fmt::format("page {}: {}", number, what)); };
  if (!p.format.known) say("its format was not seen and is taken to be a plain one");
  if (p.missing_frames > 0) say(fmt::format("{} frames are missing", p.missing_frames));
  if (p.gaps > 0) say(fmt::format("data are missing in {} places", p.gaps));
  if (image.bad_rows > 0) say(fmt::format("{} of {} lines are broken", image.bad_rows, image.rows));
  if (!image.whole && image.rows > 0 &&
      (p.missing_frames > 0 || !p.confirmed_end || p.format.coding == FaxCoding::mmr))
    say(fmt::format("ends after {} lines without the mark of its end: the lines below are missing",
                    image.rows));
}

void say_stream(MediaStream& s, const FaxStream& f) {
  if (!f.station.empty()) note(s.why, fmt::format("the sender calls itself {}", f.station));
  if (f.recovered > 0) note(s.why, fmt::format("{} lost packets were recovered from repeats", f.recovered));
  if (f.missing > 0) note(s.why, fmt::format("{} packets are missing", f.missing));
  if (f.missing > 0 && f.parities > 0) note(s.why, "parity packets were sent and are not used");
  if (f.unreadable > 0) note(s.why, fmt::format("{} packets are not readable as T.38", f.unreadable));
  s.lost = f.missing;
}

Status render_fax(MediaStream& s, const Packets& packets, PageWorker& worker, const fs::path& name) {
  const FaxStream f = read_fax(s, packets);
  say_stream(s, f);
  FaxFile file;
  std::size_t number = 0;
  for (const FaxPage& p : f.pages) {
    ++number;
    if (p.format.coding == FaxCoding::other) {
      note(s.why, fmt::format("page {}: JBIG or JPEG is not decoded", number));
      continue;
    }
    auto image = worker.decode(p);
    if (!image && image.error().exit != Exit::partial) return tl::unexpected(image.error());
    if (!image) {
      note(s.why, fmt::format("page {}: {}", number, image.error().what));
      continue;
    }
    say_page(s.why, number, p, *image);
    if (image->rows == 0) {
      note(s.why, fmt::format("page {}: no line of it can be read", number));
      continue;
    }
    if (!file.is_open()) WRIT_CHECK(file.open(name));
    WRIT_CHECK(file.add(p.format, *image, s.pages++));
  }
  if (!file.is_open()) {
    if (f.pages.empty()) note(s.why, "no page was sent in this direction");
    // The receiver's side of a fax has commands and no pages: nothing of it is lost.
    s.decoded = f.pages.empty() && f.unreadable == 0;
    return {};
  }
  WRIT_CHECK(file.commit());
  s.decoded = true;
  s.file = (fs::path(name.parent_path()).filename() / name.filename()).string();
  return {};
}

}  // namespace

Status render_faxes(intercept::CallRecord& call, const Packets& packets, worker::Program& worker,
                    const fs::path& out_dir, const std::string& base_name) {
  PageWorker pages{worker};
  int number = 0;
  for (MediaStream& s : call.media) {
    s.file.clear();
    s.pages = 0;
    if (s.kind != "fax" || s.codec != "T38" || s.copy_of) continue;
    ++number;
    s.decoded = false;
    WRIT_CHECK(render_fax(s, packets, pages, out_dir / fmt::format("{}-fax{}.tif", base_name, number)));
  }
  return {};
}

}  // namespace writ::media
