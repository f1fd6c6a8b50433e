// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/rtcp.hh"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "wire/pcap.hh"
#include "wire/rtp.hh"

namespace writ::wire {
namespace {

Bytes sender_report(std::uint32_t ssrc, std::uint32_t packets, std::uint32_t of, std::uint32_t lost) {
  Bytes b{0x81, 200, 0, 12};
  put_be32(b, ssrc);
  put_be64(b, 0x0102030405060708);
  put_be32(b, 160);
  put_be32(b, packets);
  put_be32(b, packets * 160);
  put_be32(b, of);
  put_be32(b, 0x10000000 | (lost & 0xffffff));
  for (const std::uint32_t v : {70000u, 1u, 2u, 3u}) put_be32(b, v);
  return b;
}

TEST(Rtcp, ACompoundOfReportAndBye) {
  Bytes b = sender_report(0xdeadbeef, 500, 0x1234, 7);
  put_bytes(b, Bytes{0x81, 203, 0, 1, 0xde, 0xad, 0xbe, 0xef});
  const Rtcp r = parse_rtcp(b);
  EXPECT_TRUE(r.whole);
  ASSERT_EQ(r.senders.size(), 1u);
  EXPECT_EQ(r.senders[0].packets, 500u);
  EXPECT_EQ(r.senders[0].ntp, 0x0102030405060708u);
  ASSERT_EQ(r.reports.size(), 1u);
  EXPECT_EQ(r.reports[0].reporter, 0xdeadbeef);
  EXPECT_EQ(r.reports[0].ssrc, 0x1234u);
  EXPECT_EQ(r.reports[0].lost, 7);
  EXPECT_EQ(r.reports[0].highest, 70000u);
  EXPECT_EQ(r.bye, std::vector<std::uint32_t>{0xdeadbeef});
  EXPECT_EQ(parse_rtcp(sender_report(1, 1, 2, 0xfffffe)).reports[0].lost, -2) << "24 bits with a sign";
  for (std::size_t n = 0; n < b.size(); ++n) {
    const Rtcp cut = parse_rtcp(View{b}.first(n));
    EXPECT_EQ(cut.senders.size(), n >= 52 ? 1u : 0u) << n;
    EXPECT_EQ(cut.whole, n == 52) << n;
  }
}

// Sender reports of real captures, field by field as tshark reads them.
TEST(Rtcp, AsTsharkReadsIt) {
  const fs::path file = shared_folder() / "captures/sip/SIP_CALL_RTP_G711.pcap";
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  std::map<std::string, std::string> theirs, ours;  // by frame: sender and its packets
  FILE* p =
      ::popen(("tshark -n -r " + file.string() +
               " -Y 'rtcp.pt==200 && !icmp' -T fields -E occurrence=f -e frame.number -e rtcp.senderssrc -e "
               "rtcp.sender.packetcount 2>/dev/null")
                  .c_str(),
              "r");
  char buffer[256];
  while (p && std::fgets(buffer, sizeof buffer, p)) {
    std::istringstream line(buffer);
    std::string frame, ssrc, count;
    if (line >> frame >> ssrc >> count) theirs[frame] = ssrc + " " + count;
  }
  if (p) ::pclose(p);
  if (theirs.empty()) GTEST_SKIP() << "no tshark";
  const auto bytes = read_file(file);
  auto reader = CaptureReader::open(*bytes);
  ASSERT_TRUE(reader);
  int number = 0;
  for (RawPacket raw; reader->next(raw);) {
    const std::string frame = std::to_string(++number);
    const Decoded d = decode(raw);
    if (d.verdict != Verdict::udp || !theirs.contains(frame)) continue;
    EXPECT_TRUE(is_rtcp(d.udp.payload)) << frame;
    const Rtcp r = parse_rtcp(d.udp.payload);
    if (r.senders.empty()) continue;
    char text[40];
    std::snprintf(text, sizeof text, "0x%08x %u", r.senders[0].ssrc, r.senders[0].packets);
    ours[frame] = text;
  }
  EXPECT_GT(theirs.size(), 3u);
  EXPECT_EQ(ours, theirs);
}

}  // namespace
}  // namespace writ::wire
