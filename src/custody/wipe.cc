// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/wipe.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "vault/segment_base.hh"

namespace writ::custody {
namespace {

using vault::StreamBase;

struct StreamOf {
  crypto::Digest grant{};
  vault::Stream stream = vault::Stream::call_data;
  auto operator<=>(const StreamOf&) const = default;
};

fs::path lane(const Site& site, const crypto::Digest& grant) { return site.spool() / crypto::hex(grant); }

// The segments of one stream that may go: from its beginning, without a hole, each byte for byte what the
// office holds.
Status collect_stream(const Site& site, const StreamOf& of, const std::map<SegmentName, Held>& held,
                      Wiped& out) {
  const fs::path dir = lane(site, of.grant);
  std::error_code ec;
  if (!fs::is_directory(dir, ec)) return {};
  WRIT_TRY(base, vault::read_base(dir, of.stream, site.key->public_key()));
  WRIT_TRY(files, vault::list_after(dir, base));
  std::uint64_t next = base.through + 1;
  for (const auto& [number, file] : files) {
    const auto it = held.find({of.grant, of.stream, number});
    if (number != next++ || it == held.end()) return {};
    if (!it->second.closed) {
      ++out.not_closed;
      return {};
    }
    WRIT_TRY(info, vault::verify_segment(file, site.key->public_key()));
    WRIT_TRY(sha256, crypto::sha256_file(file.string()));
    if (!info.closed || sha256 != it->second.sha256 || fs::file_size(file, ec) != it->second.bytes)
      return fail(Exit::integrity,
                  fmt::format("{} is not the one that the office acknowledged", it->first.file()),
                  "only what the office holds, byte for byte, is destroyed (docs/field-work.md)",
                  "the same bytes in both places", "keep the probe's disk as it is and tell the auditor");
    out.destruction.destroyed.push_back({it->first, it->second.bytes, sha256});
  }
  return {};
}

Status collect(const Site& site, const Acknowledgement& ack, Wiped& out) {
  std::map<SegmentName, Held> held;
  std::set<StreamOf> streams;
  for (const Held& h : ack.held) {
    held[h.segment] = h;
    streams.insert({h.segment.grant, h.segment.stream});
  }
  for (const StreamOf& of : streams) WRIT_CHECK(collect_stream(site, of, held, out));
  return {};
}

Status advance_base(const Site& site, const StreamOf& of, std::uint64_t through) {
  const fs::path dir = lane(site, of.grant);
  WRIT_TRY(base, vault::read_base(dir, of.stream, site.key->public_key()));
  if (base.through >= through) return {};
  WRIT_TRY(files, vault::list_after(dir, base));
  base.grant = of.grant;
  for (const auto& [number, file] : files) {
    if (number > through) break;
    WRIT_TRY(info, vault::verify_segment(file, site.key->public_key()));
    base.through = number;
    base.trailer = info.trailer;
    if (!info.source.empty() && info.last_mark != 0) base.marks[info.source] = info.last_mark;
  }
  return vault::write_base(dir, base, *site.key);
}

// Bases first, in which the streams go on; then the files. Again after a kill: what is done is passed over.
Status destroy(const Site& site, const Destruction& d) {
  std::map<StreamOf, std::uint64_t> through;
  for (const Extent& one : d.destroyed) {
    auto& last = through[{one.segment.grant, one.segment.stream}];
    last = std::max(last, one.segment.number);
  }
  for (const auto& [of, number] : through) WRIT_CHECK(advance_base(site, of, number));
  for (const Extent& one : d.destroyed) {
    const fs::path file = one.segment.under(site.spool());
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return tl::unexpected(io_error("destroy", file));
  }
  for (const auto& [of, number] : through) WRIT_CHECK(sync_dir(lane(site, of.grant)));
  return {};
}

tl::unexpected<Error> not_for_us(const std::string& what) {
  return fail(Exit::refused, what, "a probe destroys only what the office acknowledged of it",
              "this probe's acknowledgement",
              "writ intercept import MATTER --bundle PATH at the office makes it");
}

}  // namespace

Result<Wiped> wipe(const Site& site, View text) {
  WRIT_TRY(ack, verify_acknowledgement(text, *site.roots, "the acknowledgement"));
  if (ack.probe != site.key->public_key()) return not_for_us("the acknowledgement is another probe's");
  WRIT_TRY(lock, lock_custody(site.dir));
  WRIT_TRY(ledger, Ledger::open(site, ack.matter));
  const auto& bundles = ledger.bundles();
  if (ack.sequence == 0 || ack.sequence > bundles.size() || bundles[ack.sequence - 1].id != ack.bundle)
    return not_for_us(fmt::format("this probe made no bundle {} of {} that the acknowledgement names",
                                  ack.sequence, ack.matter));
  Wiped out;
  const crypto::Digest id = crypto::sha256(text);
  out.kept = site.dir / "destroyed" /
             fmt::format("{}-{:06}-{}.json", ack.matter, ack.sequence, crypto::hex(id).substr(0, 16));
  if (std::error_code ec; fs::exists(out.kept, ec)) {  // the same again, perhaps after a kill
    WRIT_TRY(record, read_paper(out.kept));
    WRIT_TRY(done, parse_destruction(record, out.kept.string()));
    if (done.probe != ack.probe || done.acknowledgement != id)
      return bad_paper(out.kept.string(), "is not the record of this acknowledgement");
    WRIT_CHECK(destroy(site, done));
    out.destruction = std::move(done);
    out.record = text_of(record);
    return out;
  }
  out.destruction = {ack.probe, site.name, ack.matter, id, {}, site.now};
  WRIT_CHECK(collect(site, ack, out));
  if (out.destruction.destroyed.empty()) {
    WRIT_CHECK(ledger.keep_acknowledgement(ack, text));
    out.kept.clear();
    return out;
  }
  out.record = sign_destruction(out.destruction, *site.key);
  WRIT_CHECK(
      site.note("probe.wipe", Json{{"matter", ack.matter},
                                   {"bundle", ack.sequence},
                                   {"acknowledgement", crypto::hex(id)},
                                   {"segments", out.destruction.destroyed.size()},
                                   {"record_sha256", crypto::hex(crypto::sha256(view_of(out.record)))}}));
  WRIT_CHECK(ledger.keep_acknowledgement(ack, text));
  WRIT_CHECK(make_dirs(out.kept.parent_path()));
  WRIT_CHECK(write_file(out.kept, out.record));
  WRIT_CHECK(destroy(site, out.destruction));
  return out;
}

}  // namespace writ::custody
