// SPDX-License-Identifier: GPL-3.0-or-later
// The desk on which the proposers of single concerns work: the laid-out text, what was found in it once, and
// what has been proposed so far. Internal to the room.
#pragma once
#include <string>
#include <vector>

#include "scan/patterns.hh"
#include "scan/proposer.hh"

namespace writ::scan {

struct Draft {
  explicit Draft(const std::vector<Page>& p);

  const std::vector<Page>& pages;
  Sheet sheet;
  std::vector<DateHit> dates;
  std::vector<PhoneHit> phones;
  std::vector<AddressHit> addresses;
  std::vector<StatuteHit> statutes;
  std::vector<NameHit> names;  // with a rank
  std::vector<Proposal> out;

  // Up to n characters before or behind, in lower case with single spaces.
  std::string before(std::size_t offset, std::size_t n) const;
  std::string after(std::size_t offset, std::size_t n) const;
  // What may name the thing at `s`: the text before it in its segment, or, when it begins one, the segment to
  // the left and the one above; lower case.
  std::vector<std::string> labels(Span s) const;
  // Whether `cue` ends the text before `s` (n characters) or one of its labels.
  bool cued(Span s, const RE2& cue, std::size_t n) const;
  // The value that a label stands for: the rest of its segment, the segment to the right, or the one below.
  Span value_of(const Segment& g, std::size_t label_end) const;
  bool is_prose(const Segment& g) const;  // a line that goes over most of the page

  // `certainty` 0-100: how sure it is that this place speaks of this field. A field that is there stays.
  void add(const std::string& field, const std::string& value, Span from, int certainty);
  const Proposal* get(std::string_view field) const;
  bool is_kind(std::string_view kind) const;
};

// Each adds the fields of its concern; in this order, since later ones look at what earlier ones said.
void propose_pages(Draft& d);
void propose_kind(Draft& d);     // kind, statute
void propose_issue(Draft& d);    // court, jurisdiction, instrument, issuer, issuer_title, signed
void propose_dates(Draft& d);    // issued, return_by, records_from, records_until, non_disclosure_until
void propose_contact(Draft& d);  // requester.*
void propose_subjects(Draft& d);
void propose_items(Draft& d);   // items.*, expressly.*, wording
void propose_danger(Draft& d);  // nature, circumstances, danger_to_person

}  // namespace writ::scan
