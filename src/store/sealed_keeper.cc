// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sealed_keeper.hh"

#include <algorithm>
#include <memory>

namespace writ::store {

SealedKeeper::SealedKeeper(sqlite3* d, SealedFile file) : d_(d), file_(std::move(file)) {
  sqlite3_commit_hook(
      d_,
      [](void* self) {
        static_cast<SealedKeeper*>(self)->committed_ = true;
        return 0;
      },
      this);
}

Status SealedKeeper::load() {
  std::error_code ec;
  if (!fs::exists(file_.file, ec)) return {};
  WRIT_TRY(sealed, read_file(file_.file));
  WRIT_TRY(plain, file_.open(sealed));
  // SQLite frees what it is given here, and grows it.
  auto* memory = static_cast<unsigned char*>(sqlite3_malloc64(plain.size()));
  if (memory == nullptr) return fail(Exit::failure, "store: no memory");
  std::copy(plain.begin(), plain.end(), memory);
  const auto size = static_cast<sqlite3_int64>(plain.size());
  if (sqlite3_deserialize(d_, "main", memory, size, size,
                          SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
    return fail(Exit::integrity, "the sealed store holds no database");
  last_ = std::move(plain);
  return {};
}

Status SealedKeeper::keep() {
  if (broken_) return tl::unexpected(*broken_);
  // Within a transaction nothing has happened yet.
  if (!committed_ || sqlite3_get_autocommit(d_) == 0) return {};
  committed_ = false;
  if (auto written = write(); !written) {
    broken_ = written.error();
    return written;
  }
  return {};
}

Status SealedKeeper::write() {
  struct Free {
    void operator()(unsigned char* p) const { sqlite3_free(p); }
  };
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, Free> image{sqlite3_serialize(d_, "main", &size, 0)};
  if (image == nullptr) return fail(Exit::failure, "store: no memory to seal it");
  const View now{image.get(), static_cast<std::size_t>(size)};
  if (std::equal(now.begin(), now.end(), last_.begin(), last_.end())) return {};
  WRIT_CHECK(write_file(file_.file, file_.seal(now), 0600));
  last_.assign(now.begin(), now.end());
  return {};
}

}  // namespace writ::store
