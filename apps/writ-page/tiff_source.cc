// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF through libtiff: sizes are read from the directory before any pixel is; a fax's oblong pixels become
// square ones.
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "scan/page.hh"
#include "scan/protocol.hh"
#include "source.hh"

namespace writ::page {
namespace {

constexpr float letter_inches_wide = 8.5F;
constexpr float dpi_min = 50, dpi_max = 1300;

tl::unexpected<Error> unreadable_tiff(std::string what) { return fail(Exit::usage, std::move(what)); }

struct Memory {
  View bytes;
  toff_t at = 0;
};

tmsize_t read_some(thandle_t h, void* to, tmsize_t n) {
  auto* m = static_cast<Memory*>(h);
  if (n < 0 || m->at >= m->bytes.size()) return 0;
  const std::size_t some = std::min<std::size_t>(static_cast<std::size_t>(n), m->bytes.size() - m->at);
  std::memcpy(to, m->bytes.data() + m->at, some);
  m->at += some;
  return static_cast<tmsize_t>(some);
}
tmsize_t write_none(thandle_t, void*, tmsize_t) { return 0; }
toff_t seek_to(thandle_t h, toff_t to, int whence) {
  auto* m = static_cast<Memory*>(h);
  if (whence == SEEK_CUR) to += m->at;
  if (whence == SEEK_END) to += m->bytes.size();
  return m->at = to;
}
int close_none(thandle_t) { return 0; }
toff_t size_of(thandle_t h) { return static_cast<Memory*>(h)->bytes.size(); }

struct Close {
  void operator()(TIFF* t) const { TIFFClose(t); }
};

// Dots an inch across and down; a fax gateway that leaves them out is known by its 1728 columns.
struct Resolution {
  float x = 0, y = 0;
};
Resolution resolution(TIFF* t, std::uint32_t wide, std::uint32_t high) {
  Resolution r;
  std::uint16_t unit = RESUNIT_INCH;
  TIFFGetFieldDefaulted(t, TIFFTAG_RESOLUTIONUNIT, &unit);
  TIFFGetField(t, TIFFTAG_XRESOLUTION, &r.x);
  TIFFGetField(t, TIFFTAG_YRESOLUTION, &r.y);
  if (unit == RESUNIT_CENTIMETER) r = {r.x * 2.54F, r.y * 2.54F};
  const auto plausible = [](float v) { return v >= dpi_min && v <= dpi_max; };
  if (plausible(r.x) && plausible(r.y)) return r;
  r.x = static_cast<float>(wide) / letter_inches_wide;
  // Half as many rows as a letter page would have: the fax's standard resolution, 98 rows an inch.
  r.y = static_cast<float>(high) < 8 * r.x ? 98 : r.x;
  return r;
}

class Tiff final : public Source {
 public:
  explicit Tiff(View document) : memory_{document, 0} {}
  Status open();
  std::uint32_t pages() const override { return pages_; }
  Result<Picture> page(std::uint32_t index) override;

 private:
  Result<Picture> pixels(std::uint32_t index, std::uint32_t wide, std::uint32_t high);
  Memory memory_;
  std::unique_ptr<TIFF, Close> t_;
  std::uint32_t pages_ = 0;
};

Status Tiff::open() {
  TIFFSetErrorHandler(nullptr);
  TIFFSetWarningHandler(nullptr);
  t_.reset(TIFFClientOpen("document", "rm", &memory_, read_some, write_none, seek_to, close_none, size_of,
                          nullptr, nullptr));
  if (!t_) return unreadable_tiff("the TIFF is broken: it has no readable directory");
  // Counted by hand, so that a chain of a million directories costs no more than the first few.
  do ++pages_;
  while (pages_ <= scan::pages_max && TIFFReadDirectory(t_.get()) == 1);
  if (!TIFFLastDirectory(t_.get()) && pages_ <= scan::pages_max)
    return unreadable_tiff(fmt::format("the TIFF is broken behind page {}", pages_));
  return {};
}

Result<Picture> Tiff::pixels(std::uint32_t index, std::uint32_t wide, std::uint32_t high) {
  const auto broken = [&] {
    return unreadable_tiff(fmt::format("page {} of the TIFF is broken", index + 1));
  };
  std::vector<std::uint32_t> rgba(static_cast<std::size_t>(wide) * high);
  if (TIFFReadRGBAImageOriented(t_.get(), wide, high, rgba.data(), ORIENTATION_TOPLEFT, 1) != 1)
    return broken();
  Picture out{pixCreate(static_cast<l_int32>(wide), static_cast<l_int32>(high), 8)};
  if (!out) return fail(Exit::partial, "no memory for the page");
  for (std::uint32_t y = 0; y < high; ++y) {
    l_uint32* line = pixGetData(out.get()) + static_cast<std::ptrdiff_t>(y) * pixGetWpl(out.get());
    for (std::uint32_t x = 0; x < wide; ++x) {
      const std::uint32_t p = rgba[static_cast<std::size_t>(y) * wide + x];
      const auto grey = static_cast<l_uint8>((TIFFGetR(p) * 77 + TIFFGetG(p) * 150 + TIFFGetB(p) * 29) >> 8);
      SET_DATA_BYTE(line, x, grey);
    }
  }
  return out;
}

Result<Picture> Tiff::page(std::uint32_t index) {
  std::uint32_t wide = 0, high = 0;
  if (TIFFSetDirectory(t_.get(), index) != 1 || TIFFGetField(t_.get(), TIFFTAG_IMAGEWIDTH, &wide) != 1 ||
      TIFFGetField(t_.get(), TIFFTAG_IMAGELENGTH, &high) != 1 || wide == 0 || high == 0)
    return unreadable_tiff(fmt::format("page {} of the TIFF is broken: its size is not stated", index + 1));
  if (static_cast<std::int64_t>(wide) * high > scan::source_pixels_max)
    return unreadable_tiff(fmt::format("page {} of the TIFF has {} x {} pixels; at most {} are read",
                                       index + 1, wide, high, scan::source_pixels_max));
  const Resolution r = resolution(t_.get(), wide, high);
  const float sx = static_cast<float>(scan::page_dpi) / r.x, sy = static_cast<float>(scan::page_dpi) / r.y;
  if (static_cast<float>(wide) * sx > scan::page_side_pixels_max ||
      static_cast<float>(high) * sy > scan::page_side_pixels_max)
    return unreadable_tiff(
        fmt::format("page {} of the TIFF measures {:.0f} x {:.0f} inches; at most {} are read", index + 1,
                    static_cast<float>(wide) / r.x, static_cast<float>(high) / r.y,
                    scan::page_side_pixels_max / scan::page_dpi));
  WRIT_TRY(grey, pixels(index, wide, high));
  Picture square{pixScale(grey.get(), sx, sy)};
  if (!square) return fail(Exit::partial, "no memory for the page");
  return square;
}

}  // namespace

Result<std::unique_ptr<Source>> open_tiff(View document) {
  auto tiff = std::make_unique<Tiff>(document);
  WRIT_CHECK(tiff->open());
  return tiff;
}

}  // namespace writ::page
