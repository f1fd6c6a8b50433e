// SPDX-License-Identifier: GPL-3.0-or-later
// writ records scope|whois|calls|stays|import: the only door to subscribers, tenants and calls. Rows go to
// stdout as they are read.
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "base/csv_cell.hh"
#include "cli.hh"
#include "desk/ingest_service.hh"
#include "desk/record_service.hh"
#include "record_args.hh"

namespace writ::cli {
namespace record_commands {
namespace {

struct Args {
  std::string matter, purpose, from, until, expires, known, file, cursor, room, subject;
  std::vector<std::string> subjects, items;
  std::string by;
  records::Ask ask;
  std::size_t page = 0;
  bool csv = false;
};

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
  WRIT_TRY(from, time_option(a.from, "--from"));
  WRIT_TRY(until, time_option(a.until, "--until"));
  WRIT_TRY(expires, maybe_time_option(a.expires, "--expires"));
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
  WRIT_TRY(from, maybe_time_option(a.from, "--from"));
  WRIT_TRY(until, maybe_time_option(a.until, "--until"));
  WRIT_TRY(known, maybe_time_option(a.known, "--known"));
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
  WRIT_TRY(from, time_option(a.from, "--from"));
  WRIT_TRY(until, time_option(a.until, "--until"));
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
  WRIT_TRY(from, time_option(a.from, "--from"));
  WRIT_TRY(until, time_option(a.until, "--until"));
  WRIT_TRY(known, maybe_time_option(a.known, "--known"));
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
  add_period(w, a->from, a->until, false);
}

void add_reads(CLI::App* records, Options& o, const std::shared_ptr<Args>& a) {
  auto* c = command(records, o, "calls", "calls of a number, extension, account or stay",
                    [&o, a] { return calls(o, *a); });
  c->add_option("matter", a->matter)->required();
  c->add_option("subject", a->subject, "KIND:VALUE[@ACCOUNT]")->required();
  add_period(c, a->from, a->until, true);
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
  add_period(s, a->from, a->until, true);
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
  add_period(s, a->from, a->until, true);
  command(records, o, "scopes", "the scopes of a matter", [&o, a] { return scopes(o, *a); })
      ->add_option("matter", a->matter)
      ->required();
  add_whois(records, o, a);
  add_reads(records, o, a);
  add_record_keeping_commands(*records, o);
}

}  // namespace writ::cli
