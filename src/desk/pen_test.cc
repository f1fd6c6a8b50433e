// SPDX-License-Identifier: GPL-3.0-or-later
// The sealed spool itself, opened: what a pen register or trap wrote, before anything downstream could have
// left it out. The capture carries a canary wherever SIP, SDP, RTP and RTCP can carry content or location
// (tests/acceptance/make-canaries).
#include <gmock/gmock.h>

#include <cstdlib>

#include "desk/test_desk.hh"
#include "vault/matter_keys.hh"
#include "vault/segment.hh"

namespace writ::desk::testing {
namespace {

class Canaries {
 public:
  Canaries() {
    const std::string command =
        fmt::format("'{}' '{}' '{}'", (source_dir / "tests" / "acceptance" / "make-canaries").string(),
                    capture().string(), (dir_.path() / "list").string());
    made_ = std::system(command.c_str()) == 0;
    const std::string list = read_text(dir_.path() / "list").value_or("");
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = list.find('\n', at), tab = list.find('\t', at);
      texts_.push_back(list.substr(tab + 1, end - tab - 1));
      at = end + 1;
    }
  }
  bool made() const { return made_ && texts_.size() > 15; }
  fs::path capture() const { return dir_.path() / "canaries.pcap"; }
  std::size_t size() const { return texts_.size(); }
  std::vector<std::string> found_in(const std::string& text) const {
    std::vector<std::string> out;
    for (const std::string& t : texts_)
      if (text.find(t) != std::string::npos) out.push_back(t);
    return out;
  }

 private:
  TempDir dir_;
  bool made_ = false;
  std::vector<std::string> texts_;
};

// Every record of one stream of the matter's grant, opened by two custodians' keys.
std::string opened(Desk& d, vault::Stream stream, const char* name) {
  const auto grant = Orders{d.carrier()}.grant(matter, 1);
  const auto a = d.carrier().act_as(who("custodian-1"), Role::custodian),
             b = d.carrier().act_as(who("custodian-2"), Role::custodian);
  const auto key = vault::open_matter_key(d.data() / "vault", matter, name, "custodian-1", a->person.box,
                                          "custodian-2", b->person.box);
  if (!key) return "";
  std::string out;
  const auto read = vault::read_stream(d.probe() / "spool" / (*grant)->id, stream, (*grant)->body.probe, *key,
                                       [&](View record) -> Status {
                                         out += std::string(text_of(record)) + "\n";
                                         return {};
                                       });
  EXPECT_TRUE(read) << read.error().what;
  return out;
}

void arm_and_capture(Desk& d, const std::string& kind, const fs::path& capture, bool digits = false) {
  const auto filed = d.file({.kind = kind, .trust_from = true, .digits = digits});
  ASSERT_TRUE(filed) << filed.error().what;
  ASSERT_EQ(filed->state, process::State::validated) << canonical(to_json(*filed));
  ASSERT_TRUE(d.requests().approve(matter, "", who("counsel-1")));
  ASSERT_TRUE(d.intercepts().authorise(matter, who("officer-1")));
  ASSERT_TRUE(d.intercepts().arm(matter, d.out(), who("technician-1")));
  const Status captured = d.capture(capture);
  ASSERT_TRUE(captured) << captured.error().what;
}

TEST(PenRegister, TheOpenedSpoolHoldsNoContent) {
  const Canaries canaries;
  ASSERT_TRUE(canaries.made()) << "tests/acceptance/make-canaries failed (python3)";
  struct Want {
    const char* kind;
    bool outgoing, incoming;
  };
  for (const Want& w : {Want{"pen-register", true, false}, Want{"trap-and-trace", false, true},
                        Want{"pen-trap", true, true}}) {
    SCOPED_TRACE(w.kind);
    auto d = at(Stage::people);
    arm_and_capture(*d, w.kind, canaries.capture());
    const std::string events = opened(*d, vault::Stream::call_data, "call-data");
    EXPECT_THAT(canaries.found_in(events), ::testing::IsEmpty());
    EXPECT_EQ(events.find("outgoing-1@") != std::string::npos, w.outgoing);
    EXPECT_EQ(events.find("incoming-1@") != std::string::npos, w.incoming);
    EXPECT_EQ(events.find("+14045550161") != std::string::npos, w.outgoing) << "the number that was called";
    EXPECT_EQ(events.find("+14045550162") != std::string::npos, w.incoming) << "the number that called";
    EXPECT_EQ(opened(*d, vault::Stream::content, "content"), "") << "there is not even a key";
    EXPECT_FALSE(fs::exists(d->data() / "vault" / (matter + ".content.json")));
    for (const auto& e : fs::recursive_directory_iterator(d->probe()))
      EXPECT_FALSE(e.path().filename().string().starts_with("content")) << e.path();
  }
}

TEST(PenRegister, TheSameSearchHitsUnderAContentGrant) {
  const Canaries canaries;
  ASSERT_TRUE(canaries.made()) << "tests/acceptance/make-canaries failed (python3)";
  auto d = at(Stage::people);
  arm_and_capture(*d, "wiretap", canaries.capture());
  const std::string packets = opened(*d, vault::Stream::content, "content");
  EXPECT_EQ(canaries.found_in(packets).size(), canaries.size() - 1)
      << "all but the digits, which are RFC 4733 events";
  EXPECT_NE(packets.find("CANARY"), std::string::npos);
}

// The canaries press 7391520846: an event only where the order seeks the keys.
TEST(PenRegister, AContentOrderYieldsDigitsOnlyWhereItSeeksThem) {
  const Canaries canaries;
  ASSERT_TRUE(canaries.made()) << "tests/acceptance/make-canaries failed (python3)";
  for (const bool sought : {false, true}) {
    auto d = at(Stage::people);
    arm_and_capture(*d, "wiretap", canaries.capture(), sought);
    const std::string events = opened(*d, vault::Stream::call_data, "call-data");
    EXPECT_EQ(events.find("DialedDigitExtraction") != std::string::npos, sought);
    EXPECT_EQ((*Orders{d->carrier()}.grant(matter, 1))->body.post_cut_through_digits, sought);
  }
}

}  // namespace
}  // namespace writ::desk::testing
