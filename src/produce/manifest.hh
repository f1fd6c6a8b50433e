// SPDX-License-Identifier: GPL-3.0-or-later
// What the writer and the verifier of a production, or of a delivery of records, agree on.
#pragma once
#include <string_view>

namespace writ::produce {

inline constexpr std::string_view manifest_domain = "writ.manifest/1";
inline constexpr std::string_view response_manifest_domain = "writ.response-manifest/1";  // records
inline constexpr std::string_view certification_domain = "writ.certification/1";

// Relative, no "..", no empty part, no back slash, no control character: stays inside the package on every
// system.
bool is_package_path(std::string_view path);

}  // namespace writ::produce
