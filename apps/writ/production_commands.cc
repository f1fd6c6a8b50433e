// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli.hh"
#include "desk/production_service.hh"

namespace writ::cli {
namespace production_commands {
namespace {

struct Args {
  std::string matter, out;
  desk::ProductionWish wish;
};

Status make(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 2, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(p, desk::ProductionService{c}.make(a.matter, a.out, a.wish, who));
  if (o.json)
    print(Json{{"schema", "writ.production/1"},
               {"directory", p.directory.string()},
               {"iso", p.iso.string()},
               {"manifest_sha256", crypto::hex(p.manifest)},
               {"calls", p.calls},
               {"recordings", p.recordings},
               {"undecodable", p.undecodable},
               {"reviews", p.reviews},
               {"gaps", p.gaps}});
  else
    print(p.directory.string() + "\n");
  say(o, fmt::format("{} calls, {} recordings, {} streams captured but not decodable, {} identity reviews, "
                     "{} gaps\nimage: {}",
                     p.calls, p.recordings, p.undecodable, p.reviews, p.gaps, p.iso.string()));
  if (p.partial())
    return fail(Exit::partial,
                fmt::format("{} media streams were captured but could not be decoded", p.undecodable), {}, {},
                "calls.json says which and why; the packets are in content.pcap");
  return {};
}

}  // namespace
}  // namespace production_commands

void add_production_commands(CLI::App& app, Options& o) {
  using namespace production_commands;
  const auto a = std::make_shared<Args>();
  auto* produce = app.add_subcommand("produce", "productions")->require_subcommand(1);
  auto* m = command(produce, o, "make", "open, assemble, decode, pack, sign, release (two custodians)",
                    [&o, a] { return make(o, *a); });
  m->add_option("matter", a->matter)->required();
  m->add_option("--out", a->out, "directory for the production and its image")->required();
  m->add_option("--time-shift", a->wish.time_shift_s,
                "seconds by which the capture was shifted before it was read; recorded in calls.json");
  m->add_flag_callback(
      "--no-mp3", [a] { a->wish.audio = media::Audio::wav; },
      "recordings as WAV only: an MP3 takes longer to make than all else");
}

}  // namespace writ::cli
