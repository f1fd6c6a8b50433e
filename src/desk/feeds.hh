// SPDX-License-Identifier: GPL-3.0-or-later
// The desk's side of a running feed: one lock over store and log, and a watch beside the feed that finishes
// what is open each second. A feed goes on when the log cannot be written, as a stay's end must still stop
// the probe; what the log lacks is kept and noted as soon as it can be.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "desk/ingest_service.hh"
#include "desk/record_store.hh"

namespace writ::desk {

class HotelFeed {
 public:
  HotelFeed(Carrier& c, RecordStore& store, const ingest::HotelSettings& hotel, const Talk& talk)
      : c_(c), store_(&store), hotel_(hotel), talk_(talk), suspension_(c) {}
  Status change(const records::StayChange& change);
  void talk(const std::string& what, const Json& detail);
  void trouble(const Error& e);
  void use(RecordStore& store);  // a connection that was lost is not taken up again by itself
  void watch();                  // once a second
  // What is still open at the end.
  Status close();

 private:
  void say(const SuspensionReport& r);
  void note(const std::string& action, Json detail);
  void note_waiting();
  Json unnamed(const Json& named);
  void after_resync(const Json& named, bool is_whole);
  Result<std::vector<std::string>> in_the_house();

  Carrier& c_;
  RecordStore* store_;
  const ingest::HotelSettings& hotel_;
  const Talk& talk_;
  Suspension suspension_;
  std::mutex mutex_;
  bool resyncing_ = false;
  Json resynced_ = Json::array();
  std::deque<std::pair<std::string, Json>> waiting_;  // entries that the log could not take yet
  std::string last_trouble_;
};

class MessageFeed {
 public:
  MessageFeed(Carrier& c, RecordStore& store, const ingest::SourceSettings& source, const Talk& talk);
  Status record(std::string_view body);
  void watch();  // notes the heads of the months that have grown
  Status close();
  std::uint64_t added() const { return added_; }

 private:
  Status note_grown();
  Carrier& c_;
  RecordStore& store_;
  const ingest::SourceSettings& source_;
  const Talk& talk_;
  ingest::Rating rating_;
  std::mutex mutex_;
  std::vector<std::string> grown_;
  std::uint64_t added_ = 0;
  std::chrono::steady_clock::time_point noted_{};
};

// Calls `tick` each second until it goes out of scope.
class EverySecond {
 public:
  explicit EverySecond(std::function<void()> tick);
  ~EverySecond();
  EverySecond(const EverySecond&) = delete;
  EverySecond& operator=(const EverySecond&) = delete;

 private:
  std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

// Where the importer puts what it keeps.
ingest::ImportTo import_to(Carrier& c, RecordStore& store, const ingest::Rating& rating);

}  // namespace writ::desk
