// SPDX-License-Identifier: GPL-3.0-or-later
// Structured text written by people (TOML or JSON) as one Json value, with the line and column of every node,
// and a strict reader on top: unknown keys and wrong types are refused at their place, with what would cure
// them.
#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hh"
#include "base/json.hh"
#include "base/time.hh"

namespace writ {

struct Place {
  std::size_t line = 0, column = 0;  // 1-based; 0: not known
};

struct Sourced {
  std::string name;  // of the file, for messages
  Json json;
  std::map<std::string, Place> places;  // JSON pointer -> where it is written
};

// TOML times become RFC 3339 text; a TOML time without offset stays without, and is refused where a time is
// read.
Result<Sourced> parse_toml(std::string_view text, std::string_view name);
Result<Sourced> parse_sourced_json(std::string_view text, std::string_view name);
// TOML or JSON by content, with or without a byte order mark; larger than `bytes_max` is refused under
// `rule`.
Result<Sourced> parse_sourced_file(View file, std::string_view name, std::size_t bytes_max,
                                   std::string_view rule);

// Everything read from one Sourced value reports here; the first complaint is kept.
class Reading {
 public:
  Reading(const Sourced& source, std::string rule) : source_(source), rule_(std::move(rule)) {}
  const Json& root() const { return source_.json; }
  void refuse(const std::string& pointer, const std::string& what, const std::string& cure);
  Status status() const;

 private:
  const Sourced& source_;
  std::string rule_;
  std::optional<Error> error_;
};

enum class Need { required, optional };

// The fields of one object. Reads never throw: after a complaint they yield empty values.
class Fields {
 public:
  Fields(Reading& reading, const Json& object, std::string pointer);
  std::string text(const char* key, Need need = Need::optional);
  // One of `words`, or "" when optional and absent.
  std::string word(const char* key, const std::vector<std::string>& words, Need need);
  std::int64_t whole(const char* key, std::int64_t min, std::int64_t max);  // required
  bool flag(const char* key);                                               // absent: false
  Instant time(const char* key);                                            // absent or "": Instant{}
  std::vector<std::string> texts(const char* key);                          // absent: empty
  std::vector<std::int64_t> wholes(const char* key, std::int64_t min, std::int64_t max);  // absent: empty
  std::optional<Fields> object(const char* key, Need need);
  std::vector<Fields> objects(const char* key);
  // Complains about keys that nothing above asked for.
  void finish();
  const std::string& pointer() const { return pointer_; }
  void refuse(const char* key, const std::string& what, const std::string& cure);

 private:
  const Json* find(const char* key, Need need);
  const Json* list(const char* key, const char* what, const std::string& cure);  // nullptr: none, or refused
  std::int64_t whole_at(const Json& value, const std::string& pointer, std::int64_t min, std::int64_t max);
  std::string text_at(const Json& value, const char* key, const std::string& at);
  std::string at(const char* key) const { return pointer_ + "/" + key; }

  Reading* reading_;
  const Json* object_;
  std::string pointer_;
  std::set<std::string> known_;
};

}  // namespace writ
