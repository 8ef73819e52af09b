// The server over real sockets: what one connection gets, and what it may not do to the others.
#include "net/http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace skep::net {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// A blocking client socket. Reading gives up after 20 s, which no passing test needs.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// At most `size` bytes, as they come; "" at the end.
  std::string some(std::size_t size = 65536) {
    size = std::min<std::size_t>(size, 65536);
    std::string out(size, '\0');
    const ssize_t n = ::recv(fd_, out.data(), size, 0);
    ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
  /// Exactly `size` bytes, or less at the end.
  std::string exactly(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      const std::string part = some(size - out.size());
      if (part.empty()) break;
      out += part;
    }
    return out;
  }
  /// Everything until the server closes.
  std::string rest() { return exactly(SIZE_MAX); }
  bool ended() const { return ended_; }
  std::string until(std::string_view mark) {
    std::string out;
    while (out.find(mark) == std::string::npos) {
      const std::string part = some(1);
      if (part.empty()) break;
      out += part;
    }
    return out;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
};

/// Echoes what it is told through a WebSocket; "flood" makes it send without end.
class EchoSocket final : public WebSocketEvents {
 public:
  void on_open(WebSocketPeer& peer) override { peer_ = &peer; }
  void on_text(std::string_view text) override {
    if (text == "close") return peer_->close(1008, "as you wish");
    for (int i = text == "flood" ? 200 : 1; i > 0; --i)
      peer_->send(text == "flood" ? std::string(100'000, 'x') : std::string(text));
  }
  void on_close() override {}

 private:
  WebSocketPeer* peer_ = nullptr;
};

class HttpServerTest : public testing::Test, public HttpHandler {
 protected:
  HttpReply handle(const HttpRequest& request) override {
    HttpReply reply;
    if (request.target == "/socket") {
      reply.websocket = std::make_unique<EchoSocket>();
      return reply;
    }
    if (request.target == "/file") {
      reply.file = file_;
      reply.part = {0, file_->size()};
      reply.fields = "Content-Length: " + std::to_string(file_->size()) + "\r\n";
      return reply;
    }
    reply.text = std::string(request.method) + " " + std::string(request.target);
    reply.fields = "Content-Length: " + std::to_string(reply.text.size()) + "\r\n";
    reply.head_only = request.method == "HEAD";
    return reply;
  }
  void finished(const HttpRequest& request, const HttpOutcome& outcome) override {
    const std::lock_guard lock(mutex_);
    outcomes_.emplace_back(std::string(request.target), outcome);
  }

  std::uint16_t start(HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(*this, std::move(options));
    port_ = server_->listen({});
    thread_ = std::thread([this] { server_->run(); });
    return port_;
  }
  void make_file(std::size_t size) {
    std::string name = (fs::temp_directory_path() / "skep-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    std::ofstream(path_, std::ios::binary) << bytes;
    const int root = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
    file_ = *MappedFile::open(root, "file");
    ::close(root);
    bytes_ = std::move(bytes);
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void TearDown() override {
    if (server_) server_->stop();
    if (server_) server_->stop();
    join();
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
  fs::path folder_, path_;
  std::shared_ptr<const MappedFile> file_;
  std::string bytes_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, HttpOutcome>> outcomes_;
};

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

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
  start();
  const std::pair<std::string, const char*> rows[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {std::string("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 32), "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},  // no Host
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
  fs::resize_file(path_, 10);
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

// ------------------------------------------------------------------------------------- WebSocket

/// A client frame with a zero mask (RFC 6455 §5.3 wants a mask, not a secret one).
std::string frame(std::uint8_t opcode, std::string_view text) {
  std::string out;
  out.push_back(static_cast<char>(0x80 | opcode));
  if (text.size() < 126) {
    out.push_back(static_cast<char>(0x80 | text.size()));
  } else {
    const bool small = text.size() < 65536;
    out.push_back(static_cast<char>(0x80 | (small ? 126 : 127)));
    for (int shift = small ? 8 : 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>((std::uint64_t{text.size()} >> shift) & 0xff));
  }
  out.append(4, '\0');
  out.append(text);
  return out;
}

void open_socket(Client& client) {
  client.send(get("/socket",
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  const std::string head = client.until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));  // the RFC's own example
}

TEST_F(HttpServerTest, AWebSocketEchoesAndClosesWithAReason) {
  Client client(start());
  open_socket(client);
  client.send(frame(1, "hello"));
  EXPECT_EQ(client.exactly(7), std::string("\x81\x05hello"));
  client.send(frame(1, "close"));
  EXPECT_EQ(client.exactly(15), std::string("\x88\x0d\x03\xf0") + "as you wish");
}

TEST_F(HttpServerTest, WebSocketMessagesAreTextAndBounded) {
  start({.websocket_message_max = 1000});
  Client binary(port_), large(port_);
  open_socket(binary);
  binary.send(frame(2, "hello"));
  EXPECT_THAT(binary.exactly(4), EndsWith("\x03\xeb"));  // 1003
  open_socket(large);
  large.send(frame(1, std::string(1001, 'x')));
  EXPECT_THAT(large.exactly(4), EndsWith("\x03\xf1"));  // 1009
}

TEST_F(HttpServerTest, AWebSocketThatDoesNotReadIsGivenUp) {
  start({.websocket_queue_max = 300'000});
  Client slow(port_, 4096);
  open_socket(slow);
  slow.send(frame(1, "flood"));  // 20 MB: more than any socket buffer and the queue
  std::size_t got = 0;
  for (std::string part = slow.some(); !part.empty(); part = slow.some()) got += part.size();
  EXPECT_TRUE(slow.ended());
  EXPECT_LT(got, std::size_t{20'000'000});
}

TEST_F(HttpServerTest, AStopDoesNotWaitForAWebSocketThatSaysNothing) {
  start({.shutdown_grace = base::seconds(60)});
  Client silent(port_);
  open_socket(silent);
  server_->stop();
  EXPECT_THAT(silent.exactly(4), EndsWith("\x03\xe9"));
  join();  // without an answer, and long before the grace is over: the test's own limit
}

TEST_F(HttpServerTest, AWebSocketsPartsPingsAndClose) {
  Client client(start());
  open_socket(client);
  client.send(frame(9, "are you there"));
  EXPECT_EQ(client.exactly(15), std::string("\x8a\x0d") + "are you there");
  for (const char c : frame(1, "byte by byte")) client.send({&c, 1});
  EXPECT_EQ(client.exactly(14), std::string("\x81\x0c") + "byte by byte");
  client.send(frame(1, "one") + frame(1, "two") + frame(8, std::string_view("\x03\xe8", 2)));
  EXPECT_EQ(client.rest(), std::string("\x81\x03one\x81\x03two\x88\x02\x03\xe8", 14));
}

TEST_F(HttpServerTest, AnUpgradeThatIsNoneIsRefused) {
  start();
  const std::pair<const char*, const char*> rows[] = {
      {"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
       "HTTP/1.1 400 "},
      {"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       "HTTP/1.1 426 "},
      {"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       "HTTP/1.1 400 "},
  };
  for (const auto& [fields, status] : rows) {
    Client client(port_);
    client.send(get("/socket", fields));
    EXPECT_THAT(client.rest(), StartsWith(status)) << fields;
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

TEST_F(HttpServerTest, AStopTellsWebSockets) {
  start();
  {
    Client client(port_);
    open_socket(client);
    server_->stop();
    EXPECT_THAT(client.exactly(4), EndsWith("\x03\xe9"));  // 1001, going away
    client.send(frame(8, std::string_view("\x03\xe9", 2)));
  }
  join();
}

}  // namespace
}  // namespace skep::net
