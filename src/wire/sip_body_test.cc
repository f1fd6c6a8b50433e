// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies: what they say is taken off its encodings, against gzip and base64 as other programs make them.
#include "wire/sip_body.hh"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>

#include "wire/sdp.hh"

namespace writ::wire {
namespace {

using testing::ElementsAre;

const std::string plain_sdp =
    "v=0\r\no=- 123456 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 20000 RTP/AVP 0\r\n";

// `command` reads `input` and its output is returned.
std::string filtered(const std::string& command, const std::string& input) {
  char name[] = "/tmp/sip_body_XXXXXX";
  const int fd = ::mkstemp(name);
  EXPECT_GE(fd, 0);
  FILE* f = ::fdopen(fd, "wb");
  std::fwrite(input.data(), 1, input.size(), f);
  std::fclose(f);
  FILE* p = ::popen((command + " < " + name).c_str(), "r");
  std::string out;
  std::array<char, 4096> part{};
  for (std::size_t n; p != nullptr && (n = std::fread(part.data(), 1, part.size(), p)) > 0;)
    out.append(part.data(), n);
  EXPECT_EQ(::pclose(p), 0) << command;
  std::remove(name);
  return out;
}

struct Message {
  Message(const std::string& headers, const std::string& body)
      : text("INVITE sip:a@b.example SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" + headers +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body) {
    EXPECT_TRUE(parse_sip(view_of(text), m));
  }
  DecodedBody sdp() { return message_part(m, "application/sdp", storage); }
  std::string text, storage;
  SipMessage m;
};

TEST(SipBody, EncodingsThatOtherProgramsMake) {
  const std::string gz = filtered("gzip -9 -c", plain_sdp);
  const std::string zlib = filtered(
      "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'",
      plain_sdp);
  const std::string bare = zlib.substr(2, zlib.size() - 6);
  const std::string b64 = filtered("base64", plain_sdp);
  struct Row {
    std::string headers, body;
  };
  const std::string type = "Content-Type: application/sdp\r\n";
  for (const Row& r :
       {Row{type, plain_sdp}, Row{type + "Content-Encoding: gzip\r\n", gz},
        Row{"c: application/SDP\r\ne: GZIP\r\n", gz}, Row{type + "e: deflate\r\n", zlib},
        Row{type + "e: deflate\r\n", bare}, Row{type + "e: x-gzip, identity\r\n", gz},
        Row{type + "Content-Encoding: gzip, gzip\r\n", filtered("gzip -c", gz)},
        Row{"Content-Type: multipart/mixed;boundary=B\r\n",
            "--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B\r\nContent-Type: application/sdp\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n" +
                b64 + "\r\n--B--\r\n"},
        Row{"Content-Type: multipart/mixed;boundary=B\r\ne: gzip\r\n",
            filtered("gzip -c", "--B\r\nContent-Type: application/sdp\r\n\r\n" + plain_sdp + "--B--\r\n")},
        Row{"Content-Type: multipart/mixed;boundary=B\r\n",
            "--B\r\nContent-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\n" + gz + "\r\n--B--\r\n"},
        Row{"Content-Type: multipart/mixed;boundary=B\r\n",
            "--B\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: "
            "quoted-printable\r\n\r\nv=3D0\r\no=3D- "
            "123456 1 IN IP4 192.=\r\n0.2.1\r\nc=3DIN IP4 192.0.2.1\r\nm=3Daudio 20000 RTP/AVP "
            "0\r\n--B--\r\n"}}) {
    Message m(r.headers, r.body);
    const DecodedBody b = m.sdp();
    EXPECT_EQ(b.state, BodyState::read) << r.headers;
    const Sdp s = parse_sdp(b.text);
    ASSERT_EQ(s.media.size(), 1u) << r.headers;
    EXPECT_EQ(s.media[0].rtp.text(), "192.0.2.1:20000") << r.headers;
  }
}

TEST(SipBody, WhatCannotBeReadIsSaid) {
  const std::string gz = filtered("gzip -c", plain_sdp);
  const std::string type = "Content-Type: application/sdp\r\n";
  EXPECT_EQ(Message(type + "e: br\r\n", "????").sdp().state, BodyState::unreadable);
  EXPECT_EQ(Message(type + "e: gzip\r\n", plain_sdp).sdp().state, BodyState::unreadable);
  EXPECT_EQ(Message(type + "e: gzip\r\n", gz.substr(0, gz.size() / 2)).sdp().state, BodyState::unreadable);
  EXPECT_EQ(Message(type + "e: gzip,gzip,gzip\r\n", gz).sdp().state, BodyState::unreadable);
  EXPECT_EQ(Message("Content-Type: multipart/mixed;boundary=B\r\ne: gzip\r\n", "junk").sdp().state,
            BodyState::unreadable);
  EXPECT_EQ(Message("Content-Type: text/plain\r\n", "hello").sdp().state, BodyState::absent);
  EXPECT_EQ(Message(type, "").sdp().state, BodyState::absent);
}

TEST(SipBody, ABodyOfAnyLengthUpToTheBoundIsReadWhole) {
  for (const std::size_t n : {1u, 2047u, 2048u, 2049u, 4096u, 4097u, 65535u, 65536u, 65537u}) {
    std::string text(n, 'x');
    for (std::size_t i = 0; i < n; i += 7) text[i] = static_cast<char>('a' + i * i % 23);
    const Message m("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", filtered("gzip -c", text));
    std::string storage;
    const DecodedBody b = message_part(m.m, "application/sdp", storage);
    EXPECT_EQ(b.state, n <= body_bytes_max ? BodyState::read : BodyState::unreadable) << n;
    EXPECT_TRUE(b.text == std::string_view(text).substr(0, body_bytes_max)) << n;
  }
}

TEST(SipBody, ABombIsBounded) {
  const std::string bomb = filtered("gzip -9 -c", std::string(50u << 20, ' '));
  ASSERT_LT(bomb.size(), 60000u);
  Message m("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", bomb);
  EXPECT_EQ(m.sdp().state, BodyState::unreadable);
  EXPECT_LE(m.storage.size(), body_bytes_max);
}

TEST(SipBody, KeysOfInfo) {
  struct Row {
    const char *type, *body;
    char key;
  };
  for (const Row& r : {Row{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
                       Row{"application/dtmf-relay", "Signal= *\nDuration= 250\n", '*'},
                       Row{"application/dtmf-relay", "Duration=1\r\nsignal=11", '#'},
                       Row{"application/dtmf-relay", "Signal=hf\r\n", '!'}, Row{"application/dtmf", "7", '7'},
                       Row{"application/dtmf", "Signal=a", 'A'}, Row{"application/hook-flash", "x", '!'},
                       Row{"application/dtmf-relay", "Signal=55", '\0'},
                       Row{"application/dtmf-relay", "Sig", '\0'}, Row{"text/plain", "5", '\0'}}) {
    const Message m(std::string("Content-Type: ") + r.type + "\r\n", r.body);
    EXPECT_EQ(info_signal(m.m), r.key) << r.body;
  }
}

TEST(SipBody, SmallReports) {
  EXPECT_EQ(sipfrag_status("SIP/2.0 180 Ringing\r\n"), 180);
  EXPECT_EQ(sipfrag_status("\r\nsip/2.0 603"), 603);
  EXPECT_EQ(sipfrag_status("SIP/2.0 9999"), 0);
  EXPECT_EQ(sipfrag_status("INVITE x"), 0);
  EXPECT_EQ(messages_waiting("Messages-Waiting: yes\r\n"), true);
  EXPECT_EQ(messages_waiting("messages-waiting:no"), false);
  EXPECT_EQ(messages_waiting("x"), std::nullopt);
}

TEST(SipBody, UriHeaders) {
  const auto u =
      parse_name_addr("<sip:b@h.example;x=1?Subject=a%20b&Replaces=id%40h%3Bto-tag%3D7%3Bfrom-tag%3D8>");
  ASSERT_TRUE(u);
  EXPECT_EQ(uri_header(*u, "replaces"), "id@h;to-tag=7;from-tag=8");
  EXPECT_EQ(uri_header(*u, "Route"), "");
  EXPECT_EQ(uri_header(*parse_uri("sip:b@h.example"), "Replaces"), "");
  EXPECT_EQ(uri_header(*parse_uri("sip:b@h.example?Replaces"), "Replaces"), "");
}

// RFC 4575 section 6, shortened, with what writers of XML do besides.
TEST(ConferenceInfo, PartiesAndTheirStatus) {
  const ConferenceInfo c = parse_conference_info(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE x [<!ENTITY a \"b\">]>\n"
      "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\"\n "
      "entity=\"sips:conf233@example.com\" "
      "state=\"partial\" version=\"7\">\n<conference-description><subject>Agenda &lt;user "
      "entity='sip:no@x'&gt;"
      "</subject></conference-description>\n<!-- <user entity=\"sip:ghost@example.com\"> -->\n<users>\n"
      "<user entity=\"sip:bob&amp;co@example.com\" state=\"full\"><display-text>Bob > all</display-text>\n"
      "<endpoint "
      "entity=\"sip:bob@pc33.example.com\"><display-text>x</display-text><status>disconnected</status>"
      "</endpoint>\n<endpoint entity='sip:b2'><status> connected </status></endpoint></user>\n"
      "<user entity='sip:carol@example.com'><endpoint><status>on-hold</status></endpoint></user>"
      "<user entity='sip:dave@example.com' state='deleted'/></users></conference-info>");
  EXPECT_EQ(c.entity, "sips:conf233@example.com");
  EXPECT_FALSE(c.full);
  EXPECT_EQ(c.version, 7u);
  ASSERT_EQ(c.users.size(), 3u);
  EXPECT_EQ(c.users[0].entity, "sip:bob&co@example.com");
  EXPECT_EQ(c.users[0].status, "connected");
  EXPECT_EQ(c.users[1].status, "on-hold");
  EXPECT_TRUE(c.users[2].deleted);
}

TEST(ConferenceInfo, EveryCutAndEndlessLists) {
  std::string many = "<conference-info entity='sip:c@x' version='1'><users>";
  for (int i = 0; i < 2000; ++i) many += "<user entity='sip:" + std::to_string(i) + "@x'>";
  EXPECT_EQ(parse_conference_info(many).users.size(), 256u);
  const std::string one =
      "<conference-info entity='sip:c@x'><user entity=\"sip:a@x\"><endpoint><status>connected</status>";
  for (std::size_t n = 0; n <= one.size(); ++n)
    EXPECT_LE(parse_conference_info(one.substr(0, n)).users.size(), 1u);
  EXPECT_TRUE(parse_conference_info(std::string(100000, '<')).users.empty());
}

TEST(Sip, WhoPadsAMessageHidesNothing) {
  std::string t = "INVITE sip:b@h.example SIP/2.0\r\n";
  for (int i = 0; i < 300; ++i) t += i % 3 == 0 ? "Via: SIP/2.0/UDP h\r\n" : "X-Pad: 1\r\n";
  t += "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: late@h\r\nCSeq: 4 INVITE\r\nContact: "
       "<sip:a@h>\r\n\r\n";
  SipMessage m;
  ASSERT_TRUE(parse_sip(view_of(t), m));
  EXPECT_EQ(m.call_id(), "late@h");
  EXPECT_EQ(m.first(Header::contact), "<sip:a@h>");
  EXPECT_EQ(m.cseq_number(), 4u);
  EXPECT_TRUE(m.anomalies & anomaly_too_many_headers);
  EXPECT_LE(m.header_count, SipMessage::headers_max);
}

}  // namespace
}  // namespace writ::wire
