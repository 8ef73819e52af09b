#include "net/http_client.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "net/client_stream.hpp"
#include "net/http_fields.hpp"

namespace skep::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadSize = 64 * 1024;

std::string lower(beast::string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

http::request<http::empty_body> request_of(const HttpUrl& url, const HttpAsk& ask) {
  http::request<http::empty_body> out;
  out.method_string(ask.method);
  out.target(url.target);
  out.set(http::field::host, url.authority());
  out.set(http::field::user_agent, "skep");
  out.set(http::field::connection, "close");
  for (const auto& [name, value] : ask.fields) out.set(name, value);
  return out;
}

void fail(HttpAnswer& out, HttpTrouble trouble, std::string sentence) {
  out.trouble = trouble;
  out.sentence = std::move(sentence);
}

void take_header(const http::response_parser<http::buffer_body>& parser, HttpAnswer& out) {
  out.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get())
    out.fields.emplace_back(lower(field.name_string()),
                            std::string(field.value().data(), field.value().size()));
}

/// One request and its answer over a connection that is ready.
template <class Stream>
asio::awaitable<void> exchange(Stream& stream, const HttpUrl& url, const HttpAsk& ask,
                               HttpAnswer& out) {
  ErrorCode error;
  const auto request = request_of(url, ask);
  co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return fail(out, HttpTrouble::malformed, "hung up: " + error.message());
  beast::flat_buffer buffer(kResponseHeaderMax + kReadSize);
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(kResponseHeaderMax);
  parser.body_limit(UINT64_MAX);  // counted here
  if (ask.method == "HEAD") parser.skip(true);
  co_await http::async_read_header(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return fail(out, HttpTrouble::malformed, "no HTTP answer: " + error.message());
  take_header(parser, out);
  std::array<char, kReadSize> chunk;
  while (!parser.is_done()) {
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    co_await http::async_read_some(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    const std::size_t got = chunk.size() - parser.get().body().size;
    const std::size_t taken = std::min(got, ask.body_max - out.body.size());
    out.body.append(chunk.data(), taken);
    if (taken < got) out.cut = true;
    if (out.cut) break;
    if (error == http::error::need_buffer) error = {};
    if (error == http::error::end_of_stream && parser.is_done()) break;
    if (error)
      co_return fail(out, HttpTrouble::malformed, "the answer breaks off: " + error.message());
  }
}

asio::awaitable<void> converse(asio::io_context& context, const HttpUrl& url, const HttpAsk& ask,
                               HttpAnswer& out) {
  asio::ip::tcp::socket socket(context);
  ConnectFailure failure = co_await connect_tcp(socket, url);
  if (failure.trouble != HttpTrouble::none) co_return fail(out, failure.trouble, failure.sentence);
  if (!url.tls()) co_return co_await exchange(socket, url, ask, out);
  asio::ssl::context tls = client_tls(ask.ca_file);
  TlsStream stream(std::move(socket), tls);
  failure = co_await connect_tls(stream, url);
  if (failure.trouble != HttpTrouble::none) co_return fail(out, failure.trouble, failure.sentence);
  co_await exchange(stream, url, ask, out);
}

HttpAnswer ask_once(const HttpUrl& url, const HttpAsk& ask) {
  HttpAnswer out;
  out.url = url;
  const auto [trouble, sentence] = run_conversation(
      [&](asio::io_context& context) { return converse(context, url, ask, out); }, ask.timeout);
  if (trouble == HttpTrouble::timed_out) fail(out, trouble, "no answer " + sentence);
  if (trouble == HttpTrouble::malformed) fail(out, trouble, sentence);
  return out;
}

bool redirects(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::string HttpAnswer::field(std::string_view name) const {
  std::string out;
  for (const auto& [key, value] : fields)
    if (key == name) out += (out.empty() ? "" : ", ") + value;
  return out;
}

bool HttpAnswer::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
}

HttpAnswer ask_http(const HttpUrl& url, const HttpAsk& ask) {
  HttpUrl at = url;
  for (unsigned hops = 0;; ++hops) {
    HttpAnswer answer = ask_once(at, ask);
    answer.redirects = hops;
    if (answer.trouble != HttpTrouble::none || !redirects(answer.status) ||
        !answer.has("location") || ask.redirects_max == 0)
      return answer;
    const auto next = parse_reference(at, answer.field("location"));
    if (hops == ask.redirects_max || !next.has_value() || !next->scheme.starts_with("http")) {
      fail(answer, HttpTrouble::too_many_redirects,
           hops == ask.redirects_max
               ? "more than " + std::to_string(ask.redirects_max) + " redirects"
               : "redirects to \"" + answer.field("location").substr(0, 200) + "\"");
      return answer;
    }
    at = *next;
  }
}

}  // namespace skep::net
