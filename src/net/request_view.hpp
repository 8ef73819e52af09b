/// request_view.hpp: Beast's parsed header as the plain struct that handlers see, and the answers
///                   that the server gives by itself.
/// CONTRACT  internal to net. Views point into the parser, and live as long as it does.
/// SPEC      RFC 9110, 9112
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <string>

#include "net/http_server.hpp"

namespace skep::net {

namespace http = boost::beast::http;
namespace beast = boost::beast;
using RequestParser = http::request_parser<http::empty_body>;

/// What the header says; who sent it is for the session to add.
HttpRequest view_of(const RequestParser& parser);
/// X-Forwarded-For as one list: several fields mean the same as one with commas.
std::string forwarded_for(const RequestParser& parser);

const char* reason_of(int status);
/// The status for a header that Beast does not accept.
int status_of(const boost::system::error_code& error, bool target_known);
/// A short answer after which the connection ends.
HttpReply refusal(int status);
/// The same address by https. `host` is the client's word: only what a host can be made of.
HttpReply to_https(const HttpRequest& request, std::uint16_t port);

}  // namespace skep::net
