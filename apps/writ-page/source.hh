// SPDX-License-Identifier: GPL-3.0-or-later
// A document as a row of pictures, one at a time, so that only one page's pixels are held.
#pragma once
#include <allheaders.h>

#include <memory>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ::page {

struct PixFree {
  void operator()(Pix* p) const { pixDestroy(&p); }
};
using Picture = std::unique_ptr<Pix, PixFree>;

class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint32_t pages() const = 0;
  // Grey (8 bits, 255 white), square pixels, scan::page_dpi. Exit::usage: what is wrong with the page.
  virtual Result<Picture> page(std::uint32_t index) = 0;
};

// PDF or TIFF by content; Exit::usage for all else, for encryption, for active content, and beyond the bounds
// of scan/protocol.hh. `document` must outlive the source.
Result<std::unique_ptr<Source>> open_source(View document);
Result<std::unique_ptr<Source>> open_pdf(View document);
Result<std::unique_ptr<Source>> open_tiff(View document);

}  // namespace writ::page
