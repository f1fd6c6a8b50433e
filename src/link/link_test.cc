// SPDX-License-Identifier: GPL-3.0-or-later
// The link without a network but the loopback: frames, papers, certificates, two channels that meet, what a
// probe takes and what it sends.
#include <gmock/gmock.h>
#include <poll.h>

#include <thread>

#include "custody/test_site.hh"
#include "link/lease_watch.hh"
#include "link/sender.hh"
#include "vault/segment_growing.hh"

namespace writ::link {
namespace {

using namespace std::chrono_literals;
using custody::testing::SiteWorld;
using vault::Stream;

Bytes frame_of(Type t, std::string_view payload) {
  Bytes out;
  put_frame(out, t, view_of(payload));
  return out;
}

TEST(Frames, ComeBackHoweverTheyAreCut) {
  Bytes wire = frame_of(Type::hello, protocol);
  put_frame(wire, Type::alive, {});
  put_frame(wire, Type::trouble, view_of("no"));
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    FrameReader r{100};
    std::vector<std::string> got;
    for (std::size_t at = 0; at < wire.size(); at += step) {
      r.feed(View{wire}.subspan(at, std::min(step, wire.size() - at)));
      for (auto f = r.next(); f.value(); f = r.next()) got.emplace_back(text_of((*f)->payload));
    }
    EXPECT_THAT(got, testing::ElementsAre(std::string(protocol), "", "no")) << step;
  }
}

TEST(Frames, OfNoTypeOrTooLongEndTheConversation) {
  for (const Bytes& bad :
       {Bytes{0, 0, 0, 0, 0}, Bytes{0, 0, 0, 0, 10}, Bytes{0, 0, 0, 101, 1}, Bytes{255, 255, 255, 255, 1}}) {
    FrameReader r{100};
    r.feed(bad);
    EXPECT_FALSE(r.next());
  }
}

TEST(Frames, PiecesAndQuestions) {
  const Bytes data{1, 2, 3};
  Piece p{{{}, Stream::content, 7}, 42, data};
  p.segment.grant.fill(9);
  const Bytes wire = encode_piece(p);
  const auto back = parse_piece(wire);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->segment, p.segment);
  EXPECT_EQ(back->offset, 42u);
  EXPECT_TRUE(std::equal(data.begin(), data.end(), back->bytes.begin(), back->bytes.end()));
  for (std::size_t n = 0; n < wire.size() - 2; ++n) EXPECT_FALSE(parse_piece(View{wire}.first(n))) << n;
  p.segment.number = 0;
  EXPECT_FALSE(parse_piece(encode_piece(p)));
  const StreamName s{p.segment.grant, Stream::call_data};
  EXPECT_EQ(parse_ask(encode_ask(s)).value(), s);
  EXPECT_FALSE(parse_ask(view_of("x")));
}

// The papers of one world's office and probe, and another carrier that wants in.
class LinkPapersTest : public testing::Test {
 protected:
  authority::RoleCert desk() const { return w.carrier.cert(w.carrier.desk(), authority::Role::desk); }
  std::string lease(std::uint64_t list, Nanos lasts) const {
    return sign_lease({w.carrier.probe().public_key(), list, w.epoch, w.epoch + lasts, desk()},
                      w.carrier.roots().carrier, w.carrier.desk().sign);
  }
  Admission admission() const {
    Admission a;
    a.carrier = w.carrier.roots().carrier;
    a.ca = "ca";
    a.cert = "cert";
    a.lease = 60s;
    a.probe = w.carrier.probe().public_key();
    a.desk = desk();
    a.at = w.epoch;
    return a;
  }
  SiteWorld w{"link_papers"};
  vault::testing::EphemeralCarrier stranger{w.epoch};
};

TEST_F(LinkPapersTest, ARequestIsTheProbesOwnWord) {
  const std::string text = sign_request({{}, "mirror-1", {1, 2, 3}, w.epoch}, w.carrier.probe());
  const auto r = parse_request(view_of(text), "request");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->probe, w.carrier.probe().public_key());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(parse_request(view_of(bad), "request")) << i;
  }
}

TEST_F(LinkPapersTest, AnAdmissionIsThisDesksToThisProbe) {
  const auto& roots = w.carrier.roots();
  const auto key = w.carrier.probe().public_key();
  const std::string text = sign_admission(admission(), w.carrier.desk().sign);
  ASSERT_TRUE(verify_admission(view_of(text), roots, key))
      << to_text(verify_admission(view_of(text), roots, key).error());
  EXPECT_EQ(verify_admission(view_of(text), roots, key)->lease, 60s);
  EXPECT_FALSE(verify_admission(view_of(text), stranger.roots(), key));
  EXPECT_FALSE(verify_admission(view_of(text), roots, stranger.probe().public_key()));
  Admission longer = admission();
  longer.lease = lease_max + 1s;
  EXPECT_FALSE(verify_admission(view_of(sign_admission(longer, w.carrier.desk().sign)), roots, key));
  // The desk's certificate with another key's signature.
  EXPECT_FALSE(verify_admission(view_of(sign_admission(admission(), stranger.desk().sign)), roots, key));
}

TEST_F(LinkPapersTest, ALeaseEndsAndNeedsItsList) {
  const fs::path grants = w.root / "grants";
  ASSERT_TRUE(make_dirs(w.probe() / "link") && make_dirs(grants));
  const auto watch = [&] {
    return LeaseWatch::of(w.probe(), grants, w.carrier.roots(), w.carrier.probe().public_key());
  };
  ASSERT_TRUE(watch());
  EXPECT_FALSE(watch()->is_needed());  // never admitted
  EXPECT_TRUE(watch()->check(w.epoch, 1));
  ASSERT_TRUE(
      write_file(w.probe() / "link" / "admission.json", sign_admission(admission(), w.carrier.desk().sign)));
  auto l = watch().value();
  EXPECT_TRUE(l.is_needed());
  EXPECT_EQ(l.check(w.epoch, 9).error().exit, Exit::expired);
  ASSERT_TRUE(write_file(grants / lease_file, lease(5, 10s)));
  EXPECT_EQ(l.check(w.epoch, 4).error().exit, Exit::expired);  // the list that it names was kept back
  EXPECT_TRUE(l.check(w.epoch, 5));
  EXPECT_TRUE(l.check(w.epoch + 10s - 1us, 5));
  EXPECT_EQ(l.check(w.epoch + 10s, 5).error().exit, Exit::expired);
  ASSERT_TRUE(write_file(grants / lease_file, lease(5, 20s)));
  EXPECT_TRUE(l.check(w.epoch + 10s, 5));
  // An older one, a stranger's, rubbish, none: what was good stays, and ends when it ends.
  ASSERT_TRUE(write_file(grants / lease_file, lease(5, 5s)));
  EXPECT_TRUE(l.check(w.epoch + 11s, 5));
  ASSERT_TRUE(write_file(grants / lease_file,
                         sign_lease({w.carrier.probe().public_key(), 5, w.epoch, w.epoch + 1h, desk()},
                                    w.carrier.roots().carrier, stranger.desk().sign)));
  EXPECT_TRUE(l.check(w.epoch + 12s, 5));
  EXPECT_EQ(l.check(w.epoch + 20s, 5).error().exit, Exit::expired);
  // An admission that somebody edits to need no lease is no admission.
  std::string edited = read_text(w.probe() / "link" / "admission.json").value();
  edited.replace(edited.find("\"lease_s\":60"), 12, "\"lease_s\":0");
  ASSERT_TRUE(write_file(w.probe() / "link" / "admission.json", edited));
  EXPECT_FALSE(watch());
}

TEST_F(LinkPapersTest, TheInboxKeepsTheNewest) {
  const fs::path grants = w.root / "grants";
  ASSERT_TRUE(make_dirs(grants));
  const auto key = w.carrier.probe().public_key();
  Inbox inbox{grants, w.carrier.roots(), key};
  const auto list = [&](std::uint64_t n, const vault::testing::EphemeralCarrier& of) {
    return authority::issue_revocations(
        {of.roots().carrier, n, w.epoch, {}, of.cert(of.desk(), authority::Role::desk), {}}, of.desk().sign);
  };
  const auto take = [&](Type t, const std::string& text) { return inbox.take(t, view_of(text), w.epoch); };
  EXPECT_EQ(take(Type::revocations, list(3, w.carrier)).value(), list_file);
  EXPECT_EQ(take(Type::revocations, list(3, w.carrier)).value(), "");
  EXPECT_EQ(take(Type::revocations, list(4, w.carrier)).value(), list_file);
  EXPECT_FALSE(take(Type::revocations, list(3, w.carrier)));  // rolled back
  EXPECT_FALSE(take(Type::revocations, list(5, stranger)));
  EXPECT_EQ(
      authority::verify_revocations(read_file(grants / list_file).value(), w.carrier.roots(), 0)->sequence,
      4u);
  EXPECT_EQ(take(Type::lease, lease(4, 10s)).value(), lease_file);
  EXPECT_EQ(take(Type::lease, lease(4, 5s)).value(), "");  // replayed
  EXPECT_EQ(verify_lease(read_file(grants / lease_file).value(), w.carrier.roots(), key)->until,
            w.epoch + 10s);
  EXPECT_FALSE(take(Type::grant, "{}"));
  EXPECT_FALSE(take(Type::piece, "x"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& e : fs::directory_iterator(grants)) ++files;
  EXPECT_EQ(files, 2u);
}

// --- TLS ---------------------------------------------------------------------------------------------------

struct TlsEnd {
  std::string key, cert;
  KeyDigest digest{};
};

class TlsWorld {
 public:
  TlsWorld() : ca_key(TlsKey::make().value()), ca(make_ca(ca_key, "Example Carrier", now).value()) {}
  TlsEnd end(End which, Instant at) const {
    const TlsKey k = TlsKey::make().value();
    const Bytes der = k.public_der().value();
    return {k.pem().value(), issue_certificate(ca_key, ca, der, "end", which, at).value(), digest_of(der)};
  }
  TlsEnd end(End which) const { return end(which, now); }
  Instant now = SystemClock{}.now();
  TlsKey ca_key;
  std::string ca;
};

struct Meeting {
  Status office, probe;
  bool office_ready = false, probe_ready = false;
  std::string office_heard;
  KeyDigest seen_by_office{}, seen_by_probe{};
};

// Both ends over the loopback, until both have shaken hands and one frame came over, or one gives up.
Meeting meet(const TlsSetup& office, const TlsSetup& probe) {
  Where where{"127.0.0.1", 0};
  const Fd listener = listen_at(where).value();
  auto b = Channel::over(connect_to(where).value(), probe).value();
  Fd accepted;
  for (int n = 0; n < 200 && !accepted; ++n) {
    accepted = accept_from(listener).value();
    ::poll(nullptr, 0, 5);
  }
  auto a = Channel::over(std::move(accepted), office).value();
  Meeting m;
  b.send(Type::hello, view_of(protocol));
  for (int n = 0; n < 400 && m.office && m.probe && m.office_heard.empty(); ++n) {
    m.probe = b.advance();
    m.office = a.advance();
    if (!a.is_ready()) continue;
    if (auto f = a.next(); f && *f) m.office_heard = text_of((*f)->payload);
    ::poll(nullptr, 0, 1);
  }
  m.office_ready = a.is_ready();
  m.probe_ready = b.is_ready();
  m.seen_by_office = a.peer();
  m.seen_by_probe = b.peer();
  return m;
}

TEST(Tls, TwoEndsOfOneCaMeetAndSeeEachOthersKeys) {
  const TlsWorld w;
  const TlsEnd a = w.end(End::office), b = w.end(End::probe);
  const Meeting m = meet(TlsSetup::make(End::office, a.key, a.cert, w.ca).value(),
                         TlsSetup::make(End::probe, b.key, b.cert, w.ca).value());
  EXPECT_EQ(m.office_heard, protocol) << (m.office ? "" : to_text(m.office.error()));
  EXPECT_EQ(m.seen_by_office, b.digest);
  EXPECT_EQ(m.seen_by_probe, a.digest);
}

TEST(Tls, WhoIsNotOfTheCaOrNotForThatEndOrOutOfTimeIsRefused) {
  const TlsWorld w, other;
  const TlsEnd a = w.end(End::office), b = w.end(End::probe);
  const auto office = TlsSetup::make(End::office, a.key, a.cert, w.ca).value();
  const auto refused = [&](const char* what, const TlsEnd& e, const std::string& trusts) {
    const Meeting m = meet(office, TlsSetup::make(End::probe, e.key, e.cert, trusts).value());
    EXPECT_FALSE(m.office_ready) << what;
    EXPECT_EQ(m.office_heard, "") << what;
    EXPECT_EQ(m.office.error().exit, Exit::refused) << what;
  };
  refused("another CA's", other.end(End::probe), w.ca);
  refused("a server's as a client's", w.end(End::office), w.ca);
  refused("expired", w.end(End::probe, w.now - std::chrono::days{731}), w.ca);
  refused("of tomorrow", w.end(End::probe, w.now + std::chrono::days{1}), w.ca);
  // And the other way round: a probe does not talk to an office that is none.
  const TlsEnd fake = other.end(End::office);
  const Meeting m = meet(TlsSetup::make(End::office, fake.key, fake.cert, w.ca).value(),
                         TlsSetup::make(End::probe, b.key, b.cert, w.ca).value());
  EXPECT_FALSE(m.probe_ready);
  EXPECT_EQ(m.office_heard, "");
  EXPECT_FALSE(TlsSetup::make(End::probe, b.key, a.cert, w.ca));  // a certificate of another key
}

// --- growing segments and what a probe sends ---------------------------------------------------------------

TEST(Growing, JudgesPieceByPieceAsTheWhole) {
  SiteWorld w{"link_growing"};
  w.seal({"one", "two", "three"});
  const fs::path file = w.lane() / "content-000001.seg";
  const Bytes all = read_file(file).value();
  const auto key = w.carrier.probe().public_key();
  const vault::GrowingSegment::Place place{w.grant.id(), Stream::content, 1, std::nullopt};
  // As the sender would cut it, at most one frame a piece.
  vault::GrowingSegment g{place, key};
  std::size_t at = 0, pieces = 0;
  while (at < all.size()) {
    const auto whole = vault::whole_frames(View{all}.subspan(at), at == 0, 1);
    ASSERT_GT(whole.bytes, 0u);
    const View piece = View{all}.subspan(at, whole.bytes);
    // Nothing of a piece that is cut or altered counts.
    EXPECT_FALSE(g.take(piece.first(piece.size() - 1)));
    Bytes bad(piece.begin(), piece.end());
    bad[bad.size() / 2] ^= 1;
    EXPECT_FALSE(g.take(bad));
    const Status taken = g.take(piece);
    ASSERT_TRUE(taken) << to_text(taken.error());
    at += whole.bytes;
    ++pieces;
    EXPECT_EQ(g.sha256(), crypto::sha256(View{all}.first(at)));
  }
  EXPECT_GE(pieces, 2u);
  EXPECT_TRUE(g.is_closed());
  EXPECT_EQ(g.trailer(), vault::verify_segment(file, key)->trailer);
  EXPECT_FALSE(g.take(View{all}.first(10)));
  // A file that a kill left: whatever was written of it, what is whole is found, and it goes on from there.
  for (std::size_t n = 0; n <= all.size(); ++n) {
    vault::GrowingSegment torn{place, key};
    const auto good = torn.take_whole(View{all}.first(n));
    ASSERT_TRUE(good) << n;
    ASSERT_LE(*good, n);
    if (*good < all.size()) {
      EXPECT_TRUE(torn.take(View{all}.subspan(*good))) << n;
    }
    EXPECT_TRUE(torn.is_closed());
  }
  vault::GrowingSegment elsewhere{{w.grant.id(), Stream::content, 2, std::nullopt}, key};
  EXPECT_FALSE(elsewhere.take(all));
  vault::GrowingSegment foreign{place, crypto::SigningKey{}.public_key()};
  EXPECT_FALSE(foreign.take(all));
}

TEST(Outgoing, GoesOnWhereTheOfficeIs) {
  SiteWorld w{"link_outgoing"};
  const auto key = w.carrier.probe().public_key();
  w.seal({"one", "two"});
  w.seal({"three"});
  ASSERT_TRUE(make_dirs(w.root / "held"));
  Outgoing out{w.probe() / "spool", w.root / "held", key, w.carrier.desk().sign.public_key()};
  const auto streams = out.to_ask();
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_TRUE(out.to_ask().empty());
  EXPECT_FALSE(out.next().value());  // the office has not said where it is
  const auto say = [&](std::uint64_t number, std::uint64_t bytes, bool closed, const crypto::SigningKey& by) {
    custody::Held h;
    h.segment = {w.grant.id(), Stream::content, number};
    h.bytes = bytes;
    h.closed = closed;
    return out.held(view_of(sign_held({key, h, w.epoch}, by)));
  };
  EXPECT_FALSE(say(1, 0, false, crypto::SigningKey{}));
  ASSERT_TRUE(say(1, 0, false, w.carrier.desk().sign));
  const Bytes first = read_file(w.lane() / "content-000001.seg").value();
  const auto one = out.next().value();
  ASSERT_TRUE(one);
  const auto piece = parse_piece(*one).value();
  EXPECT_EQ(piece.offset, 0u);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), piece.bytes.begin(), piece.bytes.end()));
  EXPECT_FALSE(out.next().value());  // on its way
  ASSERT_TRUE(say(1, first.size(), true, w.carrier.desk().sign));
  EXPECT_EQ(parse_piece(*out.next().value())->segment.number, 2u);
  // An office that was restored from a backup is behind: it gets it again. One that is ahead is not believed.
  out.forget();
  ASSERT_EQ(out.to_ask().size(), 1u);
  const std::size_t boundary = vault::whole_frames(first, true, 1).bytes;
  ASSERT_TRUE(boundary < first.size());
  ASSERT_TRUE(say(1, boundary, false, w.carrier.desk().sign));
  const auto rest = out.next().value();
  ASSERT_TRUE(rest);
  EXPECT_EQ(parse_piece(*rest)->offset, boundary);
  ASSERT_TRUE(say(1, first.size() + 1, false, w.carrier.desk().sign));
  EXPECT_EQ(out.next().error().exit, Exit::integrity);
}

}  // namespace
}  // namespace writ::link
