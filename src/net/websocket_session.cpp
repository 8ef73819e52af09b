#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <deque>

#include "net/server_core.hpp"

namespace skep::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::size_t kReasonMax = 123;  // RFC 6455 §5.5: control frames carry 125 bytes
constexpr base::Duration kCloseTime = base::seconds(5);
constexpr base::Duration kSlowCloseTime = base::seconds(1);  // it does not read anyway
constexpr std::size_t kReadSize = 4096;
/// What we read and drop of an oversized message so that its sender gets to see the reason.
constexpr std::size_t kDroppedMax = 16 * 1024 * 1024;

class WebSocketSession final : public Session,
                               public WebSocketPeer,
                               public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(ServerCore& core, Socket socket, std::string remote,
                   std::unique_ptr<WebSocketEvents> events)
      : core_(core),
        stream_(std::move(socket)),
        remote_(std::move(remote)),
        events_(std::move(events)) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::microseconds(kCloseTime.us);
    timeout.idle_timeout = std::chrono::microseconds(core_.options.websocket_idle.us);
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(kDroppedMax);
    ++core_.stats.websockets;
    core_.add(*this, place_);
  }
  ~WebSocketSession() override {
    --core_.stats.websockets;
    core_.remove(place_);
  }
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  asio::awaitable<void> run(std::string request);

  void send(std::string text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  std::string_view remote() const override { return remote_; }

  void sweep(base::Instant now) override {
    if (closing_ && now >= close_deadline_) abort();
  }
  void drain() override { close(websocket::close_code::going_away, "the server stops"); }
  void abort() override {
    ErrorCode ignored;
    stream_.next_layer().close(ignored);
  }
  bool idle() const override { return false; }

 private:
  void write_next();

  ServerCore& core_;
  websocket::stream<Socket, false> stream_;  // without permessage-deflate
  std::string remote_;
  std::unique_ptr<WebSocketEvents> events_;
  std::list<Session*>::iterator place_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool open_ = false;
  bool closing_ = false;  ///< nothing more is queued; the close frame follows what is
  bool close_sent_ = false;
  websocket::close_reason reason_;
  base::Instant close_deadline_;
};

void WebSocketSession::send(std::string text) {
  if (!open_ || closing_) return;
  if (queued_bytes_ + text.size() > core_.options.websocket_queue_max) {
    while (queue_.size() > (writing_ ? 1U : 0U)) queue_.pop_back();
    close(websocket::close_code::policy_error, "too slow: outgoing queue is full");
    close_deadline_ = core_.now() + kSlowCloseTime;
    return;
  }
  queued_bytes_ += text.size();
  core_.shaper.debit(static_cast<std::int64_t>(text.size()));
  queue_.push_back(std::move(text));
  if (!writing_) write_next();
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  if (!open_ || closing_) return;
  closing_ = true;
  close_deadline_ = core_.now() + kCloseTime;
  reason = reason.substr(0, kReasonMax);
  reason_ = websocket::close_reason(static_cast<websocket::close_code>(code),
                                    beast::string_view(reason.data(), reason.size()));
  if (!writing_) write_next();
}

void WebSocketSession::write_next() {
  if (queue_.empty()) {
    if (!closing_ || close_sent_) return;
    close_sent_ = true;
    stream_.async_close(reason_, [self = shared_from_this()](ErrorCode) {});
    return;
  }
  writing_ = true;
  stream_.text(true);
  stream_.async_write(asio::buffer(queue_.front()),
                      [self = shared_from_this()](ErrorCode error, std::size_t) {
                        self->writing_ = false;
                        self->queued_bytes_ -= self->queue_.front().size();
                        self->queue_.pop_front();
                        if (!error) self->write_next();
                      });
}

asio::awaitable<void> WebSocketSession::run(std::string text) {
  ErrorCode error;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(core_.options.header_size_max + 1024));
  parser.put(asio::buffer(text), error);
  co_await stream_.async_accept(parser.get(), asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  open_ = true;
  events_->on_open(*this);
  if (core_.draining) drain();  // the stop came while we shook hands
  beast::flat_buffer buffer;
  // Beast 1.74 aborts the process when a read begins after the close did and the close times out.
  while (!close_sent_) {
    const std::size_t limit = core_.options.websocket_message_max + 1 - buffer.size();
    co_await stream_.async_read_some(buffer, std::min(limit, kReadSize),
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    if (closing_) {  // the close frame still waits for what is queued before it
      buffer.consume(buffer.size());
    } else if (!stream_.got_text()) {
      close(websocket::close_code::unknown_data, "text messages only");
    } else if (buffer.size() > core_.options.websocket_message_max) {
      close(
          websocket::close_code::too_big,
          "message larger than " + std::to_string(core_.options.websocket_message_max) + " bytes");
      buffer.consume(buffer.size());
    } else if (stream_.is_message_done()) {
      events_->on_text({static_cast<const char*>(buffer.data().data()), buffer.size()});
      buffer.consume(buffer.size());
      buffer.shrink_to_fit();
    }
  }
  open_ = false;
  events_->on_close();
}

}  // namespace

asio::awaitable<void> serve_websocket(ServerCore& core, Socket socket, std::string request,
                                      std::string remote, std::unique_ptr<WebSocketEvents> events) {
  auto session = std::make_shared<WebSocketSession>(core, std::move(socket), std::move(remote),
                                                    std::move(events));
  co_await session->run(std::move(request));
}

}  // namespace skep::net
