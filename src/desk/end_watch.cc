// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/end_watch.hh"

#include <fcntl.h>
#include <sys/file.h>

namespace writ::desk {
namespace {

// Held by another process that looks: nullopt. What has no lock (a full disk) looks all the same.
std::optional<Fd> my_turn(const fs::path& data) {
  const fs::path file = data / "end-watch.lock";
  Fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return fd;
}

}  // namespace

bool EndWatch::is_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now < due_) return false;
  due_ = now + pause;
  return true;
}

std::optional<SuspensionReport> EndWatch::look() {
  constexpr std::chrono::seconds patience{5};  // with one who has the turn and does not move
  if (!is_due()) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  const std::optional<Fd> turn = my_turn(c_->data());
  if (!turn && now - looked_ < patience) return std::nullopt;
  looked_ = now;
  SuspensionReport r;
  if (!store_) {
    auto opened = RecordStore::open_catalogue(*c_);
    if (!opened) {
      r.troubles.push_back(std::move(opened).error());
      return r;
    }
    store_ = std::move(*opened);
  }
  r = suspension_.catch_up(store_->catalogue());
  if (!r.troubles.empty()) store_.reset();  // a connection that is lost is made anew
  return r;
}

}  // namespace writ::desk
