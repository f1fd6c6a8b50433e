// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/demand_prompt.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>

#include "base/utf8.hh"
#include "cases/demand_questions.hh"
#include "cases/intake.hh"

namespace writ::cases {
namespace {

using process::Demand;

std::string trimmed(const std::string& s) {
  const auto from = s.find_first_not_of(" \t\r");
  return from == std::string::npos ? "" : s.substr(from, s.find_last_not_of(" \t\r") - from + 1);
}

class Asking {
 public:
  Asking(Prompt& p, const Demand& draft) : p_(p), j_(process::to_json(draft)) {}

  Result<Demand> run() {
    WRIT_CHECK(ask(kind_question(p_.policy)));
    for (const bool needed : {true, false})
      for (const Question& q : demand_questions(p_.policy))
        if (q.is_needed(kind()) == needed) WRIT_CHECK(ask(q));
    WRIT_CHECK(ask_subjects());
    return review();
  }

 private:
  const policy::ProcessKind& kind() const {
    return *policy::process_kind(p_.policy, j_.at("kind").get<std::string>());
  }

  Result<std::string> line(const std::string& prompt) {
    p_.out << prompt << std::flush;
    std::string s;
    if (!std::getline(p_.in, s))
      return fail(Exit::partial, "the input ended before the process was filed", {}, {},
                  "start again with the same document: the draft beside it has all answers");
    return trimmed(s);
  }

  Status keep() {
    WRIT_TRY(d, process::demand_from_json(j_));
    WRIT_CHECK(check_taken_in_here(p_.policy, d.kind));  // before it stands in a draft
    return p_.keep(d);
  }

  // Until the answer can be kept.
  Status ask(const Question& q) {
    Json& field = j_.at(Json::json_pointer(q.pointer));
    for (;;) {
      const std::string now = shown(field);
      WRIT_TRY(text, line(fmt::format("{}{}{}: ", q.label, q.is_needed(kind_or_none()) ? " *" : "",
                                      now.empty() ? "" : " [" + now + "]")));
      if (text.empty()) {
        if (q.must_answer && now.empty()) continue;
        return {};
      }
      if (text == "?") {
        p_.out << q.help() << "\n";
        continue;
      }
      const auto value = text == "-" ? Result<Json>(empty_like(field)) : q.parse(text, p_.policy);
      if (!value) {
        p_.out << "  " << value.error().what << ": " << value.error().next << "\n";
        continue;
      }
      const Json before = field;
      field = *value;
      const Status kept = keep();
      if (kept) return {};
      if (kept.error().exit != Exit::usage) return kept;
      field = before;
      p_.out << "  " << kept.error().what << ": " << kept.error().next << "\n";
    }
  }

  policy::ProcessKind kind_or_none() const {
    const auto* k = policy::process_kind(p_.policy, j_.at("kind").get<std::string>());
    return k == nullptr ? policy::ProcessKind{} : *k;
  }

  Status ask_subjects() {
    for (std::size_t i = 0;; ++i) {
      Json& subjects = j_.at("subjects");
      p_.out << fmt::format("subject {} (an empty kind: no more)\n", i + 1);
      if (i >= subjects.size()) subjects.push_back(empty_subject());
      WRIT_TRY(entered, ask_subject(i));
      if (entered == Entered::none) return keep();
      if (entered == Entered::refused) --i;
    }
  }

  enum class Entered { none, kept, refused };
  Result<Entered> ask_subject(std::size_t i) {
    const Json before = j_.at("subjects");
    Json& subject = j_.at("subjects").at(i);
    WRIT_TRY(kind, subject_kind(subject.at("kind").get<std::string>()));
    if (kind.empty()) {
      j_.at("subjects").erase(i);
      return Entered::none;
    }
    subject.at("kind") = kind;
    for (const SubjectField& f : subject_fields(kind)) {
      Json& field = subject.at(Json::json_pointer(f.pointer));
      for (;;) {
        WRIT_TRY(text, line(fmt::format("  {}{}: ", f.label, field == "" ? "" : " [" + shown(field) + "]")));
        if (!text.empty() && !is_utf8(text)) continue;
        if (!text.empty()) field = text == "-" ? "" : text;
        if (field == "" && f.required) continue;
        break;
      }
    }
    const Status kept = keep();
    if (kept) return Entered::kept;
    if (kept.error().exit != Exit::usage) return tl::unexpected(kept.error());
    p_.out << "  " << kept.error().what << ": " << kept.error().next << "\n";
    j_.at("subjects") = before;
    return Entered::refused;
  }

  Result<std::string> subject_kind(const std::string& now) {
    const auto& kinds = subject_kinds();
    for (;;) {
      WRIT_TRY(text, line(fmt::format("  kind ({}){}: ", fmt::join(kinds, ", "),
                                      now.empty() ? "" : " [" + now + "]")));
      if (text.empty()) return now;
      if (text == "-") return std::string();
      if (std::find(kinds.begin(), kinds.end(), text) != kinds.end()) return text;
      p_.out << "  one of these words\n";
    }
  }

  // What was entered and what the checks say of it; "file" ends it, a field's label asks it again.
  Result<Demand> review() {
    for (;;) {
      WRIT_TRY(d, process::demand_from_json(j_));
      p_.out << "\n" << process::to_toml(d) << "\n";
      for (const auto& r : deficiencies(process::check_demand(d, p_.policy, {}, p_.now)))
        p_.out << fmt::format("{} {} ({})\n   {}\n", r.id, r.message, r.fact, r.cure);
      WRIT_TRY(text, line("file | subjects | the name of a field to change it: "));
      if (text == "file") return d;
      if (text == "subjects") {
        WRIT_CHECK(ask_subjects());
        continue;
      }
      const auto all = demand_questions(p_.policy);
      const auto q =
          std::find_if(all.begin(), all.end(), [&](const Question& x) { return x.name() == text; });
      if (q != all.end())
        WRIT_CHECK(ask(*q));
      else if (text == "kind")
        WRIT_CHECK(ask(kind_question(p_.policy)));
      else
        p_.out << "no such field\n";
    }
  }

  Prompt& p_;
  Json j_;
};

}  // namespace

Result<Demand> ask_demand(Prompt& p, Demand draft) {
  WRIT_CHECK(check_taken_in_here(p.policy, draft.kind));
  p.out << "Enter keeps [what stands there], - empties it, ? helps; * is needed by this kind of process.\n";
  return Asking(p, draft).run();
}

}  // namespace writ::cases
