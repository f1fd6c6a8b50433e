// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows of the call book a question under a scope reaches, and their stream: several queries merged in
// order of time, each row once, in constant memory.
#pragma once
#include <functional>

#include "desk/record_access.hh"

namespace writ::desk {

using Span = std::pair<Instant, Instant>;  // half open

struct CallSource {
  records::CdrQuery query;  // without its times
  std::vector<Span> spans;  // ordered, disjoint
};

records::CdrQuery call_query(records::CdrQuery::By by, const std::string& value, const std::string& account);
Span cut(const records::Period& p, const Span& w);

struct RoomStay {
  std::string property, room;
  Span stay;
};
// The extensions of a room during a stay, and the numbers that reach them.
Status add_room(RecordStore& store, const RoomStay& room,
                const std::function<bool(const std::string& extension)>& wanted,
                std::vector<CallSource>& out);

// A stay is asked as {"stay", reservation, property}; everything else as the scope names it.
Result<std::vector<CallSource>> call_sources(RecordStore& store, const RecordAccess& access,
                                             const authority::ScopeSubject& subject, Instant from,
                                             Instant until);

struct CallKey {  // the place of a row in the order of an answer
  Instant start{};
  std::string month;
  std::uint64_t seq = 0;
  auto operator<=>(const CallKey&) const = default;
};
CallKey key_of(const records::StoredCdr& r);

class CallStream {
 public:
  // Rows after `after`. `batch`: rows that are fetched at once.
  CallStream(records::CdrBook& book, std::vector<CallSource> sources, std::optional<CallKey> after,
             std::size_t batch);
  Result<const records::StoredCdr*> peek();  // null at the end
  void pop();

 private:
  struct Feed {
    CallSource source;
    std::size_t span = 0, row = 0;
    std::string cursor;
    bool is_open = false;  // a page of this span was read
    records::CdrPage page;
  };
  Status fill(Feed& f);
  records::CdrBook* book_;
  std::vector<Feed> feeds_;
  std::optional<CallKey> last_;
  std::size_t batch_;
  Feed* next_ = nullptr;
};

}  // namespace writ::desk
