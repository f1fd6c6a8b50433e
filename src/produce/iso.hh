// SPDX-License-Identifier: GPL-3.0-or-later
// Reading an ISO-9660 image: libisofs reads the trees, the data are views into the mapped image, so that no
// intercepted matter is ever copied to a temporary file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/io.hh"

namespace writ::produce {

struct Listing {
  std::map<std::string, View> files;  // path with '/' -> bytes
  std::vector<std::string> directories;
  std::vector<std::string> strange;  // symbolic links, devices, data outside the image: "x: why"
};
enum class IsoTree { rock_ridge, joliet };
// `image` must outlive the listing and be the mapping of `iso`.
Result<Listing> list_iso(const fs::path& iso, View image, IsoTree tree);

}  // namespace writ::produce
