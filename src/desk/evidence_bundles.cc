// SPDX-License-Identifier: GPL-3.0-or-later
// Order of an import: the manifest (signature, probe, matter, place in the sequence), every piece against it,
// the streams as they will be (in evidence/<matter>/.incoming, of which the old parts are links), the note,
// the segments, the manifest, the acknowledgement. Killed anywhere, the same import goes on: pieces that are
// in the house are recognised, and the manifest comes last.
#include "desk/evidence_bundles.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "desk/grant_checks.hh"
#include "vault/segment.hh"

namespace writ::desk {
namespace {

using authority::Role;
using custody::Bundle;
using custody::Piece;
using custody::SegmentName;
using custody::SignedBundle;

constexpr const char* bundle_rule = "S52: what was captured reaches the office whole, in order and unaltered";

tl::unexpected<Error> bundle_refused(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), bundle_rule, std::move(missing), std::move(next));
}

fs::path evidence_of(const Carrier& c, const std::string& matter) { return c.data() / "evidence" / matter; }

fs::path bundle_file(const Carrier& c, const Bundle& b, const char* ending) {
  return evidence_of(c, b.matter) / "bundles" /
         fmt::format("{}-{:06}{}", b.probe.text().substr(0, 8), b.sequence, ending);
}

// Probe of each issued grant of the matter.
Result<std::map<crypto::Digest, crypto::VerifyKey>> probes_of(const Carrier& c, const std::string& matter) {
  WRIT_TRY(grants, Orders{c}.grants(matter));
  std::map<crypto::Digest, crypto::VerifyKey> out;
  for (const GrantRow& g : grants) {
    if (!g.file) continue;
    WRIT_TRY(issued, issued_grant(c, g));
    out[authority::grant_id(issued.body)] = issued.body.probe;
  }
  return out;
}

Status check_ours(const Carrier& c, const std::string& matter, const Bundle& b) {
  if (b.matter != matter)
    return bundle_refused(fmt::format("the bundle is of {}", b.matter), fmt::format("a bundle of {}", matter),
                          fmt::format("writ intercept import {} --bundle ...", b.matter));
  WRIT_TRY(probes, probes_of(c, matter));
  const bool known =
      std::any_of(probes.begin(), probes.end(), [&](const auto& p) { return p.second == b.probe; });
  for (const Piece& p : b.pieces) {
    const auto it = probes.find(p.segment.grant);
    if (it == probes.end() || it->second != b.probe)
      return bundle_refused(
          fmt::format("a segment in the bundle was sealed under a grant that {} did not give to this probe",
                      matter),
          "segments of this matter's grants", "keep the bundle and tell the auditor");
  }
  if (known) return {};
  return bundle_refused(fmt::format("the bundle is signed by a probe that no grant of {} names", matter),
                        "a bundle of this matter's probe", "keep the bundle and tell the auditor");
}

Result<std::vector<SignedBundle>> taken_of_probe(const Carrier& c, const Bundle& like) {
  WRIT_TRY(all, bundles_taken(c, like.matter));
  std::erase_if(all, [&](const SignedBundle& b) { return b.bundle.probe != like.probe; });
  return all;
}

// Exit::refused with the days that are missing.
Status check_sequence(const std::vector<SignedBundle>& taken, const SignedBundle& b) {
  const std::uint64_t last = taken.empty() ? 0 : taken.back().bundle.sequence;
  const std::uint64_t n = b.bundle.sequence;
  if (n <= last) {
    if (taken[n - 1].id == b.id) return {};
    return fail(Exit::integrity, fmt::format("another bundle {} of this probe was taken in before", n),
                bundle_rule, "one bundle of each number", "keep both and tell the auditor");
  }
  if (n == last + 1) {
    if (last == 0 || b.bundle.previous == taken.back().id) return {};
    return fail(Exit::integrity,
                fmt::format("bundle {} does not follow the bundle {} that was taken in", n, last),
                bundle_rule, "the bundle that follows", "keep it and tell the auditor");
  }
  std::string missing;
  for (std::uint64_t m = last + 1; m < n; ++m) {
    const auto& w = b.bundle.waiting;
    const auto it = std::find_if(w.begin(), w.end(), [&](const auto& e) { return e.sequence == m; });
    missing += fmt::format("{}bundle {}{}", missing.empty() ? "" : ", ", m,
                           it == w.end() ? "" : fmt::format(" ({})", it->day));
    if (m - last >= 40) {
      missing += " ...";
      break;
    }
  }
  return bundle_refused(
      fmt::format("bundle {} came before {} that it follows", n, n - last == 2 ? "one" : "others"), missing,
      "take them in first; writ-probe retrieve --again makes them once more");
}

// --- the pieces -------------------------------------------------------------------------------------------

// The kept part and the piece are one run of bytes; nullopt when all of it is kept already.
Result<std::optional<Bytes>> joined_segment(const fs::path& kept, const Piece& p, View piece) {
  Bytes have;
  if (auto file = read_file(kept))
    have = std::move(*file);
  else if (file.error().exit != Exit::not_found)
    return tl::unexpected(std::move(file).error());
  if (have.size() < p.offset)
    return fail(Exit::integrity,
                fmt::format("{}: {} bytes are in the house, the piece begins at {}", p.segment.file(),
                            have.size(), p.offset),
                bundle_rule, "the bytes between them", "the bundles before; tell the auditor");
  const std::size_t overlap = std::min<std::size_t>(have.size() - p.offset, piece.size());
  if (!std::equal(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(overlap),
                  have.begin() + static_cast<std::ptrdiff_t>(p.offset)))
    return fail(Exit::integrity, fmt::format("{} differs from what was taken in before", p.segment.file()),
                bundle_rule, "a sealed frame never changes", "keep both and tell the auditor");
  if (overlap == piece.size()) return std::optional<Bytes>{};
  put_bytes(have, piece.subspan(overlap));
  return std::optional{std::move(have)};
}

// `dir`: a fresh directory; what is kept of a grant already is linked into it.
Status link_kept(const fs::path& kept, const fs::path& dir) {
  WRIT_CHECK(make_dirs(dir, 0700));
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(kept, ec)) {
    if (e.path().extension() != ".seg") continue;
    fs::create_hard_link(e.path(), dir / e.path().filename(), ec);
    if (ec) fs::copy_file(e.path(), dir / e.path().filename(), ec);
    if (ec) return fail(Exit::failure, fmt::format("link {}: {}", e.path().string(), ec.message()));
  }
  return {};
}

class Import {
 public:
  Import(Carrier& c, const SignedBundle& b, const Acting& by) : c_(c), b_(b), by_(by) {
    staging_ = evidence_of(c, b.bundle.matter) / ".incoming";
  }
  ~Import() { clear(); }
  Import(const Import&) = delete;
  Import& operator=(const Import&) = delete;

  Status run(const fs::path& dir, BundleTaken& done) {
    clear();
    for (const Piece& p : b_.bundle.pieces) WRIT_CHECK(stage(dir, p, done));
    WRIT_CHECK(verify_staged());
    for (const auto& [kept, staged] : moves_) WRIT_CHECK(take(kept, staged));
    return {};
  }

 private:
  void clear() const {
    std::error_code ec;
    fs::remove_all(staging_, ec);
  }

  Status stage(const fs::path& dir, const Piece& p, BundleTaken& done) {
    ++done.pieces;
    WRIT_TRY(piece, custody::read_piece(dir, p));
    const fs::path kept = p.segment.under(evidence_of(c_, b_.bundle.matter));
    WRIT_TRY(whole, joined_segment(kept, p, piece));
    const fs::path staged = p.segment.under(staging_);
    if (grants_.insert(p.segment.grant).second)
      WRIT_CHECK(link_kept(kept.parent_path(), staged.parent_path()));
    if (!whole) {
      ++done.already_there;
      return {};
    }
    std::error_code ec;
    fs::remove(staged, ec);
    WRIT_CHECK(write_file(staged, *whole, 0440));
    moves_.emplace_back(kept, staged);
    return {};
  }

  Status verify_staged() const {
    for (const crypto::Digest& grant : grants_)
      for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
        WRIT_TRY(verified, vault::verify_stream(staging_ / crypto::hex(grant), stream, b_.bundle.probe));
        if (std::any_of(verified.begin(), verified.end(), [&](const auto& i) { return i.grant != grant; }))
          return fail(Exit::integrity, "a segment in the bundle was sealed under another grant", bundle_rule);
      }
    return {};
  }

  Status take(const fs::path& kept, const fs::path& staged) const {
    WRIT_TRY(sha256, crypto::sha256_file(staged.string()));
    WRIT_CHECK(c_.note(by_.person.user, "evidence.import", b_.bundle.matter,
                       Json{{"grant", kept.parent_path().filename().string()},
                            {"segment", kept.filename().string()},
                            {"sha256", crypto::hex(sha256)},
                            {"bundle", crypto::hex(b_.id)}}));
    WRIT_CHECK(make_dirs(kept.parent_path(), 0700));
    if (::rename(staged.c_str(), kept.c_str()) != 0) return tl::unexpected(io_error("rename", staged));
    return sync_dir(kept.parent_path());
  }

  Carrier& c_;
  const SignedBundle& b_;
  const Acting& by_;
  fs::path staging_;
  std::set<crypto::Digest> grants_;
  std::vector<std::pair<fs::path, fs::path>> moves_;  // kept, staged; in the order of the streams
};

// --- the acknowledgement
// ------------------------------------------------------------------------------------

// What lies here of this probe and matter, verified as it lies.
Result<std::vector<custody::Held>> held_of(const Carrier& c, const Bundle& b) {
  WRIT_TRY(probes, probes_of(c, b.matter));
  std::vector<custody::Held> out;
  for (const auto& [grant, probe] : probes) {
    const fs::path dir = evidence_of(c, b.matter) / crypto::hex(grant);
    std::error_code ec;
    if (probe != b.probe || !fs::is_directory(dir, ec)) continue;
    for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
      WRIT_TRY(segments, vault::verify_stream(dir, stream, probe));
      for (const vault::SegmentInfo& s : segments) {
        const SegmentName name{grant, stream, s.number};
        const fs::path file = name.under(evidence_of(c, b.matter));
        WRIT_TRY(sha256, crypto::sha256_file(file.string()));
        out.push_back({{name, fs::file_size(file, ec), sha256}, s.closed});
      }
    }
  }
  return out;
}

Result<std::string> acknowledge(Carrier& c, const SignedBundle& b, const Acting& by) {
  const fs::path file = bundle_file(c, b.bundle, ".ack.json");
  if (auto there = read_text(file))
    if (custody::verify_acknowledgement(view_of(*there), c.roots(), file.string())) return there;
  WRIT_TRY(held, held_of(c, b.bundle));
  custody::Acknowledgement ack{b.bundle.probe, b.bundle.matter, b.bundle.sequence,
                               b.id,           std::move(held), c.now()};
  std::string text = custody::sign_acknowledgement(std::move(ack), {&by.cert, &by.person.sign},
                                                   {&c.desk_cert(), &c.desk_key()});
  WRIT_CHECK(c.note(by.person.user, "evidence.acknowledge", b.bundle.matter,
                    Json{{"bundle", crypto::hex(b.id)},
                         {"sequence", b.bundle.sequence},
                         {"acknowledgement", crypto::hex(crypto::sha256(view_of(text)))}}));
  WRIT_CHECK(write_file(file, text, 0440));
  return text;
}

Result<BundleTaken> take_bundle(Carrier& c, const std::string& matter, const fs::path& dir,
                                const Acting& by) {
  WRIT_TRY(b, bundle_of(c, matter, dir));
  WRIT_CHECK(make_dirs(evidence_of(c, matter) / "bundles", 0700));
  WRIT_TRY(lock, lock_file(evidence_of(c, matter) / "bundles" / "lock"));
  WRIT_TRY(taken, taken_of_probe(c, b.bundle));
  WRIT_CHECK(check_sequence(taken, b));
  BundleTaken done;
  done.sequence = b.bundle.sequence;
  done.day = b.bundle.day;
  done.again = b.bundle.sequence <= taken.size();
  WRIT_CHECK(Import(c, b, by).run(dir, done));
  if (!done.again) {
    WRIT_CHECK(c.note(by.person.user, "evidence.bundle", matter,
                      Json{{"bundle", crypto::hex(b.id)},
                           {"sequence", b.bundle.sequence},
                           {"day", b.bundle.day},
                           {"probe", b.bundle.probe_name},
                           {"pieces", b.bundle.pieces.size()}}));
    WRIT_CHECK(write_file(bundle_file(c, b.bundle, ".json"), b.text, 0440));
  }
  WRIT_TRY(ack, acknowledge(c, b, by));
  done.acknowledgement = std::move(ack);
  done.kept = bundle_file(c, b.bundle, ".ack.json");
  return done;
}

}  // namespace

Result<BundleTaken> EvidenceBundles::import(const std::string& matter, const fs::path& bundle,
                                            const Credentials& who) {
  WRIT_TRY(by, c_->act_as_any(who, {Role::technician, Role::custodian}));
  return import(matter, bundle, by);
}

Result<BundleTaken> EvidenceBundles::import(const std::string& matter, const fs::path& bundle,
                                            const Acting& who) {
  return c_->attempt(who.person.user, "evidence.import", matter,
                     [&] { return take_bundle(*c_, matter, bundle, who); });
}

Result<SignedBundle> bundle_of(const Carrier& c, const std::string& matter, const fs::path& bundle) {
  WRIT_TRY(b, custody::read_bundle(bundle));
  WRIT_CHECK(check_ours(c, matter, b.bundle));
  return b;
}

Result<std::vector<SignedBundle>> bundles_taken(const Carrier& c, const std::string& matter) {
  const fs::path dir = evidence_of(c, matter) / "bundles";
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(dir, ec)) {
    const std::string name = e.path().filename().string();
    if (name.ends_with(".json") && !name.ends_with(".ack.json")) files.push_back(e.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<SignedBundle> out;
  for (const fs::path& file : files) {
    WRIT_TRY(text, custody::read_paper(file));
    WRIT_TRY(b, custody::parse_bundle(text, file.string()));
    WRIT_CHECK(check_ours(c, matter, b.bundle));
    const bool first = out.empty() || out.back().bundle.probe != b.bundle.probe;
    const std::uint64_t expected = first ? 1 : out.back().bundle.sequence + 1;
    if (b.bundle.sequence != expected || (!first && b.bundle.previous != out.back().id) ||
        bundle_file(c, b.bundle, ".json") != file)
      return fail(Exit::integrity, fmt::format("{} does not follow the bundle before it", file.string()),
                  bundle_rule, "the manifests as they were taken in", "restore evidence/ from backup");
    out.push_back(std::move(b));
  }
  return out;
}

Result<custody::Destruction> destruction_of(const Carrier& c, const std::string& matter, View record) {
  WRIT_TRY(d, custody::parse_destruction(record, "the record of destruction"));
  if (d.matter != matter)
    return bundle_refused(fmt::format("the record is of {}", d.matter), fmt::format("a record of {}", matter),
                          "name the work order of that matter");
  WRIT_TRY(probes, probes_of(c, matter));
  for (const custody::Extent& one : d.destroyed) {
    const auto it = probes.find(one.segment.grant);
    if (it == probes.end() || it->second != d.probe)
      return bundle_refused(fmt::format("the record is not of a probe of {}", matter),
                            "a record of its probe", "keep it and tell the auditor");
    const auto here = crypto::sha256_file(one.segment.under(evidence_of(c, matter)).string());
    if (!here || *here != one.sha256)
      return fail(Exit::integrity,
                  fmt::format("the probe destroyed {}, and the office does not hold it", one.segment.file()),
                  bundle_rule, "the segment in evidence, byte for byte",
                  "stop the probe, keep its disk, and tell the auditor");
  }
  return d;
}

}  // namespace writ::desk
