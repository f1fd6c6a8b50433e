// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/job.hh"

#include <fmt/format.h>

namespace writ::media {

Result<Job> start_job(worker::Program& program, const char* who, std::size_t answer_bytes_max, View open,
                      std::chrono::seconds within) {
  WRIT_TRY(talk, program.converse(who, answer_bytes_max));
  auto ready = talk.ask(worker::frame_open, open, within);
  if (!ready) return fail(Exit::unit, ready.error().what + ", before it was ready");
  if (ready->kind == worker::frame_refuse && !ready->body.empty()) return worker::refusal(ready->body);
  if (ready->kind != worker::frame_ready)
    return fail(Exit::unit, fmt::format("{} is not a codec worker", program.path().string()));
  return Job{std::move(talk), std::move(ready->body)};
}

}  // namespace writ::media
