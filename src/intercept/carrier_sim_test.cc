// SPDX-License-Identifier: GPL-3.0-or-later
// A small carrier that plays calls of which it knows the truth: who is a target, which frames are his. The
// engine sees the frames in the order of the wire, all calls mixed, some frames out of order; what it hands
// out must be exactly the targets' frames, each once, and every call must open, answer and end once. A tenth
// of the traffic is hostile. WRIT_SEED chooses another run; WRIT_LONG makes it 10^4 calls.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;

enum class Owner : std::uint8_t { foreign, target, either };  // either: hostile words in a target's own call

struct Played {
  double at;
  Bytes bytes;
  Owner owner;
  bool media;
};

class SimulatedCarrier {
 public:
  explicit SimulatedCarrier(std::uint64_t seed) : rng_(seed), recorder_(grants(spec())) {
    recorder_.tape = [this](double t, View v) {
      frames_.push_back({t, Bytes(v.begin(), v.end()), owner_, media_});
    };
  }

  void run(int calls) {
    for (int i = 0; i < calls; ++i) {
      const double t = i * 0.7 + below(1000) / 1000.0;
      if (below(10) == 0)
        hostile(t, i);
      else
        call(t, i);
    }
    std::stable_sort(frames_.begin(), frames_.end(),
                     [](const Played& a, const Played& b) { return a.at < b.at; });
    // Media overtake each other; their times stay those of the wire.
    for (std::size_t i = 1; i < frames_.size(); ++i)
      if (frames_[i].media && frames_[i - 1].media && below(20) == 0) {
        std::swap(frames_[i].bytes, frames_[i - 1].bytes);
        std::swap(frames_[i].owner, frames_[i - 1].owner);
      }
  }

  const std::vector<Played>& frames() const { return frames_; }
  static std::vector<std::string> targets() { return {"+14045550101", "+14045550102", "+14045550103"}; }

  struct Truth {
    bool answered = false, ended = false;
  };
  std::map<std::string, Truth> truth;  // the targets' calls by Call-ID

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(rng_() % n); }
  std::string somebody(int i) { return "+1212555" + std::to_string(1000 + i % 9000); }

  Call fresh(int i) {
    Call c{recorder_};
    c.id = "call" + std::to_string(i) + "-" + std::to_string(rng_() % 100000) + "@sim.example";
    c.caller = somebody(2 * i);
    c.callee = somebody(2 * i + 1);
    const auto host = [&](int side) {
      return "10." + std::to_string(side) + "." + std::to_string(i / 250 % 250) + "." +
             std::to_string(i % 250 + 1);
    };
    c.a = ep(host(1), 5060);
    c.z = ep(host(2), 5060);
    c.am = ep(host(1), static_cast<std::uint16_t>(10000 + 2 * below(20000)));
    c.zm = ep(host(2), static_cast<std::uint16_t>(10000 + 2 * below(20000)));
    c.ftag = ";tag=f" + std::to_string(rng_());
    c.ttag = ";tag=t" + std::to_string(rng_());
    return c;
  }

  void talk(Call& c, double t, const wire::Endpoint& a, const wire::Endpoint& z, int n) {
    media_ = true;
    const auto ssrc = static_cast<std::uint32_t>(rng_());
    for (int i = 0; i < n; ++i) {
      c.b.talk(t + 0.02 * i, a, z, ssrc, 1, static_cast<std::uint16_t>(i + 1));
      c.b.talk(t + 0.02 * i + 0.004, z, a, ssrc ^ 1, 1, static_cast<std::uint16_t>(i + 1));
    }
    media_ = false;
  }

  // The caller proves who he is; the first INVITE is his as well.
  void set_up(Call& c, double t, bool from_target) {
    const std::size_t part = below(8) == 0 ? 200 : 0;  // in IP fragments
    if (from_target) {
      c.invite(t, part);
      c.response(t + 0.02, 407);
      c.ack(t + 0.03);
      ++c.cseq;
      c.invite_extra = "Proxy-Authorization: Digest username=\"" + c.caller +
                       "\", realm=\"carrier.example\", nonce=\"n\", response=\"r\"\r\n";
    }
    c.invite(t + 0.05, part);
    if (below(4) == 0) c.invite(t + 0.055, part);  // retransmitted
    c.response(t + 0.06, 100);
  }

  void answered(Call& c, double t) {
    if (below(4) == 0) {  // a fork rings elsewhere with early media
      const std::string tag = c.ttag;
      const wire::Endpoint own = c.zm;
      c.ttag += "fork";
      c.zm.port = static_cast<std::uint16_t>(c.zm.port + 2000);
      c.response(t + 0.1, 183, "INVITE", true);
      talk(c, t + 0.12, c.zm, c.am, 5);
      c.ttag = tag;
      c.zm = own;
    }
    c.response(t + 0.3, 180);
    c.answer(t + 0.5);
  }

  void change(Call& c, double t, const std::string& direction, std::uint16_t port_shift) {
    ++c.cseq;
    c.am.port = static_cast<std::uint16_t>(c.am.port + port_shift);
    Sip m = c.message(c.request("INVITE"), "INVITE", true);
    m.body = sdp(c.am.ip.text(), c.am.port, "0", "a=" + direction + "\r\n");
    c.b.sip(t, c.a, c.z, m);
    Sip r = c.message("SIP/2.0 200 OK", "INVITE", true);
    r.body = sdp(c.zm.ip.text(), c.zm.port, "0", "");
    c.b.sip(t + 0.02, c.z, c.a, r);
    c.ack(t + 0.03);
  }

  void call(double t, int i) {
    Call c = fresh(i);
    const bool mine = below(5) == 0, from_target = mine && below(2) == 0;
    const std::string target = targets()[below(3)];
    if (mine) (from_target ? c.caller : c.callee) = target;
    owner_ = mine ? Owner::target : Owner::foreign;
    set_up(c, t, from_target);
    if (mine) truth[c.id];
    const std::uint32_t plan = below(10);
    if (plan == 0) {  // busy
      c.response(t + 0.3, 486);
      c.ack(t + 0.31);
      if (mine) truth[c.id].ended = true;
      return;
    }
    if (plan == 1) {  // given up
      c.response(t + 0.2, 180);
      c.b.sip(t + 0.5, c.a, c.z, c.message(c.request("CANCEL"), "CANCEL", false));
      c.response(t + 0.51, 200, "CANCEL");
      c.response(t + 0.52, 487);
      c.ack(t + 0.53);
      if (mine) truth[c.id].ended = true;
      return;
    }
    wire::Endpoint heard;
    if (plan == 2) {  // the caller's SDP says a private address, the media come from a NAT
      c.am.ip = ep("192.168.1.77", 0).ip;
      heard = ep("100.64." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250 + 1), 31000);
      c.b.sip(t + 0.057, c.a, c.z, renewed(c));
    }
    answered(c, t);
    if (mine) truth[c.id].answered = true;
    talk(c, t + 0.6, plan == 2 ? heard : c.am, c.zm, 20);
    double end = t + 1.2;
    if (plan == 3) {  // on hold, and back
      change(c, end, "sendonly", 0);
      talk(c, end + 0.1, c.am, c.zm, 5);
      change(c, end + 0.4, "sendrecv", 0);
      end += 0.6;
    }
    if (plan == 4) {  // the media move
      change(c, end, "sendrecv", 4000);
      talk(c, end + 0.1, c.am, c.zm, 10);
      end += 0.5;
    }
    if (plan == 5) end = transfer(c, end, i, mine && !from_target);
    if (plan == 6 && mine) noise(c, end);
    if (plan == 7) return;  // no BYE was ever seen
    c.bye(end + 0.1);
    if (mine) truth[c.id].ended = true;
    if (below(4) == 0) reuse(c, end + 20, i);
  }

  // The same INVITE with another address in its SDP (the phone learned better before anybody answered).
  Sip renewed(const Call& c) {
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.extra = c.invite_extra;
    m.body = sdp(c.am.ip.text(), c.am.port);
    return m;
  }

  // The callee sends the caller elsewhere. Where the callee is a target, the new call is his, too.
  double transfer(Call& c, double t, int i, bool by_target) {
    Call n = fresh(i);
    n.id += "-transferred";
    n.caller = c.caller;
    n.a = c.a;
    n.am = ep(c.am.ip.text(), static_cast<std::uint16_t>(c.am.port ^ 1024));
    n.z = ep("10.9." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250 + 1), 5060);
    n.zm = ep(n.z.ip.text(), 40000);
    Sip m = c.message(c.request("REFER"), "REFER", true);
    std::swap(m.from, m.to);
    m.cseq = "70 REFER";
    m.extra = "Refer-To: <sip:" + n.callee + "@carrier.example>\r\n";
    c.b.sip(t, c.z, c.a, m);
    const Owner before = owner_;
    const bool from_target = before == Owner::target && !by_target;
    if (before == Owner::target) truth[n.id] = {true, true};
    set_up(n, t + 0.1, from_target);
    answered(n, t + 0.1);
    talk(n, t + 0.8, n.am, n.zm, 10);
    n.bye(t + 1.4);
    owner_ = before;
    return t + 1.5;
  }

  // Forged ends and forged media inside of a target's call, without its tags. The neighbour's media that they
  // name stay the neighbour's.
  void noise(Call& c, double t) {
    owner_ = Owner::either;
    Sip bye = c.message(c.request("BYE"), "BYE", true);
    bye.from = c.party(c.caller) + ";tag=guess";
    bye.cseq = "90 BYE";
    c.b.sip(t, c.a, c.z, bye);
    Sip ok = bye;
    ok.start = "SIP/2.0 200 OK";
    c.b.sip(t + 0.01, c.z, c.a, ok);
    const wire::Endpoint neighbour = ep("10.77.1." + std::to_string(1 + below(250)), 20000);
    Sip invite = c.message(c.request("INVITE"), "INVITE", true);
    invite.from = c.party(c.caller) + ";tag=guess";
    invite.to = c.party(c.callee) + ";tag=guess2";
    invite.cseq = "91 INVITE";
    invite.body = sdp(neighbour.ip.text(), neighbour.port);
    c.b.sip(t + 0.02, ep("203.0.113.66", 5060), c.z, invite);
    owner_ = Owner::foreign;
    talk(c, t + 0.03, neighbour, ep("10.78.1.1", 20002), 3);
    owner_ = Owner::target;
  }

  // A neighbour is given the ports of a call that is over.
  void reuse(const Call& old, double t, int i) {
    Call c = fresh(i);
    c.id += "-reuse";
    c.am = old.am;
    c.zm = old.zm;
    owner_ = Owner::foreign;
    set_up(c, t, false);
    c.answer(t + 0.3);
    talk(c, t + 0.4, c.am, c.zm, 5);
    c.bye(t + 1);
  }

  void hostile(double t, int i) {
    Call c = fresh(i);
    owner_ = Owner::foreign;
    const std::string target = targets()[below(3)];
    switch (below(6)) {
      case 0:  // claims to be the target, and nobody asks
        c.caller = target;
        break;
      case 1:  // a digest that is refused
        c.caller = target;
        set_up(c, t, true);
        c.response(t + 0.2, 403);
        c.ack(t + 0.21);
        return;
      case 2:  // a number that only begins like the target's
        c.callee = target + "0";
        break;
      case 3:  // the target's number as a name
        c.invite_extra =
            "Subject: " + target + "\r\nP-Asserted-Identity: <sip:" + target + "@carrier.example>\r\n";
        break;
      case 4:  // calls itself a call of the target's that is over or never was
        c.invite_extra = "Replaces: none@sim.example;to-tag=1;from-tag=2\r\nReferred-By: <sip:" + target +
                         "@carrier.example>\r\n";
        break;
      default:  // shouts on the media ports of nobody
        talk(c, t, c.am, c.zm, 3);
        return;
    }
    set_up(c, t, false);
    answered(c, t);
    talk(c, t + 0.6, c.am, c.zm, 10);
    c.bye(t + 1);
  }

  std::mt19937_64 rng_;
  Bench recorder_;
  Owner owner_ = Owner::foreign;
  bool media_ = false;
  std::vector<Played> frames_;
};

void play(std::uint64_t seed, int calls) {
  SCOPED_TRACE("WRIT_SEED=" + std::to_string(seed));
  SimulatedCarrier sim(seed);
  sim.run(calls);
  GrantSpec s = spec();
  s.targets.clear();
  for (const std::string& t : SimulatedCarrier::targets()) s.targets.push_back(number(t));
  Bench b(grants(s));
  std::map<std::string, std::pair<std::size_t, std::size_t>> want;  // frame: target's, and allowed
  double tick = 0;
  for (const Played& f : sim.frames()) {
    b.frame(f.at, f.bytes);
    if (f.at - tick > 1) {
      ASSERT_TRUE(b.engine.tick(at(f.at)));
      tick = f.at;
    }
    auto& w = want[std::string(text_of(f.bytes))];
    w.first += f.owner == Owner::target;
    w.second += f.owner != Owner::foreign;
  }
  ASSERT_TRUE(b.engine.finish());
  std::map<std::string, std::size_t> found;
  for (const auto& p : b.sink.packets) ++found[std::string(text_of(p.bytes))];
  for (const auto& [bytes, n] : found) EXPECT_TRUE(want.contains(bytes)) << "a frame that was never sent";
  std::size_t missed = 0, foreign = 0, target_frames = 0;
  std::string example;
  for (const auto& [bytes, w] : want) {
    const std::size_t n = found[bytes];
    target_frames += w.first;
    missed += n < w.first ? w.first - n : 0;
    foreign += n > w.second ? n - w.second : 0;
    if ((n < w.first || n > w.second) && example.empty())
      example = (n < w.first ? "missed: " : "foreign: ") + bytes.substr(28, 400);
  }
  EXPECT_EQ(missed, 0u) << example;
  EXPECT_EQ(foreign, 0u) << example;
  EXPECT_GT(target_frames, static_cast<std::size_t>(calls));
  std::map<std::string, int> opened, answers, ends;
  for (const auto& n : b.sink.events) {
    if (n.e.type == EventType::origination || n.e.type == EventType::termination_attempt)
      ++opened[n.e.call_id];
    if (n.e.type == EventType::answer) ++answers[n.e.call_id];
    if (n.e.type == EventType::release) ++ends[n.e.call_id];
  }
  EXPECT_EQ(opened.size(), sim.truth.size());
  for (const auto& [id, truth] : sim.truth) {
    EXPECT_EQ(opened[id], 1) << id;
    EXPECT_EQ(answers[id], truth.answered ? 1 : 0) << id;
    if (truth.ended) {
      EXPECT_EQ(ends[id], 1) << id;
    }
  }
}

TEST(SimulatedCarrier, NothingMissedAndNothingForeign) {
  const char* chosen = std::getenv("WRIT_SEED");
  const bool is_long = std::getenv("WRIT_LONG") != nullptr;
  const std::uint64_t first = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  const int runs = chosen != nullptr ? 1 : is_long ? 20 : 3, calls = is_long ? 10000 : 300;
  for (int i = 0; i < runs && !testing::Test::HasFailure(); ++i)
    play(first + static_cast<std::uint64_t>(i), calls);
}

}  // namespace
}  // namespace writ::intercept
