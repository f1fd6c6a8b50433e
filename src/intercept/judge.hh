// SPDX-License-Identifier: GPL-3.0-or-later
// Whose message is this, and how sure is that? Finds every grant that a SIP message concerns, with the
// strongest source of identity.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "intercept/bindings.hh"
#include "intercept/credentials.hh"
#include "intercept/identity.hh"
#include "wire/packet.hh"

namespace writ::intercept {

enum class Role : std::uint8_t { from_target, to_target, redirected };
const char* to_string(Role r);

// Strongest first (docs/design.md, "Identity of a target").
enum class Source : std::uint8_t {
  digest,
  contact,
  asserted,
  request_uri,
  redirection,
  transfer,
  replaces,
  from_trusted,
  to_trusted,
  claimed_asserted,
  from,
  to,
  display,
};
const char* to_string(Source s);

enum class Proof : std::uint8_t {
  claimed,  // somebody wrote it: a review at most
  digest,   // proven once the next hop accepts it
  proven,
};

struct Claim {
  std::uint32_t grant = 0;
  Role role = Role::from_target;
  Source source = Source::from;
  Proof proof = Proof::claimed;
  std::string identity;
  std::string from_call;  // the Call-ID of the call that led here (transfer, replaces)
};

class Judge {
 public:
  Judge(const std::vector<authority::VerifiedGrant>& grants, const Bindings& bindings,
        const Credentials& credentials, const std::vector<std::string>& inputs);
  void take_in_grants();  // those that the vector has more than before
  // At most one claim for each grant whose window covers `at` and whose kind allows the role. The result
  // lives until the next call.
  const std::vector<Claim>& judge(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  // Grants that the address of record (To) or the digest of a REGISTER names.
  const std::vector<Claim>& judge_register(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  // The moment that a capture agent gives the message which is judged next; max: none does. What lies before
  // a grant's beginning by the agent's word is not of that grant.
  void date(Instant t) { dated_at_ = t; }
  const TargetIndex& targets() const { return targets_; }
  bool allowed(std::uint32_t grant, Role role) const;
  // Would this grant take such a proof from there, of a message that came in by these?
  bool accepts(std::uint32_t grant, Source source, const wire::Address& from, wire::InputSet inputs) const;
  // Does it believe what peers write into From and To, at every one of these inputs?
  bool trusts(std::uint32_t grant, wire::InputSet inputs) const;
  // What the last message says of targets in roles that their grants' kinds do not allow.
  const std::vector<Claim>& barred() const { return barred_; }
  bool trusted_peer(std::uint32_t grant, const wire::Address& a) const;

 private:
  void add(Role role, Source source, Proof proof, std::string_view identity);
  void judge_request(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_response(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_sender(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_digest(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_hidden(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  bool contradicts(const wire::SipMessage& m, const wire::UdpPacket& udp, std::uint32_t grant) const;
  void judge_asserted(const wire::SipMessage& m, const wire::UdpPacket& udp);
  void judge_callee(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_bound_callee(std::string_view request_uri, Instant at);
  void judge_local_number(std::string_view request_uri);
  void judge_called_party(const wire::SipMessage& m, const wire::UdpPacket& udp);
  void judge_redirection(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at);
  void judge_names(const wire::SipMessage& m);
  void find_uri(std::string_view value, bool name_addr);

  const std::vector<authority::VerifiedGrant>& grants_;
  const Bindings& bindings_;
  const Credentials& credentials_;
  const std::vector<std::string>& inputs_;
  TargetIndex targets_;
  std::vector<std::vector<wire::Address>> peers_;  // by grant
  std::vector<wire::InputSet> trusted_;            // by grant: those of its trust_from_at
  bool any_peer_ = false;
  std::vector<Claim> claims_, barred_;
  bool covers(std::uint32_t grant, Instant at) const {
    return grants_[grant].covers(at) && dated_at_ >= grants_[grant].from();
  }
  Instant at_{}, dated_at_ = Instant::max();
  std::vector<std::uint32_t> found_;  // grants of the last find_uri
  std::string found_text_;            // and the identity that it was
};

}  // namespace writ::intercept
