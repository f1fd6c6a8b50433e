// SPDX-License-Identifier: GPL-3.0-or-later
// Documents as they were served, kept under their SHA-256: what was signed over later is found again.
#pragma once
#include "desk/carrier.hh"

namespace writ::desk {

// PDF or TIFF of at most limits::document_bytes_max -> documents/<SHA-256 in hex>. The same document again
// changes nothing. It is not opened here: its first bytes are looked at, no more.
Result<crypto::Digest> keep_document(const Carrier& c, const fs::path& document);

}  // namespace writ::desk
