/// http_server.hpp: an HTTP/1.1 and WebSocket server: sockets, timers, limits. What to answer is
///           the handler's business; how and how fast is ours.
/// CONTRACT  one thread: run() drives everything and calls the handler; only stop() may be called
///           from elsewhere. Views in an HttpRequest live until finished() returns for it. Every
///           session is bounded: bytes of a header, time to send it, idle time, write progress,
///           queued outgoing messages; the number of sessions too.
/// WHY       handlers see plain structs, so that Beast's headers stay in two source files and the
///           decisions can be tested without sockets.
/// SPEC      RFC 9110, 9112, 6455
/// LIMITS    HttpServerOptions
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "codec/http_range.hpp"
#include "net/address_limits.hpp"
#include "net/client_address.hpp"
#include "net/http_fields.hpp"
#include "net/mapped_file.hpp"

namespace skep::net {

struct ServerCore;

/// Bytes [begin, end) of a representation.
using ByteRange = codec::HttpRange;

/// The parts of a request that anybody here looks at. Absent fields are empty.
struct HttpRequest {
  std::string_view method;
  std::string_view target;
  /// The client's address without port: what trusted proxies say, or the connection's.
  std::string_view remote;
  bool has_host = false;
  bool bad_host = false;  ///< several, or one that no host can be (RFC 9112 §3.2)
  bool http_1_0 = false;
  bool has_body = false;
  bool upgrade_websocket = false;
  bool connection_upgrade = false;  ///< Connection names it
  std::string_view websocket_key;
  std::string_view websocket_version;
  bool forwarded = false;     ///< a proxy says that it speaks for somebody else
  bool secure = false;        ///< through TLS
  std::uint8_t listener = 0;  ///< HttpListener::id
  std::string_view host;
  std::string_view range;
  std::string_view if_range;
  std::string_view if_match;
  std::string_view if_none_match;
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;
  std::string_view accept_encoding;
  std::string_view user_agent;
  std::string_view origin;
  std::string_view authorization;
  std::string_view request_method;  ///< Access-Control-Request-Method
  std::string_view skep;            ///< the engine's mark
};

/// A connected WebSocket, as its user sees it. Calls after the end do nothing.
class WebSocketPeer {
 public:
  virtual ~WebSocketPeer() = default;
  /// Queues a text message. A peer that lets too much pile up is closed with 1008.
  virtual void send(std::string_view text) = 0;
  /// Sends what is queued, then a close frame. `reason`: at most 123 bytes.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual std::string_view remote() const = 0;
};

/// What happens on a WebSocket. Destroyed after on_close().
class WebSocketEvents {
 public:
  virtual ~WebSocketEvents() = default;
  /// `peer` lives until on_close() returns.
  virtual void on_open(WebSocketPeer& peer) = 0;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_close() = 0;
};

/// A text and a range of the file, in this order.
struct HttpPart {
  std::string before;
  ByteRange range;
};

/// An answer. The session adds Date, Connection and the blank line.
struct HttpReply {
  int status = 200;
  std::string fields;  ///< "Name: value\r\n" each, Content-Length included where there is one
  std::string text;    ///< the body, unless `file` is set
  std::shared_ptr<const MappedFile> file;
  ByteRange part;  ///< of `file`
  /// Several ranges of `file` instead of `part`; `text` follows the last one.
  std::vector<HttpPart> parts;
  bool head_only = false;  ///< send no body
  bool close = false;
  std::uint8_t tag = 0;                        ///< the handler's own; comes back in the outcome
  std::unique_ptr<WebSocketEvents> websocket;  ///< set: accept the upgrade, ignore the rest
};

/// How an exchange ended.
struct HttpOutcome {
  int status = 0;
  std::uint64_t body_bytes = 0;  ///< accepted by the kernel
  base::Duration took;
  bool complete = false;  ///< false: cut, by either side or a limit
  std::uint8_t tag = 0;   ///< the reply's
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpReply handle(const HttpRequest& request) = 0;
  /// Also called for requests that handle() never saw (bad syntax, too large).
  virtual void finished(const HttpRequest& request, const HttpOutcome& outcome) = 0;
};

enum class ListenerKind : std::uint8_t {
  plain,
  tls,       ///< plain HTTP on it is answered with a redirect to https
  redirect,  ///< plain; everything is answered with a redirect to https on the main port
};
struct HttpListener {
  std::string address = "localhost";  ///< an IP address; "localhost" is both loopbacks
  std::uint16_t port = 0;             ///< 0 takes a free one
  ListenerKind kind = ListenerKind::plain;
  std::uint8_t id = 0;                ///< the handler's, in HttpRequest::listener
  std::uint16_t redirect_port = 443;  ///< of https, for redirects
};

struct HttpServerOptions {
  std::string tls_certificate = {};  ///< PEM files; empty: no TLS
  std::string tls_key = {};
  std::vector<Network> trusted_proxies = {};
  AddressLimitOptions address_limits = {};
  std::size_t connections_max = 10'000;
  std::uint64_t rate_bytes_per_s = 0;  ///< of all connections together; 0: no limit
  std::size_t header_size_max = 16 * 1024;
  base::Duration header_timeout = base::seconds(10);
  base::Duration idle_timeout = base::seconds(60);
  /// In each window of this length a reader must take kWriteProgressMin bytes.
  base::Duration write_window = base::seconds(20);
  base::Duration shutdown_grace = base::seconds(5);
  base::Duration websocket_idle = base::seconds(60);  ///< pings at half of it
  std::size_t websocket_message_max = 128 * 1024;
  std::size_t websocket_queue_max = 512 * 1024;  ///< bytes waiting for one peer
};

/// 4 KiB in 20 s: ten times less than the slowest phone link that anybody browses with.
inline constexpr std::uint64_t kWriteProgressMin = 4 * 1024;
/// One turn of a shaped connection: 16 KiB, so that many downloads advance together.
inline constexpr std::size_t kShapedQuantum = 16 * 1024;

struct HttpServerStats {
  std::size_t connections = 0;
  std::size_t websockets = 0;  ///< of these
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< connections above the limit
  std::uint64_t handshakes_failed = 0;
  LimitedCounts limited;
};

class HttpServer {
 public:
  HttpServer(HttpHandler& handler, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and listens. RETURNS the port. Throws std::runtime_error with a sentence.
  std::uint16_t listen(HttpListener listener = {});
  /// Reads certificate and key again, for connections to come. RETURNS why it went on with the old
  /// ones, or nothing.
  std::string reload_tls();
  /// Whether the files are not those that were read last.
  bool tls_files_changed() const;
  /// Calls `work` on that signal, on the server's thread.
  void on_signal(int number, std::function<void()> work);
  /// Serves until stop() or a signal, then until the sessions are done or the grace is over.
  void run();
  /// Stops gracefully; the second call at once. From any thread.
  void stop();
  /// SIGINT and SIGTERM call stop().
  void stop_on_signals();
  /// Calls `work` every `period`, on the server's thread.
  void every(base::Duration period, std::function<void()> work);

  HttpServerStats stats() const;
  base::Instant now() const;

 private:
  std::unique_ptr<ServerCore> core_;
};

}  // namespace skep::net
