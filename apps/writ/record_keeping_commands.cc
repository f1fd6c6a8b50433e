// SPDX-License-Identifier: GPL-3.0-or-later
// writ records prove|check|verify|heads|hold|purge: that the records are as they came, and for how long they
// are kept.
#include <fmt/format.h>

#include <iostream>

#include "desk/record_service.hh"
#include "desk/retention_service.hh"
#include "record_args.hh"

namespace writ::cli {
namespace record_keeping_commands {
namespace {

struct Args {
  std::string matter, subject, from, until, file, month, out, reason;
  std::uint64_t seq = 0;
  std::int64_t number = 0;
  bool dry_run = false;
};

Status prove(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(proof, desk::RecordService{c}.prove(a.matter, a.month, a.seq, who[0]));
  WRIT_CHECK(desk::check_record_proof(proof, c.roots(), c.desk_cert()));
  if (a.out.empty()) {
    print(proof);
    return {};
  }
  WRIT_CHECK(write_file(a.out, canonical(proof)));
  say(o, fmt::format("record {} of {} is proved by {}", a.seq, a.month, a.out));
  return {};
}

Status check_proof(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(bytes, read_file(a.file));
  WRIT_TRY(proof, parse_canonical(bytes, a.file));
  WRIT_CHECK(desk::check_record_proof(proof, c.roots(), c.desk_cert()));
  say(o, fmt::format("{}: the record is in the log's month", a.file));
  return {};
}

Status verify(Options& o) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(report, desk::RecordService{c}.verify(who[0]));
  if (o.json) print(report);
  const auto problems = report["problems"].get<std::vector<std::string>>();
  for (const std::string& p : problems) std::cerr << p << "\n";
  say(o, fmt::format("{} records in {} months, checked against {} heads in {}",
                     report["rows"].get<std::uint64_t>(), report["months"].size(),
                     report["heads"].get<std::uint64_t>(), report.value("against", "")));
  if (const auto n = report["unnoted"].get<std::uint64_t>(); n > 0)
    say(o, fmt::format("{} records are newer than the newest head in the log (an import was killed, or runs)",
                       n));
  if (problems.empty()) return {};
  return fail(Exit::integrity, problems.front(), "every month's root is in the audit log (RFC 6962)",
              "the records as they were appended",
              "restore the records from backup and keep the altered ones");
}

Status heads(Options& o) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(list, desk::RecordService{c}.heads(who[0]));
  print_list(o, list, "months", [](const Json& m) {
    return fmt::format("{} {:>10} records {:>12} bytes {} {}", m.value("month", ""),
                       m.value("size", std::uint64_t{0}), m.value("bytes", std::uint64_t{0}),
                       m.value("sealed", false) ? "sealed" : "open  ", m.value("root", ""));
  });
  return {};
}

Status purge(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, a.dry_run ? 1 : 2, "--as"));
  WRIT_TRY(c, open_carrier(o));
  desk::RetentionService service{c};
  WRIT_TRY(done, a.dry_run ? service.plan(who[0]) : service.purge(who[0], who[1]));
  if (o.json) print(done);
  std::uint64_t rows = 0, held = 0;
  for (const Json& m : done["months"]) {
    rows += m.value("rows", std::uint64_t{0});
    held += m.value("held", std::uint64_t{0});
    if (!o.json)
      print(fmt::format("{} {:>10} records, {} held, {} bytes\n", m.value("month", ""),
                        m.value("rows", std::uint64_t{0}), m.value("held", std::uint64_t{0}),
                        m.value("bytes", std::uint64_t{0})));
  }
  const bool is_record = done.value("schema", "") == "writ.destruction/1";
  say(o, fmt::format("{} {} call records of {} months, {} accounts, {} raw files; {} held records stay",
                     is_record   ? "destroyed:"
                     : a.dry_run ? "would go:"
                                 : "nothing to destroy:",
                     rows, done["months"].size(), done["accounts"].size(), done["raw_files"].size(), held));
  if (is_record) say(o, fmt::format("destruction record {} is signed by both", done["number"].dump()));
  return {};
}

Status place_hold(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  desk::Hold h;
  h.matter = a.matter;
  h.reason = a.reason;
  WRIT_TRY(subject, parse_subject(a.subject));
  WRIT_TRY(from, time_option(a.from, "--from"));
  WRIT_TRY(until, time_option(a.until, "--until"));
  h.subject = std::move(subject);
  h.from = from;
  h.until = until;
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(placed, desk::RetentionService{c}.place_hold(h, who[0]));
  if (o.json) print(placed);
  say(o, fmt::format("legal hold {} stands", placed["number"].dump()));
  return {};
}

Status lift_hold(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(lifted, desk::RetentionService{c}.lift_hold(a.number, a.reason, who[0]));
  if (o.json) print(lifted);
  say(o, fmt::format("legal hold {} is lifted", a.number));
  return {};
}

Status list_holds(Options& o) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(list, desk::RetentionService{c}.holds(who[0]));
  print_list(o, list, "holds", [](const Json& h) {
    return fmt::format("{} {} {} {} {} to {}; {}", h["number"].dump(),
                       h.contains("lifted") ? "lifted" : "stands", h.value("matter", ""),
                       h.value("kind", "") + ":" + h.value("value", "") +
                           (h.value("property", "").empty() ? "" : "@" + h.value("property", "")),
                       h.value("from", ""), h.value("until", ""), h.value("reason", ""));
  });
  return {};
}

void add_proofs(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* p = command(records, o, "prove", "prove one row to an outsider", [&o, a] { return prove(o, *a); });
  p->add_option("matter", a->matter)->required();
  p->add_option("month", a->month, "of the row, as 2026-11")->required();
  p->add_option("seq", a->seq, "of the row")->required();
  p->add_option("--out", a->out, "file (standard output when left out)");
  command(records, o, "check", "check such a proof", [&o, a] { return check_proof(o, *a); })
      ->add_option("file", a->file)
      ->required();
  command(records, o, "verify", "every record against its leaf, every month against the audit log",
          [&o] { return verify(o); });
  command(records, o, "heads", "months, sizes and roots", [&o] { return heads(o); });
}

void add_holds(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* hold =
      records->add_subcommand("hold", "legal holds: what retention must keep")->require_subcommand(1);
  auto* place = command(hold, o, "place", "counsel places a hold under a matter",
                        [&o, a] { return place_hold(o, *a); });
  place->add_option("matter", a->matter)->required();
  place->add_option("subject", a->subject, "number:, extension:EXT@ACCOUNT or account:")->required();
  place->add_option("--reason", a->reason)->required();
  add_period(place, a->from, a->until, true);
  auto* lift = command(hold, o, "lift", "counsel lifts a hold", [&o, a] { return lift_hold(o, *a); });
  lift->add_option("number", a->number)->required();
  lift->add_option("--reason", a->reason)->required();
  command(hold, o, "list", "all holds", [&o] { return list_holds(o); });
}

}  // namespace
}  // namespace record_keeping_commands

void add_record_keeping_commands(CLI::App& records, Options& o) {
  using namespace record_keeping_commands;
  const auto a = std::make_shared<Args>();
  add_proofs(&records, o, a);
  add_holds(&records, o, a);
  auto* p = command(&records, o, "purge", "destroy what retention no longer keeps (officer and counsel)",
                    [&o, a] { return purge(o, *a); });
  p->add_flag("--dry-run", a->dry_run, "only say what would go; one --as is enough");
}

}  // namespace writ::cli
