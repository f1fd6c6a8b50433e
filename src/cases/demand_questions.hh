// SPDX-License-Identifier: GPL-3.0-or-later
// The questions of the prompt (demand_prompt.hh): one for each field of a process file, with what kind of
// process needs it, and how an answer is read.
#pragma once
#include <functional>

#include "process/demand.hh"

namespace writ::cases {

struct Question {
  enum class Type { text, flag, time, word, list };
  std::string pointer;  // into to_json(Demand)
  std::string label;
  Type type = Type::text;
  std::vector<std::string> words = {};                               // that may be answered
  std::function<bool(const policy::ProcessKind&)> needed = nullptr;  // null: never
  bool must_answer = false;
  bool is_needed(const policy::ProcessKind& k) const { return needed && needed(k); }
  std::string name() const;  // "requester.name"
  std::string help() const;
  Result<Json> parse(const std::string& answer, const policy::Policy& p) const;
};
Question kind_question(const policy::Policy& p);
std::vector<Question> demand_questions(const policy::Policy& p);

struct SubjectField {
  std::string pointer, label;  // into one subject
  bool required = false;
};
const std::vector<std::string>& subject_kinds();
std::vector<SubjectField> subject_fields(std::string_view kind);
Json empty_subject();

std::string shown(const Json& value);  // of a field, "" when it is not stated
Json empty_like(const Json& value);

}  // namespace writ::cases
