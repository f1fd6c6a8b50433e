// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/retrieve.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "vault/segment_base.hh"

namespace writ::custody {
namespace {

constexpr const char* retrieval_rule = "S52: retrieved daily; a bundle is whole or it is not there";

tl::unexpected<Error> medium_error(const Error& cause, const fs::path& medium) {
  return fail(cause.exit == Exit::integrity ? Exit::integrity : Exit::unit,
              fmt::format("the bundle is not on {}: {}", medium.string(), cause.what), retrieval_rule,
              "a medium that takes all of it",
              "nothing is lost: give the same command again with another medium, or with room on this one");
}

Status check_room(const fs::path& medium, std::uint64_t bytes) {
  struct statvfs fs_stat {};
  if (::statvfs(medium.c_str(), &fs_stat) != 0) return tl::unexpected(io_error("look at", medium));
  const std::uint64_t free = std::uint64_t{fs_stat.f_bavail} * fs_stat.f_frsize;
  constexpr std::uint64_t reserve = 64u << 10;  // the manifest and the file system's own blocks
  if (free >= bytes + reserve) return {};
  return fail(Exit::unit, fmt::format("{} has room for {} bytes", medium.string(), free), retrieval_rule,
              fmt::format("room for {} bytes", bytes + reserve), "another medium, or make room on this one");
}

// --- what is new in the spool -----------------------------------------------------------------------------

Result<std::optional<Piece>> new_piece(const Site& site, const Ledger& ledger, const SegmentName& segment) {
  const fs::path file = segment.under(site.spool());
  const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  // What the bundle holds must survive here, too: a power failure would else let the segment go on otherwise.
  if (!fd || ::fdatasync(fd.get()) != 0) return tl::unexpected(io_error("sync", file));
  WRIT_TRY(map, MappedFile::open(file));
  WRIT_TRY(whole, vault::whole_part(map.bytes(), site.key->public_key(), segment.file()));
  const std::uint64_t from = ledger.through(segment);
  if (whole.grant != segment.grant || whole.bytes < from)
    return bad_paper(file.string(), "is not what the last retrieval found");
  if (whole.bytes == from || (whole.frames == 0 && !whole.closed)) return std::optional<Piece>{};
  Piece p;
  p.segment = segment;
  p.offset = from;
  p.bytes = whole.bytes - from;
  p.closed = whole.closed;
  p.sha256 = crypto::sha256(map.bytes().subspan(from, p.bytes));
  return std::optional{p};
}

Result<std::vector<Piece>> new_pieces(const Site& site, const Ledger& ledger,
                                      const std::vector<SpoolGrant>& grants) {
  std::vector<Piece> out;
  for (const SpoolGrant& g : grants)
    for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
      const fs::path dir = site.spool() / crypto::hex(g.grant);
      WRIT_TRY(base, vault::read_base(dir, stream, site.key->public_key()));
      WRIT_TRY(files, vault::list_after(dir, base));
      for (const auto& [number, file] : files) {
        const SegmentName segment{g.grant, stream, number};
        if (ledger.is_closed(segment)) continue;
        WRIT_TRY(piece, new_piece(site, ledger, segment));
        if (piece) out.push_back(*piece);
      }
    }
  if (out.size() > pieces_max) out.resize(pieces_max);  // the next bundle goes on
  return out;
}

Bundle next_bundle(const Site& site, const Ledger& ledger, const std::string& matter, const std::string& day,
                   Instant began, std::vector<Piece> pieces) {
  Bundle b;
  b.probe_name = site.name;
  b.matter = matter;
  b.day = day;
  b.pieces = std::move(pieces);
  b.from = began;
  b.until = site.now;
  if (!ledger.bundles().empty()) {
    const SignedBundle& last = ledger.bundles().back();
    b.sequence = last.bundle.sequence + 1;
    b.previous = last.id;
    b.from = last.bundle.until;
  }
  for (const SignedBundle& e : ledger.bundles())
    if (e.bundle.sequence > ledger.acknowledged())
      b.waiting.push_back({e.bundle.sequence, e.bundle.day, e.id});
  return b;
}

// --- onto the medium --------------------------------------------------------------------------------------

Status copy_piece(const Site& site, const Piece& p, const fs::path& to) {
  const fs::path from = p.segment.under(site.spool());
  const Fd in{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!in) return tl::unexpected(io_error("open", from));
  const Fd out{::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
  if (!out) return tl::unexpected(io_error("create", to));
  Bytes block(1u << 20);
  crypto::Sha256 hash;
  for (std::uint64_t done = 0; done < p.bytes;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), p.bytes - done));
    const ssize_t n = ::pread(in.get(), block.data(), want, static_cast<off_t>(p.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bad_paper(from.string(), "is shorter than what was retrieved");
    const View got = View{block}.first(static_cast<std::size_t>(n));
    hash.update(got);
    WRIT_CHECK(write_all(out.get(), got));
    done += got.size();
  }
  if (hash.finish() != p.sha256) return bad_paper(from.string(), "is not what was retrieved");
  if (::fsync(out.get()) != 0) return tl::unexpected(io_error("sync", to));
  // Read again from the medium, not from memory.
  ::posix_fadvise(out.get(), 0, 0, POSIX_FADV_DONTNEED);
  WRIT_TRY(read_back, crypto::sha256_file(to.string()));
  if (read_back != p.sha256)
    return fail(Exit::unit, fmt::format("{} reads otherwise than it was written", to.string()));
  return {};
}

Status fill(const Site& site, const SignedBundle& b, const fs::path& dir) {
  WRIT_CHECK(make_dirs(dir));
  for (const Piece& p : b.bundle.pieces) WRIT_CHECK(copy_piece(site, p, dir / p.file()));
  WRIT_CHECK(write_file(dir / manifest_name, b.text));
  return sync_dir(dir);
}

// Whether the medium has it, whole. Another bundle under its name is Exit::integrity.
Result<bool> is_there(const SignedBundle& b, const fs::path& dir) {
  std::error_code ec;
  if (!fs::exists(dir, ec)) return false;
  const auto there = read_bundle(dir);
  if (!there) return false;
  if (there->id != b.id)
    return bad_paper(dir.string(), "is another bundle of this name, which this probe did not make");
  return std::all_of(b.bundle.pieces.begin(), b.bundle.pieces.end(),
                     [&](const Piece& p) { return read_piece(dir, p).has_value(); });
}

Status copy_bundle(const Site& site, const SignedBundle& b, const fs::path& medium) {
  const fs::path dir = medium / b.bundle.name(), partial = medium / (b.bundle.name() + ".partial");
  WRIT_TRY(whole, is_there(b, dir));
  if (whole) return {};
  std::error_code ec;
  fs::remove_all(partial, ec);
  Status done = fill(site, b, partial);
  if (done) {
    fs::remove_all(dir, ec);  // a copy that has become unreadable
    if (::rename(partial.c_str(), dir.c_str()) != 0) done = tl::unexpected(io_error("rename", partial));
  }
  if (done) return sync_dir(medium);
  fs::remove_all(partial, ec);
  return medium_error(done.error(), medium);
}

Result<Retrieved> bring(const Site& site, Ledger& ledger, const SignedBundle& b, const RetrieveOptions& o,
                        bool is_new) {
  WRIT_CHECK(copy_bundle(site, b, o.medium));
  WRIT_CHECK(ledger.mark_copied(b.bundle.sequence));
  return Retrieved{b.bundle.matter,        b.bundle.sequence, b.id,  o.medium / b.bundle.name(), b.bundle.day,
                   b.bundle.pieces.size(), b.bundle.bytes(),  is_new};
}

Status retrieve_matter(const Site& site, const RetrieveOptions& o, const std::string& matter,
                       const std::vector<SpoolGrant>& grants, std::vector<Retrieved>& out) {
  WRIT_TRY(ledger, Ledger::open(site, matter));
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < ledger.bundles().size(); ++i) {
    const SignedBundle b = ledger.bundles()[i];
    const std::uint64_t n = b.bundle.sequence;
    if (n <= ledger.acknowledged() || (ledger.is_copied(n) && !o.again)) continue;
    WRIT_TRY(done, bring(site, ledger, b, o, false));
    out.push_back(std::move(done));
  }
  WRIT_TRY(pieces, new_pieces(site, ledger, grants));
  const bool has_day = !ledger.bundles().empty() && ledger.bundles().back().bundle.day == o.day;
  if (pieces.empty() && has_day) {
    if (out.size() > before) return {};
    const SignedBundle newest = ledger.bundles().back();
    out.push_back({matter,
                   newest.bundle.sequence,
                   newest.id,
                   {},
                   o.day,
                   newest.bundle.pieces.size(),
                   newest.bundle.bytes(),
                   false});
    return {};
  }
  const auto first = std::min_element(grants.begin(), grants.end(),
                                      [](const auto& a, const auto& b) { return a.from < b.from; });
  SignedBundle b =
      sign_bundle(next_bundle(site, ledger, matter, o.day, first->from, std::move(pieces)), *site.key);
  WRIT_CHECK(check_room(o.medium, b.bundle.bytes()));
  WRIT_CHECK(site.note("probe.retrieve", Json{{"matter", matter},
                                              {"bundle", b.bundle.sequence},
                                              {"sha256", crypto::hex(b.id)},
                                              {"pieces", b.bundle.pieces.size()},
                                              {"bytes", b.bundle.bytes()}}));
  WRIT_CHECK(ledger.commit(b));
  WRIT_TRY(done, bring(site, ledger, b, o, true));
  out.push_back(std::move(done));
  return {};
}

}  // namespace

Result<RetrieveResult> retrieve(const Site& site, const RetrieveOptions& o) {
  WRIT_CHECK(check_day_text(o.day));
  std::error_code ec;
  if (!fs::is_directory(o.medium, ec))
    return fail(Exit::not_found, fmt::format("{} is not a directory", o.medium.string()), retrieval_rule,
                "a mounted medium", "mount it, writable for the probe's user, and name its directory");
  WRIT_TRY(lock, lock_custody(site.dir));
  WRIT_TRY(matters, spool_matters(site.spool()));
  RetrieveResult out{{}, std::move(matters.unnamed)};
  bool found = false;
  for (const auto& [matter, grants] : matters.of) {
    if (!o.matter.empty() && o.matter != matter) continue;
    found = true;
    WRIT_CHECK(retrieve_matter(site, o, matter, grants, out.bundles));
  }
  if (found) return out;
  return fail(Exit::not_found,
              out.unnamed.empty() ? std::string("the spool holds nothing to retrieve")
                                  : "the spool does not say whose its grants are",
              retrieval_rule, "a run under a grant", "writ-probe run writes down whose grant a spool is");
}

}  // namespace writ::custody
