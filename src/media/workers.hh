// SPDX-License-Identifier: GPL-3.0-or-later
// What the calls of one thread are decoded with: the codec worker, loaded once, and what it has said of
// G.711.
//
// In G.711 each octet is one sample, whatever comes before it: a stream of it needs no decoder, only the 256
// samples that the octets stand for. A worker is asked for them, all in one payload, and from then on they
// are looked up here: nothing that a stranger chooses can lead a table astray. Most calls of a hotel are
// G.711, and a process for each of their streams cost more than all else that is done with them.
#pragma once
#include <array>
#include <optional>
#include <span>

#include "media/codec.hh"
#include "worker/program.hh"

namespace writ::media {

class CodeWords {
 public:
  static Result<CodeWords> ask(worker::Program& program, const DecodeRequest& r);
  void decode(View payload, std::vector<std::int16_t>& out) const;  // appends a sample for each octet

 private:
  std::array<std::int16_t, 256> samples_{};
};

class Workers {
 public:
  explicit Workers(fs::path program) : program_(std::move(program)) {}
  worker::Program& program() { return program_; }
  // nullptr where the codec is none of a sample an octet. Exit::unit when the worker does not start.
  Result<const CodeWords*> code_words(const DecodeRequest& r, const CodecFacts& facts);

 private:
  worker::Program program_;
  std::array<std::optional<CodeWords>, 2> known_;  // mu-law, A-law
};

// writ-decode beside the running program.
fs::path default_worker();

}  // namespace writ::media
