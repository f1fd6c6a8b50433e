// SPDX-License-Identifier: GPL-3.0-or-later
// SRTP streams of a call to plain packets, with the SDES keys of its signalling, one worker a stream.
#pragma once
#include "base/io.hh"
#include "intercept/calls.hh"
#include "media/job.hh"
#include "media/packets.hh"

namespace writ::media {

// For each encrypted audio stream for which keys may be known: replaces in `packets` what one of
// call.srtp_keys opens, leaves out what none does, and says both on the stream (opened, why). A stream of
// which nothing opens stays closed. Exit::unit when the worker does not start.
Status unlock(intercept::CallRecord& call, Packets& packets, worker::Program& worker);

}  // namespace writ::media
