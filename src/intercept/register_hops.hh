// SPDX-License-Identifier: GPL-3.0-or-later
// The hops that a REGISTER takes: telephone, edge proxy, registrar. Each may be mirrored, each may show other
// contacts, and only the first shows where the telephone itself stands.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hh"
#include "intercept/judge.hh"
#include "wire/sip.hh"

namespace writ::intercept {

// A contact that a REGISTER asks for, or that its answer lists; no seconds: it is taken away.
struct AskedContact {
  Contact contact;
  std::int64_t seconds = 0;
  std::string place;  // host, and port where one is written
};

struct RegisterHop {
  std::uint32_t cseq = 0;
  wire::Endpoint src, dst;
  bool direct = false;   // the sender's is the only Via, and it names no path
  bool removes = false;  // it takes contacts away and asks for none
  bool all = false;      // Contact: *
  std::int64_t expires_s = 3600;
  std::vector<AskedContact> contacts;
  std::optional<wire::DigestIdentity> digest;
  std::vector<Claim> claims;  // whose it is; one Call-ID may register several addresses of record
};

// A final answer to one, for one of its grants.
struct RegisterAnswer {
  const RegisterHop& hop;
  const Claim& claim;
  const wire::SipMessage& message;
  bool first;  // the request's outcome is not said yet
  Instant at;
};

// Its own hops of late, the oldest first; a hop that is heard again takes its old place.
class RegisterHops {
 public:
  static constexpr std::size_t kept_max = 8;

  void add(RegisterHop h);
  // The one that this answer can be of: only the address that was asked can accept.
  const RegisterHop* answered(std::uint32_t cseq, const wire::Endpoint& from, const wire::Endpoint& to) const;
  // Did the registering device itself send it? Not what has come by way of another hop's receiver.
  bool from_device(const RegisterHop& h) const;
  // What is asked for one grant's target is asked for that of another that begins meanwhile.
  void copy(std::uint32_t from, std::uint32_t to);
  // The first that was heard of this request.
  const RegisterHop& origin(const RegisterHop& h) const;
  // True the first time that it is asked of a request: its outcome is said once, whatever hop tells it.
  bool outcome_is_new(std::uint32_t cseq);

 private:
  std::vector<RegisterHop> hops_;
  std::optional<std::uint32_t> told_;
};

bool is_direct(const wire::SipMessage& m);  // one Via: who sent it has not got it from another
RegisterHop register_hop(const wire::SipMessage& m, const wire::Endpoint& src, const wire::Endpoint& dst);
// What the registrar's answer lists (RFC 3261 10.2.4).
std::vector<AskedContact> listed_contacts(const wire::SipMessage& answer, std::int64_t otherwise_s);

}  // namespace writ::intercept
