// SPDX-License-Identifier: GPL-3.0-or-later
// How a file goes in, and why a kill at any point is harmless:
//
//   1. its bytes are kept, named by their hash; what is read from here on is that copy, so that what is in
//   the
//      book is what was kept, even when the switch still writes to its file;
//   2. the notes beside it say which settings read it, and the clock of this import: another run of the same
//      import judges "future" and "too old" by that clock and so cuts exactly the same batches;
//   3. every 8192 pieces of the file are one batch of the book, with the key (hash, settings, number): a
//   batch
//      that is in already gives its receipt again and changes nothing;
//   4. the quarantine is put in its place, whole;
//   5. the notes say "done" and what came of it.
#include "ingest/importer.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "crypto/crypto.hh"
#include "ingest/encoding.hh"
#include "ingest/format.hh"
#include "ingest/quarantine.hh"
#include "ingest/raw_store.hh"

namespace writ::ingest {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t pieces_per_batch = 8192;
constexpr std::size_t first_problems_max = 20;
constexpr std::chrono::hours future_max{24};

class Pulse {  // progress, about once a second
 public:
  explicit Pulse(const std::function<void(const Progress&)>& to) : to_(to) {}
  void at(std::uint64_t rows, std::uint64_t bytes, std::uint64_t total, bool now = false) {
    if (!to_) return;
    const auto t = Steady::now();
    if (!now && t - last_ < std::chrono::seconds{1}) return;
    last_ = t;
    to_({rows, bytes, total, std::chrono::duration<double>(t - began_).count()});
  }

 private:
  const std::function<void(const Progress&)>& to_;
  Steady::time_point began_ = Steady::now(), last_ = began_;
};

// One import of one kept file.
class Run {
 public:
  Run(const ImportTo& to, const SourceSettings& s, std::string name, RawStore::Kept kept, Pulse& pulse)
      : to_(to),
        settings_(s),
        name_(std::move(name)),
        kept_(std::move(kept)),
        digest_(crypto::hex(crypto::sha256(view_of(canonical(to_json(s)))))),
        raw_(to.raw_dir),
        quarantine_(to.quarantine_dir, kept_.id),
        pulse_(pulse) {
    counts_.source = kept_.id;
  }

  Result<ImportCounts> go() {
    WRIT_TRY(found, begin());
    if (found) return counts_;
    WRIT_TRY(format, make_format(settings_));
    format_ = std::move(format);
    WRIT_CHECK(read_all());
    say_too_old();
    WRIT_CHECK(quarantine_.finish());
    WRIT_CHECK(done());
    pulse_.at(counts_.rows, 2 * kept_.bytes, 2 * kept_.bytes, true);
    return counts_;
  }

 private:
  // --- the notes: true when this import was done before.
  Result<bool> begin() {
    WRIT_TRY(notes, raw_.notes(kept_.id));
    notes_ = std::move(notes);
    if (notes_.is_null())
      notes_ = Json{{"schema", "writ.raw/1"}, {"id", kept_.id},           {"name", name_},
                    {"bytes", kept_.bytes},   {"kept", rfc3339(to_.now)}, {"imports", Json::array()}};
    now_ = to_.now;
    oldest_ = to_.oldest;
    for (Json& i : notes_["imports"]) {
      if (i.value("digest", "") != digest_) continue;
      if (i.value("done", false)) {
        recall(i);
        return true;
      }
      now_ = from_ns(i.value("now_ns", to_ns(now_)));
      oldest_ = from_ns(i.value("oldest_ns", to_ns(oldest_)));
      return false;
    }
    notes_["imports"].push_back(Json{{"digest", digest_},
                                     {"settings", to_json(settings_)},
                                     {"now_ns", to_ns(now_)},
                                     {"oldest_ns", to_ns(oldest_)},
                                     {"months", Json::array()},
                                     {"done", false}});
    WRIT_CHECK(raw_.write_notes(kept_.id, notes_));
    return false;
  }

  void recall(const Json& i) {
    counts_.already_there = true;
    counts_.rows = i.value("rows", std::uint64_t{0});
    counts_.quarantined = i.value("quarantined", std::uint64_t{0});
    counts_.too_old = i.value("too_old", std::uint64_t{0});
    // Nothing is added now; every record of the file is there.
    counts_.duplicates = i.value("added", std::uint64_t{0}) + i.value("duplicates", std::uint64_t{0});
    counts_.months = i.value("months", std::vector<std::string>{});
    counts_.first_problems = i.value("first_problems", std::vector<std::string>{});
  }

  Status done() {
    counts_.months.assign(months_.begin(), months_.end());
    for (Json& i : notes_["imports"]) {
      if (i.value("digest", "") != digest_) continue;
      i["done"] = true;
      i["rows"] = counts_.rows;
      i["added"] = counts_.added;
      i["duplicates"] = counts_.duplicates;
      i["quarantined"] = counts_.quarantined;
      i["too_old"] = counts_.too_old;
      i["months"] = counts_.months;
      i["first_problems"] = counts_.first_problems;
    }
    return raw_.write_notes(kept_.id, notes_);
  }

  // --- the file
  Status read_all() {
    WRIT_TRY(reader, raw_.open(kept_.id));
    const auto splitter = format_->splitter();
    std::uint64_t bytes = 0;
    for (bool first = true;; first = false) {
      WRIT_TRY(block, reader.next());
      if (first) WRIT_CHECK(open_encoding(text_of(block)));
      if (block.empty())
        splitter->end();
      else
        splitter->push(block);
      bytes += block.size();
      Piece p;
      while (splitter->next(p)) {
        WRIT_CHECK(take(p));
        if (++pieces_ % pieces_per_batch == 0) WRIT_CHECK(append());
      }
      pulse_.at(counts_.rows, kept_.bytes + bytes, 2 * kept_.bytes);
      if (block.empty()) break;
    }
    Out out;
    format_->finish(out);
    WRIT_CHECK(keep(out, {}));
    return append();
  }

  Status open_encoding(std::string_view first) {
    std::string name = format_->encoding(first);
    if (name.empty()) name = settings_.encoding;
    auto c = ToUtf8::open(name);
    if (!c) {
      c.error().what = fmt::format("{}: the encoding {}", name_, c.error().what);
      return tl::unexpected(c.error());
    }
    encoding_.emplace(std::move(*c));
    return {};
  }

  Status take(const Piece& p) {
    if (!p.problem.empty()) return refuse(p, p.problem);
    const auto text = encoding_->convert(p.raw);
    if (!text) return refuse(p, text.error());
    if (text->find('\0') != std::string::npos)
      return refuse(p, "a zero byte stands in the text: is the file UTF-16?");
    if (p.unterminated && !format_->whole_without_line_end(*text))
      return refuse(p, "the file ends within this line: the switch was still writing, or the copy was cut");
    Out out;
    if (auto s = format_->read(*text, p.line, out); !s) {
      s.error().what = fmt::format("{}:{}: {}", name_, p.line, s.error().what);
      return s;
    }
    if (!out.problem.empty()) return refuse(p, out.problem);
    return keep(out, p);
  }

  Status keep(Out& out, const Piece& p) {
    for (std::string& n : out.notes) say(fmt::format("{}: {}", name_, n));
    for (records::Cdr& c : out.records) {
      if (c.start > now_ + future_max) {
        WRIT_CHECK(
            refuse(p, fmt::format("starts at {}, more than a day after the import: is the switch's clock or "
                                  "the feed's zone wrong?",
                                  rfc3339_seconds(c.start))));
        continue;
      }
      ++counts_.rows;
      if (c.start < oldest_) {
        ++counts_.too_old;
        continue;
      }
      c.source = kept_.id;
      c.call_class = to_.rating.classify(c);
      batch_.push_back(std::move(c));
    }
    return {};
  }

  Status refuse(const Piece& p, const std::string& reason) {
    ++counts_.rows;
    ++counts_.quarantined;
    say(fmt::format("{}:{}: {}", name_, p.line, reason));
    return quarantine_.add(p.line, reason, p.raw);
  }

  void say(std::string what) {
    if (counts_.first_problems.size() < first_problems_max) counts_.first_problems.push_back(std::move(what));
  }

  void say_too_old() {
    if (counts_.too_old > 0)
      say(fmt::format("{}: {} records from before {} were not taken in: retention would destroy them at once",
                      name_, counts_.too_old, rfc3339_seconds(oldest_)));
  }

  Status append() {
    const std::uint64_t number = batches_++;
    if (batch_.empty()) return {};
    auto r = to_.book.append(batch_, fmt::format("{}/{}/{}", kept_.id, digest_.substr(0, 32), number));
    if (!r) {
      Error e = std::move(r).error();
      e.what = fmt::format("{}: the records up to line {} are in, the next ones are not: {}", name_,
                           batch_.front().line - 1, e.what);
      if (e.next.empty()) e.next = "cure that, then import the same file again: it goes on where it stopped";
      return tl::unexpected(std::move(e));
    }
    counts_.added += r->added;
    counts_.duplicates += r->duplicates;
    months_.insert(r->months.begin(), r->months.end());
    batch_.clear();
    return {};
  }

  const ImportTo& to_;
  const SourceSettings& settings_;
  std::string name_;
  RawStore::Kept kept_;
  std::string digest_;
  RawStore raw_;
  Quarantine quarantine_;
  Pulse& pulse_;
  Json notes_;
  Instant now_{}, oldest_{};
  std::unique_ptr<Format> format_;
  std::optional<ToUtf8> encoding_;
  std::vector<records::Cdr> batch_;
  std::uint64_t pieces_ = 0, batches_ = 0;
  std::set<std::string> months_;
  ImportCounts counts_;
};

}  // namespace

Result<ImportCounts> import_cdr_file(const fs::path& file, const SourceSettings& settings,
                                     const ImportTo& to) {
  Pulse pulse(to.progress);
  std::error_code ec;
  const std::uint64_t size = fs::file_size(file, ec);  // of a pipe: an error, and then no total
  const std::uint64_t total = ec ? 0 : 2 * size;
  WRIT_CHECK(make_format(settings));
  WRIT_TRY(kept, RawStore(to.raw_dir).keep(file, [&](std::uint64_t bytes) { pulse.at(0, bytes, total); }));
  return Run(to, settings, file.filename().string(), std::move(kept), pulse).go();
}

Result<ImportCounts> import_cdr_message(std::string_view body, const SourceSettings& settings,
                                        const ImportTo& to) {
  Pulse pulse(to.progress);
  WRIT_CHECK(make_format(settings));
  WRIT_TRY(kept, RawStore(to.raw_dir).keep(view_of(body)));
  return Run(to, settings, settings.name, std::move(kept), pulse).go();
}

}  // namespace writ::ingest
