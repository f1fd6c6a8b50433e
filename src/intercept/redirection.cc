// SPDX-License-Identifier: GPL-3.0-or-later
// Redirection inside of one Call-ID: a hop answers 3xx to the hop before it, which tries elsewhere; or a
// proxy does so by its own rules and says by Diversion (RFC 5806) or History-Info (RFC 7044) for whom. The
// call is attached already; what is new is where it goes, and who answers.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t places_max = 16, moved_contacts_max = 8, history_max = 32;

bool is_noted(const std::vector<std::string>& v, const std::string& s) {
  return std::find(v.begin(), v.end(), s) != v.end();
}

// False: it was there.
bool note_place(std::vector<std::string>& v, const std::string& s) {
  if (s.empty() || is_noted(v, s)) return false;
  if (v.size() >= places_max) v.erase(v.begin());
  v.push_back(s);
  return true;
}

std::vector<std::string_view> header_values(const wire::SipMessage& m, Header h, std::size_t most) {
  std::vector<std::string_view> out;
  for (std::size_t n = 0; n < most && out.size() < most; ++n) {
    const std::string_view line = m.nth(h, n);
    if (line.empty()) break;
    wire::for_each_value(line, [&](std::string_view v) {
      if (out.size() < most) out.push_back(v);
    });
  }
  return out;
}

// An entry whose request went to another party: a later one is mapped from it (mp) or names a cause (RFC
// 4458), or, as RFC 4244 had it, it has a Reason and the next one is no contact of the same party.
bool is_diverter(const std::vector<std::string_view>& history, std::size_t i) {
  const std::string_view index = wire::param(history[i], "index");
  for (std::size_t j = i + 1; j < history.size(); ++j)
    if (!index.empty() && wire::param(history[j], "mp") == index) return true;
  if (i + 1 >= history.size()) return false;
  const auto own = wire::parse_name_addr(history[i]), next = wire::parse_name_addr(history[i + 1]);
  if (!own || !next) return false;
  if (lower(next->raw).find(";cause=") != std::string::npos) return true;
  return wire::param(history[i + 1], "rc").empty() && !wire::uri_header(*own, "Reason").empty();
}

std::vector<std::string> diverters(const wire::SipMessage& m) {
  std::vector<std::string> out;
  for (const std::string_view v : header_values(m, Header::diversion, places_max))
    note_place(out, party_text(v));
  const auto history = header_values(m, Header::history_info, history_max);
  for (std::size_t i = 0; i < history.size(); ++i)
    if (is_diverter(history, i)) note_place(out, party_text(history[i]));
  return out;
}

}  // namespace

// From a hop that was sent the INVITE to one that sent it on.
Status Engine::Impl::on_moved(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const auto& hops = d.receivers;
  const auto sent = [&](const wire::Address& x) {
    return std::find(hops.begin(), hops.end(), x) != hops.end();
  };
  const wire::Address &by = g.udp.src.ip, &back = g.udp.dst.ip;
  if ((by != d.origin_dst.ip && !sent(by)) || (back != d.origin_src.ip && !sent(back))) return {};
  Json contacts = Json::array();
  bool fresh = false;
  for (const std::string_view v : header_values(m, Header::contact, moved_contacts_max)) {
    const std::string to = party_text(v);
    if (to.empty()) continue;
    contacts.push_back(to);
    fresh = note_place(d.redirection.to, to) || fresh;
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live && a.target_side == Side::callee) WRIT_CHECK(expect(a, d, back, to, g.at));
  }
  const bool last = by == d.origin_dst.ip && back == d.origin_src.ip;
  if (!fresh && !(contacts.empty() && last)) return {};  // again, or on the hop before
  return emit_live(d, EventType::redirection, g.at,
                   {{"redirected_from", party_text(m.first(Header::to))},
                    {"redirected_to", contacts.empty() ? Json("") : contacts[0]},
                    {"contacts", contacts}});
}

// The INVITE on another hop or to another place. Who had diverted it before it came here diverts nothing now.
Status Engine::Impl::on_branch(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const auto uri = wire::parse_uri(m.request_uri);
  const std::string place = uri ? identity_text(*uri) : std::string();
  std::string by;
  for (const std::string& who : diverters(m))
    if (note_place(d.redirection.by, who)) by = who;
  if (!d.redirection.branched) by.clear();  // what opens the call says that itself
  d.redirection.branched = true;
  if (!by.empty() && note_place(d.redirection.to, place))
    WRIT_CHECK(
        emit_live(d, EventType::redirection, g.at, {{"redirected_from", by}, {"redirected_to", place}}));
  if (!is_noted(d.redirection.to, place)) return {};
  if (d.redirection.tried.size() >= places_max) d.redirection.tried.erase(d.redirection.tried.begin());
  d.redirection.tried.push_back({g.udp.dst.ip, place});
  return {};
}

// Who is there that answers from this address: of a call that was redirected, To still names whom it was for.
std::string answering_at(const Dialog& d, const wire::Address& from) {
  const auto b = std::find_if(d.redirection.tried.rbegin(), d.redirection.tried.rend(),
                              [&](const auto& x) { return x.to == from; });
  return b == d.redirection.tried.rend() ? std::string() : b->place;
}

}  // namespace writ::intercept
