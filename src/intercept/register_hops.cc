// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/register_hops.hh"

#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;

namespace {

constexpr std::size_t contact_lines_max = 4, contacts_max = 8;
constexpr std::int64_t expires_default_s = 3600;

std::vector<AskedContact> contacts_of(const wire::SipMessage& m, std::int64_t otherwise_s) {
  std::vector<AskedContact> out;
  for (std::size_t n = 0; n < contact_lines_max; ++n) {
    const std::string_view line = m.nth(Header::contact, n);
    if (line.empty()) break;
    wire::for_each_value(line, [&](std::string_view v) {
      const auto u = wire::parse_name_addr(v);
      if (!u || out.size() >= contacts_max) return;
      out.push_back({Contact{u->user, u->host, u->port != 0 ? u->port : sip_port},
                     number_or(wire::param(v, "expires"), otherwise_s),
                     u->host + (u->port != 0 ? ":" + std::to_string(u->port) : "")});
    });
  }
  return out;
}

}  // namespace

bool is_direct(const wire::SipMessage& m) {
  std::size_t vias = 0;
  wire::for_each_value(m.first(Header::via), [&](std::string_view) { ++vias; });
  return vias <= 1 && m.nth(Header::via, 1).empty();
}

RegisterHop register_hop(const wire::SipMessage& m, const wire::Endpoint& src, const wire::Endpoint& dst) {
  RegisterHop h;
  h.cseq = m.cseq_number();
  h.src = src;
  h.dst = dst;
  h.direct = is_direct(m) && m.by_name("Path").empty();
  h.expires_s = number_or(m.first(Header::expires), expires_default_s);
  h.contacts = contacts_of(m, h.expires_s);
  h.all = h.expires_s == 0 && m.first(Header::contact) == "*";
  h.removes = h.contacts.empty() ? h.expires_s == 0
                                 : std::all_of(h.contacts.begin(), h.contacts.end(),
                                               [](const AskedContact& c) { return c.seconds == 0; });
  for (const Header name : {Header::authorization, Header::proxy_authorization})
    if (!h.digest) h.digest = wire::digest_identity(m.first(name));
  return h;
}

std::vector<AskedContact> listed_contacts(const wire::SipMessage& answer, std::int64_t otherwise_s) {
  return contacts_of(answer, number_or(answer.first(Header::expires), otherwise_s));
}

void RegisterHops::add(RegisterHop h) {
  const auto same = std::find_if(hops_.begin(), hops_.end(), [&](const RegisterHop& x) {
    return x.cseq == h.cseq && x.src == h.src && x.dst == h.dst;
  });
  if (same != hops_.end()) {
    *same = std::move(h);
    return;
  }
  if (hops_.size() >= kept_max) hops_.erase(hops_.begin());
  hops_.push_back(std::move(h));
}

const RegisterHop* RegisterHops::answered(std::uint32_t cseq, const wire::Endpoint& from,
                                          const wire::Endpoint& to) const {
  const auto it = std::find_if(hops_.begin(), hops_.end(), [&](const RegisterHop& x) {
    return x.cseq == cseq && x.dst.ip == from.ip && x.src.ip == to.ip;
  });
  return it == hops_.end() ? nullptr : &*it;
}

bool RegisterHops::from_device(const RegisterHop& h) const {
  return h.direct && std::none_of(hops_.begin(), hops_.end(), [&](const RegisterHop& x) {
           return x.cseq == h.cseq && &x != &h && x.dst.ip == h.src.ip;
         });
}

void RegisterHops::copy(std::uint32_t from, std::uint32_t to) {
  for (RegisterHop& h : hops_)
    for (std::size_t n = 0, known = h.claims.size(); n < known; ++n)
      if (h.claims[n].grant == from) {
        h.claims.push_back(h.claims[n]);
        h.claims.back().grant = to;
      }
}

const RegisterHop& RegisterHops::origin(const RegisterHop& h) const {
  return *std::find_if(hops_.begin(), hops_.end(), [&](const RegisterHop& x) { return x.cseq == h.cseq; });
}

bool RegisterHops::outcome_is_new(std::uint32_t cseq) {
  const bool fresh = told_ != cseq;
  told_ = cseq;
  return fresh;
}

}  // namespace writ::intercept
