#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <limits>

#include "net/request_view.hpp"
#include "net/server_core.hpp"
#include "net/websocket_frame.hpp"

namespace skep::net {
namespace {

using Parser = RequestParser;

/// Unsent bytes the kernel may hold for a connection: keeps write progress close to the truth.
constexpr int kUnsentMax = 128 * 1024;
/// One unshaped write: large enough to amortise the call, small enough to be fair (150 µs).
constexpr std::uint64_t kWriteSize = 1024 * 1024;
constexpr std::size_t kReadSize = 2048;
constexpr std::uint64_t kNotAsked = UINT64_MAX;
/// What we read and drop after refusing a request, so that the answer is not lost to a reset.
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr base::Duration kLingerTime = base::seconds(1);

enum class Phase : std::uint8_t { first, idle, header, working, writing, shaping, closing };

class HttpSession final : public Session {
 public:
  HttpSession(ServerCore& core, Accepted accepted)
      : core_(core),
        transport_(std::move(accepted.socket)),
        peer_(accepted.peer),
        listener_(accepted.listener),
        limits_(std::move(accepted.limits)),
        remote_(print_ip_address(peer_)),
        from_proxy_(std::any_of(core.options.trusted_proxies.begin(),
                                core.options.trusted_proxies.end(),
                                [this](const Network& each) { return each.contains(peer_); })) {
    ErrorCode error;
    transport_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    ::setsockopt(transport_.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMax, sizeof kUnsentMax);
    enter(Phase::first, core_.options.header_timeout);
    core_.add(*this, place_);
  }
  ~HttpSession() override {
    if (!registered_) return;
    AddressLimits::disconnect(limits_);
    core_.remove(place_);
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
  void abort() override { transport_.close(); }
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
    if (::ioctl(transport_.fd(), SIOCOUTQ, &waiting) != 0) return 0;
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
  asio::awaitable<std::size_t> read_some(ErrorCode& error);
  asio::awaitable<bool> begin();
  asio::awaitable<bool> write(const HttpReply& reply, const std::string& head,
                              HttpOutcome& outcome);
  asio::awaitable<bool> write_piece(std::string_view text, const MappedFile* file, ByteRange range);
  std::size_t write_now(std::string_view text, const MappedFile* file, ByteRange range,
                        ErrorCode& error);
  /// Goes on when everybody else who is ready has had a turn.
  auto let_others() { return asio::post(core_.context, asio::use_awaitable); }
  asio::awaitable<void> linger();
  void identify(HttpRequest& request, const Parser& parser);
  HttpReply answer(const HttpRequest& request);
  bool upgrade(const HttpRequest& request, HttpReply& reply, base::Instant begun);
  std::string head_of(const HttpReply& reply, bool keep);

  ServerCore& core_;
  Transport transport_;
  IpAddress peer_;
  HttpListener listener_;
  AddressLimits::Handle limits_;         ///< of the connection
  AddressLimits::Handle client_limits_;  ///< of the request: another's, behind a proxy
  beast::flat_buffer buffer_{64 * 1024};
  std::string remote_;
  bool from_proxy_;
  bool misdirected_ = false;  ///< plain HTTP where TLS is spoken
  std::string client_;        ///< behind a proxy: the client's address
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
    co_await read_some(error);
    if (error) {
      peer_gone_ = true;
      co_return false;
    }
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

/// As many bytes as are there, into the buffer.
asio::awaitable<std::size_t> HttpSession::read_some(ErrorCode& error) {
  const auto room = buffer_.prepare(kReadSize);
  std::size_t n = 0;
  if (transport_.secure())
    n = co_await transport_.read_some(room.data(), room.size(), error);
  else
    n = co_await transport_.socket().async_read_some(
        room, asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(n);
  co_return n;
}

/// What can be written now of `text` and then of the file: in one call in the clear.
std::size_t HttpSession::write_now(std::string_view text, const MappedFile* file, ByteRange range,
                                   ErrorCode& error) {
  const auto size = static_cast<std::size_t>(range.end - range.begin);
  if (!transport_.secure() && file != nullptr)
    return transport_.write_now(text, file->address(range.begin), size, error);
  if (!text.empty()) return transport_.write_now(text.data(), text.size(), error);
  // OpenSSL reads what it encrypts, and nobody may read a map (mapped_file.hpp): by a copy, made
  // again after each wait, since others use the same scratch.
  const std::size_t want = std::min(core_.scratch.size(), size);
  if (file->read_at(range.begin, core_.scratch.data(), want) != want) {
    error = asio::error::fault;  // it was cut
    return 0;
  }
  return transport_.write_now(core_.scratch.data(), want, error);
}

/// `text`, then that range of the file. False when the connection is of no more use.
asio::awaitable<bool> HttpSession::write_piece(std::string_view text, const MappedFile* file,
                                               ByteRange range) {
  if (file == nullptr) range = {};
  for (bool first = !core_.shaper.active(); !text.empty() || range.begin < range.end;) {
    const std::uint64_t file_left = range.end - range.begin;
    std::uint64_t allowed = std::min(text.size() + file_left, kWriteSize);
    if (core_.shaper.active()) {
      allowed = std::min<std::uint64_t>(allowed, kShapedQuantum);
      phase_ = Phase::shaping;
      co_await core_.shaper.take(static_cast<std::size_t>(allowed));
      open_window();
    }
    // The handler has just looked at the file; before later chunks it may have changed.
    if (file != nullptr && !first && !file->intact()) co_return false;
    first = false;
    const std::string_view text_part = text.substr(0, static_cast<std::size_t>(allowed));
    const ByteRange file_part{range.begin,
                              range.begin + std::min(file_left, allowed - text_part.size())};
    ErrorCode error;
    const std::size_t sent = write_now(text_part, file, file_part, error);
    core_.shaper.debit(static_cast<std::int64_t>(sent) - static_cast<std::int64_t>(allowed));
    written_ += sent;
    const std::size_t of_text = std::min(sent, text_part.size());
    text.remove_prefix(of_text);
    range.begin += sent - of_text;
    const bool full = !transport_.secure() && !error && sent < allowed;
    if (full || error == asio::error::would_block)
      co_await transport_.socket().async_wait(transport_.write_wants(),
                                              asio::redirect_error(asio::use_awaitable, error));
    else if (!text.empty() || range.begin < range.end)
      co_await let_others();
    if (error) co_return false;  // EFAULT too: the file was cut under its map
  }
  co_return true;
}

/// Head and body, in as few calls as the rate allows. False when the connection is of no more use.
asio::awaitable<bool> HttpSession::write(const HttpReply& reply, const std::string& head,
                                         HttpOutcome& outcome) {
  const std::uint64_t begun = written_;
  const auto sent_body = [&] {
    return written_ - begun - std::min<std::uint64_t>(written_ - begun, head.size());
  };
  open_window();
  const MappedFile* file = reply.head_only ? nullptr : reply.file.get();
  bool whole = true;
  if (reply.head_only) {
    whole = co_await write_piece(head, nullptr, {});
  } else if (file == nullptr) {
    const std::string all = head + reply.text;
    whole = co_await write_piece(all, nullptr, {});
  } else if (reply.parts.empty()) {
    whole = co_await write_piece(head, file, reply.part);
  } else {
    for (std::size_t i = 0; whole && i < reply.parts.size(); ++i) {
      const std::string before = (i == 0 ? head : std::string()) + reply.parts[i].before;
      whole = co_await write_piece(before, file, reply.parts[i].range);
    }
    if (whole) whole = co_await write_piece(reply.text, nullptr, {});
  }
  outcome.body_bytes = sent_body();
  outcome.complete = whole;
  co_return whole;
}

/// Ends our direction, then reads what still comes for a moment: closing with unread bytes would
/// reset the connection and might take the answer with it.
asio::awaitable<void> HttpSession::linger() {
  ErrorCode error;
  enter(Phase::closing, kLingerTime);
  transport_.end_writing();
  std::size_t total = 0;
  while (!error && total < kLingerBytes) {
    buffer_.consume(buffer_.size());
    total += co_await read_some(error);
  }
  abort();
}

/// TLS, where it is spoken. False when nothing can be served.
asio::awaitable<bool> HttpSession::begin() {
  if (listener_.kind != ListenerKind::tls || !core_.tls) co_return true;
  ErrorCode error;
  co_await transport_.socket().async_wait(Socket::wait_read,
                                          asio::redirect_error(asio::use_awaitable, error));
  std::uint8_t first = 0;
  constexpr std::uint8_t kHandshakeRecord = 0x16;  // RFC 8446 §5.1
  if (error || ::recv(transport_.fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) co_return false;
  if (first != kHandshakeRecord) {
    misdirected_ = first >= 'A' && first <= 'Z';
    co_return misdirected_;
  }
  SslSession session = core_.tls->accept_on(transport_.fd());
  if (session == nullptr) co_return false;
  transport_.secure_with(std::move(session));
  enter(Phase::header, core_.options.header_timeout);
  co_await transport_.handshake(error);
  if (error) ++core_.stats.handshakes_failed;
  enter(Phase::first, core_.options.header_timeout);
  co_return !error;
}

/// Whom this request is from, and whose limits it counts against.
void HttpSession::identify(HttpRequest& request, const Parser& parser) {
  request.secure = transport_.secure();
  request.listener = listener_.id;
  request.remote = remote_;
  client_limits_ = limits_;
  if (!from_proxy_) return;
  const IpAddress client = client_of(peer_, forwarded_for(parser), core_.options.trusted_proxies);
  client_limits_ = core_.limits.find(client, core_.now());
  client_ = print_ip_address(client);
  request.remote = client_;
}

HttpReply HttpSession::answer(const HttpRequest& request) {
  if (refused_status_ != 0) return refusal(refused_status_);
  if (request.has_body) return refusal(413);
  if (!request.has_host && !request.http_1_0) return refusal(400);
  if (request.bad_host) return refusal(400);
  if (misdirected_) return to_https(request, listener_.port);
  if (listener_.kind == ListenerKind::redirect) return to_https(request, listener_.redirect_port);
  if (!core_.limits.request(client_limits_, core_.now())) return refusal(429);
  return core_.handler.handle(request);
}

/// Hands the connection over to a WebSocket session. False when `reply` became a refusal.
bool HttpSession::upgrade(const HttpRequest& request, HttpReply& reply, base::Instant begun) {
  constexpr std::size_t kKeySize = 24;  // base64 of 16 octets (RFC 6455 §4.1)
  int refuse = 0;
  if (request.websocket_version != "13") refuse = 426;
  if (request.websocket_key.size() != kKeySize || !request.connection_upgrade || request.http_1_0)
    refuse = 400;
  // Behind a proxy the limits are those of who asks; the connection itself has none to hold.
  const bool another = client_limits_ != limits_;
  if (refuse == 0 && another && !core_.limits.connect(client_limits_)) refuse = 429;
  if (refuse == 0 && !core_.limits.open_websocket(client_limits_)) {
    if (another) AddressLimits::disconnect(client_limits_);
    refuse = 429;
  }
  if (refuse != 0) {
    reply = refusal(refuse);
    return false;
  }
  const std::string handshake =
      "HTTP/1.1 101 Switching Protocols\r\n" + core_.date() +
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      websocket_accept_key(request.websocket_key) + "\r\n\r\n";
  core_.handler.finished(request, {101, 0, core_.now() - begun, true, reply.tag});
  core_.remove(std::exchange(place_, {}));
  registered_ = false;
  if (another) AddressLimits::disconnect(limits_);
  const std::string early(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  serve_websocket(core_, std::move(transport_), {std::string(request.remote), client_limits_},
                  handshake, early, std::move(reply.websocket));
  return true;
}

asio::awaitable<void> HttpSession::run() {
  bool keep = co_await begin();
  if (!keep) co_return;
  while (keep) {
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(core_.options.header_size_max));
    // Bodies are refused by what the header says of them; Beast takes "none" for less than 0.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    const bool whole = co_await read_request(parser);
    if (!whole && refused_status_ == 0) co_return;

    ++core_.stats.requests;
    phase_ = Phase::working;
    const base::Instant begun = core_.now();
    HttpRequest request = view_of(parser);
    identify(request, parser);
    HttpReply reply = answer(request);
    if (reply.websocket != nullptr && !core_.draining && upgrade(request, reply, begun)) co_return;

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
    if (buffer_.size() == 0) {
      enter(Phase::idle, core_.options.idle_timeout);
    } else {
      enter(Phase::header, core_.options.header_timeout);
      co_await let_others();
    }
    if (core_.draining) keep = false;
  }
  co_await linger();
}

}  // namespace

asio::awaitable<void> serve_http(ServerCore& core, Accepted accepted) {
  HttpSession session(core, std::move(accepted));
  co_await session.run();
}

}  // namespace skep::net
