// SPDX-License-Identifier: GPL-3.0-or-later
// Records in: files of call detail records, the catalogue's CSV, the hotel link, the switch's HTTP posts.
// What ends a tenant's stay suspends the grants on it before anything else is done with the message
// (suspension.hh); everything is noted in the log.
#pragma once
#include <functional>

#include "desk/suspension.hh"
#include "ingest/hotel.hh"
#include "ingest/http_receiver.hh"
#include "ingest/importer.hh"

namespace writ::desk {

// What a person at the terminal should hear of a running feed.
using Talk = std::function<void(const std::string& what, const Json& detail)>;

struct CdrImport {
  ingest::ImportCounts counts;
  SuspensionReport suspended;
};
struct CatalogueImport {
  records::ImportReport report;
  SuspensionReport suspended;
};

class IngestService {
 public:
  explicit IngestService(Carrier& c) : c_(&c) {}
  // Intake, officer or technician. A suspension that was left open comes first, and is in the result.
  Result<CdrImport> import_cdrs(const fs::path& file, const ingest::SourceSettings& source,
                                const Credentials& who,
                                const std::function<void(const ingest::Progress&)>& progress);
  // Grants whose stay or number the file ends are stopped; a suspension that is not finished is in the
  // result.
  Result<CatalogueImport> import_catalogue(View csv, const std::string& name, const Credentials& who);
  // Until `stop` (or the first resync is done, when `once`). Every second it also looks for stays whose end
  // nobody told, and for suspensions that could not be finished.
  Status run_fias(const ingest::HotelSettings& hotel, const Credentials& who, const StopFlag& stop, bool once,
                  const Talk& talk);
  Status run_receiver(const ingest::SourceSettings& source, const ingest::ReceiverSettings& at,
                      const Credentials& who, const StopFlag& stop, const Talk& talk);
  // Where records were refused and why: file, line, reason; never the record itself, which is read under a
  // matter only. `source`: the beginning of a file's SHA-256, or "" for all.
  Status quarantine(const std::string& source, const Credentials& who,
                    const std::function<Status(const Json& row)>& row);

 private:
  Carrier* c_;
};

// The first instant of the oldest month that retention keeps: older records are not taken in (S17, 47 CFR
// 42.6).
Instant oldest_kept(const policy::RecordRules& rules, Instant now);

}  // namespace writ::desk
