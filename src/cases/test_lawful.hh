// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests: the lawful transitions as lawful.tsv says them, and what follows from them: who may do what
// in a case with this history, and how a case comes lawfully to a state.
#pragma once
#include <map>
#include <set>
#include <sstream>

#include "desk/test_staff.hh"

namespace writ::cases::testing {

using Words = std::vector<std::string>;

struct Lawful {  // one line
  std::string cycle, act, to;
  Words from, roles, after, others, facts, one_each;
};

inline Words words(const std::string& cell) {
  Words out;
  std::istringstream in(cell);
  for (std::string w; std::getline(in, w, ',');) out.push_back(w);
  return out;
}

inline bool has(const Words& v, const std::string& s) { return std::find(v.begin(), v.end(), s) != v.end(); }

inline std::vector<Lawful> read_lawful() {
  std::vector<Lawful> out;
  std::istringstream in(read_text(fs::path(WRIT_SOURCE_DIR) / "src" / "cases" / "lawful.tsv").value());
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    Words cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
    cells.resize(9);
    Lawful l{cells[0],        cells[2],        cells[3],        words(cells[1]), words(cells[4]),
             words(cells[5]), words(cells[6]), words(cells[7]), words(cells[8])};
    for (std::string& s : l.from) s = s == "-" ? "" : s;
    out.push_back(std::move(l));
  }
  return out;
}

struct Did {
  std::string act, user;
};
using History = std::vector<Did>;

// What counts of a history: a corrected document begins anew, and is a filing.
inline History counting(const History& h) {
  History out;
  for (const Did& d : h) {
    if (d.act == "correct") out.clear();
    out.push_back(d);
  }
  return out;
}

inline bool predecessors_done(const Lawful& l, const History& h) {
  const History counted = counting(h);
  return std::all_of(l.after.begin(), l.after.end(), [&](const std::string& act) {
    return std::any_of(counted.begin(), counted.end(),
                       [&](const Did& d) { return d.act == act || (act == "file" && d.act == "correct"); });
  });
}

inline bool is_own_work(const Lawful& l, const History& h, const std::string& user) {
  const History counted = counting(h);
  return std::any_of(l.others.begin(), l.others.end(), [&](const std::string& act) {
    const auto newest =
        std::find_if(counted.rbegin(), counted.rend(), [&](const Did& d) { return d.act == act; });
    return newest != counted.rend() && newest->user == user;
  });
}

// "counsel-2" has the role counsel, and no other.
inline std::string role_of_user(const std::string& user) { return user.substr(0, user.find('-')); }

// Of two people who have to be counsel and officer, say, one is each.
inline bool is_one_each(const Lawful& l, const History& h, const std::string& user) {
  if (l.one_each.empty()) return true;
  const History counted = counting(h);
  const auto first =
      std::find_if(counted.rbegin(), counted.rend(), [&](const Did& d) { return d.act == l.others.front(); });
  return first != counted.rend() && has(l.one_each, role_of_user(user)) &&
         has(l.one_each, role_of_user(first->user)) && role_of_user(user) != role_of_user(first->user);
}

// Who of the two people of each role takes this step; "" when neither may. "clock": the desk.
inline std::string taker(const Lawful& l, const History& h) {
  for (const std::string& role : l.roles) {
    if (role == "clock") return "clock";
    for (const char* n : {"-1", "-2"})
      if (!is_own_work(l, h, role + n) && is_one_each(l, h, role + n)) return role + n;
  }
  return "";
}

struct Step {
  const Lawful* lawful;
  std::string user;
};

// The shortest lawful way to each state of the cycle.
inline std::map<std::string, std::vector<Step>> ways(const std::vector<Lawful>& all,
                                                     const std::string& cycle) {
  std::map<std::string, std::vector<Step>> out{{"", {}}};
  std::vector<std::string> queue{""};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::vector<Step> way = out[queue[i]];
    History h;
    for (const Step& s : way) h.push_back({s.lawful->act, s.user});
    for (const Lawful& l : all) {
      if (l.cycle != cycle || !has(l.from, queue[i]) || !predecessors_done(l, h)) continue;
      const std::string to = l.to == "=" ? queue[i] : l.to;
      const std::string user = taker(l, h);
      if (user.empty() || out.contains(to)) continue;
      out[to] = way;
      out[to].push_back({&l, user});
      queue.push_back(to);
    }
  }
  return out;
}

}  // namespace writ::cases::testing
