// SPDX-License-Identifier: GPL-3.0-or-later
// ERF against tshark, which reads it.
#include "wire/erf.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "wire/frames_for_test.hh"
#include "wire/pcap.hh"
#include "wire/sip.hh"

namespace writ::wire {
namespace {

std::string output_of(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string out;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

class Erf : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(shared_folder() / "captures")) GTEST_SKIP() << "no captures beside the tree";
    if (output_of("tshark --version").empty()) GTEST_SKIP() << "no tshark";
    dir_ = fs::path(::testing::TempDir()) / ("writ_erf_" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override {
    if (!dir_.empty()) fs::remove_all(dir_);
  }
  fs::path dir_;
};

// Time to the nanosecond, addresses and ports of each of the hundred packets, from the container and from
// pcap.
TEST_F(Erf, EveryPacketIsWhatTsharkSays) {
  const fs::path container = shared_folder() / "captures" / "link" / "100_packets.erf",
                 in_pcap = dir_ / "in.pcap";
  output_of("editcap -F nsecpcap " + container.string() + " " + in_pcap.string());
  for (const fs::path& file : {container, in_pcap}) {
    const auto bytes = read_file(file);
    ASSERT_TRUE(bytes) << file;
    auto reader = CaptureReader::open(*bytes);
    ASSERT_TRUE(reader) << file;
    std::istringstream lines(
        output_of("tshark -n -r " + file.string() +
                  " -T fields -e frame.time_epoch -e ip.src -e ip.dst -e ip.proto -e tcp.srcport "
                  "-e udp.dstport"));
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line); ++n) {
      RawPacket p;
      ASSERT_TRUE(reader->next(p)) << file << " " << n;
      EXPECT_EQ(p.link_type, 197u);
      const Decoded d = decode(p);
      char time[32];
      std::snprintf(time, sizeof time, "%lld.%09lld", static_cast<long long>(to_ns(p.at) / 1'000'000'000),
                    static_cast<long long>(to_ns(p.at) % 1'000'000'000));
      std::string said = std::string(time) + "\t";
      if (d.network.empty())
        said += "\t\t\t\t";
      else
        said += d.udp.src.ip.text() + "\t" + d.udp.dst.ip.text() + "\t" + std::to_string(d.protocol) + "\t" +
                (d.verdict == Verdict::tcp ? std::to_string(d.tcp.src.port) : "") + "\t" +
                (d.verdict == Verdict::udp ? std::to_string(d.udp.dst.port) : "");
      EXPECT_EQ(said, line) << file << " " << n;
    }
    EXPECT_EQ(n, 100u) << file;
    RawPacket end;
    EXPECT_FALSE(reader->next(end));
    EXPECT_FALSE(reader->truncated());
    EXPECT_EQ(reader->lost(), 0u);
  }
}

Bytes erf_record(std::uint8_t type, std::uint16_t lost, View extensions, View frame,
                 std::uint8_t seconds = 0) {
  Bytes b{0, 0, 0, 0x80, seconds, 0, 0, 0x60};  // half a second after
  b.push_back(type);
  b.push_back(4);
  put_be16(b, static_cast<std::uint16_t>(16 + extensions.size() + frame.size()));
  put_be16(b, lost);
  put_be16(b, static_cast<std::uint16_t>(frame.size()));
  put_bytes(b, extensions);
  put_bytes(b, frame);
  return b;
}

Bytes ip_of_calls() {
  Bytes f{0x45, 0,   0, 29, 0, 0,    0,    0,    64,   17, 0, 0, 192, 0,  2,
          1,    192, 0, 2,  2, 0x13, 0xc4, 0x13, 0xc4, 0,  9, 0, 0,   'x'};
  return f;
}

// A capture of calls in ERF, made here: what is a message in it, tshark says.
TEST_F(Erf, CallsInErfAreReadAsTsharkReadsThem) {
  const auto plain = read_file(shared_folder() / "captures" / "sip" / "aaa.pcap");
  ASSERT_TRUE(plain);
  auto ethernet = CaptureReader::open(*plain);
  ASSERT_TRUE(ethernet);
  Bytes file;
  for (RawPacket p; ethernet->next(p);) {
    Bytes padded{0, 0};
    put_bytes(padded, p.bytes);
    padded.resize((padded.size() + 4 + 7) / 8 * 8);  // frame check sequence, padding to eight bytes
    put_bytes(file, erf_record(2, 0, {}, padded));
  }
  const fs::path made = dir_ / "made.erf";
  ASSERT_TRUE(write_file(made, file));
  std::istringstream lines(output_of("tshark -n -r " + made.string() + " -T fields -e sip.Call-ID -Y sip"));
  auto reader = CaptureReader::open(file);
  ASSERT_TRUE(reader);
  std::size_t n = 0;
  for (RawPacket p; reader->next(p);) {
    const Decoded d = decode(p);
    SipMessage m;
    if (d.verdict != Verdict::udp || !looks_like_sip(d.udp.payload) || !parse_sip(d.udp.payload, m)) continue;
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << n;
    EXPECT_EQ(std::string(m.call_id()), line.substr(0, line.find(','))) << n;
    ++n;
  }
  std::string more;
  EXPECT_FALSE(std::getline(lines, more)) << more;
  EXPECT_GT(n, 5u);
}

TEST(ErfRecords, KindsExtensionsAndLosses) {
  const auto with = [](Bytes head) {
    put_bytes(head, ip_of_calls());
    return head;
  };
  Bytes pad_ethernet(14, 0);  // two bytes of padding, addresses
  put_be16(pad_ethernet, 0x0800);
  const Bytes extensions{0x83, 0, 0, 0, 0, 0, 0, 1, 0x04, 0, 0, 0, 0, 0, 0, 2};
  struct Row {
    std::uint8_t type;
    Bytes extensions, frame;
    Verdict verdict;
    std::uint32_t lost;
  };
  const std::vector<Row> rows = {
      {2, {}, with(pad_ethernet), Verdict::udp, 3},
      {0x80 | 2, extensions, with(pad_ethernet), Verdict::udp, 3},
      {11, {}, with(pad_ethernet), Verdict::udp, 0},  // there it is a colour
      {16, {}, with(pad_ethernet), Verdict::udp, 0},
      {20, {}, with(pad_ethernet), Verdict::udp, 0},
      {1, {}, with({0x0f, 0, 8, 0}), Verdict::udp, 3},
      {1, {}, with({0xff, 3, 0, 0x21}), Verdict::udp, 3},
      {15, {}, with({0, 0x21}), Verdict::udp, 0},
      {22, {}, ip_of_calls(), Verdict::udp, 3},
      {3, {}, Bytes(52), Verdict::unknown, 3},  // ATM
      {27, {}, Bytes(24), Verdict::other, 0},   // what the card says of itself
  };
  Bytes file;
  for (const Row& r : rows) put_bytes(file, erf_record(r.type, 3, r.extensions, r.frame));
  put_bytes(file, erf_record(48, 9, {}, Bytes(8)));  // padding
  auto reader = CaptureReader::open(file);
  ASSERT_TRUE(reader);
  std::uint64_t lost = 0;
  for (const Row& r : rows) {
    RawPacket p;
    ASSERT_TRUE(reader->next(p));
    EXPECT_EQ(to_ns(p.at), 0x60000000ll * 1'000'000'000 + 500'000'000);
    const Decoded d = decode(p);
    EXPECT_EQ(d.verdict, r.verdict) << int{r.type};
    EXPECT_EQ(text_of(d.udp.payload), r.verdict == Verdict::udp ? "x" : "") << int{r.type};
    lost += r.lost;
    EXPECT_EQ(reader->lost(), lost) << int{r.type};
  }
  RawPacket end;
  EXPECT_FALSE(reader->next(end));
}

TEST(ErfRecords, BrokenAndCut) {
  const Bytes one = erf_record(22, 0, {}, ip_of_calls()), two = erf_record(22, 0, {}, ip_of_calls(), 1);
  Bytes file = one;
  put_bytes(file, two);
  RawPacket p;
  for (std::size_t n = one.size() + 16; n < file.size(); ++n) {
    auto reader = CaptureReader::open(View(file).first(n));
    ASSERT_TRUE(reader) << n;
    EXPECT_TRUE(reader->next(p));
    EXPECT_FALSE(reader->next(p));
    EXPECT_TRUE(reader->truncated()) << n;
  }
  Bytes bad = file;
  put_bytes(bad, two);
  put_bytes(bad, Bytes(16, 0));
  auto reader = CaptureReader::open(bad);
  ASSERT_TRUE(reader);
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(reader->next(p));
  EXPECT_FALSE(reader->next(p));
  EXPECT_NE(reader->broken().find("at byte " + std::to_string(3 * one.size())), std::string::npos)
      << reader->broken();
  EXPECT_FALSE(
      CaptureReader::open(bytes_of("this is some text and certainly no capture of anything at all")));
  EXPECT_FALSE(CaptureReader::open(Bytes(400, 0)));
}

// Read through a window that grows by a few bytes, every format is what it is as a whole.
TEST(Capture, ThroughAWindow) {
  Bytes erf;
  for (std::uint8_t n = 0; n < 9; ++n) put_bytes(erf, erf_record(22, n, {}, ip_of_calls(), n));
  CaptureWriter classic(101);
  const Bytes ip = ip_of_calls();
  for (int n = 0; n < 9; ++n) classic.add({from_ns(n), 101, ip, 60});
  std::vector<Bytes> files{erf, classic.take()};
  for (const char* name : {"sip/b2bua-asterisk.pcapng", "tcp/sip_hello.pcapng"})
    if (auto file = read_file(shared_folder() / "captures" / name)) files.push_back(std::move(*file));
  for (const Bytes& file : files)
    for (const std::size_t cut : {file.size(), file.size() - 5}) {
      const View all = View(file).first(cut);
      auto whole = CaptureReader::open(all), part = CaptureReader::open_window(all, false);
      ASSERT_TRUE(whole && part);
      std::size_t have = part->position(), n = 0;
      part->window(all.subspan(have, 0), false);
      for (RawPacket p, q; whole->next(p); ++n) {
        while (!part->next(q)) {
          ASSERT_TRUE(part->starved()) << n;
          const auto at = static_cast<std::size_t>(part->position());
          have = std::min(cut, std::max(have, at) + 7);
          part->window(all.subspan(at, have - at), have == cut);
        }
        EXPECT_EQ(p.at, q.at);
        ASSERT_EQ(p.bytes.data(), q.bytes.data());
        EXPECT_EQ(p.bytes.size(), q.bytes.size());
      }
      EXPECT_GT(n, 5u);
      RawPacket q;
      while (!part->next(q) && part->starved()) {
        const auto at = static_cast<std::size_t>(part->position());
        have = std::min(cut, std::max(have, at) + 7);
        part->window(all.subspan(at, have - at), have == cut);
      }
      EXPECT_EQ(part->truncated(), whole->truncated());
      EXPECT_EQ(part->truncated(), cut != file.size());
      EXPECT_EQ(part->broken(), "");
    }
}

}  // namespace
}  // namespace writ::wire
