// The server over real sockets: what one connection gets, and what it may not do to the others.
#include "net/http_server.hpp"

#include <gmock/gmock.h>

#include "net/testing/http_server_rig.hpp"

namespace skep::net::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(HttpServerTest, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  Client client(start());
  client.send(get("/one") + get("/two") +
              "HEAD /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.rest();
  const std::size_t one = all.find("GET /one"), two = all.find("GET /two");
  ASSERT_NE(one, std::string::npos);
  ASSERT_NE(two, std::string::npos);
  EXPECT_LT(one, two);
  EXPECT_THAT(all, HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(all, EndsWith("Connection: close\r\n\r\n")) << "HEAD has no body";
}

TEST_F(HttpServerTest, ARequestMayArriveByteByByte) {
  Client client(start());
  for (const char c : get("/slow", "Connection: close\r\n")) client.send({&c, 1});
  EXPECT_THAT(client.rest(), EndsWith("GET /slow"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  using namespace std::string_literals;
  start();
  const std::pair<std::string, const char*> rows[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"s, "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},  // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nHost: a\"<b>\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
       "HTTP/1.1 400 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 413 "},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 413 "},
      {get("/", "A: " + std::string(20'000, 'a') + "\r\n"), "HTTP/1.1 431 "},
      {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414 "},
  };
  for (const auto& [text, status] : rows) {
    Client client(port_);
    client.send(text);
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith(status)) << text.substr(0, 60);
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
  }
}

TEST_F(HttpServerTest, ARequestThatSaysItHasNoBodyIsAnswered) {
  Client client(start());
  client.send(get("/empty", "Content-Length: 0\r\n") +
              get("/next", "Content-Length: 0\r\nConnection: close\r\n"));
  const std::string all = client.rest();
  EXPECT_THAT(all, HasSubstr("GET /empty"));
  EXPECT_THAT(all, EndsWith("GET /next"));
}

TEST_F(HttpServerTest, ClosesConnectionsThatSendTheirHeaderTooSlowly) {
  start({.header_timeout = base::milliseconds(300)});
  Client silent(port_), dripping(port_);
  dripping.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(dripping.rest(), "");
  EXPECT_TRUE(silent.ended() && dripping.ended());
}

TEST_F(HttpServerTest, ClosesIdleConnections) {
  start({.idle_timeout = base::milliseconds(300)});
  Client client(port_);
  client.send(get("/"));
  EXPECT_THAT(client.rest(), EndsWith("GET /"));
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, ClosesReadersThatTakeNothing) {
  make_file(32 << 20);
  start({.write_window = base::milliseconds(300)});
  Client client(port_, 4096);
  client.send(get("/file"));
  client.exactly(1000);
  Client other(port_);
  for (bool closed = false; !closed;) {  // until the server gave up on it
    ::usleep(5000);
    const std::lock_guard lock(mutex_);
    closed = !outcomes_.empty();
  }
  EXPECT_FALSE(outcomes_[0].second.complete);
  EXPECT_LT(outcomes_[0].second.body_bytes, bytes_.size());
  other.send(get("/", "Connection: close\r\n"));
  EXPECT_THAT(other.rest(), EndsWith("GET /"));
}

TEST_F(HttpServerTest, SendsAFileWhole) {
  make_file(5'000'001);
  Client client(start());
  client.send(get("/file", "Connection: close\r\n"));
  client.until("\r\n\r\n");
  EXPECT_TRUE(client.rest() == bytes_);
}

TEST_F(HttpServerTest, AFileTruncatedUnderItsMapEndsTheConnectionOnly) {
  make_file(64 << 20);
  start();
  Client client(port_, 65536), other(port_);
  client.send(get("/file"));
  client.until("\r\n\r\n");
  client.exactly(100'000);
  std::filesystem::resize_file(path_, 10);
  const std::string rest = client.rest();
  EXPECT_LT(rest.size() + 100'000, bytes_.size()) << "it cannot have sent what is gone";
  EXPECT_TRUE(bytes_.compare(100'000, rest.size(), rest) == 0) << "and it invented nothing";
  other.send(get("/still/there", "Connection: close\r\n"));
  EXPECT_THAT(other.rest(), EndsWith("GET /still/there"));
}

TEST_F(HttpServerTest, AShapedServerLetsConnectionsTakeTurns) {
  make_file(2 << 20);
  start({.rate_bytes_per_s = 16 << 20});
  Client a(port_), b(port_);
  a.send(get("/file"));
  b.send(get("/file"));
  a.until("\r\n\r\n");
  b.until("\r\n\r\n");
  // Whoever reads: when one has half of the file, the other cannot have been starved.
  EXPECT_EQ(a.exactly(1 << 20), bytes_.substr(0, 1 << 20));
  EXPECT_EQ(b.exactly(1 << 20), bytes_.substr(0, 1 << 20));
  EXPECT_EQ(a.exactly(1 << 20), bytes_.substr(1 << 20));
  EXPECT_EQ(b.exactly(1 << 20), bytes_.substr(1 << 20));
}

TEST_F(HttpServerTest, BeyondItsLimitAnIdleConnectionMakesRoom) {
  start({.connections_max = 2});
  Client first(port_), second(port_);
  for (Client* client : {&first, &second}) {
    client->send(get("/"));
    client->until("GET /");
  }
  Client third(port_);  // refused, or served in the place of the first
  EXPECT_EQ(first.rest(), "");
  EXPECT_TRUE(first.ended());
  Client fourth(port_);
  fourth.send(get("/four", "Connection: close\r\n"));
  EXPECT_THAT(fourth.rest(), EndsWith("GET /four"));
}

TEST_F(HttpServerTest, StopsGracefully) {
  make_file(4 << 20);
  start({.rate_bytes_per_s = 16 << 20});
  Client idle(port_), busy(port_);
  idle.send(get("/"));
  idle.until("GET /");
  busy.send(get("/file"));
  busy.until("\r\n\r\n");
  server_->stop();
  EXPECT_EQ(idle.rest(), "") << "idle connections end at once";
  EXPECT_TRUE(busy.rest() == bytes_) << "what is under way is finished";
  join();
  EXPECT_FALSE(Client(port_).connected());
}

TEST_F(HttpServerTest, TheGraceIsNotForEver) {
  make_file(4 << 20);
  start({.rate_bytes_per_s = 100'000, .shutdown_grace = base::milliseconds(100)});
  Client busy(port_);
  busy.send(get("/file"));
  busy.until("\r\n\r\n");
  server_->stop();
  EXPECT_LT(busy.rest().size(), bytes_.size());
  join();
}

TEST_F(HttpServerTest, APortThatIsTakenIsNamed) {
  const std::uint16_t port = start();
  HttpServer second(*this, HttpServerOptions{});
  try {
    second.listen({.address = "127.0.0.1", .port = port});
    FAIL() << "two listeners on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("port " + std::to_string(port) + " is in use"));
  }
}

TEST_F(HttpServerTest, OneAddressHasItsShareAndNoMore) {
  HttpServerOptions options;
  options.address_limits = {
      .connections = 2, .websockets = 1, .requests_per_s = 1, .loopback = true};
  start(options);
  {
    Client one(port_), two(port_), three(port_);
    open_socket(one);
    EXPECT_EQ(three.rest(), "") << "closed at once";
    two.send(get("/socket",
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    EXPECT_THAT(two.rest(), StartsWith("HTTP/1.1 429 ")) << "one WebSocket";
  }
  Client again(port_);
  std::string all;
  for (int i = 0; i < 8; ++i) again.send(get("/" + std::to_string(i)));
  all = again.rest();
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 429 ")) << "one request a second, five saved up";
  EXPECT_THAT(all, HasSubstr("Retry-After: "));
}

TEST_F(HttpServerTest, ATrustedProxyNamesItsClients) {
  HttpServerOptions options;
  options.trusted_proxies = {*parse_network("127.0.0.1")};
  options.address_limits = {.connections = 1, .websockets = 1, .requests_per_s = 1};
  start(options);
  const std::string of_one = "X-Forwarded-For: 198.51.100.7, 203.0.113.1\r\n";
  Client proxy(port_);
  for (int i = 0; i < 6; ++i) proxy.send(get("/", of_one));
  EXPECT_THAT(proxy.rest(), HasSubstr("HTTP/1.1 429 "));
  Client same(port_);  // the proxy itself is not limited, and another client has its own share
  same.send(get("/", "X-Forwarded-For: 203.0.113.2\r\nConnection: close\r\n"));
  EXPECT_THAT(same.rest(), StartsWith("HTTP/1.1 200 "));
  const std::string upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: 203.0.113.3\r\n";
  Client first(port_), second(port_);
  first.send(get("/socket", upgrade));
  EXPECT_THAT(first.until("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
  second.send(get("/socket", upgrade));
  EXPECT_THAT(second.rest(), StartsWith("HTTP/1.1 429 "));
}

TEST_F(HttpServerTest, ARedirectListenerKnowsOnlyHttps) {
  server_ = std::make_unique<HttpServer>(*this, HttpServerOptions{});
  port_ = server_->listen({.kind = ListenerKind::redirect, .redirect_port = 8443});
  thread_ = std::thread([this] { server_->run(); });
  const std::pair<std::string, const char*> rows[] = {
      {"GET /a?b HTTP/1.1\r\nHost: example.org:80\r\n\r\n",
       "\r\nLocation: https://example.org:8443/a?b\r\n"},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "\r\nLocation: https://[::1]:8443/\r\n"},
      {"GET / HTTP/1.1\r\nHost: evil/x\r\n\r\n", "HTTP/1.1 400 "},
      {"GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
  };
  for (const auto& [request, expected] : rows) {
    Client client(port_);
    client.send(request);
    EXPECT_THAT(client.rest(), HasSubstr(expected)) << request;
  }
}

}  // namespace
}  // namespace skep::net::testing
