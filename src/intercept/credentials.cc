// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/credentials.hh"

#include <algorithm>

#include "intercept/identity.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t servers_max = 4;

// Is it the name of one place in the world, as RFC 3261 22.1 wants a realm to be?
bool of_the_world(const std::string& realm) {
  const std::size_t dot = realm.rfind('.');
  wire::Address a;
  if (dot == realm.npos || dot == 0 || wire::Address::parse(realm, a)) return false;
  for (const std::string_view house :
       {"local", "localdomain", "lan", "home", "internal", "intranet", "private", "corp", "invalid", "arpa"})
    if (std::string_view(realm).substr(dot + 1) == house) return false;
  return true;
}

}  // namespace

std::string Credentials::key(const wire::DigestIdentity& d) { return d.username + '\n' + lower(d.realm); }

bool Credentials::accepted_at(const Known& k, const wire::DigestIdentity& d, const wire::Address& server) {
  return of_the_world(lower(d.realm)) ||
         std::find(k.servers.begin(), k.servers.end(), server) != k.servers.end();
}

void Credentials::learn(std::uint32_t grant, const wire::DigestIdentity& d, const wire::Address& server,
                        const std::string& who) {
  if (d.username.empty() || d.realm.empty()) return;
  std::vector<Known>& of_name = known_[key(d)];
  auto it = std::find_if(of_name.begin(), of_name.end(), [&](const Known& k) { return k.grant == grant; });
  if (it == of_name.end()) {
    it = of_name.insert(it, Known{grant, who, false, {}});
    learnt_[grant].push_back(key(d));
  }
  if (std::find(it->servers.begin(), it->servers.end(), server) == it->servers.end() &&
      it->servers.size() < servers_max)
    it->servers.push_back(server);
  if (learnt_[grant].size() > per_grant_max) forget_oldest(grant);
}

void Credentials::copy(std::uint32_t from, std::uint32_t to) {
  const auto learnt = learnt_.find(from);
  if (learnt == learnt_.end()) return;
  for (const std::string& k : std::deque<std::string>{learnt->second}) {
    std::vector<Known>& of_name = known_[k];
    const auto of = [&](std::uint32_t grant) { return std::ranges::find(of_name, grant, &Known::grant); };
    if (of(to) != of_name.end() || of(from) == of_name.end()) continue;
    Known copied = *of(from);
    copied.grant = to;
    of_name.push_back(std::move(copied));
    learnt_[to].push_back(k);
  }
}

void Credentials::forget_oldest(std::uint32_t grant) {
  const auto it = known_.find(learnt_[grant].front());
  learnt_[grant].pop_front();
  std::erase_if(it->second, [&](const Known& k) { return k.grant == grant; });
  if (it->second.empty()) known_.erase(it);
}

}  // namespace writ::intercept
