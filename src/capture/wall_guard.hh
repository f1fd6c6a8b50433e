// SPDX-License-Identifier: GPL-3.0-or-later
// Wall time that cannot be turned back to lengthen an authority. The highest time ever seen is kept in a
// file; a clock behind it is refused. While the process runs, time is the later of the wall clock and the
// boot clock's advance since the start, so that a clock that is stopped or set back ends a grant no later
// than it would have.
#pragma once
#include "base/io.hh"
#include "base/time.hh"

namespace writ::capture {

class BootClock final : public Clock {  // counts suspended time too; its zero means nothing
 public:
  Instant now() override;
};

class WallGuard {
 public:
  // `mark`: the file. Created with the first call of now().
  WallGuard(fs::path mark, Clock& wall, Clock& boot);
  // Exit::refused "clock set back" when the wall clock is more than a second behind the mark.
  Result<Instant> now();

 private:
  Status read_mark();
  fs::path file_;
  Clock& wall_;
  Clock& boot_;
  Instant started_wall_, started_boot_, highest_{}, stored_{};
  bool read_ = false;
};

}  // namespace writ::capture
