// SPDX-License-Identifier: GPL-3.0-or-later
// The writer: papers, table, captures, image; judged by programs that are not ours.
#include <gtest/gtest.h>

#include "produce/call_log.hh"
#include "produce/iso.hh"
#include "produce/pdf.hh"
#include "produce/sample.hh"

namespace writ::produce {
namespace {

using sample::output_of;

TEST(CallLog, NumbersStayAndFormulasBecomeText) {
  EXPECT_EQ(inert("+14045550102"), "+14045550102");
  EXPECT_EQ(inert("-5"), "-5");
  EXPECT_EQ(inert("+1+cmd|' /C calc'!A0"), "'+1+cmd|' /C calc'!A0");
  EXPECT_EQ(inert("=1+1"), "'=1+1");
  EXPECT_EQ(inert("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(inert("\tx"), "'\tx");
  EXPECT_EQ(inert("+"), "'+");
}

TEST(CallLog, QuotesByRfc4180) {
  intercept::Matter m = sample::matter(1, "g");
  m.calls[0].from = "=HYPERLINK(\"http://x\"),a";
  m.calls[0].anomalies = {"line\r\nbreak"};
  const std::string csv = call_log_csv(m);
  EXPECT_EQ(csv.substr(0, 45), "call_id,direction,from,to,start,answer,end,du");
  EXPECT_NE(csv.find("\"'=HYPERLINK(\"\"http://x\"\"),a\""), std::string::npos) << csv;
  EXPECT_NE(csv.find(",73.000,200 BYE by caller,"), std::string::npos) << csv;
  EXPECT_NE(csv.find(",target:12#,"), std::string::npos) << csv;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2) << csv;
}

TEST(CallLog, AGapWithinACallStandsInItsLine) {
  intercept::Matter m = sample::matter(2, "g");
  const auto& c = m.calls[0];
  ASSERT_TRUE(c.end);
  const auto with = [&](intercept::Gap g) {
    m.gaps = {std::move(g)};
    const std::string csv = call_log_csv(m);
    return csv.substr(csv.find('\n') + 1, csv.find('\n', csv.find('\n') + 1) - csv.find('\n'));
  };
  using namespace std::chrono_literals;
  const std::string line = with({c.start + 1s, c.start + 2s, "the kernel dropped packets on a0", 40});
  EXPECT_NE(line.find("the kernel dropped packets on a0 (40 packets)"), std::string::npos) << line;
  EXPECT_NE(line.find("gap " + rfc3339(c.start + 1s) + " to " + rfc3339(c.start + 2s)), std::string::npos);
  EXPECT_NE(with({c.start - 5s, *c.end + 5s, "pa0 is down", 0}).find("pa0 is down"), std::string::npos);
  EXPECT_NE(with({c.start - 5s, c.start - 5s, "from then on", 0}).find("from then on"), std::string::npos);
  EXPECT_EQ(with({c.start - 5s, c.start - 1s, "before", 0}).find("before"), std::string::npos);
  EXPECT_EQ(with({*c.end + 1s, *c.end + 5s, "after", 0}).find("after"), std::string::npos);
  // Of another call, as of each that a flood left open: it stands there.
  EXPECT_EQ(with({c.start + 1s, c.start + 1s, "call x: still up", 0, "x"}).find("still up"),
            std::string::npos);
}

TEST(Captures, EachFrameOnceByTimeAndLinkType) {
  intercept::Matter m = sample::matter(3, "g");
  m.packets.push_back(sample::packet(9, m.calls[0].start,
                                     "OPTIONS sip:a@192.0.2.2 SIP/2.0\r\nCall-ID: " + m.calls[0].call_id +
                                         "\r\n\r\n"));  // the same frame for another call
  m.packets.push_back(sample::packet(1, sample::armed, "x"));
  m.packets.push_back(sample::packet(1, sample::armed, "x"));  // captured twice in one instant by one call
  m.packets.push_back(sample::packet(1, sample::armed, "y", 228));
  for (auto& p : m.packets) p.raw.bytes = p.storage;
  const std::vector<NamedCapture> files = content_pcaps(m);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "content.pcap");
  EXPECT_EQ(files[1].name, "content-228.pcap");
  const sample::Scratch s;
  ASSERT_TRUE(write_file(s.path / "a.pcap", files[0].bytes));
  const std::string lines = output_of("tcpdump -tt -nr " + (s.path / "a.pcap").string() + " 2>/dev/null");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5) << lines;
  const std::string shark =
      output_of("tshark -r " + (s.path / "a.pcap").string() + " -T fields -e sip.Call-ID 2>/dev/null");
  EXPECT_NE(shark.find("call-3@192.0.2.1"), std::string::npos) << shark;
}

class Papers : public ::testing::Test {
 protected:
  sample::Scratch s;
  sample::Production p{authority::Kind::content, 60};
  fs::path letter = s.path / "letter.pdf", cert = s.path / "cert.pdf", bill = s.path / "bill.pdf";
  InvoiceFacts invoice() {
    InvoiceFacts f{"2026-0001",
                   "M-2026-0001",
                   "Example Bureau",
                   "1 Example Street\nAtlanta, GA 30301",
                   sample::produced,
                   {},
                   "USD",
                   "CALEA plan, fee schedule",
                   true};
    f.lines = {{"Interception, start-up and first month", "S60", 100000}, {"Each later month", "S61", 75000}};
    return f;
  }
  void SetUp() override {
    p.opened.gaps.push_back({sample::armed, sample::armed + std::chrono::seconds(3), "probe restarted", 12});
    p.opened.unavailable = {"call 7: media encrypted (SAVP), keys unknown"};
    p.opened.reviews.resize(2);
    ASSERT_TRUE(write_cover_letter(letter, p.rules, p.in.facts, p.opened, sample::produced));
    ASSERT_TRUE(write_certification(cert, p.rules, p.in.certification));
    ASSERT_TRUE(write_invoice(bill, p.rules, invoice()));
    // For the eye: WRIT_PAPERS=DIR keeps them.
    if (const char* keep = std::getenv("WRIT_PAPERS"))
      for (const fs::path& f : {letter, cert, bill})
        fs::copy_file(f, fs::path(keep) / f.filename(), fs::copy_options::overwrite_existing);
  }
};

TEST_F(Papers, AreSoundPdfWithTheFacts) {
  for (const fs::path& f : {letter, cert, bill})
    EXPECT_NE(output_of("qpdf --check " + f.string() + " 2>&1").find("No syntax or stream encoding errors"),
              std::string::npos);
  const auto holds = [&](const fs::path& f, std::initializer_list<const char*> facts) {
    const std::string text = output_of("pdftotext -layout " + f.string() + " -");
    for (const char* fact : facts) EXPECT_NE(text.find(fact), std::string::npos) << fact << "\n" << text;
  };
  holds(letter, {"SANDBOX, fictional", "1:26-MC-0417", "M-2026-0001", "+14045550102", "60 calls", "902(11)",
                 "probe restarted", "media encrypted (SAVP)", "2 signaling events", "Page 1 of "});
  holds(cert, {"1.20004(a)(1)", "(i)", "(vi)", "2026-11-18", "R. Sample", "O. Example",
               "A. Example, United States District Judge"});
  holds(bill, {"$1,000.00", "$750.00", "$1,750.00", "2026-0001", "S60", "S61"});
}

TEST_F(Papers, SameInputSameBytes) {
  const Bytes a = read_file(letter).value();
  ASSERT_TRUE(write_cover_letter(letter, p.rules, p.in.facts, p.opened, sample::produced));
  EXPECT_EQ(a, read_file(letter).value());
  ASSERT_TRUE(
      write_cover_letter(letter, p.rules, p.in.facts, p.opened, sample::produced + std::chrono::days(1)));
  EXPECT_NE(a, read_file(letter).value()) << "negative control: another date gives another file";
}

TEST_F(Papers, TheTableBreaksWithItsHeadRepeated) {
  const std::string text = output_of("pdftotext -layout " + letter.string() + " -");
  std::size_t heads = 0;
  for (std::size_t at = 0; (at = text.find("Start (UTC)", at)) != std::string::npos; ++at) ++heads;
  EXPECT_GE(heads, 2u);
}

TEST(Texts, OutsideTextIsMadeSafe) {
  EXPECT_EQ(clean_text("a\x01"
                       "b\xFF"
                       "c"),
            "a b\xEF\xBF\xBD"
            "c");
  EXPECT_EQ(clean_text("12\xE2\x80\xAE"
                       "34"),
            "1234");
  EXPECT_EQ(money(123456789, "USD"), "$1,234,567.89");
  EXPECT_EQ(money(-5, "EUR"), "-EUR 0.05");
}

TEST(Iso, XorrisoReadsItAndTwoWritesAreEqual) {
  const sample::Scratch s;
  sample::Production p;
  const fs::path dir = s.path / "package";
  p.recordings(dir);
  p.write(dir);
  ASSERT_TRUE(write_iso(dir, s.path / "a.iso", "M_2026_0001", sample::produced));
  // Other owners, times and order of the files on disk must not show.
  const fs::path copy = s.path / "copy";
  fs::copy(dir, copy, fs::copy_options::recursive);
  ASSERT_TRUE(write_iso(copy, s.path / "b.iso", "M_2026_0001", sample::produced));
  EXPECT_EQ(
      output_of("cmp -l " + (s.path / "a.iso").string() + " " + (s.path / "b.iso").string() + " | head -40"),
      "");
  ASSERT_TRUE(write_iso(fs::proximate(dir), s.path / "d.iso", "M_2026_0001", sample::produced))
      << "by the way from here";
  EXPECT_EQ(read_file(s.path / "a.iso").value(), read_file(s.path / "d.iso").value());
  ASSERT_TRUE(write_iso(dir, s.path / "c.iso", "M_2026_0001", sample::produced + std::chrono::days(1)));
  EXPECT_NE(read_file(s.path / "a.iso").value(), read_file(s.path / "c.iso").value()) << "negative control";
  if (const char* keep = std::getenv("WRIT_PAPERS")) {
    fs::copy(dir, fs::path(keep) / "package", fs::copy_options::recursive);
    fs::copy_file(s.path / "a.iso", fs::path(keep) / "package.iso");
  }
  const std::string toc = output_of("xorriso -indev stdio:" + (s.path / "a.iso").string() + " -toc 2>&1");
  EXPECT_NE(toc.find("Volume id    : 'M_2026_0001'"), std::string::npos) << toc;
  output_of("xorriso -osirrox on -indev stdio:" + (s.path / "a.iso").string() + " -extract / " +
            (s.path / "out").string() + " 2>&1");
  EXPECT_EQ(output_of("diff -r " + dir.string() + " " + (s.path / "out").string()), "");
  output_of("chmod -R u+w " + (s.path / "out").string());
}

TEST(Production, TwoWritesAreEqualAndLeftoversGo) {
  const sample::Scratch s;
  sample::Production p;
  const auto a = write_production(s.path / "p", p.in);
  ASSERT_TRUE(a) << a.error().what;
  ASSERT_TRUE(write_file(s.path / "p/calls.json.tmp.77", std::string_view("torn")));
  const auto b = write_production(s.path / "p", p.in);
  ASSERT_TRUE(b) << b.error().what;
  EXPECT_EQ(*a, *b);
  ASSERT_TRUE(write_file(s.path / "p/diary.txt", std::string_view("x")));
  EXPECT_FALSE(write_production(s.path / "p", p.in));
}

TEST(Production, AFaxIsInTheLogTheLetterAndTheManifest) {
  const sample::Scratch s;
  sample::Production p;
  p.recordings(s.path / "p");
  ASSERT_TRUE(write_production(s.path / "p", p.in));
  const std::string log = read_text(s.path / "p/call-log.csv").value();
  EXPECT_NE(log.find(",recordings/002-to-target-fax1.tif\r\n"), std::string::npos) << log;
  EXPECT_NE(read_text(s.path / "p/manifest.json").value().find("recordings/002-to-target-fax1.tif"),
            std::string::npos);
  const std::string letter =
      output_of("pdftotext -layout " + (s.path / "p/cover-letter.pdf").string() + " -");
  EXPECT_NE(letter.find("2 pages of fax"), std::string::npos) << letter;
  EXPECT_NE(letter.find("3 fax packets never arrived"), std::string::npos) << letter;
  // A file that is named and is not there.
  p.opened.calls[1].media[0].file = "recordings/elsewhere.tif";
  EXPECT_FALSE(write_production(s.path / "p", p.in));
}

TEST(Production, NeedsTwoCustodians) {
  const sample::Scratch s;
  sample::Production p;
  p.in.signers = {&p.office.custodian_a, &p.office.custodian_a};
  const auto r = write_production(s.path / "p", p.in);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().exit, Exit::refused);
}

}  // namespace
}  // namespace writ::produce
