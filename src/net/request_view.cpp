#include "net/request_view.hpp"

#include <algorithm>

namespace skep::net {
namespace {

/// What `host [":" port]` can be made of (RFC 3986 §3.2.2).
constexpr std::string_view kHostBytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:[]%!$&'()*+,;=";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void read_field(HttpRequest& out, http::field name, std::string_view name_text,
                std::string_view value) {
  switch (name) {
    case http::field::host:
      out.bad_host = out.has_host || value.find_first_not_of(kHostBytes) != std::string_view::npos;
      out.has_host = true;
      out.host = value;
      break;
    case http::field::range:
      out.range = out.range.empty() ? value : "several";
      break;
    case http::field::if_range:
      out.if_range = value;
      break;
    case http::field::if_match:
      out.if_match = value;
      break;
    case http::field::if_none_match:
      out.if_none_match = value;
      break;
    case http::field::if_modified_since:
      out.if_modified_since = value;
      break;
    case http::field::if_unmodified_since:
      out.if_unmodified_since = value;
      break;
    case http::field::accept_encoding:
      out.accept_encoding = value;
      break;
    case http::field::user_agent:
      out.user_agent = value;
      break;
    case http::field::origin:
      out.origin = value;
      break;
    case http::field::authorization:
      out.authorization = value;
      break;
    case http::field::access_control_request_method:
      out.request_method = value;
      break;
    case http::field::upgrade:
      out.upgrade_websocket = equal_ignoring_case(value, "websocket");
      break;
    case http::field::forwarded:
    case http::field::via:
      out.forwarded = true;
      break;
    case http::field::connection:
      out.connection_upgrade = out.connection_upgrade || names_token(value, "upgrade");
      break;
    case http::field::sec_websocket_key:
      out.websocket_key = value;
      break;
    case http::field::sec_websocket_version:
      out.websocket_version = value;
      break;
    case http::field::unknown:
      if (equal_ignoring_case(name_text, "skep")) out.skep = value;
      if (equal_ignoring_case(name_text, "x-forwarded-for") ||
          equal_ignoring_case(name_text, "x-real-ip"))
        out.forwarded = true;
      break;
    default:
      break;
  }
}

}  // namespace

std::string forwarded_for(const RequestParser& parser) {
  std::string out;
  for (const auto& field : parser.get()) {
    if (field.name() != http::field::unknown ||
        !equal_ignoring_case(view(field.name_string()), "x-forwarded-for"))
      continue;
    if (!out.empty()) out += ',';
    out += view(field.value());
  }
  return out;
}

HttpRequest view_of(const RequestParser& parser) {
  HttpRequest out;
  const auto& request = parser.get();
  out.method = view(request.method_string());
  out.target = view(request.target());
  out.http_1_0 = request.version() == 10;
  if (parser.is_header_done()) {
    const auto length = parser.content_length();
    out.has_body = parser.chunked() || (length && *length > 0);
  }
  for (const auto& field : request)
    read_field(out, field.name(), view(field.name_string()), view(field.value()));
  return out;
}

const char* reason_of(int status) {
  const beast::string_view text =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return text.data();
}

HttpReply refusal(int status) {
  HttpReply reply;
  reply.status = status;
  reply.close = true;
  reply.text = std::to_string(status) + " " + reason_of(status) + "\n";
  reply.fields = "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
                 std::to_string(reply.text.size()) + "\r\nCache-Control: no-store\r\n";
  if (status == 429) reply.fields += "Retry-After: 1\r\n";
  if (status == 426) reply.fields += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  return reply;
}

HttpReply to_https(const HttpRequest& request, std::uint16_t port) {
  const std::size_t colon = request.host.rfind(':');  // of the port, unless it is IPv6's
  const bool with_port = colon != std::string_view::npos && colon >= request.host.rfind(']') + 1;
  std::string host(request.host.substr(0, with_port ? colon : std::string_view::npos));
  constexpr std::string_view kHostBytes =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  const bool plain_target = request.target.starts_with('/') &&
                            request.target.find_first_of("\r\n \t") == std::string_view::npos;
  if (host.empty() || host.find_first_not_of(kHostBytes) != std::string::npos || !plain_target)
    return refusal(400);
  if (port != 443) host += ":" + std::to_string(port);
  HttpReply reply;
  reply.status = 308;
  reply.close = true;
  reply.text = "this address speaks https\n";
  reply.head_only = request.method == "HEAD";
  reply.fields = "Location: https://" + host + std::string(request.target) +
                 "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
                 std::to_string(reply.text.size()) + "\r\n";
  return reply;
}

int status_of(const boost::system::error_code& error, bool target_known) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return target_known ? 431 : 414;
  if (error == http::error::unexpected_body || error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

}  // namespace skep::net
