/// server_core.hpp: what the parts of the server share. Asio only, no Beast.
/// CONTRACT  internal to net. A Session registers itself for life; the sweep closes it when its
///           deadline has passed, which ends its pending operation with an error.
/// WHY       one sweep every quarter of a second instead of a timer for each operation: a timer
///           armed and disarmed for each read and write costs more than the small responses
///           themselves.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "net/address_limits.hpp"
#include "net/http_server.hpp"
#include "net/token_bucket.hpp"
#include "net/transport.hpp"

namespace skep::net {

/// What one read takes at most, and what one TLS write is filled with.
inline constexpr std::size_t kScratchSize = 64 * 1024;
/// While work keeps coming without a pause, queued messages leave at least this often: the busier
/// the server, the more of them share a write, which is most of what a relay costs.
inline constexpr base::Duration kFlushDelayMax = base::milliseconds(16);

/// But so many answers to who asked leave at once: nothing would be added to them, and what the
/// kernel knows of their sockets is still at hand.
inline constexpr std::size_t kRepliesMax = 32;

/// Something with a socket that can be told to end.
class Session {
 public:
  virtual ~Session() = default;
  /// Closes it if it has used up its time. Called every sweep.
  virtual void sweep(base::Instant now) = 0;
  /// The server stops: end soon (now, if nothing is under way).
  virtual void drain() = 0;
  /// Closes the socket; what it does next fails.
  virtual void abort() = 0;
  /// True while nothing is under way: may be given up for a new connection.
  virtual bool idle() const = 0;
};

/// Something that gathers what it has to write until the work at hand is done.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;
};

/// Who is at the other end of an upgraded connection.
struct UpgradedClient {
  std::string address;
  AddressLimits::Handle limits;  ///< holds one connection and one WebSocket of it
};

/// All connections' turns at the token bucket, first come first served: a session asks for one
/// quantum at a time and queues again, which makes it a round robin.
class RateShaper {
 public:
  RateShaper(asio::io_context& context, std::uint64_t bytes_per_s);

  bool active() const { return bucket_.has_value(); }
  /// Returns when `bytes` may be sent.
  asio::awaitable<void> take(std::size_t bytes);
  /// Accounts for bytes that could not wait (negative: gives back what was not sent).
  void debit(std::int64_t bytes);
  /// Lets all go: their sockets are closed.
  void release();

 private:
  struct Waiter {
    asio::steady_timer wake;
    std::int64_t bytes;
  };
  void serve(bool waited);

  asio::io_context& context_;
  std::optional<TokenBucket> bucket_;
  std::deque<Waiter*> waiters_;
  asio::steady_timer timer_;
};

struct ServerCore {
  ServerCore(HttpHandler& the_handler, HttpServerOptions the_options);
  ~ServerCore() { destroyed = true; }

  HttpHandler& handler;
  HttpServerOptions options;
  HttpServerStats stats;
  bool draining = false;
  bool destroyed = false;
  bool sweeping = false;
  int stops = 0;
  std::list<Session*> sessions;  ///< oldest first
  AddressLimits limits;
  std::optional<TlsIdentity> tls;
  std::vector<std::weak_ptr<Flushable>> dirty;
  bool relaying = false;            ///< some of them by what others said
  std::vector<base::Byte> scratch;  ///< for whoever runs; nothing in it outlives a call
  std::int64_t date_second = 0;
  std::string date_line;

  // Last: what refers to the context goes before it, and the coroutines it holds before the rest.
  asio::io_context context{1};
  RateShaper shaper;
  struct Listener {
    asio::ip::tcp::acceptor acceptor;
    HttpListener what;
  };
  std::list<Listener> listeners;
  asio::steady_timer sweep_timer;
  asio::steady_timer grace_timer;
  std::list<asio::steady_timer> periodic;
  std::optional<asio::signal_set> signals;
  std::list<asio::signal_set> user_signals;

  base::Instant now() const;
  /// "Date: …\r\n", made once a second.
  const std::string& date();

  void add(Session& session, std::list<Session*>::iterator& place);
  void remove(std::list<Session*>::iterator place);
  asio::awaitable<void> accept_loop(Listener& listener);
  void accept(Socket socket, const IpAddress& peer, const HttpListener& what);
  /// Runs what is ready, then flushes, until it is stopped.
  void run();
  void flush_dirty();
  void sweep();
  void stop();
  void end_if_done();
  void schedule(asio::steady_timer& timer, base::Duration period, std::function<void()> work);
};

/// A connection that was accepted. Holds one connection of `limits`.
struct Accepted {
  Socket socket;
  IpAddress peer;
  AddressLimits::Handle limits;
  HttpListener listener;
};

/// Serves one connection until it ends.
asio::awaitable<void> serve_http(ServerCore& core, Accepted accepted);

/// Goes on with an upgraded connection. `handshake` is the answer to send first, `early` what the
/// client sent behind its request.
void serve_websocket(ServerCore& core, Transport transport, UpgradedClient client,
                     std::string_view handshake, std::string_view early,
                     std::unique_ptr<WebSocketEvents> events);

}  // namespace skep::net
