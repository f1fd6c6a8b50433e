// SPDX-License-Identifier: GPL-3.0-or-later
// Letter-size pages out of flowing blocks: paragraphs, tables with a repeated header, page numbers "Page n of
// m". The body is drawn twice, first to learn the number of pages; the same input gives the same bytes.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"
#include "base/time.hh"

namespace writ::produce {

// Outside text on paper: valid UTF-8 without control characters (SIP headers hold anything).
std::string clean_text(std::string_view s);
std::string long_date(Instant t);                                    // "November 25, 2026"
std::string minute_text(Instant t);                                  // "2026-11-25 03:12:49 UTC"
std::string money(std::int64_t cents, const std::string& currency);  // "$1,000.00", "EUR 1,000.00"

struct Style {
  enum class Face { serif, sans, mono };
  Face face = Face::serif;
  double size = 9.5;
  bool bold = false, italic = false;
  double grey = 0.0;  // 0 black
  enum class Align { left, right, center, justify } align = Align::left;
};

struct PdfInfo {
  std::string title, subject, author, footer;  // footer: left of the page number
  Instant created{};
  bool sandbox = false;  // "SANDBOX, fictional" on every page
};

class Paper {
 public:
  struct Column {
    std::string head;
    double width = 0;
    Style::Align align = Style::Align::left;
  };  // width: points
  struct Impl;
  explicit Paper(Impl& i) : i_(&i) {}

  double width() const;  // of the text block
  void space(double points);
  void keep(double points);  // begins a new page unless so much room is left
  void rule(double line_width, double grey);
  // `indent` from the left margin, `width` 0: to the right margin.
  void text(const std::string& s, const Style& style, double after = 0, double indent = 0, double width = 0);
  // Two blocks side by side that start at the same height; flow continues under the taller one.
  void pair(const std::string& left, const Style& ls, const std::string& right, const Style& rs,
            double left_width, double after = 0);
  void heading(const std::string& s);
  void table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
             bool last_row_is_total = false);
  void signature_line(const std::string& below, double indent, double line_width);

 private:
  Impl* i_;
};

Result<std::string> render_pdf(const PdfInfo& info, const std::function<void(Paper&)>& body);

}  // namespace writ::produce
