// SPDX-License-Identifier: GPL-3.0-or-later
// A hotel's character set, by its ICU name: bytes of the site in, UTF-8 out.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace writ::ingest {

class SiteText {
 public:
  // Exit::usage: a name that ICU does not know, or a character set in which FIAS itself cannot be written
  // (UTF-16, EBCDIC).
  static Result<SiteText> open(const std::string& icu_name);
  struct Text {
    std::string utf8;
    bool whole = true;  // false: some bytes are no characters of the set; U+FFFD stands for them
  };
  Text read(std::string_view bytes) const;
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(void* converter) const;
  };
  SiteText(std::string name, void* converter) : name_(std::move(name)), converter_(converter) {}
  std::string name_;
  std::unique_ptr<void, Close> converter_;
};

}  // namespace writ::ingest
