// SPDX-License-Identifier: GPL-3.0-or-later
// TCP connections that carry SIP (RFC 3261 18.3) as real stacks send it: several messages in a segment, a
// message over several segments, segments sent twice and out of order; and the same under TLS, where nobody
// without the keys reads a word.
#pragma once
#include <deque>
#include <memory>

#include "mirror.hh"

namespace carrier {

// One connection. Both directions; everything is sent at the mirror's own time, so call from within call_at.
class Tcp {
 public:
  struct Habits {
    std::size_t segment = 1448;  // bytes at most
    Time gather = 0;             // messages within this time share segments
    double twice = 0, swapped = 0;
    bool records = false;  // each message begins a TLS record
  };
  Tcp(Mirror& m, const Endpoint& client, const Endpoint& server, Wire w, Habits h, std::uint64_t seed);
  void open();
  // Queues one message of a direction; `mark.owner` target: into the truth, by its place in the stream.
  void send(bool from_client, const std::string& message, const Mark& mark);
  void close();
  // The place where the direction's next byte will be, for those who forge.
  std::uint32_t next(bool from_client) const { return side_[from_client ? 0 : 1].sequence; }
  const Endpoint& end(bool client) const { return client ? client_ : server_; }
  Wire wire() const { return wire_; }

 private:
  struct Side {
    std::uint32_t sequence = 0;
    Bytes waiting;
    bool due = false, hostile = false;
  };
  void flush(bool from_client);
  void segment(Time t, bool from_client, std::uint32_t sequence, View payload, std::uint8_t flags,
               bool hostile);

  Mirror& m_;
  Endpoint client_, server_;
  Wire wire_;
  Habits habits_;
  Random chance_;
  Side side_[2];
};

// A TLS 1.3 or 1.2 connection by OpenSSL over such a Tcp. Keys go to the key log (NSS format).
class Tls {
 public:
  Tls(Mirror& m, const Endpoint& client, const Endpoint& server, Wire w, std::uint64_t seed, bool newest);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  void open();
  void send(bool from_client, const std::string& message);
  void close();
  static void start(std::uint64_t seed, const fs::path& key_log);

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

}  // namespace carrier
