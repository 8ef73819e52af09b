#include "net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "net/stun.hpp"
#include "net/testing/scripted_server.hpp"

namespace skep::net {
namespace {

using testing::DatagramServer;
using ::testing::HasSubstr;
using testing::ScriptedServer;

HttpUrl url_of(std::uint16_t port, const std::string& target = "/",
               const std::string& scheme = "http", const std::string& host = "127.0.0.1") {
  return *parse_http_url(scheme + "://" + host + ":" + std::to_string(port) + target);
}

HttpAnswer ask_for(const std::string& answer, HttpAsk ask = {}) {
  const ScriptedServer server([&](const std::string&) { return answer; });
  return ask_http(url_of(server.port()), ask);
}

TEST(HttpClient, ReadsAnAnswerWithItsFields) {
  std::string seen;
  const ScriptedServer server([&](const std::string& header) {
    seen = header;
    return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello";
  });
  HttpAsk ask;
  ask.fields = {{"Accept-Encoding", "br"}, {"Range", "bytes=0-4"}};
  const HttpAnswer answer = ask_http(url_of(server.port(), "/a?b"), ask);
  ASSERT_TRUE(answer.ok()) << answer.sentence;
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.field("x-a"), "1, 2");
  EXPECT_FALSE(answer.cut);
  EXPECT_THAT(seen, HasSubstr("GET /a?b HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Accept-Encoding: br\r\n"));
  EXPECT_THAT(seen, HasSubstr("Host: 127.0.0.1:"));
}

TEST(HttpClient, ReadsChunksAndBodiesUntilTheEnd) {
  EXPECT_EQ(ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
                    "0\r\n\r\n")
                .body,
            "abcde");
  EXPECT_EQ(ask_for("HTTP/1.0 200 OK\r\n\r\nuntil the end").body, "until the end");
}

TEST(HttpClient, BoundsWhatAServerSends) {
  HttpAsk ask;
  ask.body_max = 1000;
  const std::string big(100'000, 'x');
  const HttpAnswer cut =
      ask_for("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + big, ask);
  EXPECT_TRUE(cut.cut);
  EXPECT_EQ(cut.body.size(), 1000u);
  const HttpAnswer header =
      ask_for("HTTP/1.1 200 OK\r\nX: " + std::string(2 * kResponseHeaderMax, 'x') + "\r\n\r\n");
  EXPECT_EQ(header.trouble, HttpTrouble::malformed);
}

TEST(HttpClient, LiesAreTrouble) {
  for (const char* lie : {"garbage\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_EQ(ask_for(lie).trouble, HttpTrouble::malformed) << lie;
}

TEST(HttpClient, SilenceTimesOut) {
  HttpAsk ask;
  ask.timeout = base::milliseconds(200);
  EXPECT_EQ(ask_for("", ask).trouble, HttpTrouble::timed_out);
}

TEST(HttpClient, NobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedServer([](const std::string&) { return "x"; }).port();
  }
  EXPECT_EQ(ask_http(url_of(port)).trouble, HttpTrouble::refused);
}

TEST(HttpClient, FollowsRedirectsToAnEnd) {
  const ScriptedServer server([](const std::string& header) -> std::string {
    if (header.starts_with("GET /loop"))
      return "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n";
    if (header.starts_with("GET /file"))
      return "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
    if (header.starts_with("GET /a "))
      return "HTTP/1.1 301 Moved\r\nLocation: b/c\r\nContent-Length: 0\r\n\r\n";
    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  });
  const HttpAnswer moved = ask_http(url_of(server.port(), "/a"));
  EXPECT_EQ(moved.body, "ok");
  EXPECT_EQ(moved.url.target, "/b/c");
  EXPECT_EQ(moved.redirects, 1u);
  EXPECT_EQ(ask_http(url_of(server.port(), "/loop")).trouble, HttpTrouble::too_many_redirects);
  EXPECT_EQ(ask_http(url_of(server.port(), "/file")).trouble, HttpTrouble::too_many_redirects);
}

TEST(HttpClient, ACertificateMustBeTrustedAndForThisName) {
  const std::string pem =
      (std::filesystem::temp_directory_path() / ("skep-ca-" + std::to_string(::getpid()))).string();
  const ScriptedServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"; },
      "localhost", pem);
  HttpAsk ask;
  const HttpAnswer unknown = ask_http(url_of(server.port(), "/", "https", "localhost"), ask);
  EXPECT_EQ(unknown.trouble, HttpTrouble::untrusted);
  EXPECT_THAT(unknown.sentence, HasSubstr("certificate"));
  ask.ca_file = pem;
  const HttpAnswer trusted = ask_http(url_of(server.port(), "/", "https", "localhost"), ask);
  EXPECT_EQ(trusted.body, "ok") << trusted.sentence;
  EXPECT_EQ(ask_http(url_of(server.port(), "/", "https", "127.0.0.1"), ask).trouble,
            HttpTrouble::untrusted);
  EXPECT_NE(ask_http(url_of(server.port()), ask).trouble, HttpTrouble::none);  // http to https
  std::filesystem::remove(pem);
}

TEST(WebSocketClient, SaysWhyThereIsNone) {
  const ScriptedServer page(
      [](const std::string&) { return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"; });
  WebSocketAsk ask;
  ask.done = [](std::string_view) { return true; };
  const WebSocketAnswer declined = talk_websocket(url_of(page.port(), "/", "ws"), ask);
  EXPECT_FALSE(declined.open);
  EXPECT_THAT(declined.sentence, HasSubstr("404"));

  const ScriptedServer liar([](const std::string&) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: bm9wZQ==\r\n\r\n";
  });
  EXPECT_FALSE(talk_websocket(url_of(liar.port(), "/", "ws"), ask).open);

  const ScriptedServer silent([](const std::string&) { return ""; });
  ask.timeout = base::milliseconds(200);
  EXPECT_EQ(talk_websocket(url_of(silent.port(), "/", "ws"), ask).trouble, HttpTrouble::timed_out);
}

TEST(Stun, AServerTellsOurAddress) {
  const DatagramServer server(testing::honest_stun());
  const StunOutcome found =
      probe_stun({"stun", "127.0.0.1", server.port()}, base::milliseconds(2000));
  EXPECT_EQ(found.address, "203.0.113.7:4000") << found.sentence;
}

TEST(Stun, SilenceAndNonsenseAreNoAnswer) {
  const DatagramServer silent([](const std::string&) { return ""; });
  EXPECT_EQ(probe_stun({"stun", "127.0.0.1", silent.port()}, base::milliseconds(200)).address, "");
  const DatagramServer echo([](const std::string& request) { return request; });
  EXPECT_THAT(probe_stun({"stun", "127.0.0.1", echo.port()}, base::milliseconds(200)).sentence,
              HasSubstr("not a STUN answer"));
}

TEST(Stun, ReadsOnlyWhatIsTheAnswerToItsQuestion) {
  StunTransaction id{};
  id.fill(7);
  const base::Bytes request = encode_stun_request(id);
  ASSERT_EQ(request.size(), 20u);
  const std::string text = testing::honest_stun()({request.begin(), request.end()});
  const base::Bytes answer(text.begin(), text.end());
  EXPECT_EQ(*decode_stun_response(answer, id), "203.0.113.7:4000");
  StunTransaction other = id;
  other[0] = 8;
  EXPECT_EQ(decode_stun_response(answer, other).code(), base::Errc::bad_value);
  for (std::size_t size = 0; size < answer.size(); ++size)
    EXPECT_FALSE(decode_stun_response(base::ByteView(answer).first(size), id).has_value()) << size;
}

TEST(Stun, ReadsIceUrls) {
  EXPECT_EQ(parse_ice_url("stun:example.com")->port, 3478);
  EXPECT_EQ(parse_ice_url("turn:[::1]:99?transport=tcp")->host, "::1");
  EXPECT_EQ(parse_ice_url("turn:[::1]")->port, 3478);
  EXPECT_EQ(parse_ice_url("turns:h")->port, 5349);
  EXPECT_FALSE(parse_ice_url("turns:h")->udp());
  EXPECT_FALSE(parse_ice_url("http://h").has_value());
  EXPECT_FALSE(parse_ice_url("stun:").has_value());
}

}  // namespace
}  // namespace skep::net
