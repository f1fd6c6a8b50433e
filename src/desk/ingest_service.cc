// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/ingest_service.hh"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "desk/feeds.hh"

namespace writ::desk {
namespace {

using authority::Role;

const std::vector<Role> who_ingests{Role::intake, Role::officer, Role::technician};

// A suspension that was left open comes before anything new is taken in. Not a reason to refuse the records:
// they may hold the next end of a stay.
SuspensionReport catch_up(Carrier& c, RecordStore& store) {
  return Suspension{c}.catch_up(store.catalogue());
}

void add(SuspensionReport& all, SuspensionReport more) {
  all.stopped.insert(all.stopped.end(), more.stopped.begin(), more.stopped.end());
  all.troubles.insert(all.troubles.end(), more.troubles.begin(), more.troubles.end());
  if (!more.stopped.empty()) all.undelivered = std::move(more.undelivered);
}

}  // namespace

Instant oldest_kept(const policy::RecordRules& rules, Instant now) {
  const auto months = std::max(rules.cdr_months, rules.toll_record_months);
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const auto month = today.year() / today.month() - std::chrono::months{static_cast<int>(months)};
  return std::chrono::sys_days{month / std::chrono::day{1}};
}

Result<CdrImport> IngestService::import_cdrs(const fs::path& file, const ingest::SourceSettings& source,
                                             const Credentials& who,
                                             const std::function<void(const ingest::Progress&)>& progress) {
  WRIT_CHECK(c_->only_outside("importing records"));
  WRIT_TRY(by, c_->act_as_any(who, who_ingests));
  WRIT_TRY(store, RecordStore::open(*c_));
  CdrImport out;
  out.suspended = catch_up(*c_, *store);
  std::error_code ec;
  const auto bytes = fs::file_size(file, ec);
  if (ec) return fail(Exit::not_found, fmt::format("read {}: {}", file.string(), ec.message()));
  WRIT_CHECK(c_->note(by.person.user, "records.ingest", "",
                      Json{{"source", source.name},
                           {"format", ingest::to_string(source.format)},
                           {"file", file.filename().string()},
                           {"bytes", bytes}}));
  const ingest::Rating rating{c_->policy().records.rating};
  ingest::ImportTo to = import_to(*c_, *store, rating);
  to.progress = progress;
  auto counts = ingest::import_cdr_file(file, source, to);
  if (!counts) {
    // What went in before it broke off is in; its heads are noted all the same.
    static_cast<void>(note_all_heads(*c_, store->cdrs()));
    return tl::unexpected(std::move(counts).error());
  }
  WRIT_CHECK(note_heads(*c_, store->cdrs(), counts->months));
  WRIT_CHECK(c_->note(by.person.user, "records.ingested", "",
                      Json{{"source", source.name},
                           {"sha256", counts->source},
                           {"rows", counts->rows},
                           {"added", counts->added},
                           {"duplicates", counts->duplicates},
                           {"quarantined", counts->quarantined}}));
  out.counts = std::move(*counts);
  return out;
}

Result<CatalogueImport> IngestService::import_catalogue(View csv, const std::string& name,
                                                        const Credentials& who) {
  WRIT_CHECK(c_->only_outside("importing records"));
  WRIT_TRY(by, c_->act_as_any(who, who_ingests));
  WRIT_TRY(store, RecordStore::open_catalogue(*c_));
  CatalogueImport out;
  out.suspended = catch_up(*c_, *store);
  WRIT_CHECK(c_->note(by.person.user, "records.import", "",
                      Json{{"sha256", crypto::hex(crypto::sha256(csv))}, {"bytes", csv.size()}}));
  WRIT_TRY(done, store->catalogue().import_csv(text_of(csv), name, c_->now()));
  out.report = std::move(done);
  add(out.suspended, Suspension{*c_}.apply(out.report.ended));
  // What the rows say only together: an account without a time that goes on.
  add(out.suspended, catch_up(*c_, *store));
  return out;
}

Status IngestService::run_fias(const ingest::HotelSettings& hotel, const Credentials& who,
                               const StopFlag& stop, bool once, const Talk& talk) {
  WRIT_CHECK(c_->only_outside("taking in records"));
  WRIT_TRY(by, c_->act_as_any(who, who_ingests));
  WRIT_TRY(store, RecordStore::open_catalogue(*c_));
  WRIT_CHECK(c_->note(by.person.user, "hotel.link", "",
                      Json{{"hotel", hotel.name}, {"account", hotel.account}, {"once", once}}));
  HotelFeed feed{*c_, *store, hotel, talk};
  feed.watch();  // what an earlier run left open, before the first message
  const ingest::HotelSink sink{[&](const records::StayChange& change) { return feed.change(change); },
                               [&](const std::string& what, const Json& detail) { feed.talk(what, detail); }};
  const fs::path dir = c_->data() / "feeds";
  WRIT_CHECK(make_dirs(dir, 0700));
  Status ran;
  {
    const EverySecond watch{[&] { feed.watch(); }};
    for (;;) {
      ran = ingest::run_hotel_link(hotel, sink, c_->clock(), dir / (hotel.name + ".fias"), stop, once);
      if (ran || once || stop || ran.error().exit == Exit::usage) break;
      // A store that is busy or full: what was not taken is in the link's raw log, and comes first again.
      feed.trouble(ran.error());
      std::this_thread::sleep_for(std::chrono::seconds{1});
      if (auto again = RecordStore::open_catalogue(*c_)) {
        feed.use(**again);
        store = std::move(*again);
      }
    }
  }
  const Status closed = feed.close();
  return ran ? closed : ran;
}

Status IngestService::run_receiver(const ingest::SourceSettings& source, const ingest::ReceiverSettings& at,
                                   const Credentials& who, const StopFlag& stop, const Talk& talk) {
  WRIT_CHECK(c_->only_outside("taking in records"));
  WRIT_TRY(by, c_->act_as_any(who, who_ingests));
  WRIT_TRY(store, RecordStore::open(*c_));
  WRIT_CHECK(c_->note(
      by.person.user, "records.ingest", "",
      Json{{"source", source.name}, {"format", ingest::to_string(source.format)}, {"feed", "http"}}));
  MessageFeed feed{*c_, *store, source, talk};
  const ingest::ReceiverCallbacks callbacks{
      [&](std::uint16_t port) {
        talk("listening", Json{{"address", at.address}, {"port", port}});
      },
      [&](std::string_view body, std::string_view) { return feed.record(body); }};
  Status ran;
  {
    const EverySecond watch{[&] { feed.watch(); }};
    ran = ingest::run_receiver(at, callbacks, stop);
  }
  const Status closed = feed.close();
  static_cast<void>(c_->note(by.person.user, "records.ingested", "",
                             Json{{"source", source.name}, {"feed", "http"}, {"added", feed.added()}}));
  return ran ? closed : ran;
}

Status IngestService::quarantine(const std::string& source, const Credentials& who,
                                 const std::function<Status(const Json& row)>& row) {
  WRIT_TRY(by, c_->act_as_any(who, who_ingests));
  WRIT_TRY(store, RecordStore::open(*c_));
  WRIT_CHECK(c_->note(by.person.user, "records.quarantine", "", Json{{"source", source}}));
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& e : fs::directory_iterator(store->quarantine_dir(), ec))
    if (e.path().extension() == ".jsonl" && e.path().filename().string().starts_with(source))
      files.push_back(e.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& f : files) {
    std::ifstream in{f};
    for (std::string line; std::getline(in, line);) {
      WRIT_TRY(entry, parse_json(view_of(line), f.string()));
      WRIT_CHECK(row(Json{{"source", f.stem().string()},
                          {"line", entry.value("line", Json{})},
                          {"reason", entry.value("reason", "")}}));
    }
  }
  return {};
}

}  // namespace writ::desk
