// SPDX-License-Identifier: GPL-3.0-or-later
// A document that somebody sent, read in a separate process that can do nothing but read it (writ-page).
#pragma once
#include "base/io.hh"
#include "scan/page.hh"

namespace writ::scan {

// PDF or TIFF. Exit::usage: what is wrong with the file, and the cure. Exit::partial: the reader died, was
// killed by its lock, or took too long over it. Exit::unit: there is no reader, or it cannot lock itself in.
Result<Reading> read_pages(View document, const fs::path& program);
// writ-page beside the running program.
fs::path default_reader();

}  // namespace writ::scan
