// SPDX-License-Identifier: GPL-3.0-or-later
// What reads one piece of a switch's file (splitter.hh) into records. A format keeps what it needs from piece
// to piece (a header, calls that are not complete yet); its memory is bounded.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ingest/source.hh"
#include "ingest/splitter.hh"
#include "records/cdr.hh"

namespace writ::ingest {

// Why a piece, or a field of it, cannot be read; for the quarantine.
template <class T>
using Read = tl::expected<T, std::string>;
inline tl::unexpected<std::string> unread(std::string reason) { return tl::unexpected(std::move(reason)); }

struct Out {
  std::vector<records::Cdr> records;  // `source` and `call_class` are the importer's to fill in
  std::string problem;                // not empty: the piece goes to the quarantine
  std::vector<std::string> notes;     // what is said and stays in ("line 17: no BYE ...")

  // What one piece was read as: its record, or why it is none.
  Status take(Read<records::Cdr> c, std::uint64_t line) {
    if (!c) {
      problem = std::move(c).error();
      return {};
    }
    c->line = line;
    records.push_back(std::move(*c));
    return {};
  }
};

class Format {
 public:
  virtual ~Format() = default;
  virtual std::unique_ptr<Splitter> splitter() const = 0;
  // Of its encoding, when the file itself may say it; `first`: its first bytes.
  virtual std::string encoding(std::string_view /*first*/) const { return {}; }
  // `text`: the piece in UTF-8. An error refuses the whole file (columns that are not there).
  virtual Status read(std::string_view text, std::uint64_t line, Out& out) = 0;
  // Whether the last piece, to which the line end is missing, is whole nevertheless.
  virtual bool whole_without_line_end(std::string_view text) const { return text.ends_with('"'); }
  // At the end of the file: what was still open.
  virtual void finish(Out& /*out*/) {}
};

Result<std::unique_ptr<Format>> make_format(const SourceSettings& s);

// One each; make_format chooses. Settings are those of parse_source.
std::unique_ptr<Format> asterisk_csv(const SourceSettings& s, Zone zone);
std::unique_ptr<Format> asterisk_json(const SourceSettings& s, Zone zone);
Result<std::unique_ptr<Format>> freeswitch_csv(const SourceSettings& s, Zone zone);
std::unique_ptr<Format> freeswitch_json(const SourceSettings& s, Zone zone);
std::unique_ptr<Format> kamailio_acc(const SourceSettings& s, Zone zone);
std::unique_ptr<Format> broadworks_xml(const SourceSettings& s);
std::unique_ptr<Format> broadworks_csv(const SourceSettings& s);
std::unique_ptr<Format> mapped_csv(const SourceSettings& s, Zone zone);

}  // namespace writ::ingest
