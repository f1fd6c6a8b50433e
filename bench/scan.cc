// SPDX-License-Identifier: GPL-3.0-or-later
// How much of a scanned document is read right: `scan DIR` reads every DIR/NAME.tiff or .pdf through
// writ-page and compares what is proposed with DIR/NAME.json (made by tests/scan/make-documents). Figures in
// docs/benchmarks.md; tests/long/run fails below the aim of 90 %.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

#include "scan/page_reader.hh"
#include "scan/proposer.hh"

namespace writ {
namespace {

constexpr double long_text_agrees = 0.95;  // of the characters: nature and circumstances

struct Count {
  int fields = 0, right = 0, wrong = 0, missing = 0, spurious = 0;
  void operator+=(const Count& o) {
    fields += o.fields;
    right += o.right;
    wrong += o.wrong;
    missing += o.missing;
    spurious += o.spurious;
  }
};

std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t up = row[j];
      row[j] = std::min({up + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = up;
    }
  }
  return row.back();
}

bool same(const std::string& field, const std::string& want, const std::string& got) {
  if (field != "nature" && field != "circumstances") return want == got;
  const auto off = static_cast<double>(edits(want, got));
  return off <= (1 - long_text_agrees) * static_cast<double>(want.size());
}

// Subjects are a set: each stands as a field of its own, by its value.
std::map<std::string, std::string> truth_of(const Json& fields) {
  std::map<std::string, std::string> out;
  for (const auto& [field, value] : fields.items()) {
    if (field != "subjects")
      out[field] = value.get<std::string>();
    else
      for (const Json& s : value) out["subject " + s.get<std::string>()] = "yes";
  }
  return out;
}

// What the truth files do not state is not measured.
bool is_measured(const std::string& field) {
  return field != "wording" && field != "jurisdiction" && !field.starts_with("expressly.");
}

std::map<std::string, std::string> proposed(const std::vector<scan::Proposal>& proposals) {
  std::map<std::string, std::string> out;
  for (const scan::Proposal& p : proposals) {
    if (!is_measured(p.field)) continue;
    if (p.field.starts_with("subjects."))
      out["subject " + p.value] = "yes";
    else
      out[p.field] = p.value;
  }
  return out;
}

Count compare(const std::map<std::string, std::string>& want, std::map<std::string, std::string> got,
              bool talk) {
  Count c;
  for (const auto& [field, value] : want) {
    ++c.fields;
    const auto it = got.find(field);
    const bool is_right = it != got.end() && same(field, value, it->second);
    c.right += is_right ? 1 : 0;
    c.missing += it == got.end() ? 1 : 0;
    c.wrong += it != got.end() && !is_right ? 1 : 0;
    if (talk && !is_right)
      fmt::print("    {}: is '{}', proposed {}\n", field, value,
                 it == got.end() ? "nothing" : "'" + it->second + "'");
    if (it != got.end()) got.erase(it);
  }
  for (const auto& [field, value] : got) {
    ++c.spurious;
    if (talk) fmt::print("    {}: proposed '{}', and the paper says nothing of it\n", field, value);
  }
  return c;
}

void print_row(const std::string& name, const Count& c, double seconds) {
  fmt::print("{:<28} {:>6} {:>6} {:>6} {:>8} {:>9} {:>7.1f} % {:>6.1f} s\n", name, c.fields, c.right, c.wrong,
             c.missing, c.spurious, c.fields > 0 ? 100.0 * c.right / c.fields : 0.0, seconds);
}

Result<std::vector<scan::Page>> pages_of(const fs::path& document, const fs::path& reader,
                                         const std::string& keep) {
  const fs::path kept = fs::path(keep) / (document.stem().string() + ".pages.json");
  if (!keep.empty() && fs::exists(kept)) {
    WRIT_TRY(text, read_text(kept));
    WRIT_TRY(j, parse_json(view_of(text), kept.string()));
    std::vector<scan::Page> out;
    for (const Json& p : j) {
      WRIT_TRY(page, scan::page_from_json(view_of(canonical(p))));
      out.push_back(std::move(page));
    }
    return out;
  }
  WRIT_TRY(bytes, read_file(document));
  WRIT_TRY(reading, scan::read_pages(bytes, reader));
  if (!keep.empty()) {
    Json j = Json::array();
    for (const scan::Page& p : reading.pages) j.push_back(to_json(p));
    WRIT_CHECK(write_file(kept, canonical(j)));
  }
  return std::move(reading.pages);
}

// The share of the fields that is right, of all documents together, in percent.
Result<double> measure(const std::string& dir, const std::string& reader, const std::string& keep,
                       bool talk) {
  std::set<fs::path> documents;
  for (const auto& e : fs::directory_iterator(dir))
    if (e.path().extension() == ".tiff" || e.path().extension() == ".pdf") documents.insert(e.path());
  Count all;
  double total = 0;
  fmt::print("{:<28} {:>6} {:>6} {:>6} {:>8} {:>9} {:>9} {:>8}\n", "document", "fields", "right", "wrong",
             "missing", "spurious", "right", "time");
  for (const fs::path& document : documents) {
    fs::path truth_file = document;
    WRIT_TRY(truth_text, read_text(truth_file.replace_extension(".json")));
    WRIT_TRY(truth, parse_json(view_of(truth_text), truth_file.string()));
    const auto start = std::chrono::steady_clock::now();
    WRIT_TRY(pages, pages_of(document, reader, keep));
    const auto proposals = scan::propose_fields(pages);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const Count c = compare(truth_of(truth["fields"]), proposed(proposals), talk);
    print_row(document.stem().string(), c, seconds);
    all += c;
    total += seconds;
  }
  print_row("all", all, total);
  if (all.fields == 0)
    return fail(Exit::not_found, fmt::format("{} holds no document with fields", dir), {},
                "documents and their truth", "draw them with tests/scan/make-documents");
  return 100.0 * all.right / all.fields;
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  CLI::App app{"how much of scanned documents is read right"};
  std::string dir, keep,
      reader = (writ::scan::default_reader().parent_path().parent_path() / "bin/writ-page").string();
  bool talk = false;
  double at_least = 0;
  app.add_option("dir", dir, "documents and their truth (tests/scan/make-documents)")->required();
  app.add_option("--reader", reader, "writ-page");
  app.add_option("--keep", keep, "directory in which readings are kept, and taken from when they are there");
  app.add_flag("--talk", talk, "say each field that is not right");
  app.add_option("--at-least", at_least, "percent: with less than this of the fields right, exit 1");
  CLI11_PARSE(app, argc, argv);
  const auto right = writ::measure(dir, reader, keep, talk);
  if (!right) {
    std::cerr << writ::to_text(right.error());
    return static_cast<int>(right.error().exit);
  }
  if (*right >= at_least) return 0;
  std::cerr << fmt::format("{:.1f} % of the fields are right, {:.1f} % are wanted\n", *right, at_least);
  return static_cast<int>(writ::Exit::failure);
}
