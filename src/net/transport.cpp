#include "net/transport.hpp"

#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace skep::net {
namespace {

/// OpenSSL counts in int; a record is 16 KiB anyway.
constexpr std::size_t kTlsPieceMax = 1 << 20;

ErrorCode system_error(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK) return asio::error::would_block;
  return {number, boost::system::system_category()};
}

/// What a system call said.
std::size_t outcome(ssize_t n, ErrorCode& error) {
  if (n >= 0) return static_cast<std::size_t>(n);
  error = system_error(errno);
  return 0;
}

}  // namespace

Transport::Transport(Socket socket) : socket_(std::move(socket)) {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
}

void Transport::judge(int result, Socket::wait_type& wants, ErrorCode& error) {
  const int number = errno;
  switch (::SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wants = Socket::wait_read;
      error = asio::error::would_block;
      break;
    case SSL_ERROR_WANT_WRITE:
      wants = Socket::wait_write;
      error = asio::error::would_block;
      break;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      break;
    case SSL_ERROR_SYSCALL:
      error = number != 0 && system_error(number) != asio::error::would_block
                  ? system_error(number)
                  : ErrorCode(asio::error::eof);
      break;
    default:
      error = asio::error::connection_aborted;
      break;
  }
  ::ERR_clear_error();
}

asio::awaitable<void> Transport::handshake(ErrorCode& error) {
  for (;;) {
    error = {};
    ::ERR_clear_error();
    errno = 0;
    const int result = ::SSL_do_handshake(tls_.get());
    if (result == 1) co_return;
    judge(result, read_wants_, error);
    if (error != asio::error::would_block) co_return;
    co_await socket_.async_wait(read_wants_, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

std::size_t Transport::read_now(void* to, std::size_t size, ErrorCode& error) {
  error = {};
  if (tls_ != nullptr) {
    errno = 0;
    const int n = ::SSL_read(tls_.get(), to, static_cast<int>(std::min(size, kTlsPieceMax)));
    if (n > 0) return static_cast<std::size_t>(n);
    judge(n, read_wants_, error);
    if (error == asio::error::eof) error = {};
    return 0;
  }
  return outcome(::recv(fd(), to, size, MSG_DONTWAIT), error);
}

std::size_t Transport::write_now(const void* from, std::size_t size, ErrorCode& error) {
  error = {};
  if (size == 0) return 0;
  if (tls_ != nullptr) {
    errno = 0;
    const int n = ::SSL_write(tls_.get(), from, static_cast<int>(std::min(size, kTlsPieceMax)));
    if (n > 0) return static_cast<std::size_t>(n);
    judge(n, write_wants_, error);
    return 0;
  }
  return outcome(::send(fd(), from, size, MSG_DONTWAIT | MSG_NOSIGNAL), error);
}

std::size_t Transport::write_now(std::string_view first, const void* then, std::size_t size,
                                 ErrorCode& error) {
  error = {};
  // What is sent is only read: the interface is older than const.
  std::array<iovec, 2> parts{
      {{const_cast<char*>(first.data()), first.size()}, {const_cast<void*>(then), size}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return outcome(::sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL), error);
}

asio::awaitable<std::size_t> Transport::read_some(void* to, std::size_t size, ErrorCode& error) {
  for (;;) {
    const std::size_t n = read_now(to, size, error);
    if (!error && n == 0) error = asio::error::eof;
    if (error != asio::error::would_block) co_return n;
    co_await socket_.async_wait(read_wants_, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return 0;
  }
}

void Transport::end_writing() {
  if (tls_ != nullptr && ::SSL_is_init_finished(tls_.get()) != 0) {
    ::SSL_shutdown(tls_.get());
    ::ERR_clear_error();
  }
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace skep::net
