// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/feeds.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "records/catalogue.hh"

namespace writ::desk {
namespace {

// The log is sealed, but a name is not needed in it: the reservation says whose stay it was.
Json facts_of(const records::StayChange& c) {
  Json j = to_json(c);
  j.erase("name");
  return j;
}

constexpr std::size_t waiting_max = 100'000;

}  // namespace

ingest::ImportTo import_to(Carrier& c, RecordStore& store, const ingest::Rating& rating) {
  return ingest::ImportTo{store.cdrs(),
                          rating,
                          store.raw_dir(),
                          store.quarantine_dir(),
                          c.now(),
                          oldest_kept(c.policy().records, c.now()),
                          {}};
}

EverySecond::EverySecond(std::function<void()> tick)
    : tick_(std::move(tick)), thread_([this] {
        std::unique_lock lock{mutex_};
        while (!wake_.wait_for(lock, std::chrono::seconds{1}, [this] { return over_; })) {
          lock.unlock();
          tick_();
          lock.lock();
        }
      }) {}

EverySecond::~EverySecond() {
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void HotelFeed::say(const SuspensionReport& r) {
  for (const Suspended& s : r.stopped) talk_("suspended", to_json(s));
  const Status open = to_status(r);
  const std::string trouble = open ? "" : to_text(open.error());
  if (trouble != last_trouble_ && !open) talk_("trouble", Json{{"error", trouble}});
  if (open && !last_trouble_.empty()) talk_("trouble.over", Json::object());
  last_trouble_ = trouble;
}

void HotelFeed::note(const std::string& action, Json detail) {
  detail["hotel"] = hotel_.name;
  if (waiting_.empty() && c_.note("desk", action, "", detail)) return;
  // A bound, because a log may stay broken for days; the raw log of the link holds every message anyway.
  if (waiting_.size() < waiting_max) waiting_.emplace_back(action, std::move(detail));
}

void HotelFeed::note_waiting() {
  while (!waiting_.empty()) {
    Json detail = waiting_.front().second;
    detail["late"] = true;
    if (const auto noted = c_.note("desk", waiting_.front().first, "", std::move(detail)); !noted) {
      const std::string trouble = to_text(noted.error());
      if (trouble != last_trouble_)
        talk_("trouble", Json{{"error", trouble}, {"entries_waiting", waiting_.size()}});
      last_trouble_ = trouble;
      return;
    }
    waiting_.pop_front();
  }
}

Status HotelFeed::change(const records::StayChange& change) {
  const std::lock_guard lock{mutex_};
  auto ended = store_->catalogue().apply(change, "fias:" + hotel_.name, c_.now());
  if (!ended && ended.error().exit == Exit::usage) {
    // The hotel's message says too little. It comes to nothing, and the link must live on for those that do.
    Json detail = facts_of(change);
    detail["why"] = ended.error().what;
    talk_("record.refused", detail);
    note("records.stay.refused", std::move(detail));
    return {};
  }
  if (!ended) return tl::unexpected(std::move(ended).error());
  const SuspensionReport stopped = suspension_.apply(*ended);
  if (!ended->empty()) say(stopped);
  if (resyncing_ && ended->empty()) {
    resynced_.push_back(facts_of(change));  // one entry for all of them: a house may hold a thousand guests
    return {};
  }
  Json detail = facts_of(change);
  detail["grants_suspended"] = stopped.stopped.size();
  note("records.stay", std::move(detail));
  return {};
}

Result<std::vector<std::string>> HotelFeed::in_the_house() {
  const Instant now = c_.now();
  WRIT_TRY(stays, store_->catalogue().facts(records::FactKind::stay, hotel_.account, "",
                                            {now, now + Nanos{1}, std::nullopt}));
  std::set<std::string> out;
  for (const records::FactVersion& v : stays)
    if (v.fact.body.value("kind", "guest") == "guest") out.insert(v.fact.key);
  return std::vector<std::string>{out.begin(), out.end()};
}

// Who is in the house by our records and was not named: told, never ended silently. The hotel may have left
// somebody out; a person looks, and the hotel's own check-out or a catalogue file ends the stay.
Json HotelFeed::unnamed(const Json& named) {
  Json out = Json::array();
  const auto ours = in_the_house();
  if (!ours) {
    talk_("trouble", Json{{"error", to_text(ours.error())}});
    return out;
  }
  std::set<std::string> theirs;
  for (const Json& r : named)
    if (r.is_string()) theirs.insert(r.get<std::string>());
  for (const std::string& r : *ours)
    if (!theirs.contains(r)) out.push_back(r);
  return out;
}

void HotelFeed::after_resync(const Json& named, bool is_whole) {
  Json detail{{"named", named.size()},
              {"whole", is_whole},
              {"changes", resynced_.size()},
              {"sha256", crypto::hex(crypto::sha256(view_of(canonical(resynced_))))}};
  resynced_ = Json::array();
  resyncing_ = false;
  if (is_whole) {
    Json left_out = unnamed(named);
    if (!left_out.empty()) talk_("resync.unnamed", Json{{"reservations", left_out}});
    detail["unnamed"] = std::move(left_out);
  }
  note("records.resync", std::move(detail));
}

void HotelFeed::talk(const std::string& what, const Json& detail) {
  const std::lock_guard lock{mutex_};
  talk_(what, detail);
  const auto begins = [&](std::string_view with) { return what.starts_with(with); };
  if (what == "resync.begun") {
    resyncing_ = true;
    resynced_ = Json::array();
  } else if (begins("resync.")) {
    after_resync(detail.value("named", Json::array()), what == "resync.done");
  } else if (begins("link.") || begins("raw.")) {  // not each odd byte: the log is not the hotel's to fill
    note("hotel." + what, detail);
  }
}

void HotelFeed::trouble(const Error& e) {
  const std::lock_guard lock{mutex_};
  talk_("trouble", Json{{"error", to_text(e)}});
}

void HotelFeed::use(RecordStore& store) {
  const std::lock_guard lock{mutex_};
  store_ = &store;
}

void HotelFeed::watch() {
  const std::lock_guard lock{mutex_};
  const SuspensionReport r = suspension_.catch_up(store_->catalogue());
  say(r);
  if (r.done()) note_waiting();
}

Status HotelFeed::close() {
  const std::lock_guard lock{mutex_};
  note_waiting();
  WRIT_CHECK(to_status(suspension_.catch_up(store_->catalogue())));
  if (waiting_.empty()) return {};
  return fail(Exit::unit,
              fmt::format("{} messages of {} are not in the audit log", waiting_.size(), hotel_.name),
              "every record's change is noted", "a writable audit log",
              "mend the log; the link's own raw log holds the messages");
}

MessageFeed::MessageFeed(Carrier& c, RecordStore& store, const ingest::SourceSettings& source,
                         const Talk& talk)
    : c_(c), store_(store), source_(source), talk_(talk), rating_(c.policy().records.rating) {}

Status MessageFeed::record(std::string_view body) {
  const std::lock_guard lock{mutex_};
  WRIT_TRY(counts, ingest::import_cdr_message(body, source_, import_to(c_, store_, rating_)));
  added_ += counts.added;
  for (const std::string& m : counts.months)
    if (std::find(grown_.begin(), grown_.end(), m) == grown_.end()) grown_.push_back(m);
  for (const std::string& p : counts.first_problems) talk_("problem", Json{{"problem", p}});
  return {};
}

Status MessageFeed::note_grown() {
  if (grown_.empty()) return {};
  WRIT_CHECK(note_heads(c_, store_.cdrs(), grown_));
  grown_.clear();
  return {};
}

// An entry for each call would drown the log: the months' heads cover every record, some seconds later.
void MessageFeed::watch() {
  constexpr std::chrono::seconds between{5};
  const std::lock_guard lock{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (now - noted_ < between) return;
  noted_ = now;
  if (const Status noted = note_grown(); !noted) talk_("trouble", Json{{"error", to_text(noted.error())}});
}

Status MessageFeed::close() {
  const std::lock_guard lock{mutex_};
  return note_grown();
}

}  // namespace writ::desk
