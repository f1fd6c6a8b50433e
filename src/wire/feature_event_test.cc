// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies as telephones and switches write them (numbers changed).
#include "wire/feature_event.hh"

#include <gtest/gtest.h>

#include <chrono>

namespace writ::wire {
namespace {

const std::string csta = " xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\"";

std::string request(const std::string& method, const std::string& body,
                    const std::string& headers = "Event: as-feature-event\r\n",
                    const std::string& type = "application/x-as-feature-event+xml") {
  return method + " sip:2125550102@x SIP/2.0\r\nCall-ID: c\r\nCSeq: 4 " + method + "\r\n" + headers +
         "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<Feature> read(const std::string& text) {
  SipMessage m;
  EXPECT_TRUE(parse_sip(view_of(text), m));
  return features_of(m);
}

std::string dnd(const char* root, const char* on) {
  return "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<" + std::string(root) + csta +
         ">\r\n  <device>2125550102</device>\n\r\n  <doNotDisturbOn>" + on + "</doNotDisturbOn>\r\n</" +
         root + ">\r\n";
}

TEST(FeatureEvent, DoNotDisturb) {
  EXPECT_EQ(read(request("SUBSCRIBE", dnd("SetDoNotDisturb", "true"))),
            (std::vector<Feature>{{"do-not-disturb", true, ""}}));
  EXPECT_EQ(read(request("NOTIFY", dnd("DoNotDisturbEvent", "false"))),
            (std::vector<Feature>{{"do-not-disturb", false, ""}}));
}

TEST(FeatureEvent, Forwarding) {
  const std::string set = "<SetForwarding" + csta +
                          "><device/><forwardingType>forwardNoAns</forwardingType>"
                          "<forwardDN>2125550133</forwardDN><activateForward>true</activateForward>"
                          "<ringCount>3</ringCount></SetForwarding>";
  EXPECT_EQ(read(request("SUBSCRIBE", set)),
            (std::vector<Feature>{{"forward-no-answer", true, "2125550133"}}));
  // The whole state, as a switch tells it after a subscription.
  const auto told = [](const char* type, const char* status, const char* to) {
    return "<ForwardingEvent" + csta + "><device>x</device><forwardingType>" + type +
           "</forwardingType><forwardStatus>" + status + "</forwardStatus>" + to + "</ForwardingEvent>";
  };
  std::string all;
  for (const std::string& part :
       {dnd("DoNotDisturbEvent", "true"),
        told("forwardImmediate", "true", "<forwardTo>+12125550133</forwardTo>"),
        told("forwardBusy", "false", "<forwardTo>+12125550134</forwardTo>"), told("forwardElse", "true", "")})
    all += "--UniqueBoundary\r\nContent-Type: application/x-as-feature-event+xml\r\n\r\n" + part + "\r\n";
  all += "--UniqueBoundary--\r\n";
  EXPECT_EQ(read(request("NOTIFY", all, "Event: as-feature-event;id=1\r\n",
                         "multipart/mixed;boundary=UniqueBoundary")),
            (std::vector<Feature>{{"do-not-disturb", true, ""},
                                  {"forward-immediate", true, "+12125550133"},
                                  {"forward-busy", false, ""}}));
}

TEST(FeatureEvent, NothingOfOtherPackagesOrWhatDoesNotSay) {
  const std::string body = dnd("SetDoNotDisturb", "true");
  EXPECT_TRUE(read(request("SUBSCRIBE", body, "Event: dialog\r\n")).empty());
  EXPECT_TRUE(read(request("SUBSCRIBE", body, "")).empty());
  EXPECT_TRUE(read(request("NOTIFY", body)).empty()) << "who tells does not set";
  EXPECT_TRUE(read(request("SUBSCRIBE", dnd("SetDoNotDisturb", "perhaps"))).empty());
  EXPECT_TRUE(read(request("SUBSCRIBE", "<SetDoNotDisturb")).empty());
  EXPECT_TRUE(read(request("SUBSCRIBE", "")).empty());
}

TEST(FeatureEvent, HostileTextCostsNoSquareOfItsLength) {
  for (const char* piece : {"<", "<SetForwarding>", "<SetForwarding ", "<!--"}) {
    std::string body;
    while (body.size() < 60000) body += piece;
    const auto begun = std::chrono::steady_clock::now();
    (void)read(request("SUBSCRIBE", body));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{500}) << piece;
  }
}

}  // namespace
}  // namespace writ::wire
