// SPDX-License-Identifier: GPL-3.0-or-later
// A fax page's coded data to rows of pixels, through libtiff. In this process: only writ-decode (locked in)
// and the fuzz target decode with it.
#pragma once
#include "base/bytes.hh"
#include "base/result.hh"
#include "media/fax_session.hh"

namespace writ::media {

struct FaxImage {
  std::uint32_t rows = 0;
  std::uint32_t bad_rows = 0;  // of these, with a code word that is none, or of a wrong length
  bool whole = false;          // the mark of the page's end was reached
  Bytes pixels;                // rows of (width + 7) / 8 bytes, the left pixel first, 1 is black
};

inline constexpr std::uint32_t fax_rows_max = 20'000, fax_width_max = 4864;
inline constexpr std::size_t fax_data_max = 4u << 20;

// Never fails on odd data: gives the rows that there are. At most fax_rows_max; width at most fax_width_max.
FaxImage decode_fax(FaxCoding coding, std::uint32_t width, View data);

}  // namespace writ::media
