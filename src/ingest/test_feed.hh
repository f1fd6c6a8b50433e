// SPDX-License-Identifier: GPL-3.0-or-later
// A feed's text straight through splitter, encoding and format, without a book.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ingest/encoding.hh"
#include "ingest/format.hh"

namespace writ::ingest {

struct ReadBack {
  std::vector<records::Cdr> records;
  std::vector<std::string> problems;  // "17: reason"
  std::vector<std::string> notes;
};

inline SourceSettings feed(const std::string& rest) {
  const auto s = parse_source(
      "schema = \"writ.source/1\"\nname = \"harbor-pbx\"\naccount = \"P-1001\"\n" + rest, "harbor.toml");
  EXPECT_TRUE(s) << to_text(s.error());
  return s ? *s : SourceSettings{};
}

// `step`: so many bytes at a time, as a stream brings them.
inline ReadBack read_back(const SourceSettings& s, std::string_view bytes, std::size_t step = 1u << 20) {
  ReadBack out;
  auto format = make_format(s);
  EXPECT_TRUE(format) << to_text(format.error());
  std::string name = (*format)->encoding(bytes);
  auto encoding = ToUtf8::open(name.empty() ? s.encoding : name);
  EXPECT_TRUE(encoding);
  const auto splitter = (*format)->splitter();
  const auto add = [&](Out& o, std::uint64_t line) {
    if (!o.problem.empty()) out.problems.push_back(fmt::format("{}: {}", line, o.problem));
    out.records.insert(out.records.end(), o.records.begin(), o.records.end());
    out.notes.insert(out.notes.end(), o.notes.begin(), o.notes.end());
  };
  const auto drain = [&] {
    Piece p;
    while (splitter->next(p)) {
      Out o;
      const auto text = encoding->convert(p.raw);
      if (!p.problem.empty())
        o.problem = p.problem;
      else if (!text)
        o.problem = text.error();
      else if (p.unterminated && !(*format)->whole_without_line_end(*text))
        o.problem = "cut";
      else if (const auto st = (*format)->read(*text, p.line, o); !st)
        o.problem = "whole file: " + st.error().what;
      add(o, p.line);
    }
  };
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    splitter->push(view_of(bytes.substr(i, step)));
    drain();
  }
  splitter->end();
  drain();
  Out o;
  (*format)->finish(o);
  add(o, 0);
  return out;
}

}  // namespace writ::ingest
