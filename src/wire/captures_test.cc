// SPDX-License-Identifier: GPL-3.0-or-later
// Real traffic against what tshark found in it (INDEX.tsv of the shared captures).
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "wire/pcap.hh"
#include "wire/reassembly.hh"
#include "wire/sip.hh"
#include "wire/sip_stream.hh"

namespace writ::wire {
namespace {

fs::path captures() { return shared_folder() / "captures"; }

std::vector<std::map<std::string, std::string>> read_tsv(const fs::path& p) {
  std::vector<std::map<std::string, std::string>> rows;
  const auto text = read_text(p);
  EXPECT_TRUE(text);
  if (!text) return rows;
  std::istringstream lines(*text);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find('\t', at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    if (names.empty()) {
      names = cells;
      continue;
    }
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size() && i < names.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

struct Facts {
  std::size_t packets = 0, sip = 0;
  std::set<std::string> call_ids;
};

Facts read_capture(View file) {
  Facts f;
  auto reader = CaptureReader::open(file);
  EXPECT_TRUE(reader);
  if (!reader) return f;
  Reassembler reassembler;
  SipStreams streams;
  std::vector<SipOverStream> messages;
  const auto look = [&](View payload) {
    SipMessage m;
    const bool sip = parse_sip(payload, m);
    EXPECT_EQ(sip, looks_like_sip(payload));
    if (!sip) return;
    ++f.sip;
    if (!m.call_id().empty()) f.call_ids.insert(std::string(m.call_id()));
  };
  for (RawPacket p; reader->next(p); ++f.packets) {
    Decoded d = decode(p);
    Reassembler::Whole whole;
    if (d.verdict == Verdict::fragment && reassembler.add(d.fragment, p, whole)) d = whole.decoded;
    if (d.verdict == Verdict::udp) look(d.udp.payload);
    if (d.verdict == Verdict::tcp) streams.add(d, p, messages);
  }
  streams.finish(messages);
  for (const SipOverStream& m : messages) look(m.message);
  EXPECT_EQ(reader->broken(), "");
  return f;
}

class Captures : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(captures() / "INDEX.tsv")) GTEST_SKIP() << "no shared captures at " << captures();
  }
};

TEST_F(Captures, PacketsSipFramesAndCallIdsAgreeWithTshark) {
  // The index counts SIP in SCTP and quoted by ICMP too; of these captures, what is plainly SIP by
  // `tshark -Y 'sip && (udp || tcp) && !icmp'`.
  const std::map<std::string, std::pair<std::string, std::string>> quoted_apart = {
      {"sip/cesnet_sip.pcap", {"40", "15"}}, {"tcp/sip_sctp.pcap", {"0", "0"}}};
  const std::set<std::string> other_transport = {"codec/amr-nb-vowifi-esp.pcap",
                                                 "robust/http_on_sip_port.pcap", "robust/webex.pcap",
                                                 "robust/sip-body-large.pcap"};
  // Damaged on purpose: whether a message is still SIP is a matter of taste.
  const std::string damaged = "robust/fuzz-2006-06-26-2594.pcap";
  std::size_t compared = 0, messages = 0;
  for (const auto& row : read_tsv(captures() / "INDEX.tsv")) {
    const std::string& name = row.at("file");
    if (!name.ends_with(".pcap") && !name.ends_with(".pcapng") && !name.ends_with(".cap")) continue;
    const auto file = read_file(captures() / name);
    ASSERT_TRUE(file) << name;
    const Facts f = read_capture(*file);
    EXPECT_EQ(std::to_string(f.packets), row.at("packets")) << name;
    if (name == damaged || other_transport.contains(name)) continue;
    if (name.starts_with("hep/")) continue;  // hep_test.cc
    const auto exception = quoted_apart.find(name);
    const bool listed = exception != quoted_apart.end();
    EXPECT_EQ(std::to_string(f.sip), listed ? exception->second.first : row.at("sip_frames")) << name;
    EXPECT_EQ(std::to_string(f.call_ids.size()), listed ? exception->second.second : row.at("call_ids"))
        << name;
    ++compared;
    messages += f.sip;
  }
  EXPECT_GE(compared, 45u);
  EXPECT_GE(messages, 430u);
}

TEST_F(Captures, FragmentsAllComeTogether) {
  for (const char* name : {"frag/udp-ip-fragmented.pcap", "frag/ipv6_udp_fragmented.pcap"}) {
    const auto file = read_file(captures() / name);
    ASSERT_TRUE(file);
    auto reader = CaptureReader::open(*file);
    ASSERT_TRUE(reader);
    Reassembler r;
    std::size_t fragments = 0, kept = 0;
    for (RawPacket p; reader->next(p);) {
      const Decoded d = decode(p);
      if (d.verdict != Verdict::fragment) continue;
      ++fragments;
      Reassembler::Whole whole;
      if (!r.add(d.fragment, p, whole)) continue;
      kept += whole.frames.size();
      EXPECT_FALSE(whole.overlapped || whole.decoded.udp.truncated) << name;
    }
    EXPECT_GT(fragments, 0u);
    EXPECT_EQ(kept, fragments) << name;
  }
}

// RFC 4475. All are SIP to us, the invalid ones too: they are used as far as they go.
TEST_F(Captures, TortureMessages) {
  std::size_t seen = 0;
  for (const auto& row : read_tsv(captures() / "torture/VERDICTS.tsv")) {
    const auto file = read_file(captures() / "torture" / row.at("file"));
    ASSERT_TRUE(file);
    SipMessage m;
    ASSERT_TRUE(parse_sip(*file, m)) << row.at("file");
    EXPECT_TRUE(looks_like_sip(*file));
    ++seen;
    if (row.at("tshark_protocol") ==
        "sip") {  // two of them are not SIP to tshark; its Call-IDs are cut at 60 letters
      EXPECT_EQ(std::string(m.call_id().substr(0, 60)), row.at("tshark_callid")) << row.at("file");
      EXPECT_EQ(m.is_request ? std::string(m.method_text) : std::to_string(m.status),
                row.at("tshark_method_or_code"));
    }
    if (row.at("expected_verdict") == "VALID") {
      EXPECT_EQ(m.anomalies & ~static_cast<std::uint32_t>(anomaly_trailing_bytes), 0u)
          << row.at("file") << ": " << anomaly_text(m.anomalies);
      EXPECT_TRUE(parse_name_addr(m.first(Header::to))) << row.at("file");
      EXPECT_TRUE(parse_name_addr(m.first(Header::from))) << row.at("file");
    }
  }
  EXPECT_EQ(seen, 26u);
}

std::string message_file(const char* name) {
  const auto text = read_text(captures() / "torture" / name);
  EXPECT_TRUE(text) << name;
  return text ? *text : "";
}

TEST_F(Captures, TortureDetails) {
  const auto anomalies = [](const char* name) {
    const std::string text = message_file(name);
    SipMessage m;
    EXPECT_TRUE(parse_sip(view_of(text), m));
    return m.anomalies;
  };
  EXPECT_TRUE(anomalies("clerr.dat") & anomaly_short_body);
  EXPECT_TRUE(anomalies("ncl.dat") & anomaly_bad_content_length);
  EXPECT_TRUE(anomalies("mcl01.dat") & anomaly_bad_content_length);
  EXPECT_TRUE(anomalies("lwsruri.dat") & anomaly_bad_start_line);
  EXPECT_TRUE(anomalies("trws.dat") & anomaly_bad_start_line);
  EXPECT_TRUE(anomalies("mismatch01.dat") & anomaly_bad_cseq);
  EXPECT_TRUE(anomalies("scalar02.dat") & anomaly_bad_cseq);
  EXPECT_TRUE(anomalies("insuf.dat") & anomaly_no_call_id);
  const std::string semi = message_file("semiuri.dat"), esc = message_file("esc01.dat"),
                    quote = message_file("quotbal.dat");
  SipMessage m;
  ASSERT_TRUE(parse_sip(view_of(semi), m));
  EXPECT_EQ(parse_uri(m.request_uri)->host, "example.com");
  EXPECT_EQ(parse_uri(m.request_uri)->user, "user;par=u@example.net");
  ASSERT_TRUE(parse_sip(view_of(esc), m));
  EXPECT_EQ(parse_uri(m.request_uri)->user, "sips:user@example.com");
  ASSERT_TRUE(parse_sip(view_of(quote), m));
  EXPECT_EQ(parse_name_addr(m.first(Header::to))->user, "j.user");
}

}  // namespace
}  // namespace writ::wire
