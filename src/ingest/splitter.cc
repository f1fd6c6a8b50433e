// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/splitter.hh"

#include <algorithm>

namespace writ::ingest {
namespace {

constexpr std::size_t csv_row_bytes_max = 64u << 10;  // of a row over several lines

std::size_t trimmed(std::string_view line) { return line.ends_with('\r') ? line.size() - 1 : line.size(); }

class Lines final : public Splitter {
  Cut cut(std::string_view rest, bool ended) override {
    const std::size_t end = rest.find('\n', seen_);
    if (end == std::string_view::npos) {
      seen_ = rest.size();
      if (!ended) return {};
      return {Cut::What::piece, rest.size(), 0, trimmed(rest), {}, true};
    }
    return {Cut::What::piece, end + 1, 0, trimmed(rest.substr(0, end)), {}, false};
  }
  void taken() override { seen_ = 0; }
  std::size_t seen_ = 0;
};

class CsvRows final : public Splitter {
 public:
  explicit CsvRows(char separator) : separator_(separator) {}

 private:
  enum class In { start, plain, quoted, closed };

  Cut cut(std::string_view rest, bool ended) override {
    for (; i_ < rest.size(); ++i_) {
      const char c = rest[i_];
      if (in_ == In::quoted) {
        if (c == '"') in_ = In::closed;
        if (i_ >= csv_row_bytes_max) return first_line(rest, "a quote is opened and never closed");
        continue;
      }
      if (c == '\n') return {Cut::What::piece, i_ + 1, 0, trimmed(rest.substr(0, i_)), {}, false};
      if (in_ == In::start)
        in_ = c == '"' ? In::quoted : c == separator_ ? In::start : In::plain;
      else if (in_ == In::plain)
        in_ = c == separator_ ? In::start : In::plain;
      else if (c == '"')
        in_ = In::quoted;  // "" within quotes
      else if (c == separator_)
        in_ = In::start;
      else if (c != '\r')
        return line_of_problem(rest, ended, "text stands behind a closing quote");
    }
    if (!ended) return {};
    if (in_ == In::quoted) return first_line(rest, "a quote is opened and never closed");
    return {Cut::What::piece, rest.size(), 0, trimmed(rest), {}, true};
  }
  // Nothing behind the first line of a broken row is given up.
  static Cut first_line(std::string_view rest, const char* problem) {
    const std::size_t end = rest.find('\n');
    const bool last = end == std::string_view::npos;
    return {Cut::What::piece, last ? rest.size() : end + 1, 0, trimmed(rest.substr(0, end)), problem, last};
  }
  static Cut line_of_problem(std::string_view rest, bool ended, const char* problem) {
    if (!ended && rest.find('\n') == std::string_view::npos) return {};
    return first_line(rest, problem);
  }
  void taken() override {
    i_ = 0;
    in_ = In::start;
  }
  char separator_;
  std::size_t i_ = 0;
  In in_ = In::start;
};

class JsonDocuments final : public Splitter {
  Cut cut(std::string_view rest, bool ended) override {
    if (const std::size_t gap = between(rest); gap > 0) return {Cut::What::skip, gap, 0, 0, {}, false};
    if (rest.empty()) return {};
    if (rest[0] != '{') return whole_line(rest, ended);
    for (; i_ < rest.size(); ++i_) {
      const char c = rest[i_];
      // Printers indent: a brace at the beginning of a line begins a document; the one before was cut off.
      if (c == '{' && i_ > 0 && rest[i_ - 1] == '\n')
        return {Cut::What::piece, i_, 0, i_ - 1, "the document ends in its middle", false};
      if (in_text_) {
        if (escaped_)
          escaped_ = false;
        else if (c == '\\')
          escaped_ = true;
        else if (c == '"')
          in_text_ = false;
      } else if (c == '"') {
        in_text_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if ((c == '}' || c == ']') && --depth_ == 0) {
        return {Cut::What::piece, i_ + 1, 0, i_ + 1, {}, false};
      }
    }
    if (!ended) return {};
    return {Cut::What::piece, rest.size(), 0, rest.size(), "the file ends within this document", true};
  }
  static std::size_t between(std::string_view rest) {
    const std::size_t n = rest.find_first_not_of(" \t\r\n,[]");
    return n == std::string_view::npos ? rest.size() : n;
  }
  static Cut whole_line(std::string_view rest, bool ended) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && !ended) return {};
    const std::string_view line = rest.substr(0, end);
    const bool last = end == std::string_view::npos;
    return {Cut::What::piece, last ? rest.size() : end + 1, 0, trimmed(line), {}, last};
  }
  void taken() override {
    i_ = 0;
    depth_ = 0;
    in_text_ = escaped_ = false;
  }
  std::size_t i_ = 0;
  int depth_ = 0;
  bool in_text_ = false, escaped_ = false;
};

class Elements final : public Splitter {
 public:
  explicit Elements(const std::string& name) : open_("<" + name), close_("</" + name + ">") {}

 private:
  Cut cut(std::string_view rest, bool ended) override {
    std::size_t begin = find_open(rest);
    if (begin == std::string_view::npos) {
      // What stands between the records is the prologue and the root; keep what may be the start of a tag.
      const std::size_t keep = ended ? 0 : std::min(rest.size(), open_.size());
      if (rest.size() == keep) return {};
      return {Cut::What::skip, rest.size() - keep, 0, 0, {}, false};
    }
    if (begin > 0) return {Cut::What::skip, begin, 0, 0, {}, false};
    const std::size_t close = rest.find(close_, seen_);
    const std::size_t again = find_open(rest, std::max(seen_, open_.size()));
    if (again != std::string_view::npos && (close == std::string_view::npos || again < close))
      return {Cut::What::piece, again, 0, again, "the record ends in its middle", false};
    if (close != std::string_view::npos) {
      const std::size_t n = close + close_.size();
      return {Cut::What::piece, n, 0, n, {}, false};
    }
    seen_ = rest.size() > close_.size() ? rest.size() - close_.size() : 0;
    if (!ended) return {};
    return {Cut::What::piece, rest.size(), 0, rest.size(), "the file ends within this record", true};
  }
  std::size_t find_open(std::string_view rest, std::size_t from = 0) const {
    for (std::size_t at = rest.find(open_, from); at != std::string_view::npos;
         at = rest.find(open_, at + 1)) {
      const std::size_t behind = at + open_.size();
      if (behind >= rest.size()) return std::string_view::npos;
      if (std::string_view(" \t\r\n>/").find(rest[behind]) != std::string_view::npos) return at;
    }
    return std::string_view::npos;
  }
  void taken() override { seen_ = 0; }
  std::string open_, close_;
  std::size_t seen_ = 0;
};

}  // namespace

void Splitter::push(View bytes) {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(text_of(bytes));
  if (!begun_ && buffer_.size() >= 3) {
    begun_ = true;
    if (buffer_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }
}

bool Splitter::next(Piece& p) {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (skipping_line_) {
      const std::size_t end = rest.find('\n');
      at_ += end == std::string_view::npos ? rest.size() : end + 1;
      if (end == std::string_view::npos) return false;
      skipping_line_ = false;
      ++line_;
      continue;
    }
    if (rest.empty()) return false;
    Cut c = cut(rest, ended_);
    if (c.what == Cut::What::more) {
      if (rest.size() <= piece_bytes_max) return false;
      p = {line_, rest.substr(0, piece_bytes_max), "longer than 1 MiB: no record of a switch is", false};
      line_ += static_cast<std::uint64_t>(std::count(p.raw.begin(), p.raw.end(), '\n'));
      at_ += piece_bytes_max;
      skipping_line_ = true;
      taken();
      return true;
    }
    const std::string_view bytes = rest.substr(0, c.bytes);
    p = {line_, bytes.substr(c.begin, c.size), std::move(c.problem), c.unterminated};
    line_ += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    at_ += c.bytes;
    taken();
    if (c.what == Cut::What::piece && p.raw.size() > piece_bytes_max)
      p.problem = "longer than 1 MiB: no record of a switch is";
    if (c.what == Cut::What::piece && (!p.raw.empty() || !p.problem.empty())) return true;
  }
}

std::unique_ptr<Splitter> split_lines() { return std::make_unique<Lines>(); }
std::unique_ptr<Splitter> split_csv(char separator) { return std::make_unique<CsvRows>(separator); }
std::unique_ptr<Splitter> split_json() { return std::make_unique<JsonDocuments>(); }
std::unique_ptr<Splitter> split_elements(std::string name) { return std::make_unique<Elements>(name); }

}  // namespace writ::ingest
