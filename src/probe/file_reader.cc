// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/file_reader.hh"

#include <sys/wait.h>

namespace writ::probe {

FileReader::FileReader(Stage& stage, const std::vector<authority::VerifiedGrant>& grants,
                       const capture::RunSettings& settings, const StopFlag& stop, int sealer)
    : board_(stage.board()),
      findings_(stage, [this] { return sealer_is_there(); }),
      matcher_(grants, findings_, settings),
      stop_(stop),
      sealer_(sealer) {}

Status FileReader::feed(const wire::RawPacket& p) {
  WRIT_CHECK(matcher_.feed(p));
  findings_.publish();
  return {};
}

Status FileReader::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  board_.dropped += packets;
  return matcher_.gap(from, until, why, packets);
}

Status FileReader::housekeeping() {
  findings_.tell(matcher_.stats());
  if (stop_) return fail(Exit::failure, "stopped by a signal; run it again to finish");
  return sealer_is_there() ? Status{} : fail(Exit::unit, "the sealer ended");
}

Status FileReader::finish() {
  WRIT_CHECK(matcher_.finish());
  return told_all();
}

Status FileReader::abandon() { return told_all(); }

Status FileReader::told_all() {
  findings_.tell(matcher_.stats());
  WRIT_CHECK(findings_.finished({matcher_.stats(), matcher_.duplicates()}));
  findings_.publish();
  return {};
}

bool FileReader::sealer_is_there() {
  return !sealer_ended() && ::waitpid(sealer_, &sealer_status_, WNOHANG) == 0;
}

int FileReader::sealer_status() {
  if (!sealer_ended()) ::waitpid(sealer_, &sealer_status_, 0);
  return sealer_status_;
}

}  // namespace writ::probe
