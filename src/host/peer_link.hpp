/// peer_link.hpp: a TCP connection to a BitTorrent peer, as one reliable ordered link.
/// CONTRACT  one thread: the io_context's. dial() ends in opened() or closed(); after opened() come
///           bytes, in order, and closed() once. After close() nothing is called any more. Views
///           are borrowed for the call. send() queues; drained() says what still waits, after each
///           write.
/// WHY       the engine wants to know whom a link leads to before it says a word, and who dials by
///           address learns that from the answer: dial() with a handshake says ours first, and
///           gives the peer's 68 octets to opened() when they came (docs/formats/engine.md, "Magnet
///           links").
/// SPEC      BEP 3 over TCP.
/// LIMITS    the sender's: base::kLinkSendBufferMax. kDialMax until opened().
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // Boost 1.74's awaitable.hpp forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "torrent/magnet.hpp"

namespace skep::host {

/// Name, connection and handshake together; a peer that needs longer would be a slow one.
inline constexpr base::Duration kDialMax = base::seconds(10);

using torrent::PeerAddress;

class PeerLink : public std::enable_shared_from_this<PeerLink> {
 public:
  struct Events {
    /// `handshake`: what the peer answered; empty when we said none.
    std::function<void(base::ByteView handshake)> opened;
    std::function<void(base::ByteView bytes)> bytes;
    std::function<void(std::size_t waiting)> drained;
    std::function<void()> closed;
  };

  PeerLink(boost::asio::io_context& io, Events events);
  /// `handshake`: said before opened(); may be empty.
  void dial(const PeerAddress& to, base::Bytes handshake);
  void send(base::Bytes bytes);
  /// What was sent still goes out.
  void close();

 private:
  using Tcp = boost::asio::ip::tcp;

  void connected(base::Bytes handshake);
  void write_on();
  void read_handshake();
  void read_on();
  void fail();
  void drop();

  Tcp::resolver resolver_;
  Tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Events events_;
  bool open_ = false;     ///< opened() was said
  bool ending_ = false;   ///< close() was called
  bool writing_ = false;  ///< an operation is under way with queue_.front()
  std::deque<base::Bytes> queue_;
  std::size_t waiting_ = 0;
  base::Bytes buffer_;
};

}  // namespace skep::host
