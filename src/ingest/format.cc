// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/format.hh"

namespace writ::ingest {

Result<std::unique_ptr<Format>> make_format(const SourceSettings& s) {
  WRIT_TRY(zone, Zone::find(s.zone));
  switch (s.format) {
    case FormatKind::asterisk_csv:
      return asterisk_csv(s, zone);
    case FormatKind::asterisk_json:
      return asterisk_json(s, zone);
    case FormatKind::freeswitch_csv:
      return freeswitch_csv(s, zone);
    case FormatKind::freeswitch_json:
      return freeswitch_json(s, zone);
    case FormatKind::kamailio_acc:
      return kamailio_acc(s, zone);
    case FormatKind::broadworks_xml:
      return broadworks_xml(s);
    case FormatKind::broadworks_csv:
      return broadworks_csv(s);
    case FormatKind::mapped_csv:
      return mapped_csv(s, zone);
  }
  return fail(Exit::usage, "this feed has no format");
}

}  // namespace writ::ingest
