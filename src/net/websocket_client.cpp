#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "net/client_stream.hpp"
#include "net/http_client.hpp"

namespace skep::net {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using ErrorCode = boost::system::error_code;

void fail(WebSocketAnswer& out, HttpTrouble trouble, std::string sentence) {
  out.trouble = trouble;
  out.sentence = std::move(sentence);
}

/// The handshake and the talk, over a connection that is ready.
template <class Stream>
asio::awaitable<void> talk(Stream& stream, const HttpUrl& url, const WebSocketAsk& ask,
                           WebSocketAnswer& out) {
  ErrorCode error;
  stream.read_message_max(ask.message_max);
  stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    if (!ask.origin.empty()) request.set(beast::http::field::origin, ask.origin);
  }));
  websocket::response_type response;
  co_await stream.async_handshake(response, url.authority(), url.target,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error == websocket::error::upgrade_declined)
    co_return fail(out, HttpTrouble::refused,
                   "no WebSocket there: HTTP status " + std::to_string(response.result_int()));
  if (error)
    co_return fail(out, HttpTrouble::malformed, "no WebSocket handshake: " + error.message());
  out.open = true;
  for (const std::string& text : ask.send) {
    co_await stream.async_write(asio::buffer(text),
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return fail(out, HttpTrouble::malformed, "hung up: " + error.message());
  }
  beast::flat_buffer buffer;
  while (!out.done) {
    co_await stream.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error == websocket::error::closed) {
      const auto& reason = stream.reason();
      co_return fail(out, HttpTrouble::refused,
                     "closed with code " + std::to_string(reason.code) + " " +
                         std::string(reason.reason.data(), reason.reason.size()));
    }
    if (error) co_return fail(out, HttpTrouble::malformed, "hung up: " + error.message());
    out.done = ask.done({static_cast<const char*>(buffer.data().data()), buffer.size()});
    buffer.consume(buffer.size());
  }
}

asio::awaitable<void> converse(asio::io_context& context, const HttpUrl& url,
                               const WebSocketAsk& ask, WebSocketAnswer& out) {
  asio::ip::tcp::socket socket(context);
  ConnectFailure failure = co_await connect_tcp(socket, url);
  if (failure.trouble != HttpTrouble::none) co_return fail(out, failure.trouble, failure.sentence);
  if (!url.tls()) {
    websocket::stream<asio::ip::tcp::socket, false> stream(std::move(socket));
    co_return co_await talk(stream, url, ask, out);
  }
  asio::ssl::context tls = client_tls(ask.ca_file);
  websocket::stream<TlsStream, false> stream(std::move(socket), tls);
  failure = co_await connect_tls(stream.next_layer(), url);
  if (failure.trouble != HttpTrouble::none) co_return fail(out, failure.trouble, failure.sentence);
  co_await talk(stream, url, ask, out);
}

}  // namespace

WebSocketAnswer talk_websocket(const HttpUrl& url, const WebSocketAsk& ask) {
  WebSocketAnswer out;
  const auto [trouble, sentence] = run_conversation(
      [&](asio::io_context& context) { return converse(context, url, ask, out); }, ask.timeout);
  if (trouble == HttpTrouble::timed_out)
    fail(out, trouble, (out.open ? "no answer " : "no handshake ") + sentence);
  if (trouble == HttpTrouble::malformed) fail(out, trouble, sentence);
  return out;
}

}  // namespace skep::net
