// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/hotel_log.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

#include "crypto/crypto.hh"

namespace writ::ingest {
namespace {

constexpr std::size_t sum_chars = 8;

std::string sum_of(std::string_view rest) {
  return crypto::hex(crypto::sha256(view_of(rest))).substr(0, sum_chars);
}

std::string escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20 || b > 0x7e || c == '\\')
      out += fmt::format("\\x{:02x}", b);
    else
      out += c;
  }
  return out;
}

std::optional<std::string> unescaped(std::string_view s) {
  std::string out;
  while (!s.empty()) {
    if (s[0] != '\\') {
      out += s[0];
      s.remove_prefix(1);
      continue;
    }
    unsigned b = 0;
    if (s.size() < 4 || s[1] != 'x') return {};
    const auto [end, error] = std::from_chars(s.data() + 2, s.data() + 4, b, 16);
    if (error != std::errc{} || end != s.data() + 4) return {};
    out += static_cast<char>(b);
    s.remove_prefix(4);
  }
  return out;
}

std::string line_of(char kind, Instant at, std::string_view bytes) {
  const std::string rest = fmt::format("{} {} {}", rfc3339(at), kind, escaped(bytes));
  return sum_of(rest) + " " + rest + "\n";
}

}  // namespace

bool parse_hotel_log_line(std::string_view line, HotelLog::Entry& out) {
  if (line.size() < sum_chars + 1) return false;
  const std::string_view rest = line.substr(sum_chars + 1);
  if (sum_of(rest) != line.substr(0, sum_chars)) return false;
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos || rest.size() < space + 3) return false;
  const auto at = parse_rfc3339(rest.substr(0, space));
  auto bytes = unescaped(rest.substr(space + 3));
  if (!at || !bytes) return false;
  out.at = *at;
  out.kind = rest[space + 1];
  out.bytes = std::move(*bytes);
  return true;
}

Result<HotelLog::Opened> HotelLog::open(const fs::path& p) {
  if (p.has_parent_path()) WRIT_CHECK(make_dirs(p.parent_path()));
  Opened o;
  o.log.path_ = p;
  o.log.fd_ = Fd{::open(p.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)};
  if (!o.log.fd_) return tl::unexpected(io_error("open", p));
  if (::flock(o.log.fd_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::unit, fmt::format("{} is in use by another process", p.string()),
                "one link has one raw log", {}, "stop the other one, it serves the same hotel");
  WRIT_CHECK(sync_dir(p.parent_path()));
  std::ifstream in(p, std::ios::binary);
  if (!in) return tl::unexpected(io_error("read", p));
  std::string line;
  std::uint64_t number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (in.eof()) {  // no line end: the write did not come to its end, so nothing was done about it
      o.torn_bytes = line.size();
      break;
    }
    o.log.size_ += line.size() + 1;
    Entry e;
    if (!parse_hotel_log_line(line, e)) {
      o.damaged_lines.push_back(number);
    } else if (e.kind == 'A') {
      std::uint64_t upto = 0;
      std::from_chars(e.bytes.data(), e.bytes.data() + e.bytes.size(), upto);
      std::erase_if(o.not_done, [&](const Entry& x) { return x.number <= upto; });
      o.log.frames_ = std::max(o.log.frames_, upto);
    } else if (e.kind == 'F') {
      e.number = ++o.log.frames_;
      if (e.bytes.starts_with('G')) o.not_done.push_back(std::move(e));
    }
  }
  if (in.bad()) return tl::unexpected(io_error("read", p));
  if (o.torn_bytes > 0 && (::ftruncate(o.log.fd_.get(), static_cast<off_t>(o.log.size_)) != 0 ||
                           ::fdatasync(o.log.fd_.get()) != 0))
    return tl::unexpected(io_error("cut", p));
  return o;
}

Status HotelLog::write(const std::string& lines, bool sync) {
  Status ok = write_all(fd_.get(), view_of(lines));
  if (ok && sync && ::fdatasync(fd_.get()) != 0) ok = tl::unexpected(io_error("sync", path_));
  if (ok) {
    size_ += lines.size();
    return {};
  }
  const bool is_cut = ::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0;
  return fail(Exit::failure, fmt::format("{}: {}", path_.string(), ok.error().what),
              "what a hotel sends is kept before anything is done about it",
              is_cut ? "room for it; the record that came last was not taken"
                     : "room for it; the file ends in a half line, which the next start cuts off",
              "the administrator makes room or repairs the disk and starts the link again");
}

Status HotelLog::append(std::vector<Entry>& entries) {
  std::string lines;
  std::uint64_t frames = frames_;
  for (Entry& e : entries) {
    lines += line_of(e.kind, e.at, e.bytes);
    if (e.kind == 'F') e.number = ++frames;
  }
  if (lines.empty()) return {};
  WRIT_CHECK(write(lines, true));
  frames_ = frames;
  return {};
}

Status HotelLog::done(std::uint64_t number, Instant now) {
  return write(line_of('A', now, std::to_string(number)), false);
}

}  // namespace writ::ingest
