// SPDX-License-Identifier: GPL-3.0-or-later
// PDF through MuPDF: it reads from memory, has its fonts in itself and opens no file, so that it works behind
// the lock. JavaScript is never switched on. What is recognised is the picture, never a text layer: two
// readers of one page, a person and this one, must see the same.
#include <fmt/format.h>
#include <mupdf/fitz.h>
#include <mupdf/pdf.h>

#include <cstring>

#include "scan/page.hh"
#include "scan/protocol.hh"
#include "source.hh"

namespace writ::page {
namespace {

constexpr std::size_t store_bytes_max = 64u << 20;
constexpr int nesting_max = 50;  // within one object

tl::unexpected<Error> unreadable(std::string what) { return fail(Exit::usage, std::move(what)); }

// What would make a page another one than is seen, or reach outside: programs, forms that draw themselves,
// files within the file.
const char* active_dict(fz_context* c, pdf_obj* o) {
  if (pdf_dict_gets(c, o, "JS") != nullptr) return "a program (JavaScript)";
  if (pdf_dict_gets(c, o, "XFA") != nullptr) return "a form that draws itself (XFA)";
  const char* kind = pdf_to_name(c, pdf_dict_gets(c, o, "S"));
  for (const char* act : {"JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "Rendition"})
    if (std::strcmp(kind, act) == 0)
      return "an action that runs or reaches outside (JavaScript, Launch, SubmitForm, GoToR ...)";
  if (pdf_dict_gets(c, o, "EmbeddedFile") != nullptr || pdf_dict_gets(c, o, "EF") != nullptr)
    return "another file inside";
  return nullptr;
}

// Within one object: what it refers to is an object of its own.
const char* active_part(fz_context* c, pdf_obj* o, int depth) {
  if (pdf_is_indirect(c, o)) return nullptr;
  if (depth > nesting_max) return "objects nested beyond reason";
  const char* found = pdf_is_dict(c, o) ? active_dict(c, o) : nullptr;
  for (int i = 0; found == nullptr && pdf_is_dict(c, o) && i < pdf_dict_len(c, o); ++i)
    found = active_part(c, pdf_dict_get_val(c, o, i), depth + 1);
  for (int i = 0; found == nullptr && pdf_is_array(c, o) && i < pdf_array_len(c, o); ++i)
    found = active_part(c, pdf_array_get(c, o, i), depth + 1);
  return found;
}

// An object that cannot be loaded cannot be drawn or run either.
const char* active_object(fz_context* c, pdf_document* doc, int number) {
  pdf_obj* o = nullptr;
  const char* found = nullptr;
  fz_var(o);
  fz_var(found);
  fz_try(c) {
    o = pdf_load_object(c, doc, number);
    found = active_part(c, o, 0);
  }
  fz_always(c) pdf_drop_obj(c, o);
  fz_catch(c) found = nullptr;
  return found;
}

class Pdf final : public Source {
 public:
  Pdf() : c_(fz_new_context(nullptr, nullptr, store_bytes_max)) {
    if (c_ == nullptr) return;
    fz_set_warning_callback(c_, nullptr, nullptr);
    fz_set_error_callback(c_, nullptr, nullptr);
  }
  Pdf(const Pdf&) = delete;
  Pdf& operator=(const Pdf&) = delete;
  ~Pdf() override {
    if (c_ == nullptr) return;
    if (doc_ != nullptr) pdf_drop_document(c_, doc_);
    fz_drop_context(c_);
  }
  Status open(View document);
  std::uint32_t pages() const override { return pages_; }
  Result<Picture> page(std::uint32_t index) override;

 private:
  fz_context* c_;
  pdf_document* doc_ = nullptr;
  std::uint32_t pages_ = 0;
};

// fz_try is setjmp: between it and fz_catch nothing with a destructor is made, and what is read afterwards is
// declared with fz_var.
Status Pdf::open(View document) {
  if (c_ == nullptr) return fail(Exit::unit, "no memory for the PDF reader");
  fz_stream* stream = nullptr;
  const char* active = nullptr;
  int objects = 0, count = 0, locked = 0, failed = 0;
  fz_var(stream);
  fz_var(active);
  fz_var(objects);
  fz_var(count);
  fz_var(locked);
  fz_try(c_) {
    stream = fz_open_memory(c_, document.data(), document.size());
    doc_ = pdf_open_document_with_stream(c_, stream);
    locked = pdf_needs_password(c_, doc_);
    if (!locked) {
      objects = pdf_xref_len(c_, doc_);
      for (int i = 1; i < objects && objects <= scan::pdf_objects_max && active == nullptr; ++i)
        active = active_object(c_, doc_, i);
      count = pdf_count_pages(c_, doc_);
    }
  }
  fz_always(c_) fz_drop_stream(c_, stream);
  fz_catch(c_) failed = 1;
  if (locked) return unreadable("the PDF is encrypted and asks for a password");
  if (failed) return unreadable(fmt::format("the PDF is broken: {}", fz_caught_message(c_)));
  if (objects > scan::pdf_objects_max)
    return unreadable(
        fmt::format("the PDF has {} objects; at most {} are read", objects, scan::pdf_objects_max));
  if (active != nullptr) return unreadable(fmt::format("the PDF carries {}: no scan does", active));
  if (count < 1) return unreadable("the PDF has no page");
  pages_ = static_cast<std::uint32_t>(count);
  return {};
}

Result<Picture> Pdf::page(std::uint32_t index) {
  fz_page* page = nullptr;
  fz_pixmap* map = nullptr;
  float wide = 0, high = 0;
  int failed = 0;
  const float scale = static_cast<float>(scan::page_dpi) / 72;
  fz_var(page);
  fz_var(map);
  fz_var(wide);
  fz_var(high);
  fz_try(c_) {
    page = fz_load_page(c_, reinterpret_cast<fz_document*>(doc_), static_cast<int>(index));
    const fz_rect r = fz_bound_page(c_, page);
    wide = (r.x1 - r.x0) * scale;
    high = (r.y1 - r.y0) * scale;
    if (wide >= 1 && high >= 1 && wide <= scan::page_side_pixels_max && high <= scan::page_side_pixels_max)
      map = fz_new_pixmap_from_page(c_, page, fz_scale(scale, scale), fz_device_gray(c_), 0);
  }
  fz_always(c_) fz_drop_page(c_, page);
  fz_catch(c_) failed = 1;
  if (failed)
    return unreadable(fmt::format("page {} of the PDF is broken: {}", index + 1, fz_caught_message(c_)));
  if (map == nullptr)
    return unreadable(fmt::format("page {} of the PDF measures {:.0f} x {:.0f} inches; at most {} are read",
                                  index + 1, wide / scan::page_dpi, high / scan::page_dpi,
                                  scan::page_side_pixels_max / scan::page_dpi));
  Picture out{pixCreate(map->w, map->h, 8)};
  if (out)
    for (int y = 0; y < map->h; ++y) {
      l_uint32* line = pixGetData(out.get()) + static_cast<std::ptrdiff_t>(y) * pixGetWpl(out.get());
      const unsigned char* from = map->samples + y * map->stride;
      for (int x = 0; x < map->w; ++x) SET_DATA_BYTE(line, x, from[x]);
    }
  fz_drop_pixmap(c_, map);
  if (!out) return fail(Exit::partial, "no memory for the page");
  return out;
}

}  // namespace

Result<std::unique_ptr<Source>> open_pdf(View document) {
  auto pdf = std::make_unique<Pdf>();
  WRIT_CHECK(pdf->open(document));
  return pdf;
}

}  // namespace writ::page
