// SPDX-License-Identifier: GPL-3.0-or-later
// What identify() answers: the texts are fixed for each way of asking and each outcome.
#pragma once
#include <map>
#include <tuple>

#include "records/identify.hh"
#include "records/spans.hh"

namespace writ::records {

Answer need_more(Ask::By by, std::vector<std::string> needs);
Answer no_record(Ask::By by);
Answer refer(Ask::By by, std::string_view administrator);

// One party by its account, or by its stay: all pieces of one are one, from the first to the last.
class Parties {
 public:
  void add(const std::string& account, const std::string& reservation, const std::string& tenant,
           const Span& span);
  bool empty() const { return spans_.empty(); }
  Answer answer(Ask::By by) const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, Span> spans_;
};

}  // namespace writ::records
