// The server's WebSockets over real sockets.
#include "net/http_server.hpp"

#include <gmock/gmock.h>

#include "net/testing/http_server_rig.hpp"

namespace skep::net::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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
}  // namespace skep::net::testing
