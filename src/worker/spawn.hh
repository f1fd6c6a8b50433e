// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/io.hh"

namespace writ::worker {

// Two ends of one conversation, both closed on exec.
Result<std::pair<Fd, Fd>> socket_pair();

// Starts `program` with no environment but `setting` ("NAME=value" or nothing), `conversation` as its
// standard input and output, no other descriptor of ours that is closed on exec, and signals as at birth.
// `who` for messages. Exit::unit when it does not start.
Result<pid_t> spawn(const fs::path& program, const char* who, int conversation, const std::string& setting);

}  // namespace writ::worker
