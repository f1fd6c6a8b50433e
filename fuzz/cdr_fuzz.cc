// SPDX-License-Identifier: GPL-3.0-or-later
// Files of switches in every format. The first byte names the format, the second how the stream is cut.
// However it is cut, the same records and the same problems come out; lines only go up, and every record can
// be stored.
#include <fmt/format.h>

#include <array>

#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "ingest/encoding.hh"
#include "ingest/format.hh"
#include "ingest/rating.hh"

namespace {

using namespace writ;
using fuzz::check;

const char* const feeds[] = {
    "format = \"asterisk-csv\"\nzone = \"America/New_York\"\n",
    "format = \"asterisk-csv\"\ncolumns = 21\nzone = \"America/New_York\"\nrepeated_hour = \"second\"\n",
    "format = \"asterisk-json\"\n",
    ("format = \"freeswitch-csv\"\nzone = \"America/New_York\"\n"
     "columns_template = "
     "'''\"${caller_id_name}\",\"${caller_id_number}\",\"${destination_number}\",\"${start_stamp}\","
     "\"${answer_stamp}\",\"${end_stamp}\",\"${duration}\",\"${billsec}\",\"${hangup_cause}\",\"${uuid}\"'''"
     "\n"),
    "format = \"freeswitch-json\"\n",
    "format = \"kamailio-acc\"\nextras = [\"src_user\", \"dst_user\"]\n",
    "format = \"broadworks-xml\"\n",
    "format = \"broadworks-csv\"\n",
    ("format = \"mapped-csv\"\nencoding = \"windows-1252\"\ntime_format = \"%d.%m.%Y %H:%M:%S\"\n[mapping]\n"
     "start = \"When\"\ncaller = \"From\"\ncalled = \"To\"\nduration = \"Secs\"\n"),
};

struct Seen {
  std::vector<records::Cdr> records;
  std::vector<std::string> problems;
};

Seen run(const ingest::SourceSettings& s, View data, std::size_t step) {
  Seen seen;
  auto format = ingest::make_format(s);
  check(format.has_value());
  auto encoding = ingest::ToUtf8::open(s.encoding);
  check(encoding.has_value());
  const auto splitter = (*format)->splitter();
  std::uint64_t line = 0;
  const auto take = [&](ingest::Out& out) {
    if (!out.problem.empty()) seen.problems.push_back(out.problem);
    for (auto& c : out.records) seen.records.push_back(std::move(c));
  };
  bool refused = false;
  const auto drain = [&] {
    ingest::Piece p;
    while (!refused && splitter->next(p)) {
      check(p.line >= line && p.raw.size() <= data.size());
      line = p.line;
      ingest::Out out;
      if (!p.problem.empty()) {
        out.problem = p.problem;
      } else if (const auto text = encoding->convert(p.raw); !text) {
        out.problem = text.error();
      } else {
        refused = !(*format)->read(*text, p.line, out);
        check(out.problem.empty() || out.records.empty());
      }
      take(out);
    }
  };
  fuzz::in_steps(data, step, [&](View part) {
    splitter->push(part);
    drain();
  });
  splitter->end();
  drain();
  ingest::Out out;
  (*format)->finish(out);
  take(out);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto settings = [] {
    std::array<ingest::SourceSettings, std::size(feeds)> out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto s = ingest::parse_source(
          std::string("schema = \"writ.source/1\"\nname = \"f\"\naccount = \"P\"\n") + feeds[i], "f.toml");
      check(s.has_value());
      out[i] = *s;
    }
    return out;
  }();
  if (size < 2) return 0;
  const auto& s = settings[data[0] % settings.size()];
  const View rest = View{data, size}.subspan(2);
  const Seen whole = run(s, rest, rest.size() + 1);
  const Seen parts = run(s, rest, 1u + data[1]);
  check(whole.records == parts.records && whole.problems == parts.problems);
  const ingest::Rating rating{policy::RatingTable{}};
  for (const auto& c : whole.records) {
    check(!c.call_id.empty() && c.duration_ms >= 0 && c.answer_ms >= -1 && c.line > 0);
    check(c.start.time_since_epoch().count() % 1'000'000 == 0);
    (void)rating.classify(c);
    const auto back = records::decode_cdr(records::encode(c));
    check(back.has_value() && *back == c);
  }
  return 0;
}
