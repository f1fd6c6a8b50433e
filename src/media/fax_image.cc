// SPDX-License-Identifier: GPL-3.0-or-later
// libtiff decodes strips whose number of rows is known. A fax does not say it: it ends with a mark (RTC,
// EOFB; both begin with two EOLs in a row) or with the call. So the mark is cut off, which libtiff would take
// for rows, and the rest offered as a strip of more rows than it can have, decoded twice, once over white
// memory and once over black: the rows that come out alike are the page's, and where the first one differs it
// ends. Bad code words and wrong lengths are counted by what libtiff complains of.
#include "media/fax_image.hh"

#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

namespace writ::media {
namespace {

struct TiffMemory {
  View bytes;
  toff_t at = 0;
};
tmsize_t read_memory(thandle_t h, void* to, tmsize_t n) {
  auto* m = static_cast<TiffMemory*>(h);
  if (n < 0 || m->at >= m->bytes.size()) return 0;
  const std::size_t some = std::min<std::size_t>(static_cast<std::size_t>(n), m->bytes.size() - m->at);
  std::memcpy(to, m->bytes.data() + m->at, some);
  m->at += some;
  return static_cast<tmsize_t>(some);
}
tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }
toff_t seek_memory(thandle_t h, toff_t to, int whence) {
  auto* m = static_cast<TiffMemory*>(h);
  if (whence == SEEK_CUR) to += m->at;
  if (whence == SEEK_END) to += m->bytes.size();
  return m->at = to;
}
int close_memory(thandle_t) { return 0; }
toff_t size_of_memory(thandle_t h) { return static_cast<TiffMemory*>(h)->bytes.size(); }

struct CloseTiff {
  void operator()(TIFF* t) const { TIFFClose(t); }
};

// What libtiff complains of, by row. One decoder a process, so a global will do.
using Complaints = std::set<std::uint32_t>;  // rows with a code word that is none, or of a wrong length
Complaints* complaints = nullptr;

// "Bad code word at line %u of %s %u (x %u)", or "%s at line %u of %s %u (got %u, expected %u)".
void complain(const char*, const char* format, va_list args) {
  const char* at = std::strstr(format, "line %");
  if (!complaints || !at || complaints->size() >= fax_rows_max) return;
  if (std::strncmp(format, "%s", 2) == 0) (void)va_arg(args, const char*);
  complaints->insert(va_arg(args, std::uint32_t));
}

void put_le(Bytes& out, std::uint64_t v, int width) {
  for (int i = 0; i < width; ++i) out.push_back(static_cast<std::uint8_t>(v >> 8 * i));
}

// A TIFF of one strip, little-endian: header, data, directory.
Bytes wrapped(FaxCoding coding, std::uint32_t width, std::uint32_t rows, View data) {
  constexpr std::uint32_t header = 8;
  Bytes out{'I', 'I', 42, 0};
  const auto size = static_cast<std::uint32_t>(data.size());
  put_le(out, header + size + size % 2, 4);
  put_bytes(out, data);
  if (size % 2) out.push_back(0);
  struct Entry {
    std::uint16_t tag, type;
    std::uint32_t value;
  };
  const Entry entries[] = {
      {TIFFTAG_IMAGEWIDTH, TIFF_LONG, width},
      {TIFFTAG_IMAGELENGTH, TIFF_LONG, rows},
      {TIFFTAG_BITSPERSAMPLE, TIFF_SHORT, 1},
      {TIFFTAG_COMPRESSION, TIFF_SHORT,
       coding == FaxCoding::mmr ? std::uint32_t{COMPRESSION_CCITTFAX4}
                                : std::uint32_t{COMPRESSION_CCITTFAX3}},
      {TIFFTAG_PHOTOMETRIC, TIFF_SHORT, PHOTOMETRIC_MINISWHITE},
      {TIFFTAG_FILLORDER, TIFF_SHORT, FILLORDER_MSB2LSB},
      {TIFFTAG_STRIPOFFSETS, TIFF_LONG, header},
      {TIFFTAG_SAMPLESPERPIXEL, TIFF_SHORT, 1},
      {TIFFTAG_ROWSPERSTRIP, TIFF_LONG, rows},
      {TIFFTAG_STRIPBYTECOUNTS, TIFF_LONG, size},
      {coding == FaxCoding::mmr ? static_cast<std::uint16_t>(TIFFTAG_GROUP4OPTIONS)
                                : static_cast<std::uint16_t>(TIFFTAG_GROUP3OPTIONS),
       TIFF_LONG, coding == FaxCoding::mr ? std::uint32_t{GROUP3OPT_2DENCODING} : std::uint32_t{0}}};
  put_le(out, std::size(entries), 2);
  for (const Entry& e : entries) {
    put_le(out, e.tag, 2);
    put_le(out, e.type, 2);
    put_le(out, 1, 4);
    put_le(out, e.value, 4);
  }
  put_le(out, 0, 4);
  return out;
}

// EOL: eleven zeros or more (fill), then a one. Behind one, MR has a bit that tells the row's coding.
class EolScan {
 public:
  EolScan(View data, bool tagged) : data_(data), tagged_(tagged) {}
  // Bytes before the first of two EOLs with nothing between; all when there are none.
  std::size_t end_of_page() {
    std::size_t zeros = 0, first_bit = 0, last_eol_end = ~std::size_t{0};
    for (std::size_t bit = 0; bit < data_.size() * 8; ++bit) {
      if ((data_[bit / 8] & 0x80u >> bit % 8) == 0) {
        if (zeros++ == 0) first_bit = bit;
        continue;
      }
      const bool eol = zeros >= 11;
      zeros = 0;
      if (!eol) continue;
      if (first_bit == last_eol_end) return (last_eol_begin_ + 7) / 8;
      last_eol_begin_ = first_bit;
      if (tagged_) ++bit;
      last_eol_end = bit + 1;
    }
    return data_.size();
  }

 private:
  View data_;
  bool tagged_;
  std::size_t last_eol_begin_ = 0;
};

bool decode_into(View tiff, Bytes& pixels) {
  TiffMemory memory{tiff, 0};
  const std::unique_ptr<TIFF, CloseTiff> t{TIFFClientOpen("page", "rm", &memory, read_memory, write_nothing,
                                                          seek_memory, close_memory, size_of_memory, nullptr,
                                                          nullptr)};
  if (!t) return false;
  // What it returns is of no use: a page that ends before the strip does is no failure here.
  (void)TIFFReadEncodedStrip(t.get(), 0, pixels.data(), static_cast<tmsize_t>(pixels.size()));
  return true;
}

}  // namespace

FaxImage decode_fax(FaxCoding coding, std::uint32_t width, View data) {
  FaxImage out;
  data = data.first(std::min(data.size(), fax_data_max));
  if (coding == FaxCoding::other || width == 0 || width > fax_width_max || data.empty()) return out;
  const std::size_t end = EolScan{data, coding == FaxCoding::mr}.end_of_page();
  out.whole = end < data.size();
  data = data.first(end);
  if (data.empty()) return out;
  // A row is a bit at least.
  const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(fax_rows_max, data.size() * 8 + 1));
  const std::size_t row_bytes = (width + 7) / 8;
  const Bytes tiff = wrapped(coding, width, rows, data);
  Complaints bad;
  TIFFSetErrorHandler(complain);
  TIFFSetWarningHandler(complain);
  complaints = &bad;
  Bytes over_white(rows * row_bytes, 0x00), over_black(rows * row_bytes, 0xff);
  const bool opened = decode_into(tiff, over_white) && decode_into(tiff, over_black);
  complaints = nullptr;
  if (!opened) return FaxImage{};
  const auto differ = std::ranges::mismatch(over_white, over_black).in1 - over_white.begin();
  out.rows = static_cast<std::uint32_t>(static_cast<std::size_t>(differ) / row_bytes);
  // The row that the data's end cut off, or that would have come after it.
  if (out.rows > 0 && bad.contains(out.rows - 1)) --out.rows;
  // MMR has nothing to find its way back by: behind a bad code word stands invention.
  if (coding == FaxCoding::mmr && !bad.empty() && *bad.begin() < out.rows) {
    out.rows = *bad.begin();
    out.whole = false;
  }
  out.bad_rows =
      static_cast<std::uint32_t>(std::ranges::count_if(bad, [&](std::uint32_t r) { return r < out.rows; }));
  over_white.resize(out.rows * row_bytes);
  out.pixels = std::move(over_white);
  return out;
}

}  // namespace writ::media
