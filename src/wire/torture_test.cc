// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4475, message by message: the captured ones by the verdicts beside them, the others rebuilt after the
// RFC's text. To a proxy an invalid message is a 400. To us it passed, and what it means is the question: a
// valid message is understood as its sender meant it; of an invalid one nothing is made up.
#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "wire/sdp.hh"
#include "wire/sip.hh"
#include "wire/sip_body.hh"

namespace writ::wire {
namespace {

fs::path torture() { return shared_folder() / "captures" / "torture"; }

struct Torture {
  std::string text;
  SipMessage m;
  bool sip = false;
  explicit Torture(std::string t) : text(std::move(t)) { sip = parse_sip(view_of(text), m); }
  std::string user(Header h) const {
    const auto u = parse_name_addr(m.first(h));
    return u ? u->user + "@" + u->host : "none";
  }
  std::string target() const {
    const auto u = parse_uri(m.request_uri);
    return u ? u->scheme + ":" + u->user + "@" + u->host : "none";
  }
};

using Check = std::function<void(const Torture&)>;

// What our reading of each must be. Every file of VERDICTS.tsv has its line here.
const std::map<std::string, Check>& checks() {
  static const auto anomaly = [](std::uint32_t bit) {
    return [bit](const Torture& t) { EXPECT_TRUE(t.m.anomalies & bit) << anomaly_text(t.m.anomalies); };
  };
  static const std::map<std::string, Check> all = {
      {"wsinv.dat",
       [](const Torture& t) {
         EXPECT_EQ(t.user(Header::to), "vivekg@chair-dnrc.example.com");
         EXPECT_EQ(tag_of(t.m.first(Header::to)), "1918181833n");
         EXPECT_EQ(t.user(Header::from), "jdrosen@example.com");
         EXPECT_EQ(t.m.cseq_number(), 9u);
         EXPECT_EQ(t.m.method, Method::invite);
         EXPECT_EQ(text_of(t.m.body).substr(0, 3), "v=0");
         EXPECT_EQ(parse_sdp(text_of(t.m.body)).media.size(), 2u);
       }},
      {"intmeth.dat",
       [](const Torture& t) {
         EXPECT_EQ(t.m.method, Method::other);
         EXPECT_EQ(t.m.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
         EXPECT_EQ(t.m.call_id(), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
         EXPECT_EQ(parse_uri(t.m.request_uri)->host, "example.com");
         EXPECT_EQ(parse_uri(t.m.request_uri)->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
       }},
      {"esc01.dat",
       [](const Torture& t) {
         EXPECT_EQ(t.target(), "sip:sips:user@example.com@example.net");
         EXPECT_EQ(t.user(Header::to), "user@example.com");
       }},
      {"longreq.dat",
       [](const Torture& t) {
         EXPECT_THAT(std::string(t.m.call_id()), testing::EndsWith("ngcallid"));
         EXPECT_EQ(t.user(Header::to), "user@example.com");
         EXPECT_THAT(t.user(Header::from), testing::StartsWith("amazinglylongcallername"));
         EXPECT_EQ(parse_sdp(text_of(t.m.body)).media.size(), 2u);
       }},
      {"lwsdisp.dat", [](const Torture& t) { EXPECT_EQ(t.user(Header::from), "caller@example.com"); }},
      {"semiuri.dat",
       [](const Torture& t) {
         EXPECT_EQ(parse_uri(t.m.request_uri)->host, "example.com");
         EXPECT_EQ(parse_uri(t.m.request_uri)->user, "user;par=u@example.net");
       }},
      {"noreason.dat",
       [](const Torture& t) {
         EXPECT_FALSE(t.m.is_request);
         EXPECT_EQ(t.m.status, 100);
         EXPECT_EQ(t.m.reason_phrase, "");
         EXPECT_EQ(t.m.method, Method::invite);
       }},
      {"badinv01.dat", [](const Torture& t) { EXPECT_EQ(t.m.method, Method::invite); }},
      {"clerr.dat", anomaly(anomaly_short_body)},
      {"ncl.dat", anomaly(anomaly_bad_content_length)},
      {"scalar02.dat", anomaly(anomaly_bad_cseq)},
      {"quotbal.dat", [](const Torture& t) { EXPECT_EQ(t.user(Header::to), "j.user@example.com"); }},
      {"lwsruri.dat", anomaly(anomaly_bad_start_line)},
      {"trws.dat", anomaly(anomaly_bad_start_line)},
      {"baddate.dat", [](const Torture& t) { EXPECT_EQ(t.user(Header::to), "user@example.com"); }},
      {"badaspec.dat", [](const Torture& t) { EXPECT_EQ(t.m.method, Method::options); }},
      {"mismatch01.dat", anomaly(anomaly_bad_cseq)},
      {"badbranch.dat", [](const Torture& t) { EXPECT_FALSE(t.m.call_id().empty()); }},
      {"insuf.dat",
       [](const Torture& t) {
         EXPECT_TRUE(t.m.anomalies & anomaly_no_call_id);
         EXPECT_TRUE(t.m.first(Header::from).empty());
       }},
      {"unkscm.dat", [](const Torture& t) { EXPECT_EQ(parse_uri(t.m.request_uri)->user, ""); }},
      {"bext01.dat", [](const Torture& t) { EXPECT_FALSE(t.m.first(Header::require).empty()); }},
      {"regaut01.dat",
       [](const Torture& t) { EXPECT_FALSE(digest_identity(t.m.first(Header::authorization))); }},
      {"mcl01.dat", anomaly(anomaly_bad_content_length)},
      {"zeromf.dat", [](const Torture& t) { EXPECT_EQ(t.m.first(Header::max_forwards), "0"); }},
      {"cparam01.dat",
       [](const Torture& t) { EXPECT_EQ(param(t.m.first(Header::contact), "unknownparam"), ""); }},
      {"sdp01.dat", [](const Torture& t) { EXPECT_EQ(t.m.method, Method::invite); }},
  };
  return all;
}

TEST(Torture, TheCapturedMessagesByTheirVerdicts) {
  const auto verdicts = read_text(torture() / "VERDICTS.tsv");
  if (!verdicts) GTEST_SKIP() << "no shared captures at " << torture();
  std::istringstream lines(*verdicts);
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#' || line.starts_with("file\t")) continue;
    std::istringstream cells(line);
    std::string file, section, verdict;
    std::getline(cells, file, '\t');
    std::getline(cells, section, '\t');
    std::getline(cells, verdict, '\t');
    SCOPED_TRACE(file + " (" + section + ") " + verdict);
    const auto bytes = read_text(torture() / file);
    ASSERT_TRUE(bytes);
    const Torture t(*bytes);
    ASSERT_TRUE(t.sip);
    ASSERT_TRUE(checks().contains(file));
    checks().at(file)(t);
    ++seen;
    // VALID and SYNTAX OK: whole, and nothing odd about it.
    if (verdict == "VALID") {
      EXPECT_EQ(t.m.anomalies & ~std::uint32_t{anomaly_trailing_bytes}, 0u) << anomaly_text(t.m.anomalies);
    }
    if (verdict == "SYNTAX OK") {
      EXPECT_EQ(t.m.anomalies, 0u) << anomaly_text(t.m.anomalies);
      EXPECT_NE(t.user(Header::from), "none");
    }
    // Whatever it is, every cut of it is taken without reading past its end (the sanitizer looks).
    for (std::size_t n = 0; n < bytes->size(); n += 7) (void)Torture(bytes->substr(0, n));
  }
  EXPECT_EQ(seen, checks().size());
}

std::string rfc_message(std::string start, const std::string& to, const std::string& more = "",
                        const std::string& body = "") {
  return start +
         "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw\r\nMax-Forwards: 70\r\nFrom: "
         "<sip:caller@example.org>;tag=33242\r\nTo: " +
         to + "\r\nCall-ID: torture.1@example.org\r\nCSeq: 8 " + start.substr(0, start.find(' ')) + "\r\n" +
         more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// 3.1.1: valid, however they look.
TEST(Torture, ValidMessagesThatTheCapturesLack) {
  // 3.1.1.4 escnull: an escaped NUL is a character of the user part like any other.
  const Torture null(rfc_message("REGISTER sip:example.com SIP/2.0", "sip:null-%00-null@example.com"));
  EXPECT_EQ(null.user(Header::to), std::string("null-\0-null@example.com", 23));
  // 3.1.1.8 dblreq: what follows the body by Content-Length is not a part of the first message.
  const std::string first = rfc_message("REGISTER sip:example.com SIP/2.0", "sip:j.user@example.com");
  const Torture twice(first + rfc_message("INVITE sip:joe@example.com SIP/2.0", "sip:joe@example.com"));
  EXPECT_EQ(twice.m.method, Method::register_);
  EXPECT_TRUE(twice.m.body.empty());
  EXPECT_TRUE(twice.m.anomalies & anomaly_trailing_bytes);
  // 3.1.1.10 transports: the ways are nothing to us.
  const Torture ways(
      rfc_message("OPTIONS sip:user@example.com SIP/2.0", "sip:user@example.com",
                  "Via: SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bKkdjuw\r\nVia: SIP/2.0/SCTP t4\r\n"));
  EXPECT_EQ(ways.m.anomalies, 0u);
  // 3.1.1.11 mpart01: a MESSAGE of several parts, the second one not ours to read.
  const Torture parts(
      rfc_message("MESSAGE sip:kumiko@example.org SIP/2.0", "<sip:kumiko@example.org>",
                  "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\n",
                  "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\n"
                  "Content-Type: application/octet-stream\r\n\r\n\x01\x02\r\n--7a9cbec02ceef655--\r\n"));
  std::string storage;
  EXPECT_EQ(message_part(parts.m, "text/", storage).text, "Hello\r\n");
  EXPECT_EQ(message_part(parts.m, "application/sdp", storage).state, BodyState::absent);
  // 3.1.1.12 unreason: a reason phrase in another script.
  const Torture script("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n");
  EXPECT_EQ(script.m.status, 200);
  EXPECT_THAT(std::string(script.m.reason_phrase), testing::StartsWith("= 2**3"));
}

// 3.1.2: invalid. None may be lost, none may name somebody whom it does not name.
TEST(Torture, InvalidMessagesThatTheCapturesLack) {
  // 3.1.2.5 scalarlg: a status with numbers that no field holds.
  const Torture large(
      "SIP/2.0 503 Service Unavailable\r\nCall-ID: x\r\nCSeq: 9292394834772304023312 OPTIONS\r\n"
      "Expires: 10000000000000000000000000000000000\r\n\r\n");
  EXPECT_TRUE(large.m.anomalies & anomaly_bad_cseq);
  EXPECT_EQ(large.m.cseq_number(), 0u);
  // 3.1.2.7 ltgtruri: brackets around the Request-URI.
  const Torture brackets(rfc_message("INVITE <sip:user@example.com> SIP/2.0", "sip:user@example.com"));
  ASSERT_TRUE(brackets.sip);
  EXPECT_TRUE(brackets.m.anomalies & anomaly_bad_start_line);
  // 3.1.2.9 lwsstart: two blanks in the start line.
  const Torture blanks(rfc_message("INVITE  sip:user@example.com  SIP/2.0", "sip:user@example.com"));
  ASSERT_TRUE(blanks.sip);
  EXPECT_TRUE(blanks.m.anomalies & anomaly_bad_start_line);
  EXPECT_EQ(blanks.target(), "sip:user@example.com");
  // 3.1.2.11 escruri: headers in the Request-URI are not its user or host.
  EXPECT_EQ(Torture(rfc_message("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0",
                                "sip:user@example.com"))
                .target(),
            "sip:user@example.com");
  // 3.1.2.13 regbadct: a Contact whose URI has headers and no brackets.
  const Torture contact(rfc_message("REGISTER sip:example.com SIP/2.0", "sip:user@example.com",
                                    "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n"));
  EXPECT_EQ(contact.user(Header::contact), "user@example.com");
  // 3.1.2.15 baddn: a display name that ought to be quoted.
  const Torture name(
      rfc_message("OPTIONS sip:t.watson@example.org SIP/2.0", "Watson, Thomas < sip:t.watson@example.org >"));
  EXPECT_EQ(name.user(Header::to), "t.watson@example.org");
  // 3.1.1.6 esc02: a method is not escaped, whatever it looks like, nor is what a display name shows.
  const Torture escaped(
      rfc_message("RE%47IST%45R sip:registrar.example.com SIP/2.0", "\"%Z%45\" <sip:resource@example.com>"));
  EXPECT_EQ(escaped.m.method, Method::other);
  EXPECT_EQ(escaped.m.method_text, "RE%47IST%45R");
  EXPECT_EQ(escaped.user(Header::to), "resource@example.com");
  // 3.1.2.16 badvers: a version of the future is still a call.
  const Torture version(rfc_message("OPTIONS sip:t.watson@example.org SIP/7.0", "sip:t.watson@example.org"));
  EXPECT_TRUE(version.sip);
  EXPECT_TRUE(version.m.anomalies & anomaly_bad_start_line);
  // 3.1.2.18 mismatch02: an unknown method, CSeq of INVITE: what counts is the start line.
  std::string text = rfc_message("NEWMETHOD sip:user@example.com SIP/2.0", "sip:j.user@example.com");
  text.replace(text.find("8 NEWMETHOD"), 11, "8 INVITE");
  const Torture mismatch(text);
  EXPECT_EQ(mismatch.m.method, Method::other);
  EXPECT_TRUE(mismatch.m.anomalies & anomaly_bad_cseq);
  // 3.1.2.19 bigcode: no status of SIP: nothing may be made of it.
  EXPECT_FALSE(
      Torture("SIP/2.0 4294967301 better not break the receiver\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n")
          .sip);
}

// 3.3, 3.4: well-formed, and to be understood for what they say.
TEST(Torture, ApplicationMessagesThatTheCapturesLack) {
  // 3.3.3 novelsc: a scheme that nobody knows has no user.
  const Torture novel(rfc_message("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "sip:user@example.com"));
  ASSERT_TRUE(novel.sip);
  EXPECT_EQ(parse_uri(novel.m.request_uri)->user, "");
  // 3.3.4 unksm2: the same in To, From and Contact.
  EXPECT_EQ(Torture(rfc_message("REGISTER sip:example.com SIP/2.0", "isbn:2983792873")).user(Header::to),
            "@");
  // 3.3.6 invut: a body of an unknown type is not SDP, though it may look like it.
  const Torture typed(rfc_message("INVITE sip:user@example.com SIP/2.0", "sip:j.user@example.com",
                                  "Content-Type: application/unknownformat\r\n",
                                  "v=0\r\nm=audio 9 RTP/AVP 0\r\n"));
  std::string storage;
  EXPECT_EQ(message_part(typed.m, "application/sdp", storage).state, BodyState::absent);
  // 3.3.8 multi01: what may stand once stands twice. The first counts, and the oddity is said.
  const Torture multi(
      rfc_message("INVITE sip:user@company.example SIP/2.0", "sip:first@example.com",
                  "To: sip:second@example.com\r\nCall-ID: second@example.com\r\nCSeq: 6 INVITE\r\n"));
  EXPECT_TRUE(multi.m.anomalies & anomaly_duplicate_header);
  EXPECT_EQ(multi.user(Header::to), "first@example.com");
  EXPECT_EQ(multi.m.call_id(), "torture.1@example.org");
  // 3.3.10 bcast: an answer to somebody else's request, by broadcast in Via.
  const Torture bcast(
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\nVia: SIP/2.0/UDP "
      "255.255.255.255;branch=z9hG4bK1saber23\r\nCall-ID: bcast.0384840201234ksdfak3j2erwedfsASdf\r\n"
      "CSeq: 35 INVITE\r\nFrom: sip:user@example.com;tag=11141343\r\nTo: "
      "sip:user@example.edu;tag=2229\r\n\r\n");
  EXPECT_EQ(bcast.m.status, 200);
  EXPECT_EQ(tag_of(bcast.m.first(Header::from)), "11141343");
  // 3.3.14 cparam02: a parameter inside the brackets is the URI's.
  const Torture inside(rfc_message("REGISTER sip:example.com SIP/2.0", "sip:watson@example.com",
                                   "Contact: <sip:+19725552222@gw1.example.net;unknownparam>\r\n"));
  EXPECT_EQ(inside.user(Header::contact), "+19725552222@gw1.example.net");
  // 3.3.15 regescrt: an escaped Route in a Contact is not the Contact's user.
  const Torture route(rfc_message("REGISTER sip:example.com SIP/2.0", "sip:user@example.com",
                                  "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\r\n"));
  EXPECT_EQ(uri_header(*parse_name_addr(route.m.first(Header::contact)), "Route"), "<sip:sip.example.com>");
  // 3.4.1 inv2543: no branch, no tag, no Content-Length; the body goes to the end.
  const Torture old(
      "INVITE sip:UserB@example.com SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\nFrom: "
      "<sip:+13035551111@ift.client.example.net;user=phone>\r\n"
      "To: sip:+16505552222@ss1.example.net;user=phone\r\nCall-ID: "
      "inv2543.1717@ift.client.example.com\r\nCSeq: 56 INVITE\r\n"
      "Content-Type: application/sdp\r\n\r\nv=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.5\r\nc=IN IP4 "
      "192.0.2.5\r\nm=audio 49217 RTP/AVP 0\r\n");
  EXPECT_EQ(old.m.anomalies, 0u);
  EXPECT_EQ(old.user(Header::to), "+16505552222@ss1.example.net");
  EXPECT_EQ(parse_sdp(text_of(old.m.body)).media.at(0).rtp.text(), "192.0.2.5:49217");
}

}  // namespace
}  // namespace writ::wire
