// SPDX-License-Identifier: GPL-3.0-or-later
// User-to-user information (RFC 7433) of a call: in its INVITE and the answers, in BYE, REFER and 3xx. It is
// what the parties tell each other, so under a pen register an event says that it was there and was left out.
#include "wire/user_to_user.hh"

#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

constexpr std::size_t user_to_user_heard_max = 64;

Json content_of(const wire::UserToUser& u) {
  Json j = {{"content", u.data}};
  if (!u.encoding.empty()) j["encoding"] = u.encoding;
  if (!u.purpose.empty()) j["purpose"] = u.purpose;
  if (!u.content.empty()) j["content_type"] = u.content;
  if (u.cut) j["cut"] = true;
  return j;
}

}  // namespace

Status Engine::Impl::note_user_to_user(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  bool more = false;
  const std::vector<wire::UserToUser> told = wire::user_to_user(m, more);
  if (told.empty() || !of_the_call(d, m)) return {};
  const Side by = sender_side(d, m);
  Json all = Json::array();
  std::string data(m.method_text);
  for (const wire::UserToUser& u : told) {
    all.push_back(content_of(u));
    data.append(1, '\n').append(u.data);
  }
  // Again, or on another hop.
  const std::uint64_t seed = m.cseq_number() * 2u + (by == Side::caller ? 1u : 0u);
  const std::uint64_t heard = hash_text(data, seed);
  if (std::ranges::find(d.user_to_user_heard, heard) != d.user_to_user_heard.end()) return {};
  if (d.user_to_user_heard.size() >= user_to_user_heard_max)
    d.user_to_user_heard.erase(d.user_to_user_heard.begin());
  d.user_to_user_heard.push_back(heard);
  for (Attachment& a : d.attachments) {
    Json detail = {{"by", by == a.target_side ? "target" : "other"}};
    if (m.is_request)
      detail["request"] = m.method_text;
    else
      detail["status"] = m.status;
    if (a.content) {
      detail["values"] = all;
      if (more) detail["more"] = true;
    } else {
      detail["withheld"] = "content of the communication";
    }
    WRIT_CHECK(emit_or_hold(d, a, EventType::uu_content, g.at, detail));
  }
  return {};
}

}  // namespace writ::intercept
