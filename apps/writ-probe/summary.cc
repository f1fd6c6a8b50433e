// SPDX-License-Identifier: GPL-3.0-or-later
#include "summary.hh"

#include <fmt/format.h>

namespace writ::probe {
namespace {

Json unread_json(const intercept::UnreadCounts& counts) {
  Json list = Json::array();
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] > 0)
      list.push_back({{"packets", counts[k]}, {"why", to_string(static_cast<intercept::Unread>(k))}});
  return list;
}

}  // namespace

Json grant_counts(const std::vector<authority::VerifiedGrant>& grants, const capture::Spool& spool) {
  Json list = Json::array();
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const capture::LaneCounts c = spool.counts(g);
    list.push_back({{"grant", crypto::hex(grants[g].id())},
                    {"events", c.events},
                    {"packets", c.packets},
                    {"acknowledged", c.acknowledged},
                    {"resumed", c.resumed},
                    {"ended", spool.ended(g)}});
  }
  return list;
}

Json summary(const capture::RunResult& r, Json grants, Exit exit) {
  return {{"schema", "writ.probe-run/1"},
          {"grants", std::move(grants)},
          {"packets", r.stats.packets},
          {"bytes", r.stats.bytes},
          {"calls_isolated", r.stats.calls_isolated},
          {"packets_isolated", r.stats.packets_isolated},
          {"reviews", r.stats.reviews},
          {"unread", unread_json(r.stats.unread)},
          {"spool_bytes", r.spool_bytes},
          {"records_resumed", r.records_resumed},
          {"hep_messages", r.stats.hep},
          {"duplicates_removed", r.duplicates},
          {"source_lost", r.source.lost},
          {"kernel_dropped", r.kernel_dropped},
          {"sources_deaf", r.deaf_times},
          {"source_truncated", r.source.truncated},
          {"source_problem", r.source.problem},
          {"exit", static_cast<int>(exit)}};
}

void print_summary(const Json& s, bool json) {
  if (json) {
    fmt::print("{}\n", canonical(s));
    return;
  }
  fmt::print(
      "{} grants, {} packets read, {} calls isolated, {} packets isolated, {} reviews, {} bytes sealed\n",
      s["grants"].size(), s["packets"].get<std::uint64_t>(), s["calls_isolated"].get<std::uint64_t>(),
      s["packets_isolated"].get<std::uint64_t>(), s["reviews"].get<std::uint64_t>(),
      s["spool_bytes"].get<std::uint64_t>());
  if (const auto n = s["records_resumed"].get<std::uint64_t>(); n > 0)
    fmt::print("{} records were sealed by an earlier run already\n", n);
  if (const auto n = s["duplicates_removed"].get<std::uint64_t>(); n > 0)
    fmt::print("{} packets that came twice were taken once\n", n);
  if (const auto n = s["hep_messages"].get<std::uint64_t>(); n > 0)
    fmt::print("{} messages came by HEP from capture agents\n", n);
}

Exit judge(const capture::RunResult& r) {
  if (r.source.truncated) fmt::print(stderr, "the capture file ends within a packet\n");
  if (!r.source.problem.empty()) fmt::print(stderr, "the capture file is broken: {}\n", r.source.problem);
  if (r.kernel_dropped > 0) fmt::print(stderr, "the kernel dropped {} packets\n", r.kernel_dropped);
  if (r.deaf_times > 0) fmt::print(stderr, "a source heard nothing for a time, {} times\n", r.deaf_times);
  if (r.source.lost > 0)
    fmt::print(stderr, "whoever captured lost {} packets, as the source says\n", r.source.lost);
  bool partial = r.source.truncated || !r.source.problem.empty() || r.kernel_dropped > 0 ||
                 r.deaf_times > 0 || r.source.lost > 0;
  for (std::size_t k = 0; k < r.stats.unread.size(); ++k) {
    if (r.stats.unread[k] == 0) continue;
    const auto what = static_cast<intercept::Unread>(k);
    fmt::print(stderr, "{} packets {}: {}\n", r.stats.unread[k],
               is_noise(what) ? "are damaged" : "were not read", to_string(what));
    partial = partial || !is_noise(what);
  }
  return partial ? Exit::partial : Exit::ok;
}

}  // namespace writ::probe
