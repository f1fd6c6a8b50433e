// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/wording.hh"

#include "base/sourced.hh"

namespace writ::policy {
namespace {

void add(Fields& f, const char* key, std::vector<std::string>& to) {
  for (const std::string& s : f.texts(key)) {
    if (s.find_first_not_of(' ') == std::string::npos)
      f.refuse(key, "holds an empty text", "write the words as a document has them");
    to.push_back(s);
  }
}

}  // namespace

void read_wording(Fields& layer, Wording& w) {
  auto f = layer.object("wording", Need::optional);
  if (!f) return;
  add(*f, "sweeping", w.sweeping);
  add(*f, "jargon", w.jargon);
  add(*f, "lesser_courts", w.lesser_courts);
  add(*f, "nsl_certifiers", w.nsl_certifiers);
  f->finish();
}

}  // namespace writ::policy
