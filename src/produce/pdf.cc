// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/pdf.hh"

#include <cairo-pdf.h>
#include <fmt/format.h>
#include <pango/pangocairo.h>

#include <algorithm>

namespace writ::produce {
namespace {

constexpr double page_width = 612, page_height = 792;  // US Letter, points
constexpr double margin_x = 64, margin_top = 60, margin_bottom = 68;
constexpr double cell_pad_x = 3.5, cell_pad_y = 2.6;

struct SurfaceFree {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
struct CairoFree {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};
struct GObjectFree {
  void operator()(void* o) const { g_object_unref(o); }
};
struct FontFree {
  void operator()(PangoFontDescription* f) const { pango_font_description_free(f); }
};
using Layout = std::unique_ptr<PangoLayout, GObjectFree>;

const char* family(Style::Face f) {
  switch (f) {
    case Style::Face::serif:
      return "DejaVu Serif";
    case Style::Face::sans:
      return "DejaVu Sans";
    case Style::Face::mono:
      return "DejaVu Sans Mono";
  }
  return "DejaVu Sans";
}

cairo_status_t collect(void* closure, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

double height_of(PangoLayout* l) {
  int w = 0, h = 0;
  pango_layout_get_size(l, &w, &h);
  return static_cast<double>(h) / PANGO_SCALE;
}

}  // namespace

struct Paper::Impl {
  const PdfInfo& info;
  int total;  // 0 while it is not known yet
  std::string bytes;
  std::unique_ptr<cairo_surface_t, SurfaceFree> surface;
  std::unique_ptr<cairo_t, CairoFree> cr;
  std::unique_ptr<PangoContext, GObjectFree> context;
  int page = 1;
  double y = margin_top;

  Impl(const PdfInfo& i, int total_pages) : info(i), total(total_pages) {
    surface.reset(cairo_pdf_surface_create_for_stream(collect, &bytes, page_width, page_height));
    cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_5);
    const std::string date = rfc3339_seconds(info.created);
    const auto meta = [&](cairo_pdf_metadata_t k, const std::string& v) {
      cairo_pdf_surface_set_metadata(surface.get(), k, v.c_str());
    };
    meta(CAIRO_PDF_METADATA_TITLE, info.title);
    meta(CAIRO_PDF_METADATA_SUBJECT, info.subject);
    meta(CAIRO_PDF_METADATA_AUTHOR, info.author);
    meta(CAIRO_PDF_METADATA_CREATOR, "Writ");
    meta(CAIRO_PDF_METADATA_CREATE_DATE, date);
    meta(CAIRO_PDF_METADATA_MOD_DATE, date);
    cr.reset(cairo_create(surface.get()));
    context.reset(pango_cairo_create_context(cr.get()));
    // Widths must not depend on a screen's resolution or hinting.
    cairo_font_options_t* o = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context.get(), o);
    cairo_font_options_destroy(o);
    pango_cairo_context_set_resolution(context.get(), 72);
    pango_context_set_round_glyph_positions(context.get(), FALSE);
    pango_context_set_language(context.get(), pango_language_from_string("en"));
    furniture();
  }

  double bottom() const { return page_height - margin_bottom; }

  Layout layout(const std::string& s, const Style& st, double width) const {
    Layout l{pango_layout_new(context.get())};
    const std::unique_ptr<PangoFontDescription, FontFree> f{pango_font_description_new()};
    pango_font_description_set_family_static(f.get(), family(st.face));
    pango_font_description_set_absolute_size(f.get(), st.size * PANGO_SCALE);
    pango_font_description_set_weight(f.get(), st.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(f.get(), st.italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_layout_set_font_description(l.get(), f.get());
    pango_layout_set_width(l.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(l.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_spacing(l.get(), static_cast<int>(st.size * 0.16 * PANGO_SCALE));
    pango_layout_set_justify(l.get(), st.align == Style::Align::justify ? TRUE : FALSE);
    pango_layout_set_alignment(l.get(), st.align == Style::Align::right    ? PANGO_ALIGN_RIGHT
                                        : st.align == Style::Align::center ? PANGO_ALIGN_CENTER
                                                                           : PANGO_ALIGN_LEFT);
    pango_layout_set_text(l.get(), s.data(), static_cast<int>(s.size()));
    return l;
  }

  void draw(PangoLayout* l, double x, double at_y, double grey) {
    cairo_set_source_rgb(cr.get(), grey, grey, grey);
    cairo_move_to(cr.get(), x, at_y);
    pango_cairo_show_layout(cr.get(), l);
  }

  void line(double x0, double y0, double x1, double width, double grey) {
    cairo_set_source_rgb(cr.get(), grey, grey, grey);
    cairo_set_line_width(cr.get(), width);
    cairo_move_to(cr.get(), x0, y0);
    cairo_line_to(cr.get(), x1, y0);
    cairo_stroke(cr.get());
  }

  // What every page bears: the stripe of a sandbox, the footer.
  void furniture() {
    if (info.sandbox) {
      cairo_set_source_rgb(cr.get(), 0.72, 0.11, 0.11);
      cairo_rectangle(cr.get(), 0, 0, page_width, 22);
      cairo_fill(cr.get());
      const Layout l =
          layout("SANDBOX, fictional  \xC2\xB7  not a legal document  \xC2\xB7  SANDBOX, fictional",
                 {Style::Face::sans, 9, true, false, 1, Style::Align::center}, page_width);
      draw(l.get(), 0, (22 - height_of(l.get())) / 2, 1);
    }
    const double y0 = page_height - 50;
    line(margin_x, y0, page_width - margin_x, 0.5, 0.6);
    const Style left{Style::Face::sans, 7.5, false, false, 0.35, Style::Align::left};
    Style right = left;
    right.align = Style::Align::right;
    const double w = page_width - 2 * margin_x;
    draw(layout(info.footer, left, w * 0.8).get(), margin_x, y0 + 6, left.grey);
    draw(layout(fmt::format("Page {} of {}", page, total), right, w).get(), margin_x, y0 + 6, right.grey);
  }

  void new_page() {
    cairo_show_page(cr.get());
    ++page;
    y = margin_top;
    furniture();
  }

  // Line by line, so that a long paragraph may break across pages; no single first line is left behind.
  void flow(PangoLayout* l, double x, double grey) {
    const int n = pango_layout_get_line_count(l);
    const std::unique_ptr<PangoLayoutIter, void (*)(PangoLayoutIter*)> it{pango_layout_get_iter(l),
                                                                          pango_layout_iter_free};
    double taken = 0;
    for (int i = 0; i < n; ++i, pango_layout_iter_next_line(it.get())) {
      PangoRectangle box;
      pango_layout_iter_get_line_extents(it.get(), nullptr, &box);
      const double top = static_cast<double>(box.y) / PANGO_SCALE,
                   h = static_cast<double>(box.height) / PANGO_SCALE;
      const bool orphan = i == 0 && n > 2 && y + 2 * h > bottom();
      if (y + (top - taken) + h > bottom() || orphan) {
        new_page();
        taken = top;
      }
      const double base = static_cast<double>(pango_layout_iter_get_baseline(it.get())) / PANGO_SCALE;
      cairo_set_source_rgb(cr.get(), grey, grey, grey);
      cairo_move_to(cr.get(), x + static_cast<double>(box.x) / PANGO_SCALE, y + (base - taken));
      pango_cairo_show_layout_line(cr.get(), pango_layout_iter_get_line_readonly(it.get()));
      y += top - taken + h;
      taken = top + h;
    }
  }

  struct Row {
    std::vector<Layout> cells;
    double height = 0;
  };
  Row row(const std::vector<Column>& columns, const std::vector<std::string>& texts, const Style& base,
          bool head) const {
    Row r;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      Style s = base;
      s.align = columns[i].align;
      const std::string& t = head ? columns[i].head : i < texts.size() ? texts[i] : std::string{};
      r.cells.push_back(layout(t, s, columns[i].width - 2 * cell_pad_x));
      r.height = std::max(r.height, height_of(r.cells.back().get()) + 2 * cell_pad_y);
    }
    return r;
  }
  void put_row(const std::vector<Column>& columns, const Row& r) {
    double x = margin_x;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      draw(r.cells[i].get(), x + cell_pad_x, y + cell_pad_y, 0);
      x += columns[i].width;
    }
    y += r.height;
  }
  void put_head(const std::vector<Column>& columns, const Row& r, double w) {
    cairo_set_source_rgb(cr.get(), 0.91, 0.92, 0.94);
    cairo_rectangle(cr.get(), margin_x, y, w, r.height);
    cairo_fill(cr.get());
    line(margin_x, y, margin_x + w, 0.7, 0.2);
    put_row(columns, r);
    line(margin_x, y, margin_x + w, 0.7, 0.2);
  }

  Result<std::string> finish() {
    cairo_show_page(cr.get());
    context.reset();
    cr.reset();
    cairo_surface_finish(surface.get());
    const cairo_status_t st = cairo_surface_status(surface.get());
    if (st != CAIRO_STATUS_SUCCESS)
      return fail(Exit::failure, fmt::format("PDF '{}': {}", info.title, cairo_status_to_string(st)));
    return std::move(bytes);
  }
};

double Paper::width() const { return page_width - 2 * margin_x; }
void Paper::space(double points) { i_->y += points; }
void Paper::keep(double points) {
  if (i_->y + points > i_->bottom()) i_->new_page();
}
void Paper::rule(double line_width, double grey) {
  i_->line(margin_x, i_->y, page_width - margin_x, line_width, grey);
}

void Paper::text(const std::string& s, const Style& style, double after, double indent, double w) {
  const Layout l = i_->layout(s, style, w > 0 ? w : width() - indent);
  i_->flow(l.get(), margin_x + indent, style.grey);
  i_->y += after;
}

void Paper::pair(const std::string& left, const Style& ls, const std::string& right, const Style& rs,
                 double left_width, double after) {
  const Layout a = i_->layout(left, ls, left_width), b = i_->layout(right, rs, width() - left_width);
  const double h = std::max(height_of(a.get()), height_of(b.get()));
  keep(h);
  i_->draw(a.get(), margin_x, i_->y, ls.grey);
  i_->draw(b.get(), margin_x + left_width, i_->y, rs.grey);
  i_->y += h + after;
}

void Paper::heading(const std::string& s) {
  space(5);
  keep(52);
  text(s, {Style::Face::sans, 10, true, false, 0.1, Style::Align::left}, 3.5);
}

void Paper::table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                  bool last_row_is_total) {
  const Style body{Style::Face::sans, 7.6, false, false, 0, Style::Align::left};
  Style bold = body;
  bold.bold = true;
  double w = 0;
  for (const Column& c : columns) w += c.width;
  const Impl::Row head = i_->row(columns, {}, bold, true);
  keep(head.height + 24);
  i_->put_head(columns, head, w);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const bool total = last_row_is_total && n + 1 == rows.size();
    const Impl::Row r = i_->row(columns, rows[n], total ? bold : body, false);
    if (i_->y + r.height > i_->bottom()) {
      i_->new_page();
      i_->put_head(columns, head, w);
    }
    if (total) i_->line(margin_x, i_->y, margin_x + w, 0.7, 0.2);
    i_->put_row(columns, r);
    i_->line(margin_x, i_->y, margin_x + w, n + 1 == rows.size() ? 0.7 : 0.3,
             n + 1 == rows.size() ? 0.2 : 0.75);
  }
  i_->y += 8;
}

void Paper::signature_line(const std::string& below, double indent, double line_width) {
  i_->line(margin_x + indent, i_->y, margin_x + indent + line_width, 0.7, 0);
  i_->y += 2;
  text(below, {Style::Face::serif, 9, false, false, 0, Style::Align::left}, 0, indent, line_width);
}

Result<std::string> render_pdf(const PdfInfo& info, const std::function<void(Paper&)>& body) {
  int pages = 0;
  {
    Paper::Impl trial(info, 0);
    Paper paper(trial);
    body(paper);
    pages = trial.page;
  }
  Paper::Impl final(info, pages);
  Paper paper(final);
  body(paper);
  return final.finish();
}

std::string clean_text(std::string_view s) {
  const std::unique_ptr<char, void (*)(void*)> valid{
      g_utf8_make_valid(s.data(), static_cast<gssize>(s.size())), g_free};
  std::string out(valid.get());
  // C1 controls and the bidirectional overrides could make a number read as another on paper.
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  std::string kept;
  for (const char* p = out.c_str(); *p != '\0'; p = g_utf8_next_char(p)) {
    const gunichar u = g_utf8_get_char(p);
    const bool hidden = (u >= 0x80 && u < 0xA0) || (u >= 0x200B && u <= 0x200F) ||
                        (u >= 0x202A && u <= 0x202E) || (u >= 0x2066 && u <= 0x2069) || u == 0xFEFF;
    if (!hidden) kept.append(p, static_cast<std::size_t>(g_utf8_next_char(p) - p));
  }
  return kept;
}

std::string long_date(Instant t) {
  static constexpr const char* months[] = {"January",   "February", "March",    "April",
                                           "May",       "June",     "July",     "August",
                                           "September", "October",  "November", "December"};
  const std::chrono::year_month_day d{std::chrono::floor<std::chrono::days>(t)};
  return fmt::format("{} {}, {}", months[static_cast<unsigned>(d.month()) - 1],
                     static_cast<unsigned>(d.day()), static_cast<int>(d.year()));
}

std::string minute_text(Instant t) {
  std::string s = rfc3339_seconds(t);
  s[10] = ' ';
  s.pop_back();
  return s + " UTC";
}

std::string money(std::int64_t cents, const std::string& currency) {
  const std::uint64_t c =
      cents < 0 ? 0 - static_cast<std::uint64_t>(cents) : static_cast<std::uint64_t>(cents);
  std::string whole = fmt::format("{}", c / 100);
  for (int i = static_cast<int>(whole.size()) - 3; i > 0; i -= 3)
    whole.insert(static_cast<std::size_t>(i), 1, ',');
  return fmt::format("{}{}{}.{:02}", cents < 0 ? "-" : "", currency == "USD" ? "$" : currency + " ", whole,
                     c % 100);
}

}  // namespace writ::produce
