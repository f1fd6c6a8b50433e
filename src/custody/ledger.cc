// SPDX-License-Identifier: GPL-3.0-or-later
#include "custody/ledger.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::custody {
namespace {

constexpr const char* note_schema = "writ.spool-matter/1";

fs::path numbered(const fs::path& dir, std::uint64_t n, const char* ending) {
  return dir / fmt::format("{:06}{}", n, ending);
}

// Numbers of the files in `dir` with that ending.
std::set<std::uint64_t> numbers_in(const fs::path& dir, const std::string& ending) {
  std::set<std::uint64_t> out;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(dir, ec)) {
    const std::string name = e.path().filename().string();
    if (name.size() != 6 + ending.size() || !name.ends_with(ending)) continue;
    const std::string digits = name.substr(0, 6);
    if (digits.find_first_not_of("0123456789") == std::string::npos) out.insert(std::stoull(digits));
  }
  return out;
}

}  // namespace

Result<Fd> lock_custody(const fs::path& probe_dir) { return lock_file(probe_dir / "custody.lock"); }

Status note_matter(const fs::path& spool, const authority::VerifiedGrant& grant) {
  const fs::path file = spool / crypto::hex(grant.id()) / "matter.json";
  const std::string text = canonical(Json{{"schema", note_schema},
                                          {"grant", crypto::hex(grant.id())},
                                          {"matter", grant.body().matter},
                                          {"from", rfc3339(grant.from())}});
  if (const auto there = read_text(file); there && *there == text) return {};
  return write_file(file, text);
}

Result<SpoolMatters> spool_matters(const fs::path& spool) {
  SpoolMatters out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(spool, ec)) {
    const std::string id = entry.path().filename().string();
    const auto grant = crypto::unhex(id);
    if (!entry.is_directory(ec) || !grant || grant->size() != sizeof(crypto::Digest)) continue;
    const auto text = read_paper(entry.path() / "matter.json");
    if (!text && text.error().exit != Exit::not_found) return tl::unexpected(text.error());
    if (!text) {
      out.unnamed.push_back(id);
      continue;
    }
    WRIT_TRY(j, parse_canonical(*text, "matter.json"));
    WRIT_TRY(matter, matter_field(j, "matter.json"));
    WRIT_TRY(from, authority::time_field(j, "from", "matter.json"));
    SpoolGrant g{{}, from};
    std::copy(grant->begin(), grant->end(), g.grant.begin());
    out.of[matter].push_back(g);
  }
  for (auto& [matter, grants] : out.of)
    std::sort(grants.begin(), grants.end(), [](const auto& a, const auto& b) { return a.grant < b.grant; });
  return out;
}

Result<Ledger> Ledger::open(const Site& site, const std::string& matter) {
  if (!is_matter_number(matter))
    return fail(Exit::usage, fmt::format("'{}' is not a matter's number", matter));
  Ledger l;
  l.dir_ = site.dir / "retrieved" / matter;
  for (const std::uint64_t n : numbers_in(l.dir_, ".json")) {
    const fs::path file = numbered(l.dir_, n, ".json");
    WRIT_TRY(text, read_paper(file));
    WRIT_TRY(b, parse_bundle(text, file.string()));
    const bool follows = b.bundle.sequence == n && n == l.bundles_.size() + 1 &&
                         (l.bundles_.empty() || b.bundle.previous == l.bundles_.back().id);
    if (!follows || b.bundle.probe != site.key->public_key() || b.bundle.matter != matter)
      return bad_paper(file.string(), "does not follow the retrieval before it");
    l.count(b.bundle);
    l.bundles_.push_back(std::move(b));
  }
  l.copied_ = numbers_in(l.dir_, ".copied");
  if (std::error_code ec; fs::exists(l.dir_ / "acknowledged.json", ec)) {
    WRIT_TRY(text, read_paper(l.dir_ / "acknowledged.json"));
    WRIT_TRY(ack, verify_acknowledgement(text, *site.roots, "acknowledged.json"));
    l.acknowledged_ = ack.sequence;
  }
  return l;
}

void Ledger::count(const Bundle& b) {
  for (const Piece& p : b.pieces) {
    through_[p.segment] = p.end();
    if (p.closed) closed_.insert(p.segment);
  }
}

std::uint64_t Ledger::through(const SegmentName& s) const {
  const auto it = through_.find(s);
  return it == through_.end() ? 0 : it->second;
}

Status Ledger::commit(SignedBundle b) {
  WRIT_CHECK(make_dirs(dir_));
  WRIT_CHECK(write_file(numbered(dir_, b.bundle.sequence, ".json"), b.text));
  count(b.bundle);
  bundles_.push_back(std::move(b));
  return {};
}

Status Ledger::mark_copied(std::uint64_t sequence) {
  if (is_copied(sequence)) return {};
  copied_.insert(sequence);
  return write_file(numbered(dir_, sequence, ".copied"), std::string_view{});
}

Status Ledger::keep_acknowledgement(const Acknowledgement& a, View text) {
  if (a.sequence <= acknowledged_) return {};
  WRIT_CHECK(make_dirs(dir_));
  acknowledged_ = a.sequence;
  return write_file(dir_ / "acknowledged.json", text);
}

}  // namespace writ::custody
