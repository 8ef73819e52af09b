/// http_client.hpp: one HTTP request at a time, and one WebSocket talk, for commands that look at
///                  servers from outside (`skep audit`, `skep doctor`).
/// CONTRACT  blocking; never throws for anything that the other side does: what went wrong is a
///           HttpTrouble and a sentence. The answer may be a lie: header, body, number of redirects
///           and time are bounded whatever it says, and a body is given as it was sent (no content
///           coding is undone). Certificates are verified as browsers do it: chain and name.
/// WHY       a connection for each request: these commands ask a few hundred questions at most, and
///           nothing of one answer can leak into the next.
/// SPEC      RFC 9110, 9112, 6455; RFC 9110 section 15.4 (redirects)
/// LIMITS    HttpAsk; kResponseHeaderMax. A name server may keep us waiting longer than the timeout
///           by its own (resolv.conf).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "net/http_url.hpp"

namespace skep::net {

/// A header of an answer; browsers stop at 256 KiB, servers hardly send 8.
inline constexpr std::size_t kResponseHeaderMax = 64 * 1024;

enum class HttpTrouble : std::uint8_t {
  none,
  bad_url,
  not_found,  ///< no such host
  refused,    ///< no connection
  timed_out,
  untrusted,           ///< the certificate, or TLS as a whole
  malformed,           ///< not HTTP, cut off, header too large
  too_many_redirects,  ///< or one to something that is not http(s)
};

struct HttpAsk {
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> fields;  ///< besides Host and Connection
  std::size_t body_max = 64 * 1024 * 1024;     ///< what is beyond is not read: HttpAnswer::cut
  base::Duration timeout = base::seconds(15);  ///< of each hop, body included
  unsigned redirects_max = 5;
  std::string ca_file;  ///< PEM; besides the system's authorities
};

struct HttpAnswer {
  HttpTrouble trouble = HttpTrouble::none;
  std::string sentence;  ///< what went wrong, for a person
  HttpUrl url;           ///< after redirects
  unsigned redirects = 0;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::string body;
  bool cut = false;  ///< there was more than body_max

  bool ok() const { return trouble == HttpTrouble::none && status >= 200 && status < 300; }
  /// All values of a field, joined by ", ". `name` in lower case.
  std::string field(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Asks, and follows redirects.
HttpAnswer ask_http(const HttpUrl& url, const HttpAsk& ask = {});

struct WebSocketAsk {
  std::vector<std::string> send;  ///< texts, after the handshake
  /// Looks at each message; true ends the talk.
  std::function<bool(std::string_view)> done;
  std::size_t message_max = 128 * 1024;
  base::Duration timeout = base::seconds(10);  ///< of the whole talk
  std::string origin;                          ///< the Origin field
  std::string ca_file;
};

struct WebSocketAnswer {
  HttpTrouble trouble = HttpTrouble::none;
  std::string sentence;
  bool open = false;  ///< the handshake was accepted
  bool done = false;  ///< `done` said so
};

/// Talks to a ws: or wss: URL. Follows no redirects, as browsers do.
WebSocketAnswer talk_websocket(const HttpUrl& url, const WebSocketAsk& ask);

}  // namespace skep::net
