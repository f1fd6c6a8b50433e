// SPDX-License-Identifier: GPL-3.0-or-later
// Input: a SIP message. Its body is read in every way that the engine reads one, and its user-to-user
// information.
#include "fuzz/check.hh"
#include "wire/feature_event.hh"
#include "wire/sdp.hh"
#include "wire/sip_body.hh"
#include "wire/user_to_user.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View input(data, size);
  (void)wire::parse_conference_info(text_of(input));
  wire::SipMessage m;
  if (!wire::parse_sip(input, m)) return 0;
  for (const char* type : {"application/sdp", "message/sipfrag", "application/simple-message-summary",
                           "application/conference-info+xml", "text/"}) {
    std::string storage;
    const wire::DecodedBody b = wire::message_part(m, type, storage);
    fuzz::check(storage.size() <= std::max(wire::body_bytes_max, size));
    fuzz::check(b.text.empty() || fuzz::within(b.text, m.body) || fuzz::within(b.text, view_of(storage)));
    fuzz::check(b.state != wire::BodyState::absent || b.text.empty());
    (void)wire::parse_sdp(b.text);
    const int status = wire::sipfrag_status(b.text);
    fuzz::check(status == 0 || (status >= 100 && status <= 699));
    (void)wire::messages_waiting(b.text);
    const wire::ConferenceInfo info = wire::parse_conference_info(b.text);
    fuzz::check(info.users.size() <= 256);
    for (const wire::ConferenceUser& u : info.users) fuzz::check(!u.entity.empty() && u.entity.size() <= 512);
  }
  (void)wire::info_signal(m);
  const auto features = wire::features_of(m);
  fuzz::check(features.size() <= wire::features_max);
  for (const wire::Feature& f : features) fuzz::check(!f.name.empty() && (f.on || f.forward_to.empty()));
  bool more = false;
  const auto told = wire::user_to_user(m, more);
  fuzz::check(told.size() <= wire::user_to_user_max && (!more || told.size() == wire::user_to_user_max));
  for (const wire::UserToUser& u : told) fuzz::check(u.data.size() <= wire::user_to_user_bytes_max);
  return 0;
}
