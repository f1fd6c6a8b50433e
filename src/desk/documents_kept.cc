// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/documents_kept.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"

namespace writ::desk {
namespace {

bool is_scan(View b) {
  const std::string_view t = text_of(b.first(std::min<std::size_t>(b.size(), 8)));
  using namespace std::string_view_literals;
  return t.starts_with("%PDF-"sv) || t.starts_with("II*\0"sv) || t.starts_with("MM\0*"sv);
}

}  // namespace

Result<crypto::Digest> keep_document(const Carrier& c, const fs::path& document) {
  WRIT_TRY(bytes, read_file(document));
  if (bytes.size() > limits::document_bytes_max || !is_scan(bytes))
    return fail(Exit::usage, fmt::format("{} is not a scanned document", document.string()),
                "the document's SHA-256 binds everything after it", "a PDF or TIFF file of at most 256 MiB",
                "scan the order as it was served");
  const crypto::Digest sha256 = crypto::sha256(bytes);
  WRIT_CHECK(c.keep_file(fs::path{"documents"} / crypto::hex(sha256), bytes));
  return sha256;
}

}  // namespace writ::desk
