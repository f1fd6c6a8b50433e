// SPDX-License-Identifier: GPL-3.0-or-later
// Who may come in by the link (docs/link.md), and what the office shows there.
//
//   link/ca.key ca.pem              the carrier's CA for links, made with the first admission; key 0600
//   link/office.key office.pem      the office's end
//   link/probes/NAME.request.json   the probe's signed word for its TLS key; without it its certificate is
//   none link/probes/NAME.admission.json what it was given link/lists/revocations.json     the list that
//   probes are sent: an outlet like any other (outlets.hh)
#pragma once
#include "desk/carrier.hh"
#include "link/channel.hh"

namespace writ::desk {

struct LinkProbe {
  std::string name;
  crypto::VerifyKey key;
  std::chrono::seconds lease{0};
};

class LinkRegister {
 public:
  explicit LinkRegister(Carrier& c) : c_(&c), dir_(c.data() / "link") {}
  // Technician. The probe is enrolled, and its own key signed the request. Again with another request: the
  // new key counts, the old one no more.
  Result<std::string> admit(const std::string& name, View request, std::chrono::seconds lease,
                            const Credentials& who);
  // Technician or officer: its certificate is none from now on. Exit::not_found.
  Status dismiss(const std::string& name, const Credentials& who);
  // Whose TLS key that is, with all its papers verified now. Exit::refused.
  Result<LinkProbe> whose(const link::KeyDigest& key) const;
  // The office's end; a certificate that ends within a month is made anew.
  Result<link::TlsSetup> office();
  fs::path lists() const { return dir_ / "lists"; }

 private:
  struct Ca {
    link::TlsKey key;
    std::string pem;
  };
  Result<Ca> ca();
  Result<std::pair<link::TlsKey, std::string>> office_end();
  Result<std::string> admitted(const std::string& name, View request, std::chrono::seconds lease,
                               const Acting& by);
  fs::path file(const std::string& name, const char* kind) const;
  Carrier* c_;
  fs::path dir_;
};

}  // namespace writ::desk
