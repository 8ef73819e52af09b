// websocket_session.cpp: one upgraded connection: frames in, frames out, pings, the closing
// handshake. No coroutine: an idle connection is this object and one pending wait.
#include <utility>

#include <array>
#include <boost/asio/post.hpp>

#include "net/server_core.hpp"
#include "net/websocket_frame.hpp"

namespace skep::net {
namespace {

/// For the peer's half of the closing handshake. A peer that does not read gets a second.
constexpr base::Duration kCloseTime = base::seconds(5);
constexpr base::Duration kSlowCloseTime = base::seconds(1);
/// What we read and drop after a fatal frame, so that its sender gets to see the reason.
constexpr std::size_t kDroppedMax = 16 * 1024 * 1024;
/// Reads in a row before others get their turn.
constexpr int kReadsMax = 4;
/// A write buffer that is kept between messages; a larger one is given back.
constexpr std::size_t kBufferKept = 1024;
/// Room for what is read without asking first whether there is something: an announce without
/// offers, an answer to a ping. One system call less for each, for memory in each idle connection.
constexpr std::size_t kFirstRead = 512;

class WebSocketSession final : public Session,
                               public WebSocketPeer,
                               public Flushable,
                               public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(ServerCore& core, Transport transport, UpgradedClient client,
                   std::unique_ptr<WebSocketEvents> events)
      : core_(core),
        transport_(std::move(transport)),
        client_(std::move(client)),
        events_(std::move(events)),
        decoder_(core.options.websocket_message_max),
        heard_(core.now()) {
    ++core_.stats.websockets;
    core_.add(*this, place_);
  }
  ~WebSocketSession() override {
    end();
    core_.limits.close_websocket(client_.limits);
    core_.limits.disconnect(client_.limits);
    --core_.stats.websockets;
    core_.remove(place_);
  }
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  void start(std::string_view handshake, std::string_view early);

  void send(std::string_view text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  std::string_view remote() const override { return client_.address; }

  void sweep(base::Instant now) override;
  void drain() override {
    close(static_cast<std::uint16_t>(CloseCode::going_away), "the server stops");
    close_deadline_ = std::min(close_deadline_, core_.now() + kSlowCloseTime);
  }
  void abort() override {
    end();
    transport_.close();
  }
  bool idle() const override { return false; }
  void flush() override;

 private:
  /// What is there; `got` bytes of it are in first_ already.
  void read(std::size_t got);
  void wait_to_read();
  /// Everything complete in `bytes`. RETURNS how much was used.
  std::size_t take(std::span<base::Byte> bytes);
  void handle(const WebSocketEvent& event);
  void hear(std::string_view text);
  void begin_close(CloseCode code, std::string_view reason);
  void mark_dirty();
  /// Tells the user that it is over, once.
  void end();

  ServerCore& core_;
  Transport transport_;
  UpgradedClient client_;
  std::unique_ptr<WebSocketEvents> events_;
  std::list<Session*>::iterator place_;
  WebSocketDecoder decoder_;
  std::array<base::Byte, kFirstRead> first_;
  std::string unread_;  ///< a part of a frame
  std::string out_;
  std::size_t out_sent_ = 0;
  base::Instant heard_;
  base::Instant close_deadline_ = base::kNever;
  std::size_t dropped_ = 0;
  bool open_ = false;
  bool dirty_ = false;
  bool hearing_ = false;        ///< its own message is being handled
  bool reading_ = false;        ///< a wait is pending
  bool writing_ = false;        ///< likewise
  bool brief_ = true;           ///< what came last fitted into first_
  bool closing_ = false;        ///< our close frame is queued
  bool discarding_ = false;     ///< what comes makes no sense any more
  bool end_when_sent_ = false;  ///< the closing handshake is done but for our frame
  bool pinged_ = false;
};

void WebSocketSession::start(std::string_view handshake, std::string_view early) {
  out_ = handshake;
  open_ = true;
  events_->on_open(*this);
  if (core_.draining) drain();  // the stop came while we shook hands
  mark_dirty();
  unread_ = early;
  if (!unread_.empty()) {
    const std::size_t used = take({reinterpret_cast<base::Byte*>(unread_.data()), unread_.size()});
    unread_.erase(0, used);
  }
  wait_to_read();
}

void WebSocketSession::mark_dirty() {
  if (dirty_ || writing_) return;
  dirty_ = true;
  core_.dirty.push_back(weak_from_this());
}

void WebSocketSession::send(std::string_view text) {
  if (!open_ || closing_) return;
  // Perhaps it is not the peer who is slow: much can be said within one batch.
  if (out_.size() - out_sent_ + text.size() > core_.options.websocket_queue_max && !writing_)
    flush();
  if (!open_) return;
  if (out_.size() - out_sent_ + text.size() > core_.options.websocket_queue_max) {
    begin_close(CloseCode::policy_error, "too slow: outgoing queue is full");
    close_deadline_ = core_.now() + kSlowCloseTime;
    return;
  }
  core_.shaper.debit(static_cast<std::int64_t>(text.size()));
  put_text_frame(out_, text);
  if (!hearing_) core_.relaying = true;
  mark_dirty();
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  if (open_ && !closing_) begin_close(CloseCode{code}, reason);
}

void WebSocketSession::begin_close(CloseCode code, std::string_view reason) {
  closing_ = true;
  close_deadline_ = core_.now() + kCloseTime;
  put_close_frame(out_, code, reason);
  mark_dirty();
}

void WebSocketSession::flush() {
  dirty_ = false;
  ErrorCode error;
  while (out_sent_ < out_.size() && !error)
    out_sent_ += transport_.write_now(out_.data() + out_sent_, out_.size() - out_sent_, error);
  if (error == asio::error::would_block) {
    writing_ = true;
    transport_.socket().async_wait(transport_.write_wants(),
                                   [self = shared_from_this()](ErrorCode failed) {
                                     self->writing_ = false;
                                     if (!failed) self->flush();
                                   });
    return;
  }
  if (error) return abort();
  out_.clear();
  out_sent_ = 0;
  if (out_.capacity() > kBufferKept) out_.shrink_to_fit();
  if (end_when_sent_ || discarding_) transport_.end_writing();
  if (end_when_sent_) abort();
}

void WebSocketSession::wait_to_read() {
  if (reading_ || !transport_.socket().is_open()) return;
  reading_ = true;
  const auto go_on = [self = shared_from_this()](ErrorCode error, std::size_t got) {
    self->reading_ = false;
    if (error) return self->abort();
    self->read(got);
  };
  if (brief_ && !transport_.secure())
    transport_.socket().async_read_some(asio::buffer(first_), go_on);
  else
    transport_.socket().async_wait(transport_.read_wants(),
                                   [go_on](ErrorCode error) { go_on(error, 0); });
}

void WebSocketSession::read(std::size_t got) {
  for (int turn = 0; transport_.socket().is_open(); ++turn) {
    if (turn == kReadsMax)
      return asio::post(core_.context, [self = shared_from_this()] { self->read(0); });
    std::span<base::Byte> room = core_.scratch;
    std::copy_n(first_.begin(), got, room.begin());
    ErrorCode error;
    std::size_t n = std::exchange(got, 0);
    const bool all = n > 0 && n < first_.size();
    if (!all) n += transport_.read_now(room.data() + n, room.size() - n, error);
    if (n == 0 && error == asio::error::would_block) break;
    if (n == 0) return abort();
    brief_ = n < first_.size();
    heard_ = core_.now();
    pinged_ = false;
    if (unread_.empty()) {
      const std::size_t used = take(room.first(n));
      unread_.assign(reinterpret_cast<const char*>(room.data()) + used, n - used);
    } else {
      unread_.append(reinterpret_cast<const char*>(room.data()), n);
      const std::size_t used =
          take({reinterpret_cast<base::Byte*>(unread_.data()), unread_.size()});
      unread_.erase(0, used);
      if (unread_.empty()) unread_.shrink_to_fit();
    }
    if (all || (n < room.size() && !transport_.secure())) break;  // that was all there is
  }
  wait_to_read();
}

std::size_t WebSocketSession::take(std::span<base::Byte> bytes) {
  std::size_t used = 0;
  while (!discarding_) {
    const auto event = decoder_.feed(bytes, used);
    if (!event) return used;
    handle(*event);
  }
  dropped_ += bytes.size() - used;
  if (dropped_ > kDroppedMax) abort();
  return bytes.size();
}

void WebSocketSession::handle(const WebSocketEvent& event) {
  switch (event.kind) {
    case WebSocketEvent::Kind::text:
      if (!closing_) hear(event.payload);
      return;
    case WebSocketEvent::Kind::ping:
      if (closing_ || out_.size() - out_sent_ > core_.options.websocket_queue_max) return;
      put_pong_frame(out_, event.payload);
      return mark_dirty();
    case WebSocketEvent::Kind::pong:
      return;
    case WebSocketEvent::Kind::close:
      discarding_ = true;
      if (!closing_) begin_close(event.code, {});
      end_when_sent_ = true;
      return mark_dirty();
    case WebSocketEvent::Kind::broken:
      discarding_ = true;
      if (!closing_) begin_close(event.code, event.payload);
      return;
  }
}

void WebSocketSession::hear(std::string_view text) {
  if (!core_.limits.message(client_.limits, core_.now()))
    return begin_close(CloseCode::policy_error, "too many messages from your address");
  hearing_ = true;
  events_->on_text(text);
  hearing_ = false;
}

void WebSocketSession::sweep(base::Instant now) {
  if (now >= close_deadline_) return abort();
  if (closing_) return;
  if (now - heard_ >= core_.options.websocket_idle) return abort();
  if (pinged_ || (now - heard_).us * 2 < core_.options.websocket_idle.us) return;
  pinged_ = true;
  put_ping_frame(out_);
  mark_dirty();
}

void WebSocketSession::end() {
  if (!std::exchange(open_, false)) return;
  const auto events = std::move(events_);
  events->on_close();
}

}  // namespace

void serve_websocket(ServerCore& core, Transport transport, UpgradedClient client,
                     std::string_view handshake, std::string_view early,
                     std::unique_ptr<WebSocketEvents> events) {
  auto session = std::make_shared<WebSocketSession>(core, std::move(transport), std::move(client),
                                                    std::move(events));
  session->start(handshake, early);
}

}  // namespace skep::net
