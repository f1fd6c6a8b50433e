// SPDX-License-Identifier: GPL-3.0-or-later
// What the office has for its probes, kept up with what other processes of the desk do: a suspension, a stop
// and an arming are seen within a tenth of a second.
#pragma once
#include <chrono>

#include "desk/orders.hh"
#include "desk/uplink_register.hh"

namespace writ::desk {

class LinkPapers {
 public:
  // `lists`: the link's own outlet (uplink_register.hh).
  LinkPapers(Carrier& c, fs::path lists) : c_(&c), lists_(std::move(lists)) {}
  // Looks, at most ten times a second. An error: the store or the lists cannot be read or written now; then
  // what was known stays, and no lease is given.
  Status look();
  std::uint64_t list_number() const { return list_number_; }
  const std::string& list() const { return list_; }
  // Armed, for this probe; whether they are in force, is_in_force says.
  struct Armed {
    std::string id, file;
    GrantRow row;
  };
  std::vector<const Armed*> grants_of(const crypto::VerifyKey& probe) const;
  bool is_in_force(const Armed& g) const;
  // Before a grant's first sending: noted, and the lists that stop it follow it here. Again: nothing.
  Status hand_out(const Armed& g, const std::string& probe);
  // Exit::unit when what is known may be old.
  Result<std::string> lease(const LinkProbe& probe) const;

 private:
  Status look_at_lists();
  Status look_at_grants();
  Carrier* c_;
  fs::path lists_;
  std::string list_;
  std::uint64_t list_number_ = 0;
  std::int64_t revocations_ = -1, armed_ = -1;
  fs::file_time_type list_time_{};
  std::vector<Armed> grants_;
  Status good_ = fail(Exit::unit, "the store was not looked at yet");
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace writ::desk
