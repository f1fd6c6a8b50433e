// SPDX-License-Identifier: GPL-3.0-or-later
// The mirrored port: everything that is scheduled comes out in the order of time, into a capture file
// (classic pcap, microseconds) and, as far as it is a target's, into the truth.
#pragma once
#include <cstdio>
#include <functional>
#include <queue>

#include "random.hh"
#include "truth.hh"

namespace carrier {

class Mirror {
 public:
  Mirror(const fs::path& pcap, Truth& truth);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  void frame(Time t, Bytes bytes, const Mark& m);
  void call_at(Time t, std::function<void()> act);  // acts schedule more, at `t` or later
  void datagram(Time t, const Endpoint& from, const Endpoint& to, View payload, Wire w, const Mark& m);
  // In IP fragments of `piece` bytes, the last first when `reversed`.
  void fragments(Time t, const Endpoint& from, const Endpoint& to, View payload, Wire w, const Mark& m,
                 std::size_t piece, bool reversed);
  std::uint16_t next_id() { return ++id_; }
  void run();  // until nothing is scheduled any more

  void promise(std::uint64_t frames) { promised_ += frames; }  // that will come
  std::uint64_t written() const { return written_; }
  std::uint64_t promised() const { return written_ + queue_.size() + promised_; }
  void keep_promise() { --promised_; }
  std::uint64_t hostile() const { return hostile_; }
  Time now() const { return now_; }
  Truth& truth() { return truth_; }

 private:
  struct Item {
    Time at;
    std::uint64_t order;
    mutable Bytes bytes;
    Mark mark;
    mutable std::function<void()> act;
    bool operator<(const Item& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  void write(Time t, View frame);

  std::FILE* out_;
  Truth& truth_;
  std::priority_queue<Item> queue_;
  std::uint64_t order_ = 0, written_ = 0, promised_ = 0, hostile_ = 0;
  std::uint16_t id_ = 0;
  Time now_ = 0;
};

}  // namespace carrier
