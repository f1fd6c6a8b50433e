// SPDX-License-Identifier: GPL-3.0-or-later
// Evidence to recordings: packets of one call become a stereo WAV (left = target, right = other), placed on
// the wall clock by RTP time, with silence where packets are missing, and where wanted an MP3 of the same;
// RFC 4733 digits with their times.
#pragma once
#include <functional>

#include "base/io.hh"
#include "intercept/calls.hh"
#include "media/packets.hh"
#include "media/recording.hh"
#include "media/workers.hh"

namespace writ::media {

// SRTP streams are opened first with the keys of the call's signalling; what does not prove genuine is left
// out and said. Fills media[].opened/decoded/why, dtmf, wav and mp3 of `call`; writes
// <out_dir>/<base_name>.wav and .mp3. A call without decodable audio gets no file and says why. Digits are
// found, where the order seeks them, even in audio that cannot be decoded. wav and mp3 are named relative to
// the directory that holds out_dir ("recordings/001.wav"). The first sample of the recording is the first
// media sample of the call. Exit::unit when the codec worker does not start: that is a broken installation,
// not a property of the call.
Status render_call(intercept::CallRecord& call, const std::vector<intercept::EvidencePacket>& packets,
                   Workers& workers, const fs::path& out_dir, const std::string& base_name,
                   Audio audio = Audio::wav_and_mp3);
// All calls of a matter, through as many threads as there are processors, each with a worker of its own; the
// result does not depend on how many. `name`: of the files of the n-th call, from 1. After an error no other
// call is begun; of several the first call's is returned.
Status render_calls(intercept::Matter& m, const fs::path& worker, const fs::path& out_dir,
                    const std::function<std::string(const intercept::CallRecord& call, std::size_t n)>& name,
                    Audio audio = Audio::wav_and_mp3);
// Digits alone (also used by render_call).
std::vector<intercept::Digit> find_digits(const intercept::CallRecord& call, const Packets& packets);

}  // namespace writ::media
