// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/calls.hh"

namespace writ::intercept {
namespace {

Json optional_time(const std::optional<Instant>& t) { return t ? Json(rfc3339(*t)) : Json(nullptr); }

const char* direction_text(Direction d) {
  return d == Direction::from_target ? "from-target" : d == Direction::to_target ? "to-target" : "unknown";
}

Json stream_json(const MediaStream& s) {
  Json j = {{"kind", s.kind},
            {"ssrc", s.ssrc},
            {"payload_type", s.payload_type},
            {"codec", s.codec},
            {"src", s.src.text()},
            {"dst", s.dst.text()},
            {"direction", direction_text(s.direction)},
            {"packets", s.packets},
            {"duplicates", s.duplicates},
            {"lost", s.lost},
            {"first", rfc3339(s.first)},
            {"last", rfc3339(s.last)},
            {"encrypted", s.encrypted},
            {"decoded", s.decoded},
            {"why", s.why}};
  if (s.kind == "fax") j["pages"] = s.pages;
  if (s.kind == "fax" || s.foreign) j["file"] = s.file;
  if (s.foreign) j["foreign"] = true;
  Json rtcp = Json::object();
  if (s.rtcp_sent) rtcp["sent"] = *s.rtcp_sent;
  if (s.rtcp_lost) rtcp["lost_at_receiver"] = *s.rtcp_lost;
  if (s.rtcp_bye) rtcp["bye"] = rfc3339(*s.rtcp_bye);
  if (!rtcp.empty()) j["rtcp"] = std::move(rtcp);
  if (s.copy_of) j["copy_of"] = *s.copy_of;
  return j;
}

// Our own fields win over a detail of the same name.
Json event_json(const Event& e) {
  Json j = e.detail;
  j["at"] = rfc3339(e.at);
  j["type"] = to_string(e.type);
  if (e.frame != 0) j["frame"] = e.frame;
  return j;
}

Json call_json(const CallRecord& c) {
  Json media = Json::array(), dtmf = Json::array(), events = Json::array();
  for (const MediaStream& s : c.media) media.push_back(stream_json(s));
  for (const Digit& d : c.dtmf)
    dtmf.push_back({{"at", rfc3339(d.at)},
                    {"digit", std::string(1, d.digit)},
                    {"source", d.source},
                    {"from_target", d.from_target}});
  for (const Event& e : c.events) events.push_back(event_json(e));
  return {{"call_id", c.call_id},
          {"grant", c.grant},
          {"number", c.number},
          {"direction", c.direction},
          {"from", c.from},
          {"to", c.to},
          {"start", rfc3339(c.start)},
          {"answer", optional_time(c.answer)},
          {"end", optional_time(c.end)},
          {"release_cause", c.release_cause},
          {"media", media},
          {"wav", c.wav},
          {"mp3", c.mp3},
          {"dtmf", dtmf},
          {"events", events},
          {"anomalies", c.anomalies},
          {"leg_of", c.leg_of}};
}

}  // namespace

Json calls_json(const Matter& m) {
  Json calls = Json::array(), gaps = Json::array(), reviews = Json::array(), signals = Json::array();
  for (const CallRecord& c : m.calls) calls.push_back(call_json(c));
  for (const Gap& g : m.gaps)
    gaps.push_back(
        {{"from", rfc3339(g.from)}, {"until", rfc3339(g.until)}, {"why", g.why}, {"packets", g.packets}});
  for (const Event& e : m.reviews) {
    Json j = event_json(e);
    j["call_id"] = e.call_id;
    reviews.push_back(std::move(j));
  }
  for (const Event& e : m.signals) {
    Json j = event_json(e);
    if (!e.call_id.empty()) j["call_id"] = e.call_id;
    signals.push_back(std::move(j));
  }
  return {{"schema", "writ.calls/1"},
          {"time_shift_s", m.time_shift_s},
          {"calls", calls},
          {"gaps", gaps},
          {"unavailable", m.unavailable},
          {"reviews", reviews},
          {"signals", signals}};
}

}  // namespace writ::intercept
