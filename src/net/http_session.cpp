#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>

#include "net/server_core.hpp"

namespace skep::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

/// Unsent bytes the kernel may hold for a connection: keeps write progress close to the truth.
constexpr int kUnsentMax = 128 * 1024;
/// One unshaped write: large enough to amortise the call, small enough to be fair.
constexpr std::uint64_t kWriteSize = 512 * 1024;
constexpr std::size_t kReadSize = 2048;
constexpr std::uint64_t kNotAsked = UINT64_MAX;
/// What we read and drop after refusing a request, so that the answer is not lost to a reset.
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr base::Duration kLingerTime = base::seconds(1);

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void read_field(HttpRequest& out, http::field name, std::string_view name_text,
                std::string_view value) {
  switch (name) {
    case http::field::host:
      out.has_host = true;
      break;
    case http::field::range:
      out.range = out.range.empty() ? value : "several";
      break;
    case http::field::if_range:
      out.if_range = value;
      break;
    case http::field::if_match:
      out.if_match = value;
      break;
    case http::field::if_none_match:
      out.if_none_match = value;
      break;
    case http::field::if_modified_since:
      out.if_modified_since = value;
      break;
    case http::field::if_unmodified_since:
      out.if_unmodified_since = value;
      break;
    case http::field::accept_encoding:
      out.accept_encoding = value;
      break;
    case http::field::user_agent:
      out.user_agent = value;
      break;
    case http::field::origin:
      out.origin = value;
      break;
    case http::field::authorization:
      out.authorization = value;
      break;
    case http::field::access_control_request_method:
      out.request_method = value;
      break;
    case http::field::upgrade:
      out.upgrade_websocket = equal_ignoring_case(value, "websocket");
      break;
    case http::field::forwarded:
    case http::field::via:
      out.forwarded = true;
      break;
    case http::field::unknown:
      if (equal_ignoring_case(name_text, "skep")) out.skep = value;
      if (equal_ignoring_case(name_text, "x-forwarded-for") ||
          equal_ignoring_case(name_text, "x-real-ip"))
        out.forwarded = true;
      break;
    default:
      break;
  }
}

HttpRequest view_of(const Parser& parser, std::string_view remote) {
  HttpRequest out;
  const auto& request = parser.get();
  out.method = view(request.method_string());
  out.target = view(request.target());
  out.remote = remote;
  out.http_1_0 = request.version() == 10;
  if (parser.is_header_done()) {
    const auto length = parser.content_length();
    out.has_body = parser.chunked() || (length && *length > 0);
  }
  for (const auto& field : request)
    read_field(out, field.name(), view(field.name_string()), view(field.value()));
  return out;
}

const char* reason_of(int status) {
  const beast::string_view text =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return text.data();
}

HttpReply refusal(int status) {
  HttpReply reply;
  reply.status = status;
  reply.close = true;
  reply.text = std::to_string(status) + " " + reason_of(status) + "\n";
  reply.fields = "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
                 std::to_string(reply.text.size()) + "\r\nCache-Control: no-store\r\n";
  return reply;
}

/// The status for a header that Beast does not accept.
int status_of(const ErrorCode& error, bool target_known) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return target_known ? 431 : 414;
  if (error == http::error::unexpected_body || error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

enum class Phase : std::uint8_t { first, idle, header, working, writing, shaping, closing };

class HttpSession final : public Session {
 public:
  HttpSession(ServerCore& core, Socket socket) : core_(core), socket_(std::move(socket)) {
    ErrorCode error;
    const auto peer = socket_.remote_endpoint(error);
    if (!error) remote_ = peer.address().to_string();
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMax,
                 sizeof kUnsentMax);
    enter(Phase::first, core_.options.header_timeout);
    core_.add(*this, place_);
  }
  ~HttpSession() override {
    if (registered_) core_.remove(place_);
  }
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  asio::awaitable<void> run();

  void sweep(base::Instant now) override {
    if (now < deadline_) return;
    if (phase_ == Phase::writing && progressed()) {
      enter(Phase::writing, core_.options.write_window);
      window_written_ = written_;
      return;
    }
    if (phase_ != Phase::shaping && phase_ != Phase::working) abort();
  }
  void drain() override {
    if (idle()) abort();
  }
  void abort() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }
  bool idle() const override { return phase_ == Phase::idle || phase_ == Phase::first; }

 private:
  void enter(Phase phase, base::Duration time) {
    phase_ = phase;
    deadline_ = core_.now() + time;
  }
  void open_window() {
    enter(Phase::writing, core_.options.write_window);
    window_written_ = written_;
    window_acked_ = kNotAsked;
  }
  /// Bytes that the peer's TCP has confirmed.
  std::uint64_t acked() {
    int waiting = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &waiting) != 0) return 0;
    return written_ - std::min(written_, static_cast<std::uint64_t>(waiting));
  }
  /// The kernel's view is asked for when a window is over without enough writes, not before each
  /// response: such a reader gets a second window.
  bool progressed() {
    if (written_ - window_written_ >= kWriteProgressMin) return true;
    const std::uint64_t before = std::exchange(window_acked_, acked());
    return before == kNotAsked || window_acked_ - before >= kWriteProgressMin;
  }

  asio::awaitable<bool> read_request(Parser& parser);
  asio::awaitable<bool> write(const HttpReply& reply, const std::string& head,
                              HttpOutcome& outcome);
  asio::awaitable<void> linger();
  std::string head_of(const HttpReply& reply, bool keep);

  ServerCore& core_;
  Socket socket_;
  beast::flat_buffer buffer_{64 * 1024};
  std::string remote_;
  std::list<Session*>::iterator place_;
  bool registered_ = true;
  Phase phase_ = Phase::first;
  base::Instant deadline_;
  std::uint64_t written_ = 0;
  std::uint64_t window_written_ = 0;
  std::uint64_t window_acked_ = 0;
  int refused_status_ = 0;
  bool peer_gone_ = false;
};

/// True when a whole header is there; false with refused_status_ (bad) or peer_gone_.
asio::awaitable<bool> HttpSession::read_request(Parser& parser) {
  refused_status_ = 0;
  for (;;) {
    ErrorCode error;
    if (buffer_.size() > 0) {
      const std::size_t used = parser.put(buffer_.data(), error);
      if (error && error != http::error::need_more) {
        refused_status_ = status_of(error, !parser.get().target().empty());
        co_return false;
      }
      buffer_.consume(used);
      if (parser.is_header_done()) co_return true;
    }
    if (core_.draining && idle()) co_return false;
    const std::size_t n = co_await socket_.async_read_some(
        buffer_.prepare(kReadSize), asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      peer_gone_ = true;
      co_return false;
    }
    buffer_.commit(n);
    if (idle()) enter(Phase::header, core_.options.header_timeout);
  }
}

std::string HttpSession::head_of(const HttpReply& reply, bool keep) {
  std::string head;
  head.reserve(reply.fields.size() + 160);
  head += "HTTP/1.1 ";
  head += std::to_string(reply.status);
  head += ' ';
  head += reason_of(reply.status);
  head += "\r\n";
  head += core_.date();
  head += reply.fields;
  head += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

/// Head and body, in as few calls as the rate allows. False when the connection is of no more use.
asio::awaitable<bool> HttpSession::write(const HttpReply& reply, const std::string& head,
                                         HttpOutcome& outcome) {
  const bool from_file = reply.file != nullptr;
  const std::uint64_t body_size =
      reply.head_only ? 0 : (from_file ? reply.part.end - reply.part.begin : reply.text.size());
  std::uint64_t head_sent = 0;
  open_window();
  while (head_sent < head.size() || outcome.body_bytes < body_size) {
    const std::uint64_t left = head.size() - head_sent + body_size - outcome.body_bytes;
    std::uint64_t allowed = std::min(left, kWriteSize);
    if (core_.shaper.active()) {
      allowed = std::min<std::uint64_t>(allowed, kShapedQuantum);
      phase_ = Phase::shaping;
      co_await core_.shaper.take(static_cast<std::size_t>(allowed));
      open_window();
    }
    // The handler has just looked at the file; before later chunks it may have changed.
    const bool first = head_sent == 0 && !core_.shaper.active();
    if (from_file && !first && !reply.file->intact()) co_return false;
    const std::uint64_t head_part = std::min(head.size() - head_sent, allowed);
    const std::uint64_t body_part = std::min(body_size - outcome.body_bytes, allowed - head_part);
    const void* body = from_file ? reply.file->address(reply.part.begin + outcome.body_bytes)
                                 : static_cast<const void*>(reply.text.data() + outcome.body_bytes);
    const std::array<asio::const_buffer, 2> buffers{
        asio::const_buffer(head.data() + head_sent, static_cast<std::size_t>(head_part)),
        asio::const_buffer(body, static_cast<std::size_t>(body_part))};
    ErrorCode error;
    const std::size_t sent = co_await socket_.async_write_some(
        buffers, asio::redirect_error(asio::use_awaitable, error));
    core_.shaper.debit(static_cast<std::int64_t>(sent) - static_cast<std::int64_t>(allowed));
    written_ += sent;
    const std::uint64_t of_head = std::min<std::uint64_t>(sent, head_part);
    head_sent += of_head;
    outcome.body_bytes += sent - of_head;
    if (error) co_return false;  // EFAULT too: the file was cut under its map
  }
  outcome.complete = true;
  co_return true;
}

/// Ends our direction, then reads what still comes for a moment: closing with unread bytes would
/// reset the connection and might take the answer with it.
asio::awaitable<void> HttpSession::linger() {
  ErrorCode error;
  enter(Phase::closing, kLingerTime);
  socket_.shutdown(Socket::shutdown_send, error);
  std::size_t total = 0;
  buffer_.consume(buffer_.size());
  while (!error && total < kLingerBytes) {
    total += co_await socket_.async_read_some(buffer_.prepare(16 * 1024),
                                              asio::redirect_error(asio::use_awaitable, error));
  }
  abort();
}

asio::awaitable<void> HttpSession::run() {
  for (bool keep = true; keep;) {
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(core_.options.header_size_max));
    parser.body_limit(boost::none);
    const bool whole = co_await read_request(parser);
    if (!whole && refused_status_ == 0) co_return;

    ++core_.stats.requests;
    phase_ = Phase::working;
    const base::Instant begun = core_.now();
    const HttpRequest request = view_of(parser, remote_);
    int refuse = refused_status_;
    if (refuse == 0 && request.has_body) refuse = 413;
    if (refuse == 0 && !request.has_host && !request.http_1_0) refuse = 400;
    HttpReply reply = refuse != 0 ? refusal(refuse) : core_.handler.handle(request);

    if (reply.websocket != nullptr && !core_.draining) {
      std::ostringstream text;
      text << parser.get();
      core_.handler.finished(request, {101, 0, core_.now() - begun, true, reply.tag});
      core_.remove(std::exchange(place_, {}));
      registered_ = false;
      co_await serve_websocket(core_, std::move(socket_), text.str(), std::move(remote_),
                               std::move(reply.websocket));
      co_return;
    }
    keep = !reply.close && parser.get().keep_alive() && !core_.draining;
    HttpOutcome outcome;
    outcome.status = reply.status;
    outcome.tag = reply.tag;
    const bool sent = co_await write(reply, head_of(reply, keep), outcome);
    outcome.took = core_.now() - begun;
    core_.handler.finished(request, outcome);
    if (!sent) {
      abort();
      co_return;
    }
    enter(Phase::idle, core_.options.idle_timeout);
    if (core_.draining) keep = false;
  }
  co_await linger();
}

}  // namespace

asio::awaitable<void> serve_http(ServerCore& core, Socket socket) {
  HttpSession session(core, std::move(socket));
  co_await session.run();
}

}  // namespace skep::net
