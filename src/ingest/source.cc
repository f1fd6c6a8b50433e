// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/source.hh"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "ingest/encoding.hh"
#include "ingest/settings.hh"

namespace writ::ingest {
namespace {

constexpr std::array<std::pair<FormatKind, const char*>, 8> format_names{{
    {FormatKind::asterisk_csv, "asterisk-csv"},
    {FormatKind::asterisk_json, "asterisk-json"},
    {FormatKind::freeswitch_csv, "freeswitch-csv"},
    {FormatKind::freeswitch_json, "freeswitch-json"},
    {FormatKind::kamailio_acc, "kamailio-acc"},
    {FormatKind::broadworks_xml, "broadworks-xml"},
    {FormatKind::broadworks_csv, "broadworks-csv"},
    {FormatKind::mapped_csv, "mapped-csv"},
}};

// Fields of a mapped CSV; what the file must at least tell stands in `must`.
constexpr std::array mapped_fields{
    "account",          "call_id",     "leg",  "linked", "start",  "answer",      "end",
    "duration",         "duration_ms", "talk", "caller", "called", "redirecting", "caller_extension",
    "called_extension", "disposition",
};

void read_format(Fields& f, SourceSettings& s) {
  std::vector<std::string> words;
  for (const auto& [kind, name] : format_names) words.emplace_back(name);
  const std::string word = f.word("format", words, Need::required);
  for (const auto& [kind, name] : format_names)
    if (word == name) s.format = kind;
}

void read_zone(Fields& f, SourceSettings& s) {
  if (const std::string zone = f.text("zone"); !zone.empty()) {
    s.zone = zone;
    if (!Zone::find(zone))
      f.refuse("zone", fmt::format("is '{}', which is no time zone", zone),
               "write an IANA name: \"America/New_York\"");
  }
  if (const std::string w = f.word("repeated_hour", {"refuse", "first", "second"}, Need::optional);
      !w.empty())
    s.repeated_hour = w;
}

void read_encoding(Fields& f, SourceSettings& s) {
  const std::string name = f.text("encoding");
  if (name.empty()) return;
  s.encoding = name;
  if (const auto c = ToUtf8::open(name); !c) f.refuse("encoding", c.error().what, c.error().next);
}

// The extra columns of cdr_csv are three switches of cdr.conf; the number of columns must be what they give.
void read_asterisk(Fields& f, const Json& root, SourceSettings& s) {
  s.gmt = f.flag("gmt");
  s.unique_id = f.flag("unique_id");
  s.user_field = f.flag("user_field");
  s.new_columns = f.flag("new_columns");
  const bool told = root.contains("unique_id") || root.contains("user_field") || root.contains("new_columns");
  const auto given = [&] { return 16 + s.unique_id + s.user_field + 3 * s.new_columns; };
  if (!root.is_object() || !root.contains("columns")) {
    s.columns = given();
    return;
  }
  s.columns = static_cast<int>(f.whole("columns", 16, 21));
  if (!told && (s.columns == 18 || s.columns == 21)) {
    s.unique_id = s.user_field = true;
    s.new_columns = s.columns == 21;
  }
  if (s.columns != given())
    f.refuse(
        "columns",
        fmt::format("is {}, but unique_id, user_field and new_columns give {}", s.columns, given()),
        "say which columns there are as in cdr.conf: unique_id (loguniqueid), user_field (loguserfield), "
        "new_columns (newcdrcolumns)");
}

void read_mapping(Fields& f, SourceSettings& s) {
  auto m = f.object("mapping", Need::required);
  if (!m) return;
  for (const char* name : mapped_fields)
    if (std::string column = m->text(name); !column.empty()) s.mapping[name] = std::move(column);
  m->finish();
  for (const char* must : {"start", "caller", "called"})
    if (!s.mapping.contains(must))
      m->refuse(must, "is missing", fmt::format("name the column: {} = \"header of the column\"", must));
  if (!s.mapping.contains("end") && !s.mapping.contains("duration") && !s.mapping.contains("duration_ms"))
    m->refuse("duration", "is missing", "name the column of the duration (seconds), duration_ms or end");
  s.time_format = f.text("time_format", Need::required);
  if (s.time_format != "rfc3339" && s.time_format != "local" && s.time_format != "unix" &&
      s.time_format != "unix-ms" && s.time_format.find('%') == std::string::npos)
    f.refuse("time_format", fmt::format("is '{}'", s.time_format),
             "write rfc3339, local, unix, unix-ms, or a strptime format such as \"%d.%m.%Y %H:%M:%S\"");
}

void read_separator(Fields& f, SourceSettings& s) {
  const std::string sep = f.text("separator");
  if (sep.empty()) return;
  if (sep == "tab")
    s.separator = '\t';
  else if (sep.size() == 1 && sep != "\"" && static_cast<unsigned char>(sep[0]) < 0x80)
    s.separator = sep[0];
  else
    f.refuse("separator", "is no single character", R"(write "," or ";" or "|" or "tab")");
}

void read_by_format(Fields& f, const Json& root, SourceSettings& s) {
  switch (s.format) {
    case FormatKind::asterisk_csv:
      read_asterisk(f, root, s);
      break;
    case FormatKind::asterisk_json:
      s.gmt = f.flag("gmt");
      break;
    case FormatKind::freeswitch_csv:
      s.columns_template = f.text("columns_template", Need::required);
      if (s.columns_template.find("${uuid}") == std::string::npos)
        f.refuse(
            "columns_template", "does not hold ${uuid}",
            "write the template of cdr_csv.conf.xml as it is, in a '''literal text'''; add ${uuid} to it");
      break;
    case FormatKind::kamailio_acc:
      s.extras = f.texts("extras");
      read_separator(f, s);
      break;
    case FormatKind::mapped_csv:
      read_mapping(f, s);
      read_separator(f, s);
      break;
    case FormatKind::freeswitch_json:
    case FormatKind::broadworks_xml:
    case FormatKind::broadworks_csv:
      break;
  }
}

void read_source(Fields& f, const Json& root, SourceSettings& s) {
  s.name = f.text("name", Need::required);
  read_format(f, s);
  s.account = f.text("account");
  read_zone(f, s);
  read_encoding(f, s);
  s.outside_prefix = f.text("outside_prefix");
  if (s.outside_prefix.find_first_not_of("0123456789*#") != std::string::npos)
    f.refuse("outside_prefix", "is not what a telephone dials", "write digits: \"9\"");
  read_by_format(f, root, s);
  if (s.account.empty() && !s.mapping.contains("account"))
    f.refuse("account", "is missing", "name the property: account = \"P-1001\", or map a column to it");
}

}  // namespace

const char* to_string(FormatKind k) {
  for (const auto& [kind, name] : format_names)
    if (kind == k) return name;
  return "?";
}

Result<SourceSettings> parse_source(std::string_view toml, std::string_view file_name) {
  return read_settings<SourceSettings>(toml, file_name, "writ.source/1",
                                       "a feed is described once, exactly (docs/ingest.md)", read_source);
}

Json to_json(const SourceSettings& s) {
  return Json{{"schema", "writ.source/1"},
              {"name", s.name},
              {"account", s.account},
              {"format", to_string(s.format)},
              {"zone", s.zone},
              {"encoding", s.encoding},
              {"columns", s.columns},
              {"unique_id", s.unique_id},
              {"user_field", s.user_field},
              {"new_columns", s.new_columns},
              {"gmt", s.gmt},
              {"outside_prefix", s.outside_prefix},
              {"columns_template", s.columns_template},
              {"extras", s.extras},
              {"mapping", s.mapping},
              {"time_format", s.time_format},
              {"separator", std::string(1, s.separator)},
              {"repeated_hour", s.repeated_hour}};
}

}  // namespace writ::ingest
