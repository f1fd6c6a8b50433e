// SPDX-License-Identifier: GPL-3.0-or-later
// Records files into a catalogue: whatever a file says, it is refused as a whole or every line of it is
// taken, unchanged or named; and the same file again changes nothing.
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "records/catalogue.hh"

namespace {

// Named by this process, so that two of them side by side do not meet; removed when it ends.
struct Scratch {
  writ::fs::path file =
      writ::fs::temp_directory_path() / ("writ_book_fuzz_" + std::to_string(::getpid()) + ".db");
  ~Scratch() {
    std::error_code ec;
    for (const char* tail : {"", "-wal", "-shm"}) writ::fs::remove(file.string() + tail, ec);
  }
};

writ::records::Catalogue& book() {
  using namespace writ;
  static const Scratch scratch;
  static std::optional<store::Database> db;
  static std::optional<records::Catalogue> catalogue;
  if (!catalogue) {
    auto opened = store::Database::open(scratch.file);
    if (!opened) std::abort();
    db.emplace(std::move(*opened));
    if (!db->exec("PRAGMA synchronous=OFF")) std::abort();
    auto made = records::Catalogue::open(*db, crypto::Secret32{});
    if (!made) std::abort();
    catalogue.emplace(std::move(*made));
  }
  return *catalogue;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  const auto csv = text_of({data, size});
  if (!book().db().exec("DELETE FROM fact")) std::abort();
  const auto first = book().import_csv(csv, "f.csv", from_ns(1));
  if (!first) return 0;
  if (first->rows > 900) return 0;  // problems are listed up to a thousand
  if (first->added + first->changed + first->unchanged + first->problems.size() != first->rows) std::abort();
  const auto again = book().import_csv(csv, "f.csv", from_ns(2));
  if (!again || again->added + again->changed != 0 || !again->ended.empty()) std::abort();
  return 0;
}
