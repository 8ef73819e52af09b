#include "host/peer_link.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "wire/handshake.hpp"

namespace skep::host {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// Four blocks: a read's worth at 100 MB/s.
constexpr std::size_t kReadSize = 64 * 1024;

}  // namespace

PeerLink::PeerLink(asio::io_context& io, Events events)
    : resolver_(io), socket_(io), timer_(io), events_(std::move(events)) {}

void PeerLink::dial(const PeerAddress& to, base::Bytes handshake) {
  timer_.expires_after(std::chrono::microseconds(kDialMax.us));
  timer_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (!error) self->fail();
  });
  resolver_.async_resolve(to.host, std::to_string(to.port),
                          [self = shared_from_this(), handshake = std::move(handshake)](
                              ErrorCode error, const Tcp::resolver::results_type& found) mutable {
                            if (self->ending_) return;
                            if (error) return self->fail();
                            asio::async_connect(
                                self->socket_, found,
                                [self, handshake = std::move(handshake)](
                                    ErrorCode failed, const Tcp::endpoint&) mutable {
                                  if (self->ending_) return;
                                  if (failed) return self->fail();
                                  self->connected(std::move(handshake));
                                });
                          });
}

void PeerLink::connected(base::Bytes handshake) {
  ErrorCode ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  if (!handshake.empty()) {
    send(std::move(handshake));
    return read_handshake();
  }
  timer_.cancel();
  open_ = true;
  events_.opened({});
  read_on();
}

void PeerLink::send(base::Bytes bytes) {
  if (ending_ || bytes.empty()) return;
  waiting_ += bytes.size();
  queue_.push_back(std::move(bytes));
  if (!writing_) write_on();
}

void PeerLink::write_on() {
  if (queue_.empty()) return;
  writing_ = true;
  asio::async_write(socket_, asio::buffer(queue_.front()),
                    [self = shared_from_this()](ErrorCode error, std::size_t) {
                      self->writing_ = false;
                      if (error) return self->ending_ ? self->drop() : self->fail();
                      self->waiting_ -= self->queue_.front().size();
                      self->queue_.pop_front();
                      if (self->ending_ && self->queue_.empty()) return self->drop();
                      self->write_on();
                      if (self->open_ && !self->ending_) self->events_.drained(self->waiting_);
                    });
}

void PeerLink::read_handshake() {
  buffer_.resize(wire::kHandshakeSize);
  asio::async_read(socket_, asio::buffer(buffer_),
                   [self = shared_from_this()](ErrorCode error, std::size_t) {
                     if (self->ending_) return;
                     if (error) return self->fail();
                     self->timer_.cancel();
                     self->open_ = true;
                     const base::Bytes theirs = self->buffer_;
                     self->events_.opened(theirs);
                     self->read_on();
                   });
}

void PeerLink::read_on() {
  if (ending_) return;
  buffer_.resize(kReadSize);
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](ErrorCode error, std::size_t size) {
                            if (self->ending_) return;
                            if (error) return self->fail();
                            self->events_.bytes(base::ByteView(self->buffer_).first(size));
                            self->read_on();
                          });
}

void PeerLink::fail() {
  if (ending_) return;
  ending_ = true;
  drop();
  events_.closed();
}

void PeerLink::close() {
  if (ending_) return;
  ending_ = true;
  if (queue_.empty()) drop();
}

void PeerLink::drop() {
  timer_.cancel();
  resolver_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace skep::host
