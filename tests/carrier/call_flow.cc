// SPDX-License-Identifier: GPL-3.0-or-later
// The usual turns of a call (RFC 3261, 3665): how it begins, changes and ends.
#include <algorithm>

#include "call.hh"

namespace carrier {

// Challenged or not, sent twice or not, in fragments or not.
Time Call::invite(Time t, const Words& more) {
  Leg& first = legs[0];
  if (first.tcp != nullptr) {
    w.mirror.call_at(t, [tcp = first.tcp] { tcp->open(); });
    t += 5 * ms;
  }
  if (first.tls != nullptr) {
    w.mirror.call_at(t, [tls = first.tls] { tls->open(); });
    t += 20 * ms;
  }
  for (const Leg& l : legs)
    if (l.mark.call >= 0) {
      Json& start = w.truth.call(l.mark.call)["start"];
      if (start.is_null()) start = &l == &first || l.call_id == first.call_id ? t : 0;
    }
  Words words = more;
  words.body = "sdp";
  if (o.piece > 0) words.lines.push_back("Identity: " + chance.token(1500));
  if (o.challenge) {
    Words plain = words;
    plain.body = description(first, true).text();
    send(t, first, true, message(first, true, "INVITE", cseq_a, plain, true), o.piece);
    t += hop;
    std::string no = message(
        first, true, "INVITE", cseq_a,
        {{"Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"" + nonce_ + "\", algorithm=MD5"},
         {},
         {}},
        false);
    no.replace(0, no.find("\r\n"), "SIP/2.0 407 Proxy Authentication Required");
    send(t, first, false, no);
    t += hop;
    send(t, first, true, message(first, true, "ACK", cseq_a, {}, false));
    t += 10 * ms;
    ++cseq_a;
  }
  Time sent = t;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const Leg& l = legs[i];
    Words here = words;
    here.body = description(l, true).text();
    if (i == 0 && o.challenge)
      here.lines.push_back(digest("Proxy-Authorization", a.number, "INVITE", b.uri(), nonce_));
    if (i > 0) here.lines.push_back("P-Asserted-Identity: <" + a.uri() + ">");
    if (o.layout == Layout::agent)
      here.lines.push_back("Session-ID: " + md5_hex(first.call_id) + ";remote=" + std::string(32, '0'));
    if (l.mark.call >= 0) {
      Json& start = w.truth.call(l.mark.call)["start"];
      if (start == 0) start = sent;
    }
    const std::string text = message(l, true, "INVITE", cseq_a, here, true);
    send(sent, l, true, text, o.piece);
    if (l.tcp == nullptr && l.tls == nullptr && chance.chance(0.1))
      send(sent + 500, l, true, text, o.piece);  // sent twice
    sent += hop;
    std::string trying = message(l, true, "INVITE", cseq_a, {}, false);
    trying.replace(0, trying.find("\r\n"), "SIP/2.0 100 Trying");
    send(sent, l, false, trying);
  }
  return sent;
}

Time Call::provisional(Time t, int status, bool media, const std::string& tag) {
  std::vector<std::string> kept;
  for (Leg& l : legs) {
    kept.push_back(l.to_tag);
    if (!tag.empty()) l.to_tag = tag;
  }
  Words words;
  if (media) words.body = "sdp";
  const Time end =
      respond(t, true, status, status == 180 ? "Ringing" : "Session Progress", "INVITE", cseq_a, words);
  for (std::size_t i = 0; i < legs.size(); ++i) legs[i].to_tag = kept[i];
  return end;
}

Time Call::answer(Time t) {
  Words words;
  words.body = "sdp";
  const Time up = respond(t, true, 200, "OK", "INVITE", cseq_a, words);
  return request(up + hop, true, "ACK", cseq_a, {});
}

Time Call::bye(Time t, bool by_caller) {
  for (const int i : truths())
    w.truth.call(i)["cause"] = std::string("200 BYE by ") + (by_caller ? "caller" : "callee");
  const Time end = exchange(t, by_caller, "BYE", {}, 200);
  if (legs[0].tcp != nullptr) w.mirror.call_at(end + 20 * ms, [tcp = legs[0].tcp] { tcp->close(); });
  if (legs[0].tls != nullptr) w.mirror.call_at(end + 20 * ms, [tls = legs[0].tls] { tls->close(); });
  return end;
}

Time Call::fail(Time t, int status, const std::string& reason, const std::vector<std::string>& lines) {
  const Time up = respond(t, true, status, reason, "INVITE", cseq_a, {lines, {}, {}});
  for (std::size_t i = 0; i < legs.size(); ++i)
    if (legs[i].mark.call >= 0 && (i == 0 || legs[i].call_id != legs[i - 1].call_id)) {
      Json& c = w.truth.call(legs[i].mark.call);
      c["end"] = t + static_cast<Time>(legs.size() - 1 - i) * hop;
      c["cause"] = std::to_string(status);
    }
  return request(up + hop, true, "ACK", cseq_a, {});
}

Time Call::cancel(Time t) {
  for (const Leg& l : legs) {  // hop by hop (RFC 3261 9.1)
    send(t, l, true, message(l, true, "CANCEL", cseq_a, {}, true));
    std::string ok = message(l, true, "CANCEL", cseq_a, {}, false);
    ok.replace(0, ok.find("\r\n"), "SIP/2.0 200 OK");
    send(t += hop, l, false, ok);
  }
  return fail(t + hop, 487, "Request Terminated");
}

Time Call::exchange(Time t, bool by_caller, const std::string& method, const Words& words, int status) {
  const int cseq = by_caller ? ++cseq_a : ++cseq_b;
  const Time there = request(t, by_caller, method, cseq, words);
  return respond(there + 2 * ms, by_caller, status,
                 status == 202   ? "Accepted"
                 : status == 481 ? "Call/Transaction Does Not Exist"
                                 : "OK",
                 method, cseq);
}

Time Call::renew(Time t, bool by_caller, const std::string& direction, const std::string& answered) {
  const int cseq = by_caller ? ++cseq_a : ++cseq_b;
  ++version;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const Leg& l = by_caller ? legs[i] : legs[legs.size() - 1 - i];
    send(t, l, by_caller,
         message(l, by_caller, "INVITE", cseq, {{}, description(l, by_caller, direction).text()}, false));
    t += hop;
  }
  t += 2 * ms;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const Leg& l = by_caller ? legs[legs.size() - 1 - i] : legs[i];
    std::string text =
        message(l, by_caller, "INVITE", cseq, {{}, description(l, !by_caller, answered).text()}, false);
    text.replace(0, text.find("\r\n"), "SIP/2.0 200 OK");
    send(t, l, !by_caller, text);
    t += hop;
  }
  return request(t, by_caller, "ACK", cseq, {});
}

}  // namespace carrier
