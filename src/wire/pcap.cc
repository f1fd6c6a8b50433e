// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a capture file, and the classic format's reader and writer.
#include "wire/pcap.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "wire/erf.hh"

namespace writ::wire {
namespace {

constexpr std::uint32_t magic_micro = 0xa1b2c3d4, magic_nano = 0xa1b23c4d, magic_modified = 0xa1b2cd34;
constexpr std::uint32_t magic_ng = 0x0a0d0d0a;

tl::unexpected<Error> no_capture(std::string what) {
  return fail(Exit::usage, std::move(what), {}, {},
              "Give a pcap, pcapng or ERF file; `editcap -F pcapng IN OUT` converts most other formats.");
}

void put_le(Bytes& out, std::uint64_t v, int width) {
  for (int i = 0; i < width; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}

}  // namespace

bool CaptureReader::stop(std::string_view why) {
  broken_ = fmt::format("at byte {}: {}", base_ + block_at_, why);
  return false;
}

bool CaptureReader::short_of_bytes() {
  (last_ ? truncated_ : starved_) = true;
  return false;
}

void CaptureReader::window(View from_position, bool last) {
  base_ += at_;
  at_ = 0;
  file_ = from_position;
  last_ = last;
  starved_ = false;
}

Result<CaptureReader> CaptureReader::open(View file) { return open_window(file, true); }

Result<CaptureReader> CaptureReader::open_window(View file, bool last) {
  CaptureReader r;
  r.file_ = file;
  r.last_ = last;
  if (file.size() < 4) return no_capture("The file is too short for a capture file.");
  const std::uint32_t magic = load_be32(file.data());
  if (magic == magic_ng) {
    r.format_ = Format::ng;
    return r;
  }
  // swapped_ is relative to network order, in which the file was just read.
  r.swapped_ = magic != magic_micro && magic != magic_nano && magic != magic_modified;
  const std::uint32_t native = r.swapped_ ? __builtin_bswap32(magic) : magic;
  if (native != magic_micro && native != magic_nano && native != magic_modified) {
    if (is_erf(file)) {
      r.format_ = Format::erf;
      return r;
    }
    return no_capture(
        fmt::format("The file is neither pcap, pcapng nor ERF (it begins with bytes {:08x}).", magic));
  }
  if (file.size() < 24) return no_capture("The pcap file header is cut short.");
  r.nano_ = native == magic_nano;
  if (native == magic_modified) r.record_header_ = 24;
  r.link_type_ = r.u32(file, 20) & 0xffff;  // the upper half tells of frame check sequences
  r.at_ = 24;
  return r;
}

void CaptureReader::name_inputs(std::vector<std::string> names, bool whole) {
  inputs_ = std::move(names);
  whole_ = whole && !inputs_.empty();
}

bool CaptureReader::next(RawPacket& out) {
  out.ingress = whole_ ? 1 : 0;
  if (!broken_.empty() || truncated_ || starved_) return false;
  switch (format_) {
    case Format::ng:
      return next_ng(out);
    case Format::erf:
      return next_erf(out);
    case Format::classic:
      break;
  }
  return next_classic(out);
}

bool CaptureReader::next_classic(RawPacket& out) {
  const View rest = file_.subspan(at_);
  block_at_ = at_;
  if (rest.empty()) return last_ ? false : short_of_bytes();
  if (rest.size() < record_header_) return short_of_bytes();
  const std::uint32_t captured = u32(rest, 8);
  if (captured > limits::packet_bytes_max) return stop(fmt::format("a packet of {} bytes", captured));
  if (captured > rest.size() - record_header_) return short_of_bytes();
  const std::int64_t scale = nano_ ? 1 : 1000;
  out.at = from_ns(static_cast<std::int64_t>(u32(rest, 0)) * 1'000'000'000 + u32(rest, 4) * scale);
  out.link_type = link_type_;
  out.bytes = rest.subspan(record_header_, captured);
  out.wire_length = std::max(captured, u32(rest, 12));
  at_ += record_header_ + captured;
  return true;
}

std::optional<PlainRecords> CaptureReader::plain_records() const {
  if (format_ != Format::classic || !swapped_ || record_header_ != PlainRecords::header_bytes ||
      !broken_.empty() || truncated_ || starved_)
    return std::nullopt;
  PlainRecords r;
  r.at_ = file_.data() + at_;
  r.end_ = file_.data() + file_.size();
  r.scale_ = nano_ ? 1 : 1000;
  r.link_type_ = link_type_;
  return r;
}

CaptureWriter::CaptureWriter(std::uint32_t link_type) {
  put_le(out_, magic_nano, 4);
  put_le(out_, 2, 2);
  put_le(out_, 4, 2);
  put_le(out_, 0, 8);
  put_le(out_, limits::packet_bytes_max, 4);
  put_le(out_, link_type, 4);
}

void CaptureWriter::add(const RawPacket& p) {
  // Times before 1970 cannot be written in this format; they become its first instant.
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(to_ns(p.at), 0));
  const View bytes = p.bytes.first(std::min(p.bytes.size(), limits::packet_bytes_max));
  put_le(out_, ns / 1'000'000'000, 4);
  put_le(out_, ns % 1'000'000'000, 4);
  put_le(out_, bytes.size(), 4);
  put_le(out_, std::max<std::uint64_t>(p.wire_length, p.bytes.size()), 4);
  put_bytes(out_, bytes);
}

}  // namespace writ::wire
