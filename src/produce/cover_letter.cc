// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "produce/call_log.hh"
#include "produce/documents.hh"
#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

std::string clean_join(const std::vector<std::string>& v, const char* between) {
  std::vector<std::string> c;
  for (const std::string& s : v) c.push_back(clean_text(s));
  return joined(c, between);
}

std::string count(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string clock_text(std::int64_t seconds) {
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string direction_text(const std::string& d) {
  if (d == "from-target") return "outgoing";
  if (d == "to-target") return "incoming";
  return clean_text(d);
}

void addressee(Paper& p, const MatterFacts& f, Instant date) {
  p.text(long_date(date), plain_style, 12);
  std::string who = clean_text(f.officer_name);
  if (!f.officer_badge.empty()) who += fmt::format(" (Badge {})", clean_text(f.officer_badge));
  const std::string phone = f.officer_phone.empty() ? "" : "Telephone " + clean_text(f.officer_phone);
  p.text(joined({who, clean_text(f.officer_agency), clean_block(f.officer_address), phone}, "\n"),
         plain_style, 12);
}

void reference(Paper& p, const MatterFacts& f) {
  const std::string court = joined({clean_text(f.court), clean_text(f.judge)}, ", ");
  p.text(fmt::format("Re:  Instrument {} \xC2\xB7 our matter {}", clean_text(f.instrument),
                     clean_text(f.matter)),
         {Style::Face::serif, 10.5, true, false, 0, Style::Align::left}, 5);
  label_rows(p, {{"Issued by", court},
                 {"Type", clean_text(f.kind_text)},
                 {"Authority", clean_text(f.statute)},
                 {"Target", clean_join(f.targets, ", ")},
                 {"Authorized period", minute_text(f.window_start) + " to " + minute_text(f.window_end)},
                 {"Interception enabled", minute_text(f.enabled)},
                 {"SHA-256 as served", clean_text(f.document_sha256)}});
  p.space(7);
}

void opening(Paper& p, const policy::Policy& policy, const MatterFacts& f, const CallTotals& t) {
  p.text(fmt::format("Dear {}:", f.officer_name.empty() ? "Sir or Madam" : clean_text(f.officer_name)),
         plain_style, 6);
  p.text(
      fmt::format(
          "In answer to the instrument named above, {} produces the records described in this letter. They "
          "concern "
          "only the {} that the instrument names, and only the authorized period. The interception was "
          "enabled after "
          "the legal authorization was verified by {}, the carrier's authorization was given by {}, and the "
          "affirmative act of {}; each of the three signed separately, and their signatures are enclosed.",
          clean_text(policy.carrier), f.targets.size() == 1 ? "target" : "targets", clean_text(f.counsel),
          clean_text(f.officer), clean_text(f.technician)),
      body_style, 6);
  p.text(
      fmt::format("The production holds {} with {} and {} of conversation.", count(t.calls, "call", "calls"),
                  count(t.recordings, "recording", "recordings"), clock_text(t.seconds)),
      body_style, 4);
}

void calls_table(Paper& p, const intercept::Matter& m, const CallTotals& t) {
  p.heading("1.  Calls");
  if (m.calls.empty()) {
    p.text("No call of the target took place while the interception was enabled.", body_style, 6);
    return;
  }
  const std::vector<Paper::Column> columns = {
      {"No.", 24, Style::Align::right},      {"Start (UTC)", 62}, {"Direction", 50}, {"From", 80}, {"To", 80},
      {"Duration", 56, Style::Align::right}, {"Digits", 50},      {"Recording", 66}};
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < m.calls.size(); ++i) {
    const intercept::CallRecord& c = m.calls[i];
    std::string start = rfc3339_seconds(c.start);
    start[10] = ' ';
    start.pop_back();
    const auto seconds = talk_seconds(c);
    rows.push_back({fmt::format("{}", i + 1), start, direction_text(c.direction), clean_text(c.from),
                    clean_text(c.to), seconds ? clock_text(*seconds) : "open", clean_text(digits_text(c)),
                    c.wav.empty() ? "none" : fs::path(c.wav).stem().string()});
  }
  rows.push_back({"", "Total", "", count(t.calls, "call", "calls"), "", clock_text(t.seconds),
                  t.digits == 0 ? "" : fmt::format("{}", t.digits), fmt::format("{}", t.recordings)});
  p.table(columns, rows, true);
  p.text(
      "Duration is from answer to release. Digits are those dialed during the call; for each direction, the "
      "time of each is "
      "in calls.json. Times are Coordinated Universal Time.",
      small_style, 4);
}

void enclosures(Paper& p, const intercept::Matter& m, const CallTotals& t) {
  const bool mp3 = std::ranges::any_of(m.calls, [](const auto& c) { return !c.mp3.empty(); });
  p.heading("2.  Enclosed");
  std::vector<std::vector<std::string>> rows = {
      {"certification.pdf, .json", "Certification under 47 CFR 1.20004(a), signed by the responsible person"},
      {"call-log.csv", "Call-identifying information, one line per call, for spreadsheets"},
      {"calls.json", "The same with every event, media stream, digit, gap and anomaly"}};
  if (!m.packets.empty())
    rows.push_back({"content.pcap", fmt::format("The {} intercepted for the target, as captured",
                                                count(m.packets.size(), "packet", "packets"))});
  if (t.recordings > 0)
    rows.push_back(
        {"recordings/",
         fmt::format("{}: {}, target on the left channel, other party on the right, silence "
                     "where packets are missing",
                     count(t.recordings, "recorded call", "recorded calls"), mp3 ? "WAV and MP3" : "WAV")});
  if (t.fax_pages > 0)
    rows.push_back({"recordings/*.tif", fmt::format("{} of fax, as transmitted (TIFF, Group 4)",
                                                    count(t.fax_pages, "page", "pages"))});
  rows.push_back(
      {"authority/", "Trust roots, certificates and the signed grants under which the interception ran"});
  rows.push_back({"manifest.json, manifest.sig", "Size and SHA-256 of every file, signed by two custodians"});
  rows.push_back({"audit-proof.json", "Proof that this release is recorded in the carrier's audit log"});
  rows.push_back({"README.txt", "What each file is, and how to verify the production"});
  p.table({{"File", 138}, {"What it is", 346}}, rows);
}

struct StreamsLost {
  std::uint64_t packets = 0, fax_packets = 0;
  std::size_t streams = 0, faxes = 0, foreign = 0;
};
StreamsLost streams_lost(const intercept::Matter& m) {
  StreamsLost sum;
  for (const intercept::CallRecord& c : m.calls)
    for (const intercept::MediaStream& s : c.media) {
      if (s.foreign) ++sum.foreign;
      if (s.copy_of || s.lost == 0) continue;
      const bool fax = s.kind == "fax";
      (fax ? sum.fax_packets : sum.packets) += s.lost;
      ++(fax ? sum.faxes : sum.streams);
    }
  return sum;
}

// Everything known to be missing, one sentence each; equal sentences are told once with their number.
std::vector<std::string> missing_sentences(const intercept::Matter& m) {
  std::vector<std::string> out;
  for (const intercept::Gap& g : m.gaps)
    out.push_back(
        fmt::format("Gap from {} to {}: {}{}.", rfc3339(g.from), rfc3339(g.until), clean_text(g.why),
                    g.packets == 0 ? "" : fmt::format(" ({})", count(g.packets, "packet", "packets"))));
  std::map<std::string, std::size_t> told;
  for (const std::string& u : m.unavailable) ++told[clean_text(u)];
  for (const auto& [why, n] : told)
    out.push_back(
        fmt::format("Content unavailable: {}{}.", why, n == 1 ? "" : fmt::format(" ({} times)", n)));
  const StreamsLost sum = streams_lost(m);
  if (sum.packets > 0)
    out.push_back(fmt::format(
        "{} never arrived at the point of interception, in {}; the recordings carry silence in their "
        "place.",
        count(sum.packets, "media packet", "media packets"), count(sum.streams, "stream", "streams")));
  if (sum.fax_packets > 0)
    out.push_back(fmt::format(
        "{} never arrived at the point of interception, in {}; calls.json states for each page what is "
        "missing.",
        count(sum.fax_packets, "fax packet", "fax packets"),
        count(sum.faxes, "transmission", "transmissions")));
  if (sum.foreign > 0)
    out.push_back(
        fmt::format("{} came from an address that the call had not announced. Where it is sound, it has a "
                    "recording of its "
                    "own (-streamN) and is not part of the recording of the call.",
                    count(sum.foreign, "media stream", "media streams")));
  if (!m.reviews.empty())
    out.push_back(fmt::format(
        "{} claimed an identity of the target that could not be proven. Nothing was captured on such a "
        "claim; each was put before a person for review.",
        count(m.reviews.size(), "signaling event", "signaling events")));
  return out;
}

void missing(Paper& p, const intercept::Matter& m) {
  p.heading("3.  What could not be produced");
  const std::vector<std::string> lines = missing_sentences(m);
  if (lines.empty())
    p.text(
        "Nothing is known to be missing: no gap, no undecodable media and no unproven identity was recorded.",
        body_style, 4);
  for (const std::string& s : lines) {
    p.keep(14);
    p.text("\xE2\x80\xA2  " + s, plain_style, 2.5, 10);
  }
  if (m.time_shift_s != 0)
    p.text(fmt::format("The packet times of this production are shifted by {} seconds against the source; "
                       "calls.json states the "
                       "shift.",
                       m.time_shift_s),
           body_style, 4);
}

void closing(Paper& p, const policy::Policy& policy, const MatterFacts& f, Instant date) {
  p.heading("4.  Completeness");
  p.text(fmt::format("Subject to section 3, this production is complete: it contains all call-identifying "
                     "information and, where "
                     "the instrument authorizes it, all content that was available to {} at its premises for "
                     "the target and "
                     "the authorized period, and nothing of the communications of persons who are not party "
                     "to the calls listed.",
                     clean_text(policy.carrier)),
         body_style, 4);
  p.heading("5.  Declaration of the custodian, Fed. R. Evid. 902(11) and 902(13)");
  p.text(
      fmt::format(
          "I am a custodian of records of {0} and am qualified to make this declaration. The records in this "
          "production (a) were made at or near the time of the events they record, by the carrier's "
          "equipment and by "
          "persons with knowledge; (b) were kept in the course of a regularly conducted activity; (c) were "
          "made as a "
          "regular practice of that activity; and (d) were generated by an electronic process that produces "
          "an "
          "accurate result: packets are selected by the signed grant alone, are sealed when they are "
          "captured, and "
          "are identified from then on by SHA-256 digests and Ed25519 signatures. I declare under penalty of "
          "perjury "
          "under the laws of the United States of America that the foregoing is true and correct (28 USC "
          "1746).",
          clean_text(policy.carrier)),
      body_style, 4);
  p.heading("6.  How to verify");
  p.text(
      "Run  writ-verify  on the directory or disc image. It needs no network and no access to the carrier. "
      "It recomputes every "
      "digest, checks the custodians' signatures and the grants, and names anything that was changed. "
      "Compare the "
      "fingerprint of the trust roots that it prints with the one given to you by telephone at the number "
      "above: a forger "
      "can make keys, but not make this carrier read out theirs.",
      body_style, 4);
  p.text(
      "The disclosure of an interception or of this production other than as the law provides is an offense "
      "(18 USC "
      "2511(2)(a)(ii), 3123(d)).",
      body_style, 10);
  p.keep(96);
  p.text("Respectfully,", plain_style, 34);
  std::vector<std::string> names;
  for (const std::string& c : f.custodians) names.push_back(clean_text(c));
  p.signature_line(joined({joined(names, " and "), custodian_title(policy), clean_text(policy.carrier),
                           "Executed on " + long_date(date)},
                          "\n"),
                   0, 250);
}

}  // namespace

Status write_cover_letter(const fs::path& file, const policy::Policy& policy, const MatterFacts& f,
                          const intercept::Matter& m, Instant date) {
  const CallTotals t = totals(m);
  const PdfInfo info{fmt::format("Production, matter {}", clean_text(f.matter)),
                     fmt::format("Instrument {}", clean_text(f.instrument)),
                     clean_text(policy.carrier),
                     fmt::format("{} \xC2\xB7 matter {} \xC2\xB7 confidential", clean_text(policy.carrier),
                                 clean_text(f.matter)),
                     date,
                     f.sandbox};
  return save_pdf(file, render_pdf(info, [&](Paper& p) {
                    letterhead(p, policy);
                    addressee(p, f, date);
                    reference(p, f);
                    opening(p, policy, f, t);
                    calls_table(p, m, t);
                    enclosures(p, m, t);
                    missing(p, m);
                    closing(p, policy, f, date);
                  }));
}

}  // namespace writ::produce
