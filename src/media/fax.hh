// SPDX-License-Identifier: GPL-3.0-or-later
// T.38 streams of a call to TIFF files, one a stream, a directory a page.
#pragma once
#include "base/io.hh"
#include "intercept/calls.hh"
#include "media/fax_session.hh"
#include "media/job.hh"
#include "media/packets.hh"

namespace writ::media {

// A T.38 stream's packets in order of their numbers, what is missing taken from the repeats of later ones.
struct FaxStream {
  std::vector<FaxPage> pages;
  std::string station;          // the sender's number, as it says
  std::uint64_t recovered = 0;  // packets that only a repeat brought
  std::uint64_t missing = 0;    // packets that nothing brought
  std::uint64_t parities = 0;   // error correction that was sent and not used
  std::uint64_t unreadable = 0;
};
FaxStream read_fax(const intercept::MediaStream& s, const Packets& packets);

// Writes <out_dir>/<base_name>-fax<N>.tif for each fax stream with pages; fills file, pages, decoded, lost
// and why. Exit::unit when the worker does not start.
Status render_faxes(intercept::CallRecord& call, const Packets& packets, worker::Program& worker,
                    const fs::path& out_dir, const std::string& base_name);

}  // namespace writ::media
