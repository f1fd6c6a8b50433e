// SPDX-License-Identifier: GPL-3.0-or-later
// Capture files and streams. A plain file is mapped and walked in place; what is compressed, or comes by
// standard input, passes through a window that holds the record which is not whole yet.
#include "capture/run.hh"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "capture/pump.hh"
#include "wire/pcap.hh"

namespace writ::capture {
namespace {

// Between two looks at the clock; far below the time that any promise allows.
constexpr std::uint64_t packets_between_looks = 1024;

// Gives the pages that were read back to the system: a capture of any size takes a bounded part of memory.
// They are clean file pages, so that one that is touched again is simply read again.
class ReadBehind {
 public:
  explicit ReadBehind(View file) : from_(file.data()) {}
  void passed(const std::uint8_t* here) {
    if (here - from_ < step_bytes) return;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(from_) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(here) / page * page;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    from_ = here;
  }

 private:
  static constexpr std::ptrdiff_t step_bytes = 16 << 20;
  const std::uint8_t* from_;
};

// One packet after the other, with its place in the source when that can be read again.
class Records {
 public:
  // `again`: the source can be read again, so that each packet's place is told. `file`: where the packets
  // lie, when they are read in place.
  Records(Intake& intake, bool again, SourceEnd& end, const WatchedFile* file = nullptr)
      : intake_(intake), again_(again), end_(end), file_(file) {}
  // Reads on until it is time to look at the clock; false when the reader has no more.
  Result<bool> read_on(wire::CaptureReader& reader) {
    wire::RawPacket p;
    for (const std::uint64_t look = n_ + packets_between_looks; n_ < look;) {
      const intercept::Passed passed = intake_.pass_over(reader, look - n_);
      const bool is_next = n_ + passed.packets < look && reader.next(p);
      if (file_ != nullptr) WRIT_CHECK(keep(is_next ? &p : nullptr, reader));
      n_ += passed.packets;
      if (passed.packets > 0) last_ = passed.last;
      if (n_ == look) break;
      if (!is_next) return false;
      WRIT_CHECK(take(p, reader));
    }
    return true;
  }
  Status end(const wire::CaptureReader& reader, const std::string& broken_stream) {
    if (again_) intake_.at(n_ + 1);
    WRIT_CHECK(say_lost(reader, last_));  // statistics stand behind the last packet
    end_.problem = broken_stream.empty() ? reader.broken() : broken_stream;
    end_.truncated = reader.truncated() && end_.problem.empty();
    if (end_.truncated) WRIT_CHECK(intake_.gap(last_, last_, "the capture file ends within a packet", 0));
    if (!end_.problem.empty())
      WRIT_CHECK(intake_.gap(last_, last_, "the capture file is broken: " + end_.problem, 0));
    return intake_.finish();
  }

 private:
  // Another process may cut the file at any time: a packet is used from a copy, once it is sure that the copy
  // is of the file's bytes. The gap stands behind what the last packet gave, so that the next run over the
  // whole file goes on after it.
  Status keep(wire::RawPacket* p, const wire::CaptureReader& reader) {
    if (p != nullptr) {
      copy_.assign(p->bytes.begin(), p->bytes.end());
      p->bytes = copy_;
    }
    const Status there = file_->still_there(static_cast<std::size_t>(reader.position()));
    if (there) return {};
    if (n_ > 0) WRIT_CHECK(intake_.gap(last_, last_, "the capture file was cut while it was read", 0));
    return there;
  }
  Status take(const wire::RawPacket& p, const wire::CaptureReader& reader) {
    ++n_;
    if (again_) intake_.at(n_);
    if (n_ == 1) last_ = p.at;
    WRIT_CHECK(say_lost(reader, p.at));
    last_ = p.at;
    return intake_.feed(p);
  }
  Status say_lost(const wire::CaptureReader& reader, Instant until) {
    const std::uint64_t lost = reader.lost() - end_.lost;
    if (lost == 0) return {};
    end_.lost = reader.lost();
    const Instant from = reader.lost_since() == Instant{} ? last_ : std::min(reader.lost_since(), until);
    const char* const why = reader.is_ng() ? "whoever captured lost packets, as the file says"
                                           : "the capturing card lost packets";
    return intake_.gap(from, until, why, lost);
  }

  Intake& intake_;
  bool again_;
  SourceEnd& end_;
  const WatchedFile* file_;
  Bytes copy_;
  std::uint64_t n_ = 0;
  Instant last_{};
};

Status pump_mapped(View file, wire::CaptureReader& reader, Intake& intake, Records& records) {
  WRIT_CHECK(intake.begin());
  ReadBehind behind{file};
  for (;;) {
    WRIT_TRY(more, records.read_on(reader));
    if (!more) return records.end(reader, {});
    behind.passed(file.data() + reader.position());
    WRIT_CHECK(intake.housekeeping());
  }
}

// The part of a stream that is in memory.
class Window {
 public:
  explicit Window(ByteSource& source) : source_(source), buffer_(1u << 20) {}
  View bytes() const { return View(buffer_).first(filled_); }
  bool last() const { return last_; }
  // Drops `used` bytes at the front and reads on; false when nothing came in time.
  Result<bool> more(std::size_t used) {
    constexpr int wait_ms = 100;
    std::memmove(buffer_.data(), buffer_.data() + used, filled_ - used);
    filled_ -= used;
    // No record is longer than a block of pcapng may be (wire/pcapng.cc), so that this ends.
    if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    WRIT_TRY(got, source_.read(std::span(buffer_).subspan(filled_), wait_ms));
    filled_ += got.bytes;
    last_ = got.end;
    return got.bytes > 0 || got.end;
  }
  // Enough to tell what it is: pcap and pcapng by their headers, ERF by a few of its records.
  bool tells() const {
    constexpr std::size_t header_bytes = 24, erf_bytes = 256u << 10;
    static constexpr std::uint32_t magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1,
                                               0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a};
    if (last_ || filled_ >= erf_bytes) return true;
    return filled_ >= header_bytes &&
           std::find(std::begin(magics), std::end(magics), load_be32(buffer_.data())) != std::end(magics);
  }

 private:
  ByteSource& source_;
  Bytes buffer_;
  std::size_t filled_ = 0;
  bool last_ = false;
};

struct NamedInputs {
  const std::vector<std::string>& names;
  bool whole = false;
};

Status pump_stream(ByteSource& source, Intake& intake, Records& records, const NamedInputs& inputs,
                   const StopFlag* stop) {
  WRIT_CHECK(intake.begin());
  const auto stopped = [&] { return stop != nullptr && *stop; };
  Window window{source};
  while (!window.tells() && !stopped()) {
    WRIT_TRY(came, window.more(0));
    if (!came) WRIT_CHECK(intake.housekeeping());
  }
  if (!window.tells()) return intake.finish();  // stopped before anything came
  auto opened = wire::CaptureReader::open_window(window.bytes(), window.last());
  if (!opened) {
    Error e = opened.error();
    if (!source.broken().empty()) e.what += " It is broken " + source.broken();
    return tl::unexpected(std::move(e));
  }
  wire::CaptureReader& reader = *opened;
  reader.name_inputs(inputs.names, inputs.whole);
  for (std::uint64_t begin = 0; !stopped();) {
    WRIT_TRY(more, records.read_on(reader));
    WRIT_CHECK(intake.housekeeping());  // also when a few packets come at a time, and seldom
    if (more) continue;
    if (!reader.starved()) break;
    WRIT_CHECK(window.more(static_cast<std::size_t>(reader.position() - begin)));
    begin = reader.position();
    reader.window(window.bytes(), window.last());
  }
  return records.end(reader, source.broken());
}

}  // namespace

Result<CaptureFile> CaptureFile::open(const fs::path& file, const RunSettings& settings) {
  WRIT_TRY(map, WatchedFile::open(file));
  CaptureFile f{std::move(map), settings};
  if (packing_of(f.map_.bytes()) == Packing::none) return f;
  WRIT_TRY(packed, ByteSource::open(file));
  f.packed_.emplace(std::move(packed));
  return f;
}

Status CaptureFile::read(Intake& intake, SourceEnd& end) {
  Records records{intake, true, end, packed_ ? nullptr : &map_};
  if (packed_) return pump_stream(*packed_, intake, records, {inputs_, one_input_}, nullptr);
  auto reader = wire::CaptureReader::open(map_.bytes());
  WRIT_CHECK(map_.still_there());
  if (!reader) return tl::unexpected(std::move(reader).error());
  reader->name_inputs(inputs_, one_input_);
  return pump_mapped(map_.bytes(), *reader, intake, records);
}

Result<RunResult> run_file(const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid, const RunSettings& settings) {
  WRIT_TRY(file, CaptureFile::open(capture, settings));
  Pump pump{grants, spool, still_valid, settings};
  RunResult r;
  const Status worked = file.read(pump, r.source);
  return pump.end(std::move(r), worked);
}

Status run_stream(ByteSource source, Intake& intake, const StopFlag& stop, SourceEnd& end,
                  const RunSettings& settings) {
  Records records{intake, false, end};
  const std::vector<std::string> none;
  return pump_stream(source, intake, records,
                     {settings.one_input ? settings.engine.inputs : none, settings.one_input}, &stop);
}

namespace {

// Reads on until the reader has told of `wanted`, or has no more.
bool has_told(wire::CaptureReader& reader, wire::InputSet wanted) {
  for (wire::RawPacket p; reader.next(p);)
    if ((wanted & ~reader.told_inputs()) == 0) return true;
  return (wanted & ~reader.told_inputs()) == 0;
}

Result<FileInputs> inputs_in_stream(ByteSource source, const std::vector<std::string>& names,
                                    wire::InputSet wanted) {
  Window window{source};
  while (!window.tells()) WRIT_CHECK(window.more(0).map([](bool) {}));
  WRIT_TRY(reader, wire::CaptureReader::open_window(window.bytes(), window.last()));
  reader.name_inputs(names, false);
  for (std::uint64_t begin = 0; !has_told(reader, wanted) && reader.starved();) {
    WRIT_CHECK(window.more(static_cast<std::size_t>(reader.position() - begin)).map([](bool) {}));
    begin = reader.position();
    reader.window(window.bytes(), window.last());
  }
  return FileInputs{reader.told_inputs(), reader.ambiguous_inputs()};
}

}  // namespace

Result<FileInputs> inputs_in(const fs::path& file, const std::vector<std::string>& names) {
  wire::InputSet wanted = 0;
  for (std::size_t n = 1; n <= names.size(); ++n) wanted |= wire::input_set(static_cast<std::uint32_t>(n));
  WRIT_TRY(map, MappedFile::open(file));
  if (packing_of(map.bytes()) != Packing::none) {
    WRIT_TRY(source, ByteSource::open(file));
    return inputs_in_stream(std::move(source), names, wanted);
  }
  WRIT_TRY(reader, wire::CaptureReader::open(map.bytes()));
  reader.name_inputs(names, false);
  has_told(reader, wanted);
  return FileInputs{reader.told_inputs(), reader.ambiguous_inputs()};
}

Result<std::string> source_identity(const fs::path& capture, const RunSettings& settings) {
  constexpr std::size_t end_bytes = 64u << 10, block_bytes = 4096, blocks = 256;
  WRIT_TRY(map, WatchedFile::open(capture));
  const View all = map.bytes();
  crypto::Sha256 hash;
  hash.update(view_of(fmt::format("{}\n", all.size())));
  if (packing_of(all) != Packing::none) {
    hash.update(view_of("packed\n"));
    hash.update(all);
  } else {
    hash.update(all.first(std::min(all.size(), end_bytes)));
    hash.update(all.last(std::min(all.size(), end_bytes)));
    const std::size_t step = all.size() / blocks;
    for (std::size_t n = 0; n < blocks && step > 0; ++n) {
      const std::size_t from = n * step;
      hash.update(all.subspan(from, std::min(block_bytes, all.size() - from)));
    }
  }
  // Read in another way the same file gives other records at the same places.
  std::vector<wire::Address> agents = settings.engine.hep_from;
  std::sort(agents.begin(), agents.end());
  for (const wire::Address& a : agents) hash.update(view_of("hep " + a.text() + "\n"));
  if (settings.drop_duplicates) hash.update(view_of("without duplicates\n"));
  if (settings.one_input) hash.update(view_of("input " + settings.engine.inputs.front() + "\n"));
  WRIT_CHECK(map.still_there());
  return crypto::hex(hash.finish());
}

}  // namespace writ::capture
