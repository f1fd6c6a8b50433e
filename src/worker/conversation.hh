// SPDX-License-Identifier: GPL-3.0-or-later
// A worker seen from outside: a separate process with no descriptors but the conversation, and no
// environment but what its libraries must be told before they start.
// One that dies or does not answer in time costs what it was working on, and nothing else.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <utility>

#include "base/io.hh"
#include "worker/frames.hh"

namespace writ::worker {

struct Frame {
  std::uint8_t kind = 0;
  Bytes body;
};

class Conversation {
 public:
  // `who` for messages ("the codec worker"); `answer_bytes_max` bounds what a frame of the worker may hold.
  // `setting`: "NAME=value", the whole environment. Exit::unit when the program does not start.
  static Result<Conversation> start(const fs::path& program, const char* who, std::size_t answer_bytes_max,
                                    const std::string& setting = {});
  // With a worker that runs already, a child of this process, at the other end of `socket`.
  Conversation(Fd socket, pid_t pid, const char* who, std::size_t answer_bytes_max);
  Conversation(Conversation&& o) noexcept;
  Conversation& operator=(Conversation&& o) noexcept;
  ~Conversation() { end(); }

  // Measured in real time on purpose: a stuck worker is a fact of this machine, not of the evidence's clock.
  // Exit::partial when the worker died, broke the protocol or did not answer in time; it is then gone.
  Result<Frame> ask(std::uint8_t kind, View body, std::chrono::seconds within);
  Result<Frame> next(std::chrono::seconds within);
  // One frame, of which next() will give the answers: one or several.
  void tell(std::uint8_t kind, View body, std::chrono::seconds within);
  // What to return for an answer that makes no sense.
  tl::unexpected<Error> lost();

  pid_t pid() const { return pid_; }
  bool timed_out() const { return timed_out_; }  // lost because it did not answer, not because it died

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  std::string end();
  tl::unexpected<Error> gone() const;
  tl::unexpected<Error> stuck();
  bool wait_for(short events);
  void begin(std::chrono::seconds within);
  Status receive(std::uint8_t* to, std::size_t n);
  Result<Frame> receive_frame();

  const char* who_ = "";
  std::size_t answer_bytes_max_ = 0;
  Fd socket_;
  pid_t pid_ = -1;
  std::chrono::seconds within_{};
  Deadline until_{};
  bool dead_ = false, timed_out_ = false;
  std::string why_;
};

// The error that a refusing frame carries.
tl::unexpected<Error> refusal(View body);
// A program beside the running one.
fs::path beside(const char* program);

}  // namespace writ::worker
