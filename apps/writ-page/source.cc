// SPDX-License-Identifier: GPL-3.0-or-later
#include "source.hh"

#include <fmt/format.h>

#include <algorithm>

#include "scan/protocol.hh"

namespace writ::page {
namespace {

bool starts(View d, std::string_view magic) {
  return d.size() >= magic.size() && text_of(d.first(magic.size())) == magic;
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(View document) {
  using namespace std::string_view_literals;
  Result<std::unique_ptr<Source>> opened =
      starts(document, "%PDF-") ? open_pdf(document)
      : starts(document, "II*\0"sv) || starts(document, "MM\0*"sv)
          ? open_tiff(document)
          : fail(Exit::usage, "the document is neither PDF nor TIFF, whatever its name says");
  if (opened && (*opened)->pages() > scan::pages_max)
    return fail(
        Exit::usage,
        fmt::format("the document has more than {} pages; none of them is read by machine", scan::pages_max));
  return opened;
}

}  // namespace writ::page
