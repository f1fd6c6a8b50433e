// SPDX-License-Identifier: GPL-3.0-or-later
// One job of the worker (media/worker.hh): a conversation with a copy of its program that has opened what it
// is to work with, and is locked in.
#pragma once
#include <chrono>

#include "worker/program.hh"

namespace writ::media {

struct Job {
  worker::Conversation talk;
  Bytes ready;  // what it says of what it opened
};

// `who` for messages, `open`: the job's open frame. The worker's own refusal; Exit::unit when it does not
// start or does not lock itself in.
Result<Job> start_job(worker::Program& program, const char* who, std::size_t answer_bytes_max, View open,
                      std::chrono::seconds within);

}  // namespace writ::media
