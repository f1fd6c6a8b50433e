// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/trusted_inputs.hh"

#include <gmock/gmock.h>

#include "capture/capture_for_test.hh"

namespace writ::probe {
namespace {

using capture::test::pcapng_of;
using capture::test::Traffic;
using testing::HasSubstr;

class TrustedInputsTest : public capture::test::CaptureTest {
 protected:
  authority::GrantBody body(bool everywhere, std::vector<std::string> at) const {
    authority::GrantBody g;
    g.trust_from = everywhere;
    g.trust_from_at = std::move(at);
    return g;
  }
  fs::path file_of(const std::vector<std::string>& names) {
    Traffic t{epoch_};
    t.call(capture::test::target, "one", 20000, 4);
    const fs::path file = dir_ / "named.pcapng";
    EXPECT_TRUE(write_file(file, pcapng_of(t, names, [](std::size_t) { return 0u; })));
    return file;
  }
};

TEST_F(TrustedInputsTest, ARunHasTheInputsThatItsGrantsName) {
  struct Row {
    bool everywhere;
    std::vector<std::string> at, inputs;
    const char* refused;
  };
  for (const Row& row :
       {Row{false, {}, {"eth0", "eth1"}, nullptr}, Row{false, {"eth1"}, {"eth0", "eth1"}, nullptr},
        Row{false, {"eth1"}, {"eth0"}, "trusts From at 'eth1', which this run does not have"},
        Row{false, {"eth0", "eth1"}, {"eth0"}, "trusts From at 'eth1'"},
        Row{false, {"eth1"}, {}, "this run's input has no name"},
        Row{false, {"any"}, {"any"}, "every interface at once"}, Row{true, {}, {"eth0"}, nullptr},
        Row{true, {}, {}, nullptr}, Row{true, {}, {"any"}, "several inputs: any"},
        Row{true, {}, {"eth0", "UDP:192.0.2.1:9060"}, "several inputs: eth0, UDP:192.0.2.1:9060"}}) {
    const Status s = check_inputs(body(row.everywhere, row.at), row.inputs);
    ASSERT_EQ(bool(s), row.refused == nullptr);
    if (s) continue;
    EXPECT_EQ(s.error().exit, Exit::refused);
    EXPECT_THAT(s.error().what, HasSubstr(row.refused));
    EXPECT_FALSE(s.error().missing.empty());
    EXPECT_THAT(s.error().next, HasSubstr("sign the new grant"));
  }
}

TEST_F(TrustedInputsTest, AFileHasTheInterfacesThatItsGrantsName) {
  const std::vector<authority::VerifiedGrant> grants{
      carrier_->grant_at(capture::test::target, {"eth1"}).value(),
      carrier_->grant_at(capture::test::other, {"eth0", "eth1"}).value()};
  const auto names = inputs_for(grants, file_of({"eth2", "eth1", "eth0"}));
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, testing::ElementsAre("eth0", "eth1"));
  const auto lacks = inputs_for(grants, file_of({"eth1"}));
  ASSERT_FALSE(lacks);
  EXPECT_EQ(lacks.error().exit, Exit::refused);
  EXPECT_THAT(lacks.error().what, HasSubstr("named.pcapng has no interface 'eth0'"));
  EXPECT_THAT(lacks.error().next, HasSubstr("--input eth0"));
  const auto twice = inputs_for(grants, file_of({"eth1", "eth1", "eth0"}));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().what, HasSubstr("several interfaces of that name"));
  EXPECT_FALSE(inputs_for(grants, capture_)) << "plain pcap names none";
  const auto nobody =
      inputs_for({carrier_->grant(authority::Kind::content, "+14045550101").value()}, dir_ / "none");
  ASSERT_TRUE(nobody) << "no file is read for it";
  EXPECT_TRUE(nobody->empty());
}

}  // namespace
}  // namespace writ::probe
