/// client_stream.hpp: a connection to a server, with or without TLS.
/// CONTRACT  internal to net's clients. connect() resolves, connects and shakes hands; the TLS
///           layer checks chain and host name. Everything runs in one io_context that its owner
///           drives with a deadline.
/// SPEC      RFC 8446, RFC 6125 (names), RFC 6066 section 3 (SNI)
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "net/http_client.hpp"

namespace skep::net {

namespace asio = boost::asio;

struct ConnectFailure {
  HttpTrouble trouble = HttpTrouble::none;
  std::string sentence;
};

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

/// Verifies, with the system's authorities and those of `ca_file`. Throws std::runtime_error when
/// that file is none.
asio::ssl::context client_tls(const std::string& ca_file);

/// Connects `socket` to the first address of the host that answers.
asio::awaitable<ConnectFailure> connect_tcp(asio::ip::tcp::socket& socket, const HttpUrl& url);

/// Shakes hands over a connected socket.
asio::awaitable<ConnectFailure> connect_tls(TlsStream& stream, const HttpUrl& url);

/// What is done over a connection, in the context it is given.
using Conversation = std::function<asio::awaitable<void>(asio::io_context&)>;

/// Runs a conversation to its end, and drops what is left of it when `timeout` is over.
/// RETURNS timed_out ("within N s"), malformed (what it threw) or none.
ConnectFailure run_conversation(const Conversation& conversation, base::Duration timeout);

}  // namespace skep::net
