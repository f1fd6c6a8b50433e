// SPDX-License-Identifier: GPL-3.0-or-later
#include "recognise.hh"

#include <tesseract/baseapi.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.hh"
#include "scan/protocol.hh"

namespace writ::page {
namespace {

constexpr float degrees_max = 10;     // a page that lies worse was not laid on the glass
constexpr int speck_pixels_max = 3;   // at 300 dpi; the dot of an i of the smallest print has 4
constexpr int rule_pixels_min = 120;  // 0.4 inch of straight line is no letter
constexpr int ink_threshold = 160;    // grey below is ink

// Upright by at most degrees_max; how far it was turned, in hundredths of a degree.
Picture upright(Picture grey, int& centidegrees) {
  centidegrees = 0;
  const Picture bits{pixThresholdToBinary(grey.get(), ink_threshold)};
  l_float32 angle = 0, sure = 0;
  if (!bits || pixFindSkewSweepAndSearch(bits.get(), &angle, &sure, 4, 2, degrees_max, 1, 0.01F) != 0 ||
      sure < 2.5F || std::abs(angle) < 0.05F)
    return grey;
  Picture turned{pixRotateAMGray(grey.get(), angle * static_cast<float>(M_PI) / 180, 255)};
  if (!turned) return grey;
  centidegrees = static_cast<int>(std::lround(angle * 100));
  return turned;
}

Picture without_specks(Picture grey) {
  const Picture bits{pixThresholdToBinary(grey.get(), ink_threshold)};
  const Picture kept{bits ? pixSelectBySize(bits.get(), speck_pixels_max, speck_pixels_max, 8,
                                            L_SELECT_IF_EITHER, L_SELECT_IF_GT, nullptr)
                          : nullptr};
  if (!kept) return grey;
  const Picture specks{pixSubtract(nullptr, bits.get(), kept.get())};
  const Picture halo{specks ? pixDilateBrick(nullptr, specks.get(), 3, 3) : nullptr};
  if (halo) pixSetMasked(grey.get(), halo.get(), 255);
  return grey;
}

void map_ink(Pix* grey, scan::Page& p) {
  p.ink_columns = (p.width + scan::ink_cell_pixels - 1) / scan::ink_cell_pixels;
  p.ink_rows = (p.height + scan::ink_cell_pixels - 1) / scan::ink_cell_pixels;
  p.ink.assign(static_cast<std::size_t>(p.ink_columns) * static_cast<std::size_t>(p.ink_rows), '0');
  const Picture bits{pixThresholdToBinary(grey, ink_threshold)};
  if (!bits) return;
  for (const auto& [w, h] : {std::pair{rule_pixels_min, 1}, std::pair{1, rule_pixels_min}}) {
    const Picture rules{pixOpenBrick(nullptr, bits.get(), w, h)};
    const Picture wide{rules ? pixDilateBrick(nullptr, rules.get(), 3, 3) : nullptr};
    if (wide) pixSubtract(bits.get(), bits.get(), wide.get());
  }
  std::vector<int> count(p.ink.size());
  for (int y = 0; y < p.height; ++y) {
    l_uint32* line = pixGetData(bits.get()) + static_cast<std::ptrdiff_t>(y) * pixGetWpl(bits.get());
    for (int x = 0; x < p.width; ++x)
      if (GET_DATA_BIT(line, x) != 0)
        ++count[static_cast<std::size_t>(y / scan::ink_cell_pixels * p.ink_columns +
                                         x / scan::ink_cell_pixels)];
  }
  for (std::size_t i = 0; i < count.size(); ++i)
    p.ink[i] =
        static_cast<char>('0' + std::min(9, count[i] * 10 / (scan::ink_cell_pixels * scan::ink_cell_pixels)));
}

void take_words(tesseract::ResultIterator* at, scan::Page& p) {
  if (at == nullptr) return;
  do {
    scan::Word w;
    if (!at->BoundingBox(tesseract::RIL_WORD, &w.box.x0, &w.box.y0, &w.box.x1, &w.box.y1)) continue;
    w.box = {std::max(0, w.box.x0), std::max(0, w.box.y0), std::min(p.width, w.box.x1),
             std::min(p.height, w.box.y1)};
    const std::unique_ptr<char[]> text{at->GetUTF8Text(tesseract::RIL_WORD)};
    if (!text || w.box.width() <= 0 || w.box.height() <= 0) continue;
    w.text = text.get();
    std::erase_if(w.text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
    if (w.text.empty() || w.text.size() > scan::word_bytes_max || !is_utf8(w.text)) continue;
    w.confidence = std::clamp(static_cast<int>(at->Confidence(tesseract::RIL_WORD)), 0, 100);
    p.words.push_back(std::move(w));
  } while (p.words.size() < scan::words_per_page_max && at->Next(tesseract::RIL_WORD));
}

}  // namespace

Recogniser::Recogniser(std::unique_ptr<tesseract::TessBaseAPI> api) : api_(std::move(api)) {}
Recogniser::Recogniser(Recogniser&&) noexcept = default;
Recogniser::~Recogniser() = default;

Result<Recogniser> Recogniser::open() {
  auto api = std::make_unique<tesseract::TessBaseAPI>();
  if (api->Init(nullptr, "eng", tesseract::OEM_LSTM_ONLY) != 0)
    return fail(Exit::unit, "the recogniser's English data is not installed (Debian: tesseract-ocr-eng)");
  api->SetPageSegMode(tesseract::PSM_AUTO);
  api->SetVariable("tessedit_do_invert", "0");
  return Recogniser{std::move(api)};
}

std::string Recogniser::name() const {
  return std::string("tesseract ") + tesseract::TessBaseAPI::Version() + " (eng)";
}

Result<scan::Page> Recogniser::read(Picture grey) {
  scan::Page p;
  Picture page = upright(without_specks(std::move(grey)), p.skew_centidegrees);
  p.width = pixGetWidth(page.get());
  p.height = pixGetHeight(page.get());
  map_ink(page.get(), p);
  api_->SetImage(page.get());
  api_->SetSourceResolution(scan::page_dpi);
  if (api_->Recognize(nullptr) != 0) return fail(Exit::partial, "the recogniser gave up on the page");
  const std::unique_ptr<tesseract::ResultIterator> words{api_->GetIterator()};
  take_words(words.get(), p);
  api_->Clear();
  return p;
}

}  // namespace writ::page
