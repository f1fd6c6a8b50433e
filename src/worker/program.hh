// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's program that is loaded once and copies itself for each conversation.
//
// A codec worker has some hundred and fifty libraries to load, 50 ms of processor time, and a call has a
// worker for each of its streams. So the program is started once and waits; for each conversation it makes a
// copy of itself, which locks itself in and hears of one stream only, in 1 to 2 ms. What is copied
// has read nothing: no byte of evidence goes to the program itself, so no copy can know of another's.
// The copies are children of the process that asked (CLONE_PARENT): it ends and reaps them as if it had
// started each. Copies of one program have one layout of addresses: whoever lost a worker calls renew(), so
// that nothing which breaks a decoder is tried twice against the same.
#pragma once
#include "worker/conversation.hh"

namespace writ::worker {

// For one thread at a time.
class Program {
 public:
  explicit Program(fs::path path) : path_(std::move(path)) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { renew(); }

  // A conversation with a copy, which may outlive this. Exit::unit when the program does not start, or is
  // none that serves copies.
  Result<Conversation> converse(const char* who, std::size_t answer_bytes_max);
  // The next copy is of a program loaded anew.
  void renew();
  const fs::path& path() const { return path_; }

 private:
  Result<pid_t> copy(const char* who, int conversation);
  fs::path path_;
  Fd control_;
  pid_t pid_ = -1;
};

// The program's side: waits at `control` for descriptors, and gives each to a copy as its standard input and
// output, without any other descriptor but standard error. `job` is the copy's whole life; it returns the
// exit code. Returns when the other end is gone.
int serve_copies(int control, int (*job)(int in, int out));

}  // namespace writ::worker
