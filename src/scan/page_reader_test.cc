// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/page_reader.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "scan/proposer.hh"
#include "scan/protocol.hh"

namespace writ::scan {
namespace {

const fs::path samples = fs::path(WRIT_SOURCE_DIR) / "tests/scan/samples";

// What the reader says against a document; "" when it reads it.
Error against(View document) {
  const auto r = read_pages(document, default_reader());
  return r ? Error{Exit::ok, {}, {}, {}, {}} : r.error();
}
Error against(std::string_view document) { return against(view_of(document)); }

void expect_refused(std::string_view document, const std::string& because) {
  const Error e = against(document);
  EXPECT_EQ(e.exit, Exit::usage) << because << ": " << to_text(e);
  EXPECT_NE(e.what.find(because), std::string::npos) << e.what;
  EXPECT_FALSE(e.rule.empty() || e.missing.empty() || e.next.empty()) << e.what;
}

std::string le16(unsigned v) { return {static_cast<char>(v & 255), static_cast<char>(v >> 8 & 255)}; }
std::string le32(unsigned v) { return le16(v & 0xffff) + le16(v >> 16); }

// One directory of a bilevel page whose pixels are the file's first bytes.
std::string directory(unsigned wide, unsigned high, unsigned next) {
  std::string out = le16(9);
  const auto tag = [&](unsigned id, unsigned type, unsigned value) {
    out += le16(id) + le16(type) + le32(1) + le32(value);
  };
  tag(256, 4, wide);
  tag(257, 4, high);
  tag(258, 3, 1);
  tag(259, 3, 1);
  tag(262, 3, 0);
  tag(273, 4, 0);
  tag(277, 3, 1);
  tag(278, 4, high);
  tag(279, 4, (wide + 7) / 8 * high);
  return out + le32(next);
}
const std::string tiff_head = std::string("II*\0", 4) + le32(8);

std::string pdf(const std::string& catalog, const std::string& more = {}) {
  const std::string content = "BT /F1 24 Tf 72 700 Td (GRAND JURY SUBPOENA) Tj ET";
  return "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R " + catalog +
         ">> endobj\n2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"
         "3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 "
         "R>>>>>> endobj\n" +
         fmt::format("4 0 obj <</Length {}>> stream\n{}\nendstream endobj\n", content.size(), content) +
         "5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Times-Roman>> endobj\n" + more +
         "trailer <</Root 1 0 R>>\n%%EOF\n";
}

TEST(PageReader, ReadsAPdfWithoutFontsOfItsOwn) {
  const std::string text = pdf("");
  const auto r = read_pages(view_of(text), default_reader());
  ASSERT_TRUE(r) << to_text(r.error());
  ASSERT_EQ(r->pages.size(), 1u);
  std::string words;
  for (const Word& w : r->pages[0].words) words += w.text + " ";
  EXPECT_EQ(words, "GRAND JURY SUBPOENA ");
  EXPECT_EQ(r->pages[0].width, 2550);
  EXPECT_NEAR(r->pages[0].words[0].box.x0, 72 * page_dpi / 72, 12);
}

TEST(PageReader, WhatIsNoScanIsRefusedWithACure) {
  expect_refused("", "empty");
  expect_refused("hello", "neither PDF nor TIFF");
  expect_refused("\x89PNG\r\n\x1a\n a picture named order.pdf", "neither PDF nor TIFF");
  expect_refused("%PDF-1.4\n", "PDF");
  expect_refused(std::string("II*\0", 4), "broken");
  const auto encrypted = read_text(samples / "encrypted.pdf");
  ASSERT_TRUE(encrypted);
  expect_refused(*encrypted, "encrypted");
  const auto fax = read_text(samples / "pen-trap-order.tiff");
  ASSERT_TRUE(fax);
  expect_refused(std::string_view(*fax).substr(0, fax->size() / 2), "TIFF");
}

TEST(PageReader, ActiveContentIsRefused) {
  expect_refused(pdf("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "JavaScript");
  expect_refused(pdf("/OpenAction 6 0 R", "6 0 obj <</S/Launch/F(/bin/sh)>> endobj\n"), "Launch");
  expect_refused(pdf("/OpenAction 6 0 R", "6 0 obj <</S/GoToR/F(http://192.0.2.1/x.pdf)/D[0]>> endobj\n"),
                 "outside");
  expect_refused(pdf("/AcroForm 6 0 R", "6 0 obj <</XFA(x)>> endobj\n"), "XFA");
  expect_refused(
      pdf("/Names<</EmbeddedFiles 6 0 R>>", "6 0 obj <</Type/Filespec/F(a)/EF<</F 4 0 R>>>> endobj\n"),
      "another file");
  // A negative control: the same file without them is read (ReadsAPdfWithoutFontsOfItsOwn).
}

TEST(PageReader, BombsAreRefusedBeforeTheyAreUnpacked) {
  expect_refused(tiff_head + directory(200000, 200000, 0), "pixels");
  expect_refused(tiff_head + directory(1000, 60000, 0), "inches");
  std::string many = tiff_head;
  const auto size = static_cast<unsigned>(directory(8, 8, 0).size());
  for (unsigned i = 0; i < 5000; ++i) many += directory(8, 8, 8 + (i + 1) * size);
  expect_refused(many, "more than 60 pages");
  expect_refused(tiff_head + directory(8, 8, 8), "TIFF");  // the chain bites its tail
  std::string wide = pdf("");
  wide.replace(wide.find("612 792"), 7, "99999 9");
  expect_refused(wide, "inches");
  const std::string big(scan_bytes_max + 1, '%');
  expect_refused(big, "bytes");
}

TEST(PageReader, AProgramThatIsNoReaderIsFound) {
  const auto with = [](const char* program) { return read_pages(view_of("%PDF-1.4"), program).error(); };
  EXPECT_EQ(with("/bin/true").exit, Exit::unit);
  EXPECT_EQ(with("/bin/cat").exit, Exit::unit);  // it echoes what it is sent
  EXPECT_EQ(with("/nonexistent/writ-page").exit, Exit::unit);
}

TEST(PageReader, APageFromTheWorkerIsChecked) {
  Page p;
  p.width = 60;
  p.height = 30;
  p.words = {{{1, 2, 10, 12}, 90, "ORDER"}};
  p.ink_columns = 2;
  p.ink_rows = 1;
  p.ink = "09";
  const auto take = [](const Json& j) { return page_from_json(view_of(canonical(j))); };
  ASSERT_TRUE(take(to_json(p)));
  const auto refused = [&](auto change) {
    Json j = to_json(p);
    change(j);
    const auto r = take(j);
    return !r;
  };
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][2] = 61; }));
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][0] = -1; }));
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][0] = 10; }));
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][4] = 101; }));
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][5] = "a\x1b[2Jb"; }));
  EXPECT_TRUE(refused([](Json& j) { j["words"][0][5] = ""; }));
  EXPECT_TRUE(refused([](Json& j) { j["ink"] = "0"; }));
  EXPECT_TRUE(refused([](Json& j) { j["width"] = 100000; }));
  EXPECT_TRUE(refused([](Json& j) { j.erase("words"); }));
}

// Two faxes of 204 x 196, with skew, noise, a stamp and a missing page (tests/scan/make-documents): what
// bench/scan measures on twenty. A field more wrong than today fails.
TEST(PageReader, ReadsFaxesRight) {
  for (const auto& [name, wrong_max] :
       {std::pair{"administrative-subpoena", 1}, std::pair{"pen-trap-order", 0}}) {
    const auto bytes = read_file(samples / (std::string(name) + ".tiff"));
    ASSERT_TRUE(bytes);
    const auto reading = read_pages(*bytes, default_reader());
    ASSERT_TRUE(reading) << to_text(reading.error());
    std::map<std::string, std::string> got;
    std::set<std::string> subjects;
    for (const Proposal& p : propose_fields(reading->pages)) {
      got[p.field] = p.value;
      if (p.field.starts_with("subjects.")) subjects.insert(p.value);
      EXPECT_GE(p.region.x0, 0);
      EXPECT_LE(p.region.x1, reading->pages[static_cast<std::size_t>(p.page - 1)].width);
      EXPECT_FALSE(p.text.empty());
    }
    const auto truth = parse_json(view_of(*read_text(samples / (std::string(name) + ".json"))), name);
    ASSERT_TRUE(truth);
    int wrong = 0;
    for (const auto& [field, value] : (*truth)["fields"].items()) {
      const bool right =
          field == "subjects" ? Json(subjects) == value : got[field] == value.get<std::string>();
      wrong += right ? 0 : 1;
      if (!right) fmt::print("{}: {} is {}, proposed '{}'\n", name, field, value.dump(), got[field]);
    }
    EXPECT_LE(wrong, wrong_max) << name;
  }
}

}  // namespace
}  // namespace writ::scan
