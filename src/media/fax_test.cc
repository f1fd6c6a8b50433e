// SPDX-License-Identifier: GPL-3.0-or-later
// Faxes that spandsp's machines send each other, read from the wire and compared with the page that was put
// in.
#include "media/fax.hh"

#include <gmock/gmock.h>

#include <random>

#include "intercept/test_traffic.hh"
#include "media/fax_image.hh"
#include "media/spandsp_for_test.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using test::Folder;
using testing::HasSubstr;

constexpr std::uint32_t fax_width = 1728;
constexpr std::size_t fax_row = fax_width / 8;

// Text-like and noisy lines, blank ones, solid ones.
Bytes drawn_page(std::uint32_t rows, unsigned seed) {
  std::mt19937 random{seed};
  Bytes out(rows * fax_row, 0);
  for (std::uint32_t y = 0; y < rows; ++y) {
    if (y % 40 < 12) continue;
    for (std::size_t x = 8; x < fax_row - 8;) {
      const std::size_t run = 1 + random() % 12;
      const auto ink = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 2 ? 0xff : 0);
      for (std::size_t i = x; i < std::min(x + run, fax_row - 8); ++i) out[y * fax_row + i] = ink;
      x += run;
    }
  }
  return out;
}

void save_tiff(const fs::path& name, const std::vector<Bytes>& pages) {
  TIFF* t = TIFFOpen(name.c_str(), "w");
  ASSERT_NE(t, nullptr);
  for (Bytes pixels : pages) {
    const auto rows = static_cast<std::uint32_t>(pixels.size() / fax_row);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, fax_width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, rows);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, rows);
    TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0);
    TIFFSetField(t, TIFFTAG_YRESOLUTION, 196.0);
    ASSERT_GT(TIFFWriteEncodedStrip(t, 0, pixels.data(), static_cast<tmsize_t>(pixels.size())), 0);
    TIFFWriteDirectory(t);
  }
  TIFFClose(t);
}

std::vector<Bytes> load_tiff(const fs::path& name) {
  std::vector<Bytes> out;
  TIFFSetWarningHandler(nullptr);
  TIFF* t = TIFFOpen(name.c_str(), "r");
  if (!t) return out;
  do {
    std::uint32_t rows = 0;
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &rows);
    Bytes page(rows * fax_row);
    for (std::uint32_t y = 0; y < rows; ++y) TIFFReadScanline(t, page.data() + y * fax_row, y);
    out.push_back(std::move(page));
  } while (TIFFReadDirectory(t) == 1);
  TIFFClose(t);
  return out;
}

struct Sent {  // an IFP packet, and when (20 ms steps)
  int step;
  Bytes ifp;
};

struct Machine {
  t38_terminal_state_t* terminal = nullptr;
  Machine* other = nullptr;
  std::vector<Sent> sent;
  int* step = nullptr;
  bool over = false;
  std::uint16_t sequence = 0;
};

int on_packet(t38_core_state_t*, void* user, const std::uint8_t* bytes, int length, int) {
  auto* m = static_cast<Machine*>(user);
  m->sent.push_back({*m->step, Bytes(bytes, bytes + length)});
  t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(m->other->terminal), bytes, length, m->sequence++);
  return 0;
}
void on_end(t30_state_t*, void* user, int) { static_cast<Machine*>(user)->over = true; }

struct Conversation {
  std::vector<Sent> caller, answerer;
};

Conversation send_fax(const fs::path& from, const fs::path& to, bool ecm, int compressions, int version) {
  Machine a, b;
  int step = 0;
  a.other = &b, b.other = &a;
  a.step = b.step = &step;
  a.terminal = t38_terminal_init(nullptr, 1, on_packet, &a);
  b.terminal = t38_terminal_init(nullptr, 0, on_packet, &b);
  for (Machine* m : {&a, &b}) {
    t30_state_t* t30 = t38_terminal_get_t30_state(m->terminal);
    t38_core_state_t* core = t38_terminal_get_t38_core_state(m->terminal);
    t38_set_t38_version(core, version);
    t30_set_tx_ident(t30, m == &a ? "4045550101" : "4045550102");
    t30_set_ecm_capability(t30, ecm);
    t30_set_supported_compressions(t30, compressions);
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION |
                                           T30_SUPPORT_SUPERFINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION);
    t30_set_phase_e_handler(t30, on_end, m);
  }
  t30_set_tx_file(t38_terminal_get_t30_state(a.terminal), from.c_str(), -1, -1);
  t30_set_rx_file(t38_terminal_get_t30_state(b.terminal), to.c_str(), -1);
  for (; step < 30'000 && !(a.over && b.over); ++step) {
    t38_terminal_send_timeout(a.terminal, 160);
    t38_terminal_send_timeout(b.terminal, 160);
  }
  EXPECT_TRUE(a.over && b.over);
  for (Machine* m : {&a, &b}) t38_terminal_free(m->terminal);
  return {std::move(a.sent), std::move(b.sent)};
}

intercept::EvidencePacket datagram(View payload, std::int64_t at_us, bool from_target) {
  // packet_of puts a header of 12 bytes before what it is given: here they are the payload's own.
  intercept::EvidencePacket p =
      test::packet_of({at_us, 0, 0, Bytes(payload.size() > 12 ? payload.size() - 12 : 0), 0, 0, from_target});
  p.storage.resize(28);
  p.storage[3] = static_cast<std::uint8_t>(28 + payload.size());
  p.storage[2] = static_cast<std::uint8_t>((28 + payload.size()) >> 8);
  p.storage[24] = static_cast<std::uint8_t>((8 + payload.size()) >> 8);
  p.storage[25] = static_cast<std::uint8_t>(8 + payload.size());
  p.storage.insert(p.storage.end(), payload.begin(), payload.end());
  p.raw.bytes = p.storage;
  p.raw.wire_length = static_cast<std::uint32_t>(p.storage.size());
  return p;
}

void put_length(Bytes& out, std::size_t n) {
  if (n >= 128) out.push_back(static_cast<std::uint8_t>(0x80 | n >> 8));
  out.push_back(static_cast<std::uint8_t>(n));
}

// Packet `i` as UDPTL with so many repeats of those before it.
Bytes udptl_of(const std::vector<Sent>& sent, std::size_t i, int repeats) {
  Bytes d;
  put_be16(d, static_cast<std::uint16_t>(65530 + i));
  put_length(d, sent[i].ifp.size());
  put_bytes(d, sent[i].ifp);
  d.push_back(0);
  const std::size_t n = std::min(i, static_cast<std::size_t>(repeats));
  put_length(d, n);
  for (std::size_t k = 1; k <= n; ++k) {
    put_length(d, sent[i - k].ifp.size());
    put_bytes(d, sent[i - k].ifp);
  }
  return d;
}

// UDPTL with so many repeats; `lose` says which datagrams never arrive.
template <class Lose>
test::Scene call_of(const Conversation& c, int repeats, int version, Lose&& lose) {
  test::Scene s;
  for (const bool from_target : {true, false}) {
    intercept::MediaStream m;
    m.kind = "fax";
    m.codec = "T38";
    m.fmtp = "version=" + std::to_string(version);
    const auto& sent = from_target ? c.caller : c.answerer;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (lose(i)) continue;
      const Bytes d = udptl_of(sent, i, repeats);
      m.packet_index.push_back(s.packets.size());
      s.packets.push_back(datagram(d, sent[i].step * 20'000, from_target));
    }
    s.call.media.push_back(std::move(m));
  }
  return s;
}

void render_fax_call(test::Scene& s, const Folder& dir) {
  const Status ok = render_call(s.call, s.packets, test::workers(), dir.path() / "recordings", "001");
  ASSERT_TRUE(ok) << ok.error().what;
}

struct Way {
  const char* name;
  bool ecm;
  int compressions;
  int version;
};
class FaxWays : public testing::TestWithParam<Way> {};

TEST_P(FaxWays, TwoPagesAreThePagesThatWerePutIn) {
  const Way& w = GetParam();
  const Folder dir;
  const std::vector<Bytes> pages{drawn_page(300, 1), drawn_page(170, 2)};
  const fs::path in = dir.path() / "in.tif", other = dir.path() / "spandsp.tif";
  save_tiff(in, pages);
  const Conversation c = send_fax(in, other, w.ecm, w.compressions, w.version);
  test::Scene s = call_of(c, 0, w.version, [](std::size_t) { return false; });
  render_fax_call(s, dir);
  ASSERT_EQ(s.call.media[0].file, "recordings/001-fax1.tif") << s.call.media[0].why;
  EXPECT_EQ(s.call.media[0].pages, 2u);
  EXPECT_TRUE(s.call.media[0].decoded && s.call.media[1].decoded);
  EXPECT_EQ(s.call.media[0].why, "the sender calls itself 4045550101");
  EXPECT_EQ(s.call.media[1].why, "the sender calls itself 4045550102; no page was sent in this direction");
  EXPECT_EQ(s.call.media[1].file, "");
  const auto got = load_tiff(dir.path() / s.call.media[0].file), theirs = load_tiff(other);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got, pages);
  EXPECT_EQ(got, theirs) << "what spandsp's receiver made of it";
  const std::string said =
      test::output_of("tiffinfo " + (dir.path() / s.call.media[0].file).string() + " 2>&1");
  if (said.find("TIFF") != std::string::npos) {
    EXPECT_THAT(said, HasSubstr("Image Width: 1728 Image Length: 300"));
    EXPECT_THAT(said, HasSubstr("Resolution: 203.98, 195.58"));
    EXPECT_THAT(said, HasSubstr("CCITT Group 4"));
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, FaxWays,
    testing::Values(Way{"mh", false, T30_SUPPORT_T4_1D_COMPRESSION, 0},
                    Way{"mr", false, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION, 0},
                    Way{"mh_ecm", true, T30_SUPPORT_T4_1D_COMPRESSION, 0},
                    Way{"mmr_ecm", true, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION, 0},
                    Way{"mmr_ecm_v3", true, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION, 3}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(Fax, LostDatagramsComeBackFromTheRepeatsAndTheWrongVersionIsSeenThrough) {
  const Folder dir;
  const std::vector<Bytes> pages{drawn_page(200, 3)};
  save_tiff(dir.path() / "in.tif", pages);
  const Conversation c = send_fax(dir.path() / "in.tif", dir.path() / "out.tif", true,
                                  T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION, 0);
  test::Scene s = call_of(c, 2, 3, [](std::size_t i) { return i % 5 == 2 || i % 5 == 3; });
  render_fax_call(s, dir);
  EXPECT_EQ(load_tiff(dir.path() / s.call.media[0].file), pages) << s.call.media[0].why;
  EXPECT_THAT(s.call.media[0].why, HasSubstr("lost packets were recovered from repeats"));
  EXPECT_EQ(s.call.media[0].lost, 0u);
}

TEST(Fax, WhatIsLostForGoodIsSaid) {
  const Folder dir;
  const std::vector<Bytes> pages{drawn_page(200, 4)};
  save_tiff(dir.path() / "in.tif", pages);
  // With error correction, MMR: the lines before the first missing frame are right, and no other is shown.
  const Conversation mmr = send_fax(dir.path() / "in.tif", dir.path() / "out.tif", true,
                                    T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION, 0);
  const std::size_t middle = mmr.caller.size() / 2;
  test::Scene s = call_of(mmr, 0, 0, [&](std::size_t i) { return i == middle; });
  render_fax_call(s, dir);
  EXPECT_THAT(s.call.media[0].why, HasSubstr("1 packets are missing"));
  EXPECT_THAT(s.call.media[0].why, HasSubstr("page 1: 1 frames are missing"));
  EXPECT_THAT(s.call.media[0].why, HasSubstr("the lines below are missing"));
  const auto part = load_tiff(dir.path() / s.call.media[0].file);
  ASSERT_EQ(part.size(), 1u);
  ASSERT_GT(part[0].size(), 20 * fax_row);
  ASSERT_LT(part[0].size(), pages[0].size());
  const auto same = std::ranges::mismatch(part[0], pages[0]).in1 - part[0].begin();
  EXPECT_GE(static_cast<std::size_t>(same) / fax_row + 2, part[0].size() / fax_row);
  // Without, MH: lines are broken where data are missing; the others are there.
  const Conversation mh =
      send_fax(dir.path() / "in.tif", dir.path() / "out.tif", false, T30_SUPPORT_T4_1D_COMPRESSION, 0);
  test::Scene t = call_of(mh, 0, 0, [&](std::size_t i) { return i == mh.caller.size() / 2; });
  render_fax_call(t, dir);
  EXPECT_THAT(t.call.media[0].why, HasSubstr("page 1: data are missing in 1 places"));
  const auto rows = load_tiff(dir.path() / t.call.media[0].file);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_GT(rows[0].size(), pages[0].size() * 9 / 10);
  EXPECT_LE(rows[0].size(), pages[0].size());
  EXPECT_NE(rows[0], pages[0]);
  const auto right = std::ranges::mismatch(rows[0], pages[0]).in1 - rows[0].begin();
  EXPECT_GT(static_cast<std::size_t>(right), 50 * fax_row) << "the lines above what is missing";
  EXPECT_THAT(t.call.media[0].why, testing::ContainsRegex("[0-9]+ of [0-9]+ lines are broken"));
}

// Through the engine and the assembly: an audio call that becomes a fax by re-INVITE.
TEST(Fax, FromTheSignallingToThePages) {
  namespace world = intercept::test;
  const Folder dir;
  const std::vector<Bytes> pages{drawn_page(150, 5), drawn_page(90, 6)};
  save_tiff(dir.path() / "in.tif", pages);
  const Conversation sent = send_fax(dir.path() / "in.tif", dir.path() / "out.tif", true,
                                     T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T6_COMPRESSION, 0);
  world::Bench b(world::grants(world::spec()));
  world::Call c(b);
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 30);
  ++c.cseq;
  const std::string image = "a=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n";
  world::Sip again = c.message(c.request("INVITE"), "INVITE", true);
  again.body = world::sdp(c.am.ip.text(), c.am.port, "t38", image, "image", "udptl");
  b.sip(2.2, c.a, c.z, again);
  world::Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = world::sdp(c.zm.ip.text(), c.zm.port, "t38", image, "image", "udptl");
  b.sip(2.3, c.z, c.a, ok);
  struct Way {
    int step;
    bool from_caller;
    Bytes bytes;
  };
  std::vector<Way> ways;
  for (const bool from_caller : {true, false}) {
    const auto& side = from_caller ? sent.caller : sent.answerer;
    for (std::size_t i = 0; i < side.size(); ++i)
      ways.push_back({side[i].step, from_caller, udptl_of(side, i, 1)});
  }
  std::ranges::stable_sort(ways, {}, &Way::step);
  for (const Way& w : ways)
    b.udp(2.5 + w.step * 0.02, w.from_caller ? c.am : c.zm, w.from_caller ? c.zm : c.am, w.bytes);
  c.bye(2.6 + ways.back().step * 0.02);
  ASSERT_TRUE(b.engine.finish());
  intercept::Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  ASSERT_TRUE(render_call(m.calls[0], m.packets, test::workers(), dir.path() / "recordings", "001"));
  std::uint32_t total = 0;
  for (const auto& s : m.calls[0].media) {
    total += s.pages;
    if (s.pages > 0) {
      EXPECT_EQ(load_tiff(dir.path() / s.file), pages) << s.why;
    }
  }
  EXPECT_EQ(total, 2u);
  EXPECT_NE(m.calls[0].wav, "") << "the voices before the fax";
}

TEST(Fax, AStrangersSendfax) {
  const fs::path file = shared_folder() / "captures/fax/sendfax-udptl.pcap";
  if (!fs::exists(file)) GTEST_SKIP() << "no shared captures";
  const auto bytes = read_file(file);
  ASSERT_TRUE(bytes);
  auto reader = wire::CaptureReader::open(*bytes);
  ASSERT_TRUE(reader);
  test::Scene s;
  intercept::MediaStream m;
  m.kind = "fax";
  m.codec = "T38";
  for (wire::RawPacket raw; reader->next(raw);) {
    intercept::EvidencePacket p;
    p.storage.assign(raw.bytes.begin(), raw.bytes.end());
    p.raw = raw;
    p.raw.bytes = p.storage;
    m.packet_index.push_back(s.packets.size());
    s.packets.push_back(std::move(p));
  }
  ASSERT_EQ(s.packets.size(), 191u);
  s.call.media.push_back(m);
  const FaxStream f = read_fax(s.call.media[0], s.packets);
  ASSERT_EQ(f.pages.size(), 1u);
  EXPECT_EQ(f.unreadable, 1u) << "its first datagram says GARBAGE";
  EXPECT_EQ(f.missing, 0u);
  EXPECT_EQ(f.pages[0].format.coding, FaxCoding::mmr);  // tshark: T.6 coding, error correction, 1728, fine
  EXPECT_TRUE(f.pages[0].format.ecm && f.pages[0].confirmed_end);
  EXPECT_NEAR(f.pages[0].format.y_dpi, 195.58, 0.01);
  EXPECT_EQ(f.pages[0].missing_frames, 0u);
  const Folder dir;
  render_fax_call(s, dir);
  const auto pages = load_tiff(dir.path() / s.call.media[0].file);
  ASSERT_EQ(pages.size(), 1u) << s.call.media[0].why;
  // The same data through libtiff's own reader of fax files.
  const fs::path raw = dir.path() / "page.g4", theirs = dir.path() / "theirs.tif";
  ASSERT_TRUE(write_file(raw, f.pages[0].data));
  test::output_of("fax2tiff -4 -M -8 -X 1728 -R 196 -o " + theirs.string() + " " + raw.string() + " 2>&1");
  if (fs::exists(theirs)) {
    const auto reference = load_tiff(theirs);
    ASSERT_EQ(reference.size(), 1u);
    const std::size_t n = std::min(reference[0].size(), pages[0].size());
    EXPECT_GT(n, 1000 * fax_row);
    EXPECT_TRUE(std::equal(pages[0].begin(), pages[0].begin() + static_cast<std::ptrdiff_t>(n),
                           reference[0].begin()));
  }
}

}  // namespace
}  // namespace writ::media
