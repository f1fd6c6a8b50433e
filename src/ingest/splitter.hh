// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts a stream of raw bytes into the pieces that a format reads one by one: a line, a CSV row, a JSON
// document, a <cdrData> element. Memory is bounded by the largest piece that is allowed; a piece that is
// broken is told with its place and the next one is found again.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hh"

namespace writ::ingest {

inline constexpr std::size_t piece_bytes_max = 1u << 20;

struct Piece {
  std::uint64_t line = 0;     // where it begins, 1-based
  std::string_view raw;       // valid until the next push() or next()
  std::string problem;        // not empty: cannot be read
  bool unterminated = false;  // the input ended within it, or at least without its line end
};

class Splitter {
 public:
  virtual ~Splitter() = default;
  void push(View bytes);
  void end() { ended_ = true; }
  // False: more bytes are needed (or, after end(), there is nothing more).
  bool next(Piece& p);

 protected:
  struct Cut {
    enum class What { piece, skip, more } what = What::more;
    std::size_t bytes = 0;            // of the buffer that this takes
    std::size_t begin = 0, size = 0;  // of the piece within them
    std::string problem;
    bool unterminated = false;
  };
  // Looks at the bytes from the present place on; `more` when they do not decide yet. After end() it must
  // decide.
  virtual Cut cut(std::string_view rest, bool ended) = 0;
  virtual void taken() {}  // forget what was scanned

 private:
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
  bool ended_ = false, skipping_line_ = false, begun_ = false;
};

std::unique_ptr<Splitter> split_lines();
// Rows of RFC 4180 with quoted line breaks. A quote that is never closed costs its own line, not the file.
std::unique_ptr<Splitter> split_csv(char separator);
// JSON documents one after the other, on one line or many, bare, in one array, or as "cdr=" + URL encoding.
std::unique_ptr<Splitter> split_json();
// <name ...> ... </name>
std::unique_ptr<Splitter> split_elements(std::string name);

}  // namespace writ::ingest
