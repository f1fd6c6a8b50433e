// SPDX-License-Identifier: GPL-3.0-or-later
// A feed of call detail records as the carrier describes it: one TOML file a switch (docs/ingest.md).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/sourced.hh"
#include "base/zone.hh"

namespace writ::ingest {

enum class FormatKind {
  asterisk_csv,
  asterisk_json,
  freeswitch_csv,
  freeswitch_json,
  kamailio_acc,
  broadworks_xml,
  broadworks_csv,
  mapped_csv
};
const char* to_string(FormatKind k);  // "asterisk-csv" ...

struct SourceSettings {  // schema = "writ.source/1"
  std::string name;      // of the feed: "harbor-pbx"
  std::string account;   // property; or `account_field` of a mapped CSV
  FormatKind format = FormatKind::asterisk_csv;
  std::string zone = "Etc/UTC";    // of times without offset
  std::string encoding = "UTF-8";  // of the file (ICU name)
  int columns = 16;                // asterisk-csv: 16, 17, 18 or 21
  bool unique_id = false, user_field = false,
       new_columns = false;                    // asterisk-csv: which of them the extra columns are
  bool gmt = false;                            // asterisk-csv: usegmtime
  std::string outside_prefix;                  // dialled before an outside number: "9"; "" none
  std::string columns_template;                // freeswitch-csv: the template string of cdr_csv.conf.xml
  std::vector<std::string> extras;             // kamailio-acc: configured extra columns, in order
  std::map<std::string, std::string> mapping;  // mapped-csv: field of Cdr -> column header (docs/ingest.md)
  std::string time_format;  // mapped-csv: "rfc3339" | "local" | "unix" | "unix-ms" | strptime format
  char separator = ',';
  std::string repeated_hour =
      "refuse";  // a local time that the clocks passed twice: "refuse" (quarantine) | "first" | "second"
};
Result<SourceSettings> parse_source(std::string_view toml, std::string_view file_name);
// Everything that decides how a file is read, in one canonical spelling: its hash is part of every batch's
// key.
Json to_json(const SourceSettings& s);

}  // namespace writ::ingest
