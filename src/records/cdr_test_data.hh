// SPDX-License-Identifier: GPL-3.0-or-later
// Call records for tests: as varied as switches write them, from a seed.
#pragma once
#include <fmt/format.h>

#include <filesystem>
#include <random>

#include "base/test_at.hh"
#include "records/cdr_book.hh"

namespace writ::records::testing {

using Random = std::mt19937_64;

inline std::uint64_t pick(Random& r, std::uint64_t n) { return r() % n; }
using writ::test::at;

inline std::string some_party(Random& r) {
  switch (pick(r, 12)) {
    case 0:
      return fmt::format("{}", 100 + pick(r, 40));
    case 1:
      return fmt::format("0{}", 100 + pick(r, 3));
    case 2:
      return fmt::format("sip:guest{}@hotel.example", pick(r, 5));
    case 3:
      return pick(r, 2) == 0 ? "anonymous" : "911";
    default:
      return fmt::format("+1404555{:04}", 100 + pick(r, 20));
  }
}

inline std::string some_call_id(Random& r) {
  switch (pick(r, 4)) {
    case 0:
      return fmt::format("{}.{}", 1700000000 + pick(r, 100000000), pick(r, 100000));
    case 1:
      return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", pick(r, 1ull << 32), pick(r, 1u << 16),
                         pick(r, 1u << 12), pick(r, 1u << 12), pick(r, 1ull << 48));
    case 2:
      return fmt::format("0{}.0{}", pick(r, 1000000), pick(r, 100000));  // looks like two numbers, is text
    default:
      return fmt::format("call-{:x}@pbx.example", r());
  }
}

inline Cdr some_cdr(Random& r, Instant from, Instant until) {
  Cdr c;
  c.account = fmt::format("A-{:03}", pick(r, 4));
  c.call_id = some_call_id(r);
  c.leg = pick(r, 3) == 0 ? fmt::format("{}", pick(r, 3)) : "";
  c.linked = pick(r, 3) == 0 ? c.call_id : pick(r, 4) == 0 ? some_call_id(r) : "";
  const auto span = std::chrono::floor<std::chrono::milliseconds>(until - from).count();
  c.start = from + std::chrono::milliseconds{pick(r, static_cast<std::uint64_t>(span))};
  c.answer_ms = pick(r, 3) == 0 ? -1 : static_cast<std::int64_t>(pick(r, 30000));
  c.duration_ms = static_cast<std::int64_t>(pick(r, 4000000));
  c.caller = some_party(r);
  c.called = pick(r, 30) == 0 ? c.caller : some_party(r);
  if (pick(r, 6) == 0) c.redirecting = some_party(r);
  if (pick(r, 6) == 0) c.caller_extension = fmt::format("{}", 100 + pick(r, 40));
  if (pick(r, 6) == 0) c.called_extension = fmt::format("{}", 100 + pick(r, 40));
  c.call_class = static_cast<CallClass>(pick(r, 9));
  c.disposition = static_cast<Disposition>(pick(r, 7));
  if (pick(r, 3) == 0) c.extra = fmt::format(R"({{"trunk":"t{}"}})", pick(r, 5));
  c.source = fmt::format("feed-{}", pick(r, 7));
  c.line = pick(r, 100000);
  return c;
}

// A directory that goes away with the test.
struct Scratch {
  fs::path path;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "writ-cdr-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ec;
    fs::remove_all(path, ec);
  }
};

inline crypto::Secret32 test_master() { return crypto::Secret32{Bytes(32, 7)}; }

}  // namespace writ::records::testing
