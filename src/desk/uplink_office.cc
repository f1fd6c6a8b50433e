// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/uplink_office.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>

#include <list>

#include "desk/end_watch.hh"
#include "desk/uplink_session.hh"

namespace writ::desk {
namespace {

constexpr std::size_t sessions_max = 256;
constexpr int tick_ms = 50;

Result<Fd> only_one(const fs::path& data) {
  const fs::path file = data / "link-serve.lock";
  Fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd) return tl::unexpected(io_error("open", file));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::unit, "another process serves this carrier's link", "one office, one end of the link",
                {}, "stop it first");
  return fd;
}

class Office {
 public:
  Office(Carrier& c, link::TlsSetup setup, Fd listener, const LinkCallbacks& callbacks)
      : c_(c),
        setup_(std::move(setup)),
        listener_(std::move(listener)),
        callbacks_(callbacks),
        papers_(c, LinkRegister{c}.lists()),
        ends_(c) {}

  Status run(const StopFlag& stop) {
    while (!stop) {
      wait();
      end_what_ended();
      look();
      WRIT_CHECK(let_in());
      for (LinkSession& s : sessions_) {
        const bool known = s.probe() != nullptr;
        s.work(papers_);
        if (!known && s.probe() != nullptr) welcome(s);
      }
      bury();
    }
    for (LinkSession& s : sessions_) s.end();
    return {};
  }

 private:
  void say(const std::string& what, const Json& detail) const {
    if (callbacks_.said) callbacks_.said(what, detail);
  }

  void wait() {
    polled_.clear();
    polled_.push_back({listener_.get(), POLLIN, 0});
    for (const LinkSession& s : sessions_) polled_.push_back({s.channel().fd(), s.channel().events(), 0});
    ::poll(polled_.data(), polled_.size(), tick_ms);
  }

  void end_what_ended() {
    const auto r = ends_.look();
    if (!r) return;
    for (const Suspended& s : r->stopped) say("suspended", to_json(s));
    say_trouble(to_status(*r), open_end_);
  }

  void look() { say_trouble(papers_.look(), trouble_); }

  // Once, as long as it is the same.
  void say_trouble(const Status& s, std::string& said) {
    const std::string now = s ? "" : s.error().what;
    if (now != said && !now.empty()) say("trouble", Json{{"error", now}});
    said = now;
  }

  Status let_in() {
    while (sessions_.size() < sessions_max) {
      auto fd = link::accept_from(listener_);
      if (!fd) return {};  // no descriptor is free now
      if (!*fd) return {};
      WRIT_TRY(channel, link::Channel::over(std::move(*fd), setup_));
      sessions_.emplace_back(c_, std::move(channel));
    }
    return {};
  }

  // A probe has one connection: the newest. The old one may be a corpse that TCP has not noticed.
  void welcome(LinkSession& fresh) {
    say("connected", Json{{"probe", fresh.probe()->name}});
    for (LinkSession& s : sessions_)
      if (&s != &fresh && s.probe() != nullptr && s.probe()->name == fresh.probe()->name) s.end();
  }

  void bury() {
    for (auto it = sessions_.begin(); it != sessions_.end();) {
      if (!it->is_over()) {
        ++it;
        continue;
      }
      it->end();
      Json detail{{"probe", it->probe() != nullptr ? it->probe()->name : ""}};
      if (it->why() != nullptr) detail["why"] = it->why()->what;
      say(it->probe() != nullptr ? "gone" : "refused", std::move(detail));
      it = sessions_.erase(it);
    }
  }

  Carrier& c_;
  link::TlsSetup setup_;
  Fd listener_;
  const LinkCallbacks& callbacks_;
  LinkPapers papers_;
  EndWatch ends_;
  std::list<LinkSession> sessions_;
  std::vector<pollfd> polled_;
  std::string trouble_, open_end_;
};

}  // namespace

Status serve_link(Carrier& c, link::Where where, const StopFlag& stop, const LinkCallbacks& callbacks) {
  WRIT_TRY(lock, only_one(c.data()));
  ::signal(SIGPIPE, SIG_IGN);
  WRIT_TRY(setup, LinkRegister{c}.office());
  WRIT_TRY(listener, link::listen_at(where));
  WRIT_CHECK(c.note("desk", "link.serve", "", Json{{"listen", where.text()}}));
  if (callbacks.listening) callbacks.listening(where);
  return Office{c, std::move(setup), std::move(listener), callbacks}.run(stop);
}

}  // namespace writ::desk
