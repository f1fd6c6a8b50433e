// SPDX-License-Identifier: GPL-3.0-or-later
// Whom an answer names, with the items that the scope allows. What it does not allow is not read (I6).
#pragma once
#include "desk/record_access.hh"
#include "records/identify.hh"

namespace writ::desk {

Result<Json> party_json(const records::Catalogue& book, const RecordAccess& access,
                        const records::Identified& p, const records::Window& w);
Json stay_json(const RecordAccess& access, const records::Holder& h);

}  // namespace writ::desk
