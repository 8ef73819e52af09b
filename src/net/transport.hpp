/// transport.hpp: a connection's bytes, in the clear or through TLS.
/// CONTRACT  non-blocking: an operation that cannot go on now says so (would_block), and
///           the awaitable forms wait for it. A write that blocked is tried again with the same
///           bytes. Closing the socket ends what waits with an error.
/// SPEC      docs/serve.md, "TLS"
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string_view>

#include "net/tls.hpp"

namespace skep::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class Transport {
 public:
  explicit Transport(Socket socket);
  /// From now on everything goes through TLS, beginning with the handshake.
  void secure_with(SslSession tls) { tls_ = std::move(tls); }

  Socket& socket() { return socket_; }
  bool secure() const { return tls_ != nullptr; }
  int fd() { return socket_.native_handle(); }

  /// Server side. Fails with what OpenSSL says.
  asio::awaitable<void> handshake(ErrorCode& error);

  // At once, or would_block. A read of 0 bytes without an error is the end.
  std::size_t read_now(void* to, std::size_t size, ErrorCode& error);
  std::size_t write_now(const void* from, std::size_t size, ErrorCode& error);
  /// One text after the other, in one call. REQUIRES !secure().
  std::size_t write_now(std::string_view first, const void* then, std::size_t size,
                        ErrorCode& error);
  /// What a read, or write, that blocked waits for (TLS may have to read in order to write).
  Socket::wait_type read_wants() const { return read_wants_; }
  Socket::wait_type write_wants() const { return write_wants_; }

  asio::awaitable<std::size_t> read_some(void* to, std::size_t size, ErrorCode& error);

  /// Ends our direction: nothing more will be written. Best effort.
  void end_writing();
  void close();

 private:
  /// What an OpenSSL result means.
  void judge(int result, Socket::wait_type& wants, ErrorCode& error);

  Socket socket_;
  SslSession tls_;  // before the socket closes, it only borrowed the descriptor
  Socket::wait_type read_wants_ = Socket::wait_read;
  Socket::wait_type write_wants_ = Socket::wait_write;
};

}  // namespace skep::net
