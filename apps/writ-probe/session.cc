// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hh"

#include "sources.hh"
#include "stages.hh"

namespace writ::probe {

Result<Exit> run_session(const RunOptions& o) {
  WRIT_TRY(settings, settings_of(o));
  return run_in_stages(o, settings);
}

}  // namespace writ::probe
