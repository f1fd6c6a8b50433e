// SPDX-License-Identifier: GPL-3.0-or-later
// writ records: the only door to subscribers, tenants and calls. Rows go to stdout as they are read.
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "base/csv_cell.hh"
#include "cli.hh"
#include "desk/ingest_service.hh"
#include "desk/record_service.hh"
#include "desk/retention_service.hh"

namespace writ::cli {
namespace record_commands {
namespace {

struct Args {
  std::string matter, purpose, from, until, expires, known, file, cursor, month, out, reason, room, subject;
  std::vector<std::string> subjects, items;
  std::string by;
  records::Ask ask;
  std::uint64_t seq = 0;
  std::int64_t number = 0;
  std::size_t page = 0;
  bool csv = false, dry_run = false;
};

// KIND:VALUE, extensions and tenants with @PROPERTY: "number:+14045550102", "extension:214@HH-1001".
Result<authority::ScopeSubject> parse_subject(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos)
    return fail(Exit::usage, fmt::format("'{}' names no subject", text), {}, {},
                "write KIND:VALUE, as number:+14045550102, extension:214@ACCOUNT, account:ACCOUNT, "
                "account-name:NAME, tenant-name:NAME[@ACCOUNT], street-address:'1|Quay Road|City|GA|30001', "
                "stay:RESERVATION@ACCOUNT");
  authority::ScopeSubject s{text.substr(0, colon), text.substr(colon + 1), ""};
  const bool at_property = s.kind == "extension" || s.kind == "tenant-name" || s.kind == "stay";
  if (const auto at = s.value.rfind('@'); at_property && at != std::string::npos) {
    s.property = s.value.substr(at + 1);
    s.value.resize(at);
  }
  return s;
}

Result<Instant> time_of(const std::string& text, const char* option) {
  auto t = parse_rfc3339(text);
  if (!t)
    return fail(Exit::usage, fmt::format("{} '{}' is not a time", option, text), {}, {},
                "write it with its offset: 2026-11-01T02:14:00-04:00");
  return *t;
}

Result<std::optional<Instant>> maybe_time(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<Instant>{};
  WRIT_TRY(t, time_of(text, option));
  return std::optional{t};
}

Status scope(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  desk::ScopeRequest r;
  r.matter = a.matter;
  r.purpose = a.purpose;
  for (const std::string& s : a.subjects) {
    WRIT_TRY(subject, parse_subject(s));
    r.subjects.push_back(std::move(subject));
  }
  for (const std::string& list : a.items)
    for (const std::string& i : CLI::detail::split(list, ',')) {
      WRIT_TRY(item, authority::parse_record_item(i));
      r.items.push_back(item);
    }
  WRIT_TRY(from, time_of(a.from, "--from"));
  WRIT_TRY(until, time_of(a.until, "--until"));
  WRIT_TRY(expires, maybe_time(a.expires, "--expires"));
  r.records_from = from;
  r.records_until = until;
  r.expires = expires.value_or(Instant{});
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(ticket, desk::RecordService{c}.grant_scope(r, who[0]));
  if (o.json) print(to_json(ticket.scope()));
  say(o, fmt::format("scope {} of {} is in force until {}", ticket.scope().sequence, a.matter,
                     rfc3339_seconds(ticket.scope().expires)));
  return {};
}

// A line for each, or the answer as it is.
template <class Line>
void print_list(const Options& o, const Json& list, const char* of, const Line& line) {
  if (o.json) return print(list);
  for (const Json& e : list[of]) print(line(e) + "\n");
}

Status scopes(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(list, desk::RecordService{c}.scopes(a.matter, who[0]));
  print_list(o, list, "scopes", [](const Json& e) {
    const Json s = e.value("scope", Json::object());
    return fmt::format("{} {}: {} subjects, {} items, records {} to {}, until {}; {}", s.value("sequence", 0),
                       e.value("state", ""), s.value("subjects", Json::array()).size(),
                       s.value("items", Json::array()).size(), s.value("records_from", ""),
                       s.value("records_until", ""), s.value("expires", ""), s.value("purpose", ""));
  });
  return {};
}

Status whois(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  records::Ask ask = a.ask;
  WRIT_TRY(by, records::parse_ask_by(a.by));
  WRIT_TRY(from, maybe_time(a.from, "--from"));
  WRIT_TRY(until, maybe_time(a.until, "--until"));
  WRIT_TRY(known, maybe_time(a.known, "--known"));
  ask.by = by;
  ask.from = from;
  ask.until = until;
  ask.known = known;
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(answer, desk::RecordService{c}.whois(a.matter, ask, who[0]));
  if (o.json) {
    print(answer);
    return {};
  }
  const Json& said = answer["answer"];
  print(fmt::format("{} ({})\n{}\n", said.value("outcome", ""), said.value("rule", ""),
                    said.value("text", "")));
  for (const Json& n : said.value("needs", Json::array()))
    print(fmt::format("needed: {}\n", n.get<std::string>()));
  for (const Json& p : said["parties"]) print(p.dump(2) + "\n");
  return {};
}

const std::vector<std::string> call_columns{"month",
                                            "seq",
                                            "start",
                                            "duration_ms",
                                            "answer_ms",
                                            "caller",
                                            "caller_extension",
                                            "called",
                                            "redirecting",
                                            "called_extension",
                                            "class",
                                            "disposition",
                                            "account",
                                            "call_id",
                                            "leg",
                                            "linked",
                                            "source",
                                            "line"};

std::vector<std::string> call_cells(const records::StoredCdr& r) {
  const records::Cdr& c = r.cdr;
  return {r.month,
          std::to_string(r.seq),
          rfc3339(c.start),
          std::to_string(c.duration_ms),
          c.answer_ms < 0 ? "" : std::to_string(c.answer_ms),
          c.caller,
          c.caller_extension,
          c.called,
          c.redirecting,
          c.called_extension,
          records::to_string(c.call_class),
          records::to_string(c.disposition),
          c.account,
          c.call_id,
          c.leg,
          c.linked,
          c.source,
          std::to_string(c.line)};
}

Status write_out(const std::string& line) {
  if (std::cout.write(line.data(), static_cast<std::streamsize>(line.size()))) return {};
  return fail(Exit::failure, "standard output takes no more", {}, {}, "ask again; what was read is noted");
}

std::string call_text(const records::StoredCdr& r) {
  return fmt::format(
      "{} {:>8}.{:03} s  {} -> {}  {} {}  [{} {}]\n", rfc3339_seconds(r.cdr.start), r.cdr.duration_ms / 1000,
      r.cdr.duration_ms % 1000, r.cdr.caller.empty() ? r.cdr.caller_extension : r.cdr.caller,
      r.cdr.called.empty() ? r.cdr.called_extension : r.cdr.called, records::to_string(r.cdr.call_class),
      records::to_string(r.cdr.disposition), r.month, r.seq);
}

// JSON: one line a row, and a last line with the count and the cursor. CSV: RFC 4180; the cursor on stderr.
Status calls(Options& o, const Args& a) {
  if (o.json && a.csv) return fail(Exit::usage, "--json and --csv", {}, {}, "choose one of them");
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  desk::CallsAsk ask;
  ask.matter = a.matter;
  WRIT_TRY(subject, parse_subject(a.subject));
  WRIT_TRY(from, time_of(a.from, "--from"));
  WRIT_TRY(until, time_of(a.until, "--until"));
  ask.subject = std::move(subject);
  ask.from = from;
  ask.until = until;
  ask.page = a.page;
  ask.cursor = a.cursor;
  WRIT_TRY(c, open_carrier(o));
  std::uint64_t rows = 0;
  const auto row = [&](const desk::CallRow& r) -> Status {
    if (rows++ == 0 && a.csv) WRIT_CHECK(write_out(csv_line(call_columns)));
    if (a.csv) return write_out(csv_line(call_cells(r.row)));
    if (!o.json) return write_out(call_text(r.row));
    Json j = records::to_json(r.row.cdr);
    j["month"] = r.row.month;
    j["seq"] = r.row.seq;
    return write_out(canonical(j) + "\n");
  };
  WRIT_TRY(next, desk::RecordService{c}.calls(ask, who[0], row));
  if (rows == 0 && a.csv) WRIT_CHECK(write_out(csv_line(call_columns)));
  if (o.json)
    WRIT_CHECK(
        write_out(canonical(Json{{"schema", "writ.calls-page/1"}, {"rows", rows}, {"cursor", next}}) + "\n"));
  std::cout.flush();
  say(o, next.empty() ? fmt::format("{} calls", rows)
                      : fmt::format("{} calls; more follow: --cursor {}", rows, next));
  return {};
}

Status stays(Options& o, const Args& a) {
  if (o.json && a.csv) return fail(Exit::usage, "--json and --csv", {}, {}, "choose one of them");
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(from, time_of(a.from, "--from"));
  WRIT_TRY(until, time_of(a.until, "--until"));
  WRIT_TRY(known, maybe_time(a.known, "--known"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(answer,
           desk::RecordService{c}.stays(a.matter, a.ask.property, a.room, from, until, known, who[0]));
  if (o.json) {
    print(answer);
    return {};
  }
  const std::vector<std::string> columns{"extension", "reservation", "name", "from", "until"};
  if (a.csv) WRIT_CHECK(write_out(csv_line(columns)));
  for (const Json& s : answer["stays"]) {
    std::vector<std::string> cells;
    for (const std::string& key : columns) cells.push_back(s.value(key, ""));
    WRIT_CHECK(write_out(a.csv ? csv_line(cells) : fmt::format("{}\n", fmt::join(cells, "  "))));
  }
  std::cout.flush();
  say(o, fmt::format("{} stays", answer["stays"].size()));
  return {};
}

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
                     is_record ? "destroyed:" : a.dry_run ? "would go:" : "nothing to destroy:", rows, done["months"].size(),
                     done["accounts"].size(), done["raw_files"].size(), held));
  if (is_record) say(o, fmt::format("destruction record {} is signed by both", done["number"].dump()));
  return {};
}

Status place_hold(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  desk::Hold h;
  h.matter = a.matter;
  h.reason = a.reason;
  WRIT_TRY(subject, parse_subject(a.subject));
  WRIT_TRY(from, time_of(a.from, "--from"));
  WRIT_TRY(until, time_of(a.until, "--until"));
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

Status import(Options& o, const Args& a) {
  WRIT_TRY(who, credentials(o.as, 1, "--as"));
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(csv, read_file(a.file));
  WRIT_TRY(done, desk::IngestService{c}.import_catalogue(csv, a.file, who[0]));
  const records::ImportReport& r = done.report;
  for (const std::string& p : r.problems) say(o, p);
  if (o.json)
    print(Json{{"schema", "writ.import/1"},
               {"rows", r.rows},
               {"added", r.added},
               {"changed", r.changed},
               {"unchanged", r.unchanged},
               {"ended", r.ended.size()},
               {"suspended", done.suspended.stopped.size()},
               {"problems", r.problems}});
  say(o, fmt::format("{} rows: {} added, {} changed, {} unchanged, {} not taken", r.rows, r.added, r.changed,
                     r.unchanged, r.problems.size()));
  for (const auto& s : done.suspended.stopped) say(o, "suspended: " + canonical(to_json(s)));
  WRIT_CHECK(desk::to_status(done.suspended));
  if (!r.problems.empty())
    return fail(Exit::partial, fmt::format("{} lines of {} were not taken in", r.problems.size(), a.file), {},
                {}, "mend the lines named above and import the file again; what went in stays");
  return {};
}

void add_period(CLI::App* c, Args& a, bool required) {
  auto* from = c->add_option("--from", a.from, "first instant, RFC 3339 with offset");
  auto* until = c->add_option("--until", a.until, "first instant after it");
  if (required) {
    from->required();
    until->required();
  }
}

void add_whois(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* w = command(records, o, "whois", "who had a number, an extension, an address (S8 to S16)",
                    [&o, a] { return whois(o, *a); });
  w->add_option("matter", a->matter)->required();
  w->add_option("--by", a->by,
                "number, account-name, street-address, account-number, tenant-number, tenant-extension, "
                "tenant-name")
      ->required();
  w->add_option("--number", a->ask.number);
  w->add_option("--extension", a->ask.extension);
  w->add_option("--property", a->ask.property, "account number of the extension's property");
  w->add_option("--account-name", a->ask.account_name);
  w->add_option("--account-number", a->ask.account_number);
  w->add_option("--tenant-name", a->ask.tenant_name);
  w->add_option("--building", a->ask.address.building);
  w->add_option("--street", a->ask.address.street);
  w->add_option("--city", a->ask.address.city);
  w->add_option("--state", a->ask.address.state);
  w->add_option("--zip", a->ask.address.zip);
  w->add_option("--known", a->known, "as the records said then");
  add_period(w, *a, false);
}

void add_reads(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* c = command(records, o, "calls", "calls of a number, extension, account or stay",
                    [&o, a] { return calls(o, *a); });
  c->add_option("matter", a->matter)->required();
  c->add_option("subject", a->subject, "KIND:VALUE[@ACCOUNT]")->required();
  add_period(c, *a, true);
  c->add_option("--page", a->page, "rows of a page (all when left out)");
  c->add_option("--cursor", a->cursor, "from the page before");
  c->add_flag("--csv", a->csv, "print CSV");

  auto* s = command(records, o, "stays", "who stayed behind an extension or in a room",
                    [&o, a] { return stays(o, *a); });
  s->add_option("matter", a->matter)->required();
  s->add_option("room", a->room, "extension or room")->required();
  s->add_option("--property", a->ask.property, "account number of the property")->required();
  s->add_option("--known", a->known, "as the records said then");
  s->add_flag("--csv", a->csv, "print CSV");
  add_period(s, *a, true);

  auto* p = command(records, o, "prove", "prove one row to an outsider", [&o, a] { return prove(o, *a); });
  p->add_option("matter", a->matter)->required();
  p->add_option("month", a->month, "of the row, as 2026-11")->required();
  p->add_option("seq", a->seq, "of the row")->required();
  p->add_option("--out", a->out, "file (standard output when left out)");
  command(records, o, "check", "check such a proof", [&o, a] { return check_proof(o, *a); })
      ->add_option("file", a->file)
      ->required();
}

void add_holds(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* hold =
      records->add_subcommand("hold", "legal holds: what retention must keep")->require_subcommand(1);
  auto* place = command(hold, o, "place", "counsel places a hold under a matter",
                        [&o, a] { return place_hold(o, *a); });
  place->add_option("matter", a->matter)->required();
  place->add_option("subject", a->subject, "number:, extension:EXT@ACCOUNT or account:")->required();
  place->add_option("--reason", a->reason)->required();
  add_period(place, *a, true);
  auto* lift = command(hold, o, "lift", "counsel lifts a hold", [&o, a] { return lift_hold(o, *a); });
  lift->add_option("number", a->number)->required();
  lift->add_option("--reason", a->reason)->required();
  command(hold, o, "list", "all holds", [&o] { return list_holds(o); });
}

}  // namespace
}  // namespace record_commands

void add_record_commands(CLI::App& app, Options& o) {
  using namespace record_commands;
  const auto a = std::make_shared<Args>();
  auto* records = app.add_subcommand("records", "subscribers, tenants, calls")->require_subcommand(1);
  command(records, o, "import", "take in a CSV file of the catalogue, with history",
          [&o, a] { return import(o, *a); })
      ->add_option("file", a->file)
      ->required();
  auto* s = command(records, o, "scope", "counsel's word on which records a matter may reach",
                    [&o, a] { return scope(o, *a); });
  s->add_option("matter", a->matter)->required();
  s->add_option("--purpose", a->purpose, "what the records are for, in one line")->required();
  s->add_option("--subject", a->subjects, "KIND:VALUE[@ACCOUNT]; repeat")->required();
  s->add_option("--item", a->items, "items of the disclosure matrix, as subscriber-name,tenant-calls")
      ->required();
  s->add_option("--expires", a->expires, "of the scope itself (default 30 days, at most 90)");
  add_period(s, *a, true);
  command(records, o, "scopes", "the scopes of a matter", [&o, a] { return scopes(o, *a); })
      ->add_option("matter", a->matter)
      ->required();
  add_whois(records, o, a);
  add_reads(records, o, a);
  command(records, o, "verify", "every record against its leaf, every month against the audit log",
          [&o] { return verify(o); });
  command(records, o, "heads", "months, sizes and roots", [&o] { return heads(o); });
  add_holds(records, o, a);
  auto* p = command(records, o, "purge", "destroy what retention no longer keeps (officer and counsel)",
                    [&o, a] { return purge(o, *a); });
  p->add_flag("--dry-run", a->dry_run, "only say what would go; one --as is enough");
}

}  // namespace writ::cli
