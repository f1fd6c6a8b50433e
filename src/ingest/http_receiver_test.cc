// SPDX-License-Identifier: GPL-3.0-or-later
// The receiver against curl, and against raw sockets for what curl is too polite to do.
#include "ingest/http_receiver.hh"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/json.hh"

namespace writ::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

class Running {
 public:
  explicit Running(std::size_t body_bytes_max = 1u << 20,
                   std::chrono::seconds idle_s_max = std::chrono::seconds{30}) {
    settings_.user = "switch";
    settings_.password = "correct horse";
    settings_.body_bytes_max = body_bytes_max;
    settings_.idle_s_max = idle_s_max;
    std::promise<std::uint16_t> listening;
    callbacks_.listening = [&](std::uint16_t p) { listening.set_value(p); };
    callbacks_.record = [this](std::string_view body, std::string_view type) -> Status {
      const std::lock_guard lock(mutex_);
      if (body == "bad") return fail(Exit::usage, "no record");
      if (body == "full") return fail(Exit::failure, "the disk is full");
      records_.emplace_back(body, type);
      return {};
    };
    thread_ = std::thread([this] { result_ = run_receiver(settings_, callbacks_, stop_); });
    port = listening.get_future().get();
  }
  ~Running() { stop(); }
  milliseconds stop() {
    const auto begin = steady_clock::now();
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    EXPECT_TRUE(result_);
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }
  std::vector<std::pair<std::string, std::string>> records() {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  std::uint16_t port = 0;

 private:
  ReceiverSettings settings_;
  ReceiverCallbacks callbacks_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> records_;
  Status result_;
  std::thread thread_;
};

// The status that curl saw, or "curl: ..." when it saw none.
std::string curl(const Running& r, const std::string& arguments) {
  const std::string command = "curl -s -S -o /dev/null -w '%{http_code}' --max-time 20 " + arguments +
                              " http://127.0.0.1:" + std::to_string(r.port) + "/cdr 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  for (char bytes[256]; std::fgets(bytes, sizeof bytes, pipe) != nullptr;) out += bytes;
  ::pclose(pipe);
  return out;
}
const std::string user = "-u 'switch:correct horse' ";

Fd connect_to(std::uint16_t port) {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
  return fd;
}

// Until the other side closes, or `until` is there.
std::string hear(const Fd& fd, const std::string& until = "", int wait_ms = 10'000) {
  std::string heard;
  while (until.empty() || heard.find(until) == std::string::npos) {
    pollfd p{fd.get(), POLLIN, 0};
    char bytes[4096];
    if (::poll(&p, 1, wait_ms) != 1) return heard + "<timeout>";
    const ssize_t n = ::read(fd.get(), bytes, sizeof bytes);
    if (n <= 0) return heard + (n == 0 ? "<end>" : "<reset>");
    heard.append(bytes, static_cast<std::size_t>(n));
  }
  return heard;
}

void say(const Fd& fd, const std::string& s) {
  EXPECT_EQ(::send(fd.get(), s.data(), s.size(), MSG_NOSIGNAL), static_cast<ssize_t>(s.size()));
}

// "switch:correct horse"
const std::string authorised = "Authorization: Basic c3dpdGNoOmNvcnJlY3QgaG9yc2U=\r\n";
std::string post(const std::string& body) {
  return "POST /cdr HTTP/1.1\r\nHost: x\r\n" + authorised + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpReceiver, TakesARecordFromCurlWithLengthAndChunked) {
  Running r;
  EXPECT_EQ(curl(r, user + "--data 'cdr=%7B%22a%22%3A1%7D'"), "200");
  EXPECT_EQ(
      curl(r,
           user + "-H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data '{\"a\":2}'"),
      "200");
  const auto records = r.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].first, "cdr=%7B%22a%22%3A1%7D");
  EXPECT_EQ(records[0].second, "application/x-www-form-urlencoded");
  EXPECT_EQ(records[1].first, "{\"a\":2}");
  EXPECT_EQ(records[1].second, "application/json");
}

TEST(HttpReceiver, AnswersWhatTheSwitchMustKnow) {
  Running r;
  EXPECT_EQ(curl(r, "--data x"), "401");
  EXPECT_EQ(curl(r, "-u switch:wrong --data x"), "401");
  EXPECT_EQ(curl(r, "-u 'switch:correct horse ' --data x"), "401");
  EXPECT_EQ(curl(r, "-u 'other:correct horse' --data x"), "401");
  EXPECT_EQ(curl(r, "-H 'Authorization: Bearer c3dpdGNoOmNvcnJlY3QgaG9yc2U=' --data x"), "401");
  EXPECT_EQ(curl(r, user), "405");
  EXPECT_EQ(curl(r, user + "-X PUT --data x"), "405");
  EXPECT_EQ(curl(r, user + "--data bad"), "400");
  EXPECT_EQ(curl(r, user + "--data full"), "503");
  EXPECT_EQ(curl(r, user + "--data ''"), "400");
  EXPECT_TRUE(r.records().empty());
}

TEST(HttpReceiver, BoundsTheBodyHoweverItComes) {
  Running r(2000);
  const std::string file = testing::TempDir() + "writ_body_" + std::to_string(::getpid());
  std::ofstream(file) << std::string(2000, 'x');
  EXPECT_EQ(curl(r, user + "--data-binary @" + file), "200");
  std::ofstream(file) << std::string(2001, 'x');
  EXPECT_EQ(curl(r, user + "--data-binary @" + file), "413");
  EXPECT_EQ(curl(r, user + "-H 'Transfer-Encoding: chunked' --data-binary @" + file), "413");
  // A stranger with a great body is a stranger first; the answer is not lost in what he still sends.
  std::ofstream(file) << std::string(3'000'000, 'x');
  EXPECT_EQ(curl(r, user + "-H 'Expect:' --data-binary @" + file), "413");
  EXPECT_EQ(curl(r, "-H 'Expect:' --data-binary @" + file), "401");
  EXPECT_EQ(r.records().size(), 1u);
}

TEST(HttpReceiver, LetsAClientThatAsksGoOn) {
  Running r;
  const Fd fd = connect_to(r.port);
  say(fd,
      "POST / HTTP/1.1\r\nHost: x\r\n" + authorised + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(hear(fd, "\r\n\r\n"), HasSubstr("100 Continue"));
  say(fd, "abc");
  EXPECT_THAT(hear(fd, "durable"), HasSubstr("200 OK"));
}

TEST(HttpReceiver, KeepsTheConnectionAndTakesPipelinedRecordsInOrder) {
  Running r;
  const Fd fd = connect_to(r.port);
  say(fd, post("one"));
  EXPECT_THAT(hear(fd, "durable"), HasSubstr("200 OK"));
  say(fd, post("bad") + post("two") + post("three"));
  std::string heard;
  while (heard.find("durable") == heard.rfind("durable")) {
    heard += hear(fd, "durable");
    ASSERT_EQ(heard.find('<'), std::string::npos) << heard;
  }
  EXPECT_LT(heard.find("400 Bad Request"), heard.find("200 OK"));
  const auto records = r.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].first, "two");
  EXPECT_EQ(records[2].first, "three");
}

TEST(HttpReceiver, SaysFourHundredToWhatIsNotHttp) {
  Running r;
  const Fd fd = connect_to(r.port);
  say(fd, "\x02GI|RN214|\x03\r\n\r\n");
  EXPECT_THAT(hear(fd), HasSubstr("400 Bad Request"));
  const Fd second = connect_to(r.port);
  say(second, "POST / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n");
  EXPECT_THAT(hear(second), HasSubstr("431"));
}

TEST(HttpReceiver, ARecordThatIsCutIsNotTaken) {
  Running r;
  {
    const Fd fd = connect_to(r.port);
    const std::string whole = post("0123456789");
    say(fd, whole.substr(0, whole.size() - 1));
    ::shutdown(fd.get(), SHUT_WR);
    EXPECT_THAT(hear(fd), HasSubstr("<end>"));
  }
  EXPECT_TRUE(r.records().empty());
  EXPECT_EQ(curl(r, user + "--data ok"), "200");
}

TEST(HttpReceiver, ServesOthersWhileOneIsSlowAndEndsTheSlowOne) {
  Running r(1u << 20, std::chrono::seconds{1});
  const Fd slow = connect_to(r.port);
  say(slow, post("0123456789").substr(0, 20));
  EXPECT_EQ(curl(r, user + "--data ok"), "200");
  // A byte now and then is not enough to stay.
  const auto begin = steady_clock::now();
  for (int i = 20; i < 35; ++i) {
    std::this_thread::sleep_for(milliseconds{100});
    (void)::send(slow.get(), "x", 1, MSG_NOSIGNAL);
  }
  const std::string end = hear(slow);
  EXPECT_TRUE(end == "<end>" || end == "<reset>") << end;
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST(HttpReceiver, TakesManyConnectionsAtOnceAndLosesNone) {
  Running r;
  std::vector<std::thread> clients;
  std::atomic<int> ok = 0;
  for (int c = 0; c < 300; ++c)
    clients.emplace_back([&, c] {
      const Fd fd = connect_to(r.port);
      say(fd, post("record " + std::to_string(c)));
      if (hear(fd, "durable", 30'000).find("200 OK") != std::string::npos) ++ok;
    });
  for (std::thread& t : clients) t.join();
  EXPECT_EQ(ok, 300);
  EXPECT_EQ(r.records().size(), 300u);
}

TEST(HttpReceiver, StopsAtOnceWhateverIsOpen) {
  Running r;
  const Fd idle = connect_to(r.port);
  const Fd half = connect_to(r.port);
  say(half, post("0123456789").substr(0, 60));
  EXPECT_EQ(curl(r, user + "--data ok"), "200");
  const milliseconds took = r.stop();
  std::printf("stopped in %lld ms\n", static_cast<long long>(took.count()));
  EXPECT_LT(took, milliseconds{1000});  // 200 ms are promised; a busy test machine gets some more
  EXPECT_NE(hear(idle), "<timeout>");
}

TEST(HttpReceiver, DoesNotStartWithoutCredentialsOrAddress) {
  const std::atomic<bool> stop = true;
  ReceiverSettings s;
  EXPECT_EQ(run_receiver(s, {}, stop).error().exit, Exit::usage);
  s.user = "switch";
  EXPECT_EQ(run_receiver(s, {}, stop).error().exit, Exit::usage);
  s.password = "p";
  s.address = "front desk";
  EXPECT_EQ(run_receiver(s, {}, stop).error().exit, Exit::usage);
  s.address = "192.0.2.1";
  EXPECT_EQ(run_receiver(s, {}, stop).error().exit, Exit::failure);
}

}  // namespace
}  // namespace writ::ingest
